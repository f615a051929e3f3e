"""Claims with their evidence: the enterprise makes one, its county checks it, the arbiter says what follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, cast

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from enterprises.models import Enterprise, State
from portal.pages.awards import enterprise_of, scheme_name, source_of
from portal.pages.evidence import given_out
from portal.templatetags.tidu import number
from subsidies import actions, claims, local
from subsidies.models import ClaimFile, ClaimRequest
from subsidies.reasons import reason_text, refusal_text
from subsidies.rules.amounts import in_wan
from subsidies.rules.claims import Matter, Said
from subsidies.rules.schemes import Policy, Scheme
from subsidies.rules.workflow import CLAIMS, PROPOSE, Refused
from subsidies.wording import amount_name, prize_name, title_name
from tenancy.access import Actor, require
from tenancy.http import ActedRequest
from tenancy.models import Officer
from tenancy.paging import page_of

_STATES = ClaimRequest.State


def may_look(actor: Actor) -> bool:
    """Whether it is an enterprise's own user, who sees its own; officials need the permission. Raises Denied."""
    if actor.role == "enterprise":
        return True
    require(actor, CLAIMS, actor.region_path)
    return False


def view_titles() -> dict[str, str]:
    """What the list can be narrowed to."""
    return {"all": _("全部")} | {str(code): str(word) for code, word in _STATES.choices}


def narrowed(actor: Actor, got: QueryDict) -> tuple[str, QuerySet[ClaimRequest], QuerySet[ClaimRequest]]:
    """The view asked for, its claims in their order with the number `n` of their files, and those of every view. No query
    is made here."""
    own, q = actor.role == "enterprise", got.get("q", "").strip()[:120]
    rows = claims.visible(actor)
    if q and not own:
        rows = rows.filter(Q(enterprise__name__icontains=q) | Q(enterprise__uscc__istartswith=q))
    view = got.get("view", "")
    view = view if view in view_titles() else "all" if own else "open"
    shown = rows if view == "all" else rows.filter(state=view)
    order = ("filed_at", "id") if view == "open" else ("-filed_at", "-id")
    return view, shown.annotate(n=Count("files")).order_by(*order), rows


@require_GET
def claim_list(request: ActedRequest) -> HttpResponse:
    """The claims by what became of them. Four queries."""
    actor = request.actor
    own = may_look(actor)
    view, shown, rows = narrowed(actor, request.GET)
    there = dict(rows.order_by().values_list("state").annotate(n=Count("pk")).values_list("state", "n"))
    numbers = there | {"all": sum(there.values())}
    page = page_of(request, shown, 50)
    return render(
        request,
        "portal/awards/claims.html",
        {
            "own": own,
            "enterprise": Enterprise.objects.filter(pk=actor.enterprise_id or 0).first() if own else None,
            "page": page,
            "rows": [{"claim": c, "matter": title_name(c.matter), "files": c.n} for c in page],
            "q": request.GET.get("q", "").strip()[:120],
            "view": view,
            "views": [
                (code, word, numbers.get(code, 0))
                for code, word in view_titles().items()
                if numbers.get(code) or code in (view, "all")
            ],
        },
    )


class ClaimForm(forms.Form):
    """What the chosen matter asks for, and nothing else."""

    on = forms.DateField(
        label=gettext_lazy("发生日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    project = forms.CharField(label=gettext_lazy("项目或平台的名称"), max_length=120)
    prize = forms.ChoiceField(label=gettext_lazy("评价等次"))
    received = forms.DecimalField(
        label=gettext_lazy("实际收到的上级补助（元）"),
        max_digits=13,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    statement = forms.CharField(
        label=gettext_lazy("说明"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, matter: Matter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = {"project": matter.asks_project, "prize": matter.prizes, "received": matter.asks_received}
        for name, needed in asked.items():
            if not needed:
                del self.fields[name]
        if matter.prizes:
            grades = [("", _("请选择")), *((grade, prize_name(grade)) for grade in matter.prizes)]
            self.fields["prize"].choices = grades  # type: ignore[attr-defined]
        self.fields["on"].widget.attrs["max"] = timezone.localdate().isoformat()
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "input num" if name == "received" else "input"


@require_http_methods(["GET", "POST"])
def new(request: ActedRequest, public_id: str) -> HttpResponse:
    """What can be claimed, then the form of the chosen matter with its files. Three queries."""
    actor = request.actor
    may_look(actor)
    firm = enterprise_of(request, public_id)
    if firm.state != State.ACTIVE:
        raise Http404
    today = timezone.localdate()
    offered, known = claims.matters_of(firm.region_id, today), local.by_code(today)
    matter = next((m for m in offered if m.code == request.GET.get("matter")), None)
    common = {"enterprise": firm, "own": actor.role == "enterprise"}
    if matter is None:
        if request.method == "POST":
            messages.error(request, refusal_text("claim_matter"), extra_tags="bad")
            return redirect("new_award_claim", public_id)
        shown = {**common, "offered": [_offer(m, known) for m in offered]}
        return render(request, "portal/awards/claim_matters.html", shown)
    form = ClaimForm(request.POST or None, matter=matter)
    if request.method == "POST" and form.is_valid():
        uploads = [(f.name or "", cast("BinaryIO", f)) for f in request.FILES.getlist("files")]
        try:
            said = Said(matter=matter.code, **form.cleaned_data)
            made = actions.make_claim(by=actor, enterprise=firm, said=said, uploads=uploads)
        except Refused as refused:
            field = {"claim_on": "on", "claim_received": "received"}.get(refused.code)
            about = f"{refused.subject}{_('：')}" if refused.subject else ""
            form.add_error(field, about + refusal_text(refused.code))
        else:
            messages.success(request, _("已提交，核实后会告诉你结果"), extra_tags="ok")
            return redirect("award_claim", made.public_id)
    return render(
        request,
        "portal/awards/claim_new.html",
        {**common, "form": form, "offer": _offer(matter, known)},
        status=422 if form.errors else 200,
    )


def _offer(matter: Matter, known: Mapping[str, tuple[Policy, Scheme]]) -> dict[str, Any]:
    """A matter with what each scheme pays for it."""
    return {
        "code": matter.code,
        "name": title_name(matter.code),
        "pays": [
            {
                "code": scheme.code,
                "amount": amount_name(scheme.amount),
                "needs": title_name(scheme.needs) if scheme.needs else "",
                "window": (scheme.since, scheme.until) if scheme.since else None,
                **source_of(scheme.code, known),
            }
            for scheme in matter.schemes
        ],
    }


@require_http_methods(["GET", "POST"])
def claim(request: ActedRequest, public_id: str) -> HttpResponse:
    """One claim with its files, what follows from it, and what can be done now. About ten queries."""
    actor = request.actor
    own = may_look(actor)
    found = get_object_or_404(claims.visible(actor), public_id=public_id[:26])
    if request.method == "POST":
        return _judged(request, found)
    people = {found.filed_by_id, found.decided_by_id or 0}
    names = {} if own else dict(Officer.objects.filter(pk__in=people).values_list("pk", "display_name"))
    today = timezone.localdate()
    answer, known = claims.answer_of(found, today), local.by_code(today)
    acts = claims.open_to(actor, found)
    return render(
        request,
        "portal/awards/claim.html",
        {
            "claim": found,
            "own": own,
            "matter": title_name(found.matter),
            "prize": prize_name(found.prize) if found.prize else "",
            "received": None if found.received is None else number(found.received, 2),
            "files": claims.files_of(found),
            "filed": names.get(found.filed_by_id, ""),
            "decided": names.get(found.decided_by_id or 0, ""),
            "judges": "judge" in acts,
            "withdraws": "withdraw" in acts,
            "awards": [
                {"award": a, "scheme": scheme_name(a.scheme), "amount": in_wan(a.amount)} for a in answer.awards
            ],
            "due": [
                {"scheme": scheme_name(d.scheme), "amount": None if d.amount is None else in_wan(d.amount),
                 "between": amount_name(known[d.scheme][1].amount), **source_of(d.scheme, known)}
                for d in answer.due
            ],
            "refused": [
                {"scheme": scheme_name(r.scheme), "why": reason_text(r.reason), **source_of(r.scheme, known)}
                for r in answer.refused
            ],
            "due_url": f"{reverse('awards_due')}?q={found.enterprise.uscc}" if actor.can(PROPOSE) else "",
        },
    )  # fmt: skip


def _judged(request: ActedRequest, found: ClaimRequest) -> HttpResponse:
    actor, decision = request.actor, request.POST.get("decision", "")
    try:
        match decision:
            case "accept" | "decline":
                reason = request.POST.get("reason", "")
                actions.judge_claim(by=actor, claim=found, accept=decision == "accept", reason=reason)
            case "withdraw":
                actions.withdraw_claim(by=actor, claim=found)
            case _:
                raise Http404
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        said = {
            "accept": _("已采纳，应兑现的列在“待提出奖补”"),
            "decline": _("已告知企业不予采纳"),
            "withdraw": _("已撤回"),
        }
        messages.success(request, said[decision], extra_tags="ok")
    return redirect("award_claim", found.public_id)


@require_GET
def download(request: ActedRequest, public_id: str, file_id: str) -> HttpResponseBase:
    """A file of a claim, to be saved and not to be opened in this site."""
    may_look(request.actor)
    found = get_object_or_404(claims.visible(request.actor), public_id=public_id[:26])
    file = get_object_or_404(ClaimFile, claim=found, public_id=file_id[:26])
    return given_out(file)
