"""From the sheets of a book to its rows: where the table stands, what each cell says, and what is wrong at which cell.

Headers are matched as the registry's are (synonyms, blanks, full width, line breaks, notes and units in brackets), under
any titles; cells are read by the registry's own converters. Money is stricter here, since nothing that was posted is ever
changed: it needs a unit, whole fen and a number above zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from enterprises.rules import numbers
from enterprises.rules.cells import CLEAR, Converter, Flawed, Place, converter
from enterprises.rules.feet import is_blank, is_foot
from enterprises.rules.fields import FEN, Field
from enterprises.rules.headers import ORDINALS, squashed
from enterprises.rules.problems import Problem, letters
from enterprises.rules.sheet import OWN_SHEETS, Sheet, Workbook, shown
from enterprises.rules.tables import SEARCHED_ROWS, explains, unit_row
from enterprises.rules.text import half_width
from subsidies.rules.accounts import MOST
from subsidies.rules.book_headers import matched, names_of, unit_above
from subsidies.rules.books import MOST_ROWS, Shape, identity
from subsidies.rules.words import unquoted

_DAY = frozenset({"on", "revoked_on"})
#: what holds for each row when its cell is merged over several; an amount would be counted for each
_SPREAD = frozenset({"choice", "date", "region"})


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


@dataclass(frozen=True)
class Row:
    """One row without errors: what it says in the columns that it has; a column that is there and empty says None."""

    table: Table
    number: int
    cells: Sequence[Any]
    values: Mapping[str, Any]

    def problem(self, code: str, of: str, severity: str = "error", /, **params: Any) -> Problem:
        """A finding at the row's cell of a field."""
        return _problem(self.table, self.number, self.cells, of, code, severity, params)


@dataclass
class Reading:
    """`rows` are those without errors; `total` counts all."""

    rows: list[Row] = field(default_factory=list)
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
        return Reading([], [Problem("error", "book_too_long", params=params)], reading.total)
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
    missing = [f.header for f in shape.fields if f.code in shape.needs and f.code not in columns]
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
    told += _without_unit(table, taken)
    reading.problems += told
    if any(p.is_error for p in told):
        return
    convert = {c.field.code: converter(c.field, unit=c.unit or "元", place=place) for c in table.columns}
    for n in taken:
        row, problems = _row(table, n, shape, convert, place)
        reading.problems += problems
        if row is None:
            continue
        first = seen.setdefault(identity(shape, row.values), row)
        if first is not row:
            where = {"sheet": first.table.sheet.name, "row": first.number}
            name = "code" if row.values.get("code") else shape.leads
            reading.problems.append(
                row.problem("line_twice", name, first=where["sheet"], first_row=where["row"])
            )
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
                row[column.at] = _value(rows[0], column.at)


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
    said = [half_width(shown(_value(table.sheet.rows[n], column.at))) for n in taken]
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


def _row(
    table: Table, n: int, shape: Shape, convert: Mapping[str, Converter], place: Place
) -> tuple[Row | None, list[Problem]]:
    cells = table.sheet.rows[n]
    number = table.sheet.first_row + n
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for column in table.columns:
        code = column.field.code
        value, flaw = _said(column.field, convert[code], _value(cells, column.at), shape, place.today)
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
    if any(p.is_error for p in problems):
        return None, problems
    return Row(table, number, cells, values), problems


def _value(row: Sequence[Any], at: int) -> Any:
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
    if flaw is not None and flaw.code == "name_missing":
        value = flaw = None
    if flaw is None and value is CLEAR:
        flaw = _error("clear_refused")
    elif flaw is None and value is None and known.code in shape.needs:
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
        value=shown(_value(cells, column.at)) if column else "",
        params=dict(params),
        subject=shown(_value(cells, subject.at))[:120] if subject else "",
    )
