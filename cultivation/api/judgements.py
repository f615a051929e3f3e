"""Judgements as an API, under the same access as the pages: the same answers as they and the commands give."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from cultivation import editions
from cultivation.models import Tier
from cultivation.queries import as_json, latest, latest_of
from cultivation.rules.judge import judge
from cultivation.stored import facts_from_json, points_to_json
from enterprises.models import Enterprise
from tenancy.access import Actor, require
from tenancy.api import AFTER, choice, next_page, page_serializer

_OUTCOMES = ["pass", "fail", "unknown"]
_TIER = OpenApiParameter("tier", str, enum=Tier.values, description="层级，默认 innovative")
_REVIEW = OpenApiParameter("review", bool, description="按复核标准，默认 false")


def _asked(request: Request) -> tuple[str, bool]:
    """The tier and whether its review is meant. Raises ValidationError."""
    review = choice(request, "review", ("true", "false", "1", "0"))
    return choice(request, "tier", Tier.values) or Tier.INNOVATIVE, review in ("true", "1")


class AnswerSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    outcome = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    points = serializers.FloatField(allow_null=True)
    points_max = serializers.FloatField(allow_null=True)


class JudgementSerializer(serializers.Serializer[Any]):
    uscc = serializers.CharField()
    edition = serializers.CharField()
    outcome = serializers.ChoiceField(_OUTCOMES)
    outcome_by_facts = serializers.ChoiceField(_OUTCOMES, help_text="without what a person judges")
    score = serializers.FloatField(allow_null=True)
    score_max = serializers.FloatField(allow_null=True)
    class_scores = serializers.DictField(child=serializers.FloatField(allow_null=True))
    direct = serializers.ListField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField())
    missing_count = serializers.IntegerField()
    missing_max = serializers.IntegerField()
    unknown = serializers.ListField(child=serializers.CharField())
    answers = AnswerSerializer(many=True)


@extend_schema(
    operation_id="judgement_retrieve",
    responses=JudgementSerializer,
    parameters=[
        OpenApiParameter("uscc", str, OpenApiParameter.PATH, description="统一社会信用代码"),
        _TIER,
        _REVIEW,
    ],
)
@api_view(["GET"])
def judgement(request: Request, uscc: str) -> Response:
    """The judgement of one enterprise for a tier that is in force today."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.role != "enterprise":
        require(actor, "cultivation.view", actor.region_path)
    tier, review = _asked(request)
    enterprise = Enterprise.objects.filter(uscc=uscc).first()
    found = latest_of(enterprise.pk, tier, timezone.localdate(), review=review) if enterprise else None
    if enterprise is None or found is None:
        raise Http404
    edition = editions.by_id(found.edition.code)
    answer = judge(edition, facts_from_json(found.facts), found.judged_on)
    return Response(as_json(edition, uscc, answer))


class SummarySerializer(serializers.Serializer[Any]):
    uscc = serializers.CharField()
    outcome = serializers.ChoiceField(_OUTCOMES)
    score = serializers.FloatField(allow_null=True)
    score_max = serializers.FloatField(allow_null=True)
    missing_count = serializers.IntegerField()
    missing_max = serializers.IntegerField()
    judged_on = serializers.DateField()


@extend_schema(
    operation_id="judgements_list",
    responses=page_serializer("Judgement", SummarySerializer),
    parameters=[
        _TIER,
        _REVIEW,
        OpenApiParameter("outcome", str, enum=_OUTCOMES),
        AFTER,
    ],
)
@api_view(["GET"])
def judgements(request: Request) -> Response:
    """The judgements of the caller's region, by code, in pages of 200."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require(actor, "cultivation.view", actor.region_path)
    tier, review = _asked(request)
    rows = latest(tier, timezone.localdate(), review=review).filter(
        region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~"
    )
    if outcome := choice(request, "outcome", _OUTCOMES):
        rows = rows.filter(outcome=outcome)
    page, after = next_page(
        rows.values(
            "enterprise__uscc", "outcome", "score", "score_max", "missing_count", "missing_max", "judged_on"
        ),
        "enterprise__uscc",
        request,
    )
    results = [
        {
            **{("uscc" if name == "enterprise__uscc" else name): value for name, value in row.items()},
            "score": points_to_json(row["score"]),
            "score_max": points_to_json(row["score_max"]),
        }
        for row in page
    ]
    return Response({"next": after, "results": results})
