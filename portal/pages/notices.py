"""Public notices for officials: publishing a list, its objections, the announcement that recognises it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation import actions, recognised, terms
from cultivation.models import (
    Announcement,
    Application,
    ApplicationBatch,
    NoticeEntry,
    Objection,
    PublicNotice,
)
from cultivation.rules.workflow import PUBLISH, RECOGNISE, Refused
from cultivation.wording.refusals import refusal_text
from tenancy.access import Actor, require
from tenancy.http import ActedRequest, whole_number
from tenancy.paging import page_of

STATE = Application.State


def phase(notice: PublicNotice, today: dt.date, announced: bool) -> str:
    if announced:
        return "announced"
    return "open" if today <= notice.closes_on else "over"


@require_GET
def notices(request: ActedRequest) -> HttpResponse:
    """What waits for a notice or for the ministry's decision, and the notices. At most six queries."""
    actor = request.actor
    require(actor, "applications.view", actor.region_path)
    today = timezone.localdate()
    page = page_of(request, recognised.notices(actor), 30)
    open_objections = set(
        Objection.objects.filter(notice__in=[n.pk for n in page], answered_at__isnull=True).values_list(
            "notice_id", flat=True
        )
    )
    return render(
        request,
        "portal/notices/list.html",
        {
            "to_publish": list(recognised.to_publish(actor)) if actor.can(PUBLISH) else [],
            "to_enter": list(recognised.to_enter(actor)) if actor.can(RECOGNISE) else [],
            "page": page,
            "rows": [
                {
                    "notice": n,
                    "announcement": _announcement(n),
                    "phase": phase(n, today, _announcement(n) is not None),
                    "left": (n.closes_on - today).days,
                    "objections": n.pk in open_objections,
                }
                for n in page
            ],
        },
    )


def _announcement(notice: PublicNotice) -> Announcement | None:
    return getattr(notice, "announcement", None)


class NoticeForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("公示标题"), max_length=120)
    workdays = forms.IntegerField(
        label=gettext_lazy("公示期（工作日）"),
        min_value=1,
        max_value=60,
        help_text=gettext_lazy("从明天起算，按国务院办公厅的节假日安排，含调休上班日"),
    )
    contact = forms.CharField(
        label=gettext_lazy("异议受理方式"),
        max_length=300,
        help_text=gettext_lazy("单位、电话、地址，会登在公示上"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class NationalForm(forms.Form):
    number = forms.CharField(label=gettext_lazy("公告文号"), max_length=80)
    announced_on = forms.DateField(
        label=gettext_lazy("公告日期"), widget=forms.DateInput(attrs={"type": "date"})
    )


def styled(form: forms.Form) -> forms.Form:
    """With the look of the portal's fields."""
    for field in form.fields.values():
        field.widget.attrs["class"] = "input"
    return form


def _batch(actor: Actor, public_id: str, state: str) -> tuple[ApplicationBatch, list[Application]]:
    """A round of one's own region and its applications in a state."""
    batch = get_object_or_404(ApplicationBatch, public_id=public_id[:26], region_id=actor.region_path)
    rows = Application.objects.filter(batch=batch, state=state).select_related("enterprise", "region")
    return batch, list(rows.order_by("region_id", "enterprise__pinyin", "id"))


def _seen(request: ActedRequest, rows: list[Application]) -> dict[int, int]:
    """What the form was filled from, without what was ticked to be left out. Empty where it cannot be read."""
    ids = {a.public_id: a.pk for a in rows}
    without = set(request.POST.getlist("without"))
    found: dict[int, int] = {}
    for each in request.POST.get("seen", "").split(","):
        public_id, _, step = each.partition(":")
        number = whole_number(step)
        if public_id in ids and public_id not in without and number is not None:
            found[ids[public_id]] = number
    return found


@require_http_methods(["GET", "POST"])
def new(request: ActedRequest, public_id: str) -> HttpResponse:
    """The list that is to be published, without what is ticked, and for how long. Four queries."""
    actor = request.actor
    require(actor, PUBLISH, actor.region_path)
    batch, rows = _batch(actor, public_id, STATE.APPROVED)
    today = timezone.localdate()
    length = terms.of(batch.tier, today).notice_workdays
    first = {
        "title": _("%(batch)s拟认定名单公示") % {"batch": batch.title},
        "workdays": length,
    }
    form = styled(NoticeForm(request.POST or None, initial=first))
    if request.method == "POST" and form.is_valid():
        try:
            made, result = actions.publish(
                by=actor, batch=batch, seen=_seen(request, rows), **form.cleaned_data
            )
        except Refused as refused:
            form.add_error(None, refusal_text(refused.code))
        else:
            if made is not None:
                _told(request, result, rows)
                return redirect("notice", made.public_id)
            codes = set(result.refused.values()) or {"nothing_left"}
            form.add_error(None, refusal_text(min(codes)))
    return render(
        request,
        "portal/notices/new.html",
        {
            "batch": batch,
            "rows": rows,
            "form": form,
            "seen": ",".join(f"{a.public_id}:{a.step}" for a in rows),
            "closes": terms.deadline(today, length),
            "length": length,
            "terms": terms.of(batch.tier, today),
        },
        status=400 if form.errors else 200,
    )


def _told(request: ActedRequest, result: actions.Decided, rows: list[Application]) -> None:
    n = len(result.done)
    messages.success(request, ngettext("已公示 %(n)d 家", "已公示 %(n)d 家", n) % {"n": n}, extra_tags="ok")
    names = {a.pk: a.enterprise.name for a in rows}
    for pk, code in list(result.refused.items())[:20]:
        messages.warning(request, f"{names.get(pk, '')}{_('：')}{refusal_text(code)}", extra_tags="warn")


@require_http_methods(["GET", "POST"])
def national(request: ActedRequest, public_id: str) -> HttpResponse:
    """The ministry's list: who of those recommended stands on it. Three queries."""
    actor = request.actor
    require(actor, RECOGNISE, actor.region_path)
    batch, rows = _batch(actor, public_id, STATE.NATION)
    form = styled(NationalForm(request.POST or None))
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.recognise_nationally(
                by=actor, batch=batch, seen=_seen(request, rows), **form.cleaned_data
            )
        except Refused as refused:
            form.add_error(None, refusal_text(refused.code))
        else:
            messages.success(request, _("已按“%(number)s”认定") % {"number": made.number}, extra_tags="ok")
            return redirect("titles")
    return render(
        request,
        "portal/notices/national.html",
        {
            "batch": batch,
            "rows": rows,
            "form": form,
            "seen": ",".join(f"{a.public_id}:{a.step}" for a in rows),
        },
        status=400 if form.errors else 200,
    )


def _found(actor: Actor, public_id: str) -> PublicNotice:
    require(actor, "applications.view", actor.region_path)
    found = recognised.notices(actor).filter(public_id=public_id[:26]).first()
    if found is None:
        raise Http404
    return found


@require_GET
def notice(request: ActedRequest, public_id: str) -> HttpResponse:
    """One notice with its lines, its objections and what comes next. About six queries."""
    actor = request.actor
    if PublicNotice.objects.filter(public_id=public_id[:26], batch__isnull=True).exists():
        return redirect("award_notice", public_id)
    found = _found(actor, public_id)
    today = timezone.localdate()
    announcement = _announcement(found)
    lines = (
        NoticeEntry.objects.filter(notice=found)
        .annotate(state=F("application__state"), address=F("application__public_id"))
        .order_by("region_id", "id")
    )
    page = page_of(request, lines, 100)
    titles = dict(STATE.choices)
    mine = actor.can(RECOGNISE) and found.region_id == actor.region_path
    objections = list(Objection.objects.filter(notice=found).order_by("made_at")) if mine else []
    names = dict(
        NoticeEntry.objects.filter(pk__in=[o.entry_id for o in objections]).values_list("pk", "name")
    )
    open_ones = sum(o.answered_at is None for o in objections)
    now = phase(found, today, announcement is not None)
    return render(
        request,
        "portal/notices/detail.html",
        {
            "notice": found,
            "announcement": announcement,
            "phase": now,
            "left": (found.closes_on - today).days,
            "page": page,
            "rows": [{"line": line, "state": line.state, "title": titles[line.state]} for line in page],
            "mine": mine,
            "objections": [{"objection": o, "about": names.get(o.entry_id, "")} for o in objections],
            "open_ones": open_ones,
            "may_announce": mine and now == "over" and not open_ones,
            "today": today,
        },
    )


@require_POST
def announce(request: ActedRequest, public_id: str) -> HttpResponse:
    """Recognises what is left of the notice."""
    found = _found(request.actor, public_id)
    require(request.actor, RECOGNISE, found.region_id)
    try:
        on = dt.date.fromisoformat(request.POST.get("announced_on", ""))
        made = actions.recognise(
            by=request.actor, notice=found, number=request.POST.get("number", ""), announced_on=on
        )
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    except ValueError:
        messages.error(request, _("请填写公告日期"), extra_tags="bad")
    else:
        messages.success(request, _("已按“%(number)s”认定") % {"number": made.number}, extra_tags="ok")
    return redirect("notice", public_id)


@require_POST
def answer(request: ActedRequest, receipt: str) -> HttpResponse:
    """Answers an objection: the list stays as it is, or its enterprise is taken out."""
    actor = request.actor
    require(actor, RECOGNISE, actor.region_path)
    found: Any = get_object_or_404(Objection.objects.select_related("notice"), receipt=receipt[:12])
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
    return redirect("notice", found.notice.public_id)
