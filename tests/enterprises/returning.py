"""A workbook as the import understands it, without a database: for the tests of what goes back."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import Any, NamedTuple
from xml.etree import ElementTree

import openpyxl

from enterprises import workbook
from enterprises.importing import _layout
from enterprises.rules import rows
from enterprises.rules.problems import Problem
from enterprises.rules.sheet import Sheet

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
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


def sheets(data: bytes) -> dict[str, Sheet]:
    return {sheet.name: sheet for sheet in workbook.read(io.BytesIO(data), "x.xlsx").sheets}


def assert_strict(data: bytes) -> None:
    """What Excel and WPS insist on: well-formed parts, ordered rows and cells, known styles, one name each."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names)) and archive.testzip() is None
        trees = {n: ElementTree.fromstring(archive.read(n)) for n in names if n.endswith((".xml", ".rels"))}
        types = archive.read("[Content_Types].xml").decode()
    styles = trees["xl/styles.xml"]
    formats, fills = styles.find(f"{MAIN}cellXfs"), styles.find(f"{MAIN}fills")
    assert formats is not None and fills is not None
    assert int(formats.get("count", len(formats))) == len(formats)
    assert int(fills.get("count", len(fills))) == len(fills)
    assert all(int(xf.get("fillId", 0)) < len(fills) for xf in formats)
    named = [node.get("name") for node in trees["xl/workbook.xml"].iter(f"{MAIN}sheet")]
    assert len(named) == len({n.casefold() for n in named})
    order = [
        "sheetPr",
        "dimension",
        "sheetViews",
        "sheetFormatPr",
        "cols",
        "sheetData",
        "sheetProtection",
        "autoFilter",
        "mergeCells",
    ]
    for name, tree in trees.items():
        if not name.startswith("xl/worksheets/") or name.endswith(".rels"):
            continue
        assert f'"/{name}"' in types
        tags = [node.tag.removeprefix(MAIN) for node in tree]
        known = [order.index(tag) for tag in tags if tag in order]
        assert known == sorted(known) and len(set(tags)) == len(tags) or "conditionalFormatting" in tags
        last_row = 0
        for row in tree.iter(f"{MAIN}row"):
            number = int(row.get("r", 0))
            assert number > last_row
            last_row, last = number, -1
            for cell in row:
                found = re.fullmatch(r"([A-Z]+)(\d+)", cell.get("r", ""))
                assert found and int(found[2]) == number
                index = openpyxl.utils.column_index_from_string(found[1])
                assert index > last
                last = index
                assert int(cell.get("s", 0)) < len(formats)
        last_column = 0
        for col in tree.iter(f"{MAIN}col"):
            assert last_column < int(col.get("min", 0)) <= int(col.get("max", 0)) <= 16384
            last_column = int(col.get("max", 0))
    openpyxl.load_workbook(io.BytesIO(data))
