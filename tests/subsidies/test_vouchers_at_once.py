"""Vouchers with several people at once: a year, a face value, a form and an invoice count once all the same."""

from __future__ import annotations

import pytest
from django.utils import timezone

from subsidies import vouchers
from subsidies.actions import approve_redemption, pay_redemption, refuse_redemption
from subsidies.checking import check
from subsidies.models import Voucher, VoucherRedemption, VoucherStep
from tenancy.context import nation
from tests.at_once import officer, together, told

from .desk import Desk
from .office import WAN


@pytest.fixture
def shared(committed: None) -> Desk:
    made = Desk(officer)
    made.register = made.provider()
    return made


def test_what_is_asked_and_issued_at_once_stays_within_face_year_and_form(shared: Desk) -> None:
    firm = shared.knows()
    shared.programme()
    given = together(*[lambda: shared.issue({firm.pk: 5 * WAN}) for _ in range(4)])
    assert sorted(len(result.made) for result in given) == [0, 0, 0, 1]
    one, two = next(r.made[0] for r in given if r.made), shared.issued(firm, 5 * WAN, 1)
    works = [lambda v=v, n=n: shared.asked(v, 4 * WAN, f"{n}") for n in range(4) for v in (one, two)]
    works += [lambda: shared.asked(one, 3 * WAN, "same") for _ in range(2)]
    asked = [a for a in together(*map(told, works)) if isinstance(a, VoucherRedemption)]
    with nation():
        for voucher in (one, two):
            assert vouchers.used_of(voucher) <= 5 * WAN
            assert vouchers.taken_in(voucher.issued_on.year, voucher) <= 10 * WAN
        assert VoucherRedemption.objects.count() == len({a.pk for a in asked}) >= 2
    approved = together(
        *[
            told(lambda a=a, who=who: shared.do(who, approve_redemption, redemption=a))
            for a in asked
            for who in ("approver", "second")
        ]
    )
    assert {a for a in approved if isinstance(a, str)} <= {"not_here"}
    with nation():
        invoices = list(VoucherStep.objects.values_list("invoice", flat=True))
        assert len(invoices) == len(set(invoices)) == len({a.invoice for a in asked})
        assert check().is_whole and Voucher.objects.count() == 2


def test_a_payment_that_is_returned_and_paid_at_once_comes_back_once_and_goes_out_once(shared: Desk) -> None:
    firm = shared.knows()
    pool = shared.programme()
    shared.account(firm)
    made = shared.redeemed(shared.issued(firm), 2 * WAN)
    works = [lambda: shared.returned(made) for _ in range(3)]
    works += [lambda n=n: shared.returned(made, receipt=f"{n}") for n in range(2)]
    given = together(*map(told, works))
    assert {g for g in given if isinstance(g, str)} <= {"redemption_settled"}
    assert len({g.pk for g in given if isinstance(g, VoucherStep)}) == 1
    today = timezone.localdate()
    pays = [
        lambda n=n: shared.do("payer", pay_redemption, redemption=made, receipt=f"重付 {n}", on=today, turn=1)
        for n in range(3)
    ]
    back = [lambda: shared.returned(made, 1)]
    refuse = [lambda: shared.do("approver", refuse_redemption, redemption=made, reason="不")]
    together(*map(told, pays + back + refuse))
    with nation():
        assert check().is_whole, check()
        steps = [*VoucherStep.objects.filter(redemption=made).order_by("id").values_list("decision", "turn")]
        assert len(steps) == len(set(steps)) and steps.count(("pay", 1)) <= 1
        state = vouchers.state_of([decision for decision, _turn in steps])
    assert (
        shared.money(pool)
        == {
            "paid": {"free": 995, "reserved": 4, "paid": 1},
            "approved": {"free": 995, "reserved": 4, "committed": 1},
            "refused": {"free": 995, "reserved": 5},
        }[state]
    )
