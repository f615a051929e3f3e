"""Payment orders as pages, exports and the reconciliation ask for them: whose they are, and what became of each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Count, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from subsidies import results
from subsidies.models import AwardStep, PaymentOrder, PaymentResult
from subsidies.results import OpenOrder
from subsidies.rules.reconciling import Ordered, Outcome
from subsidies.rules.workflow import PAY
from tenancy.access import Actor

#: what an order is while nobody has reported its result
OPEN = "open"
STANDS = (OPEN, PaymentResult.Outcome.PAID.value, PaymentResult.Outcome.BOUNCED.value)


def orders(actor: Actor) -> QuerySet[Any]:
    """The orders that the actor's own level pays, or of who does not pay, those of the place; each with what it `stands`
    at: open, or its result's outcome."""
    found = PaymentOrder.objects.select_related("award__enterprise", "award__region", "result")
    if actor.can(PAY):
        found = found.filter(payer__path=actor.region_path)
    else:
        found = found.filter(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")
    return found.annotate(stands=Coalesce("result__outcome", Value(OPEN)))


def totals(rows: QuerySet[Any]) -> dict[str, results.Sum]:
    """How many orders stand where, and their sum. One query."""
    counted = rows.order_by().values_list("stands").annotate(n=Count("pk"), fen=Sum("amount"))
    return {stands: results.Sum(n, int(fen)) for stands, n, fen in counted.values_list("stands", "n", "fen")}


def by_number(payer: str, numbers: Collection[str]) -> dict[str, PaymentOrder]:
    """The orders of one level among these numbers, with award, enterprise and result. One query."""
    rows = PaymentOrder.objects.filter(payer__path=payer, number__in=numbers)
    return {order.number: order for order in rows.select_related("award__enterprise", "result")}


def as_ordered(order: PaymentOrder) -> Ordered:
    """What the rules compare a row with."""
    result: PaymentResult | None = getattr(order, "result", None)
    firm = order.award.enterprise
    return Ordered(
        number=order.number,
        amount=order.amount,
        on=timezone.localtime(order.ordered_at).date(),
        uscc=firm.uscc,
        names=(firm.name, order.holder),
        result=Outcome(result.outcome, result.on, result.receipt, result.reason) if result else None,
    )


def absent(payer: str, named: Collection[str], most: int) -> tuple[results.Sum, tuple[OpenOrder, ...]]:
    """The open orders of a level that are not named: their sum, and the first of them by age. Two queries."""
    rows = PaymentOrder.objects.filter(payer__path=payer, result=None).exclude(number__in=named)
    whole = rows.aggregate(n=Count("pk"), fen=Coalesce(Sum("amount"), 0))
    first = rows.select_related("award__enterprise").order_by("ordered_at", "id")[:most]
    return results.Sum(whole["n"], int(whole["fen"])), tuple(
        OpenOrder(
            number=o.number,
            award=o.award.public_id,
            name=o.award.enterprise.name,
            uscc=o.award.enterprise.uscc,
            fen=o.amount,
            on=timezone.localtime(o.ordered_at).date(),
        )
        for o in first
    )


def recorded(payer: str, receipts: Collection[str], but: Collection[str]) -> dict[str, str]:
    """Receipt → the number of an order of the level that has it, apart from some orders. One query."""
    rows = PaymentResult.objects.filter(order__payer__path=payer, receipt__in=receipts).exclude(receipt="")
    rows = rows.exclude(order__number__in=but).order_by("-id")
    return dict(rows.values_list("receipt", "order__number"))


def handled(officer: int | None, awards: Collection[int]) -> set[int]:
    """The awards in which the person had another part, so that somebody else reports what has arrived. One query."""
    steps = AwardStep.objects.filter(award__in=awards, by=officer)
    return set(
        steps.filter(decision__in=["propose", "reserve", "approve"]).values_list("award_id", flat=True)
    )
