"""One award: why this much, why not more, where the money is, who did what, and what comes next."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from portal.pages.awards import act_title, found_award, row_of, scheme_name, source_of
from portal.wording import level_title
from subsidies import claims, local, schemes
from subsidies.awarded import without_account
from subsidies.choices import has_choice
from subsidies.models import Award, AwardStep, PaymentOrder, Recovery
from subsidies.open_acts import open_acts
from subsidies.queries import Money, account_of, money_by_pool
from subsidies.reasons import reason_text
from subsidies.rules.amounts import in_wan
from subsidies.rules.workflow import CLAIMS, PAY
from subsidies.steps import standing
from subsidies.why import in_words
from tenancy.access import Actor
from tenancy.http import ActedRequest
from tenancy.models import Officer


@require_GET
def award(request: ActedRequest, public_id: str) -> HttpResponse:
    """One award: why this much, why not more, where the money is, and what comes next. About fifteen queries."""
    actor, found = request.actor, found_award(request, public_id)
    own = actor.role == "enterprise"
    portions = list(found.portions.select_related("payer").order_by("id"))
    money = money_by_pool([found.pk])
    orders = list(PaymentOrder.objects.filter(award=found).select_related("result", "portion").order_by("id"))
    recoveries = list(
        Recovery.objects.filter(portion__award=found)
        .prefetch_related("receipts")
        .select_related("portion")
        .order_by("id")
    )
    steps = list(AwardStep.objects.filter(award=found).order_by("-number"))
    names = (
        {}
        if own
        else dict(Officer.objects.filter(pk__in={s.by_id for s in steps}).values_list("pk", "display_name"))
    )
    account = account_of(found.enterprise_id)
    mine = next((p for p in portions if p.payer_id == actor.region_path), None)
    own_money = money.get((found.pk, mine.pool_id or 0), Money()) if mine else Money()
    acts = open_acts(actor, found, mine, own_money, orders)
    sources = local.by_code(timezone.localdate())
    hindrance = standing([found])[found.pk] if found.state in Award.LIVE else ""
    return render(
        request,
        "portal/awards/detail.html",
        {
            "award": found,
            "own": own,
            **row_of(found),
            "why": in_words(found.why, found.title, found.amount),
            "refused": [
                {"scheme": scheme_name(code), "event": event, "why": reason_text(reason), **source_of(code, sources)}
                for event, code, reason in found.why["refused"]
                if schemes.base(code)
            ],
            "portions": [
                {"portion": p, "level": level_title(p.level), "place": p.payer.name,
                 "amount": in_wan(p.amount), **_lies(money.get((found.pk, p.pool_id or 0), Money()))}
                for p in portions
            ],
            "orders": [
                {"order": o, "amount": in_wan(o.amount), "result": getattr(o, "result", None), "tail": o.account[-4:]}
                for o in orders
            ],
            "to_settle": [o for o in orders if o.pk in acts.settle],
            "recoveries": [_recovery(actor, r) for r in recoveries],
            "steps": [
                {"step": s, "what": s.get_decision_display(), "who": names.get(s.by_id, ""), "level": level_title(s.level) if s.level else "",
                 "amount": in_wan(s.amount) if s.amount is not None else ""}
                for s in steps
            ],
            "account": account,
            "acts": acts,
            "chooses": not own and actor.can(CLAIMS) and has_choice(found.enterprise),
            "claim": claims.of_event(found.enterprise_id, found.event),
            "asks_account": without_account(found.enterprise_id).filter(pk=found.pk).exists(),
            "hindrance": reason_text(hindrance) if hindrance else "",
            "mine": mine,
            "next_word": act_title(acts.forward) if acts.forward else "",
            "reclaim_kinds": Recovery.Kind.choices,
            "left": in_wan(own_money.committed),
            "paid_left": in_wan(own_money.paid),
            "today": timezone.localdate(),
        },
    )  # fmt: skip


def _lies(money: Money) -> dict[str, str]:
    return {
        "promised": in_wan(money.reserved + money.committed),
        "ordered": in_wan(money.ordered),
        "paid": in_wan(money.paid + money.recovering),
        "recovered": in_wan(money.recovered),
    }


def _recovery(actor: Actor, recovery: Recovery) -> dict[str, Any]:
    receipts = list(recovery.receipts.all())
    left = recovery.amount - sum(r.amount for r in receipts)
    return {
        "recovery": recovery,
        "amount": in_wan(recovery.amount),
        "left": in_wan(left),
        "open": left > 0,
        "receives": left > 0 and actor.can(PAY) and recovery.portion.payer_id == actor.region_path,
        "receipts": [
            {"receipt": r, "amount": in_wan(r.amount), "interest": in_wan(r.interest) if r.interest else ""}
            for r in receipts
        ],
    }
