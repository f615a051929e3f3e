"""Reminders before and after a last day: on working days, each stage once, to who has to know."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cultivation import terms
from cultivation.rules.reminding import Reminders, stage, workdays_between
from cultivation.rules.workdays import after_workdays, is_workday
from cultivation.tasks import remind
from portal.told import told
from tenancy import inbox
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Message
from tests.conftest import BOLE, JINGHE

from .test_applications import filed, opened, take
from .test_recognising import approved, clock, published  # noqa: F401
from .world import enterprise

DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2026, 11, 30))
PLAN = Reminders((20, 5, 1), (1, 5))


@given(DAYS, st.integers(1, 40))
def test_the_days_between_are_those_that_a_deadline_counts(start: dt.date, days: int) -> None:
    assert workdays_between(start, after_workdays(start, days).on) == days


@given(DAYS, st.integers(-40, 60))
def test_a_stage_is_none_before_the_first_and_the_nearest_that_was_reached(last: dt.date, off: int) -> None:
    today = last - dt.timedelta(off)
    found = stage(last, today, PLAN)
    left = workdays_between(today, last)
    if today <= last:
        assert found == (
            "before:1" if left <= 1 else "before:5" if left <= 5 else "before:20" if left <= 20 else ""
        )
    else:
        gone = workdays_between(last, today)
        late = "" if not gone or (today - last).days > 35 else "late:5" if gone >= 5 else "late:1"
        assert found == late


def test_both_sides_of_every_stage_over_the_national_holiday() -> None:
    # 2026: 1 to 7 October are off, 10 October (a Saturday) is worked.
    last = dt.date(2026, 10, 9)
    assert [stage(last, day, PLAN) for day in (dt.date(2026, 9, 29), dt.date(2026, 9, 30))] == [
        "before:5",
        "before:5",
    ]
    assert stage(last, dt.date(2026, 10, 8), PLAN) == "before:1"
    assert stage(last, last, PLAN) == "before:1"
    assert stage(last, dt.date(2026, 10, 10), PLAN) == "late:1"
    assert is_workday(dt.date(2026, 10, 10))


def test_nothing_is_said_where_no_day_is_asked_for() -> None:
    assert stage(dt.date(2026, 9, 30), dt.date(2026, 9, 30), Reminders((), ())) == ""
    assert stage(dt.date(2026, 9, 30), dt.date(2026, 10, 9), Reminders((), ())) == ""


def test_every_kind_of_the_calendar_has_its_days() -> None:
    assert set(terms.reminders()) == {"round", "application", "notice", "title", "update"}


def _reminded(actor: Actor) -> list[tuple[str, bool]]:
    with acting(actor):
        found = inbox.of(actor).filter(kind__startswith="due.").order_by("id")
        assert all(line.title for line in told(actor, found))
        return [(m.kind, m.params["late"]) for m in found]


@pytest.mark.django_db
def test_an_application_that_lies_there_is_told_three_times_and_never_twice(
    county_bole: Actor,
    county_jinghe: Actor,
    region_xinjiang: Actor,
    clock: Any,  # noqa: F811
) -> None:
    made = filed(county_bole, opened(region_xinjiang), enterprise(1, BOLE))
    take(county_bole, made, "submit")
    with nation():
        made.refresh_from_db()
    day, seen = made.due_on - dt.timedelta(12), []
    for _ in range(25):
        clock(day)
        remind()
        remind()
        seen.append(len([k for k in _reminded(county_bole) if k[0] == "due.application"]))
        day += dt.timedelta(1)
    assert seen[-1] == 4 and seen == sorted(seen)  # three days before, the day before, late, late by a week
    assert _reminded(county_jinghe) == [k for k in _reminded(county_jinghe) if k[0] == "due.round"]


@pytest.mark.django_db
def test_on_a_day_off_nobody_is_reminded_and_the_next_working_day_makes_up_for_it(
    county_bole: Actor,
    clock: Any,  # noqa: F811
) -> None:
    enterprise(1, BOLE, specialised_valid_until=dt.date(2026, 10, 9))
    clock(dt.date(2026, 10, 4))
    remind()
    assert _reminded(county_bole) == []
    clock(dt.date(2026, 10, 8))
    remind()
    assert _reminded(county_bole) == [("due.title", False)]


@pytest.mark.django_db
def test_an_enterprise_is_reminded_of_its_own_title_and_draft_alone(
    county_bole: Actor,
    region_xinjiang: Actor,
    person: Any,
    clock: Any,  # noqa: F811
) -> None:
    today = timezone.localdate()
    until = after_workdays(today, 15, terms.notices()).on
    mine = enterprise(1, BOLE, specialised_valid_until=until)
    enterprise(2, JINGHE, specialised_valid_until=until)
    filed(county_bole, opened(region_xinjiang, closes_on=after_workdays(today, 2, terms.notices()).on), mine)
    speaker = person("of1", "enterprise", BOLE, enterprise_id=mine.pk)
    other = person("of2", "enterprise", BOLE, enterprise_id=mine.pk + 999)
    if is_workday(today, terms.notices()):
        remind()
    else:
        clock(after_workdays(today, 1, terms.notices()).on)
        remind()
    assert sorted(_reminded(speaker)) == [("due.draft", False), ("due.title", False)]
    assert _reminded(other) == []


@pytest.mark.django_db
def test_a_notice_that_has_ended_is_told_to_the_authority_until_it_is_announced(
    approved: Any,  # noqa: F811
    region_xinjiang: Actor,
    clock: Any,  # noqa: F811
) -> None:
    batch, applications = approved()
    notice, _done = published(region_xinjiang, batch, applications)
    clock(notice.closes_on)
    remind()
    assert ("due.notice", True) not in _reminded(region_xinjiang)
    clock(after_workdays(notice.closes_on, 1, terms.notices()).on)
    remind()
    assert _reminded(region_xinjiang).count(("due.notice", True)) == 1


@pytest.mark.django_db
def test_the_questions_do_not_grow_with_the_enterprises(county_bole: Actor) -> None:
    asked = []
    until = after_workdays(timezone.localdate(), 15, terms.notices()).on
    for numbers in (range(1, 4), range(4, 40)):
        for n in numbers:
            enterprise(n, BOLE, specialised_valid_until=until)
        with CaptureQueriesContext(connection) as queries:
            remind()
        asked.append(len(queries))
    assert asked[0] == asked[1]
    with nation():
        assert Message.objects.filter(kind="due.title", role="county").count() <= 3
