"""Innovation vouchers: where each one stands, and one voucher with what was asked of it, by whom and what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.pages.award_money import day_of
from portal.pages.awards import VIEW, may_look
from portal.pages.budgets import WanField
from subsidies import actions
from subsidies import vouchers as queries
from subsidies.models import Voucher, VoucherProvider, VoucherRedemption, VoucherStep
from subsidies.queries import account_of
from subsidies.reasons import refusal_text
from subsidies.rules.amounts import in_wan
from subsidies.rules.workflow import RESERVE, Refused
from tenancy.access import Actor, require
from tenancy.http import ActedRequest, whole_number
from tenancy.models import Officer
from tenancy.paging import page_of


def stage_title(stage: str) -> str:
    return {
        "all": _("全部"),
        "usable": _("可用"),
        "asked": _("待兑付"),
        "redeemed": _("已兑付"),
        "expired": _("已过期"),
    }[stage]


def state_title(state: str, returned: bool = False) -> str:
    """Where a redemption stands; `returned` where the bank has sent a payment of it back."""
    if returned and state == "approved":
        return _("被退回，待重新拨付")
    return {
        "asked": _("待审批"),
        "approved": _("待拨付"),
        "paid": _("已兑付"),
        "refused": _("不予兑付"),
    }[state]


def narrowed(actor: Actor, got: QueryDict, today: dt.date) -> tuple[str, QuerySet[Any], QuerySet[Any]]:
    """The view asked for, its vouchers, and those of every view. No query is made here."""
    rows = queries.vouchers(actor, today)
    if q := got.get("q", "").strip()[:120]:
        rows = rows.filter(
            Q(enterprise__name__icontains=q) | Q(enterprise__uscc__istartswith=q) | Q(number__iexact=q)
        )
    view = got.get("view", "")
    return (view, rows.filter(stage=view), rows) if view in queries.STAGES else ("all", rows, rows)


@require_GET
def vouchers(request: ActedRequest) -> HttpResponse:
    """The vouchers of the place, or of the enterprise, by where they stand. Three queries."""
    actor = request.actor
    own = may_look(actor)
    today = timezone.localdate()
    view, rows, every = narrowed(actor, request.GET, today)
    there = queries.counts(every)
    page = page_of(request, rows.order_by("expires_on", "id"), 50)
    return render(
        request,
        "portal/vouchers/list.html",
        {
            "own": own,
            "views": [("all", stage_title("all"), sum(there.values()))]
            + [(stage, stage_title(stage), there.get(stage, 0)) for stage in queries.STAGES],
            "view": view,
            "q": request.GET.get("q", "").strip()[:120],
            "page": page,
            "rows": [_row(each, today) for each in page],
            "issues": actor.can(RESERVE) and queries.programme(actor.region_path, today) is not None,
        },
    )


def left_of(voucher: Any, today: dt.date) -> int:
    """What may still be asked of a voucher on the day (fen): nothing once its days are over."""
    return voucher.face - voucher.used if voucher.expires_on >= today else 0


def _row(voucher: Any, today: dt.date) -> dict[str, Any]:
    return {
        "voucher": voucher,
        "face": in_wan(voucher.face),
        "used": in_wan(voucher.used),
        "left": in_wan(left_of(voucher, today)),
        "stage": voucher.stage,
        "word": stage_title(voucher.stage),
    }


class AskForm(forms.Form):
    provider = forms.ChoiceField(
        label=gettext_lazy("服务机构"), error_messages={"invalid_choice": gettext_lazy("没有这家，重新选")}
    )
    price = WanField(label=gettext_lazy("合同金额"))
    invoice = forms.CharField(
        label=gettext_lazy("发票号码"),
        max_length=40,
        help_text=gettext_lazy("一张发票只兑付一次"),
    )

    def __init__(self, *args: Any, providers: list[VoucherProvider], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("请选择"))] + [(p.public_id, f"{p.name} {p.uscc}") for p in providers]
        self.fields["provider"].choices = choices  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"


def _found(actor: Actor, public_id: str) -> Any:
    """The voucher, if the actor may see it; otherwise it does not exist. One query."""
    may_look(actor)
    found = queries.vouchers(actor, timezone.localdate()).filter(public_id=public_id[:26]).first()
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "POST"])
def voucher(request: ActedRequest, public_id: str) -> HttpResponse:
    """One voucher: what is left and until when, what was asked, and what comes next. About ten queries."""
    actor, today = request.actor, timezone.localdate()
    found = _found(actor, public_id)
    own = actor.role == "enterprise"
    asks = queries.asks(actor, found, today)
    open_ones = list(queries.providers(str(found.payer_id)).filter(ended_at=None)) if asks else []
    form = AskForm(request.POST or None, providers=open_ones) if asks else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid() and _ask(actor, found, form, open_ones):
            messages.success(request, _("已申请，等发券的一级审批"), extra_tags="ok")
            return redirect("voucher", found.public_id)
    account = account_of(found.enterprise_id)
    asked = _redemptions(actor, found)
    share = queries.share_of(found) * 100
    return render(
        request,
        "portal/vouchers/detail.html",
        {
            **_row(found, today),
            "own": own,
            "may_account": queries.speaks_for(actor, found),
            "share": f"{float(share):g}",
            "cap": in_wan(found.rules["cap"]),
            "taken": in_wan(queries.taken_in(today.year, found)),
            "form": form,
            "providers": bool(open_ones),
            "account": account,
            "redemptions": asked,
            "same_account": account is not None and account.pk in {r["returned_from"] for r in asked},
            "today": today,
        },
        status=422 if form is not None and form.errors else 200,
    )


def _ask(actor: Actor, found: Voucher, form: AskForm, open_ones: list[VoucherProvider]) -> bool:
    """Whether it was asked; why not stands in the form."""
    said = form.cleaned_data
    provider = next(p for p in open_ones if p.public_id == said["provider"])
    try:
        actions.ask_redemption(
            by=actor, voucher=found, provider=provider, price=said["price"], invoice=said["invoice"]
        )
    except Refused as refused:
        fields = {"invoice": "invoice", "invoice_known": "invoice", "price": "price"}
        field = "provider" if refused.code.startswith("provider_") else fields.get(refused.code)
        form.add_error(field, refusal_text(refused.code))
        return False
    return True


def _redemptions(actor: Actor, found: Voucher) -> list[dict[str, Any]]:
    """What was asked of a voucher, the newest first. Four queries."""
    rows = list(VoucherRedemption.objects.filter(voucher=found).order_by("-id"))
    steps = queries.steps_of(rows)
    names = dict(queries.providers(str(found.payer_id)).values_list("pk", "name"))
    people = {}
    if actor.role != "enterprise":
        ids = {r.asked_by_id for r in rows} | {s.by_id for of in steps.values() for s in of}
        people = dict(Officer.objects.filter(pk__in=ids).values_list("pk", "display_name"))
    return [
        {
            "redemption": r,
            "provider": names.get(r.provider_id, ""),
            "price": in_wan(r.price),
            "amount": in_wan(r.amount),
            "who": people.get(r.asked_by_id, ""),
            **_standing(actor, found, steps[r.pk]),
            "steps": [
                {"step": s, "what": s.get_decision_display(), "who": people.get(s.by_id, ""),
                 "tail": s.account.number[-4:] if s.account else ""}
                for s in steps[r.pk]
            ],
        }
        for r in rows
    ]  # fmt: skip


def _standing(actor: Actor, found: Voucher, steps: Sequence[VoucherStep]) -> dict[str, Any]:
    """Where a redemption stands and what comes next; the account that its last payment came back from."""
    state = queries.state_of([s.decision for s in steps])
    back = sum(s.decision == "return" for s in steps)
    waits = bool(back) and state == "approved"
    return {
        "state": state,
        "word": state_title(state, waits),
        "turn": back,
        "paid": queries.standing(steps),
        "returned_from": next(s.account_id for s in reversed(steps) if s.decision == "pay")
        if waits
        else None,
        "open": queries.open_decisions(actor, found, state),
    }


@require_POST
def decide(request: ActedRequest, public_id: str) -> HttpResponse:
    """Approves, refuses or pays what was asked of a voucher, or says that the bank sent a payment back."""
    actor, given = request.actor, request.POST
    require(actor, VIEW, actor.region_path)
    inside = VoucherRedemption.objects.filter(
        region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~"
    )
    found = get_object_or_404(inside.select_related("voucher"), public_id=public_id[:26])
    reason = given.get("reason", "")
    try:
        match given.get("decision", ""):
            case "approve":
                actions.approve_redemption(by=actor, redemption=found, opinion=reason)
                said = _("已同意，等财政兑付")
            case "refuse":
                actions.refuse_redemption(by=actor, redemption=found, reason=reason)
                said = _("已不予兑付，企业会收到理由")
            case "pay":
                on = day_of(given.get("on", ""))
                turn = whole_number(given.get("turn", "")) or 0
                actions.pay_redemption(
                    by=actor, redemption=found, receipt=given.get("receipt", ""), on=on, turn=turn
                )
                said = _("已登记兑付")
            case "return":
                on = day_of(given.get("on", ""))
                turn = whole_number(given.get("turn", "")) or 0
                actions.return_redemption(
                    by=actor,
                    redemption=found,
                    turn=turn,
                    reason=reason,
                    receipt=given.get("receipt", ""),
                    on=on,
                )
                said = _("已登记退回，资金回到待拨付，已告知企业核对账户")
            case _:
                raise Http404
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        messages.success(request, said, extra_tags="ok")
    return redirect("voucher", found.voucher.public_id)
