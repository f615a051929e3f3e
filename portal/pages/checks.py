"""One recorded check for a filtered list: the bad lists were looked at, or nobody has a thing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from enterprises import wording
from enterprises.actions.checks import record_check
from enterprises.actions.entry import Refused
from enterprises.models import AnnualFigures, Enterprise
from enterprises.rules.fields import BY_CODE, CHECKABLE
from portal.pages.registry import Asked, conditions, filtered
from tenancy.access import require
from tenancy.http import ActedRequest


@require_http_methods(["GET", "POST"])
def check(request: ActedRequest) -> HttpResponse:
    """The list that the address asks for, what is unknown in it, and the form. Four queries."""
    actor = request.actor
    require(actor, "enterprises.edit", actor.region_path)
    today = timezone.localdate()
    asked = Asked.read(request.GET, actor)
    listed = filtered(asked, actor, today)
    # The form's year and answers come with the form; the list's conditions stay in the address.
    given = request.POST if request.method == "POST" else {}
    codes = [c for c in (request.POST.getlist("field") if given else ()) if c in CHECKABLE]
    problem = ""
    if request.method == "POST":
        try:
            batch = record_check(
                by=actor,
                region=actor.region_path,
                enterprises=Enterprise.objects.filter(pk__in=listed.values("pk")),  # type: ignore[arg-type]
                year=asked.year,
                codes=codes,
                on=_day(given.get("on", "")) or today + dt.timedelta(days=1),
                source=given.get("source", ""),
                conditions=_words(asked),
            )
        except Refused as refused:
            problem = (
                _("填核查的日期，不晚于今天")
                if refused.code == "date_future"
                else wording.refusal(refused.code, refused.params)
            )
        else:
            return redirect("enterprises:batch", batch.public_id)
    total = listed.count()
    return render(
        request,
        "portal/check.html",
        {
            "asked": asked,
            "total": total,
            "words": _words(asked),
            "groups": _groups(listed, asked.year, total, codes),
            "problem": problem,
            "on": given.get("on", today.isoformat()),
            "source": given.get("source", ""),
            "today": today,
        },
        status=422 if problem else 200,
    )


def _words(asked: Asked) -> str:
    return _("；").join(conditions(asked))


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _groups(listed: Any, year: int, total: int, chosen: list[str]) -> list[dict[str, Any]]:
    """Every fact that can be checked so, with how many of the list it is unknown for. One query."""
    known = AnnualFigures.objects.filter(year=year, enterprise_id__in=listed.values("pk")).aggregate(
        **{code: Count("id", filter=Q(**{f"{code}__isnull": False})) for code in CHECKABLE}
    )
    return [
        {
            "title": wording.GROUP_NAMES[group],
            "fields": [
                {
                    "code": code,
                    "title": _(wording.field_name(code)),
                    "answer": wording.fact_text(code, _as_text(CHECKABLE[code])),
                    "unknown": total - known[code],
                    "chosen": code in chosen,
                }
                for code in CHECKABLE
                if BY_CODE[code].group == group
            ],
        }
        for group in ("integrity", "year_end", "yearly")
    ]


def _as_text(value: object) -> str:
    return "false" if value is False else str(value)
