"""The cultivation pool: who enters, its stages, and how many a place should bring in each year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["reserve", "cultivate", "promote", "left"]
#: 储备、培育、提升
STAGES: tuple[Stage, ...] = ("reserve", "cultivate", "promote")
Entitled = Literal["enters", "offered", ""]


class Refused(ValueError):
    """The move is not one of the pool's; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def entitled(missing_count: int, missing_max: int, most: int) -> Entitled:
    """`enters` where at most so many elements are lacking whatever is still unknown, `offered` to an official
    where only the surely lacking ones are that few, else empty."""
    if missing_max <= most:
        return "enters"
    return "offered" if missing_count <= most else ""


def moved(now: Stage, to: str) -> Stage:
    """The stage after a move, forwards or back, or out. Raises Refused."""
    if now == "left":
        raise Refused("pool_left")
    if to == now:
        raise Refused("pool_same")
    for stage in (*STAGES, "left"):
        if stage == to:
            return stage  # type: ignore[return-value]
    raise Refused("pool_stage")


@dataclass(frozen=True)
class Quota:
    """What a policy asks of a place each year. `share` is percent of its above-scale industrial enterprises."""

    place: str
    each: str
    document: str
    certainty: str
    soft: bool = True
    share: int | None = None
    least: int | None = None
    most: int | None = None
    recommend: int | None = None

    def floor(self, above_scale: int | None) -> int | None:
        """How many entries a year at least: the larger of the share, rounded up, and the fixed number.

        None where only the share is asked and the number of enterprises is not known.
        """
        shares = [] if self.share is None or above_scale is None else [-(-above_scale * self.share // 100)]
        found = [*shares, *([] if self.least is None else [self.least])]
        return max(found) if found else None


def quota_of(quotas: Iterable[Quota], place: str, kind: str) -> Quota | None:
    """The quota that counts for a place: of those asked of its kind, the one that lies nearest above it."""
    # Zones and cities of the corps stand beside the counties.
    level = "county" if kind in ("county", "zone", "xpcc_city") else kind
    found = [q for q in quotas if q.each == level and place.startswith(q.place)]
    return max(found, key=lambda q: len(q.place), default=None)
