"""Workbooks as offices send them, made of invented enterprises: three ways to lay one out."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter

from enterprises.rules.fields import BY_CODE
from portal.demo.invention import UNKNOWN, YEAR, Invented

Column = tuple[str, int]  # fact code, years before YEAR

_IDENTITY = (
    "uscc name park industry_code established_on legal_representative contact_name contact_phone "
    "leading_product industrial_chain is_above_scale segment_years"
)
_YEAR_END = (
    "ip1_high_value ip1_self_developed ip1 ip1_applied ip2 in_strategic_emerging product_field "
    "rd_institution_level digital_level quality_certificate management_certificate own_brand standards "
    "quality_award foreign_product_certificate hnte_valid_until tech_sme_valid_until innovative_valid_until "
    "specialised_valid_until little_giant_valid_until on_abnormal_list on_dishonesty_list "
    "accident_3y restricted_product controlled_by_large"
)
IDENTITY: tuple[Column, ...] = tuple((code, 0) for code in _IDENTITY.split())
YEARLY: tuple[Column, ...] = (
    *((code, before) for code in ("revenue", "main_revenue", "rd_expense") for before in (0, 1, 2)),
    *((code, before) for code in ("total_assets", "total_liabilities", "net_profit") for before in (0, 1)),
    *((code, before) for code in ("employees", "rd_staff") for before in (0, 1)),
    *(("equity_financing", before) for before in (0, 1, 2)),
)
YEAR_END: tuple[Column, ...] = tuple((code, 0) for code in _YEAR_END.split())
COLUMNS = IDENTITY + YEARLY + YEAR_END

#: a fixed moment, so that the same world gives the same bytes
_MADE_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def header(column: Column) -> str:
    code, before = column
    found = BY_CODE[code]
    return f"{YEAR - before}年{found.header}" if found.group == "yearly" else found.header


def cell(firm: Invented, column: Column, draw: random.Random) -> Any:
    """The value as an office types it; an unknown as one of the marks that offices use."""
    code = column[0]
    if code == "uscc":
        return firm.uscc
    if code == "name":
        return firm.name
    value = firm.facts.get(column)
    kind = BY_CODE[code].kind
    if value is None:
        honour = BY_CODE[code].group == "honour"
        return "" if honour or kind in {"text", "code"} else draw.choice(UNKNOWN)
    if isinstance(value, bool):
        return "是" if value else "否"
    return value


def plain(firms: Sequence[Invented], title: str, seed: str, extra: Sequence[Sequence[Any]] = ()) -> bytes:
    """Title, unit row, one header row, a foot. `extra` are rows to put among the others."""
    draw = random.Random(seed)
    rows: list[Sequence[Any]] = [[cell(firm, column, draw) for column in COLUMNS] for firm in firms]
    for each in extra:
        rows.insert(draw.randint(0, len(rows)), each)
    head = [[title], ["单位：万元"], [header(column) for column in COLUMNS]]
    return book_of([("企业信息", [*head, *rows, ["填表人：", "", "联系电话："]], [])])


def row(firm: Invented, seed: str) -> list[Any]:
    """One enterprise as a row of `plain`."""
    draw = random.Random(seed)
    return [cell(firm, column, draw) for column in COLUMNS]


def faulty(firms: Sequence[Invented], seed: str) -> list[list[Any]]:
    """Rows that an office got wrong, each in another way."""
    draw = random.Random(seed)
    rows = [[cell(firm, column, draw) for column in COLUMNS] for firm in firms]
    faults: tuple[tuple[Column, Any], ...] = (
        (("uscc", 0), "9165270100000000"),
        (("name", 0), ""),
        (("revenue", 0), "约三百万"),
        (("established_on", 0), "2019-13-45"),
        (("in_strategic_emerging", 0), "待定"),
        (("employees", 0), -6),
    )
    for spoilt, (column, value) in zip(rows, faults, strict=False):
        spoilt[COLUMNS.index(column)] = value
    return rows


def two_rows(firms: Sequence[Invented], title: str, seed: str) -> bytes:
    """Years merged over the figures: 2025年 | 2024年 over 营业收入, 主营业务收入 …"""
    draw = random.Random(seed)
    by_year = sorted(YEARLY, key=lambda column: column[1])
    columns = (*IDENTITY, *by_year, *YEAR_END)
    top: list[str] = []
    for column in columns:
        year = f"{YEAR - column[1]}年" if column in YEARLY else ""
        top.append(year if year and year not in top else "")
    below = [BY_CODE[code].header for code, _ in columns]
    rows = [[cell(firm, column, draw) for column in columns] for firm in firms]
    merged = []
    for before in (0, 1, 2):
        places = [index for index, column in enumerate(columns) if column in YEARLY and column[1] == before]
        merged.append((2, places[0], places[-1], f"{YEAR - before}年"))
    return book_of([("企业信息", [[title], [], top, below, *rows], merged)])


def text(firms: Sequence[Invented], seed: str) -> bytes:
    """A csv as the office software of many counties writes it."""
    draw = random.Random(seed)
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([header(column) for column in COLUMNS])
    for firm in firms:
        row = [cell(firm, column, draw) for column in COLUMNS]
        writer.writerow([value.isoformat() if isinstance(value, dt.date) else value for value in row])
    return stream.getvalue().encode("gb18030")


def write(sheet: Any, row: int, column: int, value: Any, day: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, dt.date):
        sheet.write_datetime(row, column, dt.datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
    elif isinstance(value, (int, float, Decimal)):
        sheet.write_number(row, column, float(value))
    else:
        sheet.write_string(row, column, str(value))


def book_of(
    sheets: Sequence[tuple[str, Sequence[Sequence[Any]], Sequence[tuple[int, int, int, str]]]],
) -> bytes:
    """A workbook of several sheets: name, rows, merged cells (row, first, last column, text)."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(
        stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"created": _MADE_AT, "author": "Tidu demo"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, rows, merged in sheets:
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                write(sheet, number, place, value, day)
        for number, first, last, label in merged:
            sheet.merge_range(number, first, number, last, label)
    book.close()
    return stream.getvalue()
