"""Judges stored evaluations again from their own edition and facts: the answer must be the same."""

from __future__ import annotations

from dataclasses import dataclass, field

from cultivation import editions
from cultivation.models import Edition, Evaluation
from cultivation.rules import edition as rules
from cultivation.rules.judge import prepare
from cultivation.stored import answers_to_json, facts_from_json, money_codes, scores_to_json


@dataclass
class Replayed:
    """How many evaluations were judged again, and the ids of those that came out differently."""

    replayed: int = 0
    differences: list[int] = field(default_factory=list)


def replay(region: str = "") -> Replayed:
    """Replays every evaluation of a region and below (everything visible without one). Streams the rows."""
    standards = {}
    for stored in Edition.objects.all():
        standard = rules.load(stored.content, editions.sizes())
        standards[stored.pk] = (prepare(standard), money_codes(standard))
    found = Evaluation.objects.order_by("id")
    if region:
        found = found.filter(region_id__gte=region, region_id__lt=region + "~")
    result, last = Replayed(), 0
    while rows := list(found.filter(id__gt=last)[:2000]):
        for row in rows:
            judge, money = standards[row.edition_id]
            again = judge(facts_from_json(row.facts), row.judged_on)
            result.replayed += 1
            same = (
                again.outcome == row.outcome
                and (again.score, again.score_max) == (row.score, row.score_max)
                and scores_to_json(again.class_scores) == row.class_scores
                and again.direct == row.direct
                and again.missing == row.missing
                and again.unknown == row.unknown
                and answers_to_json(again.answers, money) == row.answers
            )
            if not same:
                result.differences.append(row.id)
        last = rows[-1].id
    return result
