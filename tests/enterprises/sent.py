"""Workbooks as officers send them, a few cells wrong; each is built in another way."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import xlsxwriter

from tests.enterprises import books
from tests.enterprises.test_workbook import changed, sheet_xml

HEAD = ["统一社会信用代码", "企业名称", "营业收入（万元）", "成立日期", "细分市场占有率（%）"]
#: a made-up personal identity number
NUMBER = "11010519491231002X"


def rows(count: int = 6) -> list[list[Any]]:
    """The second enterprise's revenue is no number, the fourth's date none; the fifth's revenue is negative."""
    made = [
        [books.code(n), f"博乐（第{n}）<棉>业", 100.25 + n, dt.date(2019, 7, 1 + n), 0.035 + n / 1000]
        for n in range(count)
    ]
    made[1][2], made[3][3], made[4][2] = "约5千万", "去年", -3
    return made


def percents(book: Any) -> None:
    for sheet in book:
        for row in sheet.iter_rows(min_row=2):
            for cell in row:
                if isinstance(cell.value, float) and abs(cell.value) < 1:
                    cell.number_format = "0.00%"


def titled() -> bytes:
    sheet = [["2025年企业情况表"], ["单位：万元"], HEAD, *rows(), ["合计", None, 3.5], ["填表人：张三"]]

    def prepare(book: Any) -> None:
        percents(book)
        page = book["表"]
        page.merge_cells("A1:E1")
        page.merge_cells("A2:E2")
        page.auto_filter.ref = "A3:E9"
        page.print_area = "A1:E9"
        page.freeze_panes = "A4"

    return books.xlsx(("表", sheet), prepare=prepare).getvalue()


def two_rows_of_headers() -> bytes:
    sheet = [
        ["统一社会信用代码", "企业名称", "2025年", None, "2024年", None],
        [None, None, "营业收入（万元）", "从业人员", "营业收入（万元）", "从业人员"],
        *([code, name, revenue, 20, 5.5, "多"] for code, name, revenue, *_ in rows()),
    ]

    def prepare(book: Any) -> None:
        for area in ("A1:A2", "B1:B2", "C1:D1", "E1:F1"):
            book["表"].merge_cells(area)

    return books.xlsx(("表", sheet), prepare=prepare).getvalue()


def two_rows_of_headers_unmerged() -> bytes:
    sheet = [
        ["统一社会信用代码", "企业名称", "2025年", None, "2024年"],
        [None, None, "营业收入（万元）", "从业人员", "营业收入（万元）"],
        *([code, name, revenue, 20, 5.5] for code, name, revenue, *_ in rows()),
    ]
    return books.xlsx(("表", sheet)).getvalue()


def hidden_parts() -> bytes:
    def prepare(book: Any) -> None:
        percents(book)
        page = book["表"]
        page.row_dimensions[7].hidden = True
        # Everything right of the table is hidden, as many officers leave it.
        page.column_dimensions.group("F", "XFD", hidden=True)
        book.create_sheet("藏").sheet_state = "hidden"
        book["藏"]["A1"] = "旧数据"

    return books.xlsx(("表", [HEAD, *rows(8)]), prepare=prepare).getvalue()


def somewhere_else() -> bytes:
    return books.xlsx(
        ("甲", [HEAD, *rows()]), ("乙", [["说明"], ["没有表"]]), at="D7", prepare=percents
    ).getvalue()


def two_sheets() -> bytes:
    return books.xlsx(
        ("甲", [HEAD, *rows()[:5]]), ("乙 & <丙>", [HEAD, *rows(7)[5:]]), prepare=percents
    ).getvalue()


def with_xlsxwriter(**options: Any) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, options)
    page = book.add_worksheet("表")
    percent, date = book.add_format({"num_format": "0.0%"}), book.add_format({"num_format": "yyyy/m/d"})
    bold = book.add_format({"bold": True})
    page.write_row(0, 0, HEAD, bold)
    for r, row in enumerate(rows(), 1):
        for c, value in enumerate(row):
            if isinstance(value, dt.date):
                page.write_datetime(r, c, value, date)
            else:
                page.write(r, c, value, percent if c == 4 else None)
    page.write_formula(7, 2, "=SUM(C2:C7)", None, 512.5)
    page.write_rich_string(8, 1, "富", bold, "文本", "有限公司")
    page.write_comment(1, 1, "请核对")
    page.insert_textbox(10, 3, "说明")
    page.autofilter(0, 0, 6, 4)
    page.conditional_format(1, 2, 6, 2, {"type": "cell", "criteria": ">", "value": 5, "format": bold})
    page.data_validation(1, 4, 6, 4, {"validate": "decimal", "criteria": ">=", "value": 0})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=表!$C$2:$C$7"})
    page.insert_chart("H2", chart)
    book.close()
    return out.getvalue()


def shared_formulas() -> bytes:
    """Revenue by one shared formula; its first cell is right, a later one is an error value."""
    code = [books.code(n) for n in range(3)]
    line = '<row r="{r}" spans="1:3" ht="13.5"><c r="A{r}" t="inlineStr"><is><t>{code}</t></is></c><c r="B{r}" t="inlineStr"><is><t>甲{r}公司</t></is></c>{c}</row>'
    body = (
        '<dimension ref="A1:C4"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>统一社会信用代码</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>企业名称</t></is></c><c r="C1" t="inlineStr"><is><t>营业收入（万元）</t></is></c></row>'
        + line.format(r=2, code=code[0], c='<c r="C2"><f t="shared" ref="C2:C4" si="0">1+1</f><v>2</v></c>')
        + line.format(r=3, code=code[1], c='<c r="C3"><f t="shared" si="0"/><v>2</v></c>')
        + line.format(r=4, code=code[2], c='<c r="C4" t="e"><f t="shared" si="0"/><v>#DIV/0!</v></c>')
        + "</sheetData>"
    )
    return changed(books.xlsx(("Sheet", [["x"]])), xl__worksheets__sheet1_xml=sheet_xml(body))


def days_from_1904() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"date_1904": True})
    page = book.add_worksheet("表")
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    page.write_row(0, 0, HEAD[:4])
    for r, row in enumerate(rows(), 1):
        page.write_row(r, 0, row[:3])
        if isinstance(row[3], dt.date):
            page.write_datetime(r, 3, row[3], date)
        else:
            page.write(r, 3, 42000)
    book.close()
    return out.getvalue()


EDITED = {
    "plain": lambda: books.xlsx(("表", [HEAD, *rows()]), prepare=percents).getvalue(),
    "titled": titled,
    "two rows of headers": two_rows_of_headers,
    "two rows of headers, unmerged": two_rows_of_headers_unmerged,
    "hidden parts": hidden_parts,
    "somewhere else": somewhere_else,
    "two sheets": two_sheets,
    "XlsxWriter": with_xlsxwriter,
    "XlsxWriter, text in the cells": lambda: with_xlsxwriter(constant_memory=True),
    "shared formulas": shared_formulas,
    "1904": days_from_1904,
}
