"""Imports as acts: permission, batch, file and audit around a run (`enterprises.importing`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from django.db import transaction
from django.utils import timezone

from enterprises import telling
from enterprises.actions.elsewhere import limited
from enterprises.importing import ImportResult, Order, Progress, refusal, run
from enterprises.models import ImportBatch, RememberedLayout
from enterprises.queries import year_is_open
from enterprises.results import keep
from enterprises.rules.tables import to_remember
from tenancy import audit, files, inbox
from tenancy.access import Actor, require
from tenancy.models import StoredFile

__all__ = [
    "ImportResult",
    "Progress",
    "abandon",
    "answer",
    "check_upload",
    "import_workbook",
    "receive_upload",
    "recheck",
    "refusal",
    "write_batch",
]
State = ImportBatch.State
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: what may still be corrected and looked at again before it is written
OPEN_STATES = (State.UPLOADED, State.CHECKED, State.KEPT_OUT, State.REFUSED)
WRITABLE_STATES = (State.CHECKED, State.KEPT_OUT, State.DONE)


def import_workbook(
    *,
    by: Actor,
    region: str,
    year: int,
    file: BinaryIO,
    name: str = "",
    all_or_nothing: bool = False,
    dry_run: bool = False,
    mapping: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> ImportResult:
    """Imports a workbook for a region and everything below it (`region` is a path).

    Rows without errors are written by default; with `all_or_nothing` an error keeps everything out.
    Rows with a region column go there, others to `region`. Must be called inside the actor's context.
    Raises Denied without `enterprises.import` there.
    """
    require(by, "enterprises.import", region)
    data = file.read()
    name = files.safe_name(name or Path(getattr(file, "name", "") or "workbook").name)
    order = Order(by, region, year, name, data, all_or_nothing, dry_run, mapping=mapping or {})
    if dry_run:
        return limited(by=by, region=region, result=run(order, progress))
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            region_id=region,
            name=name,
            sha256=hashlib.sha256(data).hexdigest(),
            year=year,
            mapping=mapping or {},
            state=State.CHECKED,
            by_id=by.officer_id,
        )
        result = _write(replace(order, batch_id=batch.pk), batch, progress)
        if batch.personal_until is not None:
            batch.personal_until = None  # nothing of it is kept that would have to go
        elif not result.refused:
            batch.file = _stored(by, batch, data)
        batch.save(update_fields=["file", "personal_until"])
        return result


def receive_upload(*, by: Actor, region: str, year: int, name: str, chunks: Iterable[bytes]) -> ImportBatch:
    """Stores an uploaded file as a batch that waits for `recheck`. Raises OSError when the disk is full."""
    require(by, "enterprises.import", region)
    with transaction.atomic():
        stored = files.store(
            by=by, region=region, kind="import", name=name, media_type=_media_type(name), chunks=chunks
        )
        return ImportBatch.objects.create(
            region_id=region,
            name=stored.name,
            file=stored,
            sha256=stored.sha256,
            year=year,
            state=State.UPLOADED,
            by_id=by.officer_id,
        )


def check_upload(
    *,
    by: Actor,
    region: str,
    year: int,
    name: str,
    chunks: Iterable[bytes],
    mapping: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> ImportBatch:
    """An upload and its dry run in one go."""
    with transaction.atomic():
        batch = receive_upload(by=by, region=region, year=year, name=name, chunks=chunks)
        return recheck(by=by, batch=batch, mapping=mapping, progress=progress)


def recheck(
    *,
    by: Actor,
    batch: ImportBatch,
    year: int | None = None,
    mapping: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> ImportBatch:
    """The dry run of a stored upload, again with another year or other corrections. Written ones stay."""
    require(by, "enterprises.import", batch.region_id)
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state not in OPEN_STATES or batch.file is None or batch.file.deleted_at:
            return batch
        batch.year = year or batch.year
        if mapping is not None:
            batch.mapping = mapping
        result = run(replace(_order(by, batch), dry_run=True), progress)
        result = limited(by=by, region=batch.region_id, result=result)
        batch.state = State.REFUSED if result.refused else State.CHECKED
        keep(batch, result)
    return batch


def write_batch(
    *,
    by: Actor,
    batch: ImportBatch,
    all_or_nothing: bool = False,
    mapping: dict[str, Any] | None = None,
    progress: Progress | None = None,
) -> ImportBatch:
    """Writes a checked upload; rows with an open question wait.

    What is already written stays as it is, so a second click is harmless; with a new `mapping` (rows mended,
    questions answered) the rest follows.
    """
    require(by, "enterprises.import", batch.region_id)
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        written = batch.state == State.DONE
        if batch.state not in WRITABLE_STATES or (written and mapping is None) or year_is_open(batch):
            return batch
        if mapping is not None:
            batch.mapping = mapping
        _write(replace(_order(by, batch), all_or_nothing=all_or_nothing), batch, progress)
        _remember(by, batch)
    return batch


def answer(*, by: Actor, batch: ImportBatch, mapping: dict[str, Any]) -> ImportBatch:
    """Keeps an answer that changes nothing of what was read, so that it need not be read again."""
    require(by, "enterprises.import", batch.region_id)
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state in OPEN_STATES:
            batch.mapping = mapping
            batch.save(update_fields=["mapping"])
    return batch


def abandon(*, by: Actor, batch: ImportBatch) -> ImportBatch:
    """Gives a checked upload up; its file is deleted, its row stays in the history."""
    require(by, "enterprises.import", batch.region_id)
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state in OPEN_STATES:
            batch.state = State.ABANDONED
            batch.finished_at = timezone.now()
            batch.save(update_fields=["state", "finished_at"])
            if batch.file is not None:
                files.forget(batch.file)
            audit.record(by=by, action="enterprises.import.abandon", region=batch.region_id, subject=batch)
    return batch


def _media_type(name: str) -> str:
    return "text/csv" if name.lower().endswith(".csv") else _XLSX


def _content_of(batch: ImportBatch) -> bytes:
    """The uploaded bytes. Raises FileNotFoundError when they are not kept any more."""
    if batch.file is None or batch.file.deleted_at:
        raise FileNotFoundError(batch.name)
    with batch.file.open() as file:
        return file.read()


def _order(by: Actor, batch: ImportBatch) -> Order:
    return Order(
        by,
        batch.region_id,
        batch.year,
        batch.name,
        _content_of(batch),
        hold_questions=True,
        mapping=batch.mapping,
        batch_id=batch.pk,
    )


def _write(order: Order, batch: ImportBatch, progress: Progress | None) -> ImportResult:
    by = order.by
    result = limited(by=by, region=order.region, result=run(order, progress))
    result.batch_id = batch.pk
    kept_out = order.all_or_nothing and result.failed > 0
    batch.all_or_nothing = order.all_or_nothing
    if batch.state != State.DONE or not (result.refused or kept_out):
        batch.state = State.REFUSED if result.refused else State.KEPT_OUT if kept_out else State.DONE
    batch.finished_at = timezone.now()
    keep(batch, result)
    audit.record(
        by=by,
        action="enterprises.import",
        region=batch.region_id,
        subject=batch,
        detail={
            "sha256": batch.sha256,
            "year": batch.year,
            "state": batch.state,
            "all_or_nothing": order.all_or_nothing,
            "elsewhere": len(result.elsewhere),
            **result.counts,
        },
    )
    inbox.tell(telling.proposed_above(batch), by.officer_id)
    return result


def _remember(by: Actor, batch: ImportBatch) -> None:
    """Keeps the corrections of the columns for the next workbook of the same shape."""
    for sheet in batch.layout:
        own = (batch.mapping.get("sheets") or {}).get(sheet["sheet"]) or {}
        if own.get("columns") and sheet.get("shape"):
            RememberedLayout.objects.update_or_create(
                region_id=batch.region_id,
                shape=sheet["shape"],
                defaults={
                    "layout": to_remember(own, batch.year),
                    "saved_at": timezone.now(),
                    "saved_by_id": by.officer_id,
                },
            )


def _stored(by: Actor, batch: ImportBatch, data: bytes) -> StoredFile:
    return files.store(
        by=by,
        region=batch.region_id,
        kind="import",
        name=batch.name,
        media_type=_media_type(batch.name),
        chunks=[data],
    )
