import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from enterprises import workbook
from enterprises.rules import rows
from enterprises.rules.problems import Problem
from tests.enterprises import books
from tests.enterprises.books import code

TODAY = dt.date(2026, 11, 22)


def read(file: Any, year: int = 2025, mapping: Any = None) -> tuple[list[dict], rows.Reading]:
    book = workbook.read(file, file.name)
    reading = rows.read(
        book,
        year=year,
        regions={"博乐市": "65/6527/652701/"},
        region="65/6527/",
        today=TODAY,
        mapping=mapping,
    )
    records = []
    for record in reading.records():
        facts = {
            name if when in (None, year) else f"{name}[Y-{year - when}]": value
            for (name, when), value in zip(record.part.targets, record.values, strict=True)
            if value is not None
        }
        records.append(facts | {"row": record.row})
    return records, reading


def found(reading: rows.Reading, severity: str = "error") -> list[tuple]:
    return [(p.sheet, p.row, p.column, p.field, p.code) for p in reading.problems if p.severity == severity]


TWO = [[code(1), "甲机械有限公司"], [code(2), "乙食品有限公司"]]


def test_title_rows_unit_line_and_foot_are_left_out() -> None:
    sheet = [
        ["博乐市2025年度企业情况表"],
        [None, None, None, "单位：千元"],
        ["序号", "统一社会信用代码", "单位名称", "营业收入", "上年度营业收入（元）"],
        [1, *TWO[0], 1000, 5],
        [],
        [2, *TWO[1], "2,000.5", None],
        ["合计", None, None, 3000.5],
        ["填表人：张三", None, "联系电话：0909-1234567"],
        ["说明：1. 数据来自年报"],
        ["2. 未经审计"],
    ]
    records, reading = read(books.xlsx(("汇总", sheet), at="B3"))
    assert reading.rows == 2 and found(reading) == [] and found(reading, "warning") == []
    assert records == [
        {"uscc": code(1), "name": "甲机械有限公司", "revenue": 100_000_000, "revenue[Y-1]": 500, "row": 6},
        {"uscc": code(2), "name": "乙食品有限公司", "revenue": 200_050_000, "row": 8},
    ]


def test_a_two_row_header_with_merged_years_is_read() -> None:
    sheet = [
        ["企业情况"],
        ["统一社会信用代码", "企业名称", "2025年", None, "2024年（元）", None],
        [None, None, "营业收入（万元）", "从业人员", "营业收入", "从业人员"],
        [*TWO[0], 1, 10, 2, 20],
    ]

    def merge(book: Any) -> None:
        for area in ("A2:A3", "B2:B3", "C2:D2", "E2:F2", "A1:F1"):
            book["汇总"].merge_cells(area)

    records, reading = read(books.xlsx(("汇总", sheet), prepare=merge))
    assert records[0] == {
        "uscc": code(1), "name": TWO[0][1], "row": 4,
        "revenue": 1_000_000, "employees": 10, "revenue[Y-1]": 200, "employees[Y-1]": 20,
    }  # fmt: skip
    assert reading.parts[0].table.header_row == 3


def test_a_two_row_header_of_a_csv_is_read_without_merges() -> None:
    sheet = [
        ["统一社会信用代码", "企业名称", "营业收入（万元）", "", "研发费用（元）", ""],
        ["", "", "2025年", "2024年", "2025年", "2024年"],
        [*TWO[0], "1", "2", "3", "4"],
    ]
    records, _ = read(books.csv(sheet))
    assert records[0]["revenue[Y-1]"] == 2_000_000 and records[0]["rd_expense"] == 300


def test_a_unit_row_below_the_header_gives_the_units() -> None:
    sheet = [
        ["统一社会信用代码", "企业名称", "营业收入", "净利润", "从业人员"],
        ["—", "—", "元", "亿元", "人"],
        [*TWO[0], 1, 1, 1],
    ]
    records, reading = read(books.xlsx(("汇总", sheet)))
    assert (records[0]["revenue"], records[0]["net_profit"], reading.rows) == (100, 10**10, 1)


def test_without_a_unit_ten_thousand_yuan_is_assumed_and_said() -> None:
    records, reading = read(
        books.xlsx(("汇总", [["统一社会信用代码", "企业名称", "营业收入"], [*TWO[0], 1]]))
    )
    assert records[0]["revenue"] == 1_000_000
    assert ("汇总", 1, "C", "revenue", "unit_assumed") in found(reading, "warning")


def test_another_year_in_title_or_header_is_a_question() -> None:
    sheet = [["2023年度报表"], ["统一社会信用代码", "企业名称", "2026年营业收入（元）"], [*TWO[0], 1]]
    records, reading = read(books.xlsx(("汇总", sheet)))
    assert {code for *_, code in found(reading, "warning")} == {"title_year", "header_year"}


def test_required_are_code_and_name_alone() -> None:
    _, reading = read(books.xlsx(("汇总", [["企业名称", "营业收入（元）"], ["甲公司", 1]])))
    assert reading.refusal == Problem("error", "columns_missing", "汇总", 1, params={"missing": ("uscc",)})
    _, reading = read(books.xlsx(("汇总", [["a", "b"], [1, 2]])))
    assert reading.refusal is not None and reading.refusal.code == "no_table"


def test_the_header_may_stand_in_the_fifteenth_row_but_not_below() -> None:
    titles = [[f"标题{n}"] for n in range(14)]
    assert read(books.xlsx(("汇总", [*titles, *books.plain(1)])))[1].rows == 1
    assert read(books.xlsx(("汇总", [["标题"], *titles, *books.plain(1)])))[1].refusal is not None


def test_every_problem_stands_at_its_own_cell() -> None:
    sheet = [
        [
            "企业名称",
            "统一社会信用代码",
            "营业收入（万元）",
            "从业人员",
            "成立日期",
            "自主品牌",
            "数字化水平等级",
        ],
        ["甲公司", 9.13e17, 1, 1, "2019-07-01", "是", "一级"],
        ["", code(2), "约5千万", 1.5, "去年", "可能", "五级"],
        ["丙公司", "", 1],
        ["丁公司", code(4), -1, -1],
        ["戊公司", code(4), 1],
        ["己公司", "11010519491231002X"],
    ]
    records, reading = read(books.xlsx(("表", sheet), at="C4"))
    assert reading.rows == 6 and reading.failed == 6 and records == []
    assert found(reading) == [
        ("表", 5, "D", "uscc", "uscc_scientific"),
        ("表", 6, "C", "name", "name_missing"),
        ("表", 6, "E", "revenue", "not_a_number"),
        ("表", 6, "F", "employees", "not_whole"),
        ("表", 6, "G", "established_on", "date_unreadable"),
        ("表", 6, "H", "own_brand", "yes_no_unreadable"),
        ("表", 6, "I", "digital_level", "choice_unknown"),
        ("表", 7, "D", "uscc", "uscc_missing"),
        ("表", 8, "F", "employees", "negative"),
        ("表", 9, "D", "uscc", "uscc_twice"),
        ("表", 10, "D", "uscc", "uscc_personal_id"),
    ]
    assert all("194912" not in p.shown().value for p in reading.problems)


def test_a_column_of_ticks_says_no_where_it_is_empty_but_never_about_integrity() -> None:
    head = ["统一社会信用代码", "企业名称", "自主品牌", "是否列入经营异常名录", "质量管理体系认证"]
    sheet = [head, [*TWO[0], "√", "√", "√"], [*TWO[1], "", "", ""], [code(3), "丙公司", "", "", "否"]]
    records, _ = read(books.xlsx(("表", sheet)))
    assert [r.get("own_brand") for r in records] == [True, False, False]
    assert [r.get("on_abnormal_list") for r in records] == [True, None, None]
    assert [r.get("quality_certificate") for r in records] == [True, None, False]


def test_unknown_columns_are_reported_and_not_fatal() -> None:
    sheet = [["序号", "统一社会信用代码", "企业名称", "备注", "营业收入（预计）"], [1, *TWO[0], "x", 5]]
    records, reading = read(books.xlsx(("表", sheet)))
    assert [p.value for p in reading.problems if p.code == "unknown_column"] == ["备注", "营业收入（预计）"]
    assert "revenue" not in records[0]


def test_e_12_hidden_rows_columns_and_sheets_are_listed_and_left_out_unless_ticked() -> None:
    def hide(book: Any) -> None:
        book["表"].row_dimensions[3].hidden = True
        book["表"].column_dimensions["C"].hidden = True
        book["藏"].sheet_state = "hidden"

    sheet = [["统一社会信用代码", "企业名称", "从业人员"], [*TWO[0], 1], [*TWO[1], 2]]

    def file() -> Any:
        return books.xlsx(("表", sheet), ("藏", books.plain(1, 9)), prepare=hide)

    records, reading = read(file())
    assert [r["uscc"] for r in records] == [code(1)] and "employees" not in records[0]
    assert {p.code for p in reading.problems} == {"hidden_rows", "hidden_column", "hidden_sheet"}
    records, reading = read(file(), mapping={"sheets": {"表": {"include_hidden": True}, "藏": {"use": True}}})
    assert [r.get("employees") for r in records] == [1, 2, None] and reading.problems == []


def test_e_09_a_formula_without_a_value_fails_and_formulas_are_warned_of_once() -> None:
    sheet = [["统一社会信用代码", "企业名称", "从业人员"], [*TWO[0], "=f:1+1"], [*TWO[1], "=f:2+2"]]
    records, reading = read(books.xlsx(("表", sheet)))
    assert [p.code for p in reading.problems] == ["formula_without_value"] * 2 + ["formulas"]
    assert reading.problems[-1].params == {"count": 2, "columns": "C"} and records == []


def test_a_mapping_corrects_what_was_understood() -> None:
    sheet = [["统一社会信用代码", "企业名称", "收入", "营业收入（万元）"], [*TWO[0], 7, 8]]
    mapping = {
        "sheets": {"表": {"columns": {"C": {"field": "revenue", "year": 2024, "unit": "元"}, "D": None}}}
    }
    records, reading = read(books.xlsx(("表", sheet)), mapping=mapping)
    assert records[0]["revenue[Y-1]"] == 700 and "revenue" not in records[0] and reading.problems == []


def test_several_sheets_are_read_and_sheets_without_a_table_are_named() -> None:
    file = books.xlsx(("甲", books.plain(2)), ("说明", [["填表须知"]]), ("乙", books.plain(3, 1)))
    records, reading = read(file)
    assert len(records) == 4 and reading.rows == 5
    assert found(reading) == [("乙", 2, "A", "uscc", "uscc_twice")]
    assert [p.code for p in reading.problems if p.severity == "warning"] == ["sheet_without_table"]


def test_a_percent_is_read_three_ways_in_a_workbook() -> None:
    def percent(book: Any) -> None:
        book["表"]["C2"].number_format = "0.0%"

    sheet = [
        ["统一社会信用代码", "企业名称", "细分市场占有率（%）"],
        [*TWO[0], 0.035],
        [*TWO[1], 3.5],
        [code(3), "丙公司", "3.5%"],
    ]
    records, _ = read(books.xlsx(("表", sheet), prepare=percent))
    assert [r["segment_share"] for r in records] == [Decimal("3.5")] * 3


def test_what_contradicts_another_column_is_only_warned_of() -> None:
    head = ["统一社会信用代码", "企业名称", "营业收入（元）", "主营业务收入（元）", "从业人员", "研发人员"]
    records, reading = read(books.xlsx(("表", [head, [*TWO[0], 1, 2, 3, 4]])))
    assert len(records) == 1
    assert [(c, code) for *_, c, _, code in found(reading, "warning")] == [
        ("D", "main_above_revenue"),
        ("F", "rd_staff_above_employees"),
    ]


@pytest.mark.parametrize(
    "foot", ["合计", "总计", "填表人：李四", "审核人：", "注：以上为年报数", "说明", "备注：无"]
)
def test_foot_rows_are_no_enterprises(foot: str) -> None:
    for at in range(3):
        row: list[Any] = [None, None, None]
        row[at] = foot
        sheet = [["序号", "统一社会信用代码", "企业名称", "从业人员"], [1, *TWO[0], 5], [*row, 5]]
        records, reading = read(books.xlsx(("表", sheet)))
        assert (reading.rows, found(reading)) == (1, []), at


def test_a_year_that_only_the_upper_header_row_names_is_not_lost() -> None:
    sheet = [
        ["统一社会信用代码", "企业名称", "2024年", ""],
        ["", "", "营业收入（元）", "研发费用（元）"],
        [*TWO[0], "1", "2"],
    ]
    for file in (books.csv(sheet), books.xlsx(("表", sheet))):
        assert read(file)[0][0]["revenue[Y-1]"] == 100


def test_a_title_with_a_year_above_the_header_is_no_upper_header_row() -> None:
    sheet = [
        ["2024年度统计表", "", "单位：元"],
        ["统一社会信用代码", "企业名称", "营业收入", "研发费用"],
        [*TWO[0], "2", "1"],
    ]
    records, reading = read(books.csv(sheet))
    assert (records[0]["revenue"], records[0]["rd_expense"]) == (200, 100)
    assert [p.code for p in reading.problems] == ["title_year"]


def test_the_columns_that_a_returned_workbook_adds_are_passed_over_in_silence() -> None:
    sheet = [
        ["原行号", "统一社会信用代码", "企业名称", "从业人员", "导入提示"],
        [7, *TWO[0], 5, None],
        [9, *TWO[1], 6, "第 9 行从业人员不是数"],
        [11, None, None, None, "上一次的提示"],
        [12, None, "合计", 11, None],
    ]
    records, reading = read(books.xlsx(("表", sheet)))
    assert (reading.rows, reading.problems) == (2, [])
    assert [r["employees"] for r in records] == [5, 6]
