"""Yearly information updates of the titles of a place: what is open, done and missed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from cultivation import recognised, terms
from cultivation.models import InfoUpdate
from cultivation.rules.updates import DONE, LATE, OPEN, Update, missed, updates
from tenancy.access import Actor


@dataclass(frozen=True)
class Owed:
    """A title that holds, this year's update of it (None where none is due), and how many were missed."""

    title: Any
    now: Update | None
    missed_years: tuple[int, ...]
    #: so many missed cancel the title; 0 is never
    cancels: int

    @property
    def view(self) -> str:
        """Where it stands on the page: cancel, missed, open, done."""
        if self.cancels and len(self.missed_years) >= self.cancels:
            return "cancel"
        if self.now is not None and self.now.state == OPEN:
            return "open"
        return "missed" if self.missed_years else "done"


def owed(actor: Actor, today: date) -> list[Owed]:
    """Every title of the place that holds today and of which updates are asked. Two queries."""
    held = (
        recognised.titles(actor, today)
        .filter(standing__in=("valid", "due"), tier__in={t.tier for t in terms.all_terms() if t.update_by})
        .order_by("enterprise__pinyin", "id")
    )
    titles = list(held)
    done: dict[int, dict[int, date]] = defaultdict(dict)
    rows = InfoUpdate.objects.filter(enterprise_id__in={t.enterprise_id for t in titles})
    for enterprise_id, year, at in rows.values_list("enterprise_id", "year", "at"):
        done[enterprise_id][year] = timezone.localtime(at).date()
    found = []
    for title in titles:
        every = updates(
            terms.all_terms(),
            title.tier,
            title.valid_from,
            title.valid_until,
            done[title.enterprise_id],
            today,
        )
        if not every:
            continue
        now = every[-1] if every[-1].year == today.year else None
        gone = tuple(u.year for u in every if u.state not in (DONE, LATE, OPEN))
        assert len(gone) == missed(every)
        found.append(Owed(title, now, gone, terms.of(title.tier, today).missed_cancels))
    return found
