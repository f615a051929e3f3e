"""The county's work list of values that a level above or the enterprise has proposed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from enterprises import wording
from enterprises.actions.entry import Refused
from enterprises.actions.proposals import decide as decide_on
from enterprises.models import AnnualFigures, Proposal
from enterprises.queries import stored_text
from enterprises.views.changes import fact_title
from tenancy.access import require
from tenancy.http import ActedRequest, whole_number
from tenancy.paging import page_of

_PAGE = 50


@require_GET
def proposals(request: ActedRequest) -> HttpResponse:
    """What waits for a decision, or what was decided. Who may not decide reads along. Three queries."""
    actor = request.actor
    require(actor, "enterprises.view", actor.region_path)
    if not (actor.can("enterprises.import") or actor.can("enterprises.decide")):
        require(actor, "enterprises.decide", actor.region_path)
    state = request.GET.get("state", "open")
    listed = Proposal.objects.select_related("enterprise", "region").annotate(
        # In a context a few columns of an officer are readable, so only these are asked for.
        proposer=F("proposed_by__display_name"),
        decider=F("decided_by__display_name"),
    )
    listed = listed.order_by("-proposed_at", "enterprise__pinyin", "enterprise_id", "-year", "field")
    listed = listed.filter(state="open") if state == "open" else listed.exclude(state="open")
    page = page_of(request, listed, _PAGE)
    return render(
        request,
        "enterprises/proposals.html",
        {
            "page": page,
            "groups": _groups(list(page)),
            "state": state if state == "open" else "decided",
            "may_decide": actor.can("enterprises.decide"),
            "picked": {n for n in map(whole_number, request.GET.getlist("id")) if n is not None},
            "open_count": page.paginator.count if state == "open" else None,
        },
    )


def _groups(found: list[Any]) -> list[dict[str, Any]]:
    """One group an enterprise and import: what is stored now stands beside what is proposed. One query."""
    years = {
        (f.enterprise_id, f.year): f
        for f in AnnualFigures.objects.filter(
            enterprise_id__in={p.enterprise_id for p in found}, year__in={p.year for p in found if p.year}
        )
    }
    groups: list[dict[str, Any]] = []
    for proposal in found:
        key = (proposal.enterprise_id, proposal.own, proposal.batch_id)
        if not groups or groups[-1]["key"] != key:
            groups.append(
                {
                    "key": key,
                    "enterprise": proposal.enterprise,
                    "place": proposal.region.name,
                    "by": proposal.proposer or _("系统"),
                    "at": proposal.proposed_at,
                    "file": proposal.source_file,
                    "sheet": proposal.source_sheet,
                    "row": proposal.source_row,
                    "lines": [],
                }
            )
        row = (
            proposal.enterprise
            if proposal.year is None
            else years.get((proposal.enterprise_id, proposal.year))
        )
        now = stored_text(row, proposal.field)
        groups[-1]["lines"].append(
            {
                "id": proposal.pk,
                "title": fact_title(proposal.field, proposal.year),
                "now": wording.fact_text(
                    proposal.field, now if proposal.state == "open" else proposal.before
                ),
                "value": wording.fact_text(proposal.field, proposal.value),
                "moved": proposal.state == "open" and now != proposal.before,
                "state": proposal.state,
                "state_title": proposal.get_state_display(),
                "reason": proposal.reason,
                "decided_by": proposal.decider or "",
                "decided_at": proposal.decided_at,
            }
        )
    return groups


@require_POST
def decide(request: ActedRequest) -> HttpResponse:
    """Takes over or declines what is ticked, or everything that is open."""
    actor = request.actor
    require(actor, "enterprises.decide", actor.region_path)
    chosen = Proposal.objects.filter(state="open")
    if request.POST.get("which") != "all":
        ids = [number for number in map(whole_number, request.POST.getlist("id")) if number is not None]
        chosen = chosen.filter(pk__in=ids[:2000])
    accept = request.POST.get("how") == "accept"
    try:
        counts = decide_on(by=actor, proposals=chosen, accept=accept, reason=request.POST.get("reason", ""))
    except Refused as refused:
        messages.error(request, wording.refusal(refused.code, refused.params), extra_tags="bad")
        # What was ticked stays ticked.
        ticked = urlencode(
            [("id", n) for n in map(whole_number, request.POST.getlist("id")[:_PAGE]) if n is not None]
        )
        return redirect(f"{reverse('enterprises:proposals')}?{ticked}")
    n = counts["accepted"] + counts["declined"]
    if not n and not counts["overtaken"]:
        messages.info(request, _("没有选中待核定的建议"))
    elif accept:
        messages.success(
            request,
            ngettext("已采纳 %(n)d 项，评价随后自动更新", "已采纳 %(n)d 项，评价随后自动更新", n) % {"n": n},
            extra_tags="ok",
        )
    else:
        messages.success(request, ngettext("%(n)d 项未采纳", "%(n)d 项未采纳", n) % {"n": n}, extra_tags="ok")
    if counts["overtaken"]:
        messages.info(request, _("%(n)d 项与现在登记的相同，已关闭") % {"n": counts["overtaken"]})
    return redirect("enterprises:proposals")
