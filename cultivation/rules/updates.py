"""The yearly information update of who holds a title: when it is due, which were missed, and what follows from it.

63号: by 30 April, else the right to a review is lost. 2026/2: by 31 May, two missed in one validity cancel the title.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from cultivation.rules.terms import Terms, in_force

DONE, LATE, MISSED, OPEN = "done", "late", "missed", "open"


@dataclass(frozen=True)
class Update:
    """One year's update of one title."""

    year: int
    due: date
    #: done, late (after its day), missed, or open while its day has not passed
    state: str
    done_on: date | None = None


def due_of(terms: Iterable[Terms], tier: str, year: int) -> date | None:
    """The last day of a year's update, by the terms of that year's first of April; None where none is asked for."""
    try:
        found = in_force(terms, tier, date(year, 4, 1))
    except LookupError:
        return None
    if not found.update_by:
        return None
    month, day = map(int, found.update_by.split("-"))
    return date(year, month, day)


def updates(
    terms: Iterable[Terms],
    tier: str,
    valid_from: date,
    valid_until: date,
    done: Mapping[int, date],
    today: date,
) -> list[Update]:
    """Every update that fell due in the validity so far, and this year's. The first is of the year behind the one
    in which the title began, since that year's facts were judged with it."""
    terms = tuple(terms)
    found = []
    for year in range(valid_from.year + 1, min(valid_until.year, today.year) + 1):
        due = due_of(terms, tier, year)
        if due is None or due > valid_until:
            continue
        on = done.get(year)
        state = OPEN if due >= today else MISSED
        if on is not None:
            state = DONE if on <= due else LATE
        found.append(Update(year, due, state, on))
    return found


def missed(found: Iterable[Update]) -> int:
    """How many were not made at all; one that came late was made."""
    return sum(each.state == MISSED for each in found)


def report_by(happened_on: date) -> date:
    """The last day for reporting a major change: three months behind it (63号), the same day of the month or its last."""
    year, month = happened_on.year + (happened_on.month + 2) // 12, (happened_on.month + 2) % 12 + 1
    return date(year, month, min(happened_on.day, monthrange(year, month)[1]))
