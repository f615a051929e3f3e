"""Reports: asked for by an officer, printed by a worker, kept with their fingerprint."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.models import QuarterlySnapshot, Report
from portal.quarters import refuse_unended
from portal.reports.closed import Quarter
from portal.reports.pdf import Rendered
from tenancy import audit, files, jobs
from tenancy.access import Actor, require
from tenancy.models import Job, Region

#: the kind of job that closes a quarter where needed and prints a report
REPORT = "report"


def ask_for_report(*, by: Actor, region: str, quarter: Quarter) -> Job:
    """Starts the job that closes the quarter where needed and prints the region's report.

    Raises Denied, and QuarterNotEnded before a job is made.
    """
    require(by, "reports.close", region)
    refuse_unended(quarter, timezone.now())
    return jobs.start(by=by, kind=REPORT, region=region, params={"quarter": str(quarter)})


@transaction.atomic
def keep_report(*, by: Actor, snapshot: QuarterlySnapshot, printed: Rendered) -> Report:
    """Stores a printed report with its fingerprint; the same file again gives the report that there is."""
    require(by, "reports.close", snapshot.region_id)
    known = Report.objects.filter(snapshot=snapshot, sha256=printed.sha256).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            return _store(by, snapshot, printed)
    except IntegrityError:  # somebody kept the same file at the same time
        return Report.objects.get(snapshot=snapshot, sha256=printed.sha256)


def _store(by: Actor, snapshot: QuarterlySnapshot, printed: Rendered) -> Report:
    region = Region.objects.get(path=snapshot.region_id)
    stored = files.store(
        by=by,
        region=snapshot.region_id,
        kind="report",
        name=f"{region.full_name}优质中小企业梯度培育{Quarter.parse(snapshot.quarter).full_name}报告.pdf",
        media_type="application/pdf",
        chunks=[printed.content],
    )
    report = Report.objects.create(
        region_id=snapshot.region_id,
        snapshot=snapshot,
        file=stored,
        sha256=printed.sha256,
        fonts=printed.fonts,
        created_at=timezone.now(),
        by_id=by.officer_id,
    )
    audit.record(
        by=by,
        action="reports.print",
        region=snapshot.region_id,
        subject=f"{region.code} {snapshot.quarter}",
        detail={"sha256": printed.sha256, "size": len(printed.content), "fonts": printed.fonts},
    )
    return report
