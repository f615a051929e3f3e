"""Workbooks made for the tests, and codes that satisfy GB 32100."""

from __future__ import annotations

import io
import random
from typing import Any

import openpyxl
from stdnum.cn import uscc

LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def code(n: int, front: str = "91652701") -> str:
    """The n-th made-up credit code; the same n gives the same code."""
    body = front + "".join(random.Random(n).choices(LETTERS, k=9))
    return body + uscc.calc_check_digit(body)


def xlsx(*sheets: tuple[str, list[list[Any]]], at: str = "A1", prepare: Any = None) -> io.BytesIO:
    """A workbook of sheets of rows, the first cell at `at`; `prepare` may touch it before it is saved."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        first = sheet[at]
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if value is not None:
                    cell = sheet.cell(first.row + r, first.column + c, value)
                    if isinstance(value, str):
                        cell.value = value.replace("=f:", "=")
                        cell.data_type = "f" if value.startswith("=f:") else "s"
    if prepare is not None:
        prepare(book)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    file.name = "企业汇总.xlsx"
    return file


def csv(rows: list[list[Any]], encoding: str = "utf-8", name: str = "企业汇总.csv") -> io.BytesIO:
    import csv as writer

    text = io.StringIO()
    writer.writer(text).writerows(rows)
    file = io.BytesIO(text.getvalue().encode(encoding))
    file.name = name
    return file


def plain(count: int, start: int = 0, **columns: Any) -> list[list[Any]]:
    """A header and `count` enterprises; a column's value may be a function of n."""
    header = ["统一社会信用代码", "企业名称", *columns]
    rows = [
        [code(n), f"博乐第{n}机械有限公司", *(v(n) if callable(v) else v for v in columns.values())]
        for n in range(start, start + count)
    ]
    return [header, *rows]
