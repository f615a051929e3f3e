"""What places settle beside the written policies: top-ups, matching under 就高, the shares of the levels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.pages.award_money import day_of
from portal.pages.awards import VIEW, scheme_name
from portal.wording import level_title
from subsidies import actions, local
from subsidies.models import LocalRule
from subsidies.reasons import refusal_text
from subsidies.rules.amounts import from_wan, in_wan
from subsidies.rules.local import Offered
from subsidies.rules.schemes import LEVELS, Policy
from subsidies.rules.workflow import TERMS, Refused
from subsidies.wording import percentage
from tenancy.access import Actor, require
from tenancy.http import ActedRequest
from tenancy.models import Officer, Region
from tenancy.paging import page_of

Kind = LocalRule.Kind


@require_GET
def award_rules(request: ActedRequest) -> HttpResponse:
    """The rules of the place, of those below, and of those above that are in force. Five queries."""
    actor, today = request.actor, timezone.localdate()
    require(actor, VIEW, actor.region_path)
    request.own_region = place = Region.objects.get(path=actor.region_path)
    page = page_of(request, local.visible(actor), 50)
    people = {pk for rule in page for pk in (rule.drafted_by_id, rule.decided_by_id)}
    names = dict(Officer.objects.filter(pk__in=people).values_list("pk", "display_name"))
    return render(
        request,
        "portal/awards/rules.html",
        {
            "page": page,
            "rows": [_row(actor, rule, names) for rule in page],
            "kinds": [(kind, Kind(kind).label) for kind in _kinds(local.offered(place))]
            if actor.can(TERMS)
            else [],
            "today": today,
        },
    )


def _kinds(left: Offered) -> list[str]:
    """The kinds of rules that are left to a place."""
    open_to = {Kind.TOP_UP: left.top_up, Kind.MATCHING: left.matching, Kind.SHARES: left.shares}
    return [str(kind) for kind, some in open_to.items() if some]


def _row(actor: Actor, rule: LocalRule, names: Mapping[int, str]) -> dict[str, Any]:
    acts = local.open_to(actor, rule)
    return {
        "rule": rule,
        "what": _what(rule),
        "by": [
            names[pk] for pk in (rule.drafted_by_id, rule.decided_by_id) if pk is not None and pk in names
        ],
        "acts": acts,
        "waits": "drop" in acts and "accept" not in acts,
    }


def _what(rule: LocalRule) -> str:
    """What a rule says, in words."""
    if rule.kind == Kind.TOP_UP:
        if rule.fixed is not None:
            more = _("定额 %(amount)s 万元") % {"amount": in_wan(rule.fixed)}
        else:
            more = _("上级奖补的 %(share)s%%") % {"share": percentage(Fraction(rule.percent or 0) / 100)}
        return f"{scheme_name(rule.base)}{_('：')}{more}"
    if rule.kind == Kind.MATCHING:
        return _("配套参加就高") if rule.in_highest else _("配套不参加就高")
    return _("、").join(
        _("%(level)s %(n)d 份") % {"level": level_title(level), "n": n} for level, n in rule.parts
    )


class _RuleForm(forms.Form):
    """The days and the document of every kind of rule."""

    since = forms.DateField(label=gettext_lazy("从哪一天起"))
    document = forms.CharField(label=gettext_lazy("依据的文件名称或文号"), max_length=120)
    clause = forms.CharField(label=gettext_lazy("条款"), max_length=40, required=False)

    def __init__(self, *args: Any, left: Offered, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.left = left
        for name, field in self.fields.items():
            if isinstance(field, forms.DateField):
                field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            if not isinstance(field.widget, forms.RadioSelect):
                field.widget.attrs["class"] = (
                    "input num" if name in (*LEVELS, "fixed", "percent") else "input"
                )

    def said(self) -> dict[str, Any]:
        """What it says, as `actions.draft_rule` takes it."""
        return self.cleaned_data

    def offer(self, policies: Sequence[Policy]) -> None:
        self.fields["policy"].choices = [(p.id, p.document) for p in policies]  # type: ignore[attr-defined]


class TopUpForm(_RuleForm):
    base = forms.ChoiceField(label=gettext_lazy("要配套的奖补项目"))
    fixed = forms.CharField(
        label=gettext_lazy("定额（万元）"),
        required=False,
        max_length=16,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=gettext_lazy("定额和比例只填一个"),
    )
    percent = forms.DecimalField(
        label=gettext_lazy("上级奖补的百分比（%）"),
        required=False,
        min_value=Decimal("0.001"),
        max_value=100,
        max_digits=6,
        decimal_places=3,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    until = forms.DateField(label=gettext_lazy("到哪一天止"), required=False)
    field_order = ("base", "fixed", "percent", "since", "until", "document", "clause")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(code, scheme_name(code)) for code in self.left.top_up]
        self.fields["base"].choices = [("", _("请选择")), *offered]  # type: ignore[attr-defined]
        self.fields["since"].label = _("认定或发生日期，从")
        self.fields["until"].label = _("认定或发生日期，到")

    def clean_fixed(self) -> int | None:
        text = self.cleaned_data["fixed"].strip()
        if text and not from_wan(text):
            raise forms.ValidationError(_("按万元填，如 25 或 80.5"))
        return from_wan(text) if text else None


class MatchingForm(_RuleForm):
    policy = forms.ChoiceField(label=gettext_lazy("政策"))
    in_highest = forms.TypedChoiceField(
        label=gettext_lazy("配套"),
        choices=[("1", gettext_lazy("参加就高")), ("0", gettext_lazy("不参加就高，另外兑现"))],
        coerce=lambda value: value == "1",
        empty_value=None,
        widget=forms.RadioSelect,
    )
    field_order = ("policy", "in_highest", "since", "document", "clause")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(self.left.matching)


class SharesForm(_RuleForm):
    policy = forms.ChoiceField(label=gettext_lazy("政策"))
    region = forms.IntegerField(
        label=gettext_lazy("自治区（省）级承担的份数"), min_value=0, max_value=1000, required=False
    )
    prefecture = forms.IntegerField(
        label=gettext_lazy("地（州、市）级承担的份数"), min_value=0, max_value=1000, required=False
    )
    county = forms.IntegerField(
        label=gettext_lazy("县（市、区）级承担的份数"), min_value=0, max_value=1000, required=False
    )
    field_order = ("policy", "region", "prefecture", "county", "since", "document", "clause")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(self.left.shares)
        for level in ("region", "prefecture", "county"):
            if level not in self.left.levels:
                del self.fields[level]

    def said(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        parts = [(level, said.pop(level)) for level in self.left.levels]
        return said | {"parts": [part for part in parts if part[1]]}


_FORMS: Mapping[str, Callable[..., Any]] = {
    Kind.TOP_UP: TopUpForm,
    Kind.MATCHING: MatchingForm,
    Kind.SHARES: SharesForm,
}


@require_http_methods(["GET", "POST"])
def new(request: ActedRequest, kind: str) -> HttpResponse:
    """The form of a kind of rule. Four queries."""
    actor = request.actor
    require(actor, TERMS, actor.region_path)
    request.own_region = place = Region.objects.get(path=actor.region_path)
    left = local.offered(place)
    if kind not in _kinds(left):
        raise Http404
    form = _FORMS[kind](request.POST or None, left=left, initial={"since": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.draft_rule(by=actor, kind=kind, **form.said())
        except Refused as refused:
            form.add_error(None, refusal_text(refused.code))
        else:
            messages.success(request, _("已拟订，由另一人启用后生效"), extra_tags="ok")
            return redirect("award_rules")
    return render(
        request,
        "portal/awards/rule_new.html",
        {"form": form, "kind": kind, "title": Kind(kind).label, "help": _help(kind)},
        status=422 if form.errors else 200,
    )


def _help(kind: str) -> str:
    return {
        Kind.TOP_UP: _(
            "上级奖补该兑现的，本级按这里的数额另外兑现；上级不兑现的，配套也不兑现，原因相同。资金由本级承担。"
        ),
        Kind.MATCHING: _(
            "文件没有写明按比例的配套算不算就高里的奖励，由制定政策的一级认定。没有设定的，配套不参加就高。"
        ),
        Kind.SHARES: _(
            "文件写明分级承担而没有比例的，由制定政策的一级设定。份数是各级承担的比例，如 2 和 1 就是三分之二和三分之一。"
        ),
    }[Kind(kind)]


@require_POST
def decide(request: ActedRequest, public_id: str) -> HttpResponse:
    """Puts a rule of the own place in force, drops it, or ends it."""
    actor, given = request.actor, request.POST
    require(actor, TERMS, actor.region_path)
    rule = get_object_or_404(LocalRule, public_id=public_id[:26], region_id=actor.region_path)
    decision = given.get("decision", "")
    try:
        match decision:
            case "accept" | "drop":
                actions.decide_rule(by=actor, rule=rule, accept=decision == "accept")
            case "end":
                on = day_of(given.get("on", ""), "rule_end")
                actions.end_rule(by=actor, rule=rule, on=on)
            case _:
                raise Http404
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        said = {"accept": _("已启用"), "drop": _("已放弃"), "end": _("已设定最后一天")}[decision]
        messages.success(request, said, extra_tags="ok")
    return redirect("award_rules")
