"""Vouchers with several people at once: a year, a face value, a form and an invoice count once all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from subsidies import vouchers
from subsidies.actions import approve_redemption
from subsidies.checking import check
from subsidies.models import Voucher, VoucherRedemption, VoucherStep
from subsidies.rules.workflow import Refused
from tenancy.context import nation
from tests.at_once import officer, together

from .desk import Desk
from .office import WAN


@pytest.fixture
def shared(committed: None) -> Desk:
    made = Desk(officer)
    made.register = made.provider()
    return made


def told(work: Callable[[], Any]) -> Callable[[], Any]:
    """The code of a refusal instead of the refusal."""

    def tried() -> Any:
        try:
            return work()
        except Refused as refused:
            return refused.code

    return tried


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
