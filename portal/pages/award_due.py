"""What is due and not decided yet: the work list from which awards are proposed.

A short list is worked out as a whole, with its sums and numbered pages. A long one is read a page at a time, from one
enterprise on; what it comes to in all is counted by a worker for who asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from enterprises.models import Enterprise
from portal.pages.awards import VIEW, scheme_choices, scheme_name
from subsidies import actions, worklist
from subsidies.actions import Wanted
from subsidies.queries import policies_by_place
from subsidies.reasons import refusal_text
from subsidies.rules.amounts import from_wan, in_wan
from subsidies.rules.schemes import Policy, Scheme
from subsidies.rules.workflow import PROPOSE
from subsidies.wording import title_name
from subsidies.worklist import Awaiting, Sums
from tenancy import jobs
from tenancy.access import Actor, require
from tenancy.http import ActedRequest
from tenancy.paging import page_of

#: the job that counts a long list
SUMS = "awards.due"
_MOST = 200
_PAGE = 50
#: what an address says of where one looks
_LOOKS = ("scheme", "q", "page", "after", "before", "job")


@require_http_methods(["GET", "POST"])
def awards_due(request: ActedRequest) -> HttpResponse:
    """What the enterprises of the place are due without an award. At most 20 queries; a POST has a long list counted."""
    actor, today = request.actor, timezone.localdate()
    require(actor, VIEW, actor.region_path)
    asked = _asked(request.GET)
    if request.method == "POST":
        return redirect(jobs.start(by=actor, kind=SUMS, region=actor.region_path, params=asked))
    holding = policies_by_place(today)
    known = {scheme.code: (policy, scheme) for _path, policy in holding for scheme in policy.schemes}
    if long := worklist.is_long(actor.region_path, today, **asked, holding=holding):
        at = {name: request.GET.get(name, "")[:26] for name in ("after", "before")}
        stretch = worklist.page(actor.region_path, today, **asked, **at, size=_PAGE, holding=holding)
        shown: dict[str, Any] = {
            "stretch": stretch,
            "inside": stretch.before or at["after"],
            "stopped": stretch.after and len(stretch.lines) < _PAGE,
        }
        rows, sums = stretch.lines, _counted(actor, request.GET.get("job", ""), asked)
    else:
        every = list(worklist.awaiting(actor.region_path, today, **asked, holding=holding))
        shown = {"page": page_of(request, every, _PAGE)}
        rows, sums = list(shown["page"]), _said(worklist.summed(every))
    return render(
        request,
        "portal/awards/due.html",
        {
            **shown,
            "long": long,
            "rows": [_row(each, known) for each in rows],
            "sums": sums,
            "schemes": scheme_choices(known),
            **asked,
            "proposes": actor.can(PROPOSE),
            "query": _kept(request.GET),
        },
    )


def _asked(got: QueryDict) -> dict[str, str]:
    """What narrows the list."""
    return {"scheme": got.get("scheme", "")[:12], "q": got.get("q", "").strip()[:120]}


def _kept(got: QueryDict) -> str:
    """The address of the page that one looks at, to come back to."""
    return urlencode({name: got[name][:120] for name in _LOOKS if got.get(name)})


def _said(sums: Sums) -> dict[str, Any]:
    return {"n": sums.n, "total": in_wan(sums.total), "undecided": sums.undecided}


def counted(
    actor: Actor, asked: Mapping[str, str], progress: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """The sums of a long list as a worker keeps them, with their moment."""
    now = timezone.localtime()
    found = worklist.sums(
        actor.region_path, now.date(), **asked, progress=lambda done, total: progress("count", done, total)
    )
    return {**_said(found), "at": f"{now:%Y-%m-%d %H:%M}"}


def _counted(actor: Actor, job: str, asked: Mapping[str, str]) -> dict[str, Any] | None:
    """What a worker has counted of the same list for the same person. At most one query."""
    done = jobs.answer(actor, SUMS, job)
    return done.result["sums"] if done and done.params == asked else None


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
    back, query = request.POST.get("back", ""), _kept(QueryDict(request.POST.get("query", "")[:1_000]))
    if back and not wrong:
        return redirect("award", back[:26])
    return redirect(reverse("awards_due") + (f"?{query}" if query else ""))


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
