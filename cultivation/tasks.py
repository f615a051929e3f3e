from __future__ import annotations

import logging
from datetime import date
from typing import Any

from celery import shared_task
from django.urls import reverse
from django.utils import timezone

from cultivation import actions, reminders
from tenancy import inbox, jobs
from tenancy.access import Actor, system_actor
from tenancy.context import acting, nation
from tenancy.models import Job

log = logging.getLogger("tidu.jobs")


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


@shared_task
def remind() -> None:
    """Writes today's reminders, place by place, on working days. Twice is harmless."""
    today = timezone.localdate()
    if not reminders.is_day_for(today):
        return
    with nation():
        found = reminders.places()
    for path, role in found:
        try:
            with acting(system_actor(path, origin="timetable remind")):
                inbox.tell(reminders.of_place(path, role, today))
                if role == "county":
                    inbox.tell(reminders.of_enterprises(path, today))
        except Exception:  # one place's must not keep the others' back
            log.exception("reminders of %s", path)


jobs.sends("evaluate", evaluate.delay)
