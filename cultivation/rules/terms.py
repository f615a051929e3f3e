"""How long a title lasts: validity, the length of the public notice, and the bar after a withdrawal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Terms:
    """One dated entry of `fixtures/terms/titles.yaml`. Years are calendar years, the notice is working days."""

    tier: str
    since: date
    valid_years: int
    notice_workdays: int
    bar_years: int
    document: str
    certainty: str
    #: month and day by which the yearly information update is due (`05-31`); empty where none is asked for
    update_by: str = ""
    #: so many missed in one validity cancel the title; 0 is never
    missed_cancels: int = 0


def in_force(terms: Iterable[Terms], tier: str, on: date) -> Terms:
    """The youngest entry of the tier that had begun on the day. LookupError where none had."""
    found = [each for each in terms if each.tier == tier and each.since <= on]
    if not found:
        raise LookupError(f"no terms of {tier} on {on}")
    return max(found, key=lambda each: each.since)


def years_later(day: date, years: int) -> date:
    """The same calendar day; of 29 February in a common year, 28 February.

    A title of 2025-07-07 is valid to the end of 2028-07-07.
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
