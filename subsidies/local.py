"""What places have settled beside the written policies, as the arbiter and the pages ask for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from django.db.models import Case, F, Q, QuerySet, When

from subsidies import schemes
from subsidies.models import LocalRule
from subsidies.rules import local as rules
from subsidies.rules.local import Offered, Settled
from subsidies.rules.schemes import Policy, Scheme
from subsidies.rules.workflow import TERMS
from tenancy.access import Actor
from tenancy.context import ancestors
from tenancy.models import Region

_LEVELS = {Region.Kind.REGION: "region", Region.Kind.XPCC: "region", Region.Kind.PREFECTURE: "prefecture"}


def level_of(kind: str) -> str:
    """The level of finance of a kind of place."""
    return _LEVELS.get(Region.Kind(kind), "county")


def policies(on: dt.date) -> list[Policy]:
    """Every policy, and every top-up that the context knows of, as they are on a day. One query."""
    rows = LocalRule.objects.filter(state=LocalRule.State.IN_FORCE)
    found = rows.annotate(code=F("region__code"), place=F("region__kind")).order_by("decided_at", "id")
    settled = [_settled(row, n, row.code, row.place) for n, row in enumerate(found)]
    return rules.settle(schemes.policies(), settled, on)


def by_code(on: dt.date) -> dict[str, tuple[Policy, Scheme]]:
    """Every scheme with its policy, top-ups among them. One query."""
    return {scheme.code: (policy, scheme) for policy in policies(on) for scheme in policy.schemes}


def document(policy: str, on: dt.date) -> dict[str, Any]:
    """What the file of a policy says, with what its place has settled by a day. One query."""
    said = schemes.documents()[policy]
    now = {s.code: s for p in policies(on) if p.id == policy for s in p.schemes}
    matching = any(s.competes for s in now.values() if s.amount.share is not None)
    return {
        **said,
        "stacking": {**said["stacking"], "matching_in_highest": matching},
        "schemes": [
            each if "repeats" in each else {**each, "shares": dict(now[each["code"]].shares)}
            for each in said["schemes"]
        ],
    }


def _settled(row: LocalRule, number: int, code: str, kind: str) -> Settled:
    return Settled(
        number=number,
        place=code,
        level=level_of(kind),
        policy=row.policy,
        document=row.document,
        clause=row.clause,
        since=row.since,
        until=row.until,
        ended=row.ended_on,
        base=row.base,
        fixed=row.fixed,
        share=None if row.percent is None else Fraction(row.percent) / 100,
        in_highest=row.in_highest,
        parts=tuple((level, n) for level, n in row.parts),
    )


def wrong(row: LocalRule, place: Region) -> str:
    """Why a rule may not be drafted at a place, as a code of a refusal; empty where it may. One query."""
    return rules.wrong(_settled(row, 0, place.code, place.kind), written_at(place.path))


def offered(place: Region) -> Offered:
    """What the policies leave to a place. One query."""
    return rules.offered(place.code, level_of(place.kind), written_at(place.path))


def written_at(path: str) -> list[Policy]:
    """The written policies that hold at a place. One query."""
    return [policy for at, policy in placed(schemes.policies()) if path.startswith(at)]


def placed(every: Iterable[Policy]) -> list[tuple[str, Policy]]:
    """(path, policy) of those whose place is known. One query."""
    every = list(every)
    paths = dict(Region.objects.filter(code__in={p.region for p in every}).values_list("code", "path"))
    return [(paths[policy.region], policy) for policy in every if policy.region in paths]


def open_to(actor: Actor, row: LocalRule) -> frozenset[str]:
    """What the actor may do with a rule now: `accept`, `drop`, `end`. No query."""
    if not actor.can(TERMS) or row.region_id != actor.region_path:
        return frozenset()
    if row.state == LocalRule.State.DRAFT:
        return frozenset({"drop"} if row.drafted_by_id == actor.officer_id else {"accept", "drop"})
    ends = row.state == LocalRule.State.IN_FORCE and row.ended_on is None
    return frozenset({"end"} if ends else ())


def visible(actor: Actor) -> QuerySet[LocalRule]:
    """The rules of the actor's place and below, and those above that are in force; drafts first. No query is made here."""
    below = Q(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")
    above = Q(region_id__in=ancestors(actor.region_path), state=LocalRule.State.IN_FORCE)
    rows = LocalRule.objects.filter(below | above).select_related("region")
    dropped = Case(When(state=LocalRule.State.DROPPED, then=1), default=0)
    return rows.order_by(dropped, "state", "-drafted_at", "-id")
