"""Audit packs as acts: kept for who had them made, and forgotten when their time is over."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction

from tenancy import audit, files
from tenancy.access import Actor, require
from tenancy.models import StoredFile

#: the kind of the job and of its files
PACK = "awards.pack"


def keep_pack(*, by: Actor, name: str, content: bytes, awards: int, entries: int) -> StoredFile:
    """Keeps a printed pack of so many awards and entries for who had it made. Raises Denied."""
    require(by, "awards.view", by.region_path)
    with transaction.atomic():
        stored = files.store(
            by=by,
            region=by.region_path,
            kind=PACK,
            name=files.safe_name(name),
            media_type="application/pdf",
            chunks=[content],
        )
        audit.record(
            by=by,
            action="awards.pack",
            region=by.region_path,
            subject=stored,
            detail={"sha256": stored.sha256, "awards": awards, "entries": entries},
        )
    return stored


def kept_until(stored: StoredFile) -> dt.datetime | None:
    """Until when a pack can be fetched; None once its content is gone."""
    return None if stored.deleted_at else stored.created_at + dt.timedelta(days=settings.PACK_KEPT_DAYS)


def forget_old(*, by: Actor, region: str, before: dt.datetime) -> int:
    """Deletes the content of the packs of exactly this region that were made before; name and fingerprint stay."""
    require(by, "awards.view", region)
    if count := files.forget_older(PACK, region, before):
        audit.record(by=by, action="awards.forget_packs", region=region, detail={"files": count})
    return count
