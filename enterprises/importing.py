"""One run over a workbook: read, check, write set-based, all in one transaction.

A dry run is the real run that is rolled back, so its counts are the real ones. Permission, batch and
audit are the business of `enterprises.actions.imports`.
"""

from __future__ import annotations

import datetime as dt
import gc
import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from enterprises import workbook as workbooks
from enterprises.models import State
from enterprises.rules import rows
from enterprises.rules.problems import Problem, index_of
from enterprises.rules.sheet import Workbook, shown
from enterprises.rules.tables import Table
from enterprises.staging import Provenance, Staging, apply
from enterprises.wording import message
from tenancy.access import Actor
from tenancy.context import acting
from tenancy.models import Region, RegionName

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
    problems: list[Problem] = field(default_factory=list)
    refused: bool = False
    #: what was understood of each sheet, for the mapping page
    layout: list[dict[str, Any]] = field(default_factory=list)
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
        }

    def as_json(self) -> dict[str, Any]:
        counts = self.counts
        counts.pop("warned")
        return counts | {
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


def run(
    by: Actor,
    region: str,
    year: int,
    data: bytes,
    name: str,
    all_or_nothing: bool,
    dry_run: bool,
    mapping: dict[str, Any] | None,
    progress: Progress | None,
    batch_id: int | None,
) -> ImportResult:
    """Reads, checks and writes; a dry run, or an error under `all_or_nothing`, is rolled back."""
    tell = progress or (lambda stage, done, total: None)
    today = timezone.localdate()
    if not FIRST_YEAR <= year <= today.year + 1:
        return refusal("year_refused", year=year)
    tell("read", 0, 0)
    with _no_collector():
        try:
            book = workbooks.read(io.BytesIO(data), name)
        except workbooks.WorkbookRefused as wrong:
            return refusal(wrong.code, **wrong.params)
        return _apply(by, region, year, book, name, all_or_nothing, dry_run, mapping, tell, today, batch_id)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Millions of cells and no cycles: the collector would only walk over them, a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _apply(
    by: Actor,
    region: str,
    year: int,
    book: Workbook,
    name: str,
    all_or_nothing: bool,
    dry_run: bool,
    mapping: dict[str, Any] | None,
    tell: Progress,
    today: dt.date,
    batch_id: int | None,
) -> ImportResult:
    """The checked rows of a workbook into the registry, in one transaction narrowed to the region."""
    reading = rows.read(
        book, year=year, regions=_region_names(region), region=region, today=today, mapping=mapping
    )
    if reading.refusal is not None:
        return ImportResult(refused=True, problems=[reading.refusal, *_shown(reading.problems)])
    staging = Staging()
    total = sum(len(part.table.sheet.rows) for part in reading.parts)
    layout = [_layout(part.table) for part in reading.parts]
    # Narrowed to the region of the import: what lies outside is invisible even to a wider official.
    with acting(by.at(region)), transaction.atomic():
        staging.open()
        for n, record in enumerate(reading.records()):
            staging.add(record)
            if n % 1000 == 0:
                tell("check", n, total)
        tell("write", 0, len(staging.places))
        written = apply(staging, Provenance(region, by.officer_id, batch_id, name))
        failed = reading.failed + len(written.elsewhere)
        held_back = dry_run or (all_or_nothing and failed > 0)
        if held_back:
            transaction.set_rollback(True)
        else:
            staging.close()
    unchanged = len(staging.places) - len(written.elsewhere) - written.created - written.updated
    nothing = all_or_nothing and failed > 0
    problems = reading.problems
    problems += [_found(staging, n, "error", "registered_elsewhere", {}) for n in written.elsewhere]
    problems += [
        _found(staging, n, "warning", code, _in_words(code, what)) for n, code, what in written.findings
    ]
    tell("done", reading.rows, reading.rows)
    return ImportResult(
        rows=reading.rows,
        created=0 if nothing else written.created,
        updated=0 if nothing else written.updated,
        unchanged=unchanged,
        failed=failed,
        problems=_sorted(_shown(problems), [part.sheet for part in reading.parts]),
        layout=layout,
        batch_id=batch_id,
    )


_AT = {"region_differs": "region", "former_name": "name", "name_registered": "name"}


def _found(staging: Staging, n: int, severity: Any, code: str, params: dict[str, Any]) -> Problem:
    """A finding of the database at its place in the workbook."""
    at, row = staging.places[n - 1]
    table = staging.parts[at].table
    column = table.column(_AT.get(code, "uscc"))
    assert column is not None and column.field is not None
    cells = table.sheet.rows[row - table.sheet.first_row]
    return Problem(
        severity,
        code,
        sheet=table.sheet.name,
        row=row,
        column=column.letter,
        field=column.field.code,
        header=column.header,
        value=shown(cells[column.index - table.sheet.first_column]),
        params=params,
    )


def _in_words(code: str, params: dict[str, Any]) -> dict[str, Any]:
    if code == "enterprise_closed":
        return {"state": str(State(params["state"]).label)}
    return params


def _shown(problems: list[Problem]) -> list[Problem]:
    return [problem.shown() for problem in problems]


def _sorted(problems: list[Problem], sheets: list[str]) -> list[Problem]:
    order = {name: n for n, name in enumerate(sheets)}
    return sorted(
        problems,
        key=lambda p: (
            order.get(p.sheet, len(order)),
            p.row or 0,
            index_of(p.column) if p.column else -1,
            p.code,
        ),
    )


def _region_names(region: str) -> dict[str, str | None]:
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
        "header_row": table.header_row,
        "data_row": table.data_row,
        "columns": columns,
        "units": dict(Counter(c.unit for c in table.columns if c.unit_from)),
    }
