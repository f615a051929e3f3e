"""Reads the dated terms of titles and the years' notices of working days from `fixtures/`."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from cultivation.rules import clock
from cultivation.rules import terms as rules
from cultivation.rules.clock import Allowed
from cultivation.rules.pool import Quota
from cultivation.rules.reminding import Reminders
from cultivation.rules.terms import Terms
from cultivation.rules.workdays import Deadline, Notices, YearNotice, after_workdays

_FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def _read(path: str) -> Any:
    return yaml.safe_load((_FIXTURES / path).read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def all_terms() -> tuple[Terms, ...]:
    return tuple(
        Terms(**{("since" if name == "from" else name): value for name, value in entry.items()})
        for entry in _read("terms/titles.yaml")
    )


def of(tier: str, on: date) -> Terms:
    """The terms of a tier on a day. LookupError where none were in force."""
    return rules.in_force(all_terms(), tier, on)


@lru_cache(maxsize=1)
def notices() -> Notices:
    return {
        year: YearNotice(said["document"], frozenset(said["holidays"]), frozenset(said["workdays"]))
        for year, said in (_read("calendar/workdays.yaml") or {}).items()
    }


def deadline(start: date, workdays: int) -> Deadline:
    """The last of so many working days behind `start`, by the notices known today."""
    return after_workdays(start, workdays, notices())


@lru_cache(maxsize=1)
def quotas() -> tuple[Quota, ...]:
    return tuple(Quota(**entry) for entry in _read("terms/pool.yaml")["quotas"])


def most_missing() -> int:
    """With how many missing elements an enterprise still enters the pool."""
    return int(_pool_entry()["most_missing"])


@lru_cache(maxsize=1)
def _pool_entry() -> dict[str, Any]:
    return dict(_read("terms/pool.yaml")["entry"])


@lru_cache(maxsize=1)
def review_days() -> tuple[Allowed, ...]:
    return tuple(
        Allowed(entry.pop("from"), certainty=entry.pop("certainty"), workdays=entry)
        for entry in _read("terms/review.yaml")
    )


@lru_cache(maxsize=1)
def reminders() -> dict[str, Reminders]:
    """By the kind of what comes due."""
    return {
        kind: Reminders(tuple(days["before"]), tuple(days["late"]))
        for kind, days in _read("terms/reminders.yaml").items()
    }


@lru_cache(maxsize=4096)
def due_on(level: str, came: date, stays: tuple[tuple[date, date], ...]) -> date | None:
    """The last day for a level to decide about what came on a day; None for who has no term."""
    allowed = clock.in_force(review_days(), came)
    days = allowed.workdays.get(level) if allowed else None
    return None if days is None else clock.due(came, days, stays, notices())
