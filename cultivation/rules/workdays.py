"""Working days by the State Council's notices, make-up workdays included.

A year whose notice is not known counts Monday to Friday, and what is computed with it says that it is not sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

import chinese_calendar


@dataclass(frozen=True)
class YearNotice:
    """One year's notice where it is younger than the calendar library."""

    document: str
    holidays: frozenset[date]
    workdays: frozenset[date]


@dataclass(frozen=True)
class Deadline:
    """The last day of a period; `sure` is False where a year's holidays were not published yet."""

    on: date
    sure: bool


Notices = Mapping[int, YearNotice]
NONE: Notices = MappingProxyType({})


def _of_library(day: date) -> bool | None:
    """What the library says of a day; None of a year that it does not have, which it tells by this exception."""
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return None


def is_known(day: date, notices: Notices = NONE) -> bool:
    """Whether the holidays of the day's year are published."""
    return day.year in notices or _of_library(day) is not None


def is_workday(day: date, notices: Notices = NONE) -> bool:
    """By the year's notice; Monday to Friday where it is not known."""
    own = notices.get(day.year)
    if own is not None and day in own.holidays | own.workdays:
        return day in own.workdays
    found = _of_library(day)
    return day.weekday() < 5 if found is None else found


def after_workdays(start: date, days: int, notices: Notices = NONE) -> Deadline:
    """The last of `days` working days, counted from the day behind `start` (民法典 201). ValueError below one."""
    if days < 1:
        raise ValueError("a period has at least one day")
    day, sure = start, True
    while days:
        day += timedelta(1)
        sure = sure and is_known(day, notices)
        days -= is_workday(day, notices)
    return Deadline(day, sure)
