"""The night of the award ledger: looked at, signed where it is whole, and told to who must know where it is not."""

from __future__ import annotations

import datetime as dt
import json
import logging

from django.utils import timezone

from subsidies import heads, telling
from subsidies.checking import Checked, check, faults_by_place, of_pool
from subsidies.rules.heads import ABSENT, Head
from tenancy import inbox
from tenancy.models import Region

log = logging.getLogger("tidu.jobs")


def look(*, now: dt.datetime, origin: str) -> Checked:
    """In a job's context. Twice a night is harmless: nothing is signed again, nobody told again."""
    sign_accepted(now=now, origin=origin)
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


def sign_accepted(*, now: dt.datetime, origin: str) -> int:
    """Signs what two people have accepted in the place of a signed head, where that is not done yet and the pool still
    holds in itself; returns how many. In a job's context."""
    signed = heads.read()
    if signed.faults:
        return 0
    due = [each for each in signed.pending.values() if heads.stands(each.after) and _holds(each.after)]
    return heads.sign_accepted(signed, due, now=now, origin=origin)


def _holds(head: Head) -> bool:
    return head.digest == ABSENT or not of_pool(head.pool)


def tell(found: Checked, *, now: dt.datetime) -> None:
    """Tells each place how many faults its pools have. Three statements."""
    faults = faults_by_place(found)
    known = Region.objects.filter(path__in=faults).values_list("path", flat=True)
    inbox.tell(
        note for path in sorted(known) for note in telling.broken(path, faults[path], timezone.localdate(now))
    )
