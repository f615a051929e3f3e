"""The workbooks of the import journey: a county's, with thirty problems on two sheets, and a prefecture's."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl

from tests.enterprises.books import code

HEAD = ["序号", "单位名称", "社会信用代码", "行业代码", "成立时间", "从业人数", "营业收入", "主营收入", "研发费用", "资产总计", "细分市场占有率（%）",
        "自主品牌", "数字化水平等级", "备注"]  # fmt: skip
(
    NUMBER,
    NAME,
    CODE,
    INDUSTRY,
    FOUNDED,
    PEOPLE,
    REVENUE,
    MAIN,
    RESEARCH,
    ASSETS,
    SHARE,
    BRAND,
    DIGITAL,
    NOTE,
) = range(14)
#: what the county has before: the workbook names them again, with other figures or another code
KNOWN = [
    (5001, "博乐市艾比湖精密铸造有限公司"),
    (5002, "博乐市阿拉套农机装备有限公司"),
    (5003, "博乐市赛里木特种电缆有限公司"),
]
#: a row of the first sheet, the column, what is typed there, and the problem it makes; rows are Excel's own
FIRST: list[tuple[int, int, Any, str]] = [
    (8, CODE, 9.16527e17, "uscc_scientific"), (9, CODE, "9.1652701E+17", "uscc_scientific"), (10, CODE, None, "uscc_missing"),
    (11, CODE, "11010519491231002X", "uscc_personal_id"), (12, CODE, "91652701L9ENYBC55", "uscc_length"),
    (13, REVENUE, "约5千万", "not_a_number"), (14, REVENUE, "212..35", "not_a_number"), (15, REVENUE, "五千万", "number_in_words"),
    (16, PEOPLE, 12.5, "not_whole"), (17, FOUNDED, "去年", "date_unreadable"), (18, FOUNDED, "1/7/2019", "date_order"),
    (19, FOUNDED, "2099-01-01", "date_future"), (20, BRAND, "可能", "yes_no_unreadable"), (21, DIGITAL, "五级", "choice_unknown"),
    (22, INDUSTRY, "制造业", "industry_unreadable"), (23, SHARE, "101%", "number_range"), (24, ASSETS, "#REF!", "cell_error"),
    (25, REVENUE, "5000万美元", "money_currency"), (26, NAME, None, "name_missing"),
    (27, MAIN, 999_999, "main_above_revenue"), (28, RESEARCH, 99_999, "rd_above_revenue"), (29, RESEARCH, 26.0000049, "money_rounded"),
]  # fmt: skip
#: cells that the officer mends in the returned workbook: row, column, the right value
MENDED_IN_THE_FILE: list[tuple[int, int, Any]] = [
    (8, CODE, code(8)), (9, CODE, code(9)), (10, CODE, code(10)), (11, CODE, code(11)), (12, CODE, code(12)), (13, REVENUE, 5000),
    (14, REVENUE, 6212.35), (15, REVENUE, 5000), (16, PEOPLE, 12), (17, FOUNDED, "2025-07-01"), (18, FOUNDED, "2019-07-01"),
    (19, FOUNDED, "2019-01-01"), (20, BRAND, "是"), (21, DIGITAL, "四级"), (22, INDUSTRY, "C3511"),
]  # fmt: skip
#: cells that are mended on the page: column letter and header as the page names them
MENDED_ON_THE_PAGE = {
    23: ("K", "10%"),
    24: ("J", "6000"),
    25: ("G", "35000"),
    26: ("B", "博乐市北鼎新材料有限公司"),
}


def _good(n: int) -> list[Any]:
    return [n, f"博乐市{_WORDS[n % 30]}机械有限公司", code(n), "C3511", dt.date(2019, 7, 1 + n % 28), 120, "5,000.00", 4500, 260, 6000,
            "3.5%", "是", "一级", ""]  # fmt: skip


# No two of them alike: names that are near each other are a question of their own.
_WORDS = ["天岭", "赛湖", "金沙", "绿洲", "红柳", "胡杨", "白桦", "雪莲", "青松", "紫荆", "东升", "西进", "南屏", "北辰", "中垦", "长河", "大漠", "云杉",
          "飞鸿", "骏马", "雄鹰", "石榴", "葡萄", "棉田", "麦浪", "油城", "矿源", "星火", "晨曦", "暮鼓"]  # fmt: skip


def known() -> bytes:
    """What the county has registered before: no problem in it."""
    rows = [
        [1, name, code(n), "C3511", dt.date(2010, 3, 5), 80, 3000, 2500, 90, 4000, "1.5%", "否", "二级"]
        for n, name in KNOWN
    ]
    return _book(("企业", [["单位：万元"], HEAD[:NOTE], *rows]))


def thirty_problems() -> tuple[bytes, Counter[str]]:
    """Title and unit rows, two sheets, a foot; and how often each problem stands in it."""
    rows: list[list[Any]] = [["博乐市2025年度企业数据汇总表"], ["单位：万元"], HEAD]
    for n, (number, name) in enumerate(KNOWN[:2]):  # rows 4 and 5: registered, with new figures
        rows.append(
            [
                n + 1,
                name,
                code(number),
                "C3511",
                dt.date(2010, 3, 5),
                88 + n,
                3300,
                2500,
                90,
                4000,
                "1.5%",
                "否",
                "二级",
                "",
            ]
        )
    rows += [_good(6), _good(7)]
    rows += [_good(n) for n in range(8, 30)]
    for row, column, typed, _problem in FIRST:
        rows[row - 1][column] = typed
    rows[29 - 1][NOTE] = "已核"
    rows.append([])
    rows.append(["填表人：", "某某"])
    # The second sheet has no column of notes, a hidden row, and the questions.
    units = {
        REVENUE: "营业收入（万元）",
        MAIN: "主营收入（万元）",
        RESEARCH: "研发费用（万元）",
    }  # the assets have none
    second: list[list[Any]] = [[units.get(n, title) for n, title in enumerate(HEAD[:NOTE])]]
    second.append(
        [1, "博乐市赛里木特种电缆有限责任公司", code(31), *_good(31)[INDUSTRY:NOTE]]
    )  # like a registered name
    second.append([2, "博乐市旧代码五金有限公司", "652701050000123", *_good(32)[INDUSTRY:NOTE]])  # 15 digits
    wrong = code(33)[:17] + ("0" if code(33)[17] != "0" else "1")
    second.append([3, "博乐市错一位包装有限公司", wrong, *_good(33)[INDUSTRY:NOTE]])
    second.append([4, "博乐市重复登记纺织有限公司", code(6), *_good(34)[INDUSTRY:NOTE]])  # the code of row 6
    second.append([5, "博乐市少个零食品有限公司", code(35), 711, *_good(35)[FOUNDED:NOTE]])
    second.append([6, "博乐市隐藏一行有限公司", code(36), *_good(36)[INDUSTRY:NOTE]])
    expected = Counter(problem for *_place, problem in FIRST) + Counter(
        [
            "name_alike",
            "uscc_legacy",
            "uscc_check_digit",
            "uscc_twice",
            "industry_zero_restored",
            "hidden_rows",
            "unknown_column",
            "unit_assumed",
        ]
    )
    return _book(("企业汇总", rows), ("补充", second), hidden={"补充": [7]}), expected


#: the prefecture's columns, and what the counties have registered of them before
HEAD_ABOVE = [
    "序号",
    "企业名称",
    "统一社会信用代码",
    "所属县（市、区）",
    "从业人员（人）",
    "营业收入（万元）",
    "资产总额（万元）",
]
BOLE_HAS = [1, "博乐市怪石峪旅游装备有限公司", code(5101), 80, 3000, None]
JINGHE_HAS = [1, "精河县枸杞红食品有限公司", code(5102, "91652722"), 50, 2000, None]


def of_a_county(*rows: list[Any]) -> bytes:
    return _book(("企业", [[title for title in HEAD_ABOVE if "所属" not in title], *rows]))


def of_hot_springs() -> bytes:
    return of_a_county(
        [1, "温泉县温泉水泥有限公司", code(5201, "91652723"), 70, 2600, 3000],
        [2, "温泉县草原乳业有限公司", code(5202, "91652723"), 40, 1200, 900],
    )


def of_last_year() -> bytes:
    """The title names another year than the one that is chosen."""
    row = [1, "精河县去年的表有限公司", code(5203, "91652722"), 10, 20, 30]
    return _book(("企业", [["精河县2024年度企业数据"], [t for t in HEAD_ABOVE if "所属" not in t], row]))


def four_counties() -> bytes:
    """New enterprises of four counties, two empty figures, and three other than what the counties have."""
    return _book(
        (
            "汇总",
            [
                ["博尔塔拉蒙古自治州2025年度企业数据汇总表"],
                HEAD_ABOVE,
                [1, *BOLE_HAS[1:3], "博乐市", 85, 3300, 4100],
                [2, *JINGHE_HAS[1:3], "精河县", 55, 2000, 2600],
                [3, "博乐市新来一号轴承有限公司", code(5103), "博乐市", 30, 900, 700],
                [4, "阿拉山口市口岸通物流装备有限公司", code(5104, "91652702"), "阿拉山口市", 45, 1800, 1500],
                [5, "精河县盐湖化工有限公司", code(5105, "91652722"), "精河县", 60, 2400, 2200],
                [6, "温泉县圣泉饮品有限公司", code(5106, "91652723"), 652723, 25, 600, 500],
            ],
        )
    )


def _book(*sheets: tuple[str, list[list[Any]]], hidden: dict[str, list[int]] | None = None) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for row in (hidden or {}).get(name, []):
            sheet.row_dimensions[row].hidden = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def mend(returned: Path, to: Path) -> None:
    """What the officer mends in the workbook that came back; the column of hints stays as it is."""
    book = openpyxl.load_workbook(returned)
    for row, column, value in MENDED_IN_THE_FILE:
        book["企业汇总"].cell(row, column + 1, value)
    book.save(to)
