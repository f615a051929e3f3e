"""Writes the same page with different programs: what each leaves in the file differs, the values do not."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import xlsxwriter

from enterprises.rules.problems import letters
from enterprises.rules.sheet import Percent

KINDS = (
    "openpyxl",
    "csv utf-8",
    "xlsxwriter",
    "csv gb18030",
    "bare",
    "csv utf-16",
    "strict",
    "csv utf-8-sig tab",
    "prefixed",
    "csv utf-16-le ;",
    "quoted",
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT_LINKS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


@dataclass
class Page:
    """One sheet. `at` is the place of its first cell, `merges` are counted from there, all zero-based."""

    name: str
    rows: list[list[Any]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: bool = False
    at: tuple[int, int] = (0, 0)
    header_at: int = 0


def write(kind: str, pages: list[Page]) -> io.BytesIO:
    """The pages as a file of one of the KINDS."""
    if kind.startswith("csv"):
        file = _csv(kind.split()[1:], pages[0])
        file.name = "企业情况.csv"
        return file
    file = {"openpyxl": _openpyxl, "xlsxwriter": _xlsxwriter}.get(kind, lambda p: _by_hand(kind, p))(pages)
    file.name = "企业情况.xlsx"
    return file


def _csv(how: list[str], page: Page) -> io.BytesIO:
    mark = {"tab": "\t"}.get(how[-1], how[-1]) if len(how) > 1 else ","
    text = io.StringIO()
    width = max(map(len, page.rows))
    for row in page.rows:
        csv.writer(text, delimiter=mark).writerow([_plain(v) for v in row] + [""] * (width - len(row)))
    return io.BytesIO(text.getvalue().encode(how[0]))


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Percent):
        return f"{value * 100:.15g}%"
    if isinstance(value, bool):
        return str(value).upper()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _openpyxl(pages: list[Page]) -> io.BytesIO:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for page in pages:
        sheet = book.create_sheet(page.name)
        if page.hidden:
            sheet.sheet_state = "hidden"
        down, right = page.at
        for r, row in enumerate(page.rows):
            for c, value in enumerate(row):
                if value is not None:
                    cell = sheet.cell(r + down + 1, c + right + 1)
                    cell.value = float(value) if isinstance(value, Percent) else value
                    if isinstance(value, str):
                        cell.data_type = "s"
                    if isinstance(value, Percent):
                        cell.number_format = "0.0%"
        for a, b, c, d in page.merges:
            sheet.merge_cells(
                start_row=a + down + 1,
                start_column=b + right + 1,
                end_row=c + down + 1,
                end_column=d + right + 1,
            )
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


def _xlsxwriter(pages: list[Page]) -> io.BytesIO:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        percent, day, plain = (
            book.add_format({"num_format": f} if f else {}) for f in ("0.00%", "yyyy/m/d", "")
        )
        for page in pages:
            sheet = book.add_worksheet(page.name)
            if page.hidden:
                sheet.hide()
            down, right = page.at
            for a, b, c, d in page.merges:
                sheet.merge_range(a + down, b + right, c + down, d + right, "", plain)
            for r, row in enumerate(page.rows):
                for c, value in enumerate(row):
                    if value is None:
                        continue
                    if isinstance(value, dt.date):
                        sheet.write_datetime(r + down, c + right, dt.datetime.combine(value, dt.time()), day)
                    elif isinstance(value, str):
                        sheet.write_string(r + down, c + right, value)
                    else:
                        sheet.write(
                            r + down, c + right, value, percent if isinstance(value, Percent) else None
                        )
    out.seek(0)
    return out


def _by_hand(kind: str, pages: list[Page]) -> io.BytesIO:
    """XML as small programs write it: `bare` without places and shared strings, `strict` as Excel's strict
    files, `prefixed` with a namespace prefix, `quoted` with single quotes."""
    main, links = (STRICT, _STRICT_LINKS) if kind == "strict" else (MAIN, _LINKS)
    if kind == "bare":
        for page in pages:
            page.at = (0, 0)
    parts = {f"xl/worksheets/sheet{n + 1}.xml": _sheet(kind, page, main) for n, page in enumerate(pages)}
    return package(
        [(page.name, page.hidden) for page in pages],
        parts,
        main=main,
        links=links,
        change=(lambda xml: xml.replace('"', "'")) if kind == "quoted" else None,
    )


def _sheet(kind: str, page: Page, main: str) -> str:
    down, right = page.at
    lines = []
    for r, row in enumerate(page.rows):
        cells = []
        for c, value in enumerate(row):
            place = "" if kind == "bare" else f' r="{letters(c + right)}{r + down + 1}"'
            if value is not None or kind == "bare":
                cells.append(_cell(place, value))
        lines.append(_row(kind, r + down + 1, cells))
    merged = "".join(
        f'<mergeCell ref="{letters(b + right)}{a + down + 1}:{letters(d + right)}{c + down + 1}"/>'
        for a, b, c, d in page.merges
    )
    body = f"<sheetData>{''.join(lines)}</sheetData>" + (
        f"<mergeCells>{merged}</mergeCells>" if merged else ""
    )
    if kind == "prefixed":
        body = body.replace("</", "\0").replace("<", "<x:").replace("\0", "</x:")
        return f'<?xml version="1.0"?><x:worksheet xmlns:x="{main}">{body}</x:worksheet>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="{main}">{body}</worksheet>'


def _row(kind: str, number: int, cells: list[str]) -> str:
    place = "" if kind == "bare" else f' r="{number}"'
    return f"<row{place}>{''.join(cells)}</row>"


def _cell(place: str, value: Any) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c{place} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, Percent):
        return f'<c{place} s="1"><v>{float(value)!r}</v></c>'
    if isinstance(value, dt.date):
        return f'<c{place} s="2"><v>{(value - dt.date(1899, 12, 30)).days}</v></c>'
    if isinstance(value, (int, float)):
        return f"<c{place}><v>{value!r}</v></c>"
    text = escape(value, {"\n": "&#10;"})
    return f'<c{place} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def package(
    sheets: list[tuple[str, bool]],
    parts: dict[str, str],
    *,
    main: str = MAIN,
    links: str = _LINKS,
    change: Any = None,
    before: str = "",
) -> io.BytesIO:
    """An xlsx around hand-written parts; `change` rewrites every part, `before` stands before the sheets."""
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n + 1}"{" state=" + chr(34) + "hidden" + chr(34) if hidden else ""} r:id="rId{n + 1}"/>'
        for n, (name, hidden) in enumerate(sheets)
    )
    related = "".join(
        f'<Relationship Id="rId{n + 1}" Type="{links}/worksheet" Target="worksheets/sheet{n + 1}.xml"/>'
        for n in range(len(sheets))
    )
    styles = (
        f'<styleSheet xmlns="{main}"><numFmts count="1"><numFmt numFmtId="176" formatCode="0.0%"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="176"/><xf numFmtId="14"/></cellXfs></styleSheet>'
    )
    whole = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{links}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{links}">{before}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{related}</Relationships>',
        "xl/styles.xml": styles,
        **parts,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, xml in whole.items():
            archive.writestr(name, change(xml) if change else xml)
    out.seek(0)
    return out
