"""The clock of an application at one level: it runs in working days and stands still while somebody else corrects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from cultivation.rules.workdays import NONE, Notices, after_workdays, is_workday


@dataclass(frozen=True)
class Allowed:
    """One dated entry of `fixtures/terms/review.yaml`: level → working days."""

    since: date
    workdays: Mapping[str, int]
    certainty: str


def in_force(entries: Iterable[Allowed], on: date) -> Allowed | None:
    """The youngest entry that had begun on the day; None where none had."""
    begun = [each for each in entries if each.since <= on]
    return max(begun, key=lambda each: each.since) if begun else None


def used(stays: Iterable[tuple[date, date]], notices: Notices = NONE) -> int:
    """Working days of earlier stays; the day of arrival does not count, the day of leaving does (民法典 201)."""
    return sum(
        is_workday(came + timedelta(n), notices)
        for came, left in stays
        for n in range(1, (left - came).days + 1)
    )


def due(came: date, workdays: int, stays: Iterable[tuple[date, date]] = (), notices: Notices = NONE) -> date:
    """The last day for deciding about what came on a day. Who has used all days before has one more."""
    return after_workdays(came, max(1, workdays - used(stays, notices)), notices).on
