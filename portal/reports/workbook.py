"""The whole list of a report as xlsx. The same rows give the same bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from enterprises.sheets import write_xlsx
from portal.reports.content import annex_cells

HEAD = ("企业名称", "统一社会信用代码", "地区", "规模", "梯度", "评价", "得分", "缺项和待补数据")
KEYS = ("name", "uscc", "place", "size", "tier", "outcome", "score", "lacks")
WIDTHS = (34, 22, 12, 8, 10, 12, 9, 60)


def whole_list(rows: Iterable[dict[str, Any]], *, title: str, at: dt.datetime) -> bytes:
    """Every cell is written as text, so nothing becomes a formula or a number."""
    target = BytesIO()
    write_xlsx(
        target,
        HEAD,
        ([cells[key] for key in KEYS] for cells in map(annex_cells, rows)),
        sheet="企业名单",
        widths=WIDTHS,
        properties={"title": title, "created": at.replace(tzinfo=None)},
    )
    return target.getvalue()
