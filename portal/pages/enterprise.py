"""One enterprise: who it is, its figures over the years, how its rows came about."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cultivation import recognised
from cultivation.fact_names import choice_name
from cultivation.queries import latest_of
from enterprises.models import AnnualFigures, Enterprise, EnterpriseState, FormerRegion, NameHistory
from enterprises.queries import sources_of
from enterprises.rules.fields import FIELDS, Field
from enterprises.wording import GROUP_NAMES, field_name
from portal.pages.registry import TIER, held_tier, reporting_year
from portal.pages.titles import standing_title
from portal.templatetags.tidu import UNKNOWN, day, number, wan
from tenancy.access import Actor, require
from tenancy.http import ActedRequest
from tenancy.models import Officer, StoredFile

GROUPS = ("yearly", "year_end", "person", "integrity")


def find(request: ActedRequest, public_id: str) -> Enterprise:
    """The enterprise, if the actor may see it; otherwise it does not exist. One query."""
    actor = request.actor
    if actor.role == "enterprise":
        found = (
            Enterprise.objects.filter(public_id=public_id, pk=actor.enterprise_id or 0)
            .select_related("region")
            .first()
        )
    else:
        require(actor, "enterprises.view", actor.region_path)
        found = Enterprise.objects.filter(public_id=public_id).select_related("region").first()
    if found is None:
        raise Http404
    return found


def frame(request: ActedRequest, enterprise: Enterprise, tab: str) -> dict[str, Any]:
    """What every tab of the page shows. One query."""
    actor = request.actor
    today = timezone.localdate()
    evaluation = latest_of(enterprise.pk, TIER, today)
    held = held_tier(
        {
            f"{t}_valid_until": getattr(enterprise, f"{t}_valid_until")
            for t in ("innovative", "specialised", "little_giant")
        },
        today,
    )
    size = evaluation.size_class if evaluation else ""
    return {
        "enterprise": enterprise,
        "tab": tab,
        "held": held,
        "evaluation": evaluation,
        "size": choice_name("size_class", size) if size else "",
        "age": today.year - enterprise.established_on.year if enterprise.established_on else None,
        "own": actor.role == "enterprise",
        "can_edit": actor.can("enterprises.edit"),
        "can_move": actor.can("enterprises.move") and enterprise.state == "active",
        "can_apply": actor.can("applications.file") or actor.can("own.apply"),
        "can_claim": actor.can("awards.claims") and enterprise.state == "active",
        "can_award": actor.can("awards.view"),
        "can_judge": actor.can("cultivation.view") or actor.role == "enterprise",
        "today": today,
    }


@require_GET
def overview(request: ActedRequest, public_id: str) -> HttpResponse:
    enterprise = find(request, public_id)
    honours = [
        {"title": _(field.header), "value": shown(field, getattr(enterprise, field.code)), "kind": field.kind}
        for field in FIELDS
        if field.group == "honour" and getattr(enterprise, field.code) is not None
    ]
    actor = request.actor
    states: list[Any] = []
    if actor.role != "enterprise":
        states = list(EnterpriseState.objects.filter(enterprise=enterprise).order_by("-on", "-id"))
    return render(
        request,
        "portal/enterprise/overview.html",
        {
            **frame(request, enterprise, "overview"),
            "honours": honours,
            "names": list(NameHistory.objects.filter(enterprise=enterprise).order_by("-until_on")),
            "places": list(
                FormerRegion.objects.filter(enterprise=enterprise).select_related("former_region")
            ),
            "states": states,
            "titles": _titles(actor, enterprise),
            "reports_change": actor.can("own.apply") or actor.can("applications.file"),
            "source": _source(enterprise),
        },
    )


@require_GET
def dossier(request: ActedRequest, public_id: str, former_id: int) -> FileResponse:
    """What stayed behind in the county that the enterprise has left; for officials, since it names them."""
    enterprise = find(request, public_id)
    require(request.actor, "enterprises.view", enterprise.region_id)
    former = get_object_or_404(FormerRegion, pk=former_id, enterprise=enterprise, dossier__isnull=False)
    try:
        content = StoredFile(id=former.dossier_id).open()
    except OSError:
        raise Http404 from None
    return FileResponse(
        content,
        as_attachment=True,
        filename=f"{enterprise.name}迁入前档案.xlsx",
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )


def _titles(actor: Actor, enterprise: Enterprise) -> list[Any]:
    """Its titles with what each is today, the newest first. One query."""
    found = list(
        recognised.titles(actor, timezone.localdate()).filter(enterprise=enterprise).order_by("-valid_from")
    )
    for title in found:
        title.word = standing_title(title.standing)
    return found


def shown(field: Field, value: Any) -> str:
    """A fact as a table shows it; unknown is a dash."""
    if value is None:
        return UNKNOWN
    if field.kind == "money":
        return wan(value)
    if field.kind == "yes_no":
        return _("是") if value else _("否")
    if field.kind == "date":
        return day(value)
    if field.kind == "choice":
        return next(
            (_(word) for stored, word, _more in field.choices if str(stored) == str(value)), str(value)
        )
    if field.kind in ("count",):
        return number(value, 0)
    if field.kind in ("percent", "score"):
        return number(value, 2)
    return str(value)


def _source(row: Any) -> dict[str, Any]:
    """Which workbook, sheet and row a row's content comes from, or by hand."""
    return {
        "file": row.source_file,
        "sheet": row.source_sheet,
        "row": row.source_row,
        "by": _names([row.updated_by_id]).get(row.updated_by_id, ""),
        "at": row.updated_at,
    }


def _names(ids: list[int | None]) -> dict[int, str]:
    return dict(Officer.objects.filter(pk__in=[i for i in ids if i]).values_list("pk", "display_name"))


@require_GET
def figures(request: ActedRequest, public_id: str) -> HttpResponse:
    """The figures of the years side by side, with where each year's row comes from."""
    enterprise = find(request, public_id)
    years = list(AnnualFigures.objects.filter(enterprise=enterprise).order_by("-year")[:5])
    # An enterprise's own user may not read the history of rows; the rows tell their newest source.
    own = request.actor.role == "enterprise"
    found = _of_rows(years) if own else sources_of(enterprise)
    sources, refs = _numbered(found, [y.year for y in years])
    groups = []
    for group in GROUPS:
        lines = [
            {
                "title": _(field_name(field.code)),
                "unit": _(field.unit) if field.unit else "%" if field.kind == "percent" else "",
                "cells": [
                    (
                        shown(field, getattr(y, field.code)),
                        refs.get((field.code, y.year), "") if getattr(y, field.code) is not None else "",
                    )
                    for y in years
                ],
            }
            for field in FIELDS
            if field.group == group and field.by_year
        ]
        groups.append({"title": GROUP_NAMES[group], "lines": lines})
    return render(
        request,
        "portal/enterprise/figures.html",
        {
            **frame(request, enterprise, "figures"),
            "years": years,
            "groups": groups,
            "sources": sources,
            "year": reporting_year(),
        },
    )


def _of_rows(years: list[AnnualFigures]) -> dict[tuple[str, int | None], dict[str, Any]]:
    return {
        (field.code, y.year): {
            "at": y.updated_at,
            "by": y.updated_by_id,
            "source_file": y.source_file,
            "source_sheet": y.source_sheet,
            "source_row": y.source_row,
        }
        for y in years
        for field in FIELDS
        if field.by_year
    }


def _numbered(
    found: dict[tuple[str, int | None], dict[str, Any]], years: list[int]
) -> tuple[list[dict[str, Any]], dict[tuple[str, int], int]]:
    """The sources of these years' figures, newest first and numbered from 1, and each figure's number."""
    figures = {key: entry for key, entry in found.items() if key[1] in years}
    keys = {
        key: (e["at"], e["source_file"], e["source_sheet"], e["source_row"]) for key, e in figures.items()
    }
    order = {key: n for n, key in enumerate(sorted(set(keys.values()), key=lambda k: k[0], reverse=True), 1)}
    officers = _names([entry["by"] for entry in figures.values()])
    sources = {
        order[keys[key]]: {
            "n": order[keys[key]],
            "file": entry["source_file"],
            "sheet": entry["source_sheet"],
            "row": entry["source_row"],
            "by": officers.get(entry["by"] or 0, ""),
            "at": entry["at"],
        }
        for key, entry in figures.items()
    }
    return [sources[n] for n in sorted(sources)], {key: order[keys[key]] for key in keys}  # type: ignore[misc]


@require_GET
def history(request: ActedRequest, public_id: str) -> HttpResponse:
    """Every version of the rows, newest first: what was changed, by whom, out of which file."""
    enterprise = find(request, public_id)
    if request.actor.role == "enterprise":
        raise Http404
    changes = _changes(Enterprise, {"pgh_obj_id": enterprise.pk}, "enterprise") + _changes(
        AnnualFigures, {"enterprise_id": enterprise.pk}, "figures"
    )
    changes.sort(key=lambda change: change["at"], reverse=True)
    officers = _names([c["by"] for c in changes])
    for change in changes:
        change["by"] = officers.get(change["by"] or 0, "")
    return render(
        request,
        "portal/enterprise/history.html",
        {**frame(request, enterprise, "history"), "changes": changes[:200]},
    )


_HIDDEN = frozenset(
    [
        "id",
        "public_id",
        "name_key",
        "pinyin",
        "initials",
        "version",
        "created_at",
        "created_by_id",
        "updated_at",
        "updated_by_id",
        "import_batch_id",
        "source_file",
        "source_sheet",
        "source_row",
        "region_id",
        "enterprise_id",
        "year",
        "established_month_only",
    ]
)


def _changes(model: type[Any], which: dict[str, Any], storage: str) -> list[dict[str, Any]]:
    events = model.pgh_event_model.objects.filter(**which).order_by("pgh_obj_id", "pgh_id").values()
    fields = {f.code: f for f in FIELDS if f.storage == storage}
    before: dict[int, dict[str, Any]] = {}
    found = []
    for event in events[:2000]:
        last = before.get(event["pgh_obj_id"])
        differences = [
            {
                "title": _(fields[code].header),
                "old": shown(fields[code], last[code]) if last else UNKNOWN,
                "new": shown(fields[code], event[code]),
            }
            for code in fields
            if code in event
            and code not in _HIDDEN
            and (event[code] != last[code] if last else event[code] is not None)
        ]
        before[event["pgh_obj_id"]] = event
        if differences or last is None:
            found.append(
                {
                    "at": event["pgh_created_at"],
                    "by": event["updated_by_id"],
                    "year": event.get("year"),
                    "new": last is None,
                    "differences": differences,
                    "file": event["source_file"],
                    "sheet": event["source_sheet"],
                    "row": event["source_row"],
                }
            )
    return found
