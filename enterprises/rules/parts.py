"""The table of one sheet made ready to be read: its converters, its enterprises' rows, its odd ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enterprises.rules.cells import (
    TICKS,
    ColumnConverter,
    Converter,
    Flawed,
    Place,
    column_converter,
    converter,
)
from enterprises.rules.checks import CHECKS
from enterprises.rules.feet import Sorter, is_blank
from enterprises.rules.headers import recognise
from enterprises.rules.sheet import Broken, Sheet, shown
from enterprises.rules.tables import Column, Table
from enterprises.rules.text import half_width


@dataclass
class Part:
    """The table of one sheet with its converters, ready to be read row by row."""

    table: Table
    #: (code, year) of each read column, year None for what lies on the enterprise
    targets: tuple[tuple[str, int | None], ...]
    columns: tuple[Column, ...]
    converters: tuple[ColumnConverter, ...]
    checks: tuple[tuple[str, int, int, Callable[[Any, Any], bool]], ...]
    ticked: frozenset[int] = frozenset()
    #: positions of the enterprises' rows within the sheet's
    data: Sequence[int] = ()
    #: position of a row that has a cell too many → that cell's index from column A
    slid: Mapping[int, int] = field(default_factory=dict)
    #: position of a second header with other columns, behind which nothing is read, and the rows left out
    cut: tuple[int, int] | None = None

    @property
    def sheet(self) -> str:
        return self.table.sheet.name


def part_of(table: Table, regions: Mapping[str, str | None], today: dt.date) -> Part:
    """The part of a table; names of regions resolve by `regions`, dates are compared with `today`."""
    sheet = table.sheet
    place = Place(regions, today, sheet.date1904, sheet.text_only)
    columns = tuple(c for c in table.columns if c.field is not None)
    targets = tuple((c.field.code, c.year) for c in columns if c.field is not None)
    at = {target: n for n, target in enumerate(targets)}
    _spread(table, columns)
    data, cut = _data_rows(table, columns)
    checks = tuple(
        (check.code, at[first, year], at[check.second, year], check.holds)
        for check in CHECKS
        for (first, year) in targets
        if first == check.first and (check.second, year) in at
    )
    cells = [converter(c.field, unit=c.unit, place=place) for c in columns if c.field]
    converters = tuple(
        column_converter(cell, c.field, unit=c.unit)
        for cell, c in zip(cells, columns, strict=True)
        if c.field
    )
    return Part(
        table=table,
        targets=targets,
        columns=columns,
        converters=converters,
        checks=checks,
        ticked=_ticked(sheet, data, columns),
        data=data,
        cut=cut,
        slid=_slid(table, columns[-1], cells[-1], data),
    )


def _spread(table: Table, columns: Sequence[Column]) -> None:
    """A region, or a text, merged over several rows holds for each of them."""
    sheet = table.sheet
    texts = {
        c.index
        for c in columns
        if c.field is not None and c.field.kind in ("text", "region") and c.field.code != "name"
    }
    for first, left, last, right in sheet.merged:
        if left != right or left not in texts or first < table.data_row or last == first:
            continue
        index, top = left - sheet.first_column, first - sheet.first_row
        rows = sheet.rows[top : last - sheet.first_row + 1]
        value = rows[0][index] if rows and index < len(rows[0]) else ""
        for row in rows[1:]:
            if index < len(row) and is_blank(row[index]) and not isinstance(value, Broken):
                row[index] = value


def _slid(table: Table, last: Column, convert: Converter, data: Sequence[int]) -> dict[int, int]:
    """Rows with a cell too many, right behind the table's last column: their cells slid to the right.

    An unquoted comma in a csv does it (`1,000.00`), or a cell pasted in between. In a workbook a note may
    stand there, so only what could be the last column's own value counts; where most rows have such a
    cell it is a column without a header.
    """
    sheet = table.sheet
    edge = max(c.index for c in table.columns if c.header or c.field) - sheet.first_column + 1
    found = {}
    for at in data:
        row = sheet.rows[at]
        if len(row) <= edge or (row[edge] == "" and not sheet.text_only):
            continue
        extra = next((n for n in range(edge, len(row)) if not is_blank(row[n])), None)
        if extra is None:
            continue
        if not sheet.text_only:
            assert last.field is not None
            if last.field.kind == "text" or last.index - sheet.first_column + 1 != edge:
                continue
            if isinstance(convert(row[edge]), Flawed) or convert(row[edge]) is None:
                continue
        found[at] = extra + sheet.first_column
    return found if 2 * len(found) <= len(data) or len(data) == 1 else {}


def _data_rows(table: Table, columns: Sequence[Column]) -> tuple[list[int], tuple[int, int] | None]:
    """Positions, within the sheet's rows, of those that are an enterprise's; short rows are filled up.

    A header may be repeated on each page; where its columns are others, the rows behind it cannot be read.
    """
    sheet = table.sheet
    index = {c.field.code: c.index - sheet.first_column for c in columns if c.field is not None}
    sorter = Sorter(
        index["uscc"],
        index["name"],
        frozenset(c.index - sheet.first_column for c in columns),
        frozenset(c.index - sheet.first_column for c in table.columns if c.ordinal),
    )
    width = max(c.index for c in columns) - sheet.first_column + 1
    found = []
    for at in range(table.data_row - sheet.first_row, len(sheet.rows)):
        row = sheet.rows[at]
        if len(row) < width:
            row.extend([""] * (width - len(row)))
        if sheet.first_row + at not in sheet.hidden_rows and sorter.is_enterprise(row):
            found.append(at)
        elif sorter.header_again:
            sorter.header_again = False
            if not _same_header(table, columns, row):
                rest = sheet.rows[at + 1 :]
                return found, (at, sum(any(not is_blank(v) for v in row) for row in rest))
    return found, None


def _same_header(table: Table, columns: Sequence[Column], row: Sequence[Any]) -> bool:
    for column in columns:
        text = shown(row[column.index - table.sheet.first_column])
        if not text.strip():
            continue
        again = recognise(text)
        if again.field is None or column.field is None or again.field.by_year is not column.field.by_year:
            # Of a deep header a row may say the year or the unit alone.
            if text.strip() not in column.header:
                return False
        elif (
            again.field is not column.field
            or (again.unit and column.field.kind == "money" and again.unit != column.unit)
            or again.says_year
            and (again.year or table.year - (again.offset or 0)) != column.year
        ):
            return False
    return True


def _ticked(sheet: Sheet, data: Sequence[int], columns: Sequence[Column]) -> frozenset[int]:
    """Positions of yes/no columns whose only non-empty values are ticks: there, empty means no."""
    found = set()
    for n, column in enumerate(columns):
        if column.field is None or column.field.kind != "yes_no" or column.field.group == "integrity":
            continue
        index = column.index - sheet.first_column
        ticks = False
        for at in data:
            value = sheet.rows[at][index]
            if is_blank(value):
                continue
            if not isinstance(value, str) or half_width(value) not in TICKS:
                break
            ticks = True
        else:
            if ticks:
                found.add(n)
    return frozenset(found)
