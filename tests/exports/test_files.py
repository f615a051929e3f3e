"""How a list becomes a file: formulas, control characters, long texts, exact numbers (F-01, F-03)."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from enterprises import sheets
from enterprises.rules.text import visible
from enterprises.sheets import CELL_LENGTH, Notes, write_csv, write_xlsx


def _xlsx(
    *rows: list[Any], headers: tuple[str, ...] = ("甲", "乙"), notes: Notes | None = None
) -> io.BytesIO:
    file = io.BytesIO()
    assert write_xlsx(file, headers, rows, sheet="表", notes=notes) == len(rows)
    file.seek(0)
    return file


def _csv(*rows: list[Any], headers: tuple[str, ...] = ("甲", "乙"), notes: Notes | None = None) -> str:
    file = io.BytesIO()
    assert write_csv(file, headers, rows, notes=notes) == len(rows)
    return file.getvalue().decode("utf-8-sig")


FORMULAS = ["=1+1", "=cmd|' /C calc'!A0", "+86", "-10#柴油", "@SUM(A1)", "\tx", "\rx", "'x"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_disarmed_in_csv_and_stays_text_in_a_workbook_f01(text: str) -> None:
    assert [row[0] for row in csv.reader(io.StringIO(_csv([text, ""]), newline=""))][1] == "'" + text
    file = _xlsx([text, ""])
    assert openpyxl.load_workbook(file).active["A2"].data_type == "s"
    file.seek(0)
    assert CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()[1][0] == text


def test_a_title_that_begins_like_a_formula_is_disarmed_as_well_f01() -> None:
    assert _csv(notes=Notes("=1+1县企业名录")).startswith("'=1+1县")


@pytest.mark.parametrize(
    "text",
    ["_x000D_", "_x0041_", "_x0041_x0042_", "a_x005F_x0041_b", "__x0041__", "_X000d_", "<r><t>甲</t></r>", "<r></r>",
     "]]>", "&amp;", " 前后有空格 ", "a\nb", "𠀀😀", "'", "_x000D", "一" * 500],
)  # fmt: skip
def test_a_text_that_looks_like_the_format_itself_is_read_back_as_it_was(text: str) -> None:
    file = _xlsx([text, "后"])
    assert CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()[1] == [text, "后"]
    file.seek(0)
    assert openpyxl.load_workbook(file).active["B2"].value == "后"


@pytest.mark.parametrize("text", ["a\x0bb", "a\x1fb", "a\rb", "a\x85b", "<r>\x00</r>"])
def test_a_sheet_of_texts_keeps_a_control_character_as_an_escape(text: str) -> None:
    file = _xlsx([text, ""])
    assert CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()[1][0] == text


@pytest.mark.parametrize("character", ["\x0b", "\x00", "\x1f", "\x7f", "\x85", "\ufffe", "\uffff"])
def test_a_control_character_is_shown_and_the_export_succeeds_f03(character: str) -> None:
    assert visible(f"a{character}b") == "a\ufffdb"
    assert "a\ufffdb" in _csv([visible(f"a{character}b"), ""])
    assert openpyxl.load_workbook(_xlsx([visible(f"a{character}b"), ""])).active["A2"].value == "a\ufffdb"


def test_a_text_longer_than_a_cell_is_cut_with_a_word_about_it_and_whole_in_csv() -> None:
    for text in ("长" * (CELL_LENGTH + 1), "😀" * (CELL_LENGTH // 2 + 1)):
        shown = openpyxl.load_workbook(_xlsx([text, ""])).active["A2"].value
        assert shown.startswith(text[:1000]) and "放不下" in shown and len(shown) <= CELL_LENGTH
        assert text in _csv([text, ""])
    whole = "长" * CELL_LENGTH
    assert openpyxl.load_workbook(_xlsx([whole, ""])).active["A2"].value == whole


def test_numbers_are_exact_and_unknown_is_an_empty_cell() -> None:
    long, short = Decimal("99999999999.999999"), Decimal("0.01")
    sheet = openpyxl.load_workbook(_xlsx([long, short], [None, 0], ["913527", ""])).active
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("99999999999.999999", "s")
    assert (sheet["B2"].value, sheet["A3"].value, sheet["B3"].value) == (0.01, None, 0)
    assert (sheet["A4"].value, sheet["A4"].data_type) == ("913527", "s")
    assert _csv([long, short], [None, 0]).splitlines()[1:] == ["99999999999.999999,0.01", ",0"]
    assert _csv([Decimal("1E+3"), Decimal("1E-7")]).splitlines()[1] == "1000,0.0000001"


def test_a_list_longer_than_a_sheet_goes_on_in_the_next_under_the_same_head(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sheets, "SHEET_ROWS", 2)
    book = openpyxl.load_workbook(
        _xlsx(*[[str(n), ""] for n in range(5)], notes=Notes("表", [("行数", "5")]))
    )
    assert book.sheetnames == ["表", "表 2", "表 3", "导出说明"]
    assert [sheet["A1"].value for sheet in book.worksheets[:3]] == ["甲"] * 3
    assert [row[0].value for sheet in book.worksheets[:3] for row in sheet.iter_rows(min_row=2)] == list(
        "01234"
    )


def test_nothing_is_left_on_the_disk_when_the_rows_fail(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def rows() -> Any:
        yield ["甲", "乙"]
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        write_xlsx(io.BytesIO(), ("甲", "乙"), rows(), sheet="表")
    assert list(tmp_path.iterdir()) == []
