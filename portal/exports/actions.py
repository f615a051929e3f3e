"""Exports as acts: asked for, made at once or by a worker, kept for a month, found again."""

from __future__ import annotations

import datetime as dt
import tempfile
from typing import BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from portal.exports import lists, printed
from portal.exports.queries import EXPORT, free_again_at
from portal.exports.wanted import Wanted
from portal.models import ExportRecord, SavedColumns
from tenancy import audit, files, jobs
from tenancy.access import Actor, require
from tenancy.jobs import Progress
from tenancy.models import Job, StoredFile

_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


class TooMany(Exception):
    """The officer has exported as often as one may within an hour; `at` is when the next may be."""

    def __init__(self, at: dt.datetime) -> None:
        super().__init__(at)
        self.at = at


class NameTaken(ValueError):
    """The officer has another choice of columns of this name."""


def ask(*, by: Actor, wanted: Wanted) -> ExportRecord | Job:
    """A short list is made now, a long one by a worker.

    Raises KeyError for no such list, Denied, and TooMany. Call it where everything is one snapshot.
    """
    listed = lists.find(by, wanted.listed)
    at = free_again_at(by)
    if at is not None:
        raise TooMany(at)
    if listed.rows(by, wanted.asked, wanted.picked).count() <= settings.EXPORT_ROWS_AT_ONCE:
        return make(by=by, wanted=wanted)
    return jobs.start(by=by, kind=EXPORT, region=by.region_path, params=wanted.as_json())


def make(
    *, by: Actor, wanted: Wanted, job_id: UUID | None = None, progress: Progress | None = None
) -> ExportRecord:
    """Writes the list to a file and keeps both. A job that is run again finds what it has made.

    Everything inside one transaction, which must be a snapshot (`acting(…, snapshot=True)`): the file,
    its row, the history and the audit entry are there together or not at all. Always in Chinese.
    """
    listed = lists.find(by, wanted.listed)
    known = ExportRecord.objects.filter(region_id=by.region_path, job_id=job_id).first() if job_id else None
    if known is not None:
        return known
    with transaction.atomic(), translation.override("zh-hans"):
        sheet = printed.of(by, listed, wanted, _moment())
        with tempfile.TemporaryFile() as plain:
            file = cast(BinaryIO, plain)
            sheet.write(file, progress or (lambda stage, done, total: None))
            size = file.tell()
            stored = _stored(by, sheet.file_name, wanted.format, file)
        record = ExportRecord.objects.create(
            region_id=by.region_path,
            listed=wanted.listed,
            format=wanted.format,
            columns=list(sheet.columns),
            years=list(sheet.years),
            query=wanted.query,
            picked=list(wanted.picked),
            conditions=sheet.conditions,
            rows=sheet.total,
            bytes=size,
            sha256=stored.sha256,
            file=stored,
            moment=sheet.moment,
            job_id=job_id,
            by_id=by.officer_id,
        )
        audit.record(
            by=by,
            action="exports.make",
            region=by.region_path,
            subject=f"{wanted.listed}.{wanted.format}",
            detail={
                "export": record.public_id,
                "rows": sheet.total,
                "bytes": size,
                "sha256": stored.sha256,
                "columns": len(sheet.columns),
                "conditions": sheet.conditions,
            },
        )
    return record


def _moment() -> dt.datetime:
    """The beginning of the transaction: what was committed before is in its snapshot."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]


def _stored(by: Actor, name: str, suffix: str, file: BinaryIO) -> StoredFile:
    file.seek(0)
    return files.store(
        by=by,
        region=by.region_path,
        kind=EXPORT,
        name=name,
        media_type=_TYPES[suffix],
        chunks=files.pieces(file),
    )


def note_download(*, by: Actor, record: ExportRecord) -> None:
    """Somebody fetches a kept file again. Raises Denied."""
    lists.find(by, record.listed)
    audit.record(
        by=by,
        action="exports.download",
        region=record.region_id,
        subject=f"{record.listed}.{record.format}",
        detail={"export": record.public_id, "sha256": record.sha256},
    )


def forget_old(*, by: Actor, region: str, before: dt.datetime) -> int:
    """Deletes the files of exports of exactly this region that were made before; the history stays."""
    require(by, "lists.export", region)
    if count := files.forget_older(EXPORT, region, before):
        audit.record(by=by, action="exports.forget", region=region, detail={"files": count})
    return count


# --- choices of columns ----------------------------------------------------------------------------


def save_columns(*, by: Actor, wanted: Wanted, name: str) -> SavedColumns:
    """Keeps a choice of columns under a name; the same name again replaces what it stood for."""
    listed = lists.find(by, wanted.listed)
    year = listed.year(wanted.asked)
    found, _created = SavedColumns.objects.update_or_create(
        region_id=by.region_path,
        by_id=by.officer_id,
        listed=wanted.listed,
        name=name,
        defaults={
            "columns": list(wanted.columns),
            "years": list(range(printed.USUAL_YEARS))
            if wanted.years is None
            else [year - y for y in wanted.years],
            "format": wanted.format,
            "saved_at": timezone.now(),
        },
    )
    return found


def rename_columns(*, by: Actor, choice: SavedColumns, name: str) -> SavedColumns:
    """Raises NameTaken."""
    lists.find(by, choice.listed)
    choice.name = name
    try:
        with transaction.atomic():
            choice.save(update_fields=["name"])
    except IntegrityError as taken:
        raise NameTaken(name) from taken
    return choice


def delete_columns(*, by: Actor, choice: SavedColumns) -> None:
    lists.find(by, choice.listed)
    choice.delete()
