"""The columns of a recommendation list, the same on paper, in a workbook and on the page."""

from __future__ import annotations

from typing import Any

from cultivation.models import ApplicationBatch, RecommendationList
from tenancy.models import Region

#: of each column in mm: the paper is 297 mm wide with 25 mm at both sides
WIDTHS = (12, 58, 42, 24, 44, 22, 45)
HEAD = ("序号", "企业名称", "统一社会信用代码", "地区", "主导产品", "评价", "推荐意见")
_OUTCOMES = {"pass": "达标", "fail": "未达标", "unknown": "待补数据", "": "—"}


def cells(row: dict[str, Any], n: int) -> tuple[str, ...]:
    """One line of the list, as paper and workbook have it."""
    score = "" if row["score"] is None else f" {row['score']:g} 分"
    return (
        str(n),
        row["name"],
        row["uscc"],
        row["place"],
        row["product"],
        f"{_OUTCOMES[row['outcome']]}{score}",
        row["opinion"] or "同意推荐",
    )


def file_name(made: RecommendationList, batch: ApplicationBatch, place: Region, suffix: str) -> str:
    return f"{place.name}{batch.title}推荐汇总表（第{made.number}号）.{suffix}"
