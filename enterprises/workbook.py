"""Reads xlsx and csv files: the only module that knows them. A file that cannot be trusted is refused.

Nothing of a file is inflated before its directory was checked, and nothing is handed to the reader
before every part of it was inflated once under a cap and every sheet measured. What values alone do not
tell (percent formats, formulas, hidden columns) is noted beside the reader (`enterprises.sheetxml`).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any, BinaryIO

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from enterprises.rules.headers import recognise
from enterprises.rules.sheet import Broken, Percent, Scaled, Sheet, Workbook
from enterprises.sheetparser import parse_sheet
from enterprises.sheetxml import (
    LAST_ROW,
    MOST_AREA,
    MOST_CELLS,
    MOST_ROWS,
    SheetFacts,
    SheetXmlError,
    StyleFacts,
    measure_sheet,
    note_sheet,
    read_styles,
    sheet_parts,
)

MAX_BYTES = 64 * 1024 * 1024
MAX_INFLATED = 320 * 1024 * 1024
MAX_ENTRIES = 2_000
MAX_RATIO = 150
_RATIO_MATTERS = 16 * 1024 * 1024
MAX_ROWS = MOST_ROWS
MAX_CELLS = MOST_CELLS
MAX_AREA = MOST_AREA
MAX_SHEETS = 60
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_CHUNK = 1 << 20
_SURELY_UTF8 = 8
#: a text as Excel's own trick keeps it from becoming a number: ="0111"
_EXCEL_TEXT = re.compile(r'^="([^"]*)"$')


class WorkbookRefused(ValueError):
    """The file as a whole cannot be read; `code` and `params` say why, `enterprises.wording` in words."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def read(file: BinaryIO, name: str) -> Workbook:
    """The sheets of an xlsx or csv file. Raises WorkbookRefused. `name` is the file's name."""
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise WorkbookRefused("file_too_large", limit=MAX_BYTES // 1024 // 1024)
    if not data:
        raise WorkbookRefused("file_empty")
    suffix = PurePath(name).suffix.lower()
    if data.startswith(_OLE):
        raise WorkbookRefused("file_password" if _ENCRYPTED in data else "file_old_xls")
    if data.startswith(b"PK"):
        return _xlsx(data, name, suffix)
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta", b"<div")):
        raise WorkbookRefused("file_html")
    if head.startswith((b"<?xml", b"%pdf")):
        raise WorkbookRefused("file_not_a_workbook")
    if suffix != ".csv":
        raise WorkbookRefused("file_damaged" if suffix in (".xlsx", ".xlsm") else "file_not_a_workbook")
    return _csv(data, name)


# --- csv -------------------------------------------------------------------------------------------


def decode(data: bytes) -> tuple[str, str]:
    """(text, encoding): BOM, UTF-8 strictly, UTF-16 by its zero bytes, GB18030. Raises WorkbookRefused."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return _decoded(data, encoding)
    head = data[:4096]
    if b"\0" in head:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        return _decoded(data, "utf-16-le" if odd >= even else "utf-16-be")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as wrong:
        # Many Chinese characters before the first wrong byte: UTF-8 with a broken place, not GB18030.
        if sum(character > "\u2e7f" for character in data[: wrong.start].decode("utf-8")) >= _SURELY_UTF8:
            raise WorkbookRefused("file_encoding") from wrong
        return _decoded(data, "gb18030")


def _decoded(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as wrong:
        raise WorkbookRefused("file_encoding") from wrong
    if "\0" in text:
        raise WorkbookRefused("file_not_a_workbook")
    return text, encoding.removesuffix("-sig")


def _csv(data: bytes, name: str) -> Workbook:
    text, encoding = decode(data)
    rows: list[list[Any]] = []
    cells = blank = 0
    armed = '="' in text
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True):
            if not any(row):
                # Excel saves formatted blank rows as lines of commas, hundreds of thousands of them.
                blank += 1
            else:
                rows.extend([] for _ in range(blank))
                blank = 0
                rows.append([_EXCEL_TEXT.sub(r"\1", cell) for cell in row] if armed else row)
            cells += len(row)
            if len(rows) + blank > (LAST_ROW if blank else MAX_ROWS) or cells - blank > MAX_CELLS:
                raise WorkbookRefused("file_too_many_cells", rows=MAX_ROWS, cells=MAX_CELLS)
    except csv.Error as wrong:
        # An open quote would swallow all rows behind it.
        raise WorkbookRefused("file_quotes", row=len(rows) + blank + 1) from wrong
    sheet = Sheet(name=PurePath(name).stem.replace("\0", "\ufffd"), rows=rows, text_only=True)
    return Workbook(name=name, kind="csv", sheets=[sheet], encoding=encoding)


def _delimiter(text: str) -> str:
    """The mark that parts a line into most known headers, or that stands most often in a usual line.

    Titles and texts may have others, and more of them.
    """
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:20]

    def fits(mark: str) -> tuple[int, int]:
        headers = max(
            (
                sum(recognise(part.strip('"')).field is not None for part in line[:4_000].split(mark))
                for line in lines
            ),
            default=0,
        )
        counts = sorted(line.count(mark) for line in lines)
        return headers if headers > 1 else 0, counts[len(counts) // 2] if counts else 0

    return max(",\t;，|", key=fits)


# --- xlsx ------------------------------------------------------------------------------------------


def _xlsx(data: bytes, name: str, suffix: str) -> Workbook:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as wrong:
        raise WorkbookRefused("file_damaged") from wrong
    _check_directory(entries, len(data), suffix)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="workbook") as beside:
        with _told_as_refusal():
            styles, measured, date1904 = _pass(archive, entries, beside)
        noting = beside.submit(_note, archive, measured, styles)
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(data))
            sheets = [
                _sheet(book, n, meta, measured, date1904)
                for n, meta in enumerate(book.sheets_metadata)
                if meta.typ == SheetTypeEnum.WorkSheet
            ]
        except WorkbookRefused:
            raise
        except BaseException as wrong:  # the reader's own panics are no Exception
            if isinstance(wrong, (KeyboardInterrupt, SystemExit, MemoryError)):
                raise
            raise WorkbookRefused("file_damaged") from wrong
        with _told_as_refusal():
            noting.result()
    for sheet in sheets:
        _tell(sheet, measured[sheet.name][1])
    return Workbook(name=name, kind="xlsx", sheets=sheets)


@contextmanager
def _told_as_refusal() -> Iterator[None]:
    """What the archive and its XML raise when they are damaged becomes a WorkbookRefused."""
    try:
        yield
    except WorkbookRefused:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        SheetXmlError,
        EOFError,
        NotImplementedError,
        ValueError,
        OSError,
        KeyError,
    ) as wrong:
        raise WorkbookRefused("file_damaged") from wrong
    except RuntimeError as wrong:  # zipfile's word for an encrypted entry
        raise WorkbookRefused("file_password") from wrong


def _check_directory(entries: list[zipfile.ZipInfo], size: int, suffix: str) -> None:
    lower = {entry.filename.lower() for entry in entries}
    if len(entries) > MAX_ENTRIES or len(lower) != len(entries):
        raise WorkbookRefused("file_suspicious")
    if any(name.endswith("vbaproject.bin") for name in lower) or suffix == ".xlsm":
        raise WorkbookRefused("file_macros")
    if any(entry.flag_bits & 1 for entry in entries):
        raise WorkbookRefused("file_password")
    if "xl/workbook.xml" not in lower:
        raise WorkbookRefused("file_not_a_workbook")
    if suffix != ".xlsx":
        raise WorkbookRefused("file_suffix", suffix=suffix or "—")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_INFLATED or (total > _RATIO_MATTERS and total > MAX_RATIO * size):
        raise WorkbookRefused("file_inflates", limit=MAX_INFLATED // 1024 // 1024)


#: by sheet: its part of the archive and what is known of it
_Measured = dict[str, tuple[zipfile.ZipInfo, SheetFacts]]


def _pass(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], beside: Executor
) -> tuple[StyleFacts, _Measured, bool]:
    """Inflates every XML part once, under the cap; returns what the styles say and how far sheets reach."""
    by_name = {entry.filename.lower(): entry for entry in entries}
    budget = _Budget(MAX_INFLATED)

    def whole(path: str) -> bytes:
        entry = by_name.get(path)
        if entry is None:
            return b""
        if entry.file_size > 32 * 1024 * 1024:
            raise WorkbookRefused("file_inflates", limit=32)
        with archive.open(entry) as part:
            return b"".join(budget.chunks(part))

    styles = read_styles(whole("xl/styles.xml"))
    parts, date1904 = sheet_parts(whole("xl/workbook.xml"), whole("xl/_rels/workbook.xml.rels"))
    if len(parts) > MAX_SHEETS:
        raise WorkbookRefused("file_suspicious")
    measured: _Measured = {}
    done = {"xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"}
    for sheet, path in parts.items():
        entry = by_name.get(path.lower())
        if entry is None or path.lower() in done:
            continue
        done.add(path.lower())
        with archive.open(entry) as part:
            facts = measure_sheet(_ahead(budget.chunks(part), beside))
        if facts.unusual and facts.cells <= MAX_CELLS:
            facts = _parsed(archive, entry, styles)
        measured[sheet] = entry, _not_too_far(facts)
    for entry in entries:
        path = entry.filename.lower()
        if path in done or not path.endswith((".xml", ".rels")):
            continue
        with archive.open(entry) as part:
            for _ in budget.chunks(part):
                pass
    return styles, measured, date1904


def _ahead(chunks: Iterator[bytes], beside: Executor) -> Iterator[bytes]:
    """Has the next chunk inflated while the one before is looked at; inflating needs no lock of Python's."""
    coming = beside.submit(next, chunks, b"")
    try:
        while chunk := coming.result():
            coming = beside.submit(next, chunks, b"")
            yield chunk
    finally:
        wait([coming])  # the part is closed next


def _note(archive: zipfile.ZipFile, measured: _Measured, styles: StyleFacts) -> None:
    """Adds what is not needed before the values; of sheets in an unusual spelling the parser has told all."""
    for sheet, (entry, facts) in measured.items():
        if facts.told:
            continue
        with archive.open(entry) as part:
            note_sheet(_Budget(MAX_INFLATED).chunks(part), styles, facts)
        if facts.unusual:
            measured[sheet] = entry, _parsed(archive, entry, styles)


def _parsed(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, styles: StyleFacts) -> SheetFacts:
    with archive.open(entry) as part:
        return parse_sheet(_Budget(MAX_INFLATED).chunks(part), styles)


def _not_too_far(facts: SheetFacts) -> SheetFacts:
    height, width = facts.last_row - facts.first_row + 1, facts.last_column + 1
    if facts.far or facts.cells > MAX_CELLS or height > MAX_ROWS or height * width > MAX_AREA:
        raise WorkbookRefused("file_too_many_cells", rows=MAX_ROWS, cells=MAX_CELLS)
    return facts


class _Budget:
    """Counts what was inflated in all, refuses beyond the cap, and refuses any document type."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def chunks(self, part: Any) -> Any:
        tail = b""
        while chunk := part.read(_CHUNK):
            self.left -= len(chunk)
            if self.left < 0:
                raise WorkbookRefused("file_inflates", limit=MAX_INFLATED // 1024 // 1024)
            # Encoded otherwise than in UTF-8 the words would not be found, so that is refused as well.
            if not tail and chunk[:2] in (b"\xff\xfe", b"\xfe\xff", b"\0<", b"<\0"):
                raise WorkbookRefused("file_suspicious")
            seam = tail + chunk
            # The mark alone is found ten times as fast as the words, and hardly any part has one.
            if b"!" in seam and (b"<!DOCTYPE" in seam or b"<!ENTITY" in seam):
                raise WorkbookRefused("file_suspicious")
            tail = chunk[-16:]
            yield chunk


def _sheet(book: CalamineWorkbook, n: int, meta: Any, measured: _Measured, date1904: bool) -> Sheet:
    if meta.name not in measured:  # the reader would take a part that was not looked at
        raise WorkbookRefused("file_suspicious")
    sheet = Sheet(name=meta.name, rows=[], hidden=meta.visible != SheetVisibleEnum.Visible)
    values = book.get_sheet_by_index(n)
    if values.start is None or values.end is None:
        return sheet
    first_row, first_column = values.start
    height, width = values.end[0] - first_row + 1, values.end[1] - first_column + 1
    if height > MAX_ROWS or height * width > MAX_AREA:
        raise WorkbookRefused("file_too_many_cells", rows=MAX_ROWS, cells=MAX_CELLS)
    sheet.rows = values.to_python(skip_empty_area=True)
    sheet.first_row, sheet.first_column, sheet.date1904 = first_row + 1, first_column, date1904
    return sheet


def _tell(sheet: Sheet, facts: SheetFacts) -> None:
    """Gives a sheet's values what was noted beside them."""
    rows, first_column = sheet.rows, sheet.first_column
    if not rows:
        return
    sheet.hidden_rows = frozenset(facts.hidden_rows)
    sheet.hidden_columns = frozenset(facts.hidden_columns)
    sheet.merged = tuple(facts.merged)
    sheet.formulas, sheet.first_formula = facts.formulas, facts.first_formula
    for kind, places in ((Percent, facts.percents), (Scaled, facts.scaled)):
        for row, column in places:
            at, index = row - sheet.first_row, column - first_column
            if 0 <= at < len(rows) and 0 <= index < len(rows[at]) and type(rows[at][index]) is float:
                rows[at][index] = kind(rows[at][index])  # type: ignore[arg-type]
    for (row, column), text in facts.broken.items():
        at, index = row - sheet.first_row, column - first_column
        if 0 <= at < len(rows) and 0 <= index < len(rows[at]):
            rows[at][index] = Broken(text)
