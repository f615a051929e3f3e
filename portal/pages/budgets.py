"""Budget pools: opened, funded and cut by finance; what is left, and every entry."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from enterprises.models import Enterprise
from portal.pages.awards import VIEW, scheme_choices, scheme_name
from portal.reports.closed import Quarter
from subsidies import ledger, vouchers
from subsidies.actions.accepting import SEE
from subsidies.models import Entry, Pool
from subsidies.reasons import refusal_text
from subsidies.rules.accounts import OF_THE_POOL
from subsidies.rules.amounts import from_wan, in_wan
from subsidies.rules.workflow import Refused
from tenancy.access import Actor, require
from tenancy.context import ancestors
from tenancy.http import ActedRequest
from tenancy.models import Officer, Region
from tenancy.paging import page_of

_COLUMNS = ("free", "reserved", "committed", "ordered", "paid", "recovering", "recovered")


class WanField(forms.CharField):
    """An amount in 万元; cleaned to whole fen."""

    unit = gettext_lazy("万元")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, **kwargs)

    def clean(self, value: Any) -> Any:
        amount = from_wan(super().clean(value))
        if not amount:
            raise forms.ValidationError(_("按万元填，如 500 或 80.5，须大于 0"))
        return amount


class PoolForm(forms.Form):
    scheme = forms.ChoiceField(label=gettext_lazy("奖补项目"))
    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=2000, max_value=2100)
    published = forms.BooleanField(label=gettext_lazy("下级可以看到余额"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        paying = [*scheme_choices(), *((code, scheme_name(code)) for code in sorted(vouchers.codes()))]
        self.fields["scheme"].choices = paying  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            if name != "published":
                field.widget.attrs["class"] = "input"


class FundForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("记账"),
        choices=[("fund", gettext_lazy("下达预算")), ("cut", gettext_lazy("收回预算"))],
    )
    amount = WanField(label=gettext_lazy("金额"))
    document = forms.CharField(
        label=gettext_lazy("文号"),
        max_length=80,
        help_text=gettext_lazy("同一文号只记一次；有误的用另一笔冲回"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"


def _visible(actor: Actor) -> QuerySet[Pool]:
    """Pools of the place and below, and those above that say what is left."""
    return Pool.objects.filter(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~") | (
        Pool.objects.filter(region_id__in=ancestors(actor.region_path), published=True)
    )


def _row(pool: Pool, places: dict[str, str]) -> dict[str, Any]:
    return {
        "pool": pool,
        "scheme": scheme_name(pool.scheme),
        "place": places.get(str(pool.region_id), ""),
        "budget": in_wan(-pool.budget),
        **{name: in_wan(getattr(pool, name)) for name in _COLUMNS},
        "promised": in_wan(pool.reserved + pool.committed),
    }


@require_http_methods(["GET", "POST"])
def budgets(request: ActedRequest) -> HttpResponse:
    """The pools that one sees, and for finance the form that opens one. Three queries."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    opens = actor.can(ledger.BUDGET)
    form = PoolForm(request.POST or None, initial={"year": timezone.localdate().year}) if opens else None
    if request.method == "POST":
        require(actor, ledger.BUDGET, actor.region_path)
        assert form is not None
        if form.is_valid():
            try:
                made = ledger.open_pool(by=actor, **form.cleaned_data)
            except Refused as refused:
                form.add_error(None, refusal_text(refused.code))
            else:
                messages.success(request, _("资金池已设立，接着下达预算"), extra_tags="ok")
                return redirect("budget", made.pk)
    page = page_of(request, _visible(actor).order_by("-year", "region_id", "scheme"), 50)
    places = dict(
        Region.objects.filter(path__in={str(p.region_id) for p in page}).values_list("path", "name")
    )
    return render(
        request,
        "portal/awards/budgets.html",
        {
            "page": page,
            "rows": [_row(pool, places) for pool in page],
            "form": form,
            "to_close": _to_close(actor) if opens else "",
            "checks": actor.can(SEE),
        },
        status=422 if form is not None and form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
def budget(request: ActedRequest, pool_id: int) -> HttpResponse:
    """One pool with its entries, and for its own finance the form that funds it. Six queries."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    pool = get_object_or_404(_visible(actor), pk=pool_id)
    own = pool.region_id == actor.region_path
    funds = own and actor.can(ledger.BUDGET)
    form = FundForm(request.POST or None) if funds else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            said = form.cleaned_data
            try:
                ledger.post(
                    by=actor,
                    pool=pool,
                    key=f"{said['kind']} {' '.join(said['document'].split())}",
                    kind=said["kind"],
                    amount=said["amount"],
                    reason=said["document"],
                )
            except Refused as refused:
                form.add_error(None, refusal_text(refused.code))
            else:
                messages.success(request, _("已记账"), extra_tags="ok")
                return redirect("budget", pool.pk)
    page = page_of(request, Entry.objects.filter(pool=pool).order_by("-number"), 50)
    return render(
        request,
        "portal/awards/budget.html",
        {
            **_row(pool, {str(pool.region_id): Region.objects.get(path=pool.region_id).name}),
            "form": form,
            "page": page,
            "rows": _entries(page, own=funds),
        },
        status=422 if form is not None and form.errors else 200,
    )


@require_POST
def show(request: ActedRequest, pool_id: int) -> HttpResponse:
    """Lets places below see what is left, or not any more."""
    require(request.actor, ledger.BUDGET, request.actor.region_path)
    pool = get_object_or_404(_visible(request.actor), pk=pool_id)
    shown = request.POST.get("show") == "1"
    ledger.show_pool(by=request.actor, pool=pool, published=shown)
    said = _("下级可以看到余额了") if shown else _("下级不再看到余额")
    messages.success(request, said, extra_tags="ok")
    return redirect("budget", pool.pk)


@require_POST
def take_back(request: ActedRequest, pool_id: int, number: int) -> HttpResponse:
    """Takes an entry of the budget back by its mirror."""
    require(request.actor, ledger.BUDGET, request.actor.region_path)
    pool = get_object_or_404(_visible(request.actor), pk=pool_id)
    entry = get_object_or_404(pool.postings, number=number, kind__in=OF_THE_POOL)
    try:
        ledger.reverse(
            by=request.actor,
            pool=pool,
            key=f"reverse {entry.pk}",
            entry=entry.pk,
            reason=request.POST.get("reason", ""),
        )
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        messages.success(request, _("已冲正"), extra_tags="ok")
    return redirect("budget", pool.pk)


def _to_close(actor: Actor) -> str:
    """The last quarter that has ended, unless it is closed or there is nothing to close. Two queries."""
    quarter = str(Quarter.of(timezone.localdate()).shift(-1))
    own = Pool.objects.filter(region_id=actor.region_path, closed_through__lt=quarter)
    return quarter if own.exists() else ""


@require_POST
def close(request: ActedRequest) -> HttpResponse:
    """Closes a quarter of the own place's pools."""
    require(request.actor, ledger.BUDGET, request.actor.region_path)
    quarter = request.POST.get("quarter", "")
    try:
        ledger.close_quarter(by=request.actor, quarter=quarter)
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        said = _("%(quarter)s 已结账，这个季度不再记账") % {"quarter": quarter}
        messages.success(request, said, extra_tags="ok")
    return redirect("budgets")


def _entries(page: Any, *, own: bool) -> list[dict[str, Any]]:
    """Three queries: the names of enterprises and people, and what was reversed."""
    gone = set(Entry.objects.filter(reverses__in=[e.pk for e in page]).values_list("reverses_id", flat=True))
    firms = dict(
        Enterprise.objects.filter(pk__in={e.enterprise_id for e in page if e.enterprise_id}).values_list(
            "pk", "name"
        )
    )
    people = dict(Officer.objects.filter(pk__in={e.by_id for e in page}).values_list("pk", "display_name"))
    return [
        {
            "entry": e,
            "what": posting_title(e.kind),
            "amount": in_wan(e.amount),
            "firm": firms.get(e.enterprise_id or 0, ""),
            "who": people.get(e.by_id, ""),
            "gone": e.pk in gone,
            "reverses": own and e.kind in OF_THE_POOL and e.pk not in gone,
        }
        for e in page
    ]


def posting_title(kind: str) -> str:
    return {
        "fund": _("下达预算"),
        "cut": _("收回预算"),
        "reserve": _("预留"),
        "release": _("释放预留"),
        "commit": _("审批承诺"),
        "give_up": _("撤销承诺"),
        "order": _("拨付"),
        "bounce": _("退回"),
        "pay": _("到账"),
        "reclaim": _("决定追回"),
        "receive": _("追回到账"),
        "interest": _("追回利息"),
        "reverse": _("冲正"),
    }.get(kind, kind)
