"""The enterprise's account, recoveries, and what comes back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from portal.pages.awards import enterprise_of, found_award
from subsidies import actions
from subsidies.models import PaymentOrder, PaymentResult, Recovery
from subsidies.orders import recorded
from subsidies.queries import account_of
from subsidies.reasons import refusal_text
from subsidies.rules.amounts import from_wan
from subsidies.rules.workflow import ACCOUNT, PAY, Refused
from tenancy.access import require
from tenancy.http import ActedRequest, whole_number


def day_of(text: str, code: str = "paid_on") -> dt.date:
    """The day that a form says. Raises Refused with the code."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Refused(code) from None


class AccountForm(forms.Form):
    holder = forms.CharField(
        label=gettext_lazy("户名"), max_length=120, help_text=gettext_lazy("须与企业名称一致")
    )
    bank = forms.CharField(
        label=gettext_lazy("开户银行"),
        max_length=120,
        help_text=gettext_lazy("写到支行，如 工商银行博乐支行"),
    )
    number = forms.CharField(label=gettext_lazy("账号"), max_length=50)
    document = forms.CharField(
        label=gettext_lazy("依据的材料"),
        max_length=200,
        help_text=gettext_lazy("代企业填写时必填，如 基本存款账户信息"),
    )

    def __init__(self, *args: Any, own: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own:
            del self.fields["document"]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"


@require_http_methods(["GET", "POST"])
def account(request: ActedRequest, public_id: str) -> HttpResponse:
    """The account that awards go to: the enterprise confirms it, or its county from a paper. Three queries."""
    actor = request.actor
    own = actor.role == "enterprise"
    if not own:
        require(actor, ACCOUNT, actor.region_path)
    firm = enterprise_of(request, public_id)
    known = account_of(firm.pk)
    first = {"holder": firm.name}
    if known is not None:
        first |= {"holder": known.holder, "bank": known.bank, "number": known.number}
    form = AccountForm(request.POST or None, initial=first, own=own)
    if request.method == "POST" and form.is_valid():
        try:
            actions.confirm_account(by=actor, enterprise=firm, **form.cleaned_data)
        except Refused as refused:
            field = refused.code.removeprefix("account_")
            form.add_error(field if field in form.fields else None, refusal_text(refused.code))
        else:
            messages.success(request, _("收款账户已确认"), extra_tags="ok")
            return redirect("awards")
    return render(
        request,
        "portal/awards/account.html",
        {"enterprise": firm, "form": form, "known": known, "own": own},
        status=422 if form.errors else 200,
    )


@require_POST
def settle(request: ActedRequest, number: str) -> HttpResponse:
    """What became of an order: arrived, or come back."""
    require(request.actor, PAY, request.actor.region_path)
    order = PaymentOrder.objects.select_related("award", "portion").filter(number=number[:12]).first()
    if order is None:
        raise Http404
    given = request.POST
    try:
        result = actions.settle(
            by=request.actor,
            order=order,
            outcome=given.get("outcome", ""),
            on=day_of(given.get("on", "")),
            receipt=given.get("receipt", ""),
            reason=given.get("reason", ""),
        )
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        paid = result.outcome == PaymentResult.Outcome.PAID
        word = _("已登记到账") if paid else _("已登记退回，账户改正后可重新拨付")
        messages.success(request, word, extra_tags="ok")
        if other := recorded(str(order.payer_id), [result.receipt], [order.number]).get(result.receipt):
            said = _("拨付单 %(number)s 已登记过回单号 %(receipt)s，请核对")
            told = said % {"number": other, "receipt": result.receipt}
            messages.warning(request, told, extra_tags="warn")
    return redirect("award", order.award.public_id)


@require_POST
def reclaim(request: ActedRequest, public_id: str) -> HttpResponse:
    """Decides to take back what the own level has paid."""
    found, given = found_award(request, public_id), request.POST
    try:
        actions.reclaim(
            by=request.actor,
            award=found,
            level=given.get("level", ""),
            seen=whole_number(given.get("seen", "")) or 0,
            amount=from_wan(given.get("amount", "")) or 0,
            kind=given.get("kind", ""),
            reason=given.get("reason", ""),
            document=given.get("document", ""),
        )
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        messages.success(request, _("已决定追回，企业和县里会收到通知"), extra_tags="ok")
    return redirect("award", public_id)


@require_POST
def receive(request: ActedRequest, public_id: str) -> HttpResponse:
    """What came back for a recovery, and the interest beside it."""
    require(request.actor, PAY, request.actor.region_path)
    recovery = Recovery.objects.select_related("portion__award").filter(public_id=public_id[:26]).first()
    if recovery is None:
        raise Http404
    given = request.POST
    try:
        interest = from_wan(given.get("interest", "").strip() or "0")
        actions.receive(
            by=request.actor,
            recovery=recovery,
            amount=from_wan(given.get("amount", "")) or 0,
            interest=-1 if interest is None else interest,
            receipt=given.get("receipt", ""),
            on=day_of(given.get("on", "")),
        )
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        messages.success(request, _("已登记追回到账"), extra_tags="ok")
    return redirect("award", recovery.portion.award.public_id)
