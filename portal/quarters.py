"""Closing a quarter: what is stored is counted set-based into one append-only snapshot per region.

Nothing is judged here: each enterprise counts by its latest evaluation on or before the quarter's end. Stocks
(enterprises, sizes, titles) are those of the moment of counting, imports those of the quarter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from portal.counting import SHANGHAI, own_figures
from portal.models import QuarterlySnapshot
from portal.reports.closed import Closed, Quarter, add
from tenancy import audit
from tenancy.access import Actor, require
from tenancy.models import AuditSeal, Region

#: a snapshot counted later than this after the quarter's end is marked as caught up
IN_TIME = dt.timedelta(days=15)
SERIES = 7


class QuarterNotEnded(Exception):
    """The quarter still runs, by the clock of Shanghai."""

    def __init__(self, quarter: Quarter) -> None:
        self.quarter = quarter
        super().__init__(f"{quarter} ends on {quarter.ends_on}")


@dataclass(frozen=True)
class Closing:
    """A snapshot of the asked quarter, and whether this call made it."""

    snapshot: QuarterlySnapshot
    created: bool


def last_ended(now: dt.datetime) -> Quarter:
    return Quarter.of(now.astimezone(SHANGHAI).date()).shift(-1)


def refuse_unended(quarter: Quarter, now: dt.datetime) -> None:
    """Raises QuarterNotEnded until the day after the quarter's last, by the clock of Shanghai."""
    if now.astimezone(SHANGHAI).date() <= quarter.ends_on:
        raise QuarterNotEnded(quarter)


def due(now: dt.datetime) -> list[tuple[str, Quarter]]:
    """(region, quarter) that have ended and are not closed, oldest first, for the highest tenant of each place.

    A tenant that never closed a quarter begins with the last ended one. Two queries.
    """
    tops: list[str] = []
    for path in Region.objects.filter(is_tenant=True).order_by("path").values_list("path", flat=True):
        if not any(path.startswith(top) for top in tops):
            tops.append(path)
    newest = dict(
        QuarterlySnapshot.objects.filter(region_id__in=tops)
        .values_list("region_id")
        .annotate(last=Max("quarter"))
    )
    end, found = last_ended(now), []
    for top in tops:
        quarter = Quarter.parse(newest[top]).shift(1) if top in newest else end
        while quarter.starts_on <= end.starts_on:
            found.append((top, quarter))
            quarter = quarter.shift(1)
    return sorted(found, key=lambda each: (str(each[1]), each[0]))


def close_quarter(
    *, quarter: Quarter, region: str, by: Actor, now: dt.datetime | None = None
) -> list[Closing]:
    """The snapshots of a region and of every region below it, the region first; missing ones are made.

    One transaction under a lock: of several callers one counts, and after a crash there is nothing or
    everything. A snapshot that exists is never counted again. Raises QuarterNotEnded and Denied. About a
    dozen statements, whatever the number of regions.
    """
    require(by, "reports.close", region)
    now = now or timezone.now()
    refuse_unended(quarter, now)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7002))", [f"quarter:{quarter}"])
        regions = list(
            Region.objects.under(region)
            .filter(valid_until__isnull=True)
            .select_related("parent")
            .order_by("path")
        )
        stored = {
            each.region_id: each
            for each in QuarterlySnapshot.objects.filter(
                quarter=str(quarter), region_id__gte=region, region_id__lt=region + "~"
            )
        }
        missing = [each for each in regions if each.path not in stored]
        made = _make(missing, stored, quarter, by, now) if missing else {}
        if made:
            audit.record(
                by=by,
                action="quarters.close",
                region=region,
                subject=str(quarter),
                detail={"snapshots": len(made), "late": _is_late(quarter, now)},
            )
    found = stored | made
    return [Closing(found[each.path], each.path in made) for each in regions]


def _is_late(quarter: Quarter, now: dt.datetime) -> bool:
    return now.astimezone(SHANGHAI).date() > quarter.ends_on + IN_TIME


def _make(
    missing: list[Region],
    stored: dict[str, QuarterlySnapshot],
    quarter: Quarter,
    by: Actor,
    now: dt.datetime,
) -> dict[str, QuarterlySnapshot]:
    paths = [each.path for each in missing]
    own = own_figures(paths, quarter)
    earlier = _earlier(paths, quarter)
    heads = _heads(paths)
    made: dict[str, QuarterlySnapshot] = {}
    figures = {path: each.figures for path, each in stored.items()}
    legends = {path: each.legend for path, each in stored.items()}
    below: dict[str, list[str]] = {}
    for path, each in stored.items():
        below.setdefault(each.parent, []).append(path)
    # The deepest first, so that a parent finds the sums of the regions below it.
    for region in sorted(missing, key=lambda each: (-each.path.count("/"), each.path)):
        path = region.path
        total, legend = own[path]["figures"], own[path]["legend"]
        for child in below.get(path, []):
            total, legend = add(total, figures[child]), _join(legend, legends[child])
        parent = region.parent.path if region.parent else ""
        figures[path], legends[path] = total, legend
        below.setdefault(parent, []).append(path)
        made[path] = QuarterlySnapshot(
            region_id=path,
            quarter=str(quarter),
            parent=parent,
            ends_on=quarter.ends_on,
            counted_at=now,
            late=_is_late(quarter, now),
            figures=total,
            compared=_compared(earlier.get(path, {}), quarter),
            annex=own[path]["annex"],
            legend=legend | {"region": _place(region)},
            audit_head=heads.get(path, {}),
            by_id=by.officer_id,
        )
    QuarterlySnapshot.objects.bulk_create(made.values(), batch_size=200)
    return made


def _place(region: Region) -> dict[str, str]:
    """The region as it was called on the day of the counting."""
    return {"code": region.code, "name": region.name, "full_name": region.full_name, "kind": region.kind}


def _earlier(paths: list[str], quarter: Quarter) -> dict[str, dict[str, QuarterlySnapshot]]:
    names = [str(quarter.shift(-n)) for n in range(1, SERIES + 1)]
    found: dict[str, dict[str, QuarterlySnapshot]] = {}
    for each in QuarterlySnapshot.objects.filter(region_id__in=paths, quarter__in=names).defer("annex"):
        found.setdefault(each.region_id, {})[each.quarter] = each
    return found


def _compared(earlier: dict[str, QuarterlySnapshot], quarter: Quarter) -> dict[str, Any]:
    """The quarter before, the same quarter a year ago, and the titles of the last seven quarters."""

    def one(shift: int) -> dict[str, Any] | None:
        found = earlier.get(str(quarter.shift(shift)))
        return (
            None
            if found is None
            else {"quarter": found.quarter, "late": found.late, "figures": found.figures}
        )

    series = [
        [name, earlier[name].figures.get("tiers", {})]
        for name in (str(quarter.shift(-n)) for n in range(SERIES, 0, -1))
        if name in earlier
    ]
    return {"previous": one(-1), "year_ago": one(-4), "series": series}


def _heads(paths: list[str]) -> dict[str, dict[str, Any]]:
    newest = (
        AuditSeal.objects.filter(region_id__in=paths).order_by("region_id", "-position").distinct("region_id")
    )
    return {
        seal.region_id: {"position": seal.position, "digest": seal.digest, "signature": seal.signature}
        for seal in newest
    }


def _join(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {
        "elements": first["elements"] | second["elements"],
        "facts": first["facts"] | second["facts"],
        "editions": sorted({*first["editions"], *second["editions"]}),
    }


def closed(snapshot: QuarterlySnapshot) -> Closed:
    """The snapshot and those below it, as the report reads them. One query."""
    path = snapshot.region_id
    found = QuarterlySnapshot.objects.filter(
        quarter=snapshot.quarter, region_id__gte=path, region_id__lt=path + "~"
    )
    below: dict[str, list[QuarterlySnapshot]] = {}
    for each in found:
        below.setdefault(each.parent, []).append(each)
    return _closed(snapshot, below)


def _closed(snapshot: QuarterlySnapshot, below: dict[str, list[QuarterlySnapshot]]) -> Closed:
    return Closed(
        **snapshot.legend["region"],
        quarter=Quarter.parse(snapshot.quarter),
        counted_at=snapshot.counted_at.astimezone(SHANGHAI),
        late=snapshot.late,
        figures=snapshot.figures,
        compared=snapshot.compared,
        annex=snapshot.annex,
        legend=snapshot.legend,
        audit_head=snapshot.audit_head,
        below=[_closed(each, below) for each in _in_order(below.get(snapshot.region_id, []))],
    )


def _in_order(snapshots: Iterable[QuarterlySnapshot]) -> list[QuarterlySnapshot]:
    return sorted(snapshots, key=lambda each: each.region_id)
