"""The enterprise's own page of facts: contact data are changed, everything else is proposed to the county."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from enterprises import wording
from enterprises.actions import own as actions
from enterprises.forms import EnterpriseForm, typed
from enterprises.models import AnnualFigures, Enterprise, Proposal
from enterprises.queries import proposal_value
from enterprises.views.changes import fact_title
from enterprises.views.entry import asked_year
from tenancy.access import require
from tenancy.http import ActedRequest

_FIELDS = frozenset(actions.PROPOSED + actions.CONTACT)
_SHOWN = 30


@require_http_methods(["GET", "POST"])
def own(request: ActedRequest) -> HttpResponse:
    """What the registry says, what was proposed, and what became of it. Four queries."""
    actor = request.actor
    require(actor, actions.REPORT, actor.region_path)
    enterprise = get_object_or_404(Enterprise, pk=actor.enterprise_id or 0)
    year = asked_year(request)
    if request.method == "POST":
        form = EnterpriseForm(request.POST, only=_FIELDS)
        if form.is_valid():
            done = actions.report(by=actor, enterprise=enterprise, year=year, values=form.values())
            _say(request, done)
            return redirect(f"{request.path}?year={year}")
        proposals = _proposals(enterprise)
    else:
        proposals = _proposals(enterprise)
        form = EnterpriseForm(initial=_initial(enterprise, year, proposals), only=_FIELDS)
    this_year = timezone.localdate().year
    return render(
        request,
        "enterprises/own.html",
        {
            "enterprise": enterprise,
            "form": form,
            "year": year,
            "years": range(this_year, this_year - 4, -1),
            "lines": [_line(each) for each in proposals[:_SHOWN]],
        },
        status=422 if form.is_bound and form.errors else 200,
    )


def _proposals(enterprise: Enterprise) -> list[Proposal]:
    """The open ones first, then the newest. One query."""
    found = Proposal.objects.filter(enterprise_id=enterprise.pk, own=True).order_by("-proposed_at", "id")
    return sorted(found[:500], key=lambda p: p.state != Proposal.State.OPEN)


def _initial(enterprise: Enterprise, year: int, proposals: list[Proposal]) -> dict[str, str]:
    """The registry's values, with what waits for the county in their place."""
    figures = AnnualFigures.objects.filter(enterprise=enterprise, year=year).first()
    rows: dict[bool, Any] = {True: figures or AnnualFigures(year=year), False: enterprise}
    for each in proposals:
        if each.state == Proposal.State.OPEN and each.year in (year, None):
            value, month_only = proposal_value(each.field, each.value)
            setattr(rows[each.year is not None], each.field, value)
            if each.field == "established_on":
                enterprise.established_month_only = month_only
    return typed(rows[False], rows[True])


def _line(each: Proposal) -> dict[str, Any]:
    return {
        "title": fact_title(each.field, each.year),
        "before": wording.fact_text(each.field, each.before),
        "value": wording.fact_text(each.field, each.value),
        "state": each.state,
        "state_title": each.get_state_display(),
        "reason": each.reason,
        "at": each.proposed_at,
    }


def _say(request: ActedRequest, done: actions.Reported) -> None:
    if not any(done):
        messages.info(request, _("与登记的相同，没有要改的"))
    if done.changed:
        messages.success(request, _("联系方式已更正"), extra_tags="ok")
    if done.proposed:
        said = ngettext(
            "%(n)d 项已报县（市、区）核定，核定后生效",
            "%(n)d 项已报县（市、区）核定，核定后生效",
            done.proposed,
        )
        messages.success(request, said % {"n": done.proposed}, extra_tags="ok")
    if done.withdrawn:
        said = ngettext("%(n)d 项改回登记的数值，已撤回", "%(n)d 项改回登记的数值，已撤回", done.withdrawn)
        messages.info(request, said % {"n": done.withdrawn})
