"""On-site checks: drawn so that anybody can draw again, given to people, recorded once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cultivation.actions import (
    assign_visit,
    decide,
    declare_conflict,
    draw_visits,
    file,
    open_batch,
    record_visit,
)
from cultivation.models import Application, ApplicationBatch, SiteDraw, SiteVisit, Tier
from cultivation.rules.drawing import draw, fingerprint
from cultivation.rules.workflow import Refused
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tests.conftest import BOLE, JINGHE, XINJIANG

from ..tenancy.test_sign_in import sign_in
from .world import enterprise

CODES = st.lists(st.text("abcdefgh0123456789", min_size=1, max_size=8), max_size=30)


@given(st.text(max_size=10), CODES, st.integers(-1, 40), st.randoms())
def test_the_same_seed_draws_the_same_whatever_the_order(
    seed: str, codes: list[str], n: int, chance: Any
) -> None:
    drawn = draw(seed, codes, n)
    chance.shuffle(codes)
    assert draw(seed, codes, n) == drawn
    assert len(drawn) == len(set(drawn)) == min(max(0, n), len(set(codes))) and set(drawn) <= set(codes)
    assert draw(seed, codes, n + 1)[: len(drawn)] == drawn
    assert fingerprint(codes) == fingerprint(sorted(codes))


def test_each_of_many_is_drawn_about_equally_often() -> None:
    codes = [f"c{n}" for n in range(20)]
    times = dict.fromkeys(codes, 0)
    for seed in range(4_000):
        for code in draw(str(seed), codes, 5):
            times[code] += 1
    assert all(850 < n < 1150 for n in times.values()), times


@pytest.fixture
def batch(db: None, region_xinjiang: Actor, county_bole: Actor, county_jinghe: Actor) -> ApplicationBatch:
    today = timezone.localdate()
    with acting(region_xinjiang):
        made = open_batch(
            by=region_xinjiang,
            region=XINJIANG,
            tier=Tier.INNOVATIVE,
            title="第一批",
            opens_on=today,
            closes_on=today,
        )
    for n in range(1, 8):
        place, county = (BOLE, county_bole) if n < 7 else (JINGHE, county_jinghe)
        with acting(county):
            a = file(by=county, batch=made, enterprise=enterprise(n, place))
            if n < 6 or n == 7:
                decide(by=county, seen={a.pk: 0}, decision="submit")
    return made


def test_a_draw_can_be_done_again_by_anybody_from_what_is_kept(
    batch: ApplicationBatch, county_bole: Actor
) -> None:
    with acting(county_bole):
        made = draw_visits(by=county_bole, batch=batch, count=2)
        waiting = list(Application.objects.filter(state="county").values_list("public_id", flat=True))
        drawn = list(SiteVisit.objects.order_by("id").values_list("application__public_id", flat=True))
    assert (made.among, made.drawn) == (5, 2)
    assert draw(made.seed, waiting, 2) == drawn and fingerprint(waiting) == made.sha256


def test_nothing_is_drawn_twice_by_one_level_and_only_what_lies_there(
    batch: ApplicationBatch, county_bole: Actor, county_jinghe: Actor, region_xinjiang: Actor
) -> None:
    with acting(county_bole):
        draw_visits(by=county_bole, batch=batch, count=3)
        assert draw_visits(by=county_bole, batch=batch, count=99).drawn == 2
        for count in (0, -1, 1):
            with pytest.raises(Refused) as refused:
                draw_visits(by=county_bole, batch=batch, count=count)
            assert refused.value.code == "visits_none"
        assert SiteVisit.objects.count() == 5
    with acting(region_xinjiang), pytest.raises(Refused):
        draw_visits(by=region_xinjiang, batch=batch, count=1)
    with acting(county_jinghe):
        assert draw_visits(by=county_jinghe, batch=batch, count=5).among == 1


@pytest.fixture
def visit(batch: ApplicationBatch, county_bole: Actor) -> SiteVisit:
    with acting(county_bole):
        draw_visits(by=county_bole, batch=batch, count=1)
        return SiteVisit.objects.select_related("application__enterprise").get()


def test_a_visit_is_recorded_once_by_the_one_it_was_given_to_or_by_its_level(
    visit: SiteVisit, county_bole: Actor, person: Callable[..., Actor]
) -> None:
    goes, other = person("goes", "commissioner", BOLE), person("other", "commissioner", BOLE)
    today = timezone.localdate()
    said: dict[str, Any] = {"visited_on": today, "result": "true", "findings": "设备和人员与申报一致"}
    with acting(county_bole):
        assign_visit(by=county_bole, visit=visit, officer_id=goes.officer_id or 0)
        visit.refresh_from_db()
    with acting(other), pytest.raises(Denied):
        record_visit(by=other, visit=visit, **said)
    with acting(goes):
        for wrong, code in (
            ({"result": "maybe"}, "visit_words"),
            ({"findings": " "}, "visit_words"),
            ({"visited_on": today + dt.timedelta(1)}, "date_future"),
        ):
            with pytest.raises(Refused) as refused:
                record_visit(by=goes, visit=visit, **said | wrong)
            assert refused.value.code == code
        record_visit(by=goes, visit=visit, **said)
    with acting(county_bole):
        with pytest.raises(Refused) as refused:
            record_visit(by=county_bole, visit=visit, **said | {"result": "false"})
        assert refused.value.code == "visit_recorded"
        with pytest.raises(Refused):
            assign_visit(by=county_bole, visit=visit, officer_id=other.officer_id or 0)
        for change in (
            "UPDATE cultivation_sitevisit SET findings = 'x'",
            "DELETE FROM cultivation_sitevisit",
            "UPDATE cultivation_sitedraw SET seed = 'x'",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)


def test_nobody_is_sent_who_is_not_of_the_place_or_not_impartial(
    visit: SiteVisit, county_bole: Actor, county_jinghe: Actor, person: Callable[..., Actor]
) -> None:
    partial, boss = (
        person("kin", "county", BOLE),
        person("boss", "enterprise", BOLE, visit.application.enterprise_id),
    )
    with acting(partial):
        declare_conflict(by=partial, enterprise=visit.application.enterprise, reason="亲属")
    with acting(county_bole):
        for officer, code in ((county_jinghe, "visit_person"), (boss, "visit_person"), (partial, "conflict")):
            with pytest.raises(Refused) as refused:
                assign_visit(by=county_bole, visit=visit, officer_id=officer.officer_id or 0)
            assert refused.value.code == code
    with acting(partial), pytest.raises(Refused):
        record_visit(by=partial, visit=visit, visited_on=timezone.localdate(), result="true", findings="好")
    for reader in (person("aud", "auditor", BOLE), person("pre", "prefecture", "65/6527/")):
        with acting(reader), pytest.raises(Denied):
            assign_visit(by=reader, visit=visit, officer_id=county_bole.officer_id or 0)


def test_from_the_draw_to_the_result_on_the_pages(
    batch: ApplicationBatch,
    county_bole: Actor,
    county_jinghe: Actor,
    person: Callable[..., Actor],
    client: Client,
) -> None:
    goes = person("goes", "commissioner", BOLE)
    sign_in(client, county_bole)
    address = f"/applications/rounds/{batch.public_id}/visits/"
    assert "还没有抽查" in client.get(address).content.decode()
    page = client.post(address, {"count": "2"}, follow=True).content.decode()
    with nation():
        seed, first = SiteDraw.objects.get().seed, SiteVisit.objects.order_by("id")[0]
        name, application = first.application.enterprise.name, first.application
    assert "从 5 份中抽取 2 份" in page and seed in page and name in page
    assert "没有可抽的申报" in client.post(address, {"count": "x"}, follow=True).content.decode()
    one = f"/applications/visits/{first.public_id}/"
    assert (
        "已指派" in client.post(one + "assign/", {"officer": goes.officer_id}, follow=True).content.decode()
    )
    sign_in(client, goes)
    assert name in client.get("/applications/visits/").content.decode()
    said = {"visited_on": timezone.localdate().isoformat(), "result": "partly", "findings": "研发台账不全"}
    assert client.post(one, said | {"findings": ""}).status_code == 200
    assert "核查结果已登记" in client.post(one, said, follow=True).content.decode()
    sign_in(client, county_bole)
    assert "研发台账不全" in client.get(f"/applications/{application.public_id}/").content.decode()
    sign_in(client, county_jinghe)
    assert client.get(one).status_code == 404 and client.post(one + "assign/").status_code == 404
    sign_in(client, person("boss", "enterprise", BOLE, application.enterprise_id))
    assert "研发台账不全" not in client.get(f"/applications/{application.public_id}/").content.decode()
    assert client.get(one).status_code == 403
