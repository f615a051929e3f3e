"""The pools beside their signed heads: what is less or other, and how two people accept it after a loss."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal.pages.awards import scheme_name
from portal.wording import role_title
from subsidies import actions, heads
from subsidies.actions.accepting import CONFIRM, PROPOSE, SEE
from subsidies.losses import Loss, acceptances, losses
from subsidies.models import Acceptance
from subsidies.reasons import refusal_text
from subsidies.rules.heads import ABSENT
from subsidies.rules.workflow import Refused
from subsidies.wording import fault_text
from tenancy import jobs
from tenancy.access import require
from tenancy.http import ActedRequest, whole_number
from tenancy.models import Officer
from tenancy.paging import page_of

#: the kind of the job that signs what was accepted
SIGN = "ledger.sign"


@require_GET
def page(request: ActedRequest) -> HttpResponse:
    """What is lost, what waits for a confirmation, and what was decided. About ten queries, and the lines of the own pools."""
    actor = request.actor
    require(actor, SEE, actor.region_path)
    signed = heads.read(actor.region_path)
    made = acceptances(actor.region_path)
    waiting = list(made.filter(answer__isnull=True))
    rows = page_of(request, made.filter(answer__isnull=False), 30)
    ids = {each.by_id for each in [*waiting, *rows]} | {each.answer.by_id for each in rows}
    names = dict(Officer.objects.filter(pk__in=ids).values_list("pk", "display_name"))
    asked = {each.pool for each in waiting}
    return render(
        request,
        "portal/awards/ledger_heads.html",
        {
            "losses": [
                _loss(each) | {"waits": each.before.pool in asked}
                for each in losses(signed, actor.region_path)
            ],
            "broken": bool(signed.faults),
            "signed": sum(line.head.region == actor.region_path for line in signed.of.values()),
            "open": [_acceptance(each, actor.officer_id, names) for each in waiting],
            "decided": [_acceptance(each, actor.officer_id, names) for each in rows],
            "page": rows,
            "proposes": actor.can(PROPOSE),
            "confirms": actor.can(CONFIRM),
            "proposers": [role_title("finance"), role_title("sysadmin")],
            "confirmers": [role_title("auditor"), role_title("secadmin")],
        },
    )


def _loss(loss: Loss) -> dict[str, Any]:
    return _heads(loss.before.__dict__, loss.after.__dict__, loss.kept) | {
        "pool": loss.before.pool,
        "seen": loss.seen,
        "what": fault_text(loss.what),
        "at": dt.datetime.fromisoformat(loss.line.at),
        "pending": loss.pending,
    }


def _heads(before: dict[str, Any], after: dict[str, Any], kept: int) -> dict[str, Any]:
    """The signed head and what there is in its place, with the numbers that are lost between them."""
    last = before["entries"]
    lost = ""
    if kept < last:
        lost = _("第 %(n)s 笔") % {"n": last if kept + 1 == last else f"{kept + 1}–{last}"}
    return {
        "scheme": scheme_name(before["scheme"]),
        "year": before["year"],
        "was": last,
        "was_digest": before["digest"][:16],
        "now": after["entries"],
        "now_digest": after["digest"][:16],
        "gone": after["digest"] == ABSENT,
        "kept": kept,
        "lost": lost,
    }


def _acceptance(made: Acceptance, me: int | None, names: dict[int, str]) -> dict[str, Any]:
    answer = getattr(made, "answer", None)
    return _heads(made.before, made.after, made.kept) | {
        "made": made,
        "pool": made.pool,
        "answer": answer,
        "by": names.get(made.by_id, ""),
        "answered_by": names.get(answer.by_id, "") if answer else "",
        "own": made.by_id == me,
    }


@require_POST
def propose(request: ActedRequest) -> HttpResponse:
    actor, given = request.actor, request.POST
    require(actor, PROPOSE, actor.region_path)
    pool = whole_number(given.get("pool", "")) or 0
    words = {name: given.get(name, "") for name in ("seen", "reason", "document")}
    if _done(request, lambda: actions.propose_loss(by=actor, pool=pool, **words)):
        messages.success(request, _("已提请，等待另一人确认"), extra_tags="ok")
    return redirect("ledger_heads")


@require_POST
def confirm(request: ActedRequest, public_id: str) -> HttpResponse:
    """Confirms, and lets a worker sign what was accepted."""
    actor = request.actor
    require(actor, CONFIRM, actor.region_path)
    found = _found(request, public_id)
    if not _done(request, lambda: actions.confirm_loss(by=actor, acceptance=found)):
        return redirect("ledger_heads")
    return redirect(jobs.start(by=actor, kind=SIGN, region=actor.region_path, params={}))


@require_POST
def decline(request: ActedRequest, public_id: str) -> HttpResponse:
    actor = request.actor
    require(actor, SEE, actor.region_path)
    found = _found(request, public_id)
    reason = request.POST.get("reason", "")
    if _done(request, lambda: actions.decline_loss(by=actor, acceptance=found, reason=reason)):
        messages.success(request, _("已退回"), extra_tags="ok")
    return redirect("ledger_heads")


def _found(request: ActedRequest, public_id: str) -> Acceptance:
    return get_object_or_404(Acceptance, public_id=public_id[:26], region_id=request.actor.region_path)


def _done(request: ActedRequest, act: Callable[[], object]) -> bool:
    try:
        act()
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
        return False
    return True
