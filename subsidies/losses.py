"""Losses: pools of a place that are less or other than they were signed, and what was proposed and decided about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from subsidies import heads
from subsidies.models import Acceptance
from subsidies.rules.heads import ABSENT, Head, Line, compare


@dataclass(frozen=True)
class Loss:
    """A signed head, what there is in its place, and up to which number a signed head still proves the entries."""

    line: Line
    after: Head
    what: str
    kept: int
    #: confirmed, its line is written by the next signing
    pending: bool

    @property
    def before(self) -> Head:
        return self.line.head

    @property
    def seen(self) -> str:
        """What somebody has seen who decides about it."""
        return ":".join(
            (str(self.before.entries), self.before.digest, str(self.after.entries), self.after.digest)
        )


def losses(signed: heads.Signed, place: str) -> list[Loss]:
    """The losses of exactly this place, in its context. Two queries; one where nothing was signed."""
    today = {each.head.pool: each for each in heads.standing(signed) if each.head.region == place}
    own = {pool: line for pool, line in signed.of.items() if line.head.region == place}
    faults = compare({pool: head for pool, head in signed.heads.items() if pool in own}, today.values())
    what = {fault["pool"]: fault["what"] for fault in faults}
    what = {pool: fault["what"] for pool, fault in signed.disputed.items() if pool in own} | what
    kept = _kept(signed, what) if what else {}
    found = []
    for pool, code in sorted(what.items()):
        head = own[pool].head
        gone = Head(pool, head.region, head.scheme, head.year, 0, ABSENT)
        after = today[pool].head if pool in today else gone
        found.append(Loss(own[pool], after, code, kept.get(pool, 0), pool in signed.pending))
    return found


def _kept(signed: heads.Signed, pools: Any) -> dict[int, int]:
    """Pool → the highest number of its signed heads whose entry still is what it was."""
    asked = [(pool, head.entries, head.digest) for pool in pools for head in signed.past.get(pool, [])]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.pool, max(a.number) FROM unnest(%s::bigint[], %s::int[], %s::text[]) a (pool, number, digest) "
            "JOIN subsidies_entry e ON e.pool_id = a.pool AND e.number = a.number AND e.digest = a.digest GROUP BY 1",
            [list(column) for column in zip(*asked, strict=True)] if asked else [[], [], []],
        )
        return dict(cursor.fetchall())


def acceptances(place: str) -> QuerySet[Acceptance]:
    """What was proposed in exactly this place, the newest first, with its answer."""
    return Acceptance.objects.filter(region_id=place).select_related("answer").order_by("-id")
