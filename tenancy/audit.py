"""The audit trail: entries are written in the act's own transaction and chained a moment later.

One chain extended inside every transaction would line up all writers behind each other, so a sealer
per region chains what is committed (`seal`), signs the head with a key outside the database and
appends it to a file there. `verify` recomputes and names the first changed, missing or cut row.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from tenancy import keys
from tenancy.access import Actor, system_actor
from tenancy.context import acting
from tenancy.models import AuditEntry, AuditLink, AuditSeal, Region

PERSONAL_FIELDS = frozenset({"contact_name", "contact_phone", "legal_representative"})
_GENESIS = "0" * 64


def record(
    *,
    by: Actor,
    action: str,
    region: str,
    subject: Model | str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """Writes one entry in the current transaction. Personal fields are encrypted. One query."""
    year = timezone.now().year
    entry = _entry(by, action, region, subject, detail)
    entry.before, entry.after = _sealed_fields(before, region, year), _sealed_fields(after, region, year)
    entry.save(force_insert=True)
    return entry


def record_all(*, by: Actor, region: str, acts: Iterable[tuple[str, Model | str, dict[str, Any]]]) -> None:
    """Writes an entry for each (action, subject, detail), in their order. One query for 2,000."""
    AuditEntry.objects.bulk_create(
        [_entry(by, action, region, subject, detail) for action, subject, detail in acts], batch_size=2_000
    )


def _entry(
    by: Actor, action: str, region: str, subject: Model | str, detail: dict[str, Any] | None
) -> AuditEntry:
    name = subject if isinstance(subject, str) else f"{subject._meta.label}:{subject.pk} {subject}"
    return AuditEntry(
        region_id=region,
        officer_id=by.officer_id,
        username=by.username,
        role=by.role,
        origin=by.origin[:200],
        action=action,
        subject=name[:200],
        detail=detail or {},
    )


def note(*, by: Actor, action: str, subject: str, detail: dict[str, Any] | None = None) -> None:
    """An entry of its own transaction, about a sign-in or a refusal, also of an enterprise's user.

    Written in the scope of the region, because an enterprise's user may write nothing.
    """
    with acting(system_actor(by.region_path)):
        record(by=by, action=action, region=by.region_path, subject=subject, detail=detail)


def _sealed_fields(values: dict[str, Any] | None, region: str, year: int) -> dict[str, Any] | None:
    if values is None:
        return None
    return {
        name: {"personal": keys.encrypt_personal(str(value), region, year)}
        if name in PERSONAL_FIELDS and value not in (None, "")
        else value
        for name, value in values.items()
    }


def _digest(previous: str, entry: AuditEntry) -> str:
    body = json.dumps(
        [
            entry.id,
            entry.region_id,
            entry.at.isoformat(),
            entry.officer_id,
            entry.username,
            entry.role,
            entry.origin,
            entry.action,
            entry.subject,
            entry.before,
            entry.after,
            entry.detail,
        ],
        ensure_ascii=False,
        sort_keys=True,
    )
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


def _heads_file() -> Path:
    return Path(settings.KEYS_ROOT) / "audit-heads.jsonl"


def _unsealed() -> Any:
    return AuditEntry.objects.exclude(id__in=AuditLink.objects.values("entry_id"))


def regions_to_seal() -> list[str]:
    """Regions with entries that no link covers yet. One query, inside a nation context."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT e.region_id FROM tenancy_auditentry e "
            "LEFT JOIN tenancy_auditlink l ON l.entry_id = e.id WHERE l.id IS NULL ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def seal(region_path: str) -> int:
    """Chains the committed, unchained entries of exactly this region; returns how many.

    Several sealers may run: an advisory lock lets one of them work on a region.
    """
    with acting(system_actor(region_path)):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7001))", ["audit:" + region_path]
            )
        last = AuditLink.objects.filter(region_id=region_path).order_by("-position").first()
        position, digest = (last.position, last.digest) if last else (0, _GENESIS)
        links = []
        for entry in _unsealed().filter(region_id=region_path).order_by("id").iterator(2000):
            position += 1
            digest = _digest(digest, entry)
            links.append(
                AuditLink(region_id=region_path, entry_id=entry.id, position=position, digest=digest)
            )
        if not links:
            return 0
        AuditLink.objects.bulk_create(links, batch_size=2000)
        signature = keys.sign(f"{region_path} {position} {digest}")
        AuditSeal.objects.create(region_id=region_path, position=position, digest=digest, signature=signature)
        _append_head({"region": region_path, "position": position, "digest": digest, "signature": signature})
        return len(links)


def _append_head(head: dict[str, Any]) -> None:
    path = _heads_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps(head, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def head(region_path: str) -> AuditSeal | None:
    """The newest signed head of a region's chain, to be printed on its reports. One query."""
    return AuditSeal.objects.filter(region_id=region_path).order_by("-position").first()


@dataclass(frozen=True)
class Break:
    """The first place where a region's chain does not hold."""

    region: str
    position: int
    entry_id: int | None
    kind: str  # changed | missing | cut | signature


def _known_heads() -> Iterator[dict[str, Any]]:
    path = _heads_file()
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:  # a line torn by a crash says nothing
                continue


def verify(region_path: str) -> Break | None:
    """Recomputes the chain of exactly this region; None when it holds. Reads every entry once."""
    with acting(system_actor(region_path)):
        entries = {}
        links = list(AuditLink.objects.filter(region_id=region_path).order_by("position"))
        for entry in AuditEntry.objects.filter(region_id=region_path).iterator(5000):
            entries[entry.id] = entry
        seals = {s.position: s for s in AuditSeal.objects.filter(region_id=region_path)}
    digest = _GENESIS
    for expected, link in enumerate(links, start=1):
        if link.position != expected:
            return Break(region_path, expected, None, "missing")
        found = entries.get(link.entry_id)
        if found is None:
            return Break(region_path, expected, link.entry_id, "missing")
        digest = _digest(digest, found)
        if digest != link.digest:
            return Break(region_path, expected, link.entry_id, "changed")
        sealed = seals.get(expected)
        if sealed and not (
            sealed.digest == digest
            and keys.signature_holds(f"{region_path} {expected} {digest}", sealed.signature)
        ):
            return Break(region_path, expected, link.entry_id, "signature")
    for known in _known_heads():
        if known.get("region") != region_path:
            continue
        message = f"{region_path} {known['position']} {known['digest']}"
        if not keys.signature_holds(message, known["signature"]):
            continue
        position = known["position"]
        if position > len(links):
            return Break(region_path, len(links) + 1, None, "cut")
        if links[position - 1].digest != known["digest"]:
            return Break(region_path, position, links[position - 1].entry_id, "changed")
    return None


def verify_all() -> list[Break]:
    """The first break of every region that has a chain or a known head."""
    paths = {known["region"] for known in _known_heads()} | set(
        Region.objects.filter(is_tenant=True).values_list("path", flat=True)
    )
    return [found for path in sorted(paths) if (found := verify(path))]
