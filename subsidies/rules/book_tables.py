"""From the sheets of a book to its rows: where the table stands, what each cell says, and what is wrong at which cell.

Headers are matched as the registry's are (synonyms, blanks, full width, line breaks, notes and units in brackets), under
any titles; cells are read by the registry's own converters. Money is stricter here, since nothing that was posted is ever
changed: it needs a unit, whole fen and a number above zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enterprises.rules import numbers
from enterprises.rules.cells import Place, converter
from enterprises.rules.feet import is_blank, is_foot
from enterprises.rules.fields import FEN, Field
from enterprises.rules.headers import ORDINALS, squashed
from enterprises.rules.problems import Problem, letters
from enterprises.rules.sheet import OWN_SHEETS, Sheet, Workbook, shown
from enterprises.rules.tables import SEARCHED_ROWS, explains, unit_row
from enterprises.rules.text import half_width
from subsidies.rules.book_headers import matched, names_of, unit_above
from subsidies.rules.book_rows import Column, Row, Table, read_row, value_at
from subsidies.rules.books import MOST_ROWS, Shape, identity

#: what holds for each row when its cell is merged over several; an amount would be counted for each
_SPREAD = frozenset({"choice", "date", "region"})


@dataclass
class Reading:
    """`rows` are those without errors, `flawed` the others; `total` counts all."""

    rows: list[Row] = field(default_factory=list)
    flawed: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    total: int = 0


def read(book: Workbook, shape: Shape, *, regions: Mapping[str, str | None], today: dt.date) -> Reading:
    """Every row of every visible sheet that has a table. `regions` resolves the column of places."""
    reading = Reading()
    seen: dict[tuple[Any, ...], Row] = {}
    tables = 0
    for sheet in book.sheets:
        if sheet.name in OWN_SHEETS or not any(not is_blank(v) for row in sheet.rows for v in row):
            continue
        if sheet.hidden:
            reading.problems.append(Problem("warning", "hidden_sheet", sheet=sheet.name))
            continue
        table = find_table(sheet, shape)
        if table is None:
            reading.problems.append(Problem("warning", "sheet_without_table", sheet=sheet.name))
            continue
        tables += 1
        reading.problems += table.problems
        if not any(p.is_error for p in table.problems):
            _rows(reading, table, shape, Place(regions, today, sheet.date1904, sheet.text_only), seen)
    if not tables:
        names = [f.header for f in shape.fields if f.code in shape.needs]
        reading.problems.append(Problem("error", "no_table", params={"names": names}))
    elif not reading.total and not any(p.is_error for p in reading.problems):
        reading.problems.append(Problem("error", "table_empty"))
    if reading.total > MOST_ROWS:
        params = {"rows": reading.total, "most": MOST_ROWS}
        return Reading(problems=[Problem("error", "book_too_long", params=params)], total=reading.total)
    return reading


# --- the table ---------------------------------------------------------------------------------------


def find_table(sheet: Sheet, shape: Shape) -> Table | None:
    """The sheet's table below the row that names most columns, at least two; None where none does."""
    filled = [n for n, row in enumerate(sheet.rows[:200]) if any(not is_blank(v) for v in row)]
    names = names_of(shape)
    found = [
        (len({f.code for f, _u in matched(sheet.rows[n], names) if f}), -n) for n in filled[:SEARCHED_ROWS]
    ]
    best, minus = max(found, default=(0, 0))
    return _table(sheet, -minus, shape, names) if best >= 2 else None


def _table(sheet: Sheet, at: int, shape: Shape, names: Mapping[str, Field]) -> Table:
    row = sheet.rows[at]
    number = sheet.first_row + at
    said = {u for u in map(unit_above, _texts(sheet.rows[:at])) if u}
    above = said.pop() if len(said) == 1 else ""
    below = unit_row(sheet, at + 1) or {}
    start = at + 2 if below else at + 1
    if explains(sheet, start):
        start += 1
    columns: dict[str, Column] = {}
    problems: list[Problem] = []
    for n, (known, unit) in enumerate(matched(row, names)):
        letter, header = letters(sheet.first_column + n), shown(row[n]).strip()
        here: dict[str, Any] = {
            "sheet": sheet.name,
            "row": number,
            "column": letter,
            "header": header,
            "value": header,
        }
        if sheet.first_column + n in sheet.hidden_columns:
            problems += [Problem("warning", "hidden_column", **here)] if header else []
        elif known is None:
            if header and squashed(header) not in ORDINALS:
                problems.append(Problem("warning", "unknown_column", **here))
        elif known.code in columns:
            first = {"first": columns[known.code].letter}
            problems.append(Problem("warning", "column_twice", params=first, **here))
        else:
            money = unit or (below[n] if below.get(n) in FEN else above)
            columns[known.code] = Column(n, letter, header, known, money if known.kind == "money" else "")
    there = columns.keys() | ({shape.leads} if shape.memo in columns else set())
    missing = [f.header for f in shape.fields if f.code in shape.needs and f.code not in there]
    if missing:
        params = {"names": missing}
        problems.append(Problem("error", "columns_missing", sheet=sheet.name, row=number, params=params))
    return Table(sheet, number, start, len(row), tuple(columns.values()), tuple(problems))


def _texts(rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    return (v for row in rows for v in row if isinstance(v, str) and v.strip())


# --- its rows ----------------------------------------------------------------------------------------


def _rows(
    reading: Reading, table: Table, shape: Shape, place: Place, seen: dict[tuple[Any, ...], Row]
) -> None:
    sheet = table.sheet
    _spread(table)
    taken = [
        n
        for n in range(table.start, len(sheet.rows))
        if sheet.first_row + n not in sheet.hidden_rows and _is_data(sheet.rows[n], table, shape)
    ]
    hidden = sorted(
        n
        for n in sheet.hidden_rows
        if table.start <= n - sheet.first_row < len(sheet.rows)
        and _is_data(sheet.rows[n - sheet.first_row], table, shape)
    )
    if hidden:
        params = {
            "count": len(hidden),
            "rows": "、".join(map(str, hidden[:20])) + ("…" if len(hidden) > 20 else ""),
        }
        reading.problems.append(
            Problem("warning", "hidden_rows", sheet=sheet.name, row=hidden[0], params=params)
        )
    reading.total += len(taken)
    if reading.total > MOST_ROWS:
        return
    table, told = _without_ordinals(table, taken)
    told += [] if shape.unit else _without_unit(table, taken)
    reading.problems += told
    if any(p.is_error for p in told):
        return
    convert = {c.field.code: converter(c.field, unit=c.unit or "元", place=place) for c in table.columns}
    for n in taken:
        row, problems = read_row(table, n, shape, convert, place)
        reading.problems += problems
        if any(p.is_error for p in problems):
            reading.flawed.append(row)
            continue
        first = seen.setdefault(identity(shape, row.values), row)
        if first is not row:
            name = "code" if row.values.get("code") else row.at(shape.leads, shape.memo or shape.leads)
            where = {"first": first.table.sheet.name, "first_row": first.number}
            reading.problems.append(row.problem(shape.twice, name, **where))
            reading.flawed.append(row)
        else:
            reading.rows.append(row)


def _spread(table: Table) -> None:
    sheet = table.sheet
    for first, left, last, right in sheet.merged:
        column = next((c for c in table.columns if c.at + sheet.first_column == left == right), None)
        if column is None or column.field.kind not in _SPREAD or first < sheet.first_row + table.start:
            continue
        rows = sheet.rows[first - sheet.first_row : last - sheet.first_row + 1]
        for row in rows[1:]:
            if column.at < len(row) and is_blank(row[column.at]):
                row[column.at] = value_at(rows[0], column.at)


def _is_data(row: Sequence[Any], table: Table, shape: Shape) -> bool:
    """Not blank, no sum, signature or note, no repeated header."""
    filled = [n for n, v in enumerate(row) if not is_blank(v)]
    if all(_cell(row, c.at) is None for c in table.columns):
        return False
    leads = next((c.at for c in table.columns if c.field.code == shape.leads), -1)
    if is_foot(row[filled[0]]) and (filled[0] == leads or _cell(row, leads) is None):
        return False
    again = sum(
        isinstance(_cell(row, c.at), str) and squashed(shown(row[c.at])) == squashed(c.header)
        for c in table.columns
    )
    return again < 2


def _cell(row: Sequence[Any], at: int) -> Any:
    """The value, or None for a blank one."""
    value = row[at] if 0 <= at < len(row) else None
    return None if is_blank(value) else value


def _without_ordinals(table: Table, taken: Sequence[int]) -> tuple[Table, list[Problem]]:
    """编号 that only counts the rows names no event: the next file would have the same ones."""
    column = next((c for c in table.columns if c.field.code == "code"), None)
    if column is None:
        return table, []
    said = [half_width(shown(value_at(table.sheet.rows[n], column.at))) for n in taken]
    if not said or said != [str(n + 1) for n in range(len(said))]:
        return table, []
    kept = tuple(c for c in table.columns if c is not column)
    told = _at_header(table, column, "warning", "code_counts")
    return Table(table.sheet, table.header_row, table.start, table.width, kept, table.problems), [told]


def _without_unit(table: Table, taken: Sequence[int]) -> list[Problem]:
    """Money whose unit neither title, header nor every cell says."""
    return [
        _at_header(table, c, "error", "unit_missing")
        for c in table.columns
        if c.field.kind == "money"
        and not c.unit
        and not all(_says_unit(_cell(table.sheet.rows[n], c.at)) for n in taken)
    ]


def _says_unit(value: Any) -> bool:
    if not isinstance(value, str):
        return value is None
    try:
        return bool(numbers.parse(value).suffix)
    except numbers.NotANumber:
        return True  # told at its own cell


def _at_header(table: Table, column: Column, severity: str, code: str) -> Problem:
    return Problem(
        severity,  # type: ignore[arg-type]
        code,
        sheet=table.sheet.name,
        row=table.header_row,
        column=column.letter,
        field=column.field.code,
        header=column.header,
        value=column.header,
    )
