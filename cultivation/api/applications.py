"""Applications as an API: the rounds, where each application stands, and the decisions of the caller's level."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from cultivation import actions
from cultivation.models import Application, ApplicationBatch, ReviewStep, Tier
from cultivation.queue import rounds_of, steps_of, visible
from cultivation.rules.workflow import LEVELS, WITH_A_LIST, Refused
from enterprises.models import Enterprise
from tenancy.access import Actor, require
from tenancy.api import AFTER, KEY_PARAMETER, Conflict, choice, next_page, page_serializer, repeatable, text

STATE = Application.State
_DECISIONS = [d for d in ReviewStep.Decision.values if d not in WITH_A_LIST]


class RoundSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    title = serializers.CharField()
    region = serializers.CharField(help_text="code of the authority's region")
    tier = serializers.ChoiceField(Tier.choices)
    review = serializers.BooleanField()
    opens_on = serializers.DateField()
    closes_on = serializers.DateField(help_text="the whole day included")
    open = serializers.BooleanField(help_text="whether applications are taken today")


class ApplicationSummarySerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    round = serializers.CharField()
    uscc = serializers.CharField()
    name = serializers.CharField()
    region = serializers.CharField()
    tier = serializers.ChoiceField(Tier.choices)
    state = serializers.ChoiceField(STATE.choices)
    step = serializers.IntegerField(help_text="number of the last step; a decision names it as `seen`")
    since = serializers.DateTimeField()


class StepSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    decision = serializers.ChoiceField(ReviewStep.Decision.choices)
    before = serializers.ChoiceField(STATE.choices)
    after = serializers.ChoiceField(STATE.choices)
    reason = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    who = serializers.CharField(
        allow_null=True, help_text="null for the enterprise itself, as is the opinion"
    )
    opinion = serializers.CharField(allow_null=True, allow_blank=True)


class ApplicationSerializer(ApplicationSummarySerializer):
    platform_number = serializers.CharField(allow_blank=True, help_text="number on the national platform")
    statement = serializers.CharField(allow_blank=True)
    steps = StepSerializer(many=True)


class NewApplicationSerializer(serializers.Serializer[Any]):
    round = serializers.CharField(max_length=26)
    uscc = serializers.CharField(max_length=18)


class DecisionSerializer(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(_DECISIONS)
    seen = serializers.IntegerField(min_value=0, max_value=30_000, help_text="`step` as it was read")
    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    opinion = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    to = serializers.ChoiceField(LEVELS, required=False, help_text="the level that a return goes to")


def _asker(request: Request) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.role != "enterprise":
        require(actor, "applications.view", actor.region_path)
    return actor


@extend_schema(
    operation_id="rounds_list", responses=page_serializer("Round", RoundSerializer), parameters=[AFTER]
)
@api_view(["GET"])
def rounds(request: Request) -> Response:
    """The rounds of the caller's place, of those above and below it."""
    actor = _asker(request)
    today = timezone.localdate()
    page, after = next_page(rounds_of(actor), "public_id", request)
    results = [
        {
            "id": b.public_id,
            "title": b.title,
            "region": b.region.code,
            "tier": b.tier,
            "review": b.review,
            "opens_on": b.opens_on,
            "closes_on": b.closes_on,
            "open": b.opens_on <= today <= b.closes_on,
        }
        for b in page
    ]
    return Response({"next": after, "results": RoundSerializer(results, many=True).data})


def _summary(application: Application) -> dict[str, Any]:
    return {
        "id": application.public_id,
        "round": application.batch.public_id,
        "uscc": application.enterprise.uscc,
        "name": application.enterprise.name,
        "region": application.region.code,
        "tier": application.batch.tier,
        "state": application.state,
        "step": application.step,
        "since": application.since,
    }


def _whole(actor: Actor, application: Application) -> dict[str, Any]:
    steps = steps_of(application, own=actor.role == "enterprise")
    answer = _summary(application) | {
        "platform_number": application.platform_number,
        "statement": application.statement,
        "steps": [{"who": None, "opinion": None, **step} for step in steps],
    }
    return dict(ApplicationSerializer(answer).data)


@extend_schema(
    methods=["GET"],
    operation_id="applications_list",
    responses=page_serializer("Application", ApplicationSummarySerializer),
    parameters=[
        OpenApiParameter("state", str, enum=STATE.values),
        OpenApiParameter("tier", str, enum=Tier.values),
        text("round"),
        text("uscc"),
        AFTER,
    ],
)
@extend_schema(
    methods=["POST"],
    operation_id="application_file",
    request=NewApplicationSerializer,
    responses={201: ApplicationSerializer},
    parameters=[KEY_PARAMETER],
)
@api_view(["GET", "POST"])
def applications(request: Request) -> Response:
    """The applications of the caller's place, in pages of 200; or one begun on behalf of an enterprise."""
    if request.method == "POST":
        return _file(request)
    asked = request.query_params
    rows = visible(_asker(request))
    if state := choice(request, "state", STATE.values):
        rows = rows.filter(state=state)
    if tier := choice(request, "tier", Tier.values):
        rows = rows.filter(batch__tier=tier)
    if "round" in asked:
        rows = rows.filter(batch__public_id=asked["round"][:26])
    if "uscc" in asked:
        rows = rows.filter(enterprise__uscc=asked["uscc"][:18])
    page, after = next_page(rows, "public_id", request)
    results = ApplicationSummarySerializer([_summary(a) for a in page], many=True).data
    return Response({"next": after, "results": results})


def _find(actor: Actor, public_id: str) -> Application:
    found = visible(actor).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


@repeatable
def _file(request: Request) -> Response:
    actor = _asker(request)
    asked = NewApplicationSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    given = asked.validated_data
    batch = ApplicationBatch.objects.filter(public_id=given["round"]).first()
    enterprise = Enterprise.objects.filter(uscc=given["uscc"]).first()
    if batch is None or enterprise is None:
        raise Http404
    try:
        made = actions.file(by=actor, batch=batch, enterprise=enterprise)
    except Refused as refused:
        raise Conflict(refused.code) from refused
    return Response(_whole(actor, _find(actor, made.public_id)), status=status.HTTP_201_CREATED)


_ID = OpenApiParameter("public_id", str, OpenApiParameter.PATH)


@extend_schema(operation_id="application_retrieve", responses=ApplicationSerializer, parameters=[_ID])
@api_view(["GET"])
def application(request: Request, public_id: str) -> Response:
    """One application with its steps; the enterprise itself reads the reasons, not who said what."""
    actor = _asker(request)
    return Response(_whole(actor, _find(actor, public_id)))


@extend_schema(
    operation_id="application_decide",
    request=DecisionSerializer,
    responses=ApplicationSerializer,
    parameters=[_ID, KEY_PARAMETER],
)
@api_view(["POST"])
def decide(request: Request, public_id: str) -> Response:
    """One decision of the caller's level, by the table of states and steps that the pages go by too."""
    return _decide(request, public_id)


@repeatable
def _decide(request: Request, public_id: str) -> Response:
    actor = _asker(request)
    found = _find(actor, public_id)
    asked = DecisionSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    given = asked.validated_data
    try:
        result = actions.decide(
            by=actor,
            seen={found.pk: given["seen"]},
            decision=given["decision"],
            reason=given["reason"],
            opinion=given["opinion"],
            to=given.get("to", ""),
        )
    except Refused as refused:
        raise Conflict(refused.code) from refused
    if found.pk in result.refused:
        raise Conflict(result.refused[found.pk])
    return Response(_whole(actor, _find(actor, public_id)))
