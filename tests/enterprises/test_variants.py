"""The same enterprises in many costumes give the same facts: layouts, units, encodings, headers."""

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import pytest

from enterprises import workbook
from enterprises.rules import rows
from enterprises.rules.fields import FEN
from tests.enterprises import books
from tests.enterprises.books import code

YEAR = 2025
FIRMS = [
    {
        "uscc": code(n),
        "name": f"博乐（第{n}）机械有限公司",
        "industry_code": "A0111",
        "established_on": dt.date(2019, 7, 1 + n),
        "revenue": 123_456_700 * (n + 1),
        "revenue[Y-1]": 5_000_000 * n,
        "net_profit": -1_000_000 * n,
        "employees": 1234 + n,
        "segment_share": Decimal("3.5"),
        "own_brand": n % 2 == 0,
    }
    for n in range(4)
]
HEADERS = {
    "uscc": ["统一社会信用代码", "信用代码", "*统一社会\n信用代码（18位）", "税号"],
    "name": ["企业名称", "单位名称", " 公司 名称 ", "名称"],
    "industry_code": ["国民经济行业代码", "行业代码", "所属行业", "行业代码"],
    "established_on": ["成立日期", "注册时间", "成立时间（年月日）", "成立日期"],
    "revenue": ["{y}年营业收入（{u}）", "营业收入({u})", "{y}营业收入/{u}", "{y}年度营业收入"],
    "revenue[Y-1]": [
        "{p}年营业收入（{u}）",
        "上年度营业收入（{u}）",
        "前一年营业收入，{u}",
        "上年度营业收入",
    ],
    "net_profit": ["净利润（{u}）", "{y}年净利润（{u}）", "净利润{u}", "净利润"],
    "employees": ["从业人员（人）", "{y}年末从业人员", "从业人员", "从业人员（人）"],
    "segment_share": ["细分市场占有率（%）"] * 4,
    "own_brand": ["自主品牌", "是否自主品牌", "自主品牌（是/否）", "自主品牌"],
}


def cell(fact: str, value: Any, unit: str, costume: int) -> Any:
    if fact in ("revenue", "revenue[Y-1]", "net_profit"):
        amount = Decimal(value) / FEN[unit]
        return [
            float(amount),
            f"{amount:,f}",
            f"{amount:f}".translate(str.maketrans("0123456789.", "０１２３４５６７８９．")),
            f"{amount:f}",
        ][costume]
    if fact == "established_on":
        return [
            value,
            f"{value:%Y年}{value.month}月{value.day}日",
            f"{value.year}.{value.month}.{value.day}",
            f"{value:%Y%m%d}",
        ][costume]
    if fact == "employees":
        return [value, f"{value:,}", f"{value}人", str(value)][costume]
    if fact == "segment_share":
        return ["3.5%", 3.5, "３.５％", "3.50"][costume]
    if fact == "own_brand":
        return [("是", "否"), ("Y", "N"), ("√", ""), ("1", "0")][costume][0 if value else 1]
    if fact == "industry_code":
        return [111, "A0111", "0111", "A111"][costume]
    if fact == "name" and costume == 2:
        return f" {value}\u200b"
    if fact == "uscc" and costume == 1:
        return value.lower() + "\u00a0"
    return value


def sheet(costume: int, unit: str, layout: int, reverse: bool) -> list[list[Any]]:
    facts = list(HEADERS)
    if reverse:
        facts.reverse()
    said = "" if costume == 3 else unit
    heads = [HEADERS[f][costume].format(y=YEAR, p=YEAR - 1, u=said or unit) for f in facts]
    body: list[list[Any]] = [heads] + [[cell(f, firm[f], unit, costume) for f in facts] for firm in FIRMS]
    if costume == 3 or layout == 1:
        body.insert(0, [None] * (len(facts) - 1) + [f"单位：{unit}"])
    if layout == 1:
        body = [
            ["博乐市2025年度企业情况汇总表"],
            *body,
            [],
            ["合计", None, 99],
            ["填表人：张三"],
            ["说明：据年报"],
        ]
    if layout == 2:
        body = [
            ["备注", *row] if n == 0 or (costume == 3 and n == 1) else [None, *row]
            for n, row in enumerate(body)
        ]
    return body


@pytest.mark.parametrize(
    ("costume", "unit", "layout", "reverse"),
    list(itertools.product(range(4), sorted(FEN), range(3), (False, True))),
)
def test_the_same_enterprises_in_another_costume_give_the_same_facts(
    costume: int, unit: str, layout: int, reverse: bool
) -> None:
    table = sheet(costume, unit, layout, reverse)
    if (costume + layout) % 2 == 0:
        file = books.xlsx(("表", table), at="A1" if layout == 0 else "C4")
    else:
        plain = [["" if v is None else v for v in row] for row in table]
        file = books.csv(plain, ["utf-8", "gb18030", "utf-16", "utf-8-sig"][costume])
    reading = rows.read(
        workbook.read(file, file.name), year=YEAR, regions={}, region="65/", today=dt.date(2026, 11, 22)
    )
    found = [
        {
            name if when in (None, YEAR) else f"{name}[Y-1]": value
            for (name, when), value in zip(record.part.targets, record.values, strict=True)
        }
        for record in reading.records()
    ]
    assert [{name: firm[name] for name in HEADERS} for firm in found] == FIRMS
    assert [p for p in reading.problems if p.is_error] == [] and reading.rows == len(FIRMS)
