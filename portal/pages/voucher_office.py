"""The office of the level that pays: vouchers issued to the enterprises of its place, and its register of providers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from enterprises.models import Enterprise
from portal.pages.awards import VIEW
from subsidies import actions
from subsidies import vouchers as queries
from subsidies.models import Pool, VoucherProvider
from subsidies.reasons import refusal_text
from subsidies.rules.amounts import in_wan
from subsidies.rules.vouchers import SERVICES, Programme
from subsidies.rules.workflow import APPROVE, RESERVE, Refused
from subsidies.wording import service_title, title_name
from tenancy.access import Actor, require
from tenancy.context import ancestors
from tenancy.http import ActedRequest, whole_number
from tenancy.models import Region
from tenancy.paging import page_of

#: picked on one page
_MOST = 50


@require_http_methods(["GET", "POST"])
def issue(request: ActedRequest) -> HttpResponse:
    """The enterprises of the place, those with a title first; who is picked gets a voucher. About ten queries for 2,000
    enterprises with an event."""
    actor, today = request.actor, timezone.localdate()
    require(actor, RESERVE, actor.region_path)
    terms = queries.programme(actor.region_path, today)
    if request.method == "POST":
        if terms is None:
            raise Http404
        _issue(request, terms)
        return redirect(f"{request.path}?{request.GET.urlencode()}")
    if terms is None:
        return render(request, "portal/vouchers/issue.html", {"terms": None})
    q = request.GET.get("q", "").strip()[:120]
    page = page_of(request, queries.in_order(actor.region_path, terms, today, q), _MOST)
    ids = [pk for _rank, pk in page]
    firms = {e.pk: e for e in Enterprise.objects.filter(pk__in=ids).select_related("region")}
    had = queries.issued_in(today.year, actor.region_path, terms.scheme, ids)
    pool = Pool.objects.filter(region_id=actor.region_path, scheme=terms.scheme, year=today.year).first()
    return render(
        request,
        "portal/vouchers/issue.html",
        {
            "terms": terms,
            "share": f"{float(terms.share * 100):g}",
            "cap": in_wan(terms.cap),
            "priority": "、".join(title_name(title) for title in terms.priority),
            "faces": [(face, in_wan(face)) for face in terms.faces],
            "free": in_wan(pool.free) if pool else "",
            "year": today.year,
            "q": q,
            "page": page,
            "rows": [_row(firms[pk], rank, terms, *had.get(pk, (0, 0))) for rank, pk in page if pk in firms],
        },
    )


def _row(firm: Enterprise, rank: int, terms: Programme, number: int, total: int) -> dict[str, Any]:
    return {
        "enterprise": firm,
        "key": f"{firm.public_id}:{number}",
        "title": title_name(terms.priority[rank]) if rank < len(terms.priority) else "",
        "number": number,
        "total": in_wan(total),
        "left": in_wan(terms.cap - total),
        "full": total + terms.faces[0] > terms.cap,
    }


def _issue(request: ActedRequest, terms: Programme) -> None:
    face, seen = whole_number(request.POST.get("face", "")), _picked(request.actor, request.POST)
    if not seen:
        messages.error(request, refusal_text("pick"), extra_tags="bad")
        return
    try:
        result = actions.issue_vouchers(by=request.actor, faces=dict.fromkeys(seen, face or 0), seen=seen)
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
        return
    if n := len(result.made):
        said = ngettext("已发放 %(n)d 张创新券", "已发放 %(n)d 张创新券", n) % {"n": n}
        messages.success(request, said, extra_tags="ok")
    names = dict(Enterprise.objects.filter(pk__in=result.refused).values_list("pk", "name"))
    for pk, code in list(result.refused.items())[:20]:
        messages.warning(request, f"{names.get(pk, '')}{_('：')}{refusal_text(code)}", extra_tags="warn")


def _picked(actor: Actor, given: QueryDict) -> dict[int, int]:
    """Enterprise → how many vouchers one saw it have. One query."""
    asked: dict[str, int] = {}
    for pick in given.getlist("pick")[:_MOST]:
        public_id, _colon, text = pick.partition(":")
        if (number := whole_number(text)) is not None:
            asked[public_id[:26]] = number
    rows = Enterprise.objects.under(actor.region_path).filter(public_id__in=asked)
    return {pk: asked[public_id] for pk, public_id in rows.values_list("pk", "public_id")}


class ProviderForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("机构名称"), max_length=120)
    uscc = forms.CharField(label=gettext_lazy("统一社会信用代码"), max_length=30)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("服务类别"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("至少选一类服务")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = [(kind, service_title(kind)) for kind in SERVICES]  # type: ignore[attr-defined]
        for name in ("name", "uscc"):
            self.fields[name].widget.attrs["class"] = "input"


@require_http_methods(["GET", "POST"])
def providers(request: ActedRequest) -> HttpResponse:
    """The providers of the place and of those above, and for the office of a place with vouchers the form. Four queries."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    registers = actor.can(APPROVE) and queries.programme(actor.region_path, timezone.localdate()) is not None
    form = ProviderForm(request.POST or None) if registers else None
    if request.method == "POST":
        require(actor, APPROVE, actor.region_path)
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                actions.register_provider(by=actor, **form.cleaned_data)
            except Refused as refused:
                field = {"provider_name": "name", "provider_kinds": "kinds"}.get(refused.code, "uscc")
                form.add_error(field, refusal_text(refused.code))
            else:
                messages.success(request, _("已登记，企业申请兑付时可以选"), extra_tags="ok")
                return redirect("voucher_providers")
    page = page_of(request, queries.providers(*ancestors(actor.region_path), actor.region_path), 50)
    places = dict(
        Region.objects.filter(path__in={str(p.region_id) for p in page}).values_list("path", "name")
    )
    return render(
        request,
        "portal/vouchers/providers.html",
        {
            "form": form,
            "page": page,
            "rows": [
                {
                    "provider": p,
                    "place": places.get(str(p.region_id), ""),
                    "kinds": "、".join(service_title(kind) for kind in p.kinds),
                    "ends": registers and p.ended_at is None and p.region_id == actor.region_path,
                }
                for p in page
            ],
        },
        status=422 if form is not None and form.errors else 200,
    )


@require_POST
def end(request: ActedRequest, public_id: str) -> HttpResponse:
    """Ends a provider of the own place."""
    actor = request.actor
    require(actor, APPROVE, actor.region_path)
    found = get_object_or_404(VoucherProvider, public_id=public_id[:26], region_id=actor.region_path)
    actions.end_provider(by=actor, provider=found)
    messages.success(request, _("已终止，不再能用它兑付"), extra_tags="ok")
    return redirect("voucher_providers")
