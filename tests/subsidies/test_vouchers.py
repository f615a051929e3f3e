"""Innovation vouchers: issued by priority, redeemed by three people, released when their days are over."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction

from cultivation.models import Withdrawal
from enterprises.models import Enterprise
from subsidies import tasks, vouchers
from subsidies.actions import (
    approve_redemption,
    ask_redemption,
    end_provider,
    issue_vouchers,
    pay_redemption,
    refuse_redemption,
    register_provider,
)
from subsidies.models import Entry, Pool, Voucher, VoucherRedemption, VoucherStep
from subsidies.rules.workflow import Refused
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Message
from tests.conftest import BOLE, XINJIANG

from .desk import TODAY, Desk, whole
from .office import CODE, TITLE, WAN

OTHER = "91652701MA0000001K"
pytestmark = pytest.mark.django_db


def test_a_voucher_goes_from_its_issue_to_the_receipt_through_three_people(desk: Desk) -> None:
    firm, pool = desk.knows(), desk.programme()
    desk.account(firm)
    voucher = desk.issued(firm)
    assert (voucher.region_id, voucher.payer_id, voucher.expires_on) == (
        BOLE,
        XINJIANG,
        dt.date(2027, 11, 27),
    )
    assert desk.money(pool) == {"free": 995, "reserved": 5} and desk.stage(voucher) == "usable"
    made = desk.asked(voucher, 4 * WAN + 1)
    assert made.amount == 2 * WAN + 1 and desk.stage(voucher) == "asked"
    assert desk.money(pool) == {"free": 995, "reserved": 5}
    with pytest.raises(Refused, match="not_here"):
        desk.do("payer", pay_redemption, redemption=made, receipt="1", on=TODAY)
    with pytest.raises(Refused, match="same_person"):
        desk.do("taker", approve_redemption, redemption=made)
    desk.do("approver", approve_redemption, redemption=made, opinion="同意")
    desk.do("payer", pay_redemption, redemption=made, receipt="国库回单 7", on=TODAY)
    assert desk.stage(voucher) == "usable"
    with nation():
        kinds = list(Entry.objects.filter(award=-voucher.pk).order_by("number").values_list("kind", "amount"))
        trail = set(
            AuditEntry.objects.filter(action__startswith="vouchers.").values_list("action", flat=True)
        )
        told = set(Message.objects.filter(kind__startswith="voucher.").values_list("kind", flat=True))
    assert kinds == [
        ("reserve", 5 * WAN),
        ("commit", made.amount),
        ("order", made.amount),
        ("pay", made.amount),
    ]
    assert trail == {f"vouchers.{act}" for act in ("register", "issue", "ask", "approve", "pay")}
    assert told == {"voucher.issued", "voucher.asked", "voucher.paid"}
    desk.redeemed(voucher, 100 * WAN, "24650002")
    assert desk.stage(voucher) == "redeemed" and desk.money(pool) == {"free": 995, "paid": 5}
    with pytest.raises(Refused, match="face_used"):
        desk.asked(voucher, WAN, "24650003")
    whole(desk)


def test_the_one_who_approved_does_not_pay_and_who_asked_does_not_approve(
    desk: Desk, person: Callable[..., Actor]
) -> None:
    firm = desk.knows()
    desk.programme()
    desk.account(firm)
    voucher = desk.issued(firm)
    with acting(desk["second"]):
        made = ask_redemption(
            by=desk["second"], voucher=voucher, provider=desk.register, price=WAN, invoice="1"
        )
    with pytest.raises(Refused, match="same_person"):
        desk.do("second", approve_redemption, redemption=made)
    desk.do("approver", approve_redemption, redemption=made)
    both = Actor(**{**desk["approver"].__dict__, "role": "finance"})
    with acting(both), pytest.raises(Refused, match="same_person"):
        pay_redemption(by=both, redemption=made, receipt="1", on=TODAY)
    for who, act, more in (
        ("proposer", approve_redemption, {}),
        ("payer", approve_redemption, {}),
        ("payer", refuse_redemption, {"reason": "不"}),
        ("approver", pay_redemption, {"receipt": "1", "on": TODAY}),
    ):
        with pytest.raises(Denied):
            desk.do(who, act, redemption=made, **more)
    for who in ("proposer", "payer"):
        with pytest.raises((Denied, Refused)):
            desk.do(who, issue_vouchers, faces={firm.pk: WAN}, seen={firm.pk: 0})
        with pytest.raises((Denied, Refused)):
            desk.do(who, register_provider, name="甲", uscc=OTHER, kinds=["design"])


def test_the_same_act_twice_is_once(desk: Desk) -> None:
    firm, pool = desk.knows(), desk.programme()
    desk.account(firm)
    assert desk.provider().pk == desk.register.pk
    voucher = desk.issued(firm)
    assert desk.issue({firm.pk: 5 * WAN}).refused == {firm.pk: "overtaken"}
    made = desk.asked(voucher, 2 * WAN)
    assert desk.asked(voucher, 2 * WAN, " 2465 0001 ").pk == made.pk
    with pytest.raises(Refused, match="invoice_known"):
        desk.asked(voucher, 3 * WAN)
    for _again in range(2):
        desk.do("approver", approve_redemption, redemption=made)
    for _again in range(2):
        desk.do("payer", pay_redemption, redemption=made, receipt="国库 1", on=TODAY)
    with pytest.raises(Refused, match="settled"):
        desk.do("payer", pay_redemption, redemption=made, receipt="国库 2", on=TODAY)
    with pytest.raises(Refused, match="not_here"):
        desk.do("approver", refuse_redemption, redemption=made, reason="迟了")
    for _again in range(2):
        desk.do("approver", end_provider, provider=desk.register)
    with nation():
        assert (Voucher.objects.count(), VoucherRedemption.objects.count(), VoucherStep.objects.count()) == (
            1,
            1,
            2,
        )
        assert AuditEntry.objects.filter(action="vouchers.end").count() == 1
    assert desk.money(pool) == {"free": 995, "reserved": 4, "paid": 1}
    whole(desk)


def test_what_is_refused_goes_back_to_the_voucher_and_may_be_asked_anew(desk: Desk) -> None:
    firm, pool = desk.knows(), desk.programme()
    voucher = desk.issued(firm)
    first = desk.asked(voucher, 10 * WAN)
    with pytest.raises(Refused, match="face_used"):
        desk.asked(voucher, WAN, "2")
    with pytest.raises(Refused, match="reason_missing"):
        desk.do("approver", refuse_redemption, redemption=first, reason=" ")
    for _again in range(2):
        desk.do("approver", refuse_redemption, redemption=first, reason="合同不全")
    second = desk.asked(voucher, 10 * WAN)
    assert second.pk != first.pk
    desk.do("approver", approve_redemption, redemption=second)
    assert desk.money(pool) == {"free": 995, "committed": 5}
    desk.do("approver", refuse_redemption, redemption=second, reason="服务未完成")
    assert desk.money(pool) == {"free": 995, "reserved": 5} and desk.stage(voucher) == "usable"
    third = desk.asked(voucher, 10 * WAN)
    with pytest.raises(Refused, match="invoice_known"):
        desk.do("second", approve_redemption, redemption=third)
    whole(desk)


def test_an_invoice_is_paid_once_for_a_payer_also_to_another_enterprise(desk: Desk) -> None:
    one, other = desk.knows(), desk.knows(uscc=OTHER)
    desk.programme()
    first = desk.asked(desk.issued(one), WAN)
    with pytest.raises(Refused, match="invoice_known"):
        desk.asked(desk.issued(other), WAN)
    with nation(), pytest.raises(DatabaseError), transaction.atomic():
        for n in (1, 2):
            VoucherStep.objects.create(region_id=BOLE, redemption=first, enterprise_id=one.pk, payer_id=XINJIANG,
                                       decision="approve" if n == 1 else "refuse", reason="不" * (n - 1), invoice="1",
                                       by_id=desk["approver"].officer_id, receipt="" if n == 1 else "1")  # fmt: skip


def test_a_year_pays_no_more_than_its_cap_over_all_vouchers(desk: Desk) -> None:
    firm, pool = desk.knows(), desk.programme()
    desk.account(firm)
    held = [desk.issued(firm, 5 * WAN, n) for n in (0, 1)]
    assert desk.issue({firm.pk: WAN}, 2).refused == {firm.pk: "cap_issued"}
    for n, voucher in enumerate(held):
        desk.redeemed(voucher, 100 * WAN, f"{n}")
    assert desk.money(pool) == {"free": 990, "paid": 10}
    with nation():
        # A younger voucher of the year before would not help: the year's money is spent.
        late = Voucher.objects.create(region_id=BOLE, enterprise=firm, scheme="A-14", payer_id=XINJIANG, pool=pool,
                                      face=WAN, rules=held[0].rules, issued_on=dt.date(2025, 12, 1),
                                      expires_on=dt.date(2026, 12, 1), issued_by_id=desk["taker"].officer_id)  # fmt: skip
    with pytest.raises(Refused, match="cap_used"):
        desk.asked(late, WAN, "9")


def test_money_that_runs_out_was_that_of_who_has_the_title(desk: Desk) -> None:
    plain = desk.knows({"id": "c1", "kind": "claim", "title": "board", "on": "2025-01-01"}, uscc=OTHER)
    titled = desk.knows()
    lapsed = desk.knows(TITLE | {"on": "2020-01-01"}, uscc="91652701MA0000002H")
    pool = desk.programme(7 * WAN)
    result = desk.issue({plain.pk: 5 * WAN, lapsed.pk: 5 * WAN, titled.pk: 5 * WAN})
    assert [v.enterprise_id for v in result.made] == [titled.pk]
    assert result.refused == {plain.pk: "pool_balance", lapsed.pk: "pool_balance"}
    assert desk.money(pool) == {"free": 2, "reserved": 5}
    with acting(desk["taker"]):
        order = vouchers.in_order(XINJIANG, vouchers.programmes()[0], TODAY)
    assert order[0] == (0, titled.pk) and {pk for rank, pk in order[1:]} == {plain.pk, lapsed.pk}


@pytest.mark.parametrize("how", ["pool_missing", "face", "not_active", "barred", "enterprise_unknown"])
def test_no_voucher_is_issued_where_something_stands_against_it(
    desk: Desk, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = desk.knows()
    pk, face = firm.pk, WAN
    if how != "pool_missing":
        desk.programme()
    if how == "face":
        face = 3 * WAN
    elif how == "not_active":
        with nation():
            Enterprise.objects.update(state="cancelled")
    elif how == "barred":
        monkeypatch.setattr("subsidies.actions.vouchers.barred", lambda pks, on: set(pks))
    elif how == "enterprise_unknown":
        pk += 999
    assert desk.issue({pk: face}).refused == {pk: how}
    with nation():
        assert not Voucher.objects.exists() and Withdrawal.objects.count() == 0


def test_an_expired_voucher_another_places_provider_or_ones_own_service_is_not_paid_for(
    desk: Desk, clock: Callable[[dt.date], None], person: Callable[..., Actor]
) -> None:
    firm = desk.knows()
    desk.programme()
    voucher = desk.issued(firm)
    own = desk.provider(CODE, "本企业")
    with pytest.raises(Refused, match="provider_own"):
        desk.asked(voucher, WAN, provider=own)
    for price in (0, -1, 1 - 1, 10**13 + 1):
        with pytest.raises(Refused, match="price"):
            desk.asked(voucher, price)
    for invoice in (" ", "1" * 41):
        with pytest.raises(Refused, match="invoice"):
            desk.asked(voucher, WAN, invoice)
    asked = desk.asked(voucher, WAN)
    desk.do("second", end_provider, provider=desk.register)
    with pytest.raises(Refused, match="provider_ended"):
        desk.do("approver", approve_redemption, redemption=asked)
    with pytest.raises(Refused, match="provider_ended"):
        desk.asked(voucher, WAN, "2")
    clock(voucher.expires_on)
    fresh = desk.provider()
    desk.asked(voucher, WAN, "3", provider=fresh)
    clock(voucher.expires_on + dt.timedelta(1))
    with pytest.raises(Refused, match="voucher_expired"):
        desk.asked(voucher, WAN, "4", provider=fresh)


def test_who_is_gone_meanwhile_is_not_paid(desk: Desk) -> None:
    firm = desk.knows()
    desk.programme()
    voucher = desk.issued(firm)
    made = desk.asked(voucher, WAN)
    desk.do("approver", approve_redemption, redemption=made)
    with pytest.raises(Refused, match="account_missing"):
        desk.do("payer", pay_redemption, redemption=made, receipt="1", on=TODAY)
    desk.account(firm)
    for wrong, code in (({"receipt": " "}, "receipt_missing"), ({"on": TODAY + dt.timedelta(1)}, "paid_on"),
                        ({"on": TODAY - dt.timedelta(1)}, "paid_on")):  # fmt: skip
        with pytest.raises(Refused, match=code):
            desk.do("payer", pay_redemption, **({"redemption": made, "receipt": "1", "on": TODAY} | wrong))
    with nation():
        Enterprise.objects.update(state="cancelled")
    with pytest.raises(Refused, match="not_active"):
        desk.do("payer", pay_redemption, redemption=made, receipt="1", on=TODAY)
    with pytest.raises(Refused, match="not_active"):
        desk.asked(voucher, WAN, "2")


def test_what_is_left_of_an_expired_voucher_is_released_once_and_what_is_asked_stays(
    desk: Desk, clock: Callable[[dt.date], None]
) -> None:
    firm, pool = desk.knows(), desk.programme()
    desk.account(firm)
    voucher, untouched = desk.issued(firm), desk.issued(firm, WAN, 1)
    paid = desk.redeemed(voucher, 2 * WAN)
    waiting = desk.asked(voucher, 4 * WAN, "2")
    tasks.release_vouchers()
    assert desk.money(pool) == {"free": 994, "reserved": 5, "paid": 1}
    clock(voucher.expires_on + dt.timedelta(1))
    for _night in range(2):
        tasks.release_vouchers()
    assert desk.money(pool) == {"free": 997, "reserved": 2, "paid": 1}
    assert desk.stage(untouched, voucher.expires_on + dt.timedelta(1)) == "expired"
    clock(voucher.expires_on + dt.timedelta(2))
    desk.do("approver", refuse_redemption, redemption=waiting, reason="不全")
    tasks.release_vouchers()
    assert desk.money(pool) == {"free": 999, "paid": 1}
    with nation():
        assert AuditEntry.objects.filter(action="vouchers.release", officer_id=None).count() == 3
        released = Entry.objects.filter(kind="release").order_by("id")
        assert {e.by_id for e in released} == {desk["taker"].officer_id} and paid.amount == WAN
    whole(desk)


def test_whatever_is_done_in_whatever_order_the_sums_stay_within_face_year_and_pool(
    desk: Desk, clock: Callable[[dt.date], None]
) -> None:
    draw = random.Random(20261127)
    firms = [desk.knows(), desk.knows(uscc=OTHER)]
    pool = desk.programme(17 * WAN)
    for firm in firms:
        desk.account(firm)
    held: list[Voucher] = []
    asked: list[VoucherRedemption] = []
    back: dict[int, int] = {}
    today = TODAY
    for n in range(240):
        act = draw.choice(
            ["issue", "ask", "ask", "ask", "approve", "approve", "pay", "pay", "return", "refuse", "night"]
        )
        try:
            if act == "issue":
                held += desk.issue(
                    {draw.choice(firms).pk: draw.choice([1, 2, 5]) * WAN}, draw.randint(0, 2)
                ).made
            elif act == "ask" and held:
                asked.append(
                    desk.asked(draw.choice(held), draw.randint(1, 9 * WAN), f"{draw.randint(1, 60)}")
                )
            elif act == "approve" and asked:
                desk.do("approver", approve_redemption, redemption=draw.choice(asked))
            elif act == "pay" and asked:
                made = draw.choice(asked)
                turn = max(0, back.get(made.pk, 0) - (draw.random() < 0.2))
                desk.do("payer", pay_redemption, redemption=made, receipt=f"{n}", on=today, turn=turn)
            elif act == "return" and asked:
                made = draw.choice(asked)
                turn = desk.returned(made, back.get(made.pk, 0), receipt=f"退 {n}", on=today).turn
                back[made.pk] = turn + 1
            elif act == "refuse" and asked and draw.random() < 0.5:
                desk.do("approver", refuse_redemption, redemption=draw.choice(asked), reason="不全")
            elif act == "night":
                today += dt.timedelta(draw.randint(0, 9))
                clock(today)
                tasks.release_vouchers()
        except Refused:
            continue
    clock(max(v.expires_on for v in held) + dt.timedelta(1))
    tasks.release_vouchers()
    whole(desk)
    with nation():
        for voucher in Voucher.objects.all():
            assert vouchers.used_of(voucher) <= voucher.face
            for year in (2026, 2027):
                assert vouchers.taken_in(year, voucher) <= 10 * WAN
        steps = VoucherStep.objects.select_related("redemption")
        paid = sum(s.redemption.amount for s in steps.filter(decision="pay"))
        paid -= sum(s.redemption.amount for s in steps.filter(decision="return"))
        assert {s.turn for s in steps.filter(decision="pay")} > {0}
        balances = Pool.objects.get(pk=pool.pk)
        assert balances.paid == paid > 0
        assert balances.free + balances.reserved + balances.committed + balances.paid == 17 * WAN
        approved = VoucherStep.objects.filter(decision="approve").values_list("invoice", flat=True)
        assert len(approved) == len(set(approved)) > 3
