"""Reports of major changes: by the enterprise or its county, decided about by the recognising authority."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from cultivation import telling
from cultivation.behalf import may_file
from cultivation.models import ChangeReport, Recognition
from cultivation.rules.workflow import RECOGNISE, Refused
from enterprises.models import Enterprise
from tenancy import audit, inbox
from tenancy.access import Actor, person, require
from tenancy.context import writing


def report_change(
    *, by: Actor, enterprise: Enterprise, kind: str, happened_on: dt.date, text: str
) -> ChangeReport:
    """Reports a change; the same kind of the same day is one report. Raises Denied, and Refused without words, for a
    day in the future, or for an enterprise without a title."""
    may_file(by, enterprise.region_id, enterprise.pk)
    text = text.strip()
    if kind not in ChangeReport.Kind.values or not text:
        raise Refused("change_words")
    today = timezone.localdate()
    if happened_on > today:
        raise Refused("date_future")
    with writing(by, enterprise.region_id):
        if not Recognition.objects.filter(enterprise=enterprise, valid_until__gte=happened_on).exists():
            raise Refused("change_no_title")
        made, new = ChangeReport.objects.get_or_create(
            enterprise=enterprise,
            kind=kind,
            happened_on=happened_on,
            defaults={
                "region_id": enterprise.region_id,
                "text": text[:1000],
                "reported_by_id": person(by),
                "reported_role": by.role,
            },
        )
        if new:
            audit.record(
                by=by,
                action="changes.report",
                region=enterprise.region_id,
                subject=made,
                detail={"enterprise": enterprise.pk, "kind": kind, "happened_on": happened_on.isoformat()},
            )
            inbox.tell(telling.change_reported(made, enterprise), by.officer_id)
    return made


def decide_change(*, by: Actor, report: ChangeReport, outcome: str, reason: str) -> None:
    """What the authority makes of a reported change, once and with a reason that the enterprise reads. It takes no
    title away: that is an act of its own. Raises Denied, Refused."""
    require(by, RECOGNISE, report.region_id)
    if outcome not in ChangeReport.Outcome.values or not reason.strip():
        raise Refused("change_decision")
    with transaction.atomic():
        locked = ChangeReport.objects.select_for_update().get(pk=report.pk)
        if locked.decided_at is not None:
            raise Refused("change_decided")
        locked.outcome, locked.reason = outcome, reason.strip()[:1000]
        locked.decided_at, locked.decided_by_id = timezone.now(), person(by)
        locked.save(update_fields=["outcome", "reason", "decided_at", "decided_by"])
        audit.record(
            by=by,
            action="changes.decide",
            region=locked.region_id,
            subject=locked,
            detail={"outcome": outcome, "reason": locked.reason[:300]},
        )
        inbox.tell(telling.change_decided(locked), by.officer_id)
