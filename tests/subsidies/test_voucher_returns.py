"""A payment of a voucher that the bank sent back: the money waits again, nothing is forgotten, nothing counts twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from enterprises.models import Enterprise
from subsidies import tasks, vouchers
from subsidies.actions import (
    approve_redemption,
    confirm_account,
    pay_redemption,
    refuse_redemption,
    return_redemption,
)
from subsidies.checking import check
from subsidies.models import Entry, Voucher, VoucherRedemption, VoucherStep
from subsidies.rules.workflow import Refused
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Message
from tests.conftest import BOLE, BORTALA, JINGHE, XINJIANG

from .desk import TODAY, Desk, whole
from .office import WAN

pytestmark = pytest.mark.django_db
SAID = {"turn": 0, "reason": "账号有误", "receipt": "退 0", "on": TODAY}


def paid(desk: Desk, price: int = 2 * WAN) -> tuple[Enterprise, Voucher, VoucherRedemption]:
    firm = desk.knows()
    desk.programme()
    desk.account(firm)
    voucher = desk.issued(firm)
    return firm, voucher, desk.redeemed(voucher, price)


def state(desk: Desk, made: VoucherRedemption) -> str:
    with acting(desk["payer"]):
        return vouchers.state_of([s.decision for s in vouchers.steps_of([made])[made.pk]])


def money(desk: Desk, voucher: Voucher) -> dict[str, int]:
    return desk.money(voucher.pool)


def again(desk: Desk, made: VoucherRedemption, turn: int, **more: Any) -> VoucherStep:
    said = {"receipt": f"国库 {turn + 1}", "on": TODAY, "turn": turn} | more
    return desk.do("payer", pay_redemption, redemption=made, **said)


def test_what_came_back_waits_to_be_paid_again_to_the_account_confirmed_since(desk: Desk) -> None:
    firm, voucher, made = paid(desk)
    assert money(desk, voucher) == {"free": 995, "reserved": 4, "paid": 1}
    desk.returned(made)
    whole(desk)
    assert state(desk, made) == "approved" and desk.stage(voucher) == "asked"
    assert money(desk, voucher) == {"free": 995, "reserved": 4, "committed": 1}
    with acting(desk["payer"]):
        assert vouchers.waiting_at(XINJIANG) == {"asked": 0, "approved": 1}
        assert vouchers.used_of(voucher) == vouchers.taken_in(TODAY.year, voucher) == WAN
    desk.do("proposer", confirm_account, enterprise=firm, holder=firm.name, bank="建行", number="6217000099998888",
            document="开户许可证")  # fmt: skip
    again(desk, made, 1)
    whole(desk)
    assert state(desk, made) == "paid" and money(desk, voucher) == {"free": 995, "reserved": 4, "paid": 1}
    with nation():
        steps = list(VoucherStep.objects.filter(redemption=made).order_by("id").select_related("account"))
        kinds = list(
            Entry.objects.filter(award=-voucher.pk).order_by("number").values_list("kind", "taken_from")
        )
        trail = AuditEntry.objects.filter(action="vouchers.return").count()
        told = sorted(
            Message.objects.filter(kind__in=("voucher.paid", "voucher.returned")).values_list("kind", "role")
        )
    assert [(s.decision, s.turn, s.receipt) for s in steps] == [
        ("approve", 0, ""), ("pay", 0, "国库 1"), ("return", 0, "退 0"), ("pay", 1, "国库 2"),
    ]  # fmt: skip
    assert [s.account.number[-4:] for s in steps if s.account] == ["2222", "8888"]
    assert [kind for kind, _from in kinds] == [
        "reserve", "commit", "order", "pay", "reverse", "bounce", "order", "pay",
    ]  # fmt: skip
    assert kinds[4][1] == "paid" and trail == 1
    assert told == [
        ("voucher.paid", ""), ("voucher.paid", ""), ("voucher.returned", ""), ("voucher.returned", "county"),
    ]  # fmt: skip


def test_the_same_return_is_once_and_an_old_form_neither_pays_nor_returns_again(desk: Desk) -> None:
    _firm, voucher, made = paid(desk)
    first = desk.returned(made)
    assert desk.returned(made, receipt=" 退  0 ").pk == first.pk
    for other in ({"reason": "户名不符"}, {"receipt": "退 9"}):
        with pytest.raises(Refused, match="settled"):
            desk.returned(made, **other)
    assert again(desk, made, 0, receipt="国库 1").turn == 0 and state(desk, made) == "approved"
    with pytest.raises(Refused, match="settled"):
        again(desk, made, 0, receipt="国库 2")
    with pytest.raises(Refused, match="overtaken"):
        again(desk, made, 2)
    with pytest.raises(Refused, match="receipt_returned"):
        again(desk, made, 1, receipt="国库 1")
    second = again(desk, made, 1)
    assert again(desk, made, 1).pk == second.pk and desk.returned(made).pk == first.pk
    assert state(desk, made) == "paid"
    with pytest.raises(Refused, match="overtaken"):
        desk.returned(made, 2)
    desk.returned(made, 1)
    again(desk, made, 2)
    whole(desk)
    assert money(desk, voucher) == {"free": 995, "reserved": 4, "paid": 1}
    with nation():
        assert VoucherStep.objects.filter(redemption=made).count() == 6
        assert Message.objects.filter(kind="voucher.returned", role="").count() == 2


def test_a_return_needs_its_proof_a_day_and_a_payment(desk: Desk, clock: Callable[[dt.date], None]) -> None:
    firm, voucher, made = paid(desk)
    clock(TODAY + dt.timedelta(3))
    for wrong, code in (
        ({"reason": " "}, "reason_missing"), ({"receipt": " "}, "receipt_missing"),
        ({"on": TODAY - dt.timedelta(1)}, "returned_on"), ({"on": TODAY + dt.timedelta(4)}, "returned_on"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=code):
            desk.returned(made, **wrong)
    waiting = desk.asked(voucher, WAN, "2")
    for _step in range(2):
        with pytest.raises(Refused, match="not_here"):
            desk.returned(waiting)
        desk.do("approver", approve_redemption, redemption=waiting)
    desk.returned(made, on=TODAY + dt.timedelta(3))
    with pytest.raises(Refused, match="paid_on"):
        again(desk, made, 1, on=TODAY + dt.timedelta(2))
    with nation():
        Enterprise.objects.update(state="cancelled")
    with pytest.raises(Refused, match="not_active"):
        again(desk, made, 1, on=TODAY + dt.timedelta(3))
    assert firm.pk == made.enterprise_id
    whole(desk)


def test_money_also_comes_back_of_who_would_get_none_any_more(desk: Desk) -> None:
    _firm, _voucher, made = paid(desk)
    with nation():
        Enterprise.objects.update(state="cancelled")
    desk.returned(made)
    assert state(desk, made) == "approved"
    whole(desk)


def test_only_finance_of_the_level_that_pays_says_so_and_who_approved_does_not_pay_again(
    desk: Desk, person: Callable[..., Actor]
) -> None:
    _firm, _voucher, made = paid(desk)
    for who in ("proposer", "taker", "approver"):
        with pytest.raises(Denied):
            desk.do(who, return_redemption, redemption=made, **SAID)
    for other in (
        person("money.bole", "finance", BOLE), person("money.bortala", "finance", BORTALA),
        person("money.jinghe", "finance", JINGHE), person("money.54", "finance", "54/"),
        person("own", "enterprise", BOLE, made.enterprise_id),
    ):  # fmt: skip
        with acting(other), pytest.raises((Denied, Refused)):
            return_redemption(by=other, redemption=made, **SAID)
    desk.returned(made)
    both = Actor(**{**desk["approver"].__dict__, "role": "finance"})
    with acting(both), pytest.raises(Refused, match="same_person"):
        pay_redemption(by=both, redemption=made, receipt="国库 2", on=TODAY, turn=1)
    by = person("money2", "finance", XINJIANG)
    with acting(by):
        pay_redemption(by=by, redemption=made, receipt="国库 2", on=TODAY, turn=1)
    whole(desk)


def test_what_came_back_may_be_refused_and_the_invoice_stays_spent(
    desk: Desk, clock: Callable[[dt.date], None]
) -> None:
    _firm, voucher, made = paid(desk)
    with pytest.raises(Refused, match="not_here"):
        desk.do("approver", refuse_redemption, redemption=made, reason="账户注销")
    desk.returned(made)
    desk.do("approver", refuse_redemption, redemption=made, reason="账户注销")
    assert state(desk, made) == "refused" and money(desk, voucher) == {"free": 995, "reserved": 5}
    with pytest.raises(Refused, match="not_here"):
        again(desk, made, 1)
    assert desk.returned(made).decision == "return"
    whole(desk)
    anew = desk.asked(voucher, 2 * WAN)
    with pytest.raises(Refused, match="invoice_known"):
        desk.do("approver", approve_redemption, redemption=anew)
    whole(desk)
    clock(voucher.expires_on + dt.timedelta(1))
    desk.do("approver", refuse_redemption, redemption=anew, reason="重复")
    tasks.release_vouchers()
    assert money(desk, voucher) == {"free": 1_000}
    whole(desk)


def test_what_comes_back_after_the_vouchers_days_is_still_paid(
    desk: Desk, clock: Callable[[dt.date], None]
) -> None:
    _firm, voucher, made = paid(desk)
    late = voucher.expires_on + dt.timedelta(1)
    clock(late)
    tasks.release_vouchers()
    assert money(desk, voucher) == {"free": 999, "paid": 1}
    desk.returned(made, on=late)
    tasks.release_vouchers()
    assert money(desk, voucher) == {"free": 999, "committed": 1}
    whole(desk)
    again(desk, made, 1, on=late)
    assert money(desk, voucher) == {"free": 999, "paid": 1}
    whole(desk)


def test_rows_out_of_turn_are_taken_by_nobody(desk: Desk) -> None:
    firm, _voucher, made = paid(desk)
    with nation():
        account = VoucherStep.objects.get(decision="pay").account_id
    of: dict[str, Any] = {"region_id": BOLE, "redemption": made, "enterprise_id": firm.pk, "payer_id": XINJIANG,
                          "invoice": made.invoice, "by_id": desk["payer"].officer_id}  # fmt: skip
    back = {"decision": "return", "receipt": "退", "reason": "错", "on": TODAY}
    pay = {"decision": "pay", "receipt": "国库", "on": TODAY, "account_id": account}
    for wrong in (
        pay, pay | {"turn": 1}, back | {"turn": 1}, back | {"on": TODAY - dt.timedelta(1)}, back | {"on": None},
        back | {"receipt": ""}, back | {"reason": ""}, back | {"account_id": account},
        {"decision": "approve", "turn": 1}, {"decision": "refuse", "turn": 1, "reason": "不"},
    ):  # fmt: skip
        with nation(), pytest.raises(DatabaseError), transaction.atomic():
            VoucherStep.objects.create(**of, **wrong)
    with nation():
        assert VoucherStep.objects.count() == 2
        VoucherStep.objects.create(**of, **back)
        # Without its entries it is found at night.
        assert [each["invariant"] for each in check().invariants] == ["vouchers"]
    with nation(), pytest.raises(DatabaseError), transaction.atomic():
        VoucherStep.objects.filter(decision="return").update(reason="别的")
