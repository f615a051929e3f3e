"""Whether an award that was proposed still stands on a later day: asked again at each act that moves its money."""

from __future__ import annotations

from collections.abc import Collection

from subsidies.rules.arbiter import Arbitrated


def why_not(
    key: tuple[str, str],
    amount: int,
    *,
    state: str,
    barred: bool,
    answer: Arbitrated,
    others: Collection[tuple[str, str]],
) -> str:
    """Empty where it stands, else the one reason that is told.

    `key` is the award's (event, scheme); `others` are those of the same policy and year for which the enterprise has, or
    may still get, money. Reasons of the arbiter; and `not_active`, `barred`, `event_gone`, `undecided`,
    `amount_changed`, and `lower_awarded`: it is the highest of its year, and one that loses to it is being paid.
    """
    if state != "active":
        return "not_active"
    if barred:
        return "barred"
    due = next((d for d in answer.due if (d.event, d.scheme) == key), None)
    if due is None:
        return next((r.reason for r in answer.refused if (r.event, r.scheme) == key), "event_gone")
    if due.amount is None:
        return "undecided"
    if due.amount != amount:
        return "amount_changed"
    lost = {(r.event, r.scheme) for r in answer.refused if r.reason == "highest_only"}
    return "lower_awarded" if any(other in lost for other in others) else ""
