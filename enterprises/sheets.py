"""Writes lists as xlsx and csv: what our own reader (`enterprises.workbook`) reads back is the same.

Text stays text. In csv what a spreadsheet would evaluate gets an apostrophe, which the reader takes off
again; in xlsx it is a text cell. Memory does not grow with the rows.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from enterprises.rules.sheet import NOTES_SHEET
from enterprises.rules.text import disarmed, visible

#: rows of one sheet of a workbook; what is longer goes on in the next sheet, and the reader takes all
SHEET_ROWS = 100_000
#: Excel's own limit for the text of one cell
CELL_LENGTH = 32_767
_WIDE, _USUAL = 34, 14
_FLUSH = 64 * 1024
#: an underscore that would begin an escape; two may share one (`_x0041_x0042_`)
_ESCAPE = re.compile("_(?=x[0-9a-fA-F]{4}_)")
#: what XML cannot hold, or would not hold as it is
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Notes:
    """What is printed with a list: one line above the table of a csv, a sheet of its own in a workbook."""

    title: str
    lines: Sequence[tuple[str, str]] = ()


class TextSheet(Worksheet):
    """A sheet that holds every text exactly: one that looks like an escape, or like XML of the format."""

    @staticmethod
    def _escape_control_characters(data: str) -> str:
        escaped = _ESCAPE.sub("_x005F_", data)
        escaped = _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", escaped)
        # What begins so would be written as XML of its own, not as text.
        return "_x003C_" + escaped[1:] if escaped.startswith("<r>") else escaped


def write_xlsx(
    file: BinaryIO,
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    sheet: str,
    notes: Notes | None = None,
    widths: Sequence[int] = (),
    properties: dict[str, Any] | None = None,
) -> int:
    """Writes a workbook in constant memory; returns the number of rows. Text cells are text.

    The same rows give the same bytes where `properties` say when it was created.
    """
    # A folder of its own, so that nothing of a list is left behind when writing fails.
    with tempfile.TemporaryDirectory(prefix="tidu-export-") as folder:
        book = xlsxwriter.Workbook(
            file,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "tmpdir": folder,
            },
        )
        try:
            book.set_properties(properties or {})
            count = _tables(book, headers, rows, sheet, widths or [_width(title) for title in headers])
            if notes is not None:
                _notes(book, notes)
        finally:
            book.close()
    return count


def _width(title: str) -> int:
    return _WIDE if title.endswith(("名称", "产品")) else max(_USUAL, 2 * len(title))


def _tables(
    book: Any, headers: Sequence[str], rows: Iterable[Sequence[Any]], name: str, widths: Sequence[int]
) -> int:
    text = book.add_format({"num_format": "@"})
    head = book.add_format({"bold": True, "num_format": "@", "bottom": 1})
    page = _page(book, name, headers, widths, head)
    sheets = 1
    at = count = 0
    for row in rows:
        count += 1
        if at == SHEET_ROWS:
            sheets += 1
            page = _page(book, f"{name} {sheets}", headers, widths, head)
            at = 0
        at += 1
        for column, value in enumerate(row):
            if isinstance(value, str):
                if value:
                    page.write_string(at, column, _fitting(value), text)
            elif value is None:
                continue
            elif isinstance(value, Decimal) and len(value.as_tuple().digits) > 15:
                page.write_string(at, column, _exact(value), text)
            else:
                page.write_number(at, column, value)
    return count


def _page(book: Any, name: str, headers: Sequence[str], widths: Sequence[int], head: Any) -> Any:
    page = book.add_worksheet(name, worksheet_class=TextSheet)
    for column, (title, width) in enumerate(zip(headers, widths, strict=True)):
        page.set_column(column, column, width)
        page.write_string(0, column, title, head)
    page.freeze_panes(1, min(2, len(headers)))
    return page


def _notes(book: Any, notes: Notes) -> None:
    page = book.add_worksheet(NOTES_SHEET, worksheet_class=TextSheet)
    bold = book.add_format({"bold": True, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    page.set_column(0, 0, 14)
    page.set_column(1, 1, 90)
    page.write_string(0, 0, visible(notes.title), bold)
    for n, (name, words) in enumerate(notes.lines, 2):
        page.write_string(n, 0, name, bold)
        page.write_string(n, 1, _fitting(visible(words)), wrapped)


def _fitting(text: str) -> str:
    """Text for one cell of a workbook; what a cell cannot hold is left out with a word about it."""
    # The format counts in UTF-16, in which rare characters are two.
    if len(text) * 2 <= CELL_LENGTH or len(text.encode("utf-16-le")) // 2 <= CELL_LENGTH:
        return text
    kept = text[: CELL_LENGTH // 2 - 50]
    return f"{kept}……（单元格放不下，还有 {len(text) - len(kept):,} 个字，全文请导出 csv）"


def write_csv(
    file: BinaryIO, headers: Sequence[str], rows: Iterable[Sequence[Any]], *, notes: Notes | None = None
) -> int:
    """Writes csv in UTF-8 with a BOM, as Excel and WPS expect it; returns the number of rows."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    if notes is not None:
        writer.writerow([disarmed(visible(notes.title))])
    writer.writerow(headers)
    count = 0
    for row in rows:
        count += 1
        writer.writerow([disarmed(value) if isinstance(value, str) else _exact(value) for value in row])
        if buffer.tell() > _FLUSH:
            _pour(buffer, file)
    _pour(buffer, file)
    return count


def _pour(buffer: io.StringIO, file: BinaryIO) -> None:
    file.write(buffer.getvalue().encode())
    buffer.seek(0)
    buffer.truncate()


def _exact(value: Any) -> str:
    if value is None:
        return ""
    return format(value, "f") if isinstance(value, Decimal) else str(value)
