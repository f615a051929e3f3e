"""Jobs: a row first, the broker after the commit. A row that the broker never got is sent again."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.core.cache import cache
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext

from tenancy.access import Actor, Denied, actor_of, open_postings, system_actor
from tenancy.context import acting, nation
from tenancy.models import Job, Officer

log = logging.getLogger("tidu.jobs")
Progress = Callable[[str, int, int], None]
Work = Callable[[Job, Actor, Progress], dict[str, Any]]

#: kind → the function that hands a job's id to a worker; the roof registers its tasks here
_senders: dict[str, Callable[[str], None]] = {}
MAX_TRIES = 3
SILENCE = timedelta(minutes=3)


class Postponed(Exception):
    """The work cannot be done now and is tried again later; the text says why, for the job's page."""


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


def run(job_id: str, work: Work, *, whole: bool = True) -> None:
    """A worker's whole task: claims the job, acts as who started it, keeps the result or the failure.

    `work(job, actor, progress)` runs inside the actor's context, in one transaction, and returns the
    result; with `whole=False` it opens its own contexts, so that no lock is held over a long stretch. Somebody whose posting has ended meanwhile gets nothing. Progress goes through the cache,
    because nothing of an open transaction can be seen from outside.
    """
    with nation():
        job = claim(job_id)
    if job is None:
        return
    _beat(job_id)
    try:
        actor = _still(job)
        with acting(actor) if whole else nullcontext():
            result = work(job, actor, lambda stage, done, total: progress(job_id, stage, done, total))
    except Postponed as why:
        log.warning("job %s (%s) postponed", job_id, job.kind)
        with nation():
            postpone(job_id, str(why))
        return
    except Exception as error:
        log.exception("job %s (%s)", job_id, job.kind)
        with nation():
            fail(job_id, failure_text(error))
        return
    with nation():
        finish(job_id, result)


def _still(job: Job) -> Actor:
    """Who started the job, if that posting is still in force. Raises Denied otherwise."""
    if job.by_id is None:
        return system_actor(job.scope, origin="job")
    for posting in open_postings(job.by_id):
        if posting.role == job.role and posting.region_id == job.scope:
            officer = Officer.objects.get(pk=job.by_id)
            return actor_of(officer, posting, origin="job")
    raise Denied("posting", job.scope)


def failure_text(error: Exception) -> str:
    """What the page says of a failure; the details stand in the log."""
    if isinstance(error, Denied):
        return gettext("岗位已变动，这件事没有做。请用现在的岗位重新开始。")
    if isinstance(error, (MemoryError, SoftTimeLimitExceeded)):
        return gettext("没有写入任何数据：文件太大，处理不下。请拆成几份再传。")
    if isinstance(error, OSError):
        return gettext("没有写入任何数据：服务器的磁盘写不进去。请告诉系统管理员后再试。")
    return gettext("没有写入任何数据。请再试一次；还不行，把时间告诉管理员。")


def claim(job_id: str) -> Job | None:
    """Takes the job for this worker; None when it has ended, is someone's, or was tried too often.

    One conditional UPDATE, so of two deliveries one works. A job whose worker died gives no sign of
    life and may be claimed again after SILENCE, at most MAX_TRIES times.
    """
    now = timezone.now()
    states = Q(state=Job.State.QUEUED)
    if not _alive(job_id):
        states |= Q(state=Job.State.RUNNING, started_at__lt=now - SILENCE)
    taken = Job.objects.filter(states, id=job_id, tries__lt=MAX_TRIES).update(
        state=Job.State.RUNNING, tries=F("tries") + 1, started_at=now, error=""
    )
    return Job.objects.get(id=job_id) if taken else None


def waiting() -> list[tuple[uuid.UUID, str]]:
    """Jobs that no worker has: queued for a while, or running without a sign of life. One query."""
    now = timezone.now()
    found = (
        Job.objects.filter(tries__lt=MAX_TRIES)
        .filter(
            Q(state=Job.State.QUEUED, created_at__lt=now - timedelta(seconds=20))
            | Q(state=Job.State.RUNNING, started_at__lt=now - SILENCE)
        )
        .order_by("created_at")
        .values_list("id", "kind", "state")[:500]
    )
    return [
        (job_id, kind) for job_id, kind, state in found if state == Job.State.QUEUED or not _alive(job_id)
    ]


def given_up() -> int:
    """Marks jobs as failed whose worker died at every try; returns how many."""
    dead = Job.objects.filter(
        state=Job.State.RUNNING, tries__gte=MAX_TRIES, started_at__lt=timezone.now() - SILENCE
    )
    ids = [job_id for job_id in dead.values_list("id", flat=True) if not _alive(job_id)]
    return Job.objects.filter(id__in=ids).update(
        state=Job.State.FAILED,
        finished_at=timezone.now(),
        error=gettext("处理中断了三次，已停下。请再试一次；还不行，请告诉系统管理员。"),
    )


def _key(job_id: object) -> str:
    return f"job:{job_id}"


def _beat(job_id: object, told: tuple[str, int, int] = ("", 0, 0)) -> None:
    cache.set(_key(job_id), list(told), timeout=int(SILENCE.total_seconds()))


def _alive(job_id: object) -> bool:
    return cache.get(_key(job_id)) is not None


def progress(job_id: object, stage: str, done: int, total: int) -> None:
    """Tells how far a job is; also its sign of life."""
    _beat(job_id, (stage, done, total))


def told(job_id: object) -> tuple[str, int, int]:
    """The last progress of a running job: stage, done, total."""
    stage, done, total = cache.get(_key(job_id)) or ("", 0, 0)
    return stage, done, total


def finish(job_id: str | uuid.UUID, result: dict[str, Any]) -> None:
    Job.objects.filter(id=job_id).update(state=Job.State.DONE, result=result, finished_at=timezone.now())


def answer(by: Actor, kind: str, job_id: str) -> Job | None:
    """A finished job of this kind that the actor has started in this place; None for anything else, also for no id. At most
    one query."""
    try:
        pk = uuid.UUID(job_id)
    except ValueError:
        return None
    mine = Job.objects.filter(
        pk=pk, by_id=by.officer_id, kind=kind, scope=by.region_path, state=Job.State.DONE
    )
    return mine.first()


def postpone(job_id: str | uuid.UUID, reason: str) -> None:
    """Back into the queue, where `waiting` finds it again; the try does not count."""
    cache.delete(_key(job_id))
    Job.objects.filter(id=job_id).update(state=Job.State.QUEUED, tries=F("tries") - 1, error=reason[:4000])


def fail(job_id: str | uuid.UUID, error: str) -> None:
    Job.objects.filter(id=job_id).update(
        state=Job.State.FAILED, error=error[:4000], finished_at=timezone.now()
    )
