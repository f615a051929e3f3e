"""What is due and not decided yet: the work list from which awards are proposed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from enterprises.models import Enterprise
from portal.pages.awards import VIEW, scheme_choices, scheme_name
from subsidies import actions, local
from subsidies.actions import Wanted
from subsidies.queries import Awaiting, awaiting
from subsidies.reasons import refusal_text
from subsidies.rules.amounts import from_wan, in_wan
from subsidies.rules.schemes import Policy, Scheme
from subsidies.rules.workflow import PROPOSE
from subsidies.wording import title_name
from tenancy.access import Actor, require
from tenancy.http import ActedRequest
from tenancy.paging import page_of

_MOST = 200


@require_GET
def awards_due(request: ActedRequest) -> HttpResponse:
    """What the enterprises of the place are due without an award. Six queries for 2,000 enterprises with an event."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    q, scheme = request.GET.get("q", "").strip()[:120], request.GET.get("scheme", "")
    found = list(awaiting(actor.region_path, timezone.localdate(), scheme=scheme[:12], q=q))
    page, known = page_of(request, found, 50), local.by_code(timezone.localdate())
    return render(
        request,
        "portal/awards/due.html",
        {
            "page": page,
            "rows": [_row(each, known) for each in page],
            "total": in_wan(sum(each.due.amount or 0 for each in found)),
            "undecided": sum(each.due.amount is None for each in found),
            "schemes": scheme_choices(),
            "scheme": scheme,
            "q": q,
            "proposes": actor.can(PROPOSE),
        },
    )


def _row(each: Awaiting, known: Mapping[str, tuple[Policy, Scheme]]) -> dict[str, Any]:
    policy, scheme = known[each.due.scheme]
    between = scheme.amount.between
    return {
        "enterprise": each.enterprise,
        "key": f"{each.enterprise.public_id}:{each.due.scheme}:{each.event.id}",
        "scheme": scheme_name(each.due.scheme),
        "clause": f"{policy.document} {scheme.clause}",
        "event": each.event,
        "title": title_name(each.event.title),
        "amount": None if each.due.amount is None else in_wan(each.due.amount),
        "between": _bounds(*between) if between else "",
    }


def _bounds(low: int, high: int) -> str:
    if low <= 1:
        return _("不超过 %(high)s") % {"high": in_wan(high)}
    return f"{in_wan(low)}–{in_wan(high)}"


@require_POST
def propose(request: ActedRequest) -> HttpResponse:
    """Proposes what was picked, with the amounts that were typed for what a person decides."""
    actor = request.actor
    require(actor, PROPOSE, actor.region_path)
    wanted, wrong = _wanted(actor, request.POST)
    if wrong:
        messages.error(
            request,
            _("“%(value)s”不是金额，按万元填，如 25 或 80.5；没有提出任何一项") % {"value": wrong},
            extra_tags="bad",
        )
    elif not wanted:
        messages.error(request, refusal_text("pick"), extra_tags="bad")
    else:
        _tell(request, actions.propose(by=actor, wanted=wanted))
    back = request.POST.get("back", "")
    return redirect("award", back[:26]) if back and not wrong else redirect(reverse("awards_due"))


def _wanted(actor: Actor, given: QueryDict) -> tuple[list[Wanted], str]:
    """What was picked, and the first amount that is none. One query."""
    keys = [key.split(":", 2) for key in given.getlist("pick")[:_MOST]]
    keys = [key for key in keys if len(key) == 3]
    ids = dict(
        Enterprise.objects.under(actor.region_path)
        .filter(public_id__in={key[0][:26] for key in keys})
        .values_list("public_id", "pk")
    )
    wanted = []
    for public_id, scheme, event in keys:
        text = given.get(f"amount-{public_id}:{scheme}:{event}", "").strip()
        amount = from_wan(text) if text else None
        if text and not amount:
            return [], text
        if public_id in ids:
            wanted.append(Wanted(ids[public_id], event[:64], scheme[:12], amount))
    return wanted, ""


def _tell(request: ActedRequest, result: actions.Proposed) -> None:
    """Says what became of each line. One query."""
    n = len(result.made)
    if n:
        messages.success(
            request, ngettext("已提出 %(n)d 项", "已提出 %(n)d 项", n) % {"n": n}, extra_tags="ok"
        )
    refused = list(result.refused.items())[:20]
    names = dict(
        Enterprise.objects.filter(pk__in={w.enterprise_id for w, _code in refused}).values_list("pk", "name")
    )
    for line, code in refused:
        said = f"{names.get(line.enterprise_id, '')} {scheme_name(line.scheme)}{_('：')}{refusal_text(code)}"
        messages.warning(request, said, extra_tags="warn")
