"""A returned workbook that is written anew, from the values as they were read (XlsxWriter)."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Mapping
from typing import Any

import xlsxwriter

from enterprises.returned.masking import shown_masked
from enterprises.returned.notes import COLOURS, Columns, Notes, fit
from enterprises.rules.headers import RETURNED_NOTE, RETURNED_ROW
from enterprises.rules.severity import Severity
from enterprises.rules.sheet import Broken, Percent, Sheet, Workbook, shown
from enterprises.rules.text import armed
from enterprises.sheets import TextSheet

#: in these columns Excel must not make a number of what is typed
TEXT_FIELDS = frozenset({"uscc", "industry_code", "contact_phone"})
_MOST_TEXT = 32_000
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
_FIRST_DAY = dt.date(1900, 3, 1)
Corrections = Mapping[int, Mapping[int, str]]


class Book:
    """A workbook being written, row by row; its formats are made once each."""

    def __init__(self, source: Workbook) -> None:
        self._out = io.BytesIO()
        self.book = xlsxwriter.Workbook(
            self._out,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "date_1904": any(sheet.date1904 for sheet in source.sheets),
            },
        )
        self._formats: dict[tuple[str, Severity | None], Any] = {}
        self._note = self.book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        self._head = self.book.add_format({"bold": True, "num_format": "@"})
        self._names: set[str] = set()

    def sheet(self, name: str) -> Any:
        """A new sheet under a name that Excel takes, as near to `name` as can be."""
        fit_name = _NOT_IN_A_NAME.sub("＊", fit(name)).strip("'")[:31] or "表"
        taken, n = fit_name, 2
        while taken.casefold() in self._names:
            taken, n = f"{fit_name[:28]}{n}", n + 1
        self._names.add(taken.casefold())
        return self.book.add_worksheet(taken, worksheet_class=TextSheet)

    def _format(self, shape: str, severity: Severity | None) -> Any:
        if not shape and severity is None:
            return None
        if (shape, severity) not in self._formats:
            look: dict[str, Any] = {"num_format": shape} if shape else {}
            if severity is not None:
                look |= {"bg_color": "#" + COLOURS[severity][2:], "pattern": 1}
            self._formats[shape, severity] = self.book.add_format(look)
        return self._formats[shape, severity]

    def cell(
        self,
        page: Any,
        row: int,
        column: int,
        value: Any,
        severity: Severity | None = None,
        text: bool = False,
    ) -> None:
        """One value as the reader will read it again; `text` keeps what is typed there later as text."""
        shape = "@" if text else ""
        if isinstance(value, Broken):
            # An error value exists only as a formula's result; one without any result is shown as #N/A.
            error = str(value) if value in _ERRORS else "#N/A"
            page.write_formula(row, column, f"={error}", self._format(shape, severity), error)
        elif value is None or value == "":
            if severity is not None or text:
                page.write_blank(row, column, None, self._format(shape, severity))
        elif isinstance(value, bool):
            page.write_boolean(row, column, value, self._format(shape, severity))
        elif isinstance(value, Percent):
            page.write_number(row, column, float(value), self._format("0.00%", severity))
        elif isinstance(value, (int, float)):
            # Another kind of number is one that its format shows divided by a thousand or more.
            shape = shape if type(value) in (int, float) else "0,"
            page.write_number(row, column, value, self._format(shape, severity))
        elif isinstance(value, dt.date) and _as_date(value) >= _FIRST_DAY:
            shape = (
                "yyyy-mm-dd hh:mm:ss"
                if isinstance(value, dt.datetime) and value.time() != dt.time()
                else "yyyy-mm-dd"
            )
            page.write_datetime(row, column, value, self._format(shape, severity))
        else:
            page.write_string(row, column, fit(shown(value))[:_MOST_TEXT], self._format("@", severity))

    def note(self, page: Any, row: int, column: int, text: str) -> None:
        page.write_string(row, column, text, self._note)

    def head(self, page: Any, row: int, column: int, text: str) -> None:
        page.write_string(row, column, text, self._head)

    def explain(self, name: str, lines: list[tuple[str, str]]) -> None:
        page = self.sheet(name)
        page.set_column(0, 0, 110, self._note)
        for n, (text, kind) in enumerate(lines):
            if kind == "title":
                self.head(page, n, 0, text)
            else:
                severity: Any = kind if kind in COLOURS else None
                page.write_string(n, 0, text, self._format("@", severity))

    def data(self) -> bytes:
        self.book.close()
        return self._out.getvalue()


def rebuilt(
    source: Workbook,
    notes: Notes,
    fields: Mapping[str, Mapping[int, str]],
    corrections: Mapping[str, Corrections],
    explanation: list[tuple[str, str]],
    explaining: str,
) -> bytes:
    """Every sheet with its values at their rows and columns, coloured, the notes in a column at the right.

    `fields` names the fact of each column that holds one. In memory bounded by the values themselves.
    """
    book = Book(source)
    visible = False
    for sheet in source.sheets:
        if sheet.name == explaining:
            continue
        page = book.sheet(shown_masked(sheet.name))
        if sheet.hidden:
            page.hide()
        elif not visible:
            visible = True
            page.activate()
            page.set_first_sheet()
        said = notes.sheets.get(sheet.name)
        own = Columns(sheet, said)
        _layout(page, sheet, own.note if said else None, hide=True)
        for at, row in enumerate(sheet.rows):
            number = sheet.first_row + at
            if number in sheet.hidden_rows:
                page.set_row(number - 1, None, None, {"hidden": True})
            marks = said.marks.get(number, {}) if said else {}
            fixed = corrections.get(sheet.name, {}).get(number, {})
            _row(book, page, number - 1, sheet, row, own, marks, fields.get(sheet.name, {}), fixed)
            if said and number == said.header_row:
                book.head(page, number - 1, own.note, RETURNED_NOTE)
            elif said and number in said.rows:
                book.note(page, number - 1, own.note, said.text(number))
        _merge(page, sheet, None)
    book.explain(explaining, explanation)
    return book.data()


def failed(
    source: Workbook,
    notes: Notes,
    wanted: Mapping[str, set[int]],
    data_rows: Mapping[str, int],
    fields: Mapping[str, Mapping[int, str]],
    corrections: Mapping[str, Corrections],
    keep_hidden: Mapping[str, bool],
    explanation: list[tuple[str, str]],
    explaining: str,
) -> bytes:
    """What stands above each table, then the wanted rows alone, with their old row numbers and notes."""
    book = Book(source)
    for sheet in source.sheets:
        said = notes.sheets.get(sheet.name)
        rows = wanted.get(sheet.name)
        if said is None or not rows:
            continue
        page = book.sheet(shown_masked(sheet.name))
        own = Columns(sheet, said, fresh=True)
        _layout(page, sheet, own.note, hide=keep_hidden.get(sheet.name, True))
        page.set_column(own.row_number, own.row_number, 8)
        above = data_rows[sheet.name] - sheet.first_row
        at = data_rows[sheet.name] - 1
        for n, row in enumerate(sheet.rows):
            number = sheet.first_row + n
            if n >= above and number not in rows:
                continue
            place = number - 1 if n < above else at
            marks = said.marks.get(number, {}) if n >= above else {}
            fixed = corrections.get(sheet.name, {}).get(number, {})
            _row(book, page, place, sheet, row, own, marks, fields.get(sheet.name, {}), fixed)
            if number == said.header_row:
                book.head(page, place, own.row_number, RETURNED_ROW)
                book.head(page, place, own.note, RETURNED_NOTE)
            elif n >= above:
                page.write_number(place, own.row_number, number)
                book.note(page, place, own.note, said.text(number))
                at += 1
        page.freeze_panes(data_rows[sheet.name] - 1, 0)
        _merge(page, sheet, data_rows[sheet.name])
    book.explain(explaining, explanation)
    return book.data()


def _layout(page: Any, sheet: Sheet, note: int | None, *, hide: bool) -> None:
    width = max((len(row) for row in sheet.rows), default=0)
    page.set_column(sheet.first_column, sheet.first_column + max(width - 1, 0), 16)
    if hide:
        for column in sheet.hidden_columns:
            if column != note:
                page.set_column(column, column, 16, None, {"hidden": True})
    if note is not None:
        page.set_column(note, note, 60)


def _row(
    book: Book,
    page: Any,
    place: int,
    sheet: Sheet,
    row: list[Any],
    own: Columns,
    marks: Mapping[int, Severity],
    fields: Mapping[int, str],
    fixed: Mapping[int, str],
) -> None:
    first = sheet.first_column
    columns = range(first, first + len(row))
    beyond = sorted(c for c in {*marks, *fixed} if c >= first + len(row) or c < first)
    for column in [*columns, *beyond]:
        at = column - first
        if at in own.left_out:
            continue
        value = fixed.get(column, row[at] if 0 <= at < len(row) else "")
        field = fields.get(column, "")
        if sheet.text_only and column not in fixed and isinstance(value, str):
            value = _of_text(value, field)
        book.cell(page, place, column, shown_masked(value), marks.get(column), field in TEXT_FIELDS)


def _of_text(value: str, field: str) -> Any:
    """A csv's text as a cell: without the apostrophe of a disarmed formula, a code as Excel had it."""
    value = armed(value)
    if field == "industry_code" and value.strip().isascii() and value.strip().isdigit():
        return float(value)
    return value


def _merge(page: Any, sheet: Sheet, before: int | None) -> None:
    """Merged cells as they were read; only above row `before` when it is given.

    Row by row nothing can be written into a row above, so the list of merges is filled by hand; their
    other cells are empty anyway.
    """
    taken: set[tuple[int, int]] = set()
    for top, left, bottom, right in sheet.merged:
        size = (bottom - top + 1) * (right - left + 1)
        if (before is not None and bottom >= before) or not 1 < size <= 100_000:
            continue
        cells = {(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)}
        if not cells & taken:
            taken |= cells
            page.merge.append([top - 1, left, bottom - 1, right])


def _as_date(value: dt.date) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value
