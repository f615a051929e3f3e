"""Titles: who holds which until when, what comes due for its review, and taking one away."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation import actions, recognised, terms
from cultivation.models import Tier, Withdrawal
from cultivation.rules.workflow import RECOGNISE, Refused
from cultivation.wording.refusals import refusal_text
from tenancy.access import Actor, require
from tenancy.http import ActedRequest
from tenancy.paging import page_of


def standing_title(standing: str) -> str:
    return {
        "valid": _("有效"),
        "due": _("半年内到期"),
        "expired": _("已到期"),
        "replaced": _("已由新的认定接续"),
        "withdrawn": _("已取消"),
        "all": _("全部"),
    }[standing]


def narrowed(actor: Actor, got: QueryDict) -> tuple[str, QuerySet[Any], QuerySet[Any]]:
    """The view asked for, its titles, and those of every view. No query is made here."""
    rows = recognised.titles(actor, timezone.localdate())
    if (tier := got.get("tier", "")) in Tier.values:
        rows = rows.filter(tier=tier)
    if q := got.get("q", "").strip()[:120]:
        rows = rows.filter(
            Q(enterprise__name__icontains=q) | Q(name__icontains=q) | Q(enterprise__uscc__istartswith=q)
        )
    view = got.get("view", "all")
    if view not in recognised.STANDINGS:
        return "all", rows, rows
    return view, rows.filter(standing=view), rows


@require_GET
def titles(request: ActedRequest) -> HttpResponse:
    """The titles of the place by what they are today. Three queries."""
    actor = request.actor
    if actor.role != "enterprise":
        require(actor, "applications.view", actor.region_path)
    view, rows, every = narrowed(actor, request.GET)
    there = recognised.counts(every)
    numbers = there | {"all": sum(there.values())}
    page = page_of(request, rows.order_by("valid_until", "id"), 50)
    today = timezone.localdate()
    return render(
        request,
        "portal/titles/list.html",
        {
            "own": actor.role == "enterprise",
            "may_recognise": actor.can(RECOGNISE),
            "views": [
                (code, standing_title(code), numbers.get(code, 0)) for code in ("all", *recognised.STANDINGS)
            ],
            "view": view,
            "page": page,
            "rows": [
                {
                    "title": t,
                    "standing": t.standing,
                    "word": standing_title(t.standing),
                    "left": (t.valid_until - today).days,
                }
                for t in page
            ],
            "tiers": Tier.choices,
            "tier": request.GET.get("tier", ""),
            "q": request.GET.get("q", "").strip()[:120],
        },
    )


def _found(request: ActedRequest, code: str) -> Any:
    actor = request.actor
    if actor.role != "enterprise":
        require(actor, "applications.view", actor.region_path)
    found = recognised.titles(actor, timezone.localdate()).filter(code=code[:12]).first()
    if found is None:
        raise Http404
    return found


@require_GET
def title(request: ActedRequest, code: str) -> HttpResponse:
    """One title, and for the authority the form that takes it away. Two queries."""
    found = _found(request, code)
    today = timezone.localdate()
    withdrawal: Withdrawal | None = getattr(found, "withdrawal", None)
    return render(
        request,
        "portal/titles/detail.html",
        {
            "title": found,
            "standing": found.standing,
            "word": standing_title(found.standing),
            "own": request.actor.role == "enterprise",
            "withdrawal": withdrawal,
            "may_withdraw": withdrawal is None and request.actor.can(RECOGNISE),
            "kinds": Withdrawal.Kind.choices,
            "bar_years": terms.of(found.tier, today).bar_years,
            "today": today,
        },
    )


@require_POST
def withdraw(request: ActedRequest, code: str) -> HttpResponse:
    """Takes the title away."""
    found = _found(request, code)
    require(request.actor, RECOGNISE, found.region_id)
    try:
        actions.withdraw(
            by=request.actor,
            recognition=found,
            kind=request.POST.get("kind", ""),
            reason=request.POST.get("reason", ""),
            evidence=request.POST.get("evidence", ""),
            decided_on=dt.date.fromisoformat(request.POST.get("decided_on", "")),
        )
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    except ValueError:
        messages.error(request, _("请填写决定日期"), extra_tags="bad")
    else:
        messages.success(request, _("已取消这项称号"), extra_tags="ok")
    return redirect("title", code)
