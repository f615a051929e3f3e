from __future__ import annotations

from typing import Any

from celery import shared_task
from django.urls import reverse

from enterprises.actions import imports, quarantine
from enterprises.models import ImportBatch
from tenancy import jobs
from tenancy.access import Actor
from tenancy.models import Job


@shared_task
def read_import(job_id: str) -> None:
    """Reads and checks an upload; nothing is written to the registry."""
    jobs.run(job_id, _read)


@shared_task
def write_import(job_id: str) -> None:
    """Writes a checked upload in one transaction."""
    jobs.run(job_id, _write)


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
    imports.write_batch(by=actor, batch=batch, all_or_nothing=job.params["all_or_nothing"], progress=progress)
    return {"url": reverse("enterprises:batch", args=[batch.public_id])}


jobs.sends("import.read", read_import.delay)
jobs.sends("import.write", write_import.delay)
