"""The calendar: what comes due in the next twelve months, for the place or the enterprise of who looks at it."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from cultivation.agenda import Due, agenda
from cultivation.models import Tier
from tenancy.access import require
from tenancy.http import ActedRequest


@require_GET
def calendar(request: ActedRequest) -> HttpResponse:
    """By month; what is today or late stands on today's work. About ten queries."""
    actor = request.actor
    if actor.role != "enterprise":
        require(actor, "applications.view", actor.region_path)
    today = timezone.localdate()
    found = agenda(actor, today, today + dt.timedelta(days=366))
    months = [
        {
            "title": _("%(y)d 年 %(m)d 月") % {"y": year, "m": month},
            "rows": [_row(d, actor.role) for d in rows],
        }
        for (year, month), rows in groupby(found, key=lambda d: (d.on.year, d.on.month))
    ]
    return render(request, "portal/calendar.html", {"months": months, "own": actor.role == "enterprise"})


def _row(due: Due, role: str) -> dict[str, Any]:
    kinds = {
        "round": (
            _("申报"),
            _("截止受理"),
            reverse("rounds") if role != "enterprise" else reverse("applications"),
        ),
        "application": (_("申报"), _("办理期限"), reverse("applications")),
        "notice": (
            _("认定"),
            _("公示期满"),
            reverse("notice", args=[due.key]) if due.kind == "notice" else "",
        ),
        "title": (
            _("称号"),
            _("称号到期"),
            reverse("registry") if role != "enterprise" else reverse("titles"),
        ),
        "update": (_("称号"), _("年度信息更新截止"), reverse("updates")),
    }
    kind, matter, url = kinds[due.kind]
    what = due.what
    if due.n:
        firms = ngettext("%(n)d 家企业", "%(n)d 家企业", due.n) % {"n": due.n}
        what = due.what if due.n == 1 else firms
    tier = str(Tier(due.key).label) if due.kind in ("title", "update") else ""
    return {"on": due.on, "kind": kind, "matter": matter, "what": what, "tier": tier, "url": url}
