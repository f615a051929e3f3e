"""Names out of an official list: a column of names, perhaps one of codes, under whatever title stands above."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from enterprises.rules.headers import recognise
from enterprises.rules.sheet import Broken, Sheet, Workbook, shown
from enterprises.rules.text import clean
from enterprises.rules.uscc import check

_SEARCHED = 15
_FEET = ("合计", "总计", "小计", "共计", "备注", "注：", "注:", "说明：")


class Named(NamedTuple):
    """One line: Excel's row, the name as it stands, and the code where a valid one stands beside it."""

    sheet: str
    row: int
    name: str
    uscc: str


def named(workbook: Workbook) -> list[Named]:
    """The lines of every visible sheet that has a column of names; empty where none has."""
    return [line for sheet in workbook.sheets if not sheet.hidden for line in _lines(sheet)]


def _lines(sheet: Sheet) -> Iterator[Named]:
    for at, row in enumerate(sheet.rows[:_SEARCHED]):
        columns: dict[str, int] = {}
        for index, cell in enumerate(row):
            field = recognise(cell).field if isinstance(cell, str) else None
            if field is not None and field.code in ("name", "uscc"):
                columns.setdefault(field.code, index)
        if "name" in columns:
            yield from _below(sheet, at + 1, columns)
            return


def _below(sheet: Sheet, start: int, columns: dict[str, int]) -> Iterator[Named]:
    for at in range(start, len(sheet.rows)):
        row = sheet.rows[at]
        name = _text(row, columns["name"])
        if not name or name.startswith(_FEET) or recognise(name).field is not None:
            continue
        raw = _text(row, columns["uscc"]) if "uscc" in columns else ""
        found = check(raw) if raw else None
        code = found.value if found is not None and found.severity != "error" else ""
        yield Named(sheet.name, sheet.first_row + at, name[:120], code)


def _text(row: list[Any], index: int) -> str:
    value = row[index] if index < len(row) else ""
    return "" if isinstance(value, Broken) else clean(shown(value)) if value != "" else ""
