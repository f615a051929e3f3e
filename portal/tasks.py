"""The roof's jobs: each fetches, calls one action, and can be run again."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone
from django.utils.translation import gettext_noop

from cultivation.actions import evaluate
from cultivation.models import Tier
from cultivation.queries import stale
from portal import quarters
from portal.counting import SHANGHAI
from portal.reports.actions import keep_report
from portal.reports.closed import Quarter
from tenancy import jobs
from tenancy.access import Actor, open_postings, system_actor
from tenancy.context import acting, nation
from tenancy.models import Job, Officer

REPORT = "report"
log = logging.getLogger(__name__)

STAGES = (gettext_noop("统计"), gettext_noop("排版"), gettext_noop("保存"))


@shared_task
def make_report(job_id: str) -> None:
    """Closes the quarter where needed, prints the region's report and keeps it."""
    # WeasyPrint is loaded in the worker's child, not in the web server.
    from portal.reports.printing import print_report

    with nation():
        job = jobs.claim(job_id)
    if job is None:
        return
    try:
        actor, quarter = _actor(job), Quarter.parse(job.params["quarter"])
        _progress(job, 0)
        with acting(actor):
            snapshot = quarters.close_quarter(quarter=quarter, region=job.region_id, by=actor)[0].snapshot
            closed = quarters.closed(snapshot)
        _progress(job, 1)
        printed = print_report(closed)
        _progress(job, 2)
        with acting(actor):
            report = keep_report(by=actor, snapshot=snapshot, printed=printed)
            jobs.finish(job.id, {"report": report.pk, "file": str(report.file_id), "sha256": report.sha256})
    except quarters.QuarterNotEnded as error:
        _fail(job, str(error))
    except Exception as error:
        log.exception("report %s failed", job_id)
        _fail(job, f"{type(error).__name__}: {error}")
        raise


@shared_task
def close_due_quarters() -> None:
    """Closes what has ended and is not closed, also quarters missed while nothing ran. Twice is harmless."""
    with nation():
        due = quarters.due(timezone.now())
    for region, quarter in due:
        actor = system_actor(region, origin="timetable close-quarter")
        with acting(actor):
            quarters.close_quarter(quarter=quarter, region=region, by=actor)


@shared_task
def judge_changed() -> None:
    """Judges again where figures are newer than the latest look at them."""
    today = timezone.now().astimezone(SHANGHAI).date()
    with nation():
        found = stale(Tier.INNOVATIVE, "")
    for region, year, enterprises in found:
        actor = system_actor(region, origin="timetable judge-changed")
        with acting(actor):
            evaluate(
                by=actor, region=region, tier=Tier.INNOVATIVE, year=year, on=today, enterprise_ids=enterprises
            )


def _actor(job: Job) -> Actor:
    """Who asked, if the posting still holds. Raises PermissionError otherwise."""
    if job.by_id is None:
        return system_actor(job.scope, origin=f"job {job.kind}")
    for posting in open_postings(job.by_id):
        if posting.role == job.role and posting.region_id == job.scope:
            officer = Officer.objects.only("id", "username", "display_name").get(pk=job.by_id)
            return Actor(
                officer.pk,
                officer.username,
                officer.display_name,
                job.role,
                job.scope,
                posting.enterprise_id,
                posting.pk,
                origin=f"job {job.kind}",
            )
    raise PermissionError(f"posting {job.role} at {job.scope} has ended")


def _progress(job: Job, stage: int) -> None:
    with nation():
        jobs.progress(job.id, STAGES[stage], stage, len(STAGES))


def _fail(job: Job, reason: str) -> None:
    with nation():
        jobs.fail(job.id, reason)


jobs.sends(REPORT, make_report.delay)
