"""What an import changes in what was there before: field by field, before and after."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from enterprises import wording
from enterprises.models import ImportChange
from enterprises.views.imports import find_batch
from tenancy.http import ActedRequest
from tenancy.paging import page_of

_PAGE = 50


@require_GET
def changes(request: ActedRequest, public_id: str) -> HttpResponse:
    """Two queries, whatever the number of enterprises."""
    found = find_batch(request, public_id)
    page = page_of(request, ImportChange.objects.filter(batch=found).order_by("id"), _PAGE)
    return render(
        request,
        "enterprises/changes.html",
        {
            "batch": found,
            "page": page,
            "rows": [_row(change) for change in page],
            "updated": (found.counts or {}).get("updated", 0),
            "step": 3 if found.state in ("checked", "kept_out", "abandoned") else 4,
        },
    )


def _row(change: ImportChange) -> dict[str, Any]:
    return {
        "name": change.name,
        "code": change.uscc,
        "sheet": change.sheet,
        "row": change.row,
        "cells": [
            {
                "title": fact_title(code, year),
                "before": wording.fact_text(code, before),
                "after": wording.fact_text(code, after),
                "erased": after is None,
            }
            for code, year, before, after in change.changes
        ],
    }


def fact_title(code: str, year: int | None) -> str:
    """A fact's name with its year in front, and the unit of an amount."""
    title = _(wording.field_name(code))
    return f"{year} {title}" if year else title
