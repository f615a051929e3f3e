"""On-site checks of a round: drawn by lot, given to people, and recorded."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation import actions
from cultivation.models import SiteDraw, SiteVisit
from cultivation.queue import level_of, rounds_of, undrawn
from cultivation.rules.workflow import Refused
from cultivation.wording.refusals import refusal_text
from portal.wording import role_title
from tenancy.access import Actor, require
from tenancy.http import ActedRequest, whole_number
from tenancy.models import Posting
from tenancy.paging import page_of


def visible(actor: Actor) -> QuerySet[SiteVisit]:
    """The visits in the actor's place, with names. The draws of levels above are theirs, their visits are seen."""
    return (
        SiteVisit.objects.filter(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")
        .select_related("application__enterprise", "application__batch", "region")
        .annotate(who=F("assigned__display_name"), recorder=F("by__display_name"))
    )


@require_GET
def my_visits(request: ActedRequest) -> HttpResponse:
    """What the actor has to visit, and what was visited. Two queries."""
    actor = request.actor
    require(actor, "applications.view", actor.region_path)
    rows = visible(actor).filter(assigned_id=actor.officer_id or 0)
    page = page_of(request, rows.order_by(F("recorded_at").desc(nulls_first=True), "id"), 50)
    return render(request, "portal/applications/my_visits.html", {"page": page})


@require_http_methods(["GET", "POST"])
def visits(request: ActedRequest, public_id: str) -> HttpResponse:
    """The visits of a round; a level draws some of what lies with it. Five queries."""
    actor = request.actor
    require(actor, "applications.view", actor.region_path)
    batch = get_object_or_404(rounds_of(actor), public_id=public_id[:26])
    if request.method == "POST":
        try:
            made = actions.draw_visits(
                by=actor, batch=batch, count=whole_number(request.POST.get("count", "")) or 0
            )
        except Refused as refused:
            messages.error(request, refusal_text(refused.code), extra_tags="bad")
        else:
            messages.success(
                request,
                _("从 %(among)d 份中抽取 %(drawn)d 份，随机种子 %(seed)s")
                % {"among": made.among, "drawn": made.drawn, "seed": made.seed},
                extra_tags="ok",
            )
        return redirect("visits", public_id)
    level = level_of(actor)
    waiting = undrawn(actor, batch).count() if level else 0
    page = page_of(request, visible(actor).filter(application__batch=batch).order_by("recorded_at", "id"), 50)
    return render(
        request,
        "portal/applications/visits.html",
        {
            "batch": batch,
            "page": page,
            "level": level,
            "waiting": waiting,
            "draws": SiteDraw.objects.filter(batch=batch)
            .annotate(who=F("by__display_name"))
            .select_related("region")
            .order_by("-id")[:20],
        },
    )


class ResultForm(forms.Form):
    visited_on = forms.DateField(
        label=gettext_lazy("核查日期"), widget=forms.DateInput(attrs={"type": "date", "class": "input"})
    )
    result = forms.ChoiceField(
        label=gettext_lazy("结论"),
        choices=[("", gettext_lazy("请选择")), *SiteVisit.Result.choices],
        widget=forms.Select(attrs={"class": "input"}),
    )
    findings = forms.CharField(
        label=gettext_lazy("核查情况"),
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "input", "rows": 5}),
        help_text=gettext_lazy("看了什么、问了谁、与申报哪里不符；企业看不到"),
    )


@require_http_methods(["GET", "POST"])
def visit(request: ActedRequest, public_id: str) -> HttpResponse:
    """One visit: what the draw was, whom it was given to, and what was found. Four queries."""
    actor = request.actor
    require(actor, "applications.view", actor.region_path)
    found = get_object_or_404(visible(actor), public_id=public_id[:26])
    own_level = bool(level_of(actor)) and found.place == actor.region_path
    records = found.recorded_at is None and (own_level or found.assigned_id == actor.officer_id)
    form = ResultForm(request.POST or None) if records else None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            actions.record_visit(by=actor, visit=found, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, refusal_text(refused.code))
        else:
            messages.success(request, _("核查结果已登记"), extra_tags="ok")
            return redirect("visit", public_id)
    return render(
        request,
        "portal/applications/visit.html",
        {
            "visit": found,
            "form": form,
            "draw": SiteDraw.objects.filter(pk=found.draw_id).first(),
            "people": _people(actor) if own_level and found.recorded_at is None else [],
            "today": timezone.localdate(),
        },
    )


def _people(actor: Actor) -> list[dict[str, Any]]:
    """Officials with a posting in the actor's place, to whom a visit may be given. One query."""
    now = timezone.now()
    rows = (
        Posting.objects.filter(
            region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~", from_at__lte=now
        )
        .exclude(until_at__lte=now)
        .exclude(role__in=["enterprise", "sysadmin", "secadmin"])
        .order_by("region_id", "role", "officer_id")
        .values("officer_id", "role", "region__name", "officer__display_name")
    )
    return [{**row, "title": role_title(row["role"])} for row in rows[:500]]


@require_POST
def assign(request: ActedRequest, public_id: str) -> HttpResponse:
    """Gives the visit to somebody."""
    require(request.actor, "applications.view", request.actor.region_path)
    found = get_object_or_404(visible(request.actor), public_id=public_id[:26])
    try:
        actions.assign_visit(
            by=request.actor, visit=found, officer_id=whole_number(request.POST.get("officer", "")) or 0
        )
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        messages.success(request, _("已指派"), extra_tags="ok")
    return redirect("visit", public_id)
