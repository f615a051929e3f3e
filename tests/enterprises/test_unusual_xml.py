"""Sheets whose XML other programs write otherwise: the same values, percents, formulas and hidden parts."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest

from enterprises import workbook
from enterprises.rules.sheet import Broken, Percent, Scaled
from tests.enterprises import books
from tests.enterprises.test_rows import found, read
from tests.enterprises.writers import MAIN, STRICT, package

HEAD = ["统一社会信用代码", "企业名称", "细分市场占有率（%）", "从业人员（人）"]


def text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def body(second: str = '<row r="3">', cell: str = "<v>7</v>", before: str = "") -> str:
    """A header and two enterprises; the second one's row tag, and its last cell's inside, can be changed."""
    head = "".join(text(f"{'ABCD'[n]}1", title) for n, title in enumerate(HEAD))
    rows = [
        f'{tag}{text(f"A{n}", books.code(n))}{text(f"B{n}", f"甲{n}公司")}<c r="C{n}" s="1"><v>0.035</v></c><c r="D{n}">{inside}</c></row>'
        for n, tag, inside in ((2, '<row r="2">', "<v>5</v>"), (3, second, cell))
    ]
    return f'{before}<sheetData><row r="1">{head}</row>{"".join(rows)}</sheetData>'


def file(xml: str, *, main: str = MAIN, root: str = "", change: Any = None, before: str = "") -> Any:
    whole = root or f'<?xml version="1.0"?><worksheet xmlns="{main}">{xml}</worksheet>'
    made = package(
        [("表", False)], {"xl/worksheets/sheet1.xml": whole}, main=main, change=change, before=before
    )
    made.name = "a.xlsx"
    return made


def without_places(xml: str) -> str:
    import re

    return re.sub(r' r="[A-Z]*\d+"', "", xml)


@pytest.mark.parametrize(
    "made",
    [
        lambda: file(body()),
        lambda: file(body(), main=STRICT),
        lambda: file(body(), change=lambda xml: xml.replace('"', "'")),
        lambda: file(without_places(body())),
        lambda: file("", root=f'<x:worksheet xmlns:x="{MAIN}">{body().replace("</", chr(0)).replace("<", "<x:").replace(chr(0), "</x:")}</x:worksheet>'),
        lambda: file(body().replace(' s="1"', '\n  s = "1"')),
        lambda: file(body().replace("<sheetData>", '<sheetData><!-- <row r="3" hidden="1"><c r="D3" t="e"><f/></c></row> -->')),
    ],
    ids=["plain", "strict", "single quotes", "no places", "prefix", "blanks", "comment"],
)  # fmt: skip
def test_e_12_the_same_sheet_in_another_spelling_says_the_same(made: Any) -> None:
    records, reading = read(made())
    assert [(r["segment_share"], r["employees"], r["row"]) for r in records] == [
        (Decimal("3.5"), 5, 2),
        (Decimal("3.5"), 7, 3),
    ]
    assert reading.problems == []


@pytest.mark.parametrize("change", [None, lambda xml: xml.replace('"', "'")], ids=["plain", "single quotes"])
@pytest.mark.parametrize(
    "tag",
    [
        '<row r="3" hidden="1">',
        '<row r="3" hidden="true">',
        '<row\n r="3"\n hidden="1">',
        '<row r="3" ht="0" customHeight="1">',
    ],
)
def test_e_12_a_row_is_hidden_in_every_spelling(tag: str, change: Any) -> None:
    records, reading = read(file(body(tag), change=change))
    assert [r["row"] for r in records] == [2]
    assert [(p.code, p.row) for p in reading.problems] == [("hidden_rows", 3)]
    ticked, _ = read(file(body(tag), change=change), mapping={"sheets": {"表": {"include_hidden": True}}})
    assert [r["row"] for r in ticked] == [2, 3]


@pytest.mark.parametrize("change", [None, lambda xml: xml.replace('"', "'")], ids=["plain", "single quotes"])
@pytest.mark.parametrize(
    "column", ['<col min="4" max="4" hidden="1"/>', '<col min="4" max="4" width="0" customWidth="1"/>']
)
def test_e_12_a_column_is_hidden_in_every_spelling(column: str, change: Any) -> None:
    xml = body(before=f"<cols>{column}</cols>")
    records, reading = read(file(xml, change=change))
    assert "employees" not in records[0] and [p.code for p in reading.problems] == ["hidden_column"]
    ticked, _ = read(file(xml, change=change), mapping={"sheets": {"表": {"include_hidden": True}}})
    assert [r["employees"] for r in ticked] == [5, 7]


@pytest.mark.parametrize("spell", [str, without_places], ids=["plain", "no places"])
@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("<f>1+1</f><v>7</v>", None), ("<f>1+1</f>", "formula_without_value"), ("<f>1+1</f><v></v>", "formula_without_value"),
        ("<f>1+1</f><v/>", "formula_without_value"), ('<f t="shared" si="0"/><v>7</v>', None),
    ],
)  # fmt: skip
def test_e_09_a_formula_counts_by_its_stored_value_in_every_spelling(
    cell: str, code: str | None, spell: Any
) -> None:
    records, reading = read(file(spell(body(cell=cell))))
    assert found(reading) == ([("表", 3, "D", "employees", code)] if code else [])
    assert [p.params for p in reading.problems if p.code == "formulas"] == [{"count": 1, "columns": "D"}]
    assert len(records) == (1 if code else 2)


def test_e_09_an_empty_text_is_a_formulas_value_and_an_error_value_fails() -> None:
    xml = body(cell="<f>x</f><v></v>").replace('<c r="D3">', '<c r="D3" t="str">')
    assert found(read(file(xml))[1]) == []
    for spell in (str, without_places):
        wrong = body(cell="<v>#DIV/0!</v>").replace('<c r="D3">', '<c r="D3" t="e">')
        assert found(read(file(spell(wrong)))[1]) == [("表", 3, "D", "employees", "cell_error")]


def test_e_09_a_text_in_several_fonts_is_no_formula() -> None:
    fonts = '<is><r><t>7</t></r><r><rPr><rFont val="宋体"/><family val="2"/></rPr><t>0</t></r></is>'
    xml = body(cell=fonts).replace('<c r="D3">', '<c r="D3" t="inlineStr">')
    records, reading = read(file(xml))
    assert [r["employees"] for r in records] == [5, 70] and reading.problems == []


def test_a_number_that_its_format_shows_divided_is_an_error_that_says_so() -> None:
    def scaled(book: Any) -> None:
        book["表"]["C2"].number_format = "0!.0,"
        book["表"]["C3"].number_format = '#,##0.00_);[Red]"a,"'

    rows = [
        ["统一社会信用代码", "企业名称", "营业收入（万元）"],
        [books.code(1), "甲公司", 12345],
        [books.code(2), "乙公司", 5],
    ]
    records, reading = read(books.xlsx(("表", rows), prepare=scaled))
    assert found(reading) == [("表", 2, "C", "revenue", "number_scaled")] and len(records) == 1


def test_percents_of_the_careful_reader_are_those_of_the_fast_one() -> None:
    sheet = workbook.read(file(without_places(body())), "a.xlsx").sheets[0]
    assert isinstance(sheet.rows[1][2], Percent) and not isinstance(
        sheet.rows[1][3], (Percent, Scaled, Broken)
    )


@pytest.mark.parametrize(
    "listed",
    [
        '<sheet name="表" sheetId="2" r:id="rId1"/>',
        '<sheet name="乙" sheetId="2" r:id="rId9"/>',
    ],
)
def test_sheets_that_readers_would_take_differently_are_refused(listed: str) -> None:
    made = file(body(), change=lambda xml: xml.replace("</sheets>", listed + "</sheets>"))
    with pytest.raises(workbook.WorkbookRefused):
        workbook.read(io.BytesIO(made.getvalue()), "a.xlsx")


def test_a_character_that_no_database_stores_is_shown_instead() -> None:
    _, reading = read(
        file(body(cell="").replace('<c r="D3">', '<c r="D3" t="inlineStr"><is><t>x_x0000_y</t></is>'))
    )
    assert [p.value for p in reading.problems] == ["x\ufffdy"]
