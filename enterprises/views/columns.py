"""What was understood of a workbook, corrected: year, header row, what each column is, its unit, hidden parts."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from enterprises import wording
from enterprises.models import ImportBatch
from enterprises.rules.fields import FEN, FIELDS
from enterprises.views.imports import READ, find_batch, strip_of
from tenancy import jobs
from tenancy.http import ActedRequest, whole_number

UNITS = tuple(FEN)


@require_http_methods(["GET", "POST"])
def columns(request: ActedRequest, public_id: str) -> HttpResponse:
    """Corrects what was understood: year, header row, what each column is, its unit."""
    found = find_batch(request, public_id)
    actor = request.actor
    if found.state not in ("checked", "refused", "kept_out"):
        return redirect("enterprises:batch", found.public_id)
    if request.method == "POST":
        mapping, year = _mapping_of(request, found)
        job = jobs.start(
            by=actor,
            kind=READ,
            region=found.region_id,
            params={"batch": found.pk, "mapping": mapping, "year": year},
        )
        return redirect(job)
    this_year = timezone.localdate().year
    chosen = (found.mapping or {}).get("sheets") or {}
    return render(
        request,
        "enterprises/columns.html",
        {
            "batch": found,
            "sheets": [
                {**strip_of(s), "n": n, "ticked": bool((chosen.get(s["sheet"]) or {}).get("include_hidden"))}
                for n, s in enumerate(found.layout or [])
            ],
            "hidden_sheets": list(
                found.problems.filter(code="hidden_sheet").values_list("sheet", flat=True).order_by("id")[:60]
            ),
            "fields": [(f.code, _(wording.field_name(f.code))) for f in FIELDS],
            "units": UNITS,
            "years": range(this_year, this_year - 8, -1),
        },
    )


def _mapping_of(request: ActedRequest, found: ImportBatch) -> tuple[dict[str, Any], int]:
    """The corrections in the form; what equals the reading is not stored as a correction."""
    known = {f.code for f in FIELDS}
    sheets: dict[str, Any] = dict((found.mapping or {}).get("sheets") or {})
    for n, sheet in enumerate(found.layout or []):
        own: dict[str, Any] = dict(sheets.get(sheet["sheet"]) or {})
        chosen = dict(own.get("columns") or {})
        row = whole_number(request.POST.get(f"row-{n}", ""))
        if row is not None and row != sheet["header_row"]:
            own["header_row"] = row
        if f"use-{n}" not in request.POST:
            own["use"] = False
        own.pop("include_hidden", None)
        if f"hidden-{n}" in request.POST:
            own["include_hidden"] = True
        for column in sheet["columns"]:
            letter = column["column"]
            field = request.POST.get(f"field-{n}-{letter}", column["field"])
            unit = request.POST.get(f"unit-{n}-{letter}", column["unit"] or "")
            year = request.POST.get(f"year-{n}-{letter}", str(column["year"] or ""))
            same = (field, unit, year) == (column["field"], column["unit"] or "", str(column["year"] or ""))
            if same and column.get("unit_from") != "assumed":
                continue
            if field not in known:
                chosen[letter] = None
            else:
                chosen[letter] = {"field": field}
                if unit in UNITS:
                    chosen[letter]["unit"] = unit
                if 1990 <= (whole_number(year) or 0) <= 2100:
                    chosen[letter]["year"] = whole_number(year)
        if chosen:
            own["columns"] = chosen
        if own:
            sheets[sheet["sheet"]] = own
    asked = whole_number(request.POST.get("year", "")) or 0
    this_year = timezone.localdate().year
    for name in request.POST.getlist("hidden_sheet")[:60]:
        sheets[name] = {**(sheets.get(name) or {}), "use": True}
    return {
        **(found.mapping or {}),
        "sheets": sheets,
    }, asked if this_year - 10 <= asked <= this_year else found.year
