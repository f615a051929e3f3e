"""The registry as an API: enterprises and their figures, read and written as on the pages and under the same access."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers, status
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from enterprises import wording
from enterprises.actions import save_by_hand
from enterprises.actions.elsewhere import told_of
from enterprises.actions.entry import ChangedMeanwhile, Refused
from enterprises.models import AnnualFigures, Enterprise, State
from enterprises.queries import stored_text
from enterprises.rules import uscc as uscc_rules
from enterprises.rules.cells import Flawed, Place, converter
from enterprises.rules.fields import BY_CODE, ENTERPRISE_FIELDS, FIGURE_FIELDS, Field
from enterprises.rules.problems import Problem
from enterprises.rules.text import clean
from tenancy.access import Actor, require
from tenancy.api import (
    AFTER,
    CLOSED,
    KEY_PARAMETER,
    Conflict,
    choice,
    next_page,
    page_serializer,
    repeatable,
    text,
)
from tenancy.models import Region

FEN_OF_YUAN = 100
FIRST_YEAR, LAST_YEAR = 2000, 2099
_MOST_COUNT = 1_000_000_000
#: a day; the founding is often known by its month alone
_DAY = r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_MONTH = r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])"


def _field(fact: Field) -> serializers.Field[Any, Any, Any, Any]:
    common: dict[str, Any] = {"required": False, "allow_null": True, "help_text": fact.header}
    if fact.kind == "money":
        common["help_text"] = fact.header.replace("（万元）", "（元）")
        return serializers.DecimalField(max_digits=18, decimal_places=2, **common)
    if fact.kind in ("percent", "score"):
        return serializers.DecimalField(max_digits=18, decimal_places=12, normalize_output=True, **common)
    if fact.kind == "count":
        return serializers.IntegerField(min_value=fact.low or 0, max_value=_MOST_COUNT, **common)
    if fact.kind == "yes_no":
        return serializers.BooleanField(**common)
    if fact.kind == "choice":
        return serializers.ChoiceField([stored for stored, *_ in fact.choices], **common)
    if fact.kind == "date":
        days = f"({_DAY}|{_MONTH})" if fact.code == "established_on" else _DAY
        return serializers.RegexField(f"^{days}$", max_length=10, **common)
    return serializers.CharField(max_length=fact.max_length, **common)


class _Facts(serializers.Serializer[Any]):
    """Facts by code, in the units of the document; null is unknown, and sent it erases."""

    facts: tuple[Field, ...] = ()

    def get_fields(self) -> dict[str, Any]:
        return {fact.code: _field(fact) for fact in self.facts}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Read by the rules of a workbook's cells, so that no way into the registry is wider than another."""
        strange = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if strange:
            raise serializers.ValidationError({str(code)[:60]: ["unknown fact"] for code in strange})
        given: dict[str, Any] = super().to_internal_value(data)
        place = Place(regions={}, today=timezone.localdate())
        wrong: dict[str, list[str]] = {}
        values: dict[str, Any] = {}
        for code, value in given.items():
            fact = BY_CODE[code]
            found = converter(fact, unit="元", place=place)(_as_cell(value)) if value is not None else None
            if isinstance(found, Flawed):
                if found.severity == "error":
                    problem = Problem("error", found.code, params=found.params, value=str(value))
                    wrong[code] = [wording.remedy(problem)]
                    continue
                found = found.value
            if fact.kind == "money" and found is not None:
                found = Decimal(found) / FEN_OF_YUAN
            values[code] = found
        if wrong:
            raise serializers.ValidationError(wrong)
        return values


def _as_cell(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


_FIXED = tuple(fact for fact in ENTERPRISE_FIELDS if fact.code not in ("uscc", "name", "region"))


@extend_schema_serializer(extensions={CLOSED: True})
class FixedFactsSerializer(_Facts):
    facts = _FIXED


@extend_schema_serializer(extensions={CLOSED: True})
class YearFactsSerializer(_Facts):
    facts = FIGURE_FIELDS


class EnterpriseSummarySerializer(serializers.Serializer[Any]):
    uscc = serializers.CharField()
    name = serializers.CharField()
    region = serializers.CharField(help_text="code of the county")
    state = serializers.ChoiceField(State.choices)
    updated_at = serializers.DateTimeField()


class EnterpriseSerializer(EnterpriseSummarySerializer):
    version = serializers.IntegerField()
    facts = FixedFactsSerializer()


class FiguresSerializer(serializers.Serializer[Any]):
    year = serializers.IntegerField()
    version = serializers.IntegerField()
    updated_at = serializers.DateTimeField()
    facts = YearFactsSerializer()


class AllFiguresSerializer(serializers.Serializer[Any]):
    results = FiguresSerializer(many=True)


class NewEnterpriseSerializer(serializers.Serializer[Any]):
    uscc = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=BY_CODE["name"].max_length)
    region = serializers.CharField(max_length=12, help_text="code of a county in the caller's place")
    facts = FixedFactsSerializer(required=False)


class ChangeSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="the version that was read; a newer one is a conflict"
    )
    name = serializers.CharField(max_length=BY_CODE["name"].max_length, required=False)
    facts = FixedFactsSerializer(required=False)


class YearChangeSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="the version that was read, 0 where there was none"
    )
    facts = YearFactsSerializer()


def _summary(enterprise: Enterprise) -> dict[str, Any]:
    return {
        "uscc": enterprise.uscc,
        "name": enterprise.name,
        "region": enterprise.region.code,
        "state": enterprise.state,
        "updated_at": enterprise.updated_at,
    }


def _said(row: Enterprise | AnnualFigures, facts: tuple[Field, ...]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for fact in facts:
        value = getattr(row, fact.code)
        if value is not None and fact.kind in ("date", "choice"):
            value = stored_text(row, fact.code)
        said[fact.code] = value
    return said


def _whole(enterprise: Enterprise) -> dict[str, Any]:
    answer = _summary(enterprise) | {"version": enterprise.version, "facts": _said(enterprise, _FIXED)}
    return dict(EnterpriseSerializer(answer).data)


def _figures(row: AnnualFigures) -> dict[str, Any]:
    answer = {
        "year": row.year,
        "version": row.version,
        "updated_at": row.updated_at,
        "facts": _said(row, FIGURE_FIELDS),
    }
    return dict(FiguresSerializer(answer).data)


def _asker(request: Request) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.role != "enterprise":
        require(actor, "enterprises.view", actor.region_path)
    return actor


def find(actor: Actor, uscc: str) -> Enterprise:
    """The enterprise of a code within the caller's place. One query. Raises Http404."""
    rows = Enterprise.objects.select_related("region").filter(uscc=uscc)
    rows = rows.filter(pk=actor.enterprise_id or 0) if actor.role == "enterprise" else rows
    found = rows.first()
    if found is None:
        raise Http404
    return found


def _saved(request: Request, year: int, values: dict[str, Any], **more: Any) -> Enterprise:
    by: Actor = request.actor  # type: ignore[attr-defined]
    try:
        return save_by_hand(by=by, year=year, values=values, **more)
    except ChangedMeanwhile as newer:
        raise Conflict("changed_meanwhile", fields=[code for code, *_ in newer.differences]) from newer
    except Refused as refused:
        if refused.code == "registered_elsewhere":
            # The answer takes back what was written, and that it was given has to count all the same.
            code = uscc_rules.check(values["uscc"]).value
            request._request.afterwards = [  # type: ignore[attr-defined]
                lambda: told_of(by=by, region=by.region_path, codes=[code])
            ]
        raise Conflict(refused.code, **refused.params) from refused


_USCC = OpenApiParameter("uscc", str, OpenApiParameter.PATH, description="统一社会信用代码")
_YEAR = OpenApiParameter(
    "year", {"type": "integer", "minimum": FIRST_YEAR, "maximum": LAST_YEAR}, OpenApiParameter.PATH
)


@extend_schema(
    methods=["GET"],
    operation_id="enterprises_list",
    responses=page_serializer("Enterprise", EnterpriseSummarySerializer),
    parameters=[
        text("region", "code of a place in the caller's"),
        OpenApiParameter("state", str, enum=State.values),
        OpenApiParameter("changed_since", dt.datetime, description="changed at or after this moment"),
        AFTER,
    ],
)
@extend_schema(
    methods=["POST"],
    operation_id="enterprise_create",
    request=NewEnterpriseSerializer,
    responses={201: EnterpriseSerializer},
    parameters=[KEY_PARAMETER],
)
@api_view(["GET", "POST"])
def enterprises(request: Request) -> Response:
    """The enterprises of the caller's place by code, in pages of 200; or one more of them."""
    return _create(request) if request.method == "POST" else _listed(request)


def _listed(request: Request) -> Response:
    actor = _asker(request)
    rows = Enterprise.objects.select_related("region")
    if actor.role == "enterprise":
        rows = rows.filter(pk=actor.enterprise_id or 0)
    else:
        rows = rows.under(_place(actor, request.query_params.get("region")).path)
    if state := choice(request, "state", State.values):
        rows = rows.filter(state=state)
    if (since := request.query_params.get("changed_since")) is not None:
        rows = rows.filter(updated_at__gte=_moment(since))
    page, after = next_page(rows, "uscc", request)
    results = EnterpriseSummarySerializer([_summary(e) for e in page], many=True).data
    return Response({"next": after, "results": results})


def _moment(text: str) -> dt.datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise serializers.ValidationError({"changed_since": ["a moment as 2026-11-27T08:00:00+08:00"]})
    try:
        # In UTC, since PostgreSQL knows no displacement of sixteen hours or more.
        return (found if found.tzinfo else timezone.make_aware(found)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise serializers.ValidationError({"changed_since": ["out of range"]}) from None


def _place(actor: Actor, code: str | None) -> Region:
    """A place by its code, the actor's own without one. Outside the actor's there is none: Http404."""
    rows = Region.objects.under(actor.region_path)
    found = rows.filter(path=actor.region_path) if code is None else rows.filter(code=code[:12])
    place = found.first()
    if place is None:
        raise Http404
    return place


@repeatable
def _create(request: Request) -> Response:
    actor = _asker(request)
    asked = NewEnterpriseSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    given = asked.validated_data
    place = _place(actor, given["region"])
    require(actor, "enterprises.edit", place.path)
    if place.kind in ("nation", "region", "prefecture", "xpcc"):
        raise Conflict("not_a_county")
    values = {"uscc": given["uscc"], "name": clean(given["name"]), **given.get("facts", {})}
    made = _saved(request, timezone.localdate().year, values, region=place.path)
    return Response(_whole(find(actor, made.uscc)), status=status.HTTP_201_CREATED)


@extend_schema(
    methods=["GET"], operation_id="enterprise_retrieve", responses=EnterpriseSerializer, parameters=[_USCC]
)
@extend_schema(
    methods=["PATCH"],
    operation_id="enterprise_change",
    request=ChangeSerializer,
    responses=EnterpriseSerializer,
    parameters=[_USCC, KEY_PARAMETER],
)
@api_view(["GET", "PATCH"])
def enterprise(request: Request, uscc: str) -> Response:
    """One enterprise with the facts that belong to no year; or some of them changed."""
    return (
        _change(request, uscc) if request.method == "PATCH" else Response(_whole(find(_asker(request), uscc)))
    )


@repeatable
def _change(request: Request, uscc: str) -> Response:
    actor = _asker(request)
    found = find(actor, uscc)
    require(actor, "enterprises.edit", found.region_id)
    asked = ChangeSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    given = asked.validated_data
    values = dict(given.get("facts", {}))
    if "name" in given:
        values["name"] = clean(given["name"])
    _saved(
        request,
        timezone.localdate().year,
        values,
        region=found.region_id,
        enterprise=found,
        version=given["version"],
    )
    return Response(_whole(find(actor, uscc)))


@extend_schema(operation_id="figures_list", responses=AllFiguresSerializer, parameters=[_USCC])
@api_view(["GET"])
def figures(request: Request, uscc: str) -> Response:
    """The figures of one enterprise, newest year first. Money in yuan."""
    found = find(_asker(request), uscc)
    rows = AnnualFigures.objects.filter(enterprise=found).order_by("-year")
    return Response({"results": [_figures(row) for row in rows]})


@extend_schema(
    methods=["PATCH"],
    operation_id="figures_change",
    request=YearChangeSerializer,
    responses=FiguresSerializer,
    parameters=[_USCC, _YEAR, KEY_PARAMETER],
)
@api_view(["PATCH"])
def figures_of_year(request: Request, uscc: str, year: int) -> Response:
    """Some figures of one year changed; the year's row is made where there was none."""
    return _change_year(request, uscc, year)


@repeatable
def _change_year(request: Request, uscc: str, year: int) -> Response:
    actor = _asker(request)
    found = find(actor, uscc)
    require(actor, "enterprises.edit", found.region_id)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise serializers.ValidationError({"year": [f"from {FIRST_YEAR} to {LAST_YEAR}"]})
    if year > timezone.localdate().year + 1:
        raise Conflict("year_ahead")
    asked = YearChangeSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    given = asked.validated_data
    row = AnnualFigures.objects.filter(enterprise=found, year=year).first()
    if row is None and not any(value is not None for value in given["facts"].values()):
        raise Conflict("no_figures")
    if row is None and given["version"] != 0:
        raise Conflict("changed_meanwhile", fields=sorted(given["facts"]))
    _saved(
        request,
        year,
        given["facts"],
        region=found.region_id,
        enterprise=found,
        figures_version=given["version"],
    )
    return Response(_figures(AnnualFigures.objects.get(enterprise=found, year=year)))
