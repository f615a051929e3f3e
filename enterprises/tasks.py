from __future__ import annotations

from typing import Any

from celery import shared_task
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from enterprises.actions import imports, personal, quarantine, returning
from enterprises.models import ImportBatch
from tenancy import files, jobs, limits
from tenancy.access import Actor, system_actor
from tenancy.context import acting, nation
from tenancy.models import Job


@shared_task(soft_time_limit=settings.IMPORT_SECONDS)
def read_import(job_id: str) -> None:
    """Reads and checks an upload; nothing is written to the registry."""
    _within_limits(job_id, _read)


@shared_task(soft_time_limit=settings.IMPORT_SECONDS)
def write_import(job_id: str) -> None:
    """Writes a checked upload in one transaction."""
    _within_limits(job_id, _write)


@shared_task(soft_time_limit=settings.IMPORT_SECONDS)
def return_import(job_id: str) -> None:
    """Makes the workbook that goes back to the officer, and keeps it for the download."""
    _within_limits(job_id, _return)


def _within_limits(job_id: str, work: jobs.Work) -> None:
    """A workbook is a stranger's: the work on it ends where it takes too much, and leaves nothing behind."""

    def limited(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
        with limits.memory(settings.IMPORT_MEMORY_MB):
            return work(job, actor, progress)

    jobs.run(job_id, limited)


@shared_task
def forget_personal() -> None:
    """Deletes uploads with personal identity numbers whose time is over. Twice is harmless."""
    now = timezone.now()
    with nation():
        due = list(ImportBatch.objects.filter(personal_until__lte=now).order_by("personal_until"))
    for batch in due:
        actor = system_actor(batch.region_id, origin="timetable forget-personal")
        with acting(actor):
            personal.purge(by=actor, batch=batch, now=now)


@shared_task
def forget_returned() -> None:
    """Deletes workbooks that were made for a download a day ago. Twice is harmless."""
    now = timezone.now()
    with nation():
        regions = files.places_with_older(returning.RETURNED, now - returning.KEPT_FOR)
    for region in regions:
        actor = system_actor(region, origin="timetable forget-returned")
        with acting(actor):
            returning.forget_old(by=actor, region=region, now=now)


def _read(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    batch = ImportBatch.objects.get(pk=job.params["batch"])
    if quarantine.admit(by=actor, batch=batch):
        imports.recheck(
            by=actor,
            batch=batch,
            year=job.params.get("year"),
            mapping=job.params.get("mapping"),
            progress=progress,
        )
    return {"url": reverse("enterprises:batch", args=[batch.public_id])}


def _write(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    batch = ImportBatch.objects.get(pk=job.params["batch"])
    imports.write_batch(
        by=actor,
        batch=batch,
        all_or_nothing=job.params["all_or_nothing"],
        mapping=job.params.get("mapping"),
        progress=progress,
    )
    return {"url": reverse("enterprises:batch", args=[batch.public_id])}


def _return(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    batch = ImportBatch.objects.select_related("file").get(pk=job.params["batch"])
    progress("render", 0, 0)
    stored = returning.keep_back(
        by=actor, batch=batch, only_failed=job.params["only_failed"], name=job.params["name"]
    )
    return {"url": reverse("enterprises:returned_file", args=[stored.pk])}


jobs.sends("import.read", read_import.delay)
jobs.sends("import.write", write_import.delay)
jobs.sends("import.return", return_import.delay)
