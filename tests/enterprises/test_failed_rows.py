"""The failed rows alone: the same errors as in the whole file, and once mended nothing else changes."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest

from tests.enterprises import books
from tests.enterprises.returning import assert_strict, check, failed, returned, sheets
from tests.enterprises.sent import EDITED, HEAD, percents, rows, titled


def places(data: bytes) -> dict[tuple[str, int], int]:
    """(sheet, old row) → row in the workbook of the failed rows."""
    found = {}
    for name, sheet in sheets(data).items():
        if name == "导入说明":
            continue
        at = next(n for row in sheet.rows for n, v in enumerate(row) if v == "原行号")
        for n, row in enumerate(sheet.rows):
            if isinstance(row[at], float):
                found[name, int(row[at])] = sheet.first_row + n
    return found


@pytest.mark.parametrize("kind", EDITED)
def test_the_failed_rows_alone_give_exactly_the_same_errors(kind: str) -> None:
    data = EDITED[kind]()
    before = check(data)
    made = failed(data)
    assert_strict(made)
    again = check(made)
    at = places(made)
    wanted = sorted((s, at[s, r], c, code, value) for s, r, c, code, value in before.errors)
    assert again.errors == wanted
    assert again.records == [] and again.rows == len({(s, r) for s, r, *_ in before.errors})


def test_mended_failed_rows_are_the_failed_ones_and_no_others() -> None:
    data = titled()
    book = openpyxl.load_workbook(io.BytesIO(failed(data)))
    page = book["表"]
    assert page["A1"].value == "2025年企业情况表" and "A1:E1" in map(str, page.merged_cells.ranges)
    assert [cell.value for cell in page[3]] == [*HEAD, "原行号", "导入提示"]
    assert [page.cell(row, 6).value for row in (4, 5)] == [5, 7]
    page["C4"], page["D5"] = 5000, "2019年7月"
    out = io.BytesIO()
    book.save(out)
    mended = check(out.getvalue())
    assert mended.errors == [] and [values[0] for _s, _r, values in mended.records] == [
        books.code(1),
        books.code(3),
    ]
    assert mended.records[0][2][2] == 5_000_000_000
    assert mended.records[1][2][3:] == [dt.date(2019, 7, 1), Decimal("3.8")]


def test_a_duplicate_comes_with_the_row_that_it_repeats() -> None:
    made = rows()[:4]
    made[1][2], made[3][3] = 5, dt.date(2020, 1, 1)
    made.append([made[0][0], "又是它", 7, None, None])
    data = books.xlsx(("甲", [HEAD, *made[:4]]), ("乙", [HEAD, *made[4:]]), prepare=percents).getvalue()
    assert [e[:4] for e in check(data).errors] == [("乙", 2, "A", "uscc_twice")]
    out = failed(data)
    assert places(out) == {("甲", 2): 2, ("乙", 2): 2}
    assert [e[:4] for e in check(out).errors] == [("乙", 2, "A", "uscc_twice")]


def test_a_code_that_excel_ruined_can_be_typed_again_and_stays_text() -> None:
    made = rows()[:2]
    made[0][0] = 9.13e17
    data = books.xlsx(("表", [HEAD, *made]), prepare=percents).getvalue()
    assert openpyxl.load_workbook(io.BytesIO(returned(data)))["表"]["A2"].number_format == "@"
    assert openpyxl.load_workbook(io.BytesIO(failed(data)))["表"]["A2"].number_format == "@"


def test_values_that_look_like_the_format_itself_come_back_as_they_were() -> None:
    made = rows()[:2]
    made[1][1:3] = "<r><t>甲</t></r>", "约_x0041_元"
    data = books.csv([HEAD, *made]).getvalue()
    for again in (failed(data, "x.csv"), returned(data, "x.csv")):
        assert [row[1:3] for row in sheets(again)[next(iter(sheets(again)))].rows][-1] == made[1][1:3]


def test_failed_rows_that_fail_again_keep_one_pair_of_columns() -> None:
    again = failed(failed(titled()))
    page = openpyxl.load_workbook(io.BytesIO(again))["表"]
    assert [cell.value for cell in page[3]] == [*HEAD, "原行号", "导入提示"]
    assert [page.cell(row, 6).value for row in (4, 5)] == [4, 5]
