"""The signed heads of the award ledger, in a file outside the database beside the heads of the audit trail.

One line for each pool that has grown since it was last written; the last line of a pool counts. Each line is signed with
the key of the audit trail, together with the signature of the line before, so that none is changed or left out of the
middle. How far the file goes stands in the audit trail: each of the two tells when the other was cut or put back.
A line that is less or other than the one before of its pool holds only where an acceptance of exactly these two heads, by two
people, stands in the database and in the trail (`actions.accepting`).
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from subsidies.models import Acceptance, AcceptanceStep
from subsidies.rules.heads import ABSENT, NONE, Accepted, Head, Line, Standing, follows, parsed, unsigned
from tenancy import audit, keys
from tenancy.access import system_actor
from tenancy.models import AuditEntry

SIGNED, PROPOSED, CONFIRMED = "awards.sign", "awards.accept_propose", "awards.accept"
_STANDING = """
SELECT p.id, p.region_id, p.scheme, p.year, p.entries, p.head,
       coalesce((SELECT max(number) FROM subsidies_entry WHERE pool_id = p.id), 0), e.digest
  FROM subsidies_pool p
  LEFT JOIN unnest(%s::bigint[], %s::int[]) s (pool, number) ON s.pool = p.id
  LEFT JOIN subsidies_entry e ON e.pool_id = p.id AND e.number = s.number ORDER BY p.id
"""


def heads_file() -> Path:
    return Path(settings.KEYS_ROOT) / "ledger-heads.jsonl"


@dataclass(frozen=True)
class Witness:
    """How many lines the audit trail knows to be written, and the signature of the last of them."""

    lines: int = 0
    signature: str = ""


@dataclass
class Signed:
    """The file as it was read: the last line of each pool, what does not hold, and how far it goes."""

    witness: Witness
    #: acceptances by two people that the trail knows as well
    accepted: dict[str, Accepted] = field(default_factory=dict)
    #: those of this place alone are looked at, where it is given
    place: str | None = None
    #: pool → the last of its lines that are signed
    of: dict[int, Line] = field(default_factory=dict)
    #: pools whose last line does not hold
    doubtful: set[int] = field(default_factory=set)
    #: pool → the first of its lines that is less or other than the one before, and that no later acceptance explains
    disputed: dict[int, dict[str, Any]] = field(default_factory=dict)
    #: pool → all its signed heads, kept where only one place is looked at
    past: dict[int, list[Head]] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    lines: int = 0
    #: signature of the last line; empty where that does not hold
    last: str = NONE
    #: bytes of the whole lines
    size: int = 0

    @property
    def heads(self) -> dict[int, Head]:
        return {pool: line.head for pool, line in self.of.items() if line.head.digest != ABSENT}

    @property
    def pending(self) -> dict[int, Accepted]:
        """Pool → the acceptance of its last signed head whose line is still to be written."""
        return {
            each.before.pool: each
            for each in self.accepted.values()
            if (line := self.of.get(each.before.pool)) is not None
            and line.head == each.before
            and line.accepts != each.code
        }

    def take(self, raw: bytes) -> None:
        """The next line. One that does not hold says nothing about its pool."""
        before, self.last = self.last, ""
        self.lines += 1
        self.size += len(raw)
        line = parsed(raw.decode(errors="replace"))
        if line is not None and self.place is not None and line.head.region != self.place:
            self.last = line.signature
            return
        if line is None or not keys.signature_holds(line.message, line.signature):
            self._fault("signature", self.lines)
            if line is not None and isinstance(line.head.pool, int):
                self.doubtful.add(line.head.pool)
            return
        self.last = line.signature
        self._keep(line)
        if before and before != line.previous:
            self._fault("signature_missing", self.lines)
        elif self.lines == self.witness.lines and self.last != self.witness.signature:
            self._fault("signature", self.lines)

    def _keep(self, line: Line) -> None:
        pool = line.head.pool
        known = self.of.get(pool)
        if not follows(known.head if known else None, line, self.accepted):
            told = {"entry": None, "pool": pool, "number": line.head.entries, "region": line.head.region}
            self.disputed.setdefault(pool, told | {"what": "unaccepted", "line": self.lines})
        elif line.accepts:
            self.disputed.pop(pool, None)
        self.of[pool] = line
        self.doubtful.discard(pool)
        if self.place is not None:
            self.past.setdefault(pool, []).append(line.head)

    def end(self) -> None:
        if self.lines < self.witness.lines:
            self._fault("signature_missing", self.lines + 1)

    def _fault(self, what: str, line: int) -> None:
        told = {"entry": None, "pool": None, "number": None, "region": None}
        self.faults.append(told | {"what": what, "line": line})


def read(place: str | None = None) -> Signed:
    """Reads and verifies every line, a ten thousandth of a second each. Two queries, in a job's context; with `place` only
    the lines of its pools, in its context.

    The audit trail is asked first: what is signed meanwhile makes the file longer than it says, never shorter. What a
    crash has torn off at the end was never vouched for, and says nothing.
    """
    found = Signed(_witness(), _accepted(place), place)
    if heads_file().exists():
        with heads_file().open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            for raw in file:
                if raw.endswith(b"\n"):
                    found.take(raw)
    found.end()
    return found


def _witness() -> Witness:
    told = AuditEntry.objects.filter(action=SIGNED).order_by("-id").values_list("detail", flat=True).first()
    return Witness(told["line"], told["signature"]) if told else Witness()


def _accepted(place: str | None) -> dict[str, Accepted]:
    """The confirmed acceptances whose proposal and confirmation, by these two people, stand in the trail too."""
    confirmed = AcceptanceStep.objects.filter(decision=AcceptanceStep.Decision.CONFIRM)
    if place is not None:
        confirmed = confirmed.filter(region_id=place)
    steps = list(confirmed.select_related("acceptance"))
    if not steps:
        return {}
    places = {str(step.region_id) for step in steps}
    trail = {
        (action, region, officer, json.dumps(detail, sort_keys=True))
        for action, region, officer, detail in AuditEntry.objects.filter(
            action__in=(PROPOSED, CONFIRMED), region_id__in=places
        ).values_list("action", "region_id", "officer_id", "detail")
    }
    found = {}
    for step in steps:
        known = step.acceptance
        told = json.dumps(as_told(known), sort_keys=True)
        asked = (PROPOSED, known.region_id, known.by_id, told)
        agreed = (CONFIRMED, known.region_id, step.by_id, told)
        if asked in trail and agreed in trail and known.by_id != step.by_id:
            found[known.public_id] = Accepted(known.public_id, Head(**known.before), Head(**known.after))
    return found


def as_told(acceptance: Acceptance) -> dict[str, Any]:
    """What the trail keeps of an acceptance, at its proposal and at its confirmation."""
    return {
        "acceptance": acceptance.public_id,
        "before": acceptance.before,
        "after": acceptance.after,
        "reason": acceptance.reason,
        "document": acceptance.document,
    }


def stands(head: Head) -> bool:
    """Whether a pool is what this head says, whatever was posted after it; of one that is accepted as gone, whether the
    place has none of its number. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.scheme, p.year, p.entries, e.digest FROM subsidies_pool p LEFT JOIN subsidies_entry e "
            "ON e.pool_id = p.id AND e.number = %s WHERE p.id = %s AND p.region_id = %s",
            [head.entries, head.pool, head.region],
        )
        row = cursor.fetchone()
    if row is None or head.digest == ABSENT:
        return row is None and head.digest == ABSENT
    scheme, year, entries, digest = row
    return (scheme, year, digest or NONE) == (head.scheme, head.year, head.digest) and entries >= head.entries


def standing(signed: Signed) -> list[Standing]:
    """The pools as they are now, each with the entry that was its last when it was signed. One query."""
    numbers = {pool: head.entries for pool, head in signed.heads.items()}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [list(numbers), list(numbers.values())])
        return [Standing(Head(*row[:6]), row[6], row[7]) for row in cursor.fetchall()]


def sign(signed: Signed, today: Sequence[Standing], *, now: dt.datetime, origin: str) -> int:
    """Writes the heads that are further than the file that was read; returns how many."""
    return _write(signed, [(head, "") for head in unsigned(signed.heads, today)], now, origin)


def sign_accepted(signed: Signed, accepted: Sequence[Accepted], *, now: dt.datetime, origin: str) -> int:
    """Writes the head that was accepted in the place of the last one, for each of these; returns how many."""
    return _write(signed, [(each.after, each.code) for each in accepted], now, origin)


def _write(signed: Signed, heads: Sequence[tuple[Head, str]], now: dt.datetime, origin: str) -> int:
    """One entry of the trail a place.

    Who finds the file longer than it was read writes nothing: another has just signed. The file comes before the trail,
    so that a crash between them leaves it longer than the trail says.
    """
    last = _append(signed, heads, now) if heads else None
    if last is None:
        return 0
    detail = {"line": signed.lines + len(heads), "signature": last.signature}
    for region, pools in sorted(Counter(head.region for head, _accepts in heads).items()):
        by = system_actor(region, origin=origin)
        audit.record(by=by, action=SIGNED, region=region, detail=detail | {"pools": pools})
    return len(heads)


def _append(signed: Signed, heads: Sequence[tuple[Head, str]], now: dt.datetime) -> Line | None:
    path, lines, previous = heads_file(), [], signed.last
    for head, accepts in heads:
        line = Line(head, now.isoformat(), previous, accepts=accepts)
        lines.append(replace(line, signature=keys.sign(line.message)))
        previous = lines[-1].signature
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        end = file.seek(0, os.SEEK_END)
        file.seek(signed.size)
        if end < signed.size or b"\n" in file.read():
            return None
        file.truncate(signed.size)
        file.write("".join(each.text for each in lines).encode())
        file.flush()
        os.fsync(file.fileno())
    return lines[-1]
