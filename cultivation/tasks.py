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
    done = 0
    progress("judge", 0, 0)
    for tier in job.params["tiers"]:
        before = done

        def tell(n: int, before: int = before) -> None:
            progress("judge", before + n, 0)

        done += actions.evaluate(
            by=actor,
            region=job.region_id,
            tier=tier,
            year=job.params["year"],
            on=date.fromisoformat(job.params["on"]),
            progress=tell,
        ).judged
    return {"url": reverse("cultivation:overview")}


jobs.sends("evaluate", evaluate.delay)
