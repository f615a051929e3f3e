"""What was exported and by whom; whether one more may be."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from portal.exports.catalogue import PERSONAL, may_export, open_to
from portal.models import ExportRecord, SavedColumns
from tenancy.access import Actor
from tenancy.models import Job

#: the kind of job that makes an export
EXPORT = "export"


def visible(actor: Actor) -> QuerySet[ExportRecord]:
    """The exports whose files the actor may open: of lists that the actor may export.

    Who exports the registry sees those of the whole place, others their own.
    """
    path = actor.region_path
    rows = ExportRecord.objects.filter(
        region_id__gte=path, region_id__lt=path + "~", listed__in=open_to(actor)
    ).order_by("-created_at", "-id")
    own = Q(by_id=actor.officer_id)
    return rows.filter(own | ~Q(listed__in=PERSONAL)) if actor.can("enterprises.export") else rows.filter(own)


def saved(actor: Actor, listed: str) -> QuerySet[SavedColumns]:
    """The officer's own choices of columns for a list, by name."""
    if not may_export(actor, listed):
        return SavedColumns.objects.none()
    return SavedColumns.objects.filter(
        region_id=actor.region_path, by_id=actor.officer_id, listed=listed
    ).order_by("name")


def free_again_at(actor: Actor) -> dt.datetime | None:
    """When the officer may export again; None when that is now. Two queries, none of the cache.

    Counts what was made in the last hour and what is still being made.
    """
    now = timezone.now()
    running = Job.objects.filter(
        kind=EXPORT, by_id=actor.officer_id, state__in=[Job.State.QUEUED, Job.State.RUNNING]
    ).count()
    room = settings.EXPORTS_AN_HOUR - running
    made = list(
        ExportRecord.objects.filter(by_id=actor.officer_id, created_at__gt=now - dt.timedelta(hours=1))
        .order_by("-created_at")
        .values_list("created_at", flat=True)[: settings.EXPORTS_AN_HOUR]
    )
    if len(made) < room:
        return None
    return (made[room - 1] if room > 0 else now) + dt.timedelta(hours=1)
