"""What the enterprises of a place are due: their events, and the policies that hold where they are."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from cultivation.models import Recognition
from cultivation.stored import yuan
from enterprises.models import Enterprise
from enterprises.queries import money_in_fen
from subsidies import schemes
from subsidies.models import AwardEvent
from subsidies.rules.arbiter import Arbitrated, Event, arbitrate
from subsidies.rules.schemes import Policy
from tenancy.models import Region


def policies_by_place() -> list[tuple[str, Policy]]:
    """(path, policy); a policy holds in its place and below. One query."""
    every = schemes.policies()
    paths = dict(Region.objects.filter(code__in={p.region for p in every}).values_list("code", "path"))
    return [(paths[policy.region], policy) for policy in every if policy.region in paths]


def events_of(region: str) -> dict[int, list[Event]]:
    """Enterprise → its events: those that were brought in, and the portal's own recognitions. Two queries.

    A recognition that was brought in with the same title and day is the portal's own.
    """
    found: dict[int, list[Event]] = defaultdict(list)
    known: set[tuple[int, str, dt.date]] = set()
    inside = {"region_id__gte": region, "region_id__lt": region + "~"}
    for e in AwardEvent.objects.filter(**inside).order_by("id").iterator(5_000):
        known.add((e.enterprise_id, e.title, e.on))
        found[e.enterprise_id].append(
            Event(
                id=e.code,
                kind=e.kind,
                title=e.title,
                on=e.on,
                how=e.how,
                revoked_on=e.revoked_on,
                other_policy=e.other_policy,
                decided=money_in_fen(e.decided),
                received=money_in_fen(e.received),
                project=e.project,
                prize=e.prize,
            )
        )
    own = Recognition.objects.filter(**inside).select_related("withdrawal").order_by("id")
    for title in own.iterator(5_000):
        if (title.enterprise_id, title.tier, title.valid_from) in known:
            continue
        withdrawn = getattr(title, "withdrawal", None)
        found[title.enterprise_id].append(
            Event(
                id=title.code,
                kind="recognition",
                title=title.tier,
                on=title.valid_from,
                how="renewal" if title.review else "new",
                revoked_on=withdrawn.decided_on if withdrawn else None,
            )
        )
    return dict(found)


def due(region: str, on: dt.date) -> Iterator[tuple[str, Arbitrated]]:
    """(code, answer) of each enterprise of the place and below that has an event, in the order of the codes."""
    holding = policies_by_place()
    events = events_of(region)
    rows = Enterprise.objects.under(region).order_by("uscc").values_list("id", "uscc", "region_id")
    for pk, uscc, place in rows.iterator(5_000):
        if pk in events:
            here = [policy for path, policy in holding if str(place).startswith(path)]
            yield uscc, arbitrate(here, events[pk], on, schemes.valid_years())


def as_json(uscc: str, answer: Arbitrated) -> dict[str, Any]:
    """One enterprise as the command gives it; money in yuan."""
    return {
        "uscc": uscc,
        "due": [
            {
                "event": d.event,
                "scheme": d.scheme,
                "amount": None if d.amount is None else yuan(d.amount),
                "shares": {level: yuan(fen) for level, fen in d.shares},
            }
            for d in answer.due
        ],
        "refused": [{"event": r.event, "scheme": r.scheme, "reason": r.reason} for r in answer.refused],
    }
