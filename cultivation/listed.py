"""What a level has passed on in a round: the lines of its recommendation list."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery

from cultivation.models import Application, ApplicationBatch, Evaluation, RecommendationList, ReviewStep
from cultivation.queue import level_of
from cultivation.rules.workflow import LEVELS
from cultivation.stored import points_to_json
from tenancy.access import Actor

#: where an application stands once every level has passed it on
_BEYOND = ("approved", "notice", "nation", "recognised")


def passed_on(actor: Actor, batch: ApplicationBatch) -> list[dict[str, Any]]:
    """The applications of the place that stand behind the actor's level, by place and name. Two queries."""
    level = level_of(actor)
    behind = (*LEVELS[LEVELS.index(level) + 1 :], *_BEYOND)  # type: ignore[arg-type]
    opinions = ReviewStep.objects.filter(
        application=OuterRef("pk"), before=level, decision__in=["recommend", "approve"]
    ).order_by("-number")
    rows = (
        Application.objects.filter(
            batch=batch,
            state__in=behind,
            region_id__gte=actor.region_path,
            region_id__lt=actor.region_path + "~",
        )
        .select_related("enterprise", "region")
        .annotate(
            opinion=Subquery(opinions.values("opinion")[:1]),
            decided=Subquery(opinions.values("id")[:1]),
            judged_id=Subquery(opinions.values("evaluation_id")[:1]),
        )
        .filter(decided__isnull=False)
        .order_by("region_id", "enterprise__pinyin", "id")
    )
    found = list(rows)
    answers = Evaluation.objects.in_bulk([a.judged_id for a in found if a.judged_id])
    lines = []
    for a in found:
        answer = answers.get(a.judged_id)
        lines.append(
            {
                "application": a.public_id,
                "name": a.enterprise.name,
                "uscc": a.enterprise.uscc,
                "place": a.region.name,
                "industry": a.enterprise.industry_code or "",
                "product": a.enterprise.leading_product or "",
                "outcome": answer.outcome if answer else "",
                "score": points_to_json(answer.score) if answer else None,
                "missing": answer.missing_count if answer else None,
                "opinion": a.opinion or "",
            }
        )
    return lines


def lists(actor: Actor, batch: ApplicationBatch) -> QuerySet[RecommendationList]:
    """The lists of a round in the actor's place and below, newest first of each place."""
    return (
        RecommendationList.objects.filter(
            batch=batch, region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~"
        )
        .select_related("region", "printed", "scan", "batch")
        .annotate(who=F("made_by__display_name"))
        .order_by("region_id", "-number")
    )
