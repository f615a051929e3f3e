"""The cultivation pool: who may enter, who is in which stage, and each place against its quota."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation import actions, pooled, terms
from cultivation.models import PoolEntry, PoolStep, Tier
from cultivation.rules.pool import Refused, entitled
from cultivation.wording.refusals import refusal_text
from enterprises.models import Enterprise
from tenancy.access import Actor, require
from tenancy.http import ActedRequest, whole_number
from tenancy.models import Region
from tenancy.paging import page_of

STAGE = PoolEntry.Stage
#: picked on one page
_MOST = 200
#: taken in at once
_MANY = 20_000


def view_title(view: str) -> str:
    return _("可入库") if view == "candidates" else str(dict(STAGE.choices)[view])


def tier_of(got: QueryDict) -> str:
    asked = got.get("tier", "")
    return asked if asked in Tier.values else Tier.INNOVATIVE


def stage_of(got: QueryDict) -> str:
    asked = got.get("view", "")
    return asked if asked in STAGE.values else "candidates"


def narrowed(actor: Actor, got: QueryDict) -> QuerySet[PoolEntry]:
    """The entries of the stage and tier that the address asks for; no query is made here."""
    rows = pooled.entries(actor).filter(tier=tier_of(got))
    view = stage_of(got)
    if view != "candidates":
        rows = rows.filter(stage=view)
    if q := got.get("q", "").strip()[:120]:
        rows = rows.filter(Q(enterprise__name__icontains=q) | Q(enterprise__uscc__istartswith=q))
    return rows


@require_GET
def pool(request: ActedRequest) -> HttpResponse:
    """Who may enter, or the entries of a stage. At most five queries."""
    actor = request.actor
    require(actor, "pool.view", actor.region_path)
    tier, view, today = tier_of(request.GET), stage_of(request.GET), timezone.localdate()
    may_enter = pooled.candidates(actor, tier, today)
    there = pooled.counts(actor, tier)
    numbers = {**there, "candidates": may_enter.count()}
    q = request.GET.get("q", "").strip()[:120]
    rows: list[dict[str, Any]]
    if view == "candidates":
        if q:
            may_enter = may_enter.filter(
                Q(enterprise__name__icontains=q) | Q(enterprise__uscc__istartswith=q)
            )
        page = page_of(request, may_enter.order_by("missing_max", "missing_count", "id"), 50)
        most = terms.most_missing()
        rows = [
            {"judged": e, "enters": entitled(e.missing_count, e.missing_max, most) == "enters"} for e in page
        ]
    else:
        page = page_of(request, narrowed(actor, request.GET).order_by("-since", "id"), 50)
        rows = [{"entry": e, "reason": e.reason} for e in page]
        if view == STAGE.LEFT:
            _with_reasons(rows)
    return render(
        request,
        "portal/pool/list.html",
        {
            "views": [
                (code, view_title(code), numbers.get(code, 0)) for code in ("candidates", *STAGE.values)
            ],
            "view": view,
            "tier": tier,
            "tiers": Tier.choices,
            "page": page,
            "rows": rows,
            "q": q,
            "edits": actor.can("pool.edit"),
            "most": terms.most_missing(),
            "stages": [(code, name) for code, name in STAGE.choices if code not in (view, STAGE.LEFT)],
        },
    )


def _with_reasons(rows: list[dict[str, Any]]) -> None:
    """Why each of them left. One query."""

    said = dict(
        PoolStep.objects.filter(entry__in=[r["entry"].pk for r in rows], after=STAGE.LEFT)
        .order_by("number")
        .values_list("entry_id", "reason")
    )
    for row in rows:
        row["reason"] = said.get(row["entry"].pk, "")


@require_POST
def admit(request: ActedRequest) -> HttpResponse:
    """Takes in what was ticked, or everybody who enters without a further word."""
    actor = request.actor
    require(actor, "pool.edit", actor.region_path)
    tier = tier_of(request.POST)
    if "all" in request.POST:
        found = pooled.candidates(actor, tier, timezone.localdate()).filter(
            missing_max__lte=terms.most_missing()
        )
        ids = list(found.order_by("id").values_list("enterprise_id", flat=True)[:_MANY])
    else:
        picked = request.POST.getlist("pick")[:_MOST]
        ids = list(
            Enterprise.objects.filter(
                public_id__in=picked,
                region_id__gte=actor.region_path,
                region_id__lt=actor.region_path + "~",
            ).values_list("pk", flat=True)
        )
    result = actions.admit(by=actor, tier=tier, enterprise_ids=ids, reason=request.POST.get("reason", ""))
    n = len(result.done)
    if n:
        messages.success(
            request, ngettext("已入库 %(n)d 家", "已入库 %(n)d 家", n) % {"n": n}, extra_tags="ok"
        )
    elif not result.refused:
        messages.warning(request, _("请先选择企业"), extra_tags="warn")
    _refused(request, result.refused, dict(_names(result.refused)))
    return redirect(f"{reverse('pool')}?tier={tier}")


def _names(ids: dict[int, str]) -> Any:
    return Enterprise.objects.filter(pk__in=list(ids)[:20]).values_list("pk", "name")


def _refused(request: ActedRequest, refused: dict[int, str], names: dict[int, str]) -> None:
    for pk, code in list(refused.items())[:20]:
        messages.warning(request, f"{names.get(pk, '')}{_('：')}{refusal_text(code)}", extra_tags="warn")


@require_POST
def move(request: ActedRequest) -> HttpResponse:
    """Moves what was ticked to another stage, or out of the pool."""
    actor = request.actor
    require(actor, "pool.edit", actor.region_path)
    back = f"{reverse('pool')}?tier={tier_of(request.POST)}&view={stage_of(request.POST)}"
    ticked = dict(each.split(":", 1) for each in request.POST.getlist("pick")[:_MOST] if ":" in each)
    found = {e.pk: e for e in pooled.entries(actor).filter(public_id__in=ticked)}
    seen = {pk: n if (n := whole_number(ticked[e.public_id])) is not None else -1 for pk, e in found.items()}
    try:
        result = actions.move(
            by=actor, seen=seen, stage=request.POST.get("stage", ""), reason=request.POST.get("reason", "")
        )
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
        return redirect(back)
    n = len(result.done)
    if n:
        messages.success(
            request, ngettext("已调整 %(n)d 家", "已调整 %(n)d 家", n) % {"n": n}, extra_tags="ok"
        )
    elif not result.refused:
        messages.warning(request, _("请先选择企业"), extra_tags="warn")
    _refused(request, result.refused, {pk: e.enterprise.name for pk, e in found.items()})
    return redirect(back)


@require_http_methods(["GET", "POST"])
def quota(request: ActedRequest) -> HttpResponse:
    """Each place in a year: brought in, asked, and by which count. Five queries."""
    actor = request.actor
    require(actor, "pool.view", actor.region_path)
    today = timezone.localdate()
    year = whole_number(request.GET.get("year", "")) or today.year
    year = year if 2000 <= year <= today.year else today.year
    problem = ""
    if request.method == "POST":
        require(actor, "pool.edit", actor.region_path)
        problem = _counted(request, actor, year)
        if not problem:
            messages.success(request, _("已登记，按新的户数计算"), extra_tags="ok")
            return redirect(f"{reverse('pool_quota')}?year={year}")
    places = pooled.against_quota(actor, year)
    return render(
        request,
        "portal/pool/quota.html",
        {
            "places": places,
            "year": year,
            "years": range(today.year, today.year - 5, -1),
            "edits": actor.can("pool.edit"),
            "given": request.POST,
            "problem": problem,
            "today": today,
        },
        status=422 if problem else 200,
    )


def _counted(request: ActedRequest, actor: Actor, year: int) -> str:
    """What is wrong with the count that was typed; empty where it was recorded."""
    given = request.POST
    region = Region.objects.under(actor.region_path).filter(code=given.get("region", "")[:12]).first()
    count = whole_number(given.get("count", ""))
    if region is None:
        return _("请选择地区")
    try:
        on = dt.date.fromisoformat(given.get("counted_on", ""))
        if count is None:
            raise ValueError
        actions.record_industrial_count(
            by=actor,
            region=region.path,
            year=year,
            count=count,
            counted_on=on,
            source=given.get("source", ""),
        )
    except (Refused, ValueError):
        return refusal_text("count_words")
    return ""
