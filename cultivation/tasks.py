from __future__ import annotations

from datetime import date
from typing import Any

from celery import shared_task
from django.urls import reverse

from cultivation import actions
from tenancy import jobs
from tenancy.access import Actor
from tenancy.models import Job


@shared_task
def evaluate(job_id: str) -> None:
    """Judges the region of a job."""
    jobs.run(job_id, _evaluate)


def _evaluate(job: Job, actor: Actor, progress: jobs.Progress) -> dict[str, Any]:
    progress("judge", 0, 0)
    actions.evaluate_all(
        by=actor,
        region=job.region_id,
        tiers=job.params["tiers"],
        year=job.params["year"],
        on=date.fromisoformat(job.params["on"]),
        progress=lambda done: progress("judge", done, 0),
    )
    return {"url": reverse("cultivation:overview")}


jobs.sends("evaluate", evaluate.delay)
