"""The signed heads of the award ledger, in a file outside the database beside the heads of the audit trail.

One line for each pool that has grown since it was last written; the last line of a pool counts. Each line is signed with
the key of the audit trail, together with the signature of the line before, so that none is changed or left out of the
middle. How far the file goes stands in the audit trail: each of the two tells when the other was cut or put back.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from subsidies.rules.heads import NONE, Head, Line, Standing, parsed, unsigned
from tenancy import audit, keys
from tenancy.access import system_actor
from tenancy.models import AuditEntry

SIGNED = "awards.sign"
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
    #: pool → the last of its lines that hold
    of: dict[int, Line] = field(default_factory=dict)
    #: pools whose last line does not hold
    doubtful: set[int] = field(default_factory=set)
    faults: list[dict[str, Any]] = field(default_factory=list)
    lines: int = 0
    #: signature of the last line; empty where that does not hold
    last: str = NONE
    #: bytes of the whole lines
    size: int = 0

    @property
    def heads(self) -> dict[int, Head]:
        return {pool: line.head for pool, line in self.of.items()}

    def take(self, raw: bytes) -> None:
        """The next line. One that does not hold says nothing about its pool."""
        before, self.last = self.last, ""
        self.lines += 1
        self.size += len(raw)
        line = parsed(raw.decode(errors="replace"))
        if line is None or not keys.signature_holds(line.message, line.signature):
            self._fault("signature", self.lines)
            if line is not None and isinstance(line.head.pool, int):
                self.doubtful.add(line.head.pool)
            return
        self.last = line.signature
        self.of[line.head.pool] = line
        self.doubtful.discard(line.head.pool)
        if before and before != line.previous:
            self._fault("signature_missing", self.lines)
        elif self.lines == self.witness.lines and self.last != self.witness.signature:
            self._fault("signature", self.lines)

    def end(self) -> None:
        if self.lines < self.witness.lines:
            self._fault("signature_missing", self.lines + 1)

    def _fault(self, what: str, line: int) -> None:
        told = {"entry": None, "pool": None, "number": None, "region": None}
        self.faults.append(told | {"what": what, "line": line})


def read() -> Signed:
    """Reads and verifies every line, a ten thousandth of a second each. One query, in a job's context.

    The audit trail is asked first: what is signed meanwhile makes the file longer than it says, never shorter. What a
    crash has torn off at the end was never vouched for, and says nothing.
    """
    found = Signed(_witness())
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


def standing(signed: Signed) -> list[Standing]:
    """The pools as they are now, each with the entry that was its last when it was signed. One query."""
    numbers = {pool: head.entries for pool, head in signed.heads.items()}
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [list(numbers), list(numbers.values())])
        return [Standing(Head(*row[:6]), row[6], row[7]) for row in cursor.fetchall()]


def sign(signed: Signed, today: Sequence[Standing], *, now: dt.datetime, origin: str) -> int:
    """Writes the heads that are further than the file that was read; returns how many. One entry of the trail a place.

    Who finds the file longer than it was read writes nothing: another has just signed. The file comes before the trail,
    so that a crash between them leaves it longer than the trail says.
    """
    heads = unsigned(signed.heads, today)
    last = _append(signed, heads, now) if heads else None
    if last is None:
        return 0
    detail = {"line": signed.lines + len(heads), "signature": last.signature}
    for region, pools in sorted(Counter(head.region for head in heads).items()):
        by = system_actor(region, origin=origin)
        audit.record(by=by, action=SIGNED, region=region, detail=detail | {"pools": pools})
    return len(heads)


def _append(signed: Signed, heads: Sequence[Head], now: dt.datetime) -> Line | None:
    path, lines, previous = heads_file(), [], signed.last
    for head in heads:
        line = Line(head, now.isoformat(), previous)
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
