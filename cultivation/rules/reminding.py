"""When somebody is reminded of a last day: so many working days before it, and after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from cultivation.rules.workdays import NONE, Notices, is_workday


@dataclass(frozen=True)
class Reminders:
    """Working days before the last day and behind it, on which a reminder is due."""

    before: tuple[int, ...]
    late: tuple[int, ...]

    @property
    def reach(self) -> tuple[timedelta, timedelta]:
        """How far back and how far ahead last days have to be looked for, generously in calendar days."""
        back, ahead = max(self.late, default=0), max(self.before, default=0)
        # Five working days take at most seven days, and no run of holidays is longer than a fortnight.
        return timedelta(back * 7 // 5 + 28), timedelta(ahead * 7 // 5 + 28)


def workdays_between(start: date, end: date, notices: Notices = NONE) -> int:
    """The working days behind `start`, up to and with `end`; 0 where `end` is not later."""
    days = (end - start).days
    return sum(is_workday(start + timedelta(n), notices) for n in range(1, days + 1))


def stage(last: date, today: date, reminders: Reminders, notices: Notices = NONE) -> str:
    """The reminder that is due on a day: `before:5`, `late:1`, or none (empty).

    The nearest one that was reached counts, so what was missed on a day when nothing ran is made up for once, and
    what is entered late begins with the stage that it is in. On the last day itself nobody is late yet. A late
    reminder is made up for within the four weeks behind it, not for ever.
    """
    if today <= last:
        left = workdays_between(today, last, notices)
        reached = [n for n in reminders.before if left <= n]
        return f"before:{min(reached)}" if reached else ""
    gone = workdays_between(last, today, notices)
    passed = [n for n in reminders.late if gone >= n]
    back, _ahead = reminders.reach
    return f"late:{max(passed)}" if passed and today - last <= back else ""


def widest(every: Iterable[Reminders]) -> tuple[timedelta, timedelta]:
    """How far back and ahead all of them together look."""
    reaches = [each.reach for each in every]
    return max(back for back, _ in reaches), max(ahead for _, ahead in reaches)
