"""The sample workbook of the first journey: real-life mess around rows that are right."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from portal.demo.invention import Invented, credit_code, invent
from portal.demo.sheets import book_of

FILE_NAME = "博乐市2025年企业信息采集表.xlsx"
_TOP = (
    ("序号", "", 0), ("单位名称", "name", 0), ("税  号", "uscc", 0), ("注册时间", "established_on", 0),
    ("法人代表", "legal_representative", 0), ("手机", "contact_phone", 0), ("行业代码", "industry_code", 0),
    ("主营产品", "leading_product", 0),
    ("营业收入", "revenue", 1), ("主营业务收入", "main_revenue", 1), ("研发费用", "rd_expense", 1),
    ("营业收入", "revenue", 0), ("主营业务收入", "main_revenue", 0), ("研发费用", "rd_expense", 0),
    ("资产总额", "total_assets", 0), ("负债总额", "total_liabilities", 0), ("从业人员（人）", "employees", 0),
    ("Ⅰ类高价值知识产权（项）", "ip1_high_value", 0),
    ("自主研发Ⅰ类知识产权（项）", "ip1_self_developed", 0),
    ("Ⅰ类知识产权（项）", "ip1", 0), ("Ⅱ类知识产权（项）", "ip2", 0),
    ("是否属于战略性新兴产业", "in_strategic_emerging", 0), ("研发机构级别", "rd_institution_level", 0),
    ("高新技术企业\n有效期至", "hnte_valid_until", 0), ("是否列入经营异常名录", "on_abnormal_list", 0),
    ("是否列入严重失信名单", "on_dishonesty_list", 0),
    ("近三年重大安全质量环境事故或偷漏税", "accident_3y", 0),
    ("产品属于禁止限制淘汰类", "restricted_product", 0),
    ("联络员微信", "", 0), ("备注", "", 0),
)  # fmt: skip
_MONEY = {"revenue", "main_revenue", "rd_expense", "total_assets", "total_liabilities"}


def sample() -> bytes:
    """A workbook of 博乐市 with two header rows, money in 千元, and about one faulty row in six."""
    draw = random.Random("tidu-messy-652701")
    # Behind the demo's own enterprises of the county, so that most of these are new.
    firms = invent("652701", "博乐市", 436)[400:]
    rows = [_row(number, firm, draw) for number, firm in enumerate(firms, start=1)]
    _spoil(rows, draw)
    _repeat(rows)
    top = ["" for _ in _TOP]
    below = [text for text, _, _ in _TOP]
    top[8], top[11] = "2024年", "2025年"
    foot: list[Sequence[Any]] = [
        ["合计", "", "", "", "", "", "", "", *(sum_of(rows, place) for place in range(8, 16))]
    ]
    foot += [[], ["填表人：张三", "", "", "审核人：", "", "填表日期：2026年9月15日"]]
    title = "博乐市2025年度优质中小企业信息采集表"
    head: list[Sequence[Any]] = [[title], ["填报单位：博乐市工信局", "", "", "单位：千元"]]
    merged = [(0, 0, 29, title), (2, 8, 10, "2024年"), (2, 11, 13, "2025年")]
    notes = [["填表说明"], ["1. 金额单位为千元。"], ["2. 不掌握的填“不详”。"]]
    return book_of([("填表说明", notes, []), ("企业信息", [*head, top, below, *rows, *foot], merged)])


def _row(number: int, firm: Invented, draw: random.Random) -> list[Any]:
    row: list[Any] = []
    for _, code, before in _TOP:
        if code == "name":
            row.append(firm.name)
        elif code == "uscc":
            row.append(firm.uscc)
        elif not code:
            row.append(number if not row else "")
        else:
            row.append(_typed(firm.facts.get((code, before)), code, draw))
    return row


def _typed(value: Any, code: str, draw: random.Random) -> Any:
    if value is None:
        return draw.choice(("", "不详", "—"))
    if isinstance(value, bool):
        return draw.choice(("是", "有", "Y")) if value else draw.choice(("否", "无", "N"))
    if code in _MONEY:
        amount = value * 10
        return f"{amount:,.2f}" if draw.random() < 0.3 else amount
    if code == "established_on":
        return draw.choice(
            (value, f"{value.year}年{value.month}月", f"{value.year}.{value.month}.{value.day}")
        )
    return value


def _place(code: str, before: int = 0) -> int:
    return next(index for index, (_, fact, years) in enumerate(_TOP) if (fact, years) == (code, before))


def _spoil(rows: list[list[Any]], draw: random.Random) -> None:
    """One fault per row, each of another kind."""
    uscc, name = _place("uscc"), _place("name")
    rows[2][uscc] = rows[2][uscc][:-1]
    rows[4][uscc] = rows[4][uscc].translate(
        str.maketrans("0123456789", "０１２３４５６７８９")
    )  # read all the same
    rows[6][name] = ""
    rows[8][_place("revenue")] = "约五百万"
    rows[10][_place("employees")] = -12
    rows[12][_place("established_on")] = "2031-02-30"
    rows[14][_place("in_strategic_emerging")] = "可能"
    rows[16][uscc] = "6527012099123100" + "1X"
    rows[18][_place("rd_expense")] = "２，３４０．５０"  # read all the same
    rows[20][uscc] = credit_code(draw, "652722")[:17] + "0"
    rows[22][_place("main_revenue")] = rows[22][_place("revenue")]
    rows[24][_place("industry_code")] = "Z999"


def _repeat(rows: list[list[Any]]) -> None:
    """One enterprise twice with another figure, as when two colleagues fill in one list."""
    again = list(rows[1])
    again[0] = len(rows) + 1
    again[_place("employees")] = 7
    rows.append(again)


def sum_of(rows: Sequence[Sequence[Any]], place: int) -> float:
    found = 0.0
    for row in rows:
        try:
            found += float(str(row[place]).replace(",", ""))
        except ValueError:
            continue
    return round(found, 2)
