"""Workbooks of award data as acts: permission, dry run or all of it in one transaction, the file kept, the trail."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from enterprises import workbook
from enterprises.importing import places_by_name
from enterprises.rules.problems import Problem
from enterprises.turns import take_turn
from subsidies.actions.book_events import events
from subsidies.actions.book_payments import payments
from subsidies.actions.book_pools import pools
from subsidies.actions.history import RECORD
from subsidies.books import shape_of
from subsidies.ledger import BUDGET, Refused
from subsidies.results import BookResult
from subsidies.rules.book_tables import Reading, read
from subsidies.rules.workflow import PAY
from tenancy import audit, files, scanner
from tenancy.access import Actor, Denied, require
from tenancy.context import acting
from tenancy.models import Region, StoredFile

#: what a stored file is called before it is written and afterwards, followed by the kind of the book
WAITING, WRITTEN = "awards.upload.", "awards.book."
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Book:
    """What a kind of book needs, and who looks at its rows and returns what writes them."""

    permission: str
    prepare: Callable[..., Callable[[], None]]
    #: only for the place where one is posted itself
    own_level: bool = False
    #: bytes of a file that are surely read and written within two seconds; a longer one is a job's
    at_once: int = 96 * 1024


KINDS: dict[str, Book] = {
    "titles": Book(RECORD, events),
    "events": Book(RECORD, events),
    "subsidies_received": Book(RECORD, events),
    "pools": Book(BUDGET, pools, own_level=True, at_once=16 * 1024),
    "payments": Book(PAY, payments, own_level=True),
}


def allow(*, by: Actor, region: str, kind: str) -> Book:
    """The kind, where the actor may bring it in for the region. Raises Denied, and KeyError for no kind."""
    book = KINDS[kind]
    require(by, book.permission, region)
    if book.own_level and region != by.region_path:
        raise Denied(book.permission, region)
    return book


def keep_book(*, by: Actor, region: str, kind: str, name: str, data: bytes) -> StoredFile:
    """Keeps an upload until its dry run was looked at; the same officer's earlier ones that wait are let go.

    Raises Denied, and WorkbookRefused for a virus or while a scanner that is set up does not answer.
    """
    allow(by=by, region=region, kind=kind)
    verdict = scanner.scan(io.BytesIO(data))
    if verdict.state == "infected":
        raise workbook.WorkbookRefused("file_infected", virus=verdict.name[:100])
    if verdict.state != "clean":
        raise workbook.WorkbookRefused("file_unscanned")
    with transaction.atomic():
        mine = StoredFile.objects.filter(
            kind__startswith=WAITING, created_by_id=by.officer_id, deleted_at=None, region_id=region
        )
        for stored in mine:
            files.forget(stored)
        return _store(by, region, WAITING + kind, name, data)


def drop_book(*, by: Actor, stored: StoredFile) -> None:
    """Lets go of an upload that is not to be written. Twice is harmless; what was written stays."""
    require(by, RECORD, stored.region_id)
    if stored.kind.startswith(WAITING) and stored.deleted_at is None:
        files.forget(stored)


def take_book(
    *,
    by: Actor,
    region: str,
    kind: str,
    name: str,
    data: bytes,
    dry_run: bool = False,
    stored: StoredFile | None = None,
) -> BookResult:
    """Writes a book for a region (a path), all of it or with any error nothing; a dry run is the real run, rolled back.

    The same book again changes nothing. `stored` is the file where it was kept before. Raises Denied.
    """
    book = allow(by=by, region=region, kind=kind)
    shape = shape_of(kind, region)
    result = BookResult(kind, dry_run=dry_run)
    try:
        read_in = workbook.read(io.BytesIO(data), files.safe_name(name))
    except workbook.WorkbookRefused as wrong:
        result.problems.append(Problem("error", wrong.code, params=wrong.params))
        return result
    reading = read(read_in, shape, regions=_counties(region), today=timezone.localdate())
    result.rows, result.problems = reading.total, reading.problems
    for money in (field.code for field in shape.fields if field.kind == "money"):
        result.amount = sum(row.values.get(money) or 0 for row in reading.rows)
    with acting(by.at(region)):
        narrowed = by.at(region)
        take_turn(region)  # of two at once the second finds what the first has written
        write = book.prepare(by=narrowed, region=region, shape=shape, reading=reading, result=result)
        if not result.errors:
            _write(narrowed, write, result, lambda: _kept(narrowed, region, kind, name, data, stored, result))
    result.in_order([sheet.name for sheet in read_in.sheets])
    return result


def _write(by: Actor, write: Callable[[], None], result: BookResult, keep: Callable[[], None]) -> None:
    """In a savepoint of its own, so that a dry run and a refusal leave nothing."""
    try:
        with transaction.atomic():
            write()
            if result.dry_run or result.errors:
                transaction.set_rollback(True)
            else:
                keep()
    except Refused as wrong:
        result.problems.append(Problem("error", "ledger_refused", params={"code": wrong.code}))
    if result.errors:
        result.nothing_written()


def _counties(region: str) -> dict[str, str | None]:
    """Spellings of the counties at and below a place → path. Three queries."""
    counties = set(Region.objects.counties_under(region).values_list("path", flat=True))
    return {said: path for said, path in places_by_name(region).items() if path is None or path in counties}


def _kept(
    by: Actor,
    region: str,
    kind: str,
    name: str,
    data: bytes,
    stored: StoredFile | None,
    result: BookResult,
) -> None:
    if stored is None:
        stored = _store(by, region, WRITTEN + kind, name, data)
    elif stored.kind != WRITTEN + kind:
        stored.kind = WRITTEN + kind
        stored.save(update_fields=["kind"])
    counts: dict[str, Any] = {
        n: getattr(result, n) for n in ("rows", "new", "changed", "unchanged", "created")
    }
    audit.record(
        by=by,
        action="awards.book",
        region=region,
        subject=stored.name,
        detail={"kind": kind, "sha256": stored.sha256, **counts},
    )


def _store(by: Actor, region: str, kind: str, name: str, data: bytes) -> StoredFile:
    media = "text/csv" if name.lower().endswith(".csv") else _XLSX
    return files.store(by=by, region=region, kind=kind, name=name, media_type=media, chunks=[data])


__all__ = ["KINDS", "Book", "BookResult", "Reading", "allow", "drop_book", "keep_book", "take_book"]
