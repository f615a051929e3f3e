"""Public notices as an API: which lists are open to objections until when, and who stands on them."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from cultivation import recognised
from cultivation.models import NoticeEntry, Tier
from tenancy.access import Actor, require
from tenancy.api import AFTER, next_page, page_serializer


class NoticeSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    title = serializers.CharField()
    tier = serializers.ChoiceField(Tier.choices)
    review = serializers.BooleanField()
    opens_on = serializers.DateField()
    closes_on = serializers.DateField(help_text="the whole day included")
    sure = serializers.BooleanField(help_text="false while a year's holidays are not published")
    entries = serializers.IntegerField(help_text="lines in the caller's place")
    number = serializers.CharField(allow_null=True, help_text="公告文号, once recognised")


class EntrySerializer(serializers.Serializer[Any]):
    uscc = serializers.CharField()
    name = serializers.CharField()
    place = serializers.CharField()


def _asker(request: Request) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    require(actor, "applications.view", actor.region_path)
    return actor


@extend_schema(
    operation_id="notices_list", responses=page_serializer("Notice", NoticeSerializer), parameters=[AFTER]
)
@api_view(["GET"])
def notices(request: Request) -> Response:
    """The public notices of the caller's place, of those above and below it."""
    today = timezone.localdate()
    rows = recognised.notices(_asker(request)).filter(opens_on__lte=today)
    page, after = next_page(rows, "public_id", request)
    results = [
        {
            "id": n.public_id,
            "title": n.title,
            "tier": n.batch.tier,
            "review": n.batch.review,
            "opens_on": n.opens_on,
            "closes_on": n.closes_on,
            "sure": n.sure,
            "entries": n.lines,
            "number": n.announcement.number if hasattr(n, "announcement") else None,
        }
        for n in page
    ]
    return Response({"next": after, "results": NoticeSerializer(results, many=True).data})


@extend_schema(
    operation_id="notice_entries_list",
    responses=page_serializer("Entry", EntrySerializer),
    parameters=[OpenApiParameter("public_id", str, OpenApiParameter.PATH), AFTER],
)
@api_view(["GET"])
def entries(request: Request, public_id: str) -> Response:
    """The lines of one notice that lie in the caller's place, by code."""
    actor = _asker(request)
    notice = recognised.notices(actor).filter(public_id=public_id[:26]).first()
    if notice is None:
        raise Http404
    rows = NoticeEntry.objects.filter(
        notice_id=notice.pk, region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~"
    )
    page, after = next_page(rows, "uscc", request, length=18)
    results = [{"uscc": e.uscc, "name": e.name, "place": e.place} for e in page]
    return Response({"next": after, "results": results})
