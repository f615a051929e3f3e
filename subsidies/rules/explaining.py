"""Why an award is this much, as it is kept with it."""

from __future__ import annotations

from datetime import date
from typing import Any

from subsidies.rules.arbiter import Arbitrated, Due, Event
from subsidies.rules.schemes import Policy, Scheme


def explanation(
    policy: Policy, scheme: Scheme, event: Event, due: Due, answer: Arbitrated, on: date
) -> dict[str, Any]:
    """Why this much and why not more, as it is kept: the rule, the facts, and what was refused beside it. Money is fen."""
    amount = scheme.amount
    rule: dict[str, Any] = {"fixed": amount.fixed}
    if amount.between is not None:
        rule = {"between": list(amount.between)}
    elif amount.share is not None:
        rule = {"share": str(amount.share), "received": event.received}
    elif amount.of_base is not None:
        base = next(d.amount for d in answer.due if (d.event, d.scheme) == (event.id, scheme.tops))
        rule = {"of_base": str(amount.of_base), "base": scheme.tops, "amount": base}
    elif amount.prizes is not None:
        rule = {"prize": event.prize, "fixed": amount.prizes[event.prize]}
    return {
        "on": on.isoformat(),
        "document": policy.document,
        "clause": scheme.clause,
        "rule": rule,
        "how": event.how,
        "since": scheme.since.isoformat() if scheme.since else None,
        "until": scheme.until.isoformat() if scheme.until else None,
        "once": scheme.once,
        "needs": scheme.needs,
        "project": event.project,
        "highest_only": scheme.competes,
        "shares": [list(share) for share in due.shares],
        "refused": [[r.event, r.scheme, r.reason] for r in answer.refused],
    }
