"""One decision about a whole list of applications: counted first, in the background where they are many."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cultivation import actions
from cultivation.models import ReviewStep
from cultivation.queue import states_of
from cultivation.rules import workflow
from cultivation.rules.workflow import LEVELS, TABLE, WITH_REASON
from cultivation.wording.refusals import refusal_text
from portal.pages.applications import DECIDE, level_titles, narrowed, tell
from tenancy import jobs
from tenancy.access import Denied
from tenancy.http import ActedRequest

#: more than these are decided in the background
AT_ONCE = 200


@require_http_methods(["GET", "POST"])
def many(request: ActedRequest) -> HttpResponse:
    """The form with its count, then the decision. Three queries."""
    actor = request.actor
    levels = states_of(actor)
    if not levels:
        raise Denied(workflow.RECOMMEND, actor.region_path)
    asked = request.GET.copy()
    asked["view"] = "mine"
    seen = dict(narrowed(actor, asked)[1].order_by("pk").values_list("pk", "step"))
    titles = dict(ReviewStep.Decision.choices)
    open_to = [
        d for (state, d) in TABLE if state == levels[0] and d in ("recommend", "approve", "return", "reject")
    ]
    back = LEVELS[: LEVELS.index(levels[0])]  # type: ignore[arg-type]
    given = request.POST
    problem = _problem(given, open_to, len(seen)) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        said = {name: given.get(name, "").strip() for name in ("decision", "reason", "opinion", "to")}
        if len(seen) > AT_ONCE:
            params: dict[str, Any] = {**said, "seen": {str(pk): step for pk, step in seen.items()}}
            return redirect(jobs.start(by=actor, kind=DECIDE, region=actor.region_path, params=params))
        decision = said.pop("decision")
        tell(request, actions.decide(by=actor, seen=seen, decision=decision, **said), decision)  # type: ignore[arg-type]
        return redirect("applications")
    return render(
        request,
        "portal/applications/many.html",
        {
            "total": len(seen),
            "decisions": [(d, titles[d]) for d in open_to],
            "back": [(level, level_titles()[level]) for level in back],
            "given": given,
            "problem": problem,
            "back_query": request.GET.urlencode(),
        },
        status=422 if problem else 200,
    )


def _problem(given: Any, open_to: list[Any], total: int) -> str:
    if given.get("total") != str(total):
        return _("名单刚才变了，现在是 %(n)d 份，请再看一眼") % {"n": total}
    decision = given.get("decision")
    if decision not in open_to:
        return _("请选一种办理意见")
    if decision in WITH_REASON and not given.get("reason", "").strip():
        return refusal_text("reason_missing")
    return ""


def decided(result: actions.Decided) -> dict[str, Any]:
    """What a job keeps of its decision."""
    return {"done": len(result.done), "refused": list(result.refused.items())}
