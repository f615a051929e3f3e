"""The cultivation pool: admitting, moving between its stages, leaving, and the counts that its quotas rest on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils import timezone

from cultivation import telling, terms
from cultivation.models import IndustrialCount, PoolEntry, PoolStep, Tier
from cultivation.queries import latest
from cultivation.rules.pool import Refused, entitled, moved
from enterprises.actions.titles import FIELDS as TITLE_FIELDS
from enterprises.models import Enterprise, State
from tenancy import audit, inbox
from tenancy.access import Actor, person, require


@dataclass
class Pooled:
    """What became of each: the enterprises or entries that were done, and a code for each that was refused."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def admit(*, by: Actor, tier: str, enterprise_ids: Iterable[int], reason: str = "") -> Pooled:
    """Takes enterprises into the pool on their way to a tier, by the judgement in force today; twice keeps the
    first. About five statements, however many there are.

    Who lacks at most the allowed number of elements whatever is still unknown enters as it is; where undecided
    elements may make it more, a `reason` is needed; with more surely lacking, unjudged, or holding the tier's
    title already, it is refused. Raises Denied without `pool.edit`, ValueError for an unknown tier.
    """
    require(by, "pool.edit", by.region_path)
    if tier not in Tier.values:
        raise ValueError(tier)
    wanted, reason, today = set(enterprise_ids), reason.strip()[:500], timezone.localdate()
    result = Pooled()
    with transaction.atomic():
        found = {
            e.pk: e
            for e in Enterprise.objects.filter(pk__in=wanted, state=State.ACTIVE)
            .select_for_update()
            .order_by("pk")
        }
        inside = set(
            PoolEntry.objects.filter(enterprise__in=found, tier=tier)
            .exclude(stage=PoolEntry.Stage.LEFT)
            .values_list("enterprise_id", flat=True)
        )
        judged = {
            e.enterprise_id: e
            for e in latest(tier, today)
            .filter(enterprise__in=found)
            .only("id", "enterprise_id", "missing_count", "missing_max")
        }
        made = []
        for pk in sorted(wanted):
            enterprise, evaluation = found.get(pk), judged.get(pk)
            if enterprise is None:
                result.refused[pk] = "not_found"
            elif pk in inside:
                result.refused[pk] = "pool_in"
            elif (until := getattr(enterprise, TITLE_FIELDS[tier])) is not None and until >= today:
                result.refused[pk] = "pool_title_held"
            elif evaluation is None:
                result.refused[pk] = "pool_not_judged"
            else:
                may = entitled(evaluation.missing_count, evaluation.missing_max, terms.most_missing())
                if may == "":
                    result.refused[pk] = "pool_missing"
                elif may == "offered" and not reason:
                    result.refused[pk] = "pool_reason"
                else:
                    made.append(
                        PoolEntry(
                            region_id=enterprise.region_id,
                            enterprise=enterprise,
                            tier=tier,
                            entered_on=today,
                            evaluation_id=evaluation.pk,
                            missing_count=evaluation.missing_count,
                            missing_max=evaluation.missing_max,
                            reason=reason if may == "offered" else "",
                            by_id=person(by),
                        )
                    )
        PoolEntry.objects.bulk_create(made)
        result.done = [entry.enterprise_id for entry in made]
        inbox.tell(telling.pooled(made), by.officer_id)
        _record(
            by, "pool.admit", {e.enterprise_id: e.region_id for e in made}, {"tier": tier, "reason": reason}
        )
    return result


def move(*, by: Actor, seen: Mapping[int, int], stage: str, reason: str = "") -> Pooled:
    """Moves entries to another stage, or with `left` out of the pool, which needs a reason.

    `seen` gives for each entry the number of the last step that the person saw; what somebody has moved
    meanwhile is refused as `overtaken`. Raises Denied without `pool.edit`, Refused without the reason.
    """
    require(by, "pool.edit", by.region_path)
    reason = reason.strip()[:500]
    if stage == PoolEntry.Stage.LEFT and not reason:
        raise Refused("pool_leave_reason")
    result = Pooled()
    with transaction.atomic():
        found = {e.pk: e for e in PoolEntry.objects.select_for_update().filter(pk__in=seen).order_by("pk")}
        steps = []
        for pk, step in sorted(seen.items()):
            entry = found.get(pk)
            if entry is None:
                result.refused[pk] = "not_found"
                continue
            if entry.step != step:
                result.refused[pk] = "overtaken"
                continue
            try:
                after = moved(entry.stage, stage)  # type: ignore[arg-type]
            except Refused as refused:
                result.refused[pk] = refused.code
                continue
            steps.append(
                PoolStep(
                    region_id=entry.region_id,
                    entry=entry,
                    number=entry.step + 1,
                    before=entry.stage,
                    after=after,
                    reason=reason,
                    by_id=person(by),
                )
            )
        PoolStep.objects.bulk_create(steps)
        result.done = [s.entry_id for s in steps]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE cultivation_poolentry e SET stage = s.after, step = s.number, since = s.at "
                "FROM cultivation_poolstep s WHERE s.entry_id = e.id AND s.number = e.step + 1 AND e.id = ANY (%s)",
                [result.done],
            )
        inbox.tell(telling.pool_moved(steps, found), by.officer_id)
        action = "pool.leave" if stage == PoolEntry.Stage.LEFT else "pool.move"
        _record(
            by, action, {pk: found[pk].region_id for pk in result.done}, {"stage": stage, "reason": reason}
        )
    return result


def _record(by: Actor, action: str, places: Mapping[int, str], detail: dict[str, str]) -> None:
    for region in sorted(set(places.values())):
        here = [pk for pk, place in places.items() if place == region]
        audit.record(
            by=by, action=action, region=region, subject=f"{len(here)}", detail={**detail, "of": here}
        )


def record_industrial_count(
    *, by: Actor, region: str, year: int, count: int, counted_on: dt.date, source: str
) -> IndustrialCount:
    """Enters how many above-scale industrial enterprises a place had, by a source of a day; the newest counts.

    Raises Denied without `pool.edit` there, Refused without a source, for a negative number or a day to come.
    """
    require(by, "pool.edit", region)
    source = source.strip()[:200]
    if count < 0 or not source or counted_on > timezone.localdate() or not 2000 <= year <= 2100:
        raise Refused("count_words")
    with transaction.atomic():
        made = IndustrialCount.objects.create(
            region_id=region, year=year, count=count, counted_on=counted_on, source=source, by_id=person(by)
        )
        audit.record(
            by=by,
            action="pool.count",
            region=region,
            subject=made,
            detail={"year": year, "count": count, "source": source},
        )
    return made
