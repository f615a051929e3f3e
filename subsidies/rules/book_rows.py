"""One row of a book: what its cells say by the columns of its table, and what is wrong at which of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from enterprises.rules.cells import CLEAR, Converter, Flawed, Place
from enterprises.rules.feet import is_blank
from enterprises.rules.fields import Field
from enterprises.rules.problems import Problem, letters
from enterprises.rules.sheet import Sheet, shown
from subsidies.rules.accounts import MOST
from subsidies.rules.books import Shape
from subsidies.rules.orders import number_of
from subsidies.rules.words import unquoted

_DAY = frozenset({"on", "revoked_on"})


class Column(NamedTuple):
    """A column that is read: its position within the row, Excel's letters, and the unit of its money, if one is said."""

    at: int
    letter: str
    header: str
    field: Field
    unit: str


@dataclass(frozen=True)
class Table:
    sheet: Sheet
    header_row: int
    #: position of the first row below the header
    start: int
    width: int
    columns: tuple[Column, ...]
    problems: tuple[Problem, ...] = ()

    def has(self, field: str) -> bool:
        return any(column.field.code == field for column in self.columns)


@dataclass(frozen=True)
class Row:
    """One row: what it says in the columns that it has; a column that is there and empty, or flawed, says None."""

    table: Table
    number: int
    cells: Sequence[Any]
    values: Mapping[str, Any]

    def problem(self, code: str, of: str, severity: str = "error", /, **params: Any) -> Problem:
        """A finding at the row's cell of a field."""
        return _problem(self.table, self.number, self.cells, of, code, severity, params)

    def at(self, *fields: str) -> str:
        """The first of the fields that has a column; the last where none has."""
        return next((field for field in fields if self.table.has(field)), fields[-1])


def read_row(
    table: Table, n: int, shape: Shape, convert: Mapping[str, Converter], place: Place
) -> tuple[Row, list[Problem]]:
    cells = table.sheet.rows[n]
    number = table.sheet.first_row + n
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for column in table.columns:
        code = column.field.code
        value, flaw = _said(column.field, convert[code], value_at(cells, column.at), shape, place.today)
        values[code] = value
        if flaw is not None:
            problems.append(_problem(table, number, cells, code, flaw.code, flaw.severity, flaw.params))
    if table.sheet.text_only and len(cells) > table.width:
        at = next((n for n in range(table.width, len(cells)) if not is_blank(cells[n])), table.width)
        place_of = {
            "sheet": table.sheet.name,
            "row": number,
            "column": letters(table.sheet.first_column + at),
        }
        problems.append(Problem("error", "row_slid", value=shown(cells[at]), **place_of))  # type: ignore[arg-type]
    on, revoked = values.get("on"), values.get("revoked_on")
    if on and revoked and revoked < on:
        problems.append(
            _problem(table, number, cells, "revoked_on", "revoked_before", "error", {"on": on.isoformat()})
        )
    row = Row(table, number, cells, values)
    if shape.memo and not any(p.field == shape.leads for p in problems):
        values[shape.leads], code = number_of(values.get(shape.leads), values.get(shape.memo))
        if code:
            problems.append(
                row.problem(code, row.at(shape.memo, shape.leads), name=shape.header(shape.leads))
            )
    return row, problems


def value_at(row: Sequence[Any], at: int) -> Any:
    return row[at] if at < len(row) else ""


def _said(
    known: Field, convert: Converter, raw: Any, shape: Shape, today: dt.date
) -> tuple[Any, Flawed | None]:
    """What a cell says, and the finding if there is one."""
    if known.code == "year" and isinstance(raw, str):
        raw = raw.strip().removesuffix("度")
    elif known.kind == "choice" and type(raw) is str:
        raw = unquoted(raw)
    value = convert(raw)
    flaw: Flawed | None = None
    if isinstance(value, Flawed):
        value, flaw = value.value, value
        if known.kind == "money":  # a unit that is guessed or a part of a fen is no amount to post
            flaw = flaw._replace(severity="error")
    if flaw is not None and flaw.code in ("name_missing", "uscc_missing") and known.code not in shape.needs:
        value = flaw = None
    if flaw is None and value is CLEAR:
        flaw = _error("clear_refused")
    elif flaw is None and value is None and known.code in shape.needs and not shape.memo_for(known.code):
        flaw = _error("value_missing", name=known.header)
    elif flaw is None and value is not None:
        if known.kind == "money" and not value:
            flaw = _error("money_zero")
        elif known.kind == "money" and value > MOST:
            flaw = _error("money_range")
        elif known.code in _DAY and value > today:
            flaw = _error("date_future")
    return (None if flaw is not None and flaw.severity == "error" else value), flaw


def _error(code: str, **params: Any) -> Flawed:
    return Flawed(None, "error", code, params)


def _problem(
    table: Table,
    number: int,
    cells: Sequence[Any],
    name: str,
    code: str,
    severity: str,
    params: Mapping[str, Any],
) -> Problem:
    column = next((c for c in table.columns if c.field.code == name), None)
    subject = next((c for c in table.columns if c.field.code == "name"), None)
    return Problem(
        severity,  # type: ignore[arg-type]
        code,
        sheet=table.sheet.name,
        row=number,
        column=column.letter if column else "",
        field=name,
        header=column.header if column else "",
        value=shown(value_at(cells, column.at)) if column else "",
        params=dict(params),
        subject=shown(value_at(cells, subject.at))[:120] if subject else "",
    )
