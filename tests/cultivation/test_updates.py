"""Yearly information updates: due by the terms of the year, missed ones counted, said by who files; and the calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cultivation import terms
from cultivation.actions import open_batch, report_updates
from cultivation.agenda import agenda
from cultivation.models import Announcement, InfoUpdate, Recognition, Tier
from cultivation.rules import updates as rules
from cultivation.rules.workflow import Refused
from cultivation.updating import owed
from enterprises.models import AnnualFigures, Enterprise
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import Posting
from tests.conftest import BOLE, JINGHE, XINJIANG

from ..tenancy.test_sign_in import sign_in
from .world import YEAR, enterprise

DAY = dt.date


@pytest.mark.parametrize(
    ("tier", "year", "due"),
    [
        ("specialised", 2025, DAY(2025, 4, 30)),
        ("specialised", 2026, DAY(2026, 5, 31)),
        ("little_giant", 2026, DAY(2026, 5, 31)),
        ("innovative", 2026, DAY(2026, 4, 30)),
        ("tech_sme", 2026, None),
        ("specialised", 2022, None),
    ],
)
def test_the_day_goes_by_the_terms_of_the_first_of_april(tier: str, year: int, due: dt.date | None) -> None:
    assert rules.due_of(terms.all_terms(), tier, year) == due


def found(
    done: dict[int, dt.date], today: dt.date, begin: dt.date = DAY(2024, 9, 1)
) -> list[tuple[int, str]]:
    every = rules.updates(terms.all_terms(), "specialised", begin, DAY(2027, 8, 31), done, today)
    return [(u.year, u.state) for u in every]


def test_each_year_is_open_until_its_day_has_passed_and_then_missed_unless_it_was_made() -> None:
    assert found({}, DAY(2024, 12, 31)) == []
    assert found({}, DAY(2025, 4, 30)) == [(2025, "open")]
    assert found({}, DAY(2025, 5, 1)) == [(2025, "missed")]
    assert found({2025: DAY(2025, 4, 30)}, DAY(2025, 5, 1)) == [(2025, "done")]
    assert found({2025: DAY(2025, 5, 1)}, DAY(2025, 5, 1)) == [(2025, "late")]
    assert found({}, DAY(2026, 6, 1)) == [(2025, "missed"), (2026, "missed")]
    assert found({2026: DAY(2026, 2, 1)}, DAY(2026, 6, 1)) == [(2025, "missed"), (2026, "done")]
    # After the title has ended nothing more falls due.
    assert found({}, DAY(2029, 1, 1))[-1] == (2027, "missed")


@given(st.dates(DAY(2023, 1, 1), DAY(2030, 1, 1)), st.sets(st.integers(2023, 2027)))
def test_what_was_made_is_never_missed_and_no_year_stands_twice(today: dt.date, years: set[int]) -> None:
    done = {year: DAY(year, 3, 1) for year in years if DAY(year, 3, 1) <= today}
    every = found(done, today)
    assert [y for y, _ in every] == sorted({y for y, _ in every})
    assert all((state == "done") == (year in done) for year, state in every)
    assert rules.missed(
        rules.updates(terms.all_terms(), "specialised", DAY(2024, 9, 1), DAY(2027, 8, 31), done, today)
    ) == sum(state == "missed" for _, state in every)


def titled(made: Enterprise, begin: dt.date, tier: str = "specialised") -> Recognition:
    with nation():
        announcement, _ = Announcement.objects.get_or_create(
            region_id=XINJIANG, batch=None, number=f"{begin}号", defaults={"announced_on": begin}
        )
        Enterprise.objects.filter(pk=made.pk).update(
            **{f"{tier}_valid_until": begin.replace(year=begin.year + 3)}
        )
        return Recognition.objects.create(
            region_id=made.region_id,
            enterprise=made,
            announcement=announcement,
            tier=tier,
            name=made.name,
            valid_from=begin,
            valid_until=begin.replace(year=begin.year + 3),
        )


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.date], None]:
    def to(day: dt.date) -> None:
        noon = timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
        monkeypatch.setattr(timezone, "now", lambda: noon)

    return to


@pytest.fixture
def held(db: None, moved: Callable[[dt.date], None]) -> dict[str, Enterprise]:
    moved(DAY(2026, 5, 20))
    firms = {"old": enterprise(1, BOLE), "new": enterprise(2, BOLE), "next": enterprise(3, JINGHE)}
    titled(firms["old"], DAY(2023, 9, 1))
    titled(firms["new"], DAY(2025, 9, 1))
    titled(firms["next"], DAY(2025, 9, 1))
    return firms


def views(actor: Actor, today: dt.date) -> dict[str, tuple[str, tuple[int, ...]]]:
    with acting(actor):
        return {o.title.enterprise.name: (o.view, o.missed_years) for o in owed(actor, today)}


def test_two_missed_in_one_validity_stand_on_the_list_of_what_may_be_cancelled(
    held: dict[str, Enterprise], county_bole: Actor, region_xinjiang: Actor
) -> None:
    today = DAY(2026, 5, 20)
    assert views(county_bole, today) == {
        held["old"].name: ("cancel", (2024, 2025)),
        held["new"].name: ("open", ()),
    }
    assert set(views(region_xinjiang, today)) == {e.name for e in held.values()}
    with acting(county_bole):
        report_updates(by=county_bole, enterprise_ids=[held["new"].pk])
    assert views(county_bole, today)[held["new"].name] == ("done", ())
    assert views(county_bole, DAY(2027, 6, 1))[held["new"].name] == ("missed", (2027,))


def test_an_update_is_taken_once_with_figures_of_the_year_before_from_who_files(
    held: dict[str, Enterprise],
    county_bole: Actor,
    prefecture_bortala: Actor,
    person: Callable[..., Actor],
) -> None:
    ids = [held["old"].pk, held["new"].pk]
    with nation():
        AnnualFigures.objects.filter(enterprise=held["old"], year=YEAR).delete()
    with acting(county_bole):
        result = report_updates(by=county_bole, enterprise_ids=ids)
        assert (result.done, result.without_figures) == ([held["new"].pk], [held["old"].pk])
        assert report_updates(by=county_bole, enterprise_ids=ids).done == []
        with pytest.raises(Refused):
            report_updates(by=county_bole, enterprise_ids=[held["next"].pk])
        for change in ("UPDATE cultivation_infoupdate SET year = 1", "DELETE FROM cultivation_infoupdate"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)
    with acting(prefecture_bortala), pytest.raises(Denied):
        report_updates(by=prefecture_bortala, enterprise_ids=ids)
    boss = person("boss", "enterprise", JINGHE, held["next"].pk)
    with acting(boss):
        assert report_updates(by=boss, enterprise_ids=[held["next"].pk]).done == [held["next"].pk]
        with pytest.raises(Refused):
            report_updates(by=boss, enterprise_ids=ids)
    with nation():
        assert InfoUpdate.objects.count() == 2


def test_the_county_ticks_and_the_enterprise_says_so_itself_on_the_page(
    held: dict[str, Enterprise], county_bole: Actor, person: Callable[..., Actor], client: Client
) -> None:
    with nation():
        Posting.objects.update(from_at=timezone.now() - dt.timedelta(30))
    sign_in(client, county_bole)
    page = client.get("/titles/updates/").content.decode()
    assert held["new"].name in page and held["old"].name not in page and "登记勾选企业已更新" in page
    assert "2024、2025" in client.get("/titles/updates/?view=cancel").content.decode()
    assert "请先勾选企业" in client.post("/titles/updates/", follow=True).content.decode()
    done = client.post("/titles/updates/", {"enterprise": [held["new"].pk]}, follow=True).content.decode()
    assert "已登记 1 家企业的年度更新" in done
    sign_in(client, person("boss", "enterprise", JINGHE, held["next"].pk))
    with nation():
        Posting.objects.update(from_at=timezone.now() - dt.timedelta(30))
    own = client.get("/titles/updates/").content.decode()
    assert held["next"].name in own and held["new"].name not in own


def test_the_calendar_names_each_day_for_its_role_and_place(
    held: dict[str, Enterprise],
    county_bole: Actor,
    region_xinjiang: Actor,
    person: Callable[..., Actor],
    client: Client,
) -> None:
    today = DAY(2026, 5, 20)
    with acting(region_xinjiang):
        open_batch(
            by=region_xinjiang,
            region=XINJIANG,
            tier=Tier.INNOVATIVE,
            title="第一批",
            opens_on=today,
            closes_on=DAY(2026, 6, 30),
        )

    def asked(actor: Actor) -> list[tuple[dt.date, str, int]]:
        with acting(actor):
            return [(d.on, d.kind, d.n) for d in agenda(actor, today, today + dt.timedelta(366))]

    assert asked(county_bole) == [
        (DAY(2026, 5, 31), "update", 1),
        (DAY(2026, 6, 30), "round", 0),
        (DAY(2026, 9, 1), "title", 1),
    ]
    assert (DAY(2026, 5, 31), "update", 2) in asked(region_xinjiang)
    boss = person("boss", "enterprise", JINGHE, held["next"].pk)
    assert asked(boss) == [(DAY(2026, 5, 31), "update", 1), (DAY(2026, 6, 30), "round", 0)]
    with nation():
        Posting.objects.update(from_at=timezone.now() - dt.timedelta(30))
    for actor, word in ((county_bole, "截止受理"), (boss, "年度信息更新截止")):
        sign_in(client, actor)
        page = client.get("/calendar/").content.decode()
        assert "2026 年 5 月" in page and word in page
