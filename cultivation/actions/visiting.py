"""On-site checks (实地抽查): drawn by lot, given to somebody, recorded with what was found."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction
from django.utils import timezone

from cultivation import telling
from cultivation.models import Application, ApplicationBatch, SiteDraw, SiteVisit
from cultivation.queue import is_conflicted, require_level, undrawn
from cultivation.rules.drawing import draw, fingerprint
from cultivation.rules.workflow import Refused
from tenancy import audit, inbox
from tenancy.access import Actor, person
from tenancy.models import Posting


def draw_visits(*, by: Actor, batch: ApplicationBatch, count: int) -> SiteDraw:
    """Draws `count` of the applications that lie with the actor's level and were not drawn there before.

    The seed is made anew and kept, so that the draw can be repeated. Raises Denied, and Refused where nothing lies
    there or nothing was asked for.
    """
    require_level(by, by.region_path, own=True)
    with transaction.atomic():
        waiting = dict(undrawn(by, batch).select_for_update(of=("self",)).values_list("public_id", "id"))
        if count < 1 or not waiting:
            raise Refused("visits_none")
        seed = secrets.token_hex(8)
        chosen = draw(seed, waiting, count)
        made = SiteDraw.objects.create(
            region_id=by.region_path,
            batch=batch,
            seed=seed,
            among=len(waiting),
            drawn=len(chosen),
            sha256=fingerprint(waiting),
            by_id=person(by),
        )
        regions = dict(Application.objects.filter(public_id__in=chosen).values_list("public_id", "region_id"))
        SiteVisit.objects.bulk_create(
            SiteVisit(
                region_id=regions[code], draw_id=made.pk, place=by.region_path, application_id=waiting[code]
            )
            for code in chosen
        )
        audit.record(
            by=by,
            action="visits.draw",
            region=by.region_path,
            subject=made,
            detail={"batch": batch.pk, "seed": seed, "among": made.among, "drawn": made.drawn,
                    "sha256": made.sha256},
        )  # fmt: skip
    return made


def assign_visit(*, by: Actor, visit: SiteVisit, officer_id: int) -> None:
    """Gives a visit to somebody with a posting in the level's place or below. Raises Denied, Refused."""
    require_level(by, visit.place, own=True)
    now = timezone.now()
    here = Posting.objects.filter(
        officer_id=officer_id, region_id__gte=visit.place, region_id__lt=visit.place + "~", from_at__lte=now
    ).exclude(until_at__lte=now)
    posting = here.exclude(role="enterprise").order_by("region_id").first()
    if posting is None:
        raise Refused("visit_person")
    if is_conflicted(officer_id, visit.application.enterprise_id):
        raise Refused("conflict")
    with transaction.atomic():
        locked = SiteVisit.objects.select_for_update().get(pk=visit.pk)
        if locked.recorded_at is not None:
            raise Refused("visit_recorded")
        locked.assigned_id = officer_id
        locked.save(update_fields=["assigned"])
        audit.record(
            by=by,
            action="visits.assign",
            region=locked.region_id,
            subject=locked,
            detail={"officer": officer_id},
        )
        inbox.tell([telling.visit_assigned(locked, officer_id, posting.region_id)], by.officer_id)


def record_visit(*, by: Actor, visit: SiteVisit, visited_on: dt.date, result: str, findings: str) -> None:
    """What was found; by the one it was given to, or by the level itself. Once. Raises Denied, Refused."""
    if visit.assigned_id is None or visit.assigned_id != by.officer_id:
        require_level(by, visit.place, own=True)
    if result not in SiteVisit.Result.values or not findings.strip():
        raise Refused("visit_words")
    if visited_on > timezone.localdate():
        raise Refused("date_future")
    if is_conflicted(person(by), visit.application.enterprise_id):
        raise Refused("conflict")
    with transaction.atomic():
        locked = SiteVisit.objects.select_for_update().get(pk=visit.pk)
        if locked.recorded_at is not None:
            raise Refused("visit_recorded")
        locked.visited_on, locked.result, locked.findings = visited_on, result, findings.strip()[:2000]
        locked.by_id, locked.recorded_at = person(by), timezone.now()
        locked.save(update_fields=["visited_on", "result", "findings", "by", "recorded_at"])
        audit.record(
            by=by,
            action="visits.record",
            region=locked.region_id,
            subject=locked,
            detail={"result": result, "visited_on": visited_on.isoformat()},
        )
