"""The clock of an application: working days, standing still while it is corrected, and the queue in its order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cultivation import terms
from cultivation.actions import decide, file, open_batch
from cultivation.models import Application, Tier
from cultivation.rules import clock
from cultivation.rules.clock import Allowed
from cultivation.rules.workdays import is_workday
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Posting
from tests.conftest import BOLE, XINJIANG

from ..tenancy.test_sign_in import sign_in
from .world import enterprise


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.date], None]:
    """Sets the clock to the noon of a day."""

    def to(day: dt.date) -> None:
        noon = timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
        monkeypatch.setattr(timezone, "now", lambda: noon)

    return to


DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2026, 6, 30))


@given(DAYS, st.integers(1, 40))
def test_without_earlier_stays_all_days_are_left(came: dt.date, days: int) -> None:
    last = clock.due(came, days)
    between = [came + dt.timedelta(n) for n in range(1, (last - came).days + 1)]
    assert sum(map(is_workday, between)) == days and is_workday(last)


@given(DAYS, st.integers(1, 40), st.lists(st.integers(0, 30), max_size=4), st.integers(0, 60))
def test_what_was_used_before_is_taken_off_and_one_day_always_stays(
    start: dt.date, days: int, stays: list[int], away: int
) -> None:
    periods, day = [], start
    for length in stays:
        periods.append((day, day + dt.timedelta(length)))
        day += dt.timedelta(length + away)
    spent = clock.used(periods)
    last = clock.due(day, days, periods)
    behind = [day + dt.timedelta(n) for n in range(1, (last - day).days + 1)]
    assert sum(map(is_workday, behind)) == max(1, days - spent)


def test_the_youngest_terms_that_had_begun_count() -> None:
    old = Allowed(dt.date(2022, 8, 1), {"county": 10}, "")
    new = Allowed(dt.date(2026, 7, 1), {"county": 5}, "")
    assert clock.in_force((new, old), dt.date(2022, 7, 31)) is None
    assert clock.in_force((new, old), dt.date(2026, 6, 30)) is old
    assert clock.in_force((new, old), dt.date(2026, 7, 1)) is new
    assert set(terms.review_days()[0].workdays) == {"county", "prefecture", "region"}


@pytest.mark.django_db
def test_the_clock_stands_still_while_the_enterprise_corrects(
    moved: Callable[[dt.date], None],
    region_xinjiang: Actor,
    prefecture_bortala: Actor,
    county_bole: Actor,
    person: Callable[..., Actor],
) -> None:
    second = person("second.bole", "county", BOLE)
    moved(dt.date(2025, 3, 3))  # a Monday, no holiday near
    with acting(region_xinjiang):
        batch = open_batch(
            by=region_xinjiang,
            region=XINJIANG,
            tier=Tier.INNOVATIVE,
            title="第一批",
            opens_on=dt.date(2025, 3, 1),
            closes_on=dt.date(2025, 12, 31),
        )
    with acting(county_bole):
        made = file(by=county_bole, batch=batch, enterprise=enterprise(1, BOLE))
    assert made.due_on is None

    def step(by: Actor, on: dt.date, seen: int, decision: str, **more: str) -> dt.date | None:
        moved(on)
        with acting(by):
            result = decide(by=by, seen={made.pk: seen}, decision=decision, **more)  # type: ignore[arg-type]
            assert result.done == [made.pk], result.refused
            return Application.objects.get(pk=made.pk).due_on

    assert step(county_bole, dt.date(2025, 3, 3), 0, "submit") == dt.date(2025, 3, 17)  # ten working days
    # Four of them are used when it goes back, and a month with the enterprise costs none.
    assert step(second, dt.date(2025, 3, 7), 1, "return", reason="补证", to="draft") is None
    assert step(county_bole, dt.date(2025, 4, 14), 2, "submit") == dt.date(2025, 4, 22)  # six left
    assert step(second, dt.date(2025, 4, 15), 3, "recommend") == dt.date(
        2025, 4, 28
    )  # make-up Sunday the 27th
    assert step(prefecture_bortala, dt.date(2025, 4, 28), 4, "recommend") is not None
    assert step(region_xinjiang, dt.date(2025, 4, 29), 5, "approve") is None


@pytest.mark.django_db
def test_the_queue_stands_by_deadline_and_says_what_is_late(
    moved: Callable[[dt.date], None],
    region_xinjiang: Actor,
    county_bole: Actor,
    client: Client,
) -> None:
    moved(dt.date(2025, 3, 3))
    with acting(region_xinjiang):
        batch = open_batch(
            by=region_xinjiang,
            region=XINJIANG,
            tier=Tier.INNOVATIVE,
            title="第一批",
            opens_on=dt.date(2025, 3, 1),
            closes_on=dt.date(2025, 12, 31),
        )
    for n, day in ((1, 12), (2, 3), (3, 10)):
        moved(dt.date(2025, 3, day))
        with acting(county_bole):
            a = file(by=county_bole, batch=batch, enterprise=enterprise(n, BOLE))
            decide(by=county_bole, seen={a.pk: 0}, decision="submit")
    with nation():
        Posting.objects.update(from_at=timezone.now() - dt.timedelta(30))
    moved(dt.date(2025, 3, 24))
    sign_in(client, county_bole)
    page = client.get("/applications/").content.decode()
    assert page.index("第2企业") < page.index("第3企业") < page.index("第1企业")
    assert page.count("已超期") == 1 and page.count("今天到期") == 1
    home = client.get("/").content.decode()
    assert "已过期限" in home
    with nation():
        assert Application.objects.filter(due_on=dt.date(2025, 3, 17)).count() == 1
