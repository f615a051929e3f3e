"""Questions about editions and evaluations."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from cultivation.batch import OVERLAP
from cultivation.models import Evaluation
from cultivation.rules.judge import Judgement
from cultivation.rules.shapes import Edition as Standard
from cultivation.stored import answers_to_json, money_codes, points_to_json, scores_to_json


def latest(tier: str, on: date) -> QuerySet[Evaluation]:
    """The evaluation of each enterprise that is in force on the day: the youngest judged on or before it.

    One query; narrow it by region or enterprise first.
    """
    newest = (
        Evaluation.objects.filter(
            enterprise=OuterRef("enterprise"), tier=tier, review=False, judged_on__lte=on
        )
        .order_by("-judged_on", "-year", "-id")
        .values("id")[:1]
    )
    return Evaluation.objects.filter(tier=tier, judged_on__lte=on, id=Subquery(newest))


def latest_of(enterprise_id: int, tier: str, on: date) -> Evaluation | None:
    """The evaluation of one enterprise that is in force on the day. One query."""
    return (
        Evaluation.objects.filter(enterprise_id=enterprise_id, tier=tier, review=False, judged_on__lte=on)
        .select_related("edition")
        .order_by("-judged_on", "-year", "-id")
        .first()
    )


def stale(tier: str, region: str, today: date) -> list[tuple[str, int, list[int]]]:
    """What is to be judged again: (region, year, enterprises).

    Figures or master data newer than the last look at them, or a dated honour that came to its end between
    that look and today. An enterprise is judged by its youngest year with figures. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.region_id, f.year, array_agg(e.id ORDER BY e.id)
              FROM enterprises_enterprise e
              JOIN (SELECT enterprise_id, max(year) AS year, max(updated_at) AS at
                      FROM enterprises_annualfigures
                     WHERE region_id >= %(lo)s AND region_id < %(hi)s
                     GROUP BY enterprise_id) f ON f.enterprise_id = e.id
              LEFT JOIN cultivation_lastjudged j
                ON j.enterprise_id = e.id AND j.tier = %(tier)s AND NOT j.review AND j.year = f.year
             WHERE e.region_id >= %(lo)s AND e.region_id < %(hi)s AND e.state = 'active'
               AND (j.judged_at IS NULL
                    OR greatest(e.updated_at, f.at) > j.judged_at - %(overlap)s::interval
                    OR e.hnte_valid_until >= j.judged_on AND e.hnte_valid_until < %(today)s
                    OR e.ip_demonstration_valid_until >= j.judged_on
                       AND e.ip_demonstration_valid_until < %(today)s
                    OR e.tech_innovation_demo_valid_until >= j.judged_on
                       AND e.tech_innovation_demo_valid_until < %(today)s
                    OR e.provincial_award_on > j.judged_on - interval '3 years'
                       AND e.provincial_award_on <= %(today)s - interval '3 years'
                    OR e.national_award_on > j.judged_on - interval '3 years'
                       AND e.national_award_on <= %(today)s - interval '3 years')
             GROUP BY 1, 2 ORDER BY 1, 2
            """,
            {"tier": tier, "lo": region, "hi": region + "~", "today": today, "overlap": OVERLAP},
        )
        return cursor.fetchall()


def as_json(edition: Standard, uscc: str, judgement: Judgement) -> dict[str, Any]:
    """One answer as the command and the API give it."""
    return {
        "uscc": uscc,
        "edition": judgement.edition,
        "outcome": judgement.outcome,
        "outcome_by_facts": judgement.outcome_by_facts,
        "score": points_to_json(judgement.score),
        "score_max": points_to_json(judgement.score_max),
        "class_scores": scores_to_json(judgement.class_scores),
        "direct": judgement.direct,
        "missing": judgement.missing,
        "missing_count": judgement.missing_count,
        "missing_max": judgement.missing_max,
        "unknown": judgement.unknown,
        "answers": answers_to_json(judgement.answers, money_codes(edition)),
    }
