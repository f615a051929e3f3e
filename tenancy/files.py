"""Stored files: generated names in the store, the original name only as text."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import tempfile
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from django.db.models import QuerySet
from django.utils import timezone

from tenancy import storage
from tenancy.access import Actor
from tenancy.models import StoredFile

_PIECE = 1 << 16


def safe_name(name: str) -> str:
    """The original file name as harmless text: no paths, no control or direction characters, ≤ 200."""
    base = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c for c in base if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"}).strip(" .")
    if len(kept) > 200:
        stem, dot, suffix = kept.rpartition(".")
        kept = (stem or suffix)[:190] + (dot + suffix[:8] if stem else "")
    return kept or "file"


def store(
    *, by: Actor, region: str, kind: str, name: str, media_type: str, chunks: Iterable[bytes]
) -> StoredFile:
    """Writes the content to the store, then its row. A crash in between leaves a file without a row at most.

    Raises OSError when the disk is full or the store does not answer; nothing is half-stored then.
    """
    identifier = uuid.uuid4()
    folder = storage.drafts()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    size = 0
    number, name_of_draft = tempfile.mkstemp(suffix=".part", dir=folder)
    draft = Path(name_of_draft)
    try:
        with os.fdopen(number, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        storage.put(storage.key_of(identifier), draft)
    finally:
        draft.unlink(missing_ok=True)
    return StoredFile.objects.create(
        id=identifier,
        region_id=region,
        kind=kind,
        name=safe_name(name),
        media_type=media_type,
        size=size,
        sha256=digest.hexdigest(),
        created_by_id=by.officer_id,
    )


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """The content of an open file from where it stands, for `store`."""
    return iter(lambda: file.read(_PIECE), b"")


def older(kind: str, before: dt.datetime) -> QuerySet[StoredFile]:
    """The files of a kind that were made before and still have their content. No query is made here."""
    return StoredFile.objects.filter(kind=kind, deleted_at__isnull=True, created_at__lt=before)


def places_with_older(kind: str, before: dt.datetime) -> list[str]:
    """The places that have such files, in a job's context. One query."""
    return sorted({str(path) for path in older(kind, before).values_list("region_id", flat=True)})


def forget_older(kind: str, region: str, before: dt.datetime) -> int:
    """Forgets such files of exactly this region; how many. Who may is the caller's to ask."""
    count = 0
    for count, stored in enumerate(older(kind, before).filter(region_id=region).iterator(500), 1):  # noqa: B007
        forget(stored)
    return count


def forget(stored: StoredFile) -> None:
    """Deletes the content and keeps the row as a trace."""
    storage.drop(stored.key)
    stored.deleted_at = timezone.now()
    stored.save(update_fields=["deleted_at"])
