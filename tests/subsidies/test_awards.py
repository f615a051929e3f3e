"""An award from its title to the receipt: who may do what in which order, and what is refused with which reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from cultivation.actions import object_to
from cultivation.models import NoticeEntry, Objection, PublicNotice
from enterprises.models import Enterprise
from portal.hindrance import hindrance
from subsidies.actions import (
    answer,
    approve,
    clear,
    confirm_account,
    order,
    propose,
    publish,
    receive,
    reclaim,
    refuse,
    reserve,
    settle,
    withdraw,
)
from subsidies.actions.proposing import Wanted
from subsidies.checking import check
from subsidies.models import (
    Award,
    AwardEvent,
    AwardStep,
    Entry,
    PaymentOrder,
    PaymentResult,
    Portion,
    Recovery,
)
from subsidies.rules.workflow import Refused
from tenancy.access import Actor, Denied, system_actor
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Message
from tests.conftest import BOLE, BORTALA, HONGQI, JINGHE, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .office import CODE, TITLE, WAN, Office, well, why

pytestmark = pytest.mark.django_db
NOBODY = system_actor(XINJIANG, origin="203.0.113.7")


@pytest.fixture
def office(person: Callable[..., Actor]) -> Office:
    return Office(person)


def whole() -> None:
    with nation():
        assert check().is_whole, check()


def test_an_award_goes_from_its_title_to_the_receipt_through_four_people(
    office: Office,
    clock: Callable[[dt.date], None],
) -> None:
    firm, pool = office.knows(), office.pool()
    award = office.proposed(firm)
    assert (award.amount, award.region_id, award.payer_id) == (25 * WAN, BOLE, XINJIANG)
    assert office.money(pool) == {"free": 1000}
    well(office.do("taker", reserve, award))
    assert office.money(pool) == {"free": 975, "reserved": 25}
    well(office.do("approver", approve, award))
    assert office.money(pool) == {"free": 975, "committed": 25}
    notice, done = office.do("taker", publish, award, title="兑现公示", contact="0991-1234567", workdays=5)
    well(done)
    assert office.now(award) == "noticed"
    with pytest.raises(Refused, match="notice_runs"):
        office.do("approver", clear, notice=notice)
    clock(notice.closes_on + dt.timedelta(1))
    assert why(office.do("payer", order, award)) == "not_cleared"
    well(office.do("approver", clear, notice=notice))
    assert why(office.do("payer", order, award)) == "account_missing"
    with acting(office["proposer"]):
        confirm_account(by=office["proposer"], enterprise=firm, holder=firm.name, bank="工行", number="6222000011112222",
                        document="开户许可证")  # fmt: skip
    well(office.do("payer", order, award))
    assert office.money(pool) == {"free": 975, "ordered": 25}
    office.settled(award)
    assert office.money(pool) == {"free": 975, "paid": 25}
    with nation():
        steps = AwardStep.objects.filter(award=award).order_by("number")
        assert [s.decision for s in steps] == [
            "propose",
            "reserve",
            "approve",
            "publish",
            "clear",
            "order",
            "paid",
        ]
        paid = PaymentOrder.objects.get()
        assert (paid.amount, paid.account, paid.result.receipt) == (
            25 * WAN,
            "6222000011112222",
            "国库回单 1",
        )
        trail = set(AuditEntry.objects.filter(action__startswith="awards.").values_list("action", flat=True))
    assert {"awards.propose", "awards.reserve", "awards.approve", "awards.order", "awards.paid"} <= trail
    whole()


def test_the_explanation_is_kept_with_its_rule_and_its_refusals(office: Office) -> None:
    firm = office.knows(TITLE, TITLE | {"id": "t2", "on": "2025-09-01", "how": "renewal"})
    award = office.proposed(firm)
    assert award.why["clause"] == "二" and award.why["rule"] == {"fixed": 25 * WAN}
    assert award.why["shares"] == [["region", 25 * WAN]]
    assert ["t2", "A-13", "not_first"] in award.why["refused"]


@pytest.mark.parametrize(
    ("who", "act", "code"),
    [
        ("proposer", reserve, None),
        ("payer", approve, None),
        ("taker", approve, "same_person"),
    ],
)
def test_nobody_does_another_ones_part(office: Office, who: str, act: Any, code: str | None) -> None:
    firm, _pool = office.knows(), office.pool()
    award = office.proposed(firm)
    if act is approve:
        well(office.do("taker", reserve, award))
    if code:
        assert why(office.do(who, act, award)) == code
    elif who == "proposer":
        assert why(office.do(who, act, award)) == "not_here"
    else:
        with pytest.raises(Denied):
            office.do(who, act, award)


def test_at_one_level_who_proposed_does_not_approve_and_who_approved_does_not_pay(
    person: Callable[..., Actor],
) -> None:
    """At the level of the region itself, where the same person holds the right to both."""
    office = Office(
        person,
        {
            "proposer": ("region", XINJIANG),
            "taker": ("region", XINJIANG),
            "payer": ("finance", XINJIANG),
        },
    )
    with acting(office["proposer"].at(BOLE)):
        pass
    firm = office.knows(region="652701")
    office.pool()
    award = office.proposed(firm)
    well(office.do("taker", reserve, award))
    assert why(office.do("proposer", approve, award)) == "same_person"
    with nation(), pytest.raises(DatabaseError), transaction.atomic():
        AwardStep.objects.create(region_id=BOLE, award=award, enterprise_id=firm.pk, number=9, decision="order",
                                 by_id=office["taker"].officer_id, role="finance")  # fmt: skip


def test_a_large_amount_takes_two_approvals_of_two_people(office: Office) -> None:
    claim = {"id": "c1", "kind": "claim", "title": "talent_institute", "on": "2025-03-01"}
    firm, pool = office.knows(claim), office.pool("A-22", 5_000 * WAN)
    award = office.proposed(firm, "c1", "A-22", amount=2_000 * WAN)
    well(office.do("taker", reserve, award))
    well(office.do("approver", approve, award))
    assert office.money(pool) == {"free": 3000, "reserved": 2000}
    assert why(office.do("approver", approve, award)) == "same_person"
    well(office.do("second", approve, award))
    assert office.money(pool) == {"free": 3000, "committed": 2000}


def test_an_amount_that_a_person_decides_stays_within_its_bounds_and_with_its_claim(office: Office) -> None:
    claim = {"id": "c1", "kind": "claim", "title": "talent_institute", "on": "2025-03-01"}
    firm = office.knows(claim)

    def asked(amount: int | None) -> str:
        (code,) = office.do(
            "proposer", propose, wanted=[Wanted(firm.pk, "c1", "A-22", amount)]
        ).refused.values()
        return code

    assert asked(None) == "undecided"
    assert asked(2_000 * WAN + 1) == "out_of_range"
    with nation():
        assert AwardEvent.objects.get().decided is None
    award = office.proposed(firm, "c1", "A-22", amount=300 * WAN)
    with nation():
        assert AwardEvent.objects.get().decided == Decimal("3000000.00")
    assert award.amount == 300 * WAN
    assert award.why["rule"] == {"between": [1, 2_000 * WAN]}


def test_the_same_event_is_proposed_once_and_after_a_refusal_anew(office: Office) -> None:
    firm, pool = office.knows(), office.pool()
    award = office.proposed(firm)

    def again() -> list[str]:
        return list(office.do("proposer", propose, wanted=[Wanted(firm.pk, "t1", "A-13")]).refused.values())

    assert again() == ["known"]
    well(office.do("taker", reserve, award))
    well(office.do("approver", refuse, award, reason="材料不全"))
    assert (office.now(award), office.money(pool)) == ("refused", {"free": 1000})
    assert again() == []
    whole()


def test_a_second_event_of_the_same_title_is_not_paid_although_the_first_one_came_later_to_light(
    office: Office,
) -> None:
    firm = office.knows(TITLE | {"id": "t9", "on": "2025-06-01"})
    office.proposed(firm, "t9")
    office.knows(TITLE | {"id": "t9", "on": "2025-06-01"}, TITLE)
    refused = office.do("proposer", propose, wanted=[Wanted(firm.pk, "t1", "A-13")]).refused
    assert list(refused.values()) == ["known"]


def test_only_what_is_due_is_proposed_and_the_reason_is_told(office: Office) -> None:
    firm = office.knows(TITLE | {"revoked_on": "2026-01-01"})
    wanted = [Wanted(firm.pk, "t1", "A-13"), Wanted(firm.pk, "t1", "B-17"), Wanted(firm.pk, "t1", "A-12"),
              Wanted(firm.pk, "none", "A-13"), Wanted(firm.pk + 999, "t1", "A-13")]  # fmt: skip
    result = office.do("proposer", propose, wanted=wanted)
    assert [result.refused[w] for w in wanted] == [
        "revoked",
        "repeats_region",
        "not_found",
        "not_found",
        "not_found",
    ]
    assert not result.made


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "cancelled"}, "not_active"),
        ({"state": "merged"}, "not_active"),
    ],
)
def test_an_enterprise_that_is_gone_gets_nothing_more(
    office: Office,
    clock: Callable[[dt.date], None],
    change: dict[str, str],
    code: str,
) -> None:
    firm, pool = office.knows(), office.pool()
    award = office.cleared(firm, clock)
    with nation():
        Enterprise.objects.filter(pk=firm.pk).update(**change)
    assert why(office.do("payer", order, award)) == code
    well(office.do("approver", refuse, award, reason="企业已注销"))
    assert office.money(pool) == {"free": 1000}


def test_a_title_that_is_revoked_on_the_way_is_not_paid_and_what_was_paid_is_recovered_with_interest(
    office: Office,
    clock: Callable[[dt.date], None],
) -> None:
    firm, pool = office.knows(), office.pool()
    award = office.cleared(firm, clock)
    well(office.do("payer", order, award, amounts={award.pk: 10 * WAN}))
    office.settled(award)
    office.knows(TITLE | {"revoked_on": "2026-11-01"})
    assert why(office.do("payer", order, award)) == "revoked"
    well(office.do("approver", refuse, award, reason="称号取消"))
    assert office.money(pool) == {"free": 990, "paid": 10}

    def back(amount: int, **more: Any) -> Recovery:
        with nation():
            seen = Award.objects.get(pk=award.pk).step
        words = {"kind": "revoked", "reason": "数据造假", "document": "新工信罚〔2026〕3号"} | more
        return office.do("approver", reclaim, award=award, level="region", seen=seen, amount=amount, **words)

    for wrong in ({"reason": " "}, {"document": ""}, {"kind": "other one"}):
        with pytest.raises(Refused, match="recovery_words"):
            back(10 * WAN, **wrong)
    with pytest.raises(Refused, match="recovery_amount"):
        back(10 * WAN + 1)
    recovery = back(10 * WAN)

    def received(amount: int, interest: int, receipt: str = "缴款书 7") -> Any:
        return office.do("payer", receive, recovery=recovery, amount=amount, interest=interest, receipt=receipt,
                         on=timezone.localdate())  # fmt: skip

    received(4 * WAN, 1234)
    assert received(4 * WAN, 1234).pk
    with pytest.raises(Refused, match="settled"):
        received(5 * WAN, 1234)
    with pytest.raises(Refused, match="recovery_amount"):
        received(6 * WAN + 1, 0, "缴款书 8")
    received(6 * WAN, 0, "缴款书 8")
    assert office.money(pool) == {"free": 990, "recovered": 10, "interest": 0, "outside": -1}
    whole()


def test_what_was_paid_of_an_ended_award_is_not_proposed_anew_before_it_came_back(
    office: Office, clock: Callable[[dt.date], None]
) -> None:
    firm, _pool = office.knows(), office.pool()
    award = office.cleared(firm, clock)
    well(office.do("payer", order, award, amounts={award.pk: 1}))
    office.settled(award)
    well(office.do("approver", refuse, award, reason="停"))
    wanted = [Wanted(firm.pk, "t1", "A-13")]
    assert list(office.do("proposer", propose, wanted=wanted).refused.values()) == ["known"]


def test_a_policy_that_has_ended_pays_nothing_more(person: Callable[..., Actor], clock: Any) -> None:
    office = Office(person, {"proposer": ("county", HONGQI)})
    clock(dt.date(2025, 12, 31))
    title = TITLE | {"title": "little_giant", "on": "2025-07-01"}
    firm = office.knows(title, uscc="91410702L9ENYBC55H", region="410702")
    assert office.proposed(firm, "t1", "D-09").amount == 50 * WAN
    clock(dt.date(2026, 1, 1))
    wanted = [Wanted(firm.pk, "t1", "D-09")]
    assert list(office.do("proposer", propose, wanted=wanted).refused.values()) == ["window"]


def test_the_highest_of_a_year_waits_until_the_lower_one_is_ended(
    person: Callable[..., Actor], clock: Any
) -> None:
    city = "41/4107/"
    office = Office(
        person,
        {"proposer": ("county", HONGQI), "taker": ("prefecture", city), "approver": ("prefecture", city),
         "payer": ("finance", city)},
    )  # fmt: skip
    clock(dt.date(2025, 11, 3))
    lower = TITLE | {"on": "2025-03-01"}
    firm = office.knows(lower, uscc="91410702L9ENYBC55H", region="410702")
    office.pool("D-10")
    first = office.proposed(firm, "t1", "D-10")
    higher = TITLE | {"id": "t2", "title": "little_giant", "on": "2025-09-01"}
    office.knows(lower, higher, uscc="91410702L9ENYBC55H", region="410702")
    wanted = [Wanted(firm.pk, "t2", "D-09")]
    assert list(office.do("proposer", propose, wanted=wanted).refused.values()) == ["lower_awarded"]
    assert why(office.do("taker", reserve, first)) == "highest_only"
    well(office.do("proposer", withdraw, first, reason="改报小巨人"))
    assert office.proposed(firm, "t2", "D-09").amount == 50 * WAN


def test_a_proposal_is_taken_back_until_somebody_has_taken_it_up(office: Office) -> None:
    firm, _pool = office.knows(), office.pool()
    award = office.proposed(firm)
    with pytest.raises(Refused, match="reason_missing"):
        office.do("proposer", withdraw, award, reason=" ")
    well(office.do("taker", reserve, award))
    assert why(office.do("proposer", withdraw, award, reason="填错")) == "taken_up"


def test_who_saw_an_older_step_is_refused(office: Office) -> None:
    firm, _pool = office.knows(), office.pool()
    award = office.proposed(firm)
    with acting(office["taker"]):
        assert why(reserve(by=office["taker"], seen={award.pk: 0})) == "overtaken"


def test_a_pool_without_enough_money_or_without_being_there_is_told(office: Office) -> None:
    award = office.proposed(office.knows())
    assert why(office.do("taker", reserve, award)) == "pool_missing"
    office.pool(fund=24 * WAN)
    assert why(office.do("taker", reserve, award)) == "pool_balance"
    with nation():
        assert Portion.objects.get().state == "waiting" and not Entry.objects.filter(award=award.pk).exists()


def test_an_objection_that_is_upheld_ends_the_award_and_one_that_is_open_holds_the_list_up(
    office: Office,
    clock: Callable[[dt.date], None],
) -> None:
    firm, pool = office.knows(), office.pool()
    award = office.approved(firm)
    notice, _done = office.do("approver", publish, award, title="公示", contact="0991", workdays=5)
    with nation():
        entry = NoticeEntry.objects.get(notice=notice)
    assert entry.note == "A-13 25 万元"
    made = object_to(by=NOBODY, notice=notice, entry_id=entry.pk, name="王", contact="139", text="不符合")
    with nation():
        assert Message.objects.filter(kind="notice.objected", role="region").count() == 1
    clock(notice.closes_on + dt.timedelta(1))
    with pytest.raises(Refused, match="objections_open"):
        office.do("approver", clear, notice=notice)
    with pytest.raises(Refused, match="answer_missing"):
        office.do("approver", answer, objection=made, upheld=True, text=" ")
    office.do("approver", answer, objection=made, upheld=True, text="经核实，异议成立")
    assert (office.now(award), office.money(pool)) == ("refused", {"free": 1000})
    with pytest.raises(Refused, match="answered"):
        office.do("approver", answer, objection=made, upheld=False, text="再答")
    with pytest.raises(Refused, match="nothing_left"):
        office.do("approver", clear, notice=notice)
    with acting(office["proposer"]):
        assert not Objection.objects.exists()


def test_an_award_that_is_not_approved_is_not_published(office: Office) -> None:
    award = office.proposed(office.knows())
    notice, done = office.do("taker", publish, award, title="公示", contact="0991", workdays=5)
    assert (notice, why(done)) == (None, "not_approved")
    with nation():
        assert not PublicNotice.objects.exists()


def test_instalments_add_up_and_what_comes_back_is_ordered_anew(
    office: Office,
    clock: Callable[[dt.date], None],
) -> None:
    firm, pool = office.knows(), office.pool()
    award = office.cleared(firm, clock)
    for amount in (0, -1, 25 * WAN + 1):
        assert why(office.do("payer", order, award, amounts={award.pk: amount})) == "instalment"
    well(office.do("payer", order, award, amounts={award.pk: 10 * WAN}))
    with nation():
        first = PaymentOrder.objects.get()
    today = timezone.localdate()

    def told(**more: Any) -> PaymentResult:
        return office.do(
            "payer", settle, order=first, **({"outcome": "bounced", "on": today, "reason": "账号有误"} | more)
        )

    for wrong, code in (
        ({"reason": ""}, "reason_missing"), ({"outcome": "paid", "reason": ""}, "receipt_missing"),
        ({"outcome": "lost"}, "outcome"), ({"on": today + dt.timedelta(1)}, "paid_on"),
        ({"on": timezone.localtime(first.ordered_at).date() - dt.timedelta(1)}, "paid_on"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=code):
            told(**wrong)
    assert told().pk == told().pk
    with pytest.raises(Refused, match="settled"):
        told(outcome="paid", receipt="回单 1")
    assert office.money(pool) == {"free": 975, "committed": 25}
    well(office.do("payer", order, award))
    office.settled(award)
    assert office.money(pool) == {"free": 975, "paid": 25}
    assert why(office.do("payer", order, award)) == "nothing_left"
    whole()


def test_an_order_that_is_under_way_keeps_the_award_from_being_ended(
    office: Office,
    clock: Callable[[dt.date], None],
) -> None:
    award = office.cleared((office.knows(), office.pool())[0], clock)
    well(office.do("payer", order, award))
    assert why(office.do("approver", refuse, award, reason="停")) == "order_open"


def test_the_account_is_the_enterprises_own_and_younger_than_the_proposal(
    office: Office,
    person: Callable[..., Actor],
    clock: Callable[[dt.date], None],
) -> None:
    firm = office.knows()
    speaker = person("speaker", "enterprise", BOLE, firm.pk)
    other = person("other", "enterprise", BOLE, firm.pk + 1)
    good = {"holder": firm.name, "bank": "工行", "number": "6222-0000 1111 2222"}

    def confirmed(by: Actor, **more: str) -> Any:
        with acting(by):
            return confirm_account(by=by, enterprise=firm, **(good | more))

    for wrong, code in (
        ({"holder": "别的企业有限公司"}, "account_holder"), ({"number": "62A2"}, "account_number"),
        ({"number": "１２３４５６７８"}, "account_number"), ({"bank": " "}, "account_bank"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=code):
            confirmed(speaker, **wrong)
    with pytest.raises(Refused, match="account_document"):
        confirmed(office["proposer"])
    for by in (other, office["payer"]):
        with pytest.raises(Denied):
            confirmed(by)
    confirmed(speaker)
    office.pool()
    award = office.approved(firm)
    notice, _done = office.do("approver", publish, award, title="公示", contact="0991", workdays=1)
    clock(notice.closes_on + dt.timedelta(1))
    well(office.do("approver", clear, notice=notice))
    assert why(office.do("payer", order, award)) == "account_missing"
    confirmed(speaker)
    well(office.do("payer", order, award))


def test_the_enterprise_reads_its_own_and_the_neighbour_nothing(
    office: Office,
    person: Callable[..., Actor],
    county_jinghe: Actor,
    clock: Callable[[dt.date], None],
) -> None:
    firm = office.knows()
    office.pool()
    office.paid(firm, clock)
    every = (Award, Portion, AwardStep, PaymentOrder, PaymentResult)
    with acting(person("speaker", "enterprise", BOLE, firm.pk)):
        assert all(model.objects.exists() for model in every)
        assert Entry.objects.only("amount").count() == 4
    for stranger in (
        county_jinghe, person("sibling", "enterprise", BOLE, firm.pk + 1), person("henan", "region", "41/"),
    ):  # fmt: skip
        with acting(stranger):
            assert not any(model.objects.exists() for model in every)
            assert not Entry.objects.only("amount").exists()
    with acting(person("above", "prefecture", BORTALA)):
        assert Award.objects.exists()
        assert Entry.objects.filter(award__isnull=False).count() == 4
        # The region's pool itself is not the prefecture's to read.
        assert not Entry.objects.filter(award__isnull=True).exists()


def test_another_level_than_the_one_that_pays_decides_nothing(
    office: Office, person: Callable[..., Actor]
) -> None:
    award = office.proposed(office.knows())
    office.pool()
    middle = person("middle", "prefecture", BORTALA)
    with acting(middle):
        assert why(reserve(by=middle, seen={award.pk: award.step})) == "not_here"
        with pytest.raises(Refused):
            raise Refused(why(approve(by=middle, seen={award.pk: award.step})))
    with acting(middle):
        with pytest.raises(Denied):
            refuse(by=middle, seen={award.pk: award.step}, reason="停")


def test_what_was_proposed_cannot_be_made_another_amount(office: Office) -> None:
    award = office.proposed(office.knows())
    with acting(office["taker"]), pytest.raises(DatabaseError), transaction.atomic():
        Award.objects.filter(pk=award.pk).update(amount=1)
    with acting(office["taker"]), pytest.raises(DatabaseError), transaction.atomic():
        Portion.objects.filter(award=award).update(amount=1)


def test_an_award_moves_along_with_its_enterprise(office: Office) -> None:
    firm = office.knows()
    office.pool()
    award = office.approved(firm)
    with nation():
        Enterprise.objects.filter(pk=firm.pk).update(region_id=JINGHE)
        moved = Award.objects.get(pk=award.pk)
        assert moved.region_id == JINGHE
        assert set(AwardStep.objects.values_list("region_id", flat=True)) == {JINGHE}
        assert set(Entry.objects.filter(award=award.pk).values_list("place_id", flat=True)) == {BOLE}
    notice, done = office.do("approver", publish, award, title="公示", contact="0991", workdays=5)
    well(done)
    with nation():
        assert NoticeEntry.objects.get(notice=notice).region_id == JINGHE
    assert firm.uscc == CODE


def test_an_enterprise_with_an_award_under_way_does_not_leave_the_region_that_pays_it(
    office: Office, clock: Callable[[dt.date], None], client: Client
) -> None:
    firm, _pool = office.knows(), office.pool()
    with nation():
        assert hindrance(firm.pk, HONGQI) == ""
    award = office.proposed(firm)
    sign_in(client, office["proposer"])
    given = {"to": "410702", "moved_on": timezone.localdate().isoformat(), "document": "通知书"}
    page = client.post(f"/enterprises/{firm.public_id}/move/", given)
    assert "还有没办完的奖补" in page.content.decode()
    with nation():
        assert (hindrance(firm.pk, JINGHE), hindrance(firm.pk, HONGQI)) == ("", "awards")
    well(office.do("proposer", withdraw, award, reason="外迁"))
    with nation():
        assert hindrance(firm.pk, HONGQI) == ""
    award = office.paid(firm, clock)
    with nation():
        assert hindrance(firm.pk, HONGQI) == ""
        seen = Award.objects.get(pk=award.pk).step
    office.do("approver", reclaim, award=award, level="region", seen=seen, amount=WAN, kind="mistake", reason="多付",
              document="1 号")  # fmt: skip
    with nation():
        assert hindrance(firm.pk, HONGQI) == "awards"


def test_the_nightly_look_finds_an_award_whose_state_its_money_contradicts(office: Office) -> None:
    firm, _pool = office.knows(), office.pool()
    award = office.approved(firm)
    whole()
    with nation():
        Portion.objects.filter(award=award).update(state="reserved")
        (told,) = check().invariants
    assert told["invariant"] == "states of awards" and told["entries"]


def test_the_money_of_an_award_that_left_its_place_is_still_recovered(
    office: Office, clock: Callable[[dt.date], None]
) -> None:
    """Inside the region: the entry keeps the place of its posting, the award has moved along."""
    firm, pool = office.knows(), office.pool()
    award = office.paid(firm, clock)
    with nation():
        Enterprise.objects.filter(pk=firm.pk).update(region_id=JINGHE)
        seen = Award.objects.get(pk=award.pk).step
    office.do("approver", reclaim, award=award, level="region", seen=seen, amount=25 * WAN, kind="mistake",
              reason="多付", document="1 号")  # fmt: skip
    assert office.money(pool) == {"free": 975, "recovering": 25}
    whole()
