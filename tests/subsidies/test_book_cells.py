"""What is wrong with a book is told at its cell, and nothing of it is written."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from enterprises.models import Enterprise
from subsidies import ledger
from subsidies.models import Pool
from subsidies.wording import message, remedy
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.conftest import BOLE, XINJIANG
from tests.enterprises.books import csv

from .book_cases import (
    EVENT_HEAD,
    ONE,
    POOL_HEAD,
    RECEIVED_HEAD,
    TITLE,
    TITLE_HEAD,
    TWO,
    bring,
    changed,
    counts,
    take,
    told,
    untouched,
)

pytestmark = pytest.mark.django_db


_EVENT = [ONE, "甲公司", "专板", "2024-05-01", 1, "项目", None, None, "E1"]


@pytest.mark.parametrize(
    ("kind", "column", "value", "expected"),
    [
        ("titles", "A", "91652701", "uscc_length"),
        ("titles", "A", None, "uscc_missing"),
        ("titles", "A", 9.1652701e17, "uscc_scientific"),
        ("titles", "A", "11010519491231002X", "uscc_personal_id"),
        ("titles", "B", "清除", "clear_refused"),
        ("titles", "B", 5, "name_unreadable"),
        ("titles", "C", "巨人", "choice_unknown"),
        ("titles", "C", None, "value_missing"),
        ("titles", "D", "2024-02-30", "date_impossible"),
        ("titles", "D", "2024年5月", "date_incomplete"),
        ("titles", "D", "去年", "date_unreadable"),
        ("titles", "D", "2099-01-01", "date_future"),
        ("titles", "D", None, "value_missing"),
        ("titles", "E", "又一次", "choice_unknown"),
        ("titles", "E", "不详", "value_missing"),
        ("titles", "F", "2024-04-30", "revoked_before"),
        ("titles", "F", "2099-01-01", "date_future"),
        ("titles", "G", "两个都要", "choice_unknown"),
        ("titles", "H", "长" * 65, "text_too_long"),
        ("titles", "H", "=f:#REF!", "cell_error"),
        ("titles", "H", "清除", "clear_refused"),
        ("events", "C", "补贴", "choice_unknown"),
        ("events", "E", "约5千万", "not_a_number"),
        ("events", "E", "五万", "number_in_words"),
        ("events", "E", 0, "money_zero"),
        ("events", "E", -5, "negative"),
        ("events", "E", 1e9, "money_range"),
        ("events", "E", 0.0000005, "money_rounded"),
        ("events", "E", "5000人民币", "money_unit_unclear"),
        ("events", "E", "5美元", "money_currency"),
        ("events", "F", "长" * 121, "text_too_long"),
        ("events", "G", "特等", "choice_unknown"),
        ("subsidies_received", "E", None, "value_missing"),
        ("subsidies_received", "C", "补贴", "choice_unknown"),
        ("pools", "A", "Z-99", "choice_unknown"),
        ("pools", "A", "D-10", "choice_unknown"),
        ("pools", "A", "B-16", "choice_unknown"),
        ("pools", "A", None, "value_missing"),
        ("pools", "B", "明年", "not_a_number"),
        ("pools", "B", 1999, "number_range"),
        ("pools", "B", 2026.5, "not_whole"),
        ("pools", "C", 0, "money_zero"),
        ("pools", "D", None, "value_missing"),
        ("pools", "D", "长" * 81, "text_too_long"),
        ("pools", "E", "也许", "yes_no_unreadable"),
    ],
)
def test_a_bad_cell_is_told_with_its_sheet_row_and_column_and_nothing_is_written(
    kind: str, column: str, value: Any, expected: str, person: Callable[..., Actor]
) -> None:
    head, good = {
        "titles": (TITLE_HEAD, [*TITLE[:7], "N-1"]),
        "events": (EVENT_HEAD, _EVENT),
        "subsidies_received": (RECEIVED_HEAD, [ONE, "甲公司", "设备补助", "2024-05-01", 5, "E1"]),
        "pools": (POOL_HEAD, ["A-13", 2026, 500, "12号", "否"]),
    }[kind]
    by = person("finance.own", "finance", XINJIANG if kind == "pools" else BOLE)

    def prepare(book: Any) -> None:
        if value == "=f:#REF!":
            book.active[f"{column}3"].value = "#REF!"
            book.active[f"{column}3"].data_type = "e"

    other = changed(good, "D", "13号") if kind == "pools" else changed(good, "A", TWO)
    result = bring(
        by, kind, ["汇总表"], head, changed(good, column, value), other, sheet="企业汇总", prepare=prepare
    )
    assert [p for p in told(result) if p[0] == expected] == [(expected, "企业汇总", 3, column)]
    assert result.errors == 1 and counts(result) == (0, 0, 0, 0) and result.rows == 2
    assert untouched()
    problem = next(p for p in result.problems if p.code == expected)
    assert problem.header == head[ord(column) - 65]
    said = message(problem)
    assert said.startswith(f"企业汇总 表第 3 行 {column} 列") and expected not in said
    with nation():
        assert not Enterprise.objects.exists()


def test_the_sentence_names_place_value_and_what_to_do(county_bole: Actor) -> None:
    result = bring(county_bole, "events", EVENT_HEAD, changed(_EVENT, "E", "约5千万"), sheet="企业汇总")
    assert message(result.problems[0]) == "企业汇总 表第 2 行 E 列“约5千万”不是数，改填 5,000.00 这样的数"
    other = bring(county_bole, "events", EVENT_HEAD, changed(_EVENT, "D", None))
    assert message(other.problems[0]) == "汇总 表第 2 行 D 列：没有填发生日期，补填后重传"


def test_two_rows_of_one_event_and_two_of_one_document_are_told_apart_or_refused(
    county_bole: Actor, finance: Actor
) -> None:
    result = bring(county_bole, "titles", TITLE_HEAD, TITLE, changed(TITLE, "E", "复核"))
    assert told(result) == [("line_twice", "汇总", 3, "A")]
    assert "汇总 表第 2 行重复" in message(result.problems[0])
    numbered = bring(county_bole, "titles", TITLE_HEAD, changed(TITLE, "H", "X"), changed(TITLE, "H", "X"))
    assert told(numbered) == [("line_twice", "汇总", 3, "H")]
    row = ["A-13", 2026, 500, "〔2026〕12号", "否"]
    budget = bring(finance, "pools", POOL_HEAD, row, [*row[:3], "(2026)12号", "是"])
    assert told(budget) == [("line_twice", "汇总", 3, "A")]
    published = bring(finance, "pools", POOL_HEAD, row, [*row[:3], "13号", "是"])
    assert told(published) == [("published_twice", "汇总", 3, "E")]
    assert untouched()


def test_another_amount_under_a_document_and_one_that_was_reversed_are_told(finance: Actor) -> None:
    row = ["A-13", 2026, 500, "12号", None]
    bring(finance, "pools", POOL_HEAD, row)
    result = bring(finance, "pools", POOL_HEAD, changed(row, "C", 501), ["A-12", 2026, 5, "14号", None])
    assert told(result) == [("document_amount", "汇总", 2, "C")]
    assert "已下达 5,000,000.00 元" in message(result.problems[0])
    with acting(finance):
        pool = Pool.objects.get()
        ledger.reverse(by=finance, pool=pool, key="back", entry=pool.postings.get().pk, reason="录错")
    assert told(bring(finance, "pools", POOL_HEAD, row)) == [("document_reversed", "汇总", 2, "D")]
    with nation():
        assert Pool.objects.get().free == 0


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["甲", "乙"], ["1", "2"]], [("sheet_without_table", "汇总", None, ""), ("no_table", "", None, "")]),
        ([TITLE_HEAD], [("table_empty", "", None, "")]),
        ([TITLE_HEAD[:4], TITLE[:4]], [("columns_missing", "汇总", 1, "")]),
        ([[*TITLE_HEAD, "统一信用代码"], [*TITLE, TWO]], [("column_twice", "汇总", 1, "I")]),
    ],
)
def test_a_table_that_cannot_be_understood_says_what_it_lacks(
    county_bole: Actor, rows: list[list[Any]], expected: list[Any]
) -> None:
    result = bring(county_bole, "titles", *rows)
    assert sorted(told(result)) == sorted(expected)
    assert all(message(p) and p.code not in message(p) for p in result.problems)
    assert bool(result.errors) == (expected[0][0] != "column_twice")


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"PK\x03\x04broken", "a.xlsx", "file_damaged"),
        (b"", "a.xlsx", "file_empty"),
        (b"%PDF-1.7", "a.pdf", "file_not_a_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "file_old_xls"),
        ('统一社会信用代码,称号\n"x'.encode(), "a.csv", "file_quotes"),
    ],
)
def test_a_broken_file_is_refused_in_words(county_bole: Actor, data: bytes, name: str, expected: str) -> None:
    result = take(county_bole, "titles", io.BytesIO(data), name=name)
    assert [p.code for p in result.problems] == [expected] and result.errors == 1
    assert remedy(result.problems[0]) and untouched()


def test_a_csv_of_the_office_is_read_and_a_comma_too_many_slides_no_amount(county_bole: Actor) -> None:
    head = EVENT_HEAD[:6]
    good = csv([head, _EVENT[:6]], encoding="gb18030")
    assert counts(take(county_bole, "events", good)) == (1, 0, 0, 1)
    text = ",".join(head) + f"\n{ONE},甲公司,专板,2024-06-01,1,000.00,项目\n"
    file = io.BytesIO(text.encode())
    file.name = "a.csv"
    slid = take(county_bole, "events", file)
    assert ("row_slid", "a", 2, "G") in told(slid) and counts(slid) == (0, 0, 0, 0)


def test_more_than_twenty_thousand_rows_are_refused(county_bole: Actor) -> None:
    line = ",".join([ONE, "", "高企", "2024-05-01", "新认定"])
    file = io.BytesIO("\n".join([",".join(TITLE_HEAD[:5]), *[line] * 20_001]).encode())
    result = take(county_bole, "titles", file, name="a.csv")
    assert [p.code for p in result.problems] == ["book_too_long"] and result.rows == 20_001
    assert "有 20,001 行，一次最多 20,000 行" in message(result.problems[0])
