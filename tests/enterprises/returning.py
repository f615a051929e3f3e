"""A workbook as the import understands it, without a database: for the tests of what goes back."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any, NamedTuple

from enterprises import workbook
from enterprises.importing import _layout
from enterprises.rules import rows
from enterprises.rules.problems import Problem

BOLE = "65/6527/652701/"
REGIONS = {"博乐市": BOLE, "652701": BOLE, "博乐": BOLE, "精河县": "65/6527/652722/"}


class Checked(NamedTuple):
    """`problems` as they are stored: shown, so with personal numbers masked."""

    problems: list[Problem]
    layout: list[dict[str, Any]]
    records: list[tuple[str, int, list[Any]]]
    rows: int

    @property
    def errors(self) -> list[tuple[str, int | None, str, str, str]]:
        return sorted((p.sheet, p.row or 0, p.column, p.code, p.value) for p in self.problems if p.is_error)


def check(data: bytes, name: str = "x.xlsx", mapping: dict[str, Any] | None = None) -> Checked:
    book = workbook.read(io.BytesIO(data), name)
    reading = rows.read(
        book, year=2025, regions=REGIONS, region=BOLE, today=dt.date(2026, 11, 26), mapping=mapping
    )
    records = [(r.part.sheet, r.row, r.values) for r in reading.records()]
    found = [reading.refusal] if reading.refusal else []
    found += reading.problems
    return Checked(
        [p.shown() for p in found], [_layout(part.table) for part in reading.parts], records, reading.rows
    )


def returned(data: bytes, name: str = "x.xlsx", mapping: dict[str, Any] | None = None) -> bytes:
    from enterprises.returned import annotated

    found = check(data, name, mapping)
    return annotated(data, name, found.problems, layout=found.layout, mapping=mapping)


def failed(data: bytes, name: str = "x.xlsx", mapping: dict[str, Any] | None = None) -> bytes:
    from enterprises.returned import failed_rows

    found = check(data, name, mapping)
    return failed_rows(data, name, found.problems, layout=found.layout, mapping=mapping)
