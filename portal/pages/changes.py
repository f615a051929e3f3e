"""Major changes of enterprises with a title: reported, seen late or in time, decided about."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cultivation import actions
from cultivation.models import ChangeReport
from cultivation.rules.updates import report_by
from cultivation.rules.workflow import RECOGNISE, Refused
from cultivation.wording.refusals import refusal_text
from enterprises.models import Enterprise
from portal.pages.enterprise import find
from tenancy.access import Actor, require
from tenancy.http import ActedRequest
from tenancy.paging import page_of

#: whose they are the enterprise may not read
_COLUMNS = (
    "public_id", "enterprise", "region", "kind", "happened_on", "text", "reported_at", "outcome", "reason",
    "decided_at",
)  # fmt: skip


class ChangeForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=ChangeReport.Kind.choices)
    happened_on = forms.DateField(
        label=gettext_lazy("发生日期"), widget=forms.DateInput(attrs={"type": "date"})
    )
    text = forms.CharField(
        label=gettext_lazy("情况"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"


def _visible(actor: Actor) -> QuerySet[ChangeReport]:
    found = ChangeReport.objects.only(*_COLUMNS, "enterprise__name", "enterprise__uscc", "enterprise__public_id",
                                      "region__name").select_related("enterprise", "region")  # fmt: skip
    if actor.role == "enterprise":
        return found.filter(enterprise_id=actor.enterprise_id or 0)
    return found.filter(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")


def _row(report: ChangeReport) -> dict[str, Any]:
    due = report_by(report.happened_on)
    return {"report": report, "due": due, "late": timezone.localtime(report.reported_at).date() > due}


@require_http_methods(["GET"])
def changes(request: ActedRequest) -> HttpResponse:
    """The reports of the place, the undecided first. Three queries."""
    actor = request.actor
    own = actor.role == "enterprise"
    if not own:
        require(actor, "applications.view", actor.region_path)
    rows = _visible(actor)
    counted = rows.order_by().aggregate(
        open=Count("id", filter=Q(decided_at__isnull=True)), done=Count("id", filter=~Q(outcome=""))
    )
    view = request.GET.get("view", "open")
    view = view if view in ("open", "done") else "open"
    page = page_of(
        request, rows.filter(decided_at__isnull=view == "open").order_by("-reported_at", "-id"), 50
    )
    return render(
        request,
        "portal/titles/changes.html",
        {
            "own": own,
            "decides": actor.can(RECOGNISE),
            "views": [("open", _("待核定"), counted["open"]), ("done", _("已核定"), counted["done"])],
            "view": view,
            "page": page,
            "rows": [_row(each) for each in page],
            "outcomes": ChangeReport.Outcome.choices,
        },
    )


@require_http_methods(["GET", "POST"])
def report_change(request: ActedRequest, public_id: str) -> HttpResponse:
    """The form by which an enterprise, or its county, reports a change."""
    enterprise: Enterprise = find(request, public_id)
    if not request.actor.can("own.apply"):
        require(request.actor, "applications.file", enterprise.region_id)
    form = ChangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.report_change(by=request.actor, enterprise=enterprise, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, refusal_text(refused.code))
        else:
            messages.success(request, _("已报告，核定后会列出结论"), extra_tags="ok")
            return redirect("changes")
    return render(request, "portal/titles/change.html", {"form": form, "enterprise": enterprise})


@require_POST
def decide_change(request: ActedRequest, public_id: str) -> HttpResponse:
    """The authority's word about a report."""
    report = get_object_or_404(_visible(request.actor), public_id=public_id[:26])
    require(request.actor, RECOGNISE, report.region_id)
    try:
        actions.decide_change(
            by=request.actor,
            report=report,
            outcome=request.POST.get("outcome", ""),
            reason=request.POST.get("reason", ""),
        )
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        messages.success(request, _("已核定"), extra_tags="ok")
    return redirect("changes")
