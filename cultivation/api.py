"""Judgements and titles as an API, under the same access as the pages: the same answers as they and the commands give."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from cultivation import editions, recognised
from cultivation.models import Tier
from cultivation.queries import as_json, latest, latest_of
from cultivation.rules.judge import judge
from cultivation.stored import facts_from_json, points_to_json
from enterprises.models import Enterprise
from tenancy.access import Actor, require

_PAGE = 200
_OUTCOMES = ["pass", "fail", "unknown"]
_TIER = OpenApiParameter("tier", str, enum=Tier.values, description="层级，默认 innovative")
_REVIEW = OpenApiParameter("review", bool, description="按复核标准，默认 false")


def _asked(request: Request) -> tuple[str, bool]:
    """The tier and whether its review is meant. Raises ValidationError."""
    tier = request.query_params.get("tier", Tier.INNOVATIVE)
    review = request.query_params.get("review", "false").lower()
    if tier not in Tier.values:
        raise serializers.ValidationError({"tier": [f"one of {', '.join(Tier.values)}"]})
    if review not in ("true", "false", "1", "0"):
        raise serializers.ValidationError({"review": ["true or false"]})
    return tier, review in ("true", "1")


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


class PageSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True, help_text="uscc to pass as `after`, null at the end")
    results = SummarySerializer(many=True)


@extend_schema(
    operation_id="judgements_list",
    responses=PageSerializer,
    parameters=[
        _TIER,
        _REVIEW,
        OpenApiParameter("outcome", str, enum=_OUTCOMES),
        OpenApiParameter("after", str, description="the last uscc of the page before"),
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
    outcome = request.query_params.get("outcome")
    if outcome in _OUTCOMES:
        rows = rows.filter(outcome=outcome)
    after = request.query_params.get("after", "")[:18]
    if after:
        rows = rows.filter(enterprise__uscc__gt=after)
    page = list(
        rows.order_by("enterprise__uscc").values(
            "enterprise__uscc", "outcome", "score", "score_max", "missing_count", "missing_max", "judged_on"
        )[: _PAGE + 1]
    )
    results = [
        {
            **{("uscc" if name == "enterprise__uscc" else name): value for name, value in row.items()},
            "score": points_to_json(row["score"]),
            "score_max": points_to_json(row["score_max"]),
        }
        for row in page[:_PAGE]
    ]
    return Response(
        {"next": page[_PAGE - 1]["enterprise__uscc"] if len(page) > _PAGE else None, "results": results}
    )


class RecognitionSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="验证码")
    uscc = serializers.CharField()
    name = serializers.CharField(help_text="the name when recognised")
    region = serializers.CharField(help_text="code of the county today")
    tier = serializers.ChoiceField(Tier.choices)
    review = serializers.BooleanField()
    number = serializers.CharField(help_text="公告文号")
    valid_from = serializers.DateField()
    valid_until = serializers.DateField()
    standing = serializers.ChoiceField(list(recognised.STANDINGS))
    withdrawn_on = serializers.DateField(allow_null=True)


class RecognitionPageSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True, help_text="code to pass as `after`, null at the end")
    results = RecognitionSerializer(many=True)


@extend_schema(
    operation_id="recognitions_list",
    responses=RecognitionPageSerializer,
    parameters=[
        OpenApiParameter("tier", str, enum=Tier.values),
        OpenApiParameter("standing", str, enum=list(recognised.STANDINGS)),
        OpenApiParameter("uscc", str, description="titles of one enterprise"),
        OpenApiParameter("after", str, description="the last code of the page before"),
    ],
)
@api_view(["GET"])
def recognitions(request: Request) -> Response:
    """The titles of the caller's region, or of the caller's enterprise, by code, in pages of 200. One query."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.role != "enterprise":
        require(actor, "applications.view", actor.region_path)
    asked = request.query_params
    rows = recognised.titles(actor, timezone.localdate())
    if "tier" in asked:
        rows = rows.filter(tier=_asked(request)[0])
    if "standing" in asked:
        if asked["standing"] not in recognised.STANDINGS:
            raise serializers.ValidationError({"standing": [f"one of {', '.join(recognised.STANDINGS)}"]})
        rows = rows.filter(standing=asked["standing"])
    if uscc := asked.get("uscc", "")[:18]:
        rows = rows.filter(enterprise__uscc=uscc)
    if after := asked.get("after", "")[:12]:
        rows = rows.filter(code__gt=after)
    page = list(rows.order_by("code")[: _PAGE + 1])
    results = [
        {
            "code": t.code,
            "uscc": t.enterprise.uscc,
            "name": t.name,
            "region": t.region.code,
            "tier": t.tier,
            "review": t.review,
            "number": t.announcement.number,
            "valid_from": t.valid_from,
            "valid_until": t.valid_until,
            "standing": t.standing,
            "withdrawn_on": t.withdrawal.decided_on if hasattr(t, "withdrawal") else None,
        }
        for t in page[:_PAGE]
    ]
    return Response({"next": page[_PAGE - 1].code if len(page) > _PAGE else None, "results": results})
