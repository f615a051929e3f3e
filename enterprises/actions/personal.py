"""Uploads that hold personal identity numbers: after the error file was fetched, and at latest in seven
days, the original is gone and a masked copy stands in its place while the import is open.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction

from enterprises import returned
from enterprises.models import ImportBatch
from tenancy import audit, files
from tenancy.access import Actor, require
from tenancy.models import StoredFile

log = logging.getLogger("tidu.personal")
#: a written import is open still: its failed rows may be mended on the page
CLOSED = (ImportBatch.State.ABANDONED, ImportBatch.State.TAKEN_BACK)


def after_fetch(*, by: Actor, batch: ImportBatch) -> None:
    """The error file was fetched: the masked copy takes the upload's place. Twice is harmless."""
    _forget(by, batch, None)


def purge(*, by: Actor, batch: ImportBatch, now: dt.datetime) -> None:
    """The time is over: the masked copy takes the place while the import is open, nothing afterwards."""
    _forget(by, batch, now)


def _forget(by: Actor, batch: ImportBatch, now: dt.datetime | None) -> None:
    require(by, "enterprises.import", batch.region_id)
    with transaction.atomic():
        found = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if found.personal_until is None or (now is not None and found.personal_until > now):
            return
        original = found.file
        copy = None
        if original is not None and original.deleted_at is None:
            if now is None or found.state not in CLOSED:
                copy = _masked(by, found, original)
            files.forget(original)
        found.file = copy or original
        found.personal_until = None
        found.save(update_fields=["file", "personal_until"])
        audit.record(
            by=by,
            action="enterprises.import.forget_personal",
            region=found.region_id,
            subject=found,
            detail={"why": "fetched" if now is None else "due", "masked_copy": copy is not None},
        )
    batch.file, batch.personal_until = found.file, None


def _masked(by: Actor, batch: ImportBatch, original: StoredFile) -> StoredFile | None:
    """The stored masked copy; None where none can be made, because the original goes in any case."""
    try:
        with original.open() as file:
            data = file.read()
        problems = [found.as_problem() for found in batch.problems.order_by("id")]
        made = returned.masked_copy(
            data, batch.name, problems, layout=batch.layout or [], mapping=batch.mapping
        )
        with transaction.atomic():
            return files.store(
                by=by,
                region=batch.region_id,
                kind=original.kind,
                name=batch.name,
                media_type=original.media_type,
                chunks=[made],
            )
    except Exception as error:
        # A message could quote the file, so the kind of the failure is all that is told.
        log.error("no masked copy of batch %s: %s", batch.pk, type(error).__name__)
        return None
