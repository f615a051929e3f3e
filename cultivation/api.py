"""The judge as an API: the same answer as the page and the command give."""

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
from cultivation.stored import facts_from_json
from enterprises.models import Enterprise
from tenancy.access import Actor, require

_PAGE = 200


class AnswerSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    outcome = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    points = serializers.IntegerField(allow_null=True)
    points_max = serializers.IntegerField(allow_null=True)


class JudgementSerializer(serializers.Serializer[Any]):
    uscc = serializers.CharField()
    edition = serializers.CharField()
    outcome = serializers.ChoiceField(["pass", "fail", "unknown"])
    score = serializers.IntegerField()
    score_max = serializers.IntegerField()
    class_scores = serializers.DictField(child=serializers.IntegerField())
    direct = serializers.ListField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField())
    missing_count = serializers.IntegerField()
    missing_max = serializers.IntegerField()
    unknown = serializers.ListField(child=serializers.CharField())
    answers = AnswerSerializer(many=True)


@extend_schema(
    operation_id="judgement_retrieve",
    responses=JudgementSerializer,
    parameters=[OpenApiParameter("uscc", str, OpenApiParameter.PATH, description="统一社会信用代码")],
)
@api_view(["GET"])
def judgement(request: Request, uscc: str) -> Response:
    """The judgement of one enterprise for 创新型中小企业 that is in force today."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.role != "enterprise":
        require(actor, "cultivation.view", actor.region_path)
    enterprise = Enterprise.objects.filter(uscc=uscc).first()
    found = latest_of(enterprise.pk, Tier.INNOVATIVE, timezone.localdate()) if enterprise else None
    if enterprise is None or found is None:
        raise Http404
    edition = editions.by_id(found.edition.code)
    answer = judge(edition, facts_from_json(found.facts), found.judged_on)
    return Response(as_json(edition, uscc, answer))


class SummarySerializer(serializers.Serializer[Any]):
    uscc = serializers.CharField()
    outcome = serializers.CharField()
    score = serializers.IntegerField()
    score_max = serializers.IntegerField()
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
        OpenApiParameter("outcome", str, enum=["pass", "fail", "unknown"]),
        OpenApiParameter("after", str, description="the last uscc of the page before"),
    ],
)
@api_view(["GET"])
def judgements(request: Request) -> Response:
    """The judgements of the caller's region, by code, in pages of 200."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require(actor, "cultivation.view", actor.region_path)
    rows = latest(Tier.INNOVATIVE, timezone.localdate()).filter(
        region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~"
    )
    outcome = request.query_params.get("outcome")
    if outcome in ("pass", "fail", "unknown"):
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
        {("uscc" if k == "enterprise__uscc" else k): v for k, v in row.items()} for row in page[:_PAGE]
    ]
    return Response(
        {"next": page[_PAGE - 1]["enterprise__uscc"] if len(page) > _PAGE else None, "results": results}
    )
