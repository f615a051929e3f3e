"""csv as Excel, WPS and other programs write it (E-13)."""

from __future__ import annotations

import io
from typing import Any

import pytest

from enterprises import workbook
from tests.enterprises import books
from tests.enterprises.test_rows import found, read

T, N = "统一社会信用代码", "企业名称"
ONE, TWO = books.code(1), books.code(2)


def file(text: str | bytes, encoding: str = "utf-8") -> Any:
    made = io.BytesIO(text if isinstance(text, bytes) else text.encode(encoding))
    made.name = "企业.csv"
    return made


def refused(text: str | bytes, encoding: str = "utf-8") -> tuple[str, dict[str, Any]]:
    with pytest.raises(workbook.WorkbookRefused) as wrong:
        workbook.read(file(text, encoding), "企业.csv")
    return wrong.value.code, wrong.value.params


def test_an_open_quote_is_refused_with_its_row_and_swallows_nothing() -> None:
    assert refused(f'{T},{N}\n{ONE},"甲公司\n{TWO},乙公司\n') == ("file_quotes", {"row": 2})
    assert refused(f'{T},{N}\n{ONE},甲公司\n{TWO},"乙"牌公司\n') == ("file_quotes", {"row": 3})


def test_quotes_inside_a_text_and_line_breaks_in_quotes_are_kept() -> None:
    records, reading = read(file(f'{T},"企业\n名称",从业人员\n{ONE},甲"大"公司,1\n{TWO},"乙\n公司",x\n'))
    assert records[0]["name"] == '甲"大"公司' and found(reading) == [
        ("企业", 3, "C", "employees", "not_a_number")
    ]


def test_excels_own_ways_to_keep_a_text_are_taken_off() -> None:
    records, reading = read(file(f'{T},{N},行业代码\n="{ONE}",甲公司,="0111"\n\'{TWO},乙公司,\'0111\n'))
    assert [(r["uscc"], r["industry_code"]) for r in records] == [(ONE, "A0111"), (TWO, "A0111")]
    assert found(reading) == []


def test_lines_of_commas_behind_the_table_do_not_count() -> None:
    records, _ = read(file(f"{T},{N}\n{ONE},甲公司\n" + ",\n" * 300_000))
    assert len(records) == 1


def test_blank_lines_between_keep_excels_row_numbers() -> None:
    _, reading = read(file(f"{T},{N},从业人员\n\n,,\n{ONE},甲公司,x\n"))
    assert found(reading) == [("企业", 4, "C", "employees", "not_a_number")]


@pytest.mark.parametrize("mark", [",", "\t", ";", "，", "|"])
def test_the_delimiter_is_the_usual_one_of_the_lines(mark: str) -> None:
    title = "情况表：甲、乙；丙,丁,戊,己,庚\n" if mark != "," else "情况表；一；二；三；四；五\n"
    records, _ = read(
        file(title + f"{T}{mark}{N}{mark}从业人员\n{ONE}{mark}甲公司{mark}5\n{TWO}{mark}乙公司{mark}6\n")
    )
    assert [r["employees"] for r in records] == [5, 6]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_e_13_utf8_with_a_broken_place_is_refused_and_never_becomes_mojibake(mark: bytes) -> None:
    whole = f"{T},{N}\n{ONE},博乐市天山机械有限责任公司\n".encode()
    for broken in (whole + b"\xff", whole[:-2], whole + "甲".encode()[:2] + "乙".encode("gb18030")):
        assert refused(mark + broken)[0] == "file_encoding"


@pytest.mark.parametrize("encoding", ["big5", "utf-32", "utf-7"])
def test_e_13_other_encodings_are_refused_or_have_no_table(encoding: str) -> None:
    text = "統一社會信用代碼,企業名稱\n1,甲\n"
    try:
        book = workbook.read(file(text, encoding), "企业.csv")
    except workbook.WorkbookRefused as wrong:
        assert wrong.code in ("file_encoding", "file_not_a_workbook")
    else:
        assert "統" not in str(book.sheets[0].rows)


def test_l_08_an_unquoted_thousands_separator_is_a_row_error_and_no_figure() -> None:
    rows = "".join(f"{books.code(n)},甲{n}公司,5,20\n" for n in range(2, 6))
    records, reading = read(file(f"{T},{N},营业收入（万元）,从业人员\n{ONE},甲公司,1,000.00,20\n{rows}"))
    assert [(p.row, p.column, p.code, p.value) for p in reading.problems if p.is_error] == [
        (2, "E", "row_slid", "20")
    ]
    assert len(records) == 4


def test_error_values_as_text_are_errors_in_every_column() -> None:
    _, reading = read(file(f"{T},{N},营业收入（元）,法人\n{ONE},#N/A,1,张三\n{TWO},乙公司,########,#NAME?\n"))
    assert [(r, c, code) for _, r, c, _, code in found(reading)] == [
        (2, "B", "cell_error"),
        (3, "C", "cell_error"),
        (3, "D", "cell_error"),
    ]
