"""An award from its title to the receipt: who may do what in which order, and what is refused with which reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from subsidies.actions import (
    approve,
    clear,
    confirm_account,
    order,
    propose,
    publish,
    refuse,
    reserve,
    withdraw,
)
from subsidies.actions.proposing import Wanted
from subsidies.models import (
    AwardEvent,
    AwardStep,
    Entry,
    PaymentOrder,
    Portion,
)
from subsidies.rules.workflow import Refused
from tenancy.access import Actor, Denied, system_actor
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, XINJIANG

from .office import TITLE, WAN, Office, well, whole, why

pytestmark = pytest.mark.django_db
NOBODY = system_actor(XINJIANG, origin="203.0.113.7")


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
