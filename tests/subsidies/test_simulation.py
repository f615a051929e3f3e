"""A scheme tried before it is in force: the arbiter's own answers by both rules, and sums that add up to the fen."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import astuple, replace
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from portal import tasks
from portal.pages import award_simulation
from subsidies import schemes, simulation
from subsidies.models import Award, AwardEvent
from subsidies.queries import due
from subsidies.rules.arbiter import Event, arbitrate
from subsidies.rules.schemes import LEVELS, load
from subsidies.rules.simulating import NEW, Typed, Wrong, blank, present, tried
from subsidies.simulation import Simulated, from_json, simulate
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Job
from tests.conftest import BOLE, BORTALA, HONGQI, JINGHE, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .office import TITLE, WAN, Office

DAY = date(2026, 6, 30)
DOCUMENTS = schemes.documents()
PAYING = [(p.id, s.code) for p in schemes.policies() for s in p.schemes if not s.repeats]
NOW = present(DOCUMENTS["CN-65-2023"], "A-13")


def _code(n: int) -> str:
    return f"91652701MA{n:07d}{'0123456789ABCDEFGHJKLMNPQRTUWXY'[n % 31]}"


@pytest.mark.parametrize(("policy", "code"), PAYING)
def test_what_a_scheme_says_today_typed_again_is_the_policy_itself(policy: str, code: str) -> None:
    assert tried(DOCUMENTS[policy], code, present(DOCUMENTS[policy], code)) == load(DOCUMENTS[policy])


def test_every_value_that_is_typed_comes_into_the_policy_and_the_document_stays() -> None:
    before = json.dumps(DOCUMENTS["CN-65-2023"], default=str)
    made = tried(
        DOCUMENTS["CN-65-2023"],
        "A-13",
        Typed(kind="between", once="year", low="1,000", high="2000.5", since=date(2026, 1, 1), until=date(2027, 1, 1),
              needs="hnte", parts={"region": "6", "county": "4", "prefecture": " "}, highest_only=True,
              matching_in_highest=True, stops=date(2028, 1, 1)),
    )  # fmt: skip
    scheme = next(s for s in made.schemes if s.code == "A-13")
    assert scheme.amount.between == (1_000 * WAN, 2_000 * WAN + WAN // 2)
    assert (scheme.once, scheme.needs, scheme.shares) == ("year", "hnte", (("region", 6), ("county", 4)))
    assert (scheme.since, scheme.until) == (date(2026, 1, 1), date(2027, 1, 1))
    assert made.highest_only and scheme.competes and made.pays_on(date(2028, 1, 1))
    assert not made.pays_on(date(2028, 1, 2))
    assert json.dumps(DOCUMENTS["CN-65-2023"], default=str) == before


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({"fixed": "二十"}, {"fixed"}),
        ({"fixed": "0"}, {"fixed"}),
        ({"fixed": "-5"}, {"fixed"}),
        ({"fixed": "0.0000001"}, {"fixed"}),
        ({"fixed": "99999999999"}, {"fixed"}),
        ({"kind": "between", "low": "5", "high": "x"}, {"high", "bounds"}),
        ({"kind": "between", "low": "5", "high": "4"}, {"bounds"}),
        ({"kind": "of_received", "percent": ""}, {"percent"}),
        ({"kind": "of_received", "percent": "0"}, {"percent"}),
        ({"kind": "of_received", "percent": "25%"}, {"percent"}),
        ({"kind": "prizes"}, {"prizes"}),
        ({"kind": "prizes", "prizes": {"1": "9", "2": "b"}}, {"prize2", "prizes"}),
        ({"kind": "formula"}, {"percent"}),
        ({"parts": {}}, {"shares"}),
        ({"parts": {"region": "1.5"}}, {"region", "shares"}),
        ({"parts": {"region": "0"}}, {"region", "shares"}),
        ({"parts": {"village": "1"}}, {"village", "shares"}),
        ({"since": date(2027, 1, 2), "until": date(2027, 1, 1)}, {"until"}),
        ({"stops": date(2022, 12, 31)}, {"stops"}),
        ({"once": "twice", "needs": "giant", "fixed": ""}, {"once", "needs", "fixed"}),
    ],
)
def test_what_no_policy_may_say_is_told_at_its_field(typed: dict[str, Any], fields: set[str]) -> None:
    with pytest.raises(Wrong) as told:
        tried(DOCUMENTS["CN-65-2023"], "A-13", replace(NOW, **typed))
    assert told.value.fields - {"shares"} == fields - {"shares"}
    assert bool(told.value.fields) and ("shares" in told.value.fields or fields != {"shares"})


def test_a_new_scheme_pays_for_its_event_alone() -> None:
    typed = Typed(kind="fixed", once="title", fixed="8", parts={"county": "1"})
    policy = tried(blank("652701", "hnte", "new"), NEW, typed)
    events = [Event("e1", "recognition", "hnte", date(2026, 1, 1), "new"),
              Event("e2", "claim", "board", date(2026, 1, 1))]  # fmt: skip
    answer = arbitrate([policy], events, DAY, schemes.valid_years())
    assert [(d.event, d.amount, d.shares) for d in answer.due] == [("e1", 8 * WAN, (("county", 8 * WAN),))]
    assert tried(blank("652701", "board"), NEW, typed).schemes[0].kind == "claim"


# Over rows that are stored.


def _try(by: Actor, typed: Typed = NOW, code: str = "A-13", on: date = DAY, **more: Any) -> Simulated:
    policy = tried(DOCUMENTS["CN-65-2023"], code, typed)
    with acting(by):
        return simulate(by.region_path, on, XINJIANG, policy, code, **more)


def _rows(found: Simulated, view: str) -> list[tuple[int, int, list[tuple[Any, ...]]]]:
    return [
        (r.before, r.after, [(ln.scheme, ln.before, ln.why_before, ln.after, ln.why_after) for ln in r.lines])
        for r in found.rows[view]
    ]


@pytest.mark.django_db
def test_what_is_tried_unchanged_is_what_is_due_today_to_the_fen(office: Office) -> None:
    for n in range(1, 6):
        office.knows(TITLE | {"on": f"202{n}-03-01"},
                     {"id": "c1", "kind": "claim", "title": "ipo_filing", "on": "2025-06-01", "decided": "600000.01"},
                     {"id": "c2", "kind": "claim", "title": "talent_platform", "on": "2025-06-01"}, uscc=_code(n))  # fmt: skip
    found = _try(office["proposer"])
    with acting(office["proposer"]):
        told = [answer for _uscc, answer in due(BOLE, DAY)]
    assert found.whole[0] == found.whole[1]
    assert found.whole[0].fen == sum(d.amount or 0 for a in told for d in a.due)
    assert found.whole[0].undecided == sum(d.amount is None for a in told for d in a.due) == 5
    assert not found.numbers["changed"] and found.looked_at == 5


@pytest.mark.django_db
def test_a_wider_window_names_who_gets_more_and_who_is_still_refused(office: Office) -> None:
    office.knows(TITLE, uscc=_code(1))
    office.knows(TITLE | {"on": "2026-02-01"}, uscc=_code(2))
    office.knows(TITLE | {"on": "2025-02-01", "revoked_on": "2026-01-01"}, uscc=_code(3))
    found = _try(
        office["proposer"], replace(NOW, until=date(2026, 12, 31), parts={"region": "2", "county": "1"})
    )
    assert _rows(found, "changed") == [(0, 25 * WAN, [("A-13", None, "window", 25 * WAN, "")])]
    assert _rows(found, "same") == [(25 * WAN, 25 * WAN, [("A-13", 25 * WAN, "", 25 * WAN, "")])]
    assert _rows(found, "refused") == [(0, 0, [("A-13", None, "revoked", None, "revoked")])]
    levels = {level: (a.firms, a.fen, b.firms, b.fen) for level, (a, b) in found.by["level"].items()}
    third = 25 * WAN // 3
    assert levels == {"region": (1, 25 * WAN, 2, 2 * (25 * WAN - third)), "county": (0, 0, 2, 2 * third)}
    assert found.by["county"][BOLE][1] == found.by["title"]["specialised"][1] == found.own[1]
    assert (found.own[0].fen, found.own[1].fen) == (25 * WAN, 50 * WAN)


@pytest.mark.django_db
def test_the_highest_only_that_is_switched_on_takes_the_lower_one_away(office: Office) -> None:
    office.knows(TITLE, TITLE | {"id": "t2", "title": "little_giant", "on": "2025-09-01"})
    found = _try(office["proposer"], replace(NOW, highest_only=True))
    assert _rows(found, "changed") == [(125 * WAN, 100 * WAN, [("A-13", 25 * WAN, "", None, "highest_only")])]
    # The other scheme of the policy changes too, where this one overtakes it.
    found = _try(office["proposer"], replace(NOW, highest_only=True, fixed="200"))
    ((_before, _after, lines),) = _rows(found, "changed")
    assert ("A-12", 100 * WAN, "", None, "highest_only") in lines


@pytest.mark.django_db
def test_a_new_scheme_of_a_county_is_paid_beside_what_there_is(office: Office) -> None:
    office.knows()
    policy = tried(blank("652701", "specialised", "new"), NEW,
                   Typed(kind="fixed", once="title", fixed="5", parts={"county": "1"}))  # fmt: skip
    with acting(office["proposer"]):
        found = simulate(BOLE, DAY, BOLE, policy, NEW)
    assert _rows(found, "changed") == [(25 * WAN, 30 * WAN, [(NEW, None, "no_scheme", 5 * WAN, "")])]
    assert found.by["level"]["county"][1].fen == 5 * WAN and found.own[0].firms == 0


@pytest.mark.django_db
def test_nothing_is_written_and_neighbours_are_not_counted(
    office: Office, person: Callable[..., Actor]
) -> None:
    office.knows()
    with nation():
        before = AuditEntry.objects.count(), AwardEvent.objects.count(), Award.objects.count()
    for place in (JINGHE, HONGQI, "54/"):
        found = _try(person(f"n{place}", "region" if place == "54/" else "county", place))
        assert found == Simulated()
    for place, role in ((BORTALA, "prefecture"), (XINJIANG, "region"), (BOLE, "finance")):
        assert _try(person(f"o{place}", role, place)).whole[0].fen == 25 * WAN
    with nation():
        assert (AuditEntry.objects.count(), AwardEvent.objects.count(), Award.objects.count()) == before


_EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "title": st.sampled_from(["specialised", "little_giant", "key_little_giant", "hnte"]),
            "on": st.dates(date(2022, 6, 1), date(2026, 6, 30)),
            "how": st.sampled_from(["new", "new", "renewal"]),
        }
    ),
    max_size=5,
)


class _Stored:
    """Histories of some enterprises in two counties, in place of the database."""

    def __init__(self, histories: list[list[dict[str, Any]]]) -> None:
        self.events = {
            pk: [Event(f"e{n}", "recognition", **event) for n, event in enumerate(events)]
            for pk, events in enumerate(histories)
        }

    def order_by(self, *_names: str) -> _Stored:
        return self

    def values_list(self, *_names: str) -> _Stored:
        return self

    def iterator(self, _size: int) -> Any:
        return iter([(pk, (BOLE, JINGHE)[pk % 2]) for pk in self.events])


@given(
    st.lists(_EVENTS, max_size=6),
    st.integers(1, 10**9),
    st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any),
    st.booleans(),
)
def test_every_split_adds_up_to_the_whole_and_the_rows_to_the_difference(
    histories: list[list[dict[str, Any]]], fen: int, parts: list[int], highest: bool
) -> None:
    wan = f"{fen // 10**6}.{fen % 10**6:06d}"
    given_parts = {level: str(n) if n else "" for level, n in zip(LEVELS, parts, strict=True)}
    policy = tried(DOCUMENTS["CN-65-2023"], "A-13",
                   replace(NOW, fixed=wan, parts=given_parts, highest_only=highest, until=None))  # fmt: skip
    stored = _Stored(histories)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "with_events", lambda _region: stored)
        patch.setattr(simulation, "events_of", lambda _region, pks: {pk: stored.events[pk] for pk in pks})
        patch.setattr(
            simulation, "policies_by_place", lambda _on: [(XINJIANG, load(DOCUMENTS["CN-65-2023"]))]
        )
        found = simulate(XINJIANG, DAY, XINJIANG, policy, "A-13")
    for side in (0, 1):
        for split in ("level", "county", "title"):
            assert sum(sums[side].fen for sums in found.by[split].values()) == found.whole[side].fen
        assert sum(sums[side].firms for sums in found.by["county"].values()) == found.whole[side].firms
        assert sum(sums[side].items for sums in found.by["title"].values()) == found.whole[side].items
    gained = sum(r.after - r.before for r in found.rows["changed"])
    assert gained == found.whole[1].fen - found.whole[0].fen
    assert all(r.after == r.before for view in ("same", "refused") for r in found.rows[view])
    assert from_json(json.loads(json.dumps(found.as_json()))) == found
    assert [astuple(sums) for sums in found.whole]


# The page.

PAGE = "/awards/simulation/"


def _address(**changed: str) -> str:
    from urllib.parse import urlencode

    said = {"scheme": "A-13", "try": "1", "on": DAY.isoformat(), "kind": "fixed", "fixed": "25", "once": "title",
            "since": "2023-01-01", "until": "2025-12-31", "region": "1"}  # fmt: skip
    return f"{PAGE}?{urlencode(said | changed)}"


@pytest.mark.django_db
def test_the_page_leads_from_nothing_to_the_present_values_to_the_answer(
    office: Office, client: Client
) -> None:
    office.knows(TITLE | {"on": "2026-02-01"})
    sign_in(client, office["proposer"])
    assert "先在左边选一个奖补项目" in client.get(PAGE).content.decode()
    text = client.get(f"{PAGE}?scheme=A-13").content.decode()
    assert 'value="25"' in text and 'value="2025-12-31"' in text and "左边是现行的规定" in text
    text = client.get(_address(until="2026-12-31", fixed="30")).content.decode()
    assert "0 → 30" in text and "+30" in text and "现行：25 万元" in text and "现行：2025-12-31" in text
    assert "不兑现（事项不在政策规定的期间内，或政策已停止兑现） → 30 万元" in text and "只算不存" in text
    for by, word in (("county", "博乐市"), ("title", "专精特新中小企业"), ("level", "自治区（省）")):
        assert word in client.get(_address(until="2026-12-31") + f"&by={by}").content.decode()
    assert "没有企业因此多得或少得" in client.get(_address() + "&view=changed").content.decode()


@pytest.mark.django_db
def test_a_new_scheme_is_tried_on_the_page(office: Office, client: Client) -> None:
    office.knows()
    sign_in(client, office["proposer"])
    text = client.get(f"{PAGE}?scheme={NEW}").content.decode()
    assert "奖励什么" in text
    more = {"scheme": NEW, "event": "specialised:new", "since": "", "until": "", "county": "1", "region": ""}
    text = client.get(_address(**more, fixed="5")).content.decode()
    assert "25 → 30" in text and "不兑现（没有这个项目） → 5 万元" in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"fixed": "五万"}, "按万元填"),
        ({"kind": "between", "low": "9", "high": "8"}, "上限不能小于下限"),
        ({"kind": "prizes"}, "至少填一个等次的金额"),
        ({"kind": "of_received", "percent": "abc"}, "填百分数"),
        ({"kind": "formula"}, "没有这个选项"),
        ({"region": ""}, "至少由一级承担"),
        ({"region": "x"}, "填份数"),
        ({"since": "2026-02-30"}, "日期写成 2025-12-31"),
        ({"since": "2026-01-01"}, "不能早于开始的日期"),
        ({"stops": "2020-01-01"}, "不能早于政策开始的日期"),
        ({"on": ""}, "请填写日期"),
    ],
)
def test_each_wrong_field_is_told_at_the_field(
    changed: dict[str, str], told: str, county_bole: Actor, client: Client
) -> None:
    sign_in(client, county_bole)
    response = client.get(_address(**changed))
    assert response.status_code == 422
    text = response.content.decode()
    assert told in text.split('class="err"', 1)[1] and "合计" not in text
    assert client.post(_address(**changed)).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    ["scheme=X-1", "scheme=", "scheme=B-16", "scheme=A-13&try=1&job=zz&page=-3&view=x&by=x", "try=1"],
)
def test_odd_addresses_are_answered(query: str, county_bole: Actor, client: Client) -> None:
    sign_in(client, county_bole)
    assert client.get(f"{PAGE}?{query}").status_code in (200, 422)


@pytest.mark.django_db
def test_an_enterprise_does_not_try(
    person: Callable[..., Actor], client: Client, own_enterprise: int
) -> None:
    sign_in(client, person("own", "enterprise", BOLE, own_enterprise))
    assert client.get(PAGE).status_code == 403


@pytest.mark.django_db
def test_very_many_enterprises_are_counted_by_a_worker_for_who_asked_alone(
    office: Office, client: Client, person: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    office.knows(TITLE | {"on": "2026-02-01"})
    monkeypatch.setattr(award_simulation, "AT_ONCE", 0)
    sign_in(client, office["proposer"])
    address = _address(until="2026-12-31")
    assert "测算 1 家" in client.get(address).content.decode()
    assert client.post(address)["Location"].startswith("/jobs/")
    with nation():
        job = Job.objects.get(kind="awards.simulation")
    tasks.simulate_awards(str(job.pk))
    with nation():
        job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    text = client.get(job.result["url"]).content.decode()
    assert "0 → 25" in text and "每张名单最多列" in text
    assert "测算 1 家" in client.get(f"{_address()}&job={job.pk}").content.decode()
    sign_in(client, person("colleague", "county", BOLE))
    assert "测算 1 家" in client.get(job.result["url"]).content.decode()


@pytest.mark.django_db
def test_the_page_asks_as_many_questions_for_sixty_enterprises_as_for_three(
    office: Office, client: Client
) -> None:
    sign_in(client, office["proposer"])
    asked = []
    for numbers in (range(1, 4), range(4, 64)):
        for n in numbers:
            office.knows(TITLE | {"on": "2026-02-01"}, uscc=_code(n))
        client.get(_address(until="2026-12-31"))
        with CaptureQueriesContext(connection) as queries:
            client.get(_address(until="2026-12-31"))
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 22, asked
