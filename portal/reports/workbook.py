"""The whole list of a report as xlsx. The same rows give the same bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import xlsxwriter

from portal.reports.content import annex_cells

HEAD = ("企业名称", "统一社会信用代码", "地区", "规模", "梯度", "评价", "得分", "缺项和待补数据")
KEYS = ("name", "uscc", "place", "size", "tier", "outcome", "score", "lacks")
WIDTHS = (34, 22, 12, 8, 10, 12, 9, 60)


def whole_list(rows: Iterable[dict[str, Any]], *, title: str, at: dt.datetime) -> bytes:
    """Constant memory; every cell is written as text, so nothing becomes a formula or a number."""
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": title, "created": at.replace(tzinfo=None)})
        sheet = book.add_worksheet("企业名单")
        bold = book.add_format({"bold": True, "bottom": 1})
        text = book.add_format({"num_format": "@"})
        for column, (width, head) in enumerate(zip(WIDTHS, HEAD, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, head, bold)
        sheet.freeze_panes(1, 0)
        for place, row in enumerate(rows, 1):
            cells = annex_cells(row)
            for column, key in enumerate(KEYS):
                sheet.write_string(place, column, cells[key], text)
    return target.getvalue()
