"""What goes back to the officer: problems at their cells, every other value as it was, no personal number."""

from __future__ import annotations

import io
import re
import time
import tracemalloc
import zipfile
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.comments import Comment

from enterprises import returned as returning
from enterprises.returned import written
from enterprises.returned.notes import ERROR_COLOUR, WARNING_COLOUR
from enterprises.rules.sheet import Sheet
from tests.enterprises import books
from tests.enterprises.returning import assert_strict, check, failed, returned, sheets
from tests.enterprises.sent import EDITED, HEAD, NUMBER, hidden_parts, percents, rows, titled, with_xlsxwriter
from tests.enterprises.test_workbook import changed, sheet_xml


@pytest.fixture
def never_rebuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise AssertionError("written anew instead of edited")

    monkeypatch.setattr(written, "rebuilt", refuse)


def notes(sheet: Sheet) -> dict[int, str]:
    """Excel's row → what stands in the column of notes, and nothing but that column was added."""
    at = {n for row in sheet.rows for n, value in enumerate(row) if value == "导入提示"}
    assert len(at) == 1
    return {
        sheet.first_row + n: row[at.copy().pop()]
        for n, row in enumerate(sheet.rows)
        if row[at.copy().pop()] not in ("", "导入提示")
    }


def assert_same_values(before: bytes, after: bytes) -> None:
    old, new = sheets(before), sheets(after)
    assert [name for name in new if name != "导入说明"] == [name for name in old if name != "导入说明"]
    for name, sheet in old.items():
        now = new[name]
        assert (sheet.first_row, sheet.first_column) == (now.first_row, now.first_column)
        assert (sheet.hidden, sheet.hidden_rows, sheet.merged) == (now.hidden, now.hidden_rows, now.merged)
        assert (sheet.formulas, sheet.date1904) == (now.formulas, now.date1904)
        for a, b in zip(sheet.rows, now.rows, strict=False):
            assert [(type(v), v) for v in a] == [(type(v), v) for v in b[: len(a)]]


@pytest.mark.parametrize("kind", EDITED)
def test_the_officers_own_file_comes_back_with_a_note_in_each_row_with_a_problem(
    kind: str, never_rebuilt: None
) -> None:
    data = EDITED[kind]()
    before = check(data)
    assert before.errors
    made = returned(data)
    assert_strict(made)
    assert_same_values(data, made)
    after = check(made)
    assert (after.problems, after.records, after.rows) == (before.problems, before.records, before.rows)
    said = {
        (name, row)
        for name, s in sheets(made).items()
        if name != "导入说明" and any("导入提示" in r for r in s.rows)
        for row in notes(s)
    }
    headers = {part["sheet"]: part["header_row"] for part in before.layout}
    assert said == {
        (p.sheet, p.row) for p in before.problems if p.field and p.row and p.row > headers[p.sheet]
    }


@pytest.mark.parametrize("kind", EDITED)
def test_every_wrong_cell_is_coloured_and_no_other_changes_its_look(kind: str) -> None:
    data = EDITED[kind]()
    made = returned(data)
    wanted: dict[tuple[str, str], str] = {}
    for p in check(data).problems:
        if p.row and p.column and p.sheet in {part["sheet"] for part in check(data).layout}:
            place = (p.sheet, f"{p.column}{p.row}")
            wanted[place] = ERROR_COLOUR if p.is_error else wanted.get(place, WARNING_COLOUR)
    old, new = (openpyxl.load_workbook(io.BytesIO(d)) for d in (data, made))
    for page in old:
        for row in page.iter_rows():
            for cell in row:
                now = new[page.title][cell.coordinate]
                colour = wanted.pop((page.title, cell.coordinate), None)
                # What is typed anew into a column of codes is to stay text.
                code = colour == ERROR_COLOUR and cell.column_letter == "A"
                assert now.number_format == ("@" if code else cell.number_format)
                if colour:
                    assert now.fill.fgColor.rgb == colour and repr(now.font) == repr(cell.font)
                else:
                    assert repr(now.fill) == repr(cell.fill) and repr(now.border) == repr(cell.border)
    assert wanted == {}


def test_other_parts_are_copied_to_the_byte() -> None:
    data = with_xlsxwriter()
    made = returned(data)
    own = {
        "[Content_Types].xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/worksheets/sheet1.xml",
    }
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(io.BytesIO(made)) as new:
        assert {n for n in old.namelist() if n.startswith("xl/charts/")}
        for name in set(old.namelist()) - own:
            assert old.read(name) == new.read(name), name
        # Of the sheet itself, what is not a row with a problem.
        before, after = old.read("xl/worksheets/sheet1.xml"), new.read("xl/worksheets/sheet1.xml")
        assert before[before.index(b"</sheetData>") :] == after[after.index(b"</sheetData>") :]
        assert before[before.index(b'<row r="4"') : before.index(b'<row r="5"')] in after
        assert b"<f>SUM(C2:C7)</f><v>512.5</v>" in after


def test_a_file_that_was_returned_once_is_returned_again_with_its_column_replaced(
    never_rebuilt: None,
) -> None:
    first = returned(titled())
    book = openpyxl.load_workbook(io.BytesIO(first))
    book["表"]["C5"] = 500  # one of the wrong cells is mended
    out = io.BytesIO()
    book.save(out)
    again = returned(out.getvalue())
    assert_strict(again)
    page = openpyxl.load_workbook(io.BytesIO(again))["表"]
    assert [cell.value for cell in page[3]] == [*HEAD, "导入提示"]
    assert page["C5"].value == 500 and page["C5"].fill.fill_type is None and page["F5"].value is None
    assert page["D7"].fill.fgColor.rgb == ERROR_COLOUR and "成立日期" in page["F7"].value
    assert openpyxl.load_workbook(io.BytesIO(again)).sheetnames == ["表", "导入说明"]
    assert returned(again) == returned(returned(again)) or check(returned(again)) == check(again)


def test_the_column_is_visible_and_the_explaining_sheet_says_what_has_no_row() -> None:
    made = openpyxl.load_workbook(io.BytesIO(returned(hidden_parts())))
    column = next(d for d in made["表"].column_dimensions.values() if d.min <= 6 <= d.max)
    assert (column.min, column.max, column.hidden) == (6, 6, False) and column.width >= 40
    lines = [row[0] for row in made["导入说明"].iter_rows(values_only=True)]
    assert any("隐藏行" in line for line in lines) and any("红色" in line for line in lines)
    assert made.sheetnames[-1] == "导入说明"


def test_a_sheet_of_the_officers_own_by_that_name_is_left_alone(never_rebuilt: None) -> None:
    data = books.xlsx(("表", [HEAD, *rows()]), ("导入说明", [["我的说明"]]), prepare=percents).getvalue()
    made = openpyxl.load_workbook(io.BytesIO(returned(data)))
    assert made.sheetnames == ["表", "导入说明", "导入说明2"] and made["导入说明"]["A1"].value == "我的说明"


def test_corrections_typed_on_the_page_stand_in_their_cells(never_rebuilt: None) -> None:
    data = titled()
    mapping = {"cells": {"表": {"5": {"C": "5,000.00"}, "7": {"D": "2019-07-04"}}}}
    page = openpyxl.load_workbook(
        io.BytesIO(returning.annotated(data, "x.xlsx", [], layout=check(data).layout, mapping=mapping))
    )["表"]
    assert (page["C5"].value, page["D7"].value, page["C6"].value) == ("5,000.00", "2019-07-04", 102.25)


# --- personal identity numbers -----------------------------------------------------------------------


def personal() -> bytes:
    made = rows()
    made[0][0], made[2][0] = NUMBER, "110105 19491231 002X"
    made[5][1] = f"张三（{NUMBER}）"

    def prepare(book: Any) -> None:
        percents(book)
        page = book["表"]
        page["B3"].comment = Comment(f"他的号是 {NUMBER}", "李四")
        page["H2"] = f'="{NUMBER}"&"x"'
        page.oddHeader.center.text = NUMBER
        book.properties.title = f"{NUMBER} 的表"
        book.create_sheet("别的")["B2"] = NUMBER

    return books.xlsx(("表", [HEAD, *made]), prepare=prepare).getvalue()


def contents(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


@pytest.mark.parametrize("make", [returned, failed])
def test_no_part_of_what_goes_back_holds_a_personal_number_e19(make: Any) -> None:
    made = make(personal())
    text = contents(made)
    assert NUMBER not in text and "110105194912" not in text and "19491231" not in text
    assert "*" * 14 + "002X" in text
    openpyxl.load_workbook(io.BytesIO(made))


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A2"><v>110105194912310020</v></c>',
        '<c r="A2"><v>1.1010519491231002E+17</v></c>',
        f'<c r="A2" t="inlineStr"><is><r><t>{NUMBER[:5]}</t></r><r><t>{NUMBER[5:]}</t></r></is></c>',
        f'<c r="A2" t="str"><f>"{NUMBER}"</f><v>{NUMBER}</v></c>',
        f'<c r="A2" t="inlineStr"><is><t>&#49;{NUMBER[1:]}</t></is></c>',
        '<c r="A2" t="inlineStr"><is><t>１１０１０５１９４９１２３１００２Ｘ</t></is></c>',
        '<c r="A2" t="inlineStr"><is><t>110105-19491231-002X</t></is></c>',
    ],
)
def test_a_personal_number_in_any_spelling_is_masked_in_place(cell: str, never_rebuilt: None) -> None:
    body = (
        '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>统一社会信用代码</t></is></c><c r="B1" t="inlineStr"><is><t>企业名称</t></is></c></row>'
        f'<row r="2">{cell}<c r="B2" t="inlineStr"><is><t>甲公司</t></is></c></row></sheetData>'
    )
    data = changed(books.xlsx(("Sheet", [["x"]])), xl__worksheets__sheet1_xml=sheet_xml(body))
    made = returned(data)
    value = openpyxl.load_workbook(io.BytesIO(made))["Sheet"]["A2"].value
    assert value.startswith("*" * 14) and len(value) == 18
    text = contents(made)
    assert NUMBER[6:14] not in text and "１９４９" not in text


# --- written anew ----------------------------------------------------------------------------------


def odd(**parts: Any) -> bytes:
    return changed(books.xlsx(("Sheet", [HEAD, *rows()]), prepare=percents), **parts)


def _xml(data: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode()


def rows_without_numbers() -> bytes:
    xml = _xml(odd(), "xl/worksheets/sheet1.xml")
    return odd(xl__worksheets__sheet1_xml=re.sub(r'(<(?:row|c)) r="\w+"', r"\1", xml))


def with_prefixes() -> bytes:
    xml = _xml(odd(), "xl/worksheets/sheet1.xml")
    xml = re.sub(r"<(/?)(\w)", r"<\1x:\2", xml).replace("xmlns=", "xmlns:x=")
    return odd(xl__worksheets__sheet1_xml=xml)


REBUILT = {"rows without numbers": rows_without_numbers, "prefixes": with_prefixes}


@pytest.mark.parametrize("kind", REBUILT)
def test_a_file_in_unusual_xml_is_written_anew_with_the_same_values(kind: str) -> None:
    data = REBUILT[kind]()
    before = check(data)
    made = returned(data)
    assert_strict(made)
    after = check(made)
    assert before.errors and after.errors == before.errors and after.records == before.records
    assert len(notes(sheets(made)["Sheet"])) == 3


@pytest.mark.parametrize("kind", EDITED)
def test_what_is_written_anew_reads_like_what_is_edited(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise returning.Unpatchable

    monkeypatch.setattr(returning, "patch", refuse)
    data = EDITED[kind]()
    before, made = check(data), returned(data)
    assert_strict(made)
    after = check(made)
    assert after.errors == before.errors and after.records == before.records
    assert [p for p in after.problems if p.code != "formulas"] == [
        p for p in before.problems if p.code != "formulas"
    ]
    page = openpyxl.load_workbook(io.BytesIO(made))
    for p in before.problems:
        if p.is_error:
            assert page[p.sheet][f"{p.column}{p.row}"].fill.fgColor.rgb[2:] == ERROR_COLOUR[2:]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_csv_comes_back_as_a_workbook_that_reads_alike(encoding: str) -> None:
    made = [
        [*HEAD, "国民经济行业代码", "主导产品"],
        *([*row, "0111", "'-10#柴油"] for row in rows()),
        [books.code(9), "丁公司", "1", "2019.7.1", "3.5%", "111", "=1+1"],
    ]
    data = books.csv(made, encoding).getvalue()
    before = check(data, "企业[汇总].csv")
    out = returned(data, "企业[汇总].csv")
    after = check(out)
    assert [(r, v) for _s, r, v in after.records] == [(r, v) for _s, r, v in before.records]
    assert [e[1:] for e in after.errors] == [e[1:] for e in before.errors] != []
    assert before.records[-1][2][-1] == "=1+1" and before.records[0][2][-1] == "-10#柴油"


# --- size ---------------------------------------------------------------------------------------------


def long(count: int) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    page = book.add_worksheet("表")
    page.write_row(0, 0, ["统一社会信用代码", "企业名称", "营业收入（万元）", *(f"列{n}" for n in range(7))])
    for n in range(count):
        page.write_row(n + 1, 0, [f"91652701MA{n:07d}X", f"第{n}公司", "坏" if n % 2 else n, *range(7)])
    book.close()
    return out.getvalue()


def seconds(count: int) -> float:
    data = long(count)
    problems = [p for p in check(data).problems if p.is_error]
    layout = check(data).layout
    best = 1e9
    for _ in range(2):
        began = time.process_time()
        made = returning.annotated(data, "x.xlsx", problems, layout=layout)
        best = min(best, time.process_time() - began)
    assert sheets(made)["表"].rows[count][10].startswith("错误") == bool((count - 1) % 2)
    return best


def test_a_long_workbook_takes_time_in_proportion_to_its_length() -> None:
    assert seconds(20_000) < 6 * seconds(5_000)


def test_the_memory_is_that_of_the_values_and_not_of_the_xml() -> None:
    data = long(20_000)
    found = check(data)
    tracemalloc.start()
    returning.annotated(data, "x.xlsx", found.problems, layout=found.layout)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120 * 1024 * 1024
