"""The night of the award ledger: looked at, signed where it is whole, and told to who must know where it is not."""

from __future__ import annotations

import datetime as dt
import json
import logging

from django.utils import timezone

from subsidies import heads, telling
from subsidies.checking import Checked, check, faults_by_place
from tenancy import inbox
from tenancy.models import Region

log = logging.getLogger("tidu.jobs")


def look(*, now: dt.datetime, origin: str) -> Checked:
    """In a job's context. Twice a night is harmless: nothing is signed again, nobody told again."""
    found = check()
    if found.is_whole:
        sign(found, now=now, origin=origin)
    else:
        log.error("award ledger: %s", json.dumps(found.as_json(), ensure_ascii=False))
        tell(found, now=now)
    return found


def sign(found: Checked, *, now: dt.datetime, origin: str) -> int:
    """Signs the heads of a whole ledger; returns how many had gone on. What is not whole is never signed."""
    return heads.sign(found.signed, found.pools, now=now, origin=origin) if found.is_whole else 0


def tell(found: Checked, *, now: dt.datetime) -> None:
    """Tells each place how many faults its pools have. Three statements."""
    faults = faults_by_place(found)
    known = Region.objects.filter(path__in=faults).values_list("path", flat=True)
    inbox.tell(
        note for path in sorted(known) for note in telling.broken(path, faults[path], timezone.localdate(now))
    )
