"""Questions about the pool: who could enter, who is in it, and what each place has brought in against its quota."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from cultivation import terms
from cultivation.models import IndustrialCount, PoolEntry
from cultivation.queries import latest
from cultivation.rules.pool import Quota, quota_of
from enterprises.actions.titles import FIELDS as TITLE_FIELDS
from enterprises.models import State
from tenancy.access import Actor
from tenancy.models import Region

STAGE = PoolEntry.Stage


def entries(actor: Actor) -> QuerySet[PoolEntry]:
    """The entries of the actor's place and below."""
    return PoolEntry.objects.filter(
        region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~"
    ).select_related("enterprise", "region")


def candidates(actor: Actor, tier: str, today: dt.date) -> QuerySet[Any]:
    """The judgements in force of active enterprises that may enter on their way to a tier, are not in the pool for
    it and do not hold its title."""
    inside = PoolEntry.objects.filter(enterprise=OuterRef("enterprise"), tier=tier).exclude(stage=STAGE.LEFT)
    return (
        latest(tier, today)
        .filter(
            region_id__gte=actor.region_path,
            region_id__lt=actor.region_path + "~",
            missing_count__lte=terms.most_missing(),
            enterprise__state=State.ACTIVE,
        )
        .exclude(Exists(inside))
        .exclude(**{f"enterprise__{TITLE_FIELDS[tier]}__gte": today})
        .select_related("enterprise", "enterprise__region")
    )


def counts(actor: Actor, tier: str) -> dict[str, int]:
    """How many entries on the way to a tier are in which stage. One query."""
    rows = entries(actor).filter(tier=tier).order_by().values_list("stage").annotate(n=Count("id"))
    return dict(rows.values_list("stage", "n"))


@dataclass(frozen=True)
class Place:
    """One place in a year: what it brought in, what is asked of it, and what that rests on."""

    region: Region
    entered: int
    quota: Quota | None
    floor: int | None
    counted: IndustrialCount | None

    @property
    def short(self) -> int:
        return max(0, (self.floor or 0) - self.entered)


def own_place(region: Region, year: int) -> Place | None:
    """The place itself against what is asked of it; None where nothing is. Two queries where something is."""
    quota = quota_of(terms.quotas(), region.path, region.kind)
    if quota is None:
        return None
    inside = PoolEntry.objects.filter(region_id__gte=region.path, region_id__lt=region.path + "~")
    entered = inside.filter(entered_on__year=year).aggregate(n=Count("enterprise", distinct=True))["n"]
    counts = IndustrialCount.objects.filter(region_id=region.path, year__lte=year)
    counted = counts.order_by("-year", "-id").first()
    return Place(region, entered, quota, quota.floor(counted.count if counted else None), counted)


def against_quota(actor: Actor, year: int) -> list[Place]:
    """Each county below the actor, or each prefecture where the policy asks it of those, for entries of a year.
    Four queries, however many places there are."""
    path = actor.region_path
    regions = list(Region.objects.under(path).order_by("path"))
    quotas = terms.quotas()
    asked = [r for r in regions if quota_of(quotas, r.path, r.kind) is not None or r.path == path]
    brought: dict[str, int] = dict(
        entries(actor)
        .filter(entered_on__year=year)
        .order_by()
        .values_list("region_id")
        .annotate(n=Count("enterprise", distinct=True))
        .values_list("region_id", "n")  # type: ignore[arg-type]
    )
    newest: dict[str, IndustrialCount] = {}
    rows = IndustrialCount.objects.filter(
        Q(region_id__gte=path, region_id__lt=path + "~"), year__lte=year
    ).order_by("region_id", "-year", "-id")
    for row in rows.distinct("region_id"):
        newest[row.region_id] = row
    found = []
    for region in asked:
        quota = quota_of(quotas, region.path, region.kind)
        counted = newest.get(region.path)
        entered = sum(n for place, n in brought.items() if place.startswith(region.path))
        floor = quota.floor(counted.count if counted else None) if quota else None
        found.append(Place(region, entered, quota, floor, counted))
    return found
