"""Jobs: a row first, the broker after the commit. A row that the broker never got is sent again."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from tenancy.access import Actor
from tenancy.models import Job

#: kind → the function that hands a job's id to a worker; the roof registers its tasks here
_senders: dict[str, Callable[[str], None]] = {}
MAX_TRIES = 3
SILENCE = timedelta(minutes=3)


def sends(kind: str, sender: Callable[[str], None]) -> None:
    """Registers how jobs of a kind reach a worker (called by the app that owns the task)."""
    _senders[kind] = sender


def start(*, by: Actor, kind: str, region: str, params: dict[str, Any]) -> Job:
    """Stores the job in the current transaction; it is sent once that has committed."""
    job = Job.objects.create(
        kind=kind, region_id=region, by_id=by.officer_id, role=by.role, scope=by.region_path, params=params
    )
    transaction.on_commit(lambda: send(job.id, kind), robust=True)
    return job


def send(job_id: uuid.UUID, kind: str) -> None:
    """Hands the job to the broker; raises whatever the broker raises, the row stays queued then."""
    sender = _senders.get(kind)
    if sender is not None:
        sender(str(job_id))


def claim(job_id: str) -> Job | None:
    """Takes the job for this worker; None when it has ended, is someone's, or was tried too often.

    One conditional UPDATE, so of two deliveries one works. A job whose worker died gives no sign of
    life and may be claimed again after SILENCE, at most MAX_TRIES times.
    """
    now = timezone.now()
    taken = (
        Job.objects.filter(id=job_id, tries__lt=MAX_TRIES)
        .filter(Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, beat_at__lt=now - SILENCE))
        .update(state=Job.State.RUNNING, tries=F("tries") + 1, started_at=now, beat_at=now, error="")
    )
    return Job.objects.get(id=job_id) if taken else None


def waiting() -> list[tuple[uuid.UUID, str]]:
    """Jobs that no worker has: queued for a while, or running without a sign of life. One query."""
    now = timezone.now()
    return list(
        Job.objects.filter(tries__lt=MAX_TRIES)
        .filter(
            Q(state=Job.State.QUEUED, created_at__lt=now - timedelta(seconds=20))
            | Q(state=Job.State.RUNNING, beat_at__lt=now - SILENCE)
        )
        .order_by("created_at")
        .values_list("id", "kind")[:500]
    )


def given_up() -> int:
    """Marks jobs as failed whose worker died at every try; returns how many."""
    return Job.objects.filter(
        state=Job.State.RUNNING, tries__gte=MAX_TRIES, beat_at__lt=timezone.now() - SILENCE
    ).update(state=Job.State.FAILED, finished_at=timezone.now(), error="worker lost")


def progress(job_id: object, stage: str, done: int, total: int) -> None:
    Job.objects.filter(id=job_id).update(stage=stage[:60], done=done, total=total, beat_at=timezone.now())


def finish(job_id: object, result: dict[str, Any]) -> None:
    Job.objects.filter(id=job_id).update(
        state=Job.State.DONE, result=result, finished_at=timezone.now(), done=F("total")
    )


def fail(job_id: object, error: str) -> None:
    Job.objects.filter(id=job_id).update(
        state=Job.State.FAILED, error=error[:4000], finished_at=timezone.now()
    )
