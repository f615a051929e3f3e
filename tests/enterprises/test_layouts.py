"""Where tables stand in real workbooks: deep headers, rows below the header, feet, merged and slid cells."""

from __future__ import annotations

from typing import Any

import pytest

from enterprises.rules.headers import recognise
from enterprises.rules.tables import find_table
from enterprises.wording import message
from tests.enterprises import books
from tests.enterprises.books import code
from tests.enterprises.test_rows import found, read

T, N = "统一社会信用代码", "企业名称"
A, B = [code(1), "甲公司"], [code(2), "乙公司"]


def sheet(rows: list[list[Any]], merge: str = "", name: str = "表", **more: Any) -> Any:
    def prepare(book: Any) -> None:
        for area in merge.split():
            book[name].merge_cells(area)

    return books.xlsx((name, rows), prepare=prepare, **more)


@pytest.mark.parametrize("csv", [False, True])
@pytest.mark.parametrize(
    ("upper", "middle", "lower", "merge"),
    [
        (["经营情况"], ["营业收入（元）", None, "从业人员"], ["2025年", "2024年", "2025年", "2024年"], "C1:F1 C2:D2 E2:F2"),
        (["主要指标（元）"], ["2025年", None, "2024年"], ["营业收入", "净利润", "营业收入", "净利润"], "C1:F1 C2:D2 E2:F2"),
        (["2025年", None, "2024年"], ["收入类", None, "收入类"], ["营业收入（元）", "净利润（元）"] * 2, "C1:D1 C2:D2 E1:F1 E2:F2"),
    ],
)  # fmt: skip
def test_a_header_of_three_rows_is_read(
    upper: list, middle: list, lower: list, merge: str, csv: bool
) -> None:
    rows = [[T, N, *upper], [None, None, *middle], [None, None, *lower], [*A, 1, 2, 3, 4]]
    plain = [["" if v is None else v for v in row] + [""] * (6 - len(row)) for row in rows]
    records, reading = read(books.csv(plain) if csv else sheet(rows, f"A1:A3 B1:B3 {merge}"))
    assert reading.problems == [] and len(records) == 1 and records[0]["row"] == 4
    assert [v for k, v in records[0].items() if k not in ("uscc", "name", "row")] in (
        [100, 200, 3, 4],
        [100, 200, 300, 400],
    )
    assert "revenue[Y-1]" in records[0]


def test_years_below_the_facts_are_not_lost_where_each_fact_has_one() -> None:
    rows = [[T, N, "营业收入（元）", "从业人员"], ["", "", "2024年", "2023年"], [*A, "1", "2"]]
    for file in (books.csv(rows), sheet(rows)):
        assert read(file)[0] == [
            {"uscc": A[0], "name": A[1], "revenue[Y-1]": 100, "employees[Y-2]": 2, "row": 3}
        ]


def test_years_of_an_upper_header_row_are_no_title() -> None:
    rows = [[T, N, "2024年", None], [None, None, "营业收入（元）", "净利润（元）"], [*A, 1, 2]]
    assert read(sheet(rows, "C1:D1"))[1].problems == []


def test_the_chosen_header_row_may_be_the_lowest_of_a_deep_header() -> None:
    rows = [["x"], [T, N, "2024年", None], [None, None, "营业收入（元）", "净利润（元）"], [*A, 1, 2]]
    for chosen in (2, 3):
        records, _ = read(sheet(rows, "C2:D2"), mapping={"sheets": {"表": {"header_row": chosen}}})
        assert records[0]["revenue[Y-1]"] == 100


@pytest.mark.parametrize(
    "below",
    [["1", "2", "3", "4"], [1, 2, 3, 4], ["甲", "乙", "1", "2"], ["(1)", "（2）", "(3)", "(4)"], ["栏次", None, "1", "2"], ["A", "B", "C", "D"],
     ["uscc", "name", "revenue", "employees"], ["18位，必填", "与营业执照一致", "保留两位小数", "整数"], ["—", "—", "元", "人"]],
)  # fmt: skip
def test_rows_that_number_or_explain_the_columns_are_no_enterprises(below: list[Any]) -> None:
    records, reading = read(sheet([[T, N, "营业收入（元）", "从业人员"], below, [*A, 1, 5]]))
    assert (reading.rows, reading.problems) == (1, []) and records[0]["row"] == 3


@pytest.mark.parametrize(
    "line",
    [
        "（千元）",
        "千元",
        "金额单位：千元",
        "计量单位：千元、人",
        "单位：人、千元、%",
        "单位:人民币仟元",
        "2025年情况表（单位：千元）",
    ],
)
def test_a_unit_above_the_header_holds_for_the_sheet(line: str) -> None:
    records, reading = read(sheet([[None, None, line], [T, N, "营业收入"], [*A, 1]]))
    assert records[0]["revenue"] == 100_000 and reading.problems == []


def test_two_units_above_the_header_are_a_question() -> None:
    _, reading = read(sheet([["单位：元"], ["资产单位：亿元"], [T, N, "营业收入"], [*A, 1]]))
    assert [p.code for p in reading.problems] == ["unit_assumed"]


@pytest.mark.parametrize(
    "foot",
    [
        "合 计",
        "合　计",
        "总  计",
        "博乐市合计",
        "合计：2户",
        "共2家企业",
        "以上合计",
        "填 表 人：张三",
        "汇总",
    ],
)
@pytest.mark.parametrize("at", range(3))
def test_e_12_feet_with_blanks_inside_are_no_enterprises(foot: str, at: int) -> None:
    row: list[Any] = [None, None, None, 3]
    row[at] = foot
    _, reading = read(sheet([["序号", T, N, "营业收入（元）"], [1, *A, 1], row]))
    assert (reading.rows, reading.problems) == (1, [])


def test_headings_of_groups_and_examples_are_no_enterprises() -> None:
    rows = [
        ["序号", T, N, "营业收入（元）"], ["例", code(9), "某公司", 1], [0, code(8), "示例：某公司", 1], ["一", "规上工业", None, None],
        ["二、规下"], [1, *A, 1], [None, "博乐市（2家）"],
    ]  # fmt: skip
    records, reading = read(sheet(rows))
    assert [r["row"] for r in records] == [6] and reading.problems == []


def test_a_repeated_header_is_passed_over_and_another_one_ends_the_table() -> None:
    head = [T, N, "营业收入（元）", "净利润（元）"]
    records, reading = read(sheet([head, [*A, 1, 2], [], head, [*B, 3, 4]]))
    assert [r["revenue"] for r in records] == [100, 300] and reading.problems == []
    other = [T, N, "净利润（元）", "营业收入（元）"]
    records, reading = read(sheet([head, [*A, 1, 2], [], other, [*B, 3, 4], [code(3), "丙公司", 5, 6]]))
    assert [r["revenue"] for r in records] == [100]
    assert [(p.code, p.row, p.params) for p in reading.problems] == [("header_changes", 4, {"count": 2})]
    assert (reading.rows, reading.failed) == (3, 2)
    assert (
        read(sheet([head, [*A, 1, 2], [T, N, "营业收入（万元）", "净利润（元）"], [*B, 3, 4]]))[1].failed == 1
    )


def test_a_region_merged_over_rows_holds_for_each_of_them() -> None:
    records, _ = read(
        sheet([["所属县市", T, N, "园区"], ["博乐市", *A, "东园"], [None, *B, None]], "A2:A3 D2:D3")
    )
    assert [(r["region"], r["park"]) for r in records] == [("65/6527/652701/", "东园")] * 2


def test_l_08_a_row_that_slid_is_an_error_and_no_persons_name_becomes_capital() -> None:
    head = [T, N, "法定代表人", "营业收入（元）", "从业人员"]
    rows = [
        head,
        [*A, "张三", 1, 5],
        [*B, None, "李四", 2, 6],
        [None, code(3), "丙公司", "王五", 2, 6],
        [code(4), "丁公司", 3, 9],
    ]
    records, reading = read(
        sheet([*rows, [code(5), "戊公司", "赵六", 1, 2], [code(6), "己公司", "钱七", 1, 2]])
    )
    assert [r["row"] for r in records] == [2, 5, 6, 7]
    assert [(p.row, p.column, p.code) for p in reading.problems if p.is_error] == [
        (3, "D", "not_a_number"), (3, "F", "row_slid"), (4, "A", "uscc_missing"), (4, "B", "name_unreadable"), (4, "D", "not_a_number"),
        (4, "F", "row_slid"),
    ]  # fmt: skip


def test_l_08_a_telephone_number_in_a_money_column_is_beyond_all_amounts() -> None:
    _, reading = read(sheet([[T, N, "联系电话", "营业收入（万元）"], [*A, None, 13912345678]]))
    assert found(reading) == [("表", 2, "D", "revenue", "money_range")]


def test_a_note_beside_the_table_is_named_and_blocks_nothing() -> None:
    records, reading = read(sheet([[T, N, "营业收入（元）"], [*A, 1, "见附件"], [*B, 2]]))
    assert len(records) == 2 and [p.code for p in reading.problems] == ["column_without_header"]


def test_l_10_duplicate_blank_and_query_sheets_do_not_hide_the_right_one() -> None:
    table = [[T, N, "从业人员"], [*A, 5], [*B, 6]]
    file = books.xlsx(
        ("Sheet1", []), ("Query 1", [["SELECT 1"]]), ("企业", table), ("企业 (2)", table), ("空表", [[T, N]])
    )
    records, reading = read(file)
    assert [r["employees"] for r in records] == [5, 6] and reading.failed == 0
    assert [(p.sheet, p.code) for p in reading.problems] == [
        ("Query 1", "sheet_without_table"),
        ("企业 (2)", "sheet_twice"),
        ("空表", "table_empty"),
    ]
    assert all(message(p) for p in reading.problems)


def test_the_same_name_under_another_code_is_a_question_with_both_sides() -> None:
    rows = [
        [T, N],
        [code(1), "甲（中国）公司"],
        [code(2), "甲(中国) 公司"],
        [code(1), "甲（中国）公司"],
        [code(3), "乙公司"],
    ]
    _, reading = read(sheet(rows))
    assert [(p.severity, p.row, p.column, p.code, p.params) for p in reading.problems] == [
        ("warning", 3, "B", "name_twice", {"uscc": code(1), "sheet": "表", "row": 2}),
        ("error", 4, "A", "uscc_twice", {"sheet": "表", "row": 2}),
    ]


def test_another_year_in_the_sheets_name_is_a_question_and_dates_are_not() -> None:
    assert [p.code for p in read(sheet([[T, N], A], name="2023年"))[1].problems] == ["title_year"]
    for title in ("填报日期：2026年3月5日", "制表时间：2026-3-5", "新工信〔2026〕15号附件", "打印于2026/3/5"):
        assert read(sheet([[title], [T, N], A]))[1].problems == []


@pytest.mark.parametrize(
    ("typed", "field", "year", "offset", "unit"),
    [
        ("营业收入【万元】", "revenue", None, None, "万元"), ("营业收入（必填，元）", "revenue", None, None, "元"),
        ("营业收入（2024年，万元，保留两位小数）", "revenue", 2024, None, "万元"), ("营业收入（仟元）", "revenue", None, None, "千元"),
        ("营业收入（人民币：万元）", "revenue", None, None, "万元"), ("营业收入\n单位：元", "revenue", None, None, "元"),
        ("营业收入\n填写说明：按年报填", "revenue", None, None, ""), ("二〇二四年营业收入", "revenue", 2024, None, ""),
        ("24年度营业收入", "revenue", 2024, None, ""), ("2024年1-12月营业收入", "revenue", 2024, None, ""),
        ("2024年12月31日从业人员", "employees", 2024, None, ""), ("截至2024年底从业人员", "employees", 2024, None, ""),
        ("Y-1年营业收入", "revenue", None, 1, ""), ("其中：主营业务收入（万元）", "main_revenue", None, None, "万元"), ("1.企业名称", "name", None, None, ""),
        ("（1）企业名称", "name", None, None, ""), ("①企业名称", "name", None, None, ""), ("企业名称（盖章）", "name", None, None, ""),
        ("是否有自主品牌", "own_brand", None, None, ""), ("净利润（亏损以“-”号填列）", "net_profit", None, None, ""),
        ("一、知识产权优势（示范）企业有效期至（必填）", "ip_demonstration_valid_until", None, None, ""), ("细分市场占有率%", "segment_share", None, None, "%"),
        ("营业收入（%）", None, None, None, "%"), ("从业人员（万元）", None, None, None, "万元"), ("营业收入（万美元）", None, None, None, ""),
        ("营业收入增长率（%）", None, None, None, "%"), ("2025年上半年营业收入", None, 2025, None, ""), ("营业收入（预计）", None, None, None, ""),
        ("2024年及2025年营业收入", None, 2024, None, ""), ("战略性新兴产业", None, None, None, ""), ("研发投入", None, None, None, ""),
    ],
)  # fmt: skip
def test_headers_in_the_spellings_of_bureaux(
    typed: str, field: str | None, year: int | None, offset: int | None, unit: str
) -> None:
    header = recognise(typed)
    assert (header.field and header.field.code, header.year, header.offset, header.unit) == (
        field,
        year,
        offset,
        unit,
    )


def test_a_header_text_of_any_length_is_answered_at_once() -> None:
    for text in (
        "(" * 50_000,
        "2025年" * 20_000,
        "上年" * 20_000,
        "1." * 40_000,
        "\n" * 50_000,
        "其中：" * 20_000,
        "（必填，" * 10_000,
    ):
        recognise(text)
        recognise(text[:499])
    assert find_table(read(sheet([[T, N], A]))[1].parts[0].table.sheet, 2025) is not None
