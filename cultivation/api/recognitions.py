"""Titles as an API: who holds which, from when until when, and what became of it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from cultivation import recognised
from cultivation.models import Tier
from tenancy.access import Actor, require
from tenancy.api import AFTER, choice, next_page, page_serializer, text


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


@extend_schema(
    operation_id="recognitions_list",
    responses=page_serializer("Recognition", RecognitionSerializer),
    parameters=[
        OpenApiParameter("tier", str, enum=Tier.values),
        OpenApiParameter("standing", str, enum=list(recognised.STANDINGS)),
        text("uscc", "titles of one enterprise"),
        AFTER,
    ],
)
@api_view(["GET"])
def recognitions(request: Request) -> Response:
    """The titles of the caller's region, or of the caller's enterprise, by code, in pages of 200. One query."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.role != "enterprise":
        require(actor, "applications.view", actor.region_path)
    rows = recognised.titles(actor, timezone.localdate())
    if tier := choice(request, "tier", Tier.values):
        rows = rows.filter(tier=tier)
    if standing := choice(request, "standing", recognised.STANDINGS):
        rows = rows.filter(standing=standing)
    if uscc := request.query_params.get("uscc", "")[:18]:
        rows = rows.filter(enterprise__uscc=uscc)
    page, after = next_page(rows, "code", request)
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
        for t in page
    ]
    return Response({"next": after, "results": results})
