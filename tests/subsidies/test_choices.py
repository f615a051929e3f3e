"""Where one award only may be taken, the enterprise chooses the policy; what it chose is judged, and told apart from money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from enterprises.models import Enterprise
from subsidies.actions import approve, choose_policy, order, record_history, refuse, reserve
from subsidies.choices import open_choices
from subsidies.models import EventChoice
from subsidies.queries import answers
from subsidies.rules.history import read
from subsidies.rules.workflow import Refused
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, HONGQI, JINGHE
from tests.tenancy.test_sign_in import sign_in

from .office import Office, well, whole

pytestmark = pytest.mark.django_db
CITY, CODE = "41/4107/", "91410702MA9NYBC55H"
PEOPLE = {
    "proposer": ("county", HONGQI), "taker": ("prefecture", CITY), "approver": ("prefecture", CITY),
    "payer": ("finance", CITY),
}  # fmt: skip
TITLE = {"id": "t", "kind": "recognition", "title": "specialised", "on": "2025-03-01", "how": "new"}


class City(Office):
    """新乡市, whose policy is paid where no other one is."""

    def __init__(self, make: Callable[..., Actor]) -> None:
        super().__init__(make, PEOPLE)
        self.firm = self.knows(TITLE, uscc=CODE, region="410702")
        self.people["own"] = make("own", "enterprise", HONGQI, self.firm.pk)

    def chooses(self, choice: str, document: str = "", who: str = "own", event: str = "t") -> Any:
        return self.do(
            who, choose_policy, enterprise=self.firm, event=event, choice=choice, document=document
        )

    def said(self) -> tuple[dict[str, int | None], dict[str, str]]:
        with nation():
            answer = answers([self.firm], timezone.localdate())[self.firm.pk][1]
        return {d.scheme: d.amount for d in answer.due}, {r.scheme: r.reason for r in answer.refused}


@pytest.fixture
def city(person: Callable[..., Actor], clock: Callable[[dt.date], None]) -> City:
    clock(dt.date(2025, 11, 3))
    return City(person)


def refusal(work: Callable[..., Any], *args: Any, **more: Any) -> str:
    with pytest.raises(Refused) as refused:
        work(*args, **more)
    return refused.value.code


def test_what_is_taken_under_another_policy_is_not_paid_by_ours_until_it_is_chosen_back(city: City) -> None:
    assert city.said() == ({"D-10": 30_000_000}, {})
    city.chooses("other", "豫财企〔2025〕3号")
    assert city.said() == ({}, {"D-10": "same_matter"})
    city.chooses("ours")
    assert city.said() == ({"D-10": 30_000_000}, {})
    with nation():
        assert list(EventChoice.objects.order_by("id").values_list("choice", "document")) == [
            ("other", "豫财企〔2025〕3号"), ("ours", "")]  # fmt: skip
        assert AuditEntry.objects.filter(action="awards.choose").count() == 2


def test_the_same_choice_again_is_the_same_and_another_policy_needs_its_name(city: City) -> None:
    first = city.chooses("other", "豫财企〔2025〕3号")
    assert city.chooses("other", " 豫财企〔2025〕3号 ").pk == first.pk
    assert refusal(city.chooses, "other", " ") == "choice_document"
    assert refusal(city.chooses, "either") == "choice_document"
    assert refusal(city.chooses, "ours", event="none") == "choice_event"


def test_the_choice_counts_before_what_a_workbook_says_and_stays_when_it_comes_again(city: City) -> None:
    by = city["proposer"]

    def brought(other: str) -> None:
        with acting(by):
            line = read({"uscc": CODE, "region": "410702", "events": [TITLE | {"other_policy": other}]})
            record_history(by=by, region=HONGQI, lines=[line])

    brought("other")
    assert city.said()[1] == {"D-10": "same_matter"}
    city.chooses("ours")
    brought("other")
    assert city.said()[0] == {"D-10": 30_000_000}


def test_an_award_under_way_is_stopped_at_its_next_act_and_one_that_was_ordered_keeps_its_policy(
    city: City, clock: Callable[[dt.date], None]
) -> None:
    city.pool("D-10")
    award = city.proposed(city.firm, "t", "D-10")
    well(city.do("taker", reserve, award))
    city.chooses("other", "豫财企〔2025〕3号")
    assert list(city.do("approver", approve, award).refused.values()) == ["same_matter"]
    well(city.do("approver", refuse, award, reason="企业选了其他政策"))
    city.chooses("ours")
    award = city.cleared(city.firm, clock, event="t", scheme="D-10")
    well(city.do("payer", order, award))
    assert refusal(city.chooses, "other", "豫财企〔2025〕3号") == "choice_paid"
    city.chooses("ours")
    whole()


def test_the_enterprise_chooses_or_its_county_for_it_and_nobody_else(
    city: City, person: Callable[..., Actor]
) -> None:
    city.chooses("other", "豫财企〔2025〕3号", "proposer")
    for name, role, place, firm in (
        ("sibling", "enterprise", HONGQI, city.firm.pk + 1), ("jinghe", "county", JINGHE, None),
        ("money", "finance", HONGQI, None),
    ):  # fmt: skip
        city.people[name] = person(name, role, place, firm)
        with pytest.raises(Denied):
            city.chooses("ours", who=name)
    for name in ("sibling", "jinghe"):
        with acting(city[name]):
            assert not EventChoice.objects.exists()
    with acting(city["own"]):
        assert EventChoice.objects.count() == 1
    with acting(city["proposer"]), pytest.raises(DatabaseError), transaction.atomic():
        EventChoice.objects.update(choice="ours", document="")


def test_where_no_policy_asks_for_a_choice_there_is_none(
    office: Office, clock: Callable[[dt.date], None]
) -> None:
    firm = office.knows()
    with nation():
        assert open_choices(firm) == []
    assert (
        refusal(office.do, "proposer", choose_policy, enterprise=firm, event="t1", choice="ours")
        == "choice_event"
    )


def test_the_choice_moves_along_with_the_enterprise(city: City) -> None:
    city.chooses("other", "豫财企〔2025〕3号")
    with nation():
        Enterprise.objects.filter(pk=city.firm.pk).update(region_id="41/4107/410703/")
        assert EventChoice.objects.get().region_id == "41/4107/410703/"


def test_the_page_tells_what_was_chosen_and_why_nothing_is_paid(
    city: City, client: Client, person: Callable[..., Actor]
) -> None:
    def said(path: str, **form: str) -> str:
        response = client.post(path, form, follow=True) if form else client.get(path)
        assert response.status_code == 200
        return response.content.decode()

    sign_in(client, city["own"])
    page = f"/awards/choices/{city.firm.public_id}/"
    assert page in said("/awards/")
    assert "按本政策" in said(page)
    assert "请填写是哪个政策" in said(page, event="t", choice="other")
    text = said(page, event="t", choice="other", document="豫财企〔2025〕3号")
    assert "已记下" in text and "豫财企〔2025〕3号" in text and "改按本政策" in text
    assert "已选择按其他政策享受" in said("/awards/")
    sign_in(client, city["proposer"])
    assert "已记下" in said(page, event="t", choice="ours")
    award = city.proposed(city.firm, "t", "D-10")
    assert page in said(f"/awards/{award.public_id}/")
    sign_in(client, person("bole", "county", BOLE))
    assert client.get(page).status_code == 404
