"""The roof's jobs: each fetches, calls one action, and can be run again."""

from __future__ import annotations

from typing import Any

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
from tenancy.access import Actor, system_actor
from tenancy.context import acting, nation
from tenancy.models import Job

REPORT = "report"
STAGES = (gettext_noop("统计"), gettext_noop("排版"), gettext_noop("保存"))


@shared_task
def make_report(job_id: str) -> None:
    """Closes the quarter where needed, prints the region's report and keeps it."""
    jobs.run(job_id, _report)


def _report(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    # WeasyPrint is loaded in the worker's child, not in the web server.
    from portal.reports.printing import print_report

    progress(STAGES[0], 0, len(STAGES))
    quarter = Quarter.parse(job.params["quarter"])
    snapshot = quarters.close_quarter(quarter=quarter, region=job.region_id, by=actor)[0].snapshot
    progress(STAGES[1], 1, len(STAGES))
    printed = print_report(quarters.closed(snapshot))
    progress(STAGES[2], 2, len(STAGES))
    report = keep_report(by=actor, snapshot=snapshot, printed=printed)
    return {"report": report.pk, "file": str(report.file_id), "sha256": report.sha256}


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


jobs.sends(REPORT, make_report.delay)
