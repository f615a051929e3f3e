"""What a drafted standard would change: every enterprise of the place judged by both, before it is switched on."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import connection

from cultivation import editions
from cultivation.batch import EXCUSED, PAGE
from cultivation.models import Edition, EditionDraft
from cultivation.rules import edition as rules
from cultivation.rules.judge import Judgement, prepare
from cultivation.rules.vocabulary import NOT_APPLICABLE
from enterprises.models import State
from enterprises.queries import as_facts, facts_page

#: enterprises that are named on each side; all are counted
NAMED = 200
PASS = "pass"  # noqa: S105  (an outcome)


def day_of(draft: EditionDraft, today: dt.date) -> dt.date:
    """The day of the comparison: today, or the nearest on which the draft would hold."""
    first, last = draft.content["valid_from"], draft.content.get("valid_until")
    day = max(today, dt.date.fromisoformat(first))
    return min(day, dt.date.fromisoformat(last)) if last else day


def compare(
    draft: EditionDraft, today: dt.date, progress: Callable[[int], None] | None = None
) -> dict[str, Any]:
    """Judges every active enterprise of the draft's place by what counts there now and by the draft.

    Nothing is stored. `moves` counts the outcomes before and after (`fail>pass`), `by_element` on each side the
    conditions and pass marks that answer otherwise, the most frequent first. By the figures of the year before the day.
    """
    on, region = day_of(draft, today), str(draft.region_id)
    review = "first" not in draft.content.get("applies_to", ["first"])
    now = editions.in_force(draft.tier, on, region=region, review=review)
    drafted = rules.load(draft.content, editions.sizes())
    before, after = prepare(now), prepare(drafted)
    scales = frozenset(each.code for standard in (now, drafted) for each in standard.indicators)
    year = on.year - 1
    moves: Counter[str] = Counter()
    sides: dict[str, dict[str, Any]] = {
        side: {"n": 0, "by_element": Counter(), "named": []} for side in ("gained", "lost")
    }
    values: dict[str, Any] = {
        "lo": region,
        "hi": region + "~",
        "tier": draft.tier,
        "review": review,
        "year": year,
        "ids": None,
    }
    done = last = 0
    with connection.cursor() as cursor:
        cursor.execute(EXCUSED, values)
        excused = {enterprise: tuple(codes) for enterprise, codes in cursor.fetchall()}
        while rows := facts_page(cursor, region, year, last, None, PAGE):
            last = rows[-1][0]
            for found in as_facts(rows):
                if found.state != State.ACTIVE:
                    continue
                facts = (
                    found.facts | {NOT_APPLICABLE: excused[found.id]} if found.id in excused else found.facts
                )
                old, new = before(facts, on), after(facts, on)
                moves[f"{old.outcome}>{new.outcome}"] += 1
                if (old.outcome == PASS) != (new.outcome == PASS):
                    side = sides["gained" if new.outcome == PASS else "lost"]
                    codes = _otherwise(old, new, scales)
                    side["n"] += 1
                    side["by_element"].update(codes)
                    if len(side["named"]) < NAMED:
                        side["named"].append([found.id, old.outcome, new.outcome, codes])
            done += len(rows)
            if progress is not None:
                progress(done)
    return {
        "on": on.isoformat(),
        "year": year,
        "now": now.id,
        "judged": sum(moves.values()),
        "moves": dict(sorted(moves.items())),
        **{side: {**said, "by_element": said["by_element"].most_common()} for side, said in sides.items()},
    }


def _otherwise(old: Judgement, new: Judgement, scales: frozenset[str]) -> list[str]:
    """The conditions and pass marks that answer otherwise; indicators work through their pass marks."""
    before = {a.code: a.outcome for a in old.answers if a.code not in scales}
    after = {a.code: a.outcome for a in new.answers if a.code not in scales}
    return [code for code in dict.fromkeys((*after, *before)) if before.get(code) != after.get(code)]


def first_days(base: Edition, today: dt.date) -> tuple[dt.date, dt.date | None]:
    """The days that a new draft over a base begins with: the next day, or where the base has ended all of its own."""
    if base.valid_until is not None and base.valid_until <= today:
        return base.valid_from, base.valid_until
    return max(base.valid_from, today + dt.timedelta(1)), base.valid_until
