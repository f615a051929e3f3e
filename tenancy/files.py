"""Stored files: generated names under FILES_ROOT, the original name only as text."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from tenancy.access import Actor
from tenancy.models import StoredFile


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
    """Writes the content to disk, then its row. A crash in between leaves a file without a row at most.

    Raises OSError when the disk is full; nothing is half-stored then.
    """
    identifier = uuid.uuid4()
    folder = Path(settings.FILES_ROOT) / identifier.hex[:2]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / identifier.hex
    digest = hashlib.sha256()
    size = 0
    draft = target.with_suffix(".part")
    try:
        with draft.open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
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


def forget(stored: StoredFile) -> None:
    """Deletes the content and keeps the row as a trace."""
    stored.path.unlink(missing_ok=True)
    stored.deleted_at = timezone.now()
    stored.save(update_fields=["deleted_at"])
