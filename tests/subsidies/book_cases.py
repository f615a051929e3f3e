"""Books for the tests: heads, rows, and short words for bringing them in."""

from __future__ import annotations

import datetime as dt
from typing import Any

from subsidies.actions import BookResult, take_book
from subsidies.models import AwardEvent, Entry, Pool
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import StoredFile
from tests.enterprises.books import code, xlsx

ONE, TWO, THREE = code(1), code(2), code(3)
TITLE_HEAD = [
    "统一社会信用代码",
    "企业名称",
    "称号",
    "认定日期",
    "新认定/复核",
    "撤销日期",
    "其他政策",
    "编号",
]
EVENT_HEAD = [
    "统一社会信用代码",
    "企业名称",
    "事项",
    "发生日期",
    "核定金额（万元）",
    "项目",
    "等次",
    "其他政策",
    "编号",
]
RECEIVED_HEAD = ["统一社会信用代码", "企业名称", "事项", "到账日期", "到账金额（元）", "编号"]
POOL_HEAD = ["奖补项目代码", "年度", "金额（万元）", "下达文号", "对下公开"]
TITLE = [ONE, "博乐甲机械有限公司", "专精特新“小巨人”企业", dt.date(2024, 5, 1), "新认定", None, None, None]
DAY = dt.date(2026, 6, 1)
#: as Excel gives a day: without a zone
NOON = dt.datetime(2024, 5, 1, 12)  # noqa: DTZ001


def bring(by: Actor, kind: str, *rows: list[Any], sheet: str = "汇总", **more: Any) -> BookResult:
    """One sheet of rows as that officer brings it in."""
    return take(by, kind, xlsx((sheet, list(rows)), prepare=more.pop("prepare", None)), **more)


def take(
    by: Actor, kind: str, file: Any, *, region: str = "", name: str = "", dry_run: bool = False
) -> BookResult:
    with acting(by):
        return take_book(
            by=by,
            region=region or by.region_path,
            kind=kind,
            name=name or file.name,
            data=file.getvalue(),
            dry_run=dry_run,
        )


def told(result: BookResult) -> list[tuple[str, str, int | None, str]]:
    return [(p.code, p.sheet, p.row, p.column) for p in result.problems]


def counts(result: BookResult) -> tuple[int, int, int, int]:
    return result.new, result.changed, result.unchanged, result.created


def untouched() -> bool:
    with nation():
        kept = StoredFile.objects.filter(kind__startswith="awards.")
        return not (
            AwardEvent.objects.exists() or Pool.objects.exists() or Entry.objects.exists() or kept.exists()
        )


def changed(row: list[Any], column: str, value: Any) -> list[Any]:
    """The row with another value in a column."""
    return [value if n == ord(column) - 65 else v for n, v in enumerate(row)]
