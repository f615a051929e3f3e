from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from subsidies import nightly
from tenancy.context import nation


@shared_task
def check_ledger() -> None:
    """Looks at the award ledger and signs its heads, or tells what does not hold. Twice is harmless."""
    with nation():
        nightly.look(now=timezone.now(), origin="timetable check-ledger")
