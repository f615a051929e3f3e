"""Imports as acts: permission, batch, file, problems and audit around a run (`enterprises.importing`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from django.db import connection, transaction
from django.utils import timezone

from enterprises.importing import ImportResult, Progress, refusal, run
from enterprises.models import ImportBatch, ImportProblem
from tenancy import audit, files
from tenancy.access import Actor, require
from tenancy.models import StoredFile

_MOST_STORED_PROBLEMS = 20_000
__all__ = [
    "ImportResult",
    "Progress",
    "abandon",
    "check_upload",
    "import_workbook",
    "recheck",
    "receive_upload",
    "refusal",
    "write_batch",
]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
    if dry_run:
        return run(by, region, year, data, name, all_or_nothing, True, mapping, progress, None)
    with transaction.atomic():
        batch = _new_batch(by, region, year, data, name, mapping, all_or_nothing)
        return _write(by, batch, data, mapping, all_or_nothing, progress, keep_file=True)


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
            state=ImportBatch.State.UPLOADED,
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
    if batch.state in (ImportBatch.State.DONE, ImportBatch.State.ABANDONED):
        return batch
    batch.year = year or batch.year
    batch.mapping = mapping if mapping is not None else batch.mapping
    result = run(
        by,
        batch.region_id,
        batch.year,
        _content(batch),
        batch.name,
        False,
        True,
        batch.mapping,
        progress,
        None,
    )
    batch.state = ImportBatch.State.REFUSED if result.refused else ImportBatch.State.CHECKED
    _keep(batch, result)
    return batch


def write_batch(
    *, by: Actor, batch: ImportBatch, all_or_nothing: bool = False, progress: Progress | None = None
) -> ImportBatch:
    """Writes a checked upload. What is already written stays as it is, so a second click is harmless."""
    require(by, "enterprises.import", batch.region_id)
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state not in (ImportBatch.State.CHECKED, ImportBatch.State.KEPT_OUT):
            return batch
        _write(by, batch, _content(batch), batch.mapping, all_or_nothing, progress, keep_file=False)
    return batch


def abandon(*, by: Actor, batch: ImportBatch) -> ImportBatch:
    """Gives a checked upload up; its file is deleted, its row stays in the history."""
    require(by, "enterprises.import", batch.region_id)
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state not in (ImportBatch.State.DONE, ImportBatch.State.ABANDONED):
            batch.state = ImportBatch.State.ABANDONED
            batch.finished_at = timezone.now()
            batch.save(update_fields=["state", "finished_at"])
            if batch.file is not None:
                files.forget(batch.file)
            audit.record(by=by, action="enterprises.import.abandon", region=batch.region_id, subject=batch)
    return batch


def _media_type(name: str) -> str:
    return "text/csv" if name.lower().endswith(".csv") else _XLSX


def _content(batch: ImportBatch) -> bytes:
    if batch.file is None:
        raise FileNotFoundError(batch.name)
    with batch.file.open() as file:
        return file.read()


def _new_batch(
    by: Actor,
    region: str,
    year: int,
    data: bytes,
    name: str,
    mapping: dict[str, Any] | None,
    all_or_nothing: bool,
) -> ImportBatch:
    return ImportBatch.objects.create(
        region_id=region,
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        year=year,
        mapping=mapping or {},
        all_or_nothing=all_or_nothing,
        state=ImportBatch.State.CHECKED,
        by_id=by.officer_id,
    )


def _write(
    by: Actor,
    batch: ImportBatch,
    data: bytes,
    mapping: dict[str, Any] | None,
    all_or_nothing: bool,
    progress: Progress | None,
    *,
    keep_file: bool,
) -> ImportResult:
    result = run(
        by, batch.region_id, batch.year, data, batch.name, all_or_nothing, False, mapping, progress, batch.pk
    )
    result.batch_id = batch.pk
    kept_out = all_or_nothing and result.failed > 0
    batch.all_or_nothing = all_or_nothing
    batch.state = (
        ImportBatch.State.REFUSED
        if result.refused
        else ImportBatch.State.KEPT_OUT
        if kept_out
        else ImportBatch.State.DONE
    )
    batch.finished_at = timezone.now()
    personal = any(p.code == "uscc_personal_id" for p in result.problems)
    if keep_file and not personal and not result.refused:
        batch.file = _stored(by, batch, data)
    _keep(batch, result)
    audit.record(
        by=by,
        action="enterprises.import",
        region=batch.region_id,
        subject=batch,
        detail={
            "sha256": batch.sha256,
            "year": batch.year,
            "state": batch.state,
            "all_or_nothing": all_or_nothing,
            "elsewhere": sum(p.code == "registered_elsewhere" for p in result.problems),
            **result.counts,
        },
    )
    return result


def _stored(by: Actor, batch: ImportBatch, data: bytes) -> StoredFile:
    return files.store(
        by=by,
        region=batch.region_id,
        kind="import",
        name=batch.name,
        media_type=_media_type(batch.name),
        chunks=[data],
    )


def _keep(batch: ImportBatch, result: ImportResult) -> None:
    """Stores counts and problems with the batch, in place of what an earlier run left."""
    batch.counts = result.counts | {"problems": len(result.problems)}
    batch.layout = result.layout
    batch.save()
    ImportProblem.objects.filter(batch=batch).delete()
    lines = [
        {
            "severity": p.severity,
            "code": p.code,
            "sheet": p.sheet[:100],
            "row": p.row,
            "column": p.column,
            "field": p.field,
            "header": p.header[:200].replace("\0", ""),
            "value": p.value.replace("\0", ""),
            "params": p.params,
        }
        for p in result.problems[:_MOST_STORED_PROBLEMS]
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE_PROBLEMS, [batch.region_id, batch.pk, json.dumps(lines, ensure_ascii=False, default=str)]
        )


#: one statement however many there are
_STORE_PROBLEMS = """
INSERT INTO enterprises_importproblem
  (region_id, batch_id, severity, code, sheet, "row", "column", field, header, value, params)
SELECT %s, %s, p.* FROM json_to_recordset(%s) AS p
  (severity text, code text, sheet text, "row" int, "column" text, field text, header text, value text, params jsonb)
"""
