"""A hundred errors planted in one workbook: each is reported at its cell and with its code, none besides."""

from __future__ import annotations

import datetime as dt
import io
import random
from typing import Any

import openpyxl
import pytest

from enterprises import workbook
from enterprises.rules import rows
from enterprises.rules.problems import letters
from enterprises.wording import message
from tests.enterprises import books

TODAY = dt.date(2026, 11, 22)
COLUMNS = [
    "uscc", "name", "region", "industry_code", "established_on", "contact_phone", "revenue", "net_profit", "equity_financing",
    "employees", "segment_share", "own_brand", "digital_level", "rd_institution_level", "hnte_valid_until", "domestic_rank",
    "local_feature_score",
]  # fmt: skip
HEADERS = [
    "统一社会信用代码", "企业名称", "所属县（市、区）", "国民经济行业代码", "成立日期", "联系电话", "营业收入（万元）", "净利润（元）",
    "新增股权融资（万元）", "从业人员（人）", "细分市场占有率（%）", "自主品牌", "数字化水平等级", "研发机构级别", "高新技术企业有效期至",
    "国内排名", "地方特色化得分",
]  # fmt: skip
#: (column, what is typed, the code of the error)
PLANTED: list[tuple[str, Any, str]] = [
    ("uscc", 9.13e17, "uscc_scientific"), ("uscc", "9.1652701E+17", "uscc_scientific"), ("uscc", "９.13E＋17", "uscc_scientific"),
    ("uscc", "11010519491231002X", "uscc_personal_id"), ("uscc", "**************002X", "uscc_personal_id"),
    ("uscc", "110105********002X", "uscc_personal_id"), ("uscc", "91652701L9ENYBC55", "uscc_length"),
    ("uscc", "91652701L9ENYBC55HH", "uscc_length"), ("uscc", "办理中", "uscc_length"), ("uscc", "12345678-9", "uscc_length"),
    ("uscc", "6527010500012", "uscc_older"), ("uscc", "91652701L9ENYBC55O", "uscc_characters"),
    ("uscc", "9165270AL9ENYBC55H", "uscc_characters"), ("uscc", "①1652701L9ENYBC55H", "uscc_characters"), ("uscc", None, "uscc_missing"),
    ("uscc", "—", "uscc_missing"), ("uscc", "清除", "clear_refused"), ("uscc", "#N/A", "cell_error"), ("uscc", True, "uscc_length"),
    ("name", None, "name_missing"), ("name", "\u3000\u200b", "name_missing"), ("name", "/", "name_missing"), ("name", "甲" * 121, "text_too_long"),
    ("name", 12345, "name_unreadable"), ("name", "2019-07-01", "name_unreadable"), ("name", dt.date(2019, 7, 1), "name_unreadable"),
    ("name", "91652701L9ENYBC55H", "name_unreadable"), ("name", "清除", "clear_refused"), ("name", "#REF!", "cell_error"),
    ("region", "红旗区", "region_outside"), ("region", 410702, "region_outside"), ("region", "新华区", "region_ambiguous"), ("region", "清除", "clear_refused"),
    ("industry_code", "制造业", "industry_unreadable"), ("industry_code", "A3511", "industry_unreadable"), ("industry_code", "C3511/C3512", "industry_unreadable"),
    ("industry_code", 99, "industry_unreadable"),
    ("established_on", "去年", "date_unreadable"), ("established_on", "1/7/2019", "date_order"), ("established_on", "01-07-19", "date_order"),
    ("established_on", 2019.1, "date_ambiguous"), ("established_on", 2019, "date_incomplete"), ("established_on", "2019年", "date_incomplete"),
    ("established_on", "2019-02-30", "date_impossible"), ("established_on", "2019.13.1", "date_impossible"), ("established_on", "2027-01-01", "date_future"),
    ("established_on", "1066-01-01", "date_range"), ("established_on", "9999-12-31", "date_range"), ("established_on", dt.time(8, 30), "date_unreadable"),
    ("established_on", 20197, "date_unreadable"), ("established_on", "2019年7月1²日", "date_unreadable"),
    ("contact_phone", "1" * 61, "text_too_long"),
    ("revenue", "约5千万", "not_a_number"), ("revenue", "5000万美元", "money_currency"), ("revenue", "5000(万日元)", "money_currency"),
    ("revenue", "US$5000", "money_currency"), ("revenue", "壹仟万元整", "number_in_words"), ("revenue", "五千万", "number_in_words"),
    ("revenue", "12,34", "number_grouping"), ("revenue", "3000-5000", "not_a_number"), ("revenue", "212..35", "not_a_number"),
    ("revenue", 13912345678, "money_range"), ("revenue", "1e99", "money_range"), ("revenue", dt.date(2019, 7, 1), "not_a_number"),
    ("revenue", "5000①", "not_a_number"), ("revenue", "张三", "not_a_number"), ("revenue", "50%", "not_a_number"), ("revenue", "########", "cell_error"),
    ("net_profit", "5000人", "not_a_number"), ("net_profit", "—5000", "not_a_number"), ("net_profit", True, "not_a_number"),
    ("equity_financing", -1, "negative"), ("equity_financing", "（5）", "negative"),
    ("employees", 12.5, "not_whole"), ("employees", "12.4人", "not_whole"), ("employees", -3, "negative"), ("employees", "12-15", "not_a_number"),
    ("employees", "1.2万", "not_a_number"), ("employees", 13912345678, "number_range"), ("employees", "12²", "not_a_number"),
    ("segment_share", "101%", "number_range"), ("segment_share", "5%-10%", "not_a_number"), ("segment_share", -1, "negative"), ("segment_share", "3‰", "not_a_number"),
    ("own_brand", "可能", "yes_no_unreadable"), ("own_brand", "是/否", "yes_no_unreadable"), ("own_brand", 2, "yes_no_unreadable"),
    ("own_brand", "有3项", "yes_no_unreadable"),
    ("digital_level", "五级", "choice_unknown"), ("digital_level", 0, "choice_unknown"), ("rd_institution_level", "国家级、省级", "choice_unknown"),
    ("rd_institution_level", "没有", "choice_unknown"),
    ("hnte_valid_until", "2026年12月", "date_incomplete"), ("hnte_valid_until", "长期有效", "date_unreadable"), ("hnte_valid_until", "2026-11-31", "date_impossible"),
    ("domestic_rank", 0, "number_range"), ("domestic_rank", "前三", "not_a_number"), ("domestic_rank", "第一", "number_in_words"),
    ("local_feature_score", 16, "number_range"), ("local_feature_score", "十五", "number_in_words"),
]  # fmt: skip


def _good(n: int) -> list[Any]:
    return [
        books.code(n), f"博乐第{n}机械有限公司", "博乐市", "C3511", dt.date(2019, 7, 1 + n % 28), "0909-2222222", 100.5, -3, 1, 20, "3.5%", "是",
        "一级", "省级", "2027-12-31", 3, 12.5,
    ]  # fmt: skip


def _planted_workbook(seed: int) -> tuple[io.BytesIO, list[tuple[str, int, str, str, str]]]:
    """The workbook and its errors as (sheet, row, column letter, field, code), in the reader's order."""
    draw = random.Random(seed)
    planted = list(PLANTED)
    draw.shuffle(planted)
    book = openpyxl.Workbook()
    book.remove(book.active)
    expected = []
    n = 0
    for name, share in (
        ("甲 乡", planted[:40]),
        ("说明", []),
        ("乙&<镇>", planted[40:75]),
        ("藏", []),
        ("丙", planted[75:]),
    ):
        sheet = book.create_sheet(name)
        if name == "说明":
            sheet["A1"] = "填表须知"
            continue
        if name == "藏":
            sheet.sheet_state = "hidden"
        order = list(range(len(COLUMNS)))
        draw.shuffle(order)
        left, row = draw.randint(1, 4), draw.randint(1, 5)
        sheet.cell(row, left, "博乐市2025年度情况表")
        sheet.merge_cells(start_row=row, end_row=row, start_column=left, end_column=left + 5)
        row += draw.randint(1, 3)
        for c, which in enumerate(order):
            sheet.cell(row, left + c, HEADERS[which])
            if draw.random() < 0.5 and name != "藏":
                sheet.merge_cells(start_row=row, end_row=row + 1, start_column=left + c, end_column=left + c)
        row += 2
        # A hidden column of notes and hidden rows full of errors are left out, not reported.
        sheet.cell(row, left + len(order) + 1, "x")
        sheet.column_dimensions[letters(left + len(order))].hidden = True
        for column, typed, code in share or [("", "", "")]:
            for _ in range(draw.randint(0, 2)):
                n += 1
                _write(sheet, row, left, order, _good(n))
                row += 1
            if draw.random() < 0.2:
                row += draw.randint(1, 3)
            if draw.random() < 0.15:
                _write(sheet, row, left, order, ["坏", None, "坏", "坏", "坏", "坏", "坏", *["坏"] * 10])
                sheet.row_dimensions[row].hidden = True
                row += 1
            n += 1
            values = _good(n)
            if column:
                values[COLUMNS.index(column)] = typed
                place = letters(left - 1 + order.index(COLUMNS.index(column)))
                expected.append((name, row, place, column, code))
            _write(sheet, row, left, order, values)
            row += 1
        sheet.cell(row + 1, left, "合　计")
        sheet.cell(row + 3, left, "填表人：张三")
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out, expected


def _write(sheet: Any, row: int, left: int, order: list[int], values: list[Any]) -> None:
    for c, which in enumerate(order):
        value = values[which]
        if value is not None:
            cell = sheet.cell(row, left + c)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"


def test_there_are_a_hundred_of_them() -> None:
    assert len(PLANTED) == 100 and len({code for *_, code in PLANTED}) >= 25


@pytest.mark.parametrize("seed", range(4))
def test_each_planted_error_is_reported_at_its_cell_and_none_besides(seed: int) -> None:
    file, expected = _planted_workbook(seed)
    reading = rows.read(
        workbook.read(file, "a.xlsx"),
        year=2025,
        regions={"博乐市": "65/6527/652701/", "新华区": None},
        region="65/6527/652701/",
        today=TODAY,
    )
    good = sum(1 for _ in reading.records())
    found = [(p.sheet, p.row, p.column, p.field, p.code) for p in reading.problems if p.is_error]
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert (reading.failed, good) == (100, reading.rows - 100)
    for problem in reading.problems:
        if problem.is_error:
            assert problem.header == HEADERS[COLUMNS.index(problem.field)]
            sentence = message(problem)
            assert (
                problem.sheet in sentence
                and f"第 {problem.row} 行" in sentence
                and f"{problem.column} 列" in sentence
            )
    assert {p.code for p in reading.problems if not p.is_error} <= {
        "hidden_rows", "hidden_sheet", "sheet_without_table", "column_without_header", "hidden_column",
    }  # fmt: skip
