"""Awards: where each one stands, what waits for whom, and one award with its reason, its money and its people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from enterprises.models import Enterprise
from portal.pages.enterprise import find
from subsidies import actions, awarded, local, schemes, vouchers
from subsidies.choices import has_choice
from subsidies.models import Award
from subsidies.queries import account_of, answers
from subsidies.reasons import reason_text, refusal_text
from subsidies.rules.amounts import from_wan, in_wan
from subsidies.rules.local import is_top_up
from subsidies.rules.schemes import Policy, Scheme
from subsidies.rules.workflow import APPROVE, PAY, PROPOSE, RESERVE, Refused
from subsidies.steps import Done
from subsidies.wording import title_name
from tenancy.access import Actor, require
from tenancy.http import ActedRequest, whole_number
from tenancy.paging import page_of

VIEW = "awards.view"
#: picked on one page
_MOST = 200
#: what is done with what is picked in a view: decision, its permission
_ACTS = {
    "waiting": ("reserve", RESERVE),
    "reserved": ("approve", APPROVE),
    "cleared": ("order", PAY),
}
_STANDS = (*awarded.STAGES[:7], "recover", *awarded.STAGES[7:])


def may_look(actor: Actor) -> bool:
    """Whether it is an enterprise's own user, who sees its own; officials need the permission. Raises Denied."""
    if actor.role == "enterprise":
        return True
    require(actor, VIEW, actor.region_path)
    return False


def view_title(view: str) -> str:
    return {
        "all": _("全部"),
        "waiting": _("待受理"),
        "reserved": _("待审批"),
        "approved": _("待公示"),
        "noticed": _("公示中"),
        "cleared": _("待拨付"),
        "ordered": _("待到账"),
        "paid": _("已到账"),
        "recover": _("待追回"),
        "recovering": _("追回中"),
        "recovered": _("已追回"),
        "refused": _("不予兑现"),
        "withdrawn": _("已撤回"),
    }[view]


def narrowed(actor: Actor, got: QueryDict) -> tuple[str, QuerySet[Any], QuerySet[Any]]:
    """The view asked for, its awards, and those of every view. No query is made here."""
    rows = awarded.awards(actor)
    if schemes.base(scheme := got.get("scheme", "")[:12]):
        rows = rows.filter(scheme=scheme)
    if q := got.get("q", "").strip()[:120]:
        rows = rows.filter(Q(enterprise__name__icontains=q) | Q(enterprise__uscc__istartswith=q))
    view = got.get("view", "all")
    if view == "recover":
        return view, rows.filter(to_recover=True), rows
    if view not in awarded.STAGES:
        return "all", rows, rows
    return view, rows.filter(stage=view), rows


@require_GET
def awards(request: ActedRequest) -> HttpResponse:
    """The awards of the place by where they stand, with what is done next. Five queries."""
    actor = request.actor
    if may_look(actor):
        return _own(request)
    view, rows, every = narrowed(actor, request.GET)
    there = awarded.counts(every)
    numbers = there | {"all": sum(there.get(stage, 0) for stage in awarded.STAGES)}
    page = page_of(request, rows.order_by("proposed_at", "id"), 50)
    decision, permission = _ACTS.get(view, ("", ""))
    return render(
        request,
        "portal/awards/list.html",
        {
            "views": [
                (code, view_title(code), numbers.get(code, 0))
                for code in ("all", *_STANDS)
                if numbers.get(code) or code in (view, "all")
            ],
            "view": view,
            "page": page,
            "rows": [row_of(a) for a in page],
            "decision": decision if decision and actor.can(permission) and any(a.own for a in page) else "",
            "publishes": view == "approved" and actor.can(APPROVE),
            "word": act_title(decision) if decision else "",
            "schemes": scheme_choices(),
            "scheme": request.GET.get("scheme", ""),
            "q": request.GET.get("q", "").strip()[:120],
            "can_propose": actor.can(PROPOSE),
        },
    )


def scheme_choices(known: Mapping[str, tuple[Policy, Scheme]] | None = None) -> list[tuple[str, str]]:
    """Code and name of every scheme that pays, and of every top-up that the context knows of. One query, none with
    `known`, as of `local.by_code`."""
    every = local.by_code(timezone.localdate()) if known is None else known
    return [
        (code, scheme_name(code)) for code, (_policy, scheme) in sorted(every.items()) if not scheme.repeats
    ]


def scheme_name(code: str) -> str:
    """A scheme as officials call it: its code and what it pays for."""
    known = schemes.base(code)
    if known is None:
        return f"{code} {_('创新券')}" if code in vouchers.codes() else code
    scheme = known[1]
    again = _("（复核）") if scheme.how == "renewal" else ""
    more = _("（本地配套）") if is_top_up(code) else ""
    return f"{code} {title_name(scheme.event)}{again}{more}"


def row_of(award: Any) -> dict[str, Any]:
    return {
        "award": award,
        "scheme": scheme_name(award.scheme),
        "amount": in_wan(award.amount),
        "stage": award.stage,
        "word": view_title(award.stage),
        "recover": award.to_recover,
    }


def _own(request: ActedRequest) -> HttpResponse:
    """What the enterprise was awarded and where it is; what it is due besides, and why not the rest. About twelve queries."""
    actor = request.actor
    firm = Enterprise.objects.filter(pk=actor.enterprise_id or 0).first()
    if firm is None:
        raise Http404
    rows = [row_of(a) for a in awarded.awards(actor).order_by("-proposed_at", "-id")]
    known = {(r["award"].scheme, r["award"].event) for r in rows}
    events, answer = answers([firm], timezone.localdate())[firm.pk]
    account, sources = account_of(firm.pk), local.by_code(timezone.localdate())
    return render(
        request,
        "portal/awards/own.html",
        {
            "enterprise": firm,
            "rows": rows,
            "due": [
                {"scheme": scheme_name(d.scheme), "event": events[d.event], "title": title_name(events[d.event].title),
                 "amount": None if d.amount is None else in_wan(d.amount)}
                for d in answer.due
                if (d.scheme, d.event) not in known
            ],
            "refused": [
                {"scheme": scheme_name(r.scheme), "event": events[r.event], "title": title_name(events[r.event].title),
                 "why": reason_text(r.reason), **source_of(r.scheme, sources)}
                for r in answer.refused
            ],
            "account": account,
            "asks_account": awarded.without_account(firm.pk).exists(),
            "chooses": has_choice(firm),
        },
    )  # fmt: skip


def source_of(code: str, known: Mapping[str, tuple[Policy, Scheme]]) -> dict[str, str]:
    """Where a scheme is written; `known` as `local.by_code`. Empty for one that is not known any more."""
    if code not in known:
        return {"document": "", "clause": ""}
    policy, scheme = known[code]
    return {"document": policy.document, "clause": scheme.clause}


def act_title(decision: str) -> str:
    return {
        "reserve": _("受理并预留资金"),
        "approve": _("审批同意"),
        "publish": _("列入公示"),
        "order": _("拨付"),
        "refuse": _("不予兑现"),
        "withdraw": _("撤回"),
        "release": _("释放资金"),
    }[decision]


@require_POST
def decide(request: ActedRequest) -> HttpResponse:
    """One decision about what was picked; the answer tells who was refused and why."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    given = request.POST
    decision = given.get("decision", "")
    seen = picked(actor, given.getlist("pick"))
    back = given.get("back", "")
    to = (
        reverse("award", args=[back[:26]])
        if back
        else f"{reverse('awards')}?view={given.get('view', '')[:10]}"
    )
    if not seen:
        messages.error(request, refusal_text("pick"), extra_tags="bad")
        return redirect(to)
    try:
        tell(request, _decided(actor, decision, seen, given), decision)
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    return redirect(to)


def _decided(actor: Actor, decision: str, seen: dict[int, int], given: QueryDict) -> Done:
    reason = given.get("reason", "")
    match decision:
        case "reserve":
            return actions.reserve(by=actor, seen=seen, year=whole_number(given.get("year", "")))
        case "approve":
            return actions.approve(by=actor, seen=seen, opinion=reason)
        case "refuse":
            return actions.refuse(by=actor, seen=seen, reason=reason)
        case "release":
            return actions.release(by=actor, seen=seen)
        case "withdraw":
            return actions.withdraw(by=actor, seen=seen, reason=reason)
        case "order":
            amounts = None
            if text := given.get("amount", "").strip():
                amounts = dict.fromkeys(seen, from_wan(text) or 0)
            return actions.order(by=actor, seen=seen, amounts=amounts)
        case _:
            raise Http404


def picked(actor: Actor, picks: list[str], most: int = _MOST) -> dict[int, int]:
    """What was ticked, as award → the step that was seen. One query."""
    asked: dict[str, int] = {}
    for pick in picks[:most]:
        public_id, _colon, step = pick.partition(":")
        number = whole_number(step)
        if number is not None:
            asked[public_id[:26]] = number
    found = awarded.inside(actor).filter(public_id__in=asked).values_list("pk", "public_id")
    return {pk: asked[public_id] for pk, public_id in found}


def tell(request: ActedRequest, done: Done, decision: str) -> None:
    """Says what became of each. At most one query."""
    if done.done:
        n = len(done.done)
        said = ngettext("%(what)s：%(n)d 项", "%(what)s：%(n)d 项", n) % {"what": act_title(decision), "n": n}
        messages.success(request, said, extra_tags="ok")
    names = dict(Award.objects.filter(pk__in=done.refused).values_list("pk", "enterprise__name"))
    for pk, code in list(done.refused.items())[:20]:
        messages.warning(request, f"{names.get(pk, '')}{_('：')}{refusal_text(code)}", extra_tags="warn")


def found_award(request: ActedRequest, public_id: str) -> Any:
    """The award, if the actor may see it; otherwise it does not exist. One query."""
    may_look(request.actor)
    found = awarded.awards(request.actor).filter(public_id=public_id[:26]).first()
    if found is None:
        raise Http404
    return found


def enterprise_of(request: ActedRequest, public_id: str) -> Enterprise:
    """The enterprise of a page about its money. Raises Denied, 404."""
    may_look(request.actor)
    return find(request, public_id)
