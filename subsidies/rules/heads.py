"""The signed heads of the award ledger: how a line of their file reads, and how the pools of today compare with them.

A head says that a pool had so many entries and which digest the last of them had. A backup that is put back, or a
chain that was computed anew, is whole in itself; beside a head of before it is not. Where the loss is for good, two people
accept what there is in its place: the next line then says which acceptance explains it, and only that one may be less.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

#: of the signature before the first line, and of the last entry of a pool without entries
NONE = "0" * 64
#: in the place of a digest: that a pool is accepted as gone
ABSENT = ""
_OF_A_HEAD = frozenset({"pool", "region", "scheme", "year", "entries", "digest"})
_OF_A_LINE = _OF_A_HEAD | {"at", "previous", "signature"}


@dataclass(frozen=True)
class Head:
    """That a pool had `entries` entries, the last of them with `digest`."""

    pool: int
    region: str
    scheme: str
    year: int
    entries: int
    digest: str


@dataclass(frozen=True)
class Line:
    """A head as it was signed at a moment; `previous` is the signature of the line before, so that none can be left out.
    `accepts` names the acceptance that explains why it is less or other than the pool's line before."""

    head: Head
    at: str
    previous: str
    signature: str = ""
    accepts: str = ""

    @property
    def _told(self) -> dict[str, Any]:
        told = asdict(self.head) | {"at": self.at, "previous": self.previous}
        return told | ({"accepts": self.accepts} if self.accepts else {})

    @property
    def message(self) -> str:
        """What is signed. The key signs for the audit trail as well, so it begins as nothing there does."""
        return "award ledger " + json.dumps(self._told, ensure_ascii=False, sort_keys=True)

    @property
    def text(self) -> str:
        return json.dumps(self._told | {"signature": self.signature}, ensure_ascii=False) + "\n"


def parsed(text: str) -> Line | None:
    """The line of a text, None where it is none."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or set(told) - {"accepts"} != _OF_A_LINE:
        return None
    head = Head(**{name: told[name] for name in _OF_A_HEAD})
    return Line(head, told["at"], told["previous"], told["signature"], told.get("accepts", ""))


@dataclass(frozen=True)
class Accepted:
    """That two people accept the head `after` in the place of the signed one `before`."""

    code: str
    before: Head
    after: Head


def follows(before: Head | None, line: Line, accepted: Mapping[str, Accepted]) -> bool:
    """Whether a line may stand behind the one before of its pool: it goes further, or an acceptance of exactly these two
    heads explains it."""
    if line.accepts:
        known = accepted.get(line.accepts)
        return known is not None and (known.before, known.after) == (before, line.head)
    if before is None or before.digest == ABSENT:
        return True
    now = line.head
    same = (now.region, now.scheme, now.year) == (before.region, before.scheme, before.year)
    return same and now.entries > before.entries


@dataclass(frozen=True)
class Standing:
    """A pool of today: its head, the number of its last entry, and the digest of the entry that was the last when it
    was signed (None where that entry is not there)."""

    head: Head
    last: int
    at_signed: str | None


def compare(signed: Mapping[int, Head], today: Iterable[Standing]) -> list[dict[str, Any]]:
    """What is less or other than it was signed, pool by pool.

    `gone`: the pool is not there. `behind_signed`: its last entries are not, from number `missing_from` to `missing_to`.
    `other_than_signed`: the entry of the signed number is another one, or the pool was made another place's, scheme's
    or year's.
    """
    pools = {each.head.pool: each for each in today}
    return [fault for _pool, head in sorted(signed.items()) if (fault := _fault(head, pools.get(head.pool)))]


def _fault(signed: Head, today: Standing | None) -> dict[str, Any] | None:
    told = {"entry": None, "pool": signed.pool, "number": signed.entries, "region": signed.region}
    missing = {"missing_from": today.last + 1 if today else 1, "missing_to": signed.entries}
    if today is None:
        return told | {"what": "gone"} | (missing if signed.entries else {})
    if today.last < signed.entries:
        return told | {"what": "behind_signed"} | missing
    now = today.head
    same = (now.region, now.scheme, now.year) == (signed.region, signed.scheme, signed.year)
    if not same or (signed.entries and today.at_signed != signed.digest):
        return told | {"what": "other_than_signed"}
    return None


def unsigned(signed: Mapping[int, Head], today: Iterable[Standing]) -> list[Head]:
    """The heads that are further than what was signed, by pool."""
    return sorted(
        (t.head for t in today if t.head.pool not in signed or signed[t.head.pool].entries < t.head.entries),
        key=lambda head: head.pool,
    )
