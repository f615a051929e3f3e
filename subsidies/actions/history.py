"""Writes of the subsidies: what awards follow from is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.queries import registered_elsewhere
from subsidies.models import AwardEvent
from subsidies.rules.history import Line
from tenancy import audit
from tenancy.access import Actor, person, require

RECORD = "awards.record"
_SAME = (
    "kind",
    "title",
    "on",
    "how",
    "revoked_on",
    "other_policy",
    "decided",
    "received",
    "project",
    "prize",
)


@dataclass
class Recorded:
    """How many enterprises and events were new, changed or the same; `elsewhere` are codes registered in another place."""

    created: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    elsewhere: list[str] = field(default_factory=list)


def record_history(*, by: Actor, region: str, lines: Sequence[Line]) -> Recorded:
    """Records the events of enterprises of a region; one that is unknown is registered, where no name is given with its code.

    The same event again changes nothing, another content of the same id replaces it, and the trail says so. Codes that are
    registered outside the actor's place are left out and told. About six statements, however many lines. Raises Denied.
    """
    require(by, RECORD, region)
    result = Recorded()
    with transaction.atomic():
        codes = {line.uscc for line in lines}
        known = {e.uscc: e for e in Enterprise.objects.under(by.region_path).filter(uscc__in=codes)}
        result.elsewhere = sorted(registered_elsewhere(codes - set(known)))
        missing = sorted(codes - set(known) - set(result.elsewhere))
        names = {line.uscc: line.name for line in lines if line.name}
        made = [_unknown(by, region, code, names.get(code, code)) for code in missing]
        known |= {e.uscc: e for e in Enterprise.objects.bulk_create(made, batch_size=2_000)}
        result.created = len(made)
        wanted = [(known[line.uscc], event) for line in lines if line.uscc in known for event in line.events]
        before = {
            (e.enterprise_id, e.code): e
            for e in AwardEvent.objects.filter(enterprise__in=[e.pk for e in known.values()])
        }
        fresh, other = [], []
        for enterprise, event in wanted:
            now = before.get((enterprise.pk, event["code"]))
            if now is None:
                fresh.append(_event(by, enterprise, event))
            elif any(getattr(now, name) != event[name] for name in _SAME):
                for name in _SAME:
                    setattr(now, name, event[name])
                now.recorded_by_id, now.recorded_at = person(by), timezone.now()
                other.append(now)
            else:
                result.unchanged += 1
        AwardEvent.objects.bulk_create(fresh, batch_size=2_000)
        AwardEvent.objects.bulk_update(other, [*_SAME, "recorded_by", "recorded_at"], batch_size=500)
        result.new, result.changed = len(fresh), len(other)
        if fresh or other or made:
            audit.record(
                by=by,
                action="awards.record",
                region=region,
                subject=f"{len(wanted)}",
                detail={
                    "created": missing[:500],
                    "new": result.new,
                    "changed": [[e.enterprise_id, e.code] for e in other[:500]],
                },
            )
    return result


def _unknown(by: Actor, region: str, uscc: str, name: str) -> Enterprise:
    made = Enterprise(region_id=region, uscc=uscc, created_by_id=by.officer_id, updated_by_id=by.officer_id)
    made.set_name(name)
    return made


def _event(by: Actor, enterprise: Enterprise, event: dict[str, Any]) -> AwardEvent:
    return AwardEvent(
        region_id=enterprise.region_id, enterprise=enterprise, recorded_by_id=person(by), **event
    )
