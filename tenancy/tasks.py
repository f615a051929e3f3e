from celery import shared_task
from django.utils import timezone

from tenancy import api, audit, hooks, inbox, jobs, mailing
from tenancy.context import nation


@shared_task
def seal_audit() -> None:
    """Chains and signs what has been committed since the last time, region by region."""
    with nation():
        regions = audit.regions_to_seal()
    for region in regions:
        audit.seal(region)


@shared_task
def send_waiting_jobs() -> None:
    """Hands out again what the broker lost or a dead worker left behind."""
    with nation():
        jobs.given_up()
        waiting = jobs.waiting()
    for job_id, kind in waiting:
        jobs.send(job_id, kind)


@shared_task
def forget_answers() -> None:
    """Deletes what the API keeps of repeated requests, a week on."""
    with nation():
        api.forget_answers()


@shared_task
def send_hooks() -> int:
    """Sends what waits for outside systems, a few at a time; returns how many."""
    for sent in range(hooks.AT_ONCE):
        with nation():
            if not hooks.send_one(timezone.now()):
                return sent
    return hooks.AT_ONCE


@shared_task
def send_mails() -> int:
    """Sends the mails that wait, a few at a time; returns how many were tried."""
    for sent in range(mailing.AT_ONCE):
        if not mailing.send_one(timezone.now()):
            return sent
    return mailing.AT_ONCE


@shared_task
def forget_messages() -> None:
    """Deletes messages of the inbox whose time is over. Twice is harmless."""
    with nation():
        inbox.forget_old(timezone.now())
