"""One run over a workbook: read, check, write set-based, all in one transaction.

A dry run is the real run that is rolled back, so its counts are the real ones. Permission, batch and
audit are the business of `enterprises.actions`.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from enterprises import workbook as workbooks
from enterprises.findings import Names, found_at, in_order, in_words, shown_all, with_sides
from enterprises.models import RememberedLayout
from enterprises.rules import rows
from enterprises.rules.answers import HELD_BACK, Answers
from enterprises.rules.problems import Problem, letters
from enterprises.rules.sheet import Workbook, shown
from enterprises.rules.tables import Table
from enterprises.staging import Provenance, Staging, Written
from enterprises.turns import take_turn
from enterprises.wording import message
from tenancy import collector
from tenancy.access import Actor
from tenancy.context import acting
from tenancy.models import Region, RegionName
from tenancy.threads import short_turns

Progress = Callable[[str, int, int], None]
FIRST_YEAR = 2000
_SAMPLES = 3


@dataclass
class ImportResult:
    """What an import did, or would do. `failed` rows have at least one error among `problems`."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    #: rows with an open question, held back; rows that an officer left out; values that became proposals
    waiting: int = 0
    left_out: int = 0
    proposed: int = 0
    problems: list[Problem] = field(default_factory=list)
    refused: bool = False
    #: what was understood of each sheet, for the mapping page
    layout: list[dict[str, Any]] = field(default_factory=list)
    #: code, name, sheet, row and [field, year, before, after] … of what was there before and changes
    changes: list[dict[str, Any]] = field(default_factory=list)
    #: codes that are registered outside the area, in the order of the file
    elsewhere: list[str] = field(default_factory=list)
    batch_id: int | None = None

    @property
    def exit_status(self) -> int:
        """0 everything imported, 2 some rows failed, 3 the file was refused."""
        return 3 if self.refused else 2 if self.failed else 0

    @property
    def counts(self) -> dict[str, int]:
        warned = {(p.sheet, p.row) for p in self.problems if not p.is_error and p.field and p.row}
        return {
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "failed": self.failed,
            "warned": len(warned),
            "waiting": self.waiting,
            "left_out": self.left_out,
            "proposed": self.proposed,
        }

    def as_json(self) -> dict[str, Any]:
        told = ["rows", "created", "updated", "unchanged", "failed", *(["proposed"] if self.proposed else [])]
        return {name: self.counts[name] for name in told} | {
            "problems": [
                {
                    "severity": p.severity,
                    "sheet": p.sheet,
                    "row": p.row,
                    "column": p.column,
                    "field": p.field,
                    "code": p.code,
                    "message": message(p),
                    "value": p.value,
                }
                for p in self.problems
            ]
        }


def refusal(code: str, **params: Any) -> ImportResult:
    """The result of a file, or a request, that was refused as a whole."""
    return ImportResult(refused=True, problems=[Problem("error", code, params=params)])


@dataclass(frozen=True)
class Order:
    """What is to be imported, by whom, and how. `mapping` holds the officer's corrections and answers.

    With `hold_questions` a row with an open question waits; without, it is written with a warning.
    """

    by: Actor
    region: str
    year: int
    name: str
    data: bytes = field(repr=False)
    all_or_nothing: bool = False
    dry_run: bool = False
    hold_questions: bool = False
    mapping: Mapping[str, Any] = field(default_factory=dict)
    batch_id: int | None = None


def run(order: Order, progress: Progress | None = None) -> ImportResult:
    """Reads, checks and writes; a dry run, or an error under `all_or_nothing`, is rolled back."""
    tell = progress or (lambda stage, done, total: None)
    if not FIRST_YEAR <= order.year <= timezone.localdate().year + 1:
        return refusal("year_refused", year=order.year)
    tell("read", 0, 0)
    with collector.paused(), short_turns():
        try:
            book = workbooks.read(io.BytesIO(order.data), order.name)
        except workbooks.WorkbookRefused as wrong:
            return refusal(wrong.code, **wrong.params)
        return _apply(order, book, tell)


def _apply(order: Order, book: Workbook, tell: Progress) -> ImportResult:
    """The checked rows of a workbook into the registry, in one transaction narrowed to the region."""
    by, region = order.by, order.region
    answers = Answers(order.mapping.get("answers") or {})
    reading = rows.read(
        book,
        year=order.year,
        regions=places_by_name(region),
        region=region,
        today=timezone.localdate(),
        mapping=order.mapping,
        remembered=_remembered(region),
    )
    if reading.refusal is not None:
        return ImportResult(refused=True, problems=[reading.refusal, *shown_all(reading.problems)])
    total = sum(len(part.table.sheet.rows) for part in reading.parts)
    layout = [_layout(part.table) for part in reading.parts]
    source = Provenance(region, by.officer_id, order.batch_id, order.name, not by.can("enterprises.decide"))
    # Narrowed to the region of the import: what lies outside is invisible even to a wider official.
    with acting(by.at(region)), transaction.atomic():
        take_turn(region)
        staging = _staging(order, source, reading, answers)
        try:
            for n, record in enumerate(reading.records()):
                staging.add(record)
                if n % 1000 == 0:
                    tell("check", n, total)
            tell("write", 0, 0)
            written = staging.finish()
        finally:
            staging.close()
        failed = reading.failed + len(written.elsewhere)
        if order.dry_run or (order.all_or_nothing and failed > 0):
            transaction.set_rollback(True)
    result = _result(order, reading, staging, written, failed)
    result.layout = layout
    problems = [with_sides(reading, problem) for problem in reading.problems]
    problems += [found_at(staging, n, "error", "registered_elsewhere", {}) for n in written.elsewhere]
    problems += [
        found_at(staging, n, "warning", code, in_words(code, what))
        for n, code, what in written.findings
        if code not in HELD_BACK or not answers.settles(*staging.sheet_row(n))
    ]
    problems += [
        found_at(staging, n, "warning", "value_proposed", what, (what["field"], what["year"]))
        for n, what in written.proposals
    ]
    names = Names(reading)
    result.problems = in_order(
        [replace(problem, subject=names.of(problem)) for problem in shown_all(problems)],
        [part.sheet for part in reading.parts],
    )
    tell("done", reading.rows, reading.rows)
    return result


def _result(
    order: Order, reading: rows.Reading, staging: Staging, written: Written, failed: int
) -> ImportResult:
    nothing = order.all_or_nothing and failed > 0
    unchanged = (
        len(staging.places) - len(written.elsewhere) - len(written.held) - written.created - written.updated
    )
    changes = []
    for n, uscc, name, pairs in written.changes:
        sheet, row = staging.sheet_row(n)
        changes.append({"uscc": uscc, "name": name, "sheet": sheet, "row": row, "changes": pairs})
    return ImportResult(
        rows=reading.rows,
        created=0 if nothing else written.created,
        updated=0 if nothing else written.updated,
        unchanged=unchanged,
        failed=failed,
        waiting=len(written.held),
        left_out=reading.left_out,
        proposed=len(written.proposals),
        changes=changes,
        elsewhere=[staging.codes[n - 1] for n in written.elsewhere],
        batch_id=order.batch_id,
    )


def _staging(order: Order, source: Provenance, reading: rows.Reading, answers: Answers) -> Staging:
    """A row waits when a question about it, from the file or from the registry, has no answer yet."""
    looked = 0
    waiting: set[tuple[str, int]] = set()

    def asked(after: int) -> set[int]:
        # Rows are read a little ahead of the chunk, so a question may be about a row of the next one.
        nonlocal looked
        waiting.update(
            (p.sheet, p.row)
            for p in reading.problems[looked:]
            if p.code in HELD_BACK and p.row is not None and not answers.settles(p.sheet, p.row)
        )
        looked = len(reading.problems)
        if not waiting or not order.hold_questions:
            return set()
        rows_of_chunk = range(after + 1, len(staging.places) + 1)
        return {n for n in rows_of_chunk if staging.sheet_row(n) in waiting}

    def hold(findings: list[tuple[int, str, dict[str, Any]]]) -> set[int]:
        if not order.hold_questions:
            return set()
        held = {n for n, code, _ in findings if code in HELD_BACK}
        return {n for n in held if not answers.settles(*staging.sheet_row(n))}

    staging = Staging(source, hold=hold, asked=asked)
    staging.open()
    return staging


def _remembered(region: str) -> dict[str, dict[str, Any]]:
    """Corrections that officers of the region made to tables of known shapes. One query."""
    return dict(RememberedLayout.objects.filter(region_id=region).values_list("shape", "layout"))


def places_by_name(region: str) -> dict[str, str | None]:
    """Names and codes, also former ones, of the region and everything below it. Two queries."""
    places = list(Region.objects.under(region).values_list("path", "code", "name", "full_name"))
    paths = {path for path, *_ in places}
    known = {(path, code, name) for path, code, name, _ in places}
    former = [
        (path, code, name, "")
        for path, code, name in RegionName.objects.filter(
            region__path__gte=region, region__path__lt=region + "~"
        ).values_list("region__path", "code", "name")
        if path in paths and (path, code, name) not in known
    ]
    resolved = rows.region_names(places)
    for key, path in rows.region_names(former).items():
        resolved.setdefault(key, path)
    return resolved


def _layout(table: Table) -> dict[str, Any]:
    """What was understood of a sheet, with samples, for the mapping page."""
    sheet = table.sheet
    start = table.data_row - sheet.first_row
    columns = []
    for column in table.columns:
        at = column.index - sheet.first_column
        samples = [
            shown(row[at]) for row in sheet.rows[start : start + 30] if at < len(row) and row[at] != ""
        ]
        columns.append(
            {
                "column": column.letter,
                "header": column.header,
                "field": column.field.code if column.field else "",
                "year": column.year,
                "unit": column.unit,
                "unit_from": column.unit_from,
                "samples": [Problem("warning", "", value=s).shown().value for s in samples[:_SAMPLES]],
            }
        )
    return {
        "sheet": sheet.name,
        "shape": table.shape,
        "remembered": table.remembered,
        "hidden_rows": sum(n >= table.data_row for n in sheet.hidden_rows),
        "hidden_columns": [letters(n) for n in sorted(sheet.hidden_columns)[:40]],
        "header_row": table.header_row,
        "data_row": table.data_row,
        "columns": columns,
        "units": dict(Counter(c.unit for c in table.columns if c.unit_from)),
    }
