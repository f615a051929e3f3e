"""What somebody may do with an award now: asked by its page, answered by the table and the permissions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from subsidies.models import Award, PaymentOrder, Portion
from subsidies.queries import Money
from subsidies.rules.workflow import ACCOUNT, APPROVE, LIVE, PAY, PROPOSE, RESERVE
from tenancy.access import Actor

#: nothing of it is left to let go
_ARRIVED = frozenset({"paid", "recovering", "recovered"})


@dataclass(frozen=True)
class OpenActs:
    """`forward` is the next step of the actor's own level: reserve, approve, publish, order, release, or none."""

    forward: str
    refuse: bool
    withdraw: bool
    reclaim: bool
    account: bool
    settle: frozenset[int]


def open_acts(
    actor: Actor, award: Any, own: Portion | None, money: Money, orders: Collection[PaymentOrder]
) -> OpenActs:
    """For an award of `awarded.awards`, the portion of the actor's own level with its money, and the award's orders. No
    query."""
    enterprise = actor.role == "enterprise"
    return OpenActs(
        forward=_forward(actor, award, own, money) if own is not None else "",
        refuse=actor.can(APPROVE)
        and award.payer_id == actor.region_path
        and award.state in LIVE
        and award.stage not in _ARRIVED,
        withdraw=actor.can(PROPOSE) and award.stage == "waiting",
        reclaim=actor.can(APPROVE) and money.paid > 0,
        account=enterprise or actor.can(ACCOUNT),
        settle=frozenset(
            order.pk
            for order in orders
            if actor.can(PAY) and order.payer_id == actor.region_path and not hasattr(order, "result")
        ),
    )


def _forward(actor: Actor, award: Any, own: Portion, money: Money) -> str:
    if award.state not in LIVE:
        decision, permission = ("release", APPROVE) if own.state != Portion.State.RELEASED else ("", "")
    elif award.state == Award.State.CLEARED:
        decision, permission = ("order", PAY) if money.committed else ("", "")
    elif award.state == Award.State.NOTICED:
        decision, permission = "", ""
    elif award.stage == "approved" and award.payer_id == actor.region_path:
        decision, permission = "publish", APPROVE
    else:
        steps = {"waiting": ("reserve", RESERVE), "reserved": ("approve", APPROVE)}
        decision, permission = steps.get(own.state, ("", ""))
    return decision if permission and actor.can(permission) else ""
