"""Questions about editions and evaluations."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from cultivation.models import Evaluation
from cultivation.rules.judge import Judgement
from cultivation.rules.shapes import Edition as Standard
from cultivation.stored import answers_to_json, money_codes

# An import writes its rows some time before it commits; figures that old are looked at once more.
OVERLAP = "15 minutes"


def latest(tier: str, on: date) -> QuerySet[Evaluation]:
    """The evaluation of each enterprise that is in force on the day: the youngest judged on or before it.

    One query; narrow it by region or enterprise first.
    """
    newest = (
        Evaluation.objects.filter(enterprise=OuterRef("enterprise"), tier=tier, judged_on__lte=on)
        .order_by("-judged_on", "-year", "-id")
        .values("id")[:1]
    )
    return Evaluation.objects.filter(tier=tier, judged_on__lte=on, id=Subquery(newest))


def latest_of(enterprise_id: int, tier: str, on: date) -> Evaluation | None:
    """The evaluation of one enterprise that is in force on the day. One query."""
    return (
        Evaluation.objects.filter(enterprise_id=enterprise_id, tier=tier, judged_on__lte=on)
        .select_related("edition")
        .order_by("-judged_on", "-year", "-id")
        .first()
    )


def stale(tier: str, region: str) -> list[tuple[str, int, list[int]]]:
    """Where figures are newer than the latest look at them: (region, year, enterprises), to be judged again.

    An enterprise is judged by its youngest year with figures; changed master data count too. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.region_id, f.year, array_agg(e.id ORDER BY e.id)
              FROM enterprises_enterprise e
              JOIN LATERAL (SELECT year, updated_at FROM enterprises_annualfigures
                             WHERE enterprise_id = e.id ORDER BY year DESC LIMIT 1) f ON true
              LEFT JOIN LATERAL (SELECT max(updated_at) AS at FROM enterprises_annualfigures
                                  WHERE enterprise_id = e.id AND year >= f.year - 2) g ON true
              LEFT JOIN cultivation_lastjudged j
                ON j.enterprise_id = e.id AND j.tier = %s AND j.year = f.year
             WHERE e.region_id >= %s AND e.region_id < %s AND e.state = 'active'
               AND (j.judged_at IS NULL OR greatest(e.updated_at, g.at) > j.judged_at - %s::interval)
             GROUP BY 1, 2 ORDER BY 1, 2
            """,
            [tier, region, region + "~", OVERLAP],
        )
        return cursor.fetchall()


def as_json(edition: Standard, uscc: str, judgement: Judgement) -> dict[str, Any]:
    """One answer as the command and the API give it."""
    return {
        "uscc": uscc,
        "edition": judgement.edition,
        "outcome": judgement.outcome,
        "score": judgement.score,
        "score_max": judgement.score_max,
        "class_scores": judgement.class_scores,
        "direct": judgement.direct,
        "missing": judgement.missing,
        "missing_count": judgement.missing_count,
        "missing_max": judgement.missing_max,
        "unknown": judgement.unknown,
        "answers": answers_to_json(judgement.answers, money_codes(edition)),
    }
