"""What a place settles, through its people: drafted and put in force by two, seen below, and what it does to the money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from subsidies.actions import approve, decide_rule, draft_rule, end_rule, reserve
from subsidies.models import Award, LocalRule, Pool, Portion
from subsidies.rules.workflow import Refused
from subsidies.worklist import awaiting
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, BORTALA, HONGQI, JINGHE, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .office import PEOPLE, WAN, Office, well, whole

pytestmark = pytest.mark.django_db
LIST = "/awards/rules/"
COUNTY = {"taker": ("county", BOLE), "approver": ("county", BOLE), "payer": ("finance", BOLE)}


@pytest.fixture
def local(person: Callable[..., Actor]) -> Office:
    """Everybody sits in the county, which pays its top-up itself."""
    return Office(person, PEOPLE | COUNTY)


def half(**more: Any) -> dict[str, Any]:
    return {
        "kind": "top_up", "base": "A-13", "percent": 50,
        "since": dt.date(2023, 1, 1), "document": "博政办〔2025〕1号", "clause": "三",
    } | more  # fmt: skip


def settled(local: Office, **more: Any) -> LocalRule:
    made = local.do("proposer", draft_rule, **half(**more))
    return local.do("taker", decide_rule, rule=made, accept=True)


def refusal(work: Callable[..., Any], *args: Any, **more: Any) -> str:
    with pytest.raises(Refused) as refused:
        work(*args, **more)
    return refused.value.code


def test_a_top_up_is_proposed_approved_and_paid_by_its_county_beside_the_regions_money(
    local: Office, clock: Callable[[dt.date], None]
) -> None:
    firm = local.knows()
    settled(local)
    with acting(local["proposer"]):
        found = {a.due.scheme: a.due.amount for a in awaiting(BOLE, timezone.localdate())}
    assert found == {"A-13": 25 * WAN, "A-13+652701": 25 * WAN // 2}
    pool = local.pool("A-13+652701")
    award = local.paid(firm, clock, scheme="A-13+652701")
    assert local.money(pool)["paid"] == 12
    with nation():
        portion = Portion.objects.get(award=award)
        why = Award.objects.get(pk=award.pk).why
    assert (portion.level, portion.payer_id, portion.amount) == ("county", BOLE, 12_500_000)
    assert (why["document"], why["clause"]) == ("博政办〔2025〕1号", "三")
    assert why["rule"] == {"of_base": "1/2", "base": "A-13", "amount": 25 * WAN}
    whole()


def test_an_ended_top_up_is_refused_to_what_was_not_approved_yet_and_its_successor_pays_nothing_twice(
    local: Office, clock: Callable[[dt.date], None]
) -> None:
    firm, rule = local.knows(), settled(local)
    local.pool("A-13+652701")
    award = local.proposed(firm, scheme="A-13+652701")
    today = timezone.localdate()
    local.do("taker", end_rule, rule=rule, on=today)
    well(local.do("taker", reserve, award))
    clock(today + dt.timedelta(1))
    done = local.do("approver", approve, award)
    assert list(done.refused.values()) == ["window"]
    settled(local, percent=20)
    assert list(local.do("approver", approve, award).refused.values()) == ["amount_changed"]
    with acting(local["proposer"]):
        assert [a.due.scheme for a in awaiting(BOLE, timezone.localdate())] == ["A-13"]


def test_two_people_of_the_place_itself_settle_and_nobody_else(
    local: Office, person: Callable[..., Actor]
) -> None:
    made = local.do("proposer", draft_rule, **half())
    assert refusal(local.do, "proposer", decide_rule, rule=made, accept=True) == "same_person"
    for name, role, place, wrong in (
        ("above", "prefecture", BORTALA, "rule_gone"),
        ("beside", "county", JINGHE, "rule_gone"),
    ):
        local.people[name] = person(name, role, place)
        assert refusal(local.do, name, decide_rule, rule=made, accept=True) == wrong
    for name, role in (("money", "finance"), ("eyes", "auditor")):
        local.people[name] = person(name, role, BOLE)
        with pytest.raises(Denied):
            local.do(name, draft_rule, **half())
        with pytest.raises(Denied):
            local.do(name, decide_rule, rule=made, accept=True)
    local.do("taker", decide_rule, rule=made, accept=True)
    assert refusal(local.do, "approver", decide_rule, rule=made, accept=False) == "rule_decided"
    with nation():
        trail = list(
            AuditEntry.objects.filter(action__startswith="awards.terms")
            .order_by("pk")
            .values_list("action", flat=True)
        )
    assert trail == ["awards.terms.draft", "awards.terms.accept"]


def test_what_does_not_hold_there_is_not_settled_there(local: Office) -> None:
    assert (
        refusal(local.do, "proposer", draft_rule, **half(policy="CN-4107-2022", base="D-10")) == "rule_policy"
    )
    assert (
        refusal(local.do, "proposer", draft_rule, **half(base="B-17", policy="CN-6527-2023")) == "rule_base"
    )
    switch = {
        "kind": "matching",
        "policy": "CN-65-2023",
        "in_highest": True,
        "since": dt.date(2025, 1, 1),
        "document": "x",
    }
    assert refusal(local.do, "proposer", draft_rule, **switch) == "rule_policy"


def test_a_base_has_one_top_up_of_a_place_at_a_time(local: Office) -> None:
    rule = settled(local)
    second = local.do("proposer", draft_rule, **half(percent=20))
    assert refusal(local.do, "taker", decide_rule, rule=second, accept=True) == "rule_known"
    today = timezone.localdate()
    assert refusal(local.do, "taker", end_rule, rule=rule, on=today - dt.timedelta(1)) == "rule_end"
    local.do("taker", end_rule, rule=rule, on=today)
    assert refusal(local.do, "taker", end_rule, rule=rule, on=today) == "rule_decided"
    local.do("taker", decide_rule, rule=second, accept=True)


def test_what_was_settled_stays_as_it_was_drafted(local: Office) -> None:
    settled(local)
    for values in ({"percent": 100}, {"document": "别的"}, {"since": dt.date(2020, 1, 1)}):
        with acting(local["taker"]), pytest.raises(DatabaseError), transaction.atomic():
            LocalRule.objects.update(**values)
    with acting(local["taker"]), pytest.raises(DatabaseError), transaction.atomic():
        LocalRule.objects.all()._raw_delete("default")


def test_a_draft_pays_nothing_and_enterprises_know_only_what_is_in_force(
    local: Office, person: Callable[..., Actor]
) -> None:
    firm = local.knows()
    made = local.do("proposer", draft_rule, **half())
    own = person("own", "enterprise", BOLE, firm.pk)
    with acting(own):
        assert not LocalRule.objects.exists()
    with acting(local["proposer"]):
        assert [a.due.scheme for a in awaiting(BOLE, timezone.localdate())] == ["A-13"]
    local.do("taker", decide_rule, rule=made, accept=True)
    with acting(own):
        assert LocalRule.objects.count() == 1
    with acting(person("jinghe", "county", JINGHE)):
        assert not LocalRule.objects.exists()
    with acting(person("above", "region", XINJIANG)):
        assert LocalRule.objects.count() == 1


def test_the_city_settles_matching_and_shares_and_its_counties_follow(
    person: Callable[..., Actor], client: Client, clock: Callable[[dt.date], None]
) -> None:
    clock(dt.date(2025, 11, 3))
    one, two = person("one", "prefecture", "41/4107/"), person("two", "prefecture", "41/4107/")
    sign_in(client, one)
    text = client.get(LIST).content.decode()
    assert (
        "配套是否参加就高" in text
        and "各级分担比例" in text
        and "本地配套" not in text.split("<h1>")[1].split("lead")[0]
    )
    form = {"policy": "CN-4107-2022", "since": "2025-11-01", "document": "新财〔2025〕9号"}
    page = client.post(f"{LIST}new/shares/", form | {"prefecture": "2", "county": "1"}, follow=True)
    assert "已拟订" in page.content.decode()
    page = client.post(f"{LIST}new/matching/", form | {"in_highest": "1"}, follow=True)
    assert "配套参加就高" in page.content.decode() and "你拟订的，由他人启用" in page.content.decode()
    assert client.post(f"{LIST}new/matching/", form).status_code == 422
    assert "至少一级" in client.post(f"{LIST}new/shares/", form).content.decode()
    assert client.get(f"{LIST}new/top_up/").status_code == 404
    sign_in(client, two)
    with nation():
        drafts = list(LocalRule.objects.all())
    for rule in drafts:
        assert (
            "已启用"
            in client.post(f"{LIST}{rule.public_id}/", {"decision": "accept"}, follow=True).content.decode()
        )
    make = lambda name, role, _path, *more: person(name, role, HONGQI, *more)  # noqa: E731
    office = Office(make, {"proposer": ("county", HONGQI)})
    firm = office.knows(
        {"id": "g", "kind": "recognition", "title": "little_giant", "on": "2025-02-01", "how": "new"},
        {"id": "e", "kind": "claim", "title": "equipment", "on": "2025-10-01", "received": "1000000.00", "project": "机床"},
        uscc="91410702MA9NYBC55H", region="410702",
    )  # fmt: skip
    with acting(office["proposer"]):
        (found,) = awaiting(HONGQI, timezone.localdate())
    assert (found.due.scheme, found.due.shares) == (
        "D-09",
        (("prefecture", 33_333_334), ("county", 16_666_666)),
    )
    award = office.proposed(firm, event="g", scheme="D-09")
    with nation():
        assert list(Portion.objects.filter(award=award).values_list("payer_id", "amount").order_by("id")) == [
            ("41/4107/", 33_333_334), (HONGQI, 16_666_666)]  # fmt: skip
    sign_in(client, office["proposer"])
    text = client.get(LIST).content.decode()
    assert "配套参加就高" in text and "终止" not in text


def test_the_county_settles_its_top_up_in_the_browser(local: Office, client: Client) -> None:
    local.knows()
    sign_in(client, local["proposer"])
    assert "本地没有另外的规定" in client.get(LIST).content.decode()
    page = f"{LIST}new/top_up/"
    assert "A-13 专精特新中小企业" in client.get(page).content.decode()
    good = {"base": "A-13", "percent": "50", "since": "2023-01-01", "document": "博政办〔2025〕1号"}
    for wrong, told in (
        ({"base": ""}, "必填"),
        ({"percent": ""}, "定额和比例只填一个"),
        ({"fixed": "10"}, "定额和比例只填一个"),
        ({"percent": "", "fixed": "十万"}, "按万元填"),
        ({"percent": "101"}, "100"),
        ({"until": "2022-12-31"}, "结束日期不能早于开始日期"),
        ({"document": " "}, "必填"),
        ({"since": "去年"}, "日期"),
    ):
        assert told in client.post(page, good | wrong, follow=True).content.decode(), told
    assert "已拟订" in client.post(page, good, follow=True).content.decode()
    with nation():
        rule = LocalRule.objects.get()
    act = f"{LIST}{rule.public_id}/"
    assert "须由他人办理" in client.post(act, {"decision": "accept"}, follow=True).content.decode()
    assert "等你启用" not in client.get("/inbox/").content.decode()
    sign_in(client, local["taker"])
    assert "奖补规定等你启用：本地配套" in client.get("/inbox/").content.decode()
    assert "已启用" in client.post(act, {"decision": "accept"}, follow=True).content.decode()
    assert client.post(act, {"decision": "dance"}).status_code == 404
    assert "A-13+652701" in client.get("/awards/due/").content.decode()
    assert (
        "最后一天不能早于今天"
        in client.post(act, {"decision": "end", "on": "不"}, follow=True).content.decode()
    )
    today = timezone.localdate().isoformat()
    assert (
        "已设定最后一天" in client.post(act, {"decision": "end", "on": today}, follow=True).content.decode()
    )
    sign_in(client, local["payer"])
    assert "A-13+652701" in client.get("/awards/budgets/").content.decode()
    text = client.post(
        "/awards/budgets/", {"scheme": "A-13+652701", "year": "2026"}, follow=True
    ).content.decode()
    assert "资金池已设立" in text
    with nation():
        assert Pool.objects.get().region_id == BOLE
    assert client.get(f"{LIST}new/top_up/").status_code == 403
    assert client.post(act, {"decision": "drop"}).status_code == 403


def test_the_list_asks_as_many_questions_for_thirty_rules_as_for_two(local: Office, client: Client) -> None:
    sign_in(client, local["taker"])
    asked = []
    for n in (2, 30):
        for i in range(n):
            local.do("proposer", draft_rule, **half(percent=1 + i))
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 14, asked
