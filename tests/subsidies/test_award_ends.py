"""What ends an award, keeps it waiting, or brings its money back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from cultivation.actions import object_to
from cultivation.models import NoticeEntry, Objection, PublicNotice
from enterprises.models import Enterprise
from subsidies.actions import (
    answer,
    clear,
    order,
    propose,
    publish,
    receive,
    reclaim,
    refuse,
    reserve,
    withdraw,
)
from subsidies.actions.proposing import Wanted
from subsidies.checking import check
from subsidies.models import (
    Award,
    Portion,
    Recovery,
)
from subsidies.rules.workflow import Refused
from tenancy.access import Actor, system_actor
from tenancy.context import acting, nation
from tenancy.models import Message
from tests.conftest import HONGQI, XINJIANG

from .office import TITLE, WAN, Office, well, whole, why

pytestmark = pytest.mark.django_db
NOBODY = system_actor(XINJIANG, origin="203.0.113.7")


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


def test_the_nightly_look_finds_an_award_whose_state_its_money_contradicts(office: Office) -> None:
    firm, _pool = office.knows(), office.pool()
    award = office.approved(firm)
    whole()
    with nation():
        Portion.objects.filter(award=award).update(state="reserved")
        (told,) = check().invariants
    assert told["invariant"] == "states of awards" and told["entries"]
