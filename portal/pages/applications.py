"""Applications: the list and queue, one application with its facts and opinions, and the rounds."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation import actions
from cultivation.fact_names import fact_name
from cultivation.models import Application, ApplicationBatch, Evaluation, ReviewStep, Tier
from cultivation.queue import choices, counts, rounds_of, states_of, steps_of, visible, visits_of
from cultivation.rules.evidence import MOST_BYTES, SUFFIXES
from cultivation.rules.workflow import Refused
from cultivation.wording.refusals import refusal_text
from enterprises.models import Enterprise, State
from portal.pages.checklist import lines
from portal.pages.enterprise import find
from tenancy.access import Actor, require
from tenancy.context import ancestors
from tenancy.http import ActedRequest, whole_number
from tenancy.models import Job, Region
from tenancy.paging import page_of

STATE = Application.State
#: what the region has approved, and what became of it since
_PASSED = ("approved", "notice", "nation", "recognised")
#: the job that decides about many
DECIDE = "applications.decide"
#: picked on one page; refused ones that are named
_MOST = _SHOWN = 200


def _may_look(actor: Actor) -> bool:
    """An enterprise's own user sees its own; officials need the permission. Raises Denied."""
    if actor.role == "enterprise":
        return True
    require(actor, "applications.view", actor.region_path)
    return False


def view_title(view: str) -> str:
    return {"mine": _("待我办理"), "all": _("全部")}.get(view) or str(dict(STATE.choices)[view])


def narrowed(actor: Actor, got: QueryDict) -> tuple[str, QuerySet[Application]]:
    """The view that the address asks for and its applications, in no order. No query is made here."""
    mine = states_of(actor)
    asked = got.get("view", "")
    view = (
        asked if asked in {"all", *STATE.values} or (asked == "mine" and mine) else "mine" if mine else "all"
    )
    rows = visible(actor)
    if view == "mine":
        rows = rows.filter(state__in=mine)
    elif view != "all":
        rows = rows.filter(state=view)
    if batch := got.get("batch", ""):
        rows = rows.filter(batch__public_id=batch[:26])
    if q := got.get("q", "").strip()[:120]:
        rows = rows.filter(Q(enterprise__name__icontains=q) | Q(enterprise__uscc__istartswith=q))
    return view, rows


@require_GET
def applications(request: ActedRequest) -> HttpResponse:
    """What waits for one's own level, or all of a state. Five queries."""
    actor = request.actor
    own = _may_look(actor)
    mine = states_of(actor)
    there = counts(actor)
    view, rows = narrowed(actor, request.GET)
    shown = [*(["mine"] if mine else []), "all", *(s for s in STATE.values if there.get(s) or s == view)]
    numbers = there | {"mine": sum(there.get(s, 0) for s in mine), "all": sum(there.values())}
    views = [(code, view_title(code), numbers.get(code, 0)) for code in shown]
    page = page_of(request, rows.order_by(F("due_on").asc(nulls_last=True), "since", "id"), 50)
    now, today = timezone.now(), timezone.localdate()
    return render(
        request,
        "portal/applications/list.html",
        {
            "own": own,
            "own_id": get_object_or_404(Enterprise, pk=actor.enterprise_id or 0).public_id if own else "",
            "views": views,
            "view": view,
            "page": page,
            "rows": [
                {
                    "application": a,
                    "url": reverse("application", args=[a.public_id]),
                    "days": (now - a.since).days,
                    "left": (a.due_on - today).days if a.due_on else None,
                    "waits": a.state in mine,
                }
                for a in page
            ],
            "picks": view == "mine",
            "outcome": _outcome(request),
            "approves": "region" in mine,
            "batch": request.GET.get("batch", ""),
            "batches": list(rounds_of(actor).order_by("-opens_on", "-id")[:30]),
            "q": request.GET.get("q", "").strip()[:120],
            "can_open": actor.can("batches.open"),
        },
    )


def _outcome(request: ActedRequest) -> dict[str, Any] | None:
    """What the job named in the address has done, for the list's page. At most two queries."""
    try:
        asked = UUID(request.GET.get("job", ""))
    except ValueError:
        return None
    mine = Job.objects.filter(kind=DECIDE, by_id=request.actor.officer_id, state=Job.State.DONE)
    job = mine.filter(pk=asked).first()
    if job is None:
        return None
    refused = dict(job.result["refused"][:_SHOWN])
    names = Application.objects.filter(pk__in=refused).values_list("pk", "public_id", "enterprise__name")
    return {
        "what": dict(ReviewStep.Decision.choices)[job.params["decision"]],
        "done": job.result["done"],
        "failed": len(job.result["refused"]),
        "rows": [(public_id, name, refusal_text(refused[pk])) for pk, public_id, name in names],
    }


class RoundForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("批次名称"),
        max_length=80,
        help_text=gettext_lazy("如 2026 年第一批专精特新中小企业认定"),
    )
    tier = forms.ChoiceField(label=gettext_lazy("层级"), choices=Tier.choices)
    review = forms.BooleanField(label=gettext_lazy("复核批次"), required=False)
    opens_on = forms.DateField(label=gettext_lazy("开始受理"), widget=forms.DateInput(attrs={"type": "date"}))
    closes_on = forms.DateField(
        label=gettext_lazy("截止受理"), widget=forms.DateInput(attrs={"type": "date"})
    )
    note = forms.CharField(label=gettext_lazy("说明"), max_length=500, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name != "review":
                field.widget.attrs["class"] = "input"


@require_http_methods(["GET", "POST"])
def rounds(request: ActedRequest) -> HttpResponse:
    """The rounds that one may see, and the form that opens one. Two queries."""
    actor = request.actor
    require(actor, "applications.view", actor.region_path)
    can_open = actor.can("batches.open")
    form = RoundForm(request.POST or None) if can_open else None
    if request.method == "POST":
        require(actor, "batches.open", actor.region_path)
        assert form is not None
        if form.is_valid():
            try:
                batch = actions.open_batch(by=actor, region=actor.region_path, **form.cleaned_data)
            except Refused as refused:
                form.add_error(None, refusal_text(refused.code))
            else:
                messages.success(
                    request, _("“%(title)s”已开放受理") % {"title": batch.title}, extra_tags="ok"
                )
                return redirect("rounds")
    today = timezone.localdate()
    inside = Q(
        applications__region_id__gte=actor.region_path, applications__region_id__lt=actor.region_path + "~"
    )
    found = rounds_of(actor).annotate(
        filed=Count("applications", filter=inside),
        approved=Count("applications", filter=inside & Q(applications__state__in=_PASSED)),
    )
    page = page_of(request, found.order_by("-opens_on", "-id"), 30)
    return render(
        request,
        "portal/applications/rounds.html",
        {
            "form": form,
            "page": page,
            "rows": [
                {
                    "batch": b,
                    "phase": "open"
                    if b.opens_on <= today <= b.closes_on
                    else "ahead"
                    if today < b.opens_on
                    else "over",
                    "left": (b.closes_on - today).days,
                }
                for b in page
            ],
        },
        status=400 if form is not None and form.errors else 200,
    )


def found_application(request: ActedRequest, public_id: str) -> Application:
    _may_look(request.actor)
    found = visible(request.actor).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


@require_GET
def application(request: ActedRequest, public_id: str) -> HttpResponse:
    """Facts, judgement and opinions side by side, with what one may decide. About seven queries."""
    actor = request.actor
    found = found_application(request, public_id)
    own = actor.role == "enterprise"
    steps = steps_of(found, own=own)
    decisions, states, levels = dict(ReviewStep.Decision.choices), dict(STATE.choices), level_titles()
    path = found.region_id
    kinds = list(Region.objects.filter(path__in=[*ancestors(path), path]).values_list("kind", flat=True))
    may = choices(actor, found, steps, kinds)
    judged = list(
        Evaluation.objects.filter(
            enterprise_id=found.enterprise_id, tier=found.batch.tier, review=found.batch.review
        )
        .select_related("edition")
        .order_by("-judged_on", "-year", "-id")[:1]
    )
    evaluation = judged[0] if judged else None
    return render(
        request,
        "portal/applications/detail.html",
        {
            "application": found,
            "own": own,
            "steps": [
                s | {"what": decisions[s["decision"]], "from": states[s["before"]], "to": states[s["after"]]}
                for s in steps
            ],
            "last_reason": next((s["reason"] for s in reversed(steps) if s["after"] == found.state and s["reason"]), ""),
            "may": may,
            "hindered": refusal_text(may.hindered) if may.hindered else "",
            "forward": next(((d, decisions[d]) for d in ("submit", "recommend", "approve") if d in may.decisions), None),
            "others": [(d, decisions[d]) for d in ("return", "reject", "reopen", "withdraw") if d in may.decisions],
            "back": [(level, levels[level]) for level in may.back],
            "waiting": [levels[level] for level in found.waiting],
            "evaluation": evaluation,
            "site_visits": [] if own else visits_of(found),
            "checklist": lines(found, evaluation),
            "most_megabytes": MOST_BYTES // 1024 // 1024,
            "accepts": ",".join(f".{suffix}" for some in SUFFIXES.values() for suffix in some),
            "changes": _changes(evaluation, steps) if not own else [],
            "edits": found.state == STATE.DRAFT and "submit" in may.decisions,
            "level": actor.can("applications.recommend") or actor.can("applications.review") or actor.can("applications.decide"),
        },
    )  # fmt: skip


def level_titles() -> dict[str, str]:
    return {
        "draft": _("申报企业"),
        "county": _("县（市、区）"),
        "prefecture": _("地（州、市）"),
        "region": _("省（自治区）"),
    }


def _changes(now: Evaluation | None, steps: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Facts that read otherwise than when the application was last sent up or returned. One query."""
    last = next((s["evaluation_id"] for s in reversed(steps) if s["evaluation_id"]), None)
    if now is None or last is None or last == now.pk:
        return []
    before = Evaluation.objects.filter(pk=last).values_list("facts", "year").first()
    if before is None:
        return []
    was, year = before
    shown = lambda value: "—" if value is None else str(value)  # noqa: E731
    return [
        {"title": fact_name(code, year), "was": shown(was.get(code)), "now": shown(now.facts.get(code))}
        for code in sorted({*was, *now.facts})
        if was.get(code) != now.facts.get(code)
    ][:60]


@require_http_methods(["GET", "POST"])
def file(request: ActedRequest, public_id: str) -> HttpResponse:
    """Chooses a round for an enterprise and begins its application. Three queries."""
    actor = request.actor
    if not actor.can("own.apply"):
        require(actor, "applications.file", actor.region_path)
    enterprise = find(request, public_id)
    today = timezone.localdate()
    open_now = ApplicationBatch.objects.filter(
        region_id__in=[*ancestors(enterprise.region_id), enterprise.region_id],
        opens_on__lte=today,
        closes_on__gte=today,
    ).order_by("closes_on", "id")
    if request.method == "POST":
        batch = open_now.filter(public_id=request.POST.get("batch", "")[:26]).first()
        if batch is None:
            messages.error(request, _("请选一个正在受理的批次"), extra_tags="bad")
            return redirect("file_application", public_id)
        try:
            made = actions.file(by=actor, batch=batch, enterprise=enterprise)
        except Refused as refused:
            messages.error(request, refusal_text(refused.code), extra_tags="bad")
            return redirect("file_application", public_id)
        return redirect("application", made.public_id)
    filed = dict(visible(actor).filter(enterprise=enterprise).values_list("batch_id", "public_id"))
    return render(
        request,
        "portal/applications/file.html",
        {
            "enterprise": enterprise,
            "own": actor.role == "enterprise",
            "active": enterprise.state == State.ACTIVE,
            "rows": [{"batch": b, "filed": filed.get(b.pk)} for b in open_now[:50]],
        },
    )


@require_POST
def save(request: ActedRequest, public_id: str) -> HttpResponse:
    """Keeps what was typed; with `send` it is sent as well."""
    found = found_application(request, public_id)
    try:
        saved = actions.save(
            by=request.actor,
            application=found,
            platform_number=request.POST.get("platform_number", ""),
            statement=request.POST.get("statement", ""),
        )
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
        return redirect("application", public_id)
    if "send" not in request.POST:
        messages.success(request, _("已保存，随时可以接着填"), extra_tags="ok")
        return redirect("application", public_id)
    seen = whole_number(request.POST.get("seen", ""))
    return _decided(request, {saved.pk: -1 if seen is None else seen}, "submit", one=saved)


@require_POST
def decide(request: ActedRequest) -> HttpResponse:
    """One decision about what was ticked; each application's answer is told."""
    actor = request.actor
    _may_look(actor)
    ticked = dict(each.split(":", 1) for each in request.POST.getlist("pick")[:_MOST] if ":" in each)
    rows = visible(actor).filter(public_id__in=ticked)
    decision = request.POST.get("decision", "")
    if decision not in ReviewStep.Decision.values:
        raise PermissionDenied
    found = {a.pk: a for a in rows}
    if not found:
        raise Http404
    seen = {pk: n if (n := whole_number(ticked[a.public_id])) is not None else -1 for pk, a in found.items()}
    return _decided(
        request,
        seen,
        decision,
        one=next(iter(found.values())) if len(found) == 1 and "many" not in request.POST else None,
    )


def _decided(
    request: ActedRequest, seen: dict[int, int], decision: str, one: Application | None
) -> HttpResponse:
    back = redirect("application", one.public_id) if one else redirect("applications")
    try:
        result = actions.decide(
            by=request.actor,
            seen=seen,
            decision=decision,  # type: ignore[arg-type]
            reason=request.POST.get("reason", ""),
            opinion=request.POST.get("opinion", ""),
            to=request.POST.get("to", ""),
        )
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
        return back
    tell(request, result, decision, one=one is not None)
    return back


def tell(request: ActedRequest, result: actions.Decided, decision: str, *, one: bool = False) -> None:
    """What became of each application, as messages of the next page. At most one query."""
    title = dict(ReviewStep.Decision.choices)[decision]
    if result.done:
        n = len(result.done)
        messages.success(
            request,
            ngettext("%(what)s：已办 %(n)d 份", "%(what)s：已办 %(n)d 份", n) % {"what": title, "n": n},
            extra_tags="ok",
        )
    refused = list(result.refused.items())[:20]
    names = dict(
        visible(request.actor)
        .filter(pk__in=[pk for pk, _code in refused])
        .values_list("pk", "enterprise__name")
    )
    for pk, code in refused:
        told = refusal_text(code) if one else f"{names.get(pk, '')}{_('：')}{refusal_text(code)}"
        messages.warning(request, told, extra_tags="warn")


@require_POST
def conflict(request: ActedRequest, public_id: str) -> HttpResponse:
    """Declares a conflict of interest with the application's enterprise, or ends the own one."""
    found = found_application(request, public_id)
    enterprise: Enterprise = found.enterprise
    try:
        if "end" in request.POST:
            own = choices(request.actor, found, [], []).conflict
            if own is not None:
                actions.end_conflict(by=request.actor, conflict=own)
            messages.success(request, _("已撤销声明，可以办理这家企业的申报"), extra_tags="ok")
        else:
            actions.declare_conflict(
                by=request.actor, enterprise=enterprise, reason=request.POST.get("reason", "")
            )
            messages.success(request, _("已声明，这家企业的申报由他人办理"), extra_tags="ok")
    except Refused:
        messages.error(request, _("请写明是什么关系"), extra_tags="bad")
    return redirect("application", public_id)
