from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from subsidies import actions, nightly, vouchers
from tenancy.access import system_actor
from tenancy.context import nation


@shared_task
def check_ledger() -> None:
    """Looks at the award ledger and signs its heads, or tells what does not hold. Twice is harmless."""
    with nation():
        nightly.look(now=timezone.now(), origin="timetable check-ledger")


@shared_task
def release_vouchers() -> None:
    """Gives back what is left of vouchers whose days are over, place by place. Twice is harmless."""
    today = timezone.localdate()
    with nation():
        for payer in vouchers.payers_of_expired(today):
            actions.release_expired(by=system_actor(payer, origin="timetable release-vouchers"), on=today)
