"""The public notice of awards: what is to be published, what runs, its objections, and the clearing for payment."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation import terms
from cultivation.models import NoticeEntry, Objection, PublicNotice
from portal.pages.awards import VIEW, picked, row_of, tell
from portal.pages.notices import NoticeForm, styled
from subsidies import actions, awarded, schemes
from subsidies.reasons import refusal_text
from subsidies.rules.amounts import in_wan
from subsidies.rules.workflow import APPROVE, Refused
from tenancy.access import Actor, require
from tenancy.context import ancestors
from tenancy.http import ActedRequest
from tenancy.paging import page_of

#: lines of one notice
_MOST = 2_000


def visible(actor: Actor) -> QuerySet[PublicNotice]:
    """The notices of awards of one's own place and those above it."""
    return PublicNotice.objects.filter(
        region_id__in=[*ancestors(actor.region_path), actor.region_path], batch__isnull=True
    )


@require_GET
def award_notices(request: ActedRequest) -> HttpResponse:
    """The notices of awards, newest first, with what waits in each. Three queries."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    today = timezone.localdate()
    found = visible(actor).annotate(lines=Count("entries")).order_by("-opens_on", "-id")
    page = page_of(request, found, 30)
    asked = set(
        Objection.objects.filter(notice__in=[n.pk for n in page], answered_at__isnull=True).values_list(
            "notice_id", flat=True
        )
    )
    waiting = dict(
        awarded.inside(actor)
        .filter(notice__in=[n.pk for n in page], state="noticed")
        .values_list("notice")
        .annotate(n=Count("pk"))
        .values_list("notice", "n")
    )
    return render(
        request,
        "portal/awards/notices.html",
        {
            "page": page,
            "rows": [
                {
                    "notice": n,
                    "open": today <= n.closes_on,
                    "left": (n.closes_on - today).days,
                    "waits": waiting.get(n.pk, 0),
                    "objections": n.pk in asked,
                }
                for n in page
            ],
            "to_publish": awarded.awards(actor)
            .filter(stage="approved", payer__path=actor.region_path)
            .count()
            if actor.can(APPROVE)
            else 0,
        },
    )


@require_http_methods(["GET", "POST"])
def new(request: ActedRequest) -> HttpResponse:
    """The approved awards of the own policy, without what is ticked, as a public list. Three queries."""
    actor = request.actor
    require(actor, APPROVE, actor.region_path)
    waiting = awarded.awards(actor).filter(stage="approved", payer__path=actor.region_path)
    if schemes.base(scheme := request.GET.get("scheme", "")[:12]):
        waiting = waiting.filter(scheme=scheme)
    rows = list(waiting.order_by("region_id", "enterprise__pinyin", "id")[:_MOST])
    length = schemes.terms(timezone.localdate()).notice_workdays
    first = {
        "title": _("%(year)d 年奖补资金拟兑现名单公示") % {"year": timezone.localdate().year},
        "workdays": length,
    }
    form = styled(NoticeForm(request.POST or None, initial=first))
    if request.method == "POST" and form.is_valid():
        without = set(request.POST.getlist("without"))
        shown = [f"{a.public_id}:{a.step}" for a in rows if a.public_id not in without]
        asked = set(request.POST.get("seen", "").split(","))
        seen = picked(actor, [pick for pick in shown if pick in asked], most=_MOST)
        try:
            notice, done = actions.publish(by=actor, seen=seen, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, refusal_text(refused.code))
        else:
            if notice is not None:
                tell(request, done, "publish")
                return redirect("award_notice", notice.public_id)
            form.add_error(None, refusal_text(min(set(done.refused.values()) or {"nothing_left"})))
    return render(
        request,
        "portal/awards/notice_new.html",
        {
            "rows": [row_of(a) for a in rows],
            "total": in_wan(sum(a.amount for a in rows)),
            "form": form,
            "seen": ",".join(f"{a.public_id}:{a.step}" for a in rows),
            "closes": terms.deadline(timezone.localdate(), length),
            "length": length,
        },
        status=422 if form.errors else 200,
    )


def _found(request: ActedRequest, public_id: str) -> PublicNotice:
    require(request.actor, VIEW, request.actor.region_path)
    return get_object_or_404(visible(request.actor), public_id=public_id[:26])


@require_GET
def notice(request: ActedRequest, public_id: str) -> HttpResponse:
    """One notice with its lines, its objections and what comes next. Six queries."""
    actor, found = request.actor, _found(request, public_id)
    today = timezone.localdate()
    rows = awarded.awards(actor).filter(notice=found).order_by("region_id", "enterprise__pinyin", "id")
    page = page_of(request, rows, 100)
    mine = actor.can(APPROVE) and found.region_id == actor.region_path
    objections = list(Objection.objects.filter(notice=found).order_by("made_at")) if mine else []
    names = dict(
        NoticeEntry.objects.filter(pk__in=[o.entry_id for o in objections]).values_list("pk", "name")
    )
    open_ones = sum(o.answered_at is None for o in objections)
    over = today > found.closes_on
    waits = rows.filter(state="noticed").count()
    return render(
        request,
        "portal/awards/notice.html",
        {
            "notice": found,
            "open": not over,
            "left": (found.closes_on - today).days,
            "page": page,
            "rows": [row_of(a) for a in page],
            "mine": mine,
            "objections": [{"objection": o, "about": names.get(o.entry_id, "")} for o in objections],
            "open_ones": open_ones,
            "waits": waits,
            "may_clear": mine and over and not open_ones and waits > 0,
        },
    )


@require_POST
def clear(request: ActedRequest, public_id: str) -> HttpResponse:
    """Clears what is left of the notice for payment."""
    found = _found(request, public_id)
    try:
        done = actions.clear(by=request.actor, notice=found)
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        messages.success(request, _("公示无异议，%(n)d 项可以拨付") % {"n": len(done.done)}, extra_tags="ok")
    return redirect("award_notice", public_id)


@require_POST
def answer(request: ActedRequest, receipt: str) -> HttpResponse:
    """Answers an objection to an award: the list stays, or the award is ended."""
    actor = request.actor
    require(actor, APPROVE, actor.region_path)
    found = (
        Objection.objects.select_related("notice")
        .filter(receipt=receipt[:12], notice__batch__isnull=True)
        .first()
    )
    if found is None:
        raise Http404
    try:
        actions.answer(
            by=actor,
            objection=found,
            upheld=request.POST.get("upheld") == "1",
            text=request.POST.get("answer", ""),
        )
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        messages.success(request, _("已答复"), extra_tags="ok")
    return redirect("award_notice", found.notice.public_id)
