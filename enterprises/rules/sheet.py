"""A sheet as it was read: values with Excel's own row numbers, and what the values alone do not tell.

`enterprises.workbook` fills it, the other rules read it; neither xlsx nor csv is known here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

#: sheets that the portal itself adds to a returned workbook and to the template; they hold no table
RETURNED_SHEET, TEMPLATE_NOTES = "导入说明", "填表说明"
#: and the one that an export prints its conditions on
NOTES_SHEET = "导出说明"
OWN_SHEETS = frozenset({RETURNED_SHEET, TEMPLATE_NOTES, NOTES_SHEET})


class Percent(float):
    """A number in a cell with a percent format: 0.035 is shown as 3.5 %."""


class Scaled(float):
    """A number whose cell format shows a thousandth or less of it: nobody can tell which one is meant."""


class Broken(str):
    """An error value (`#DIV/0!`), or a formula that was saved without a value (empty text)."""


class Month(dt.date):
    """A month whose day is not known; as a date it is its first day."""


class Clear(Enum):
    """The officer's word 清除: the stored value is to be erased."""

    CLEAR = "清除"


CLEAR = Clear.CLEAR


@dataclass
class Sheet:
    """One visible or hidden sheet. The n-th row has Excel's number `first_row + n`."""

    name: str
    rows: list[list[Any]]
    first_row: int = 1
    first_column: int = 0
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    #: zero-based, counted from column A
    hidden_columns: frozenset[int] = frozenset()
    #: (first row, first column, last row, last column); rows are Excel's, columns zero-based from A
    merged: tuple[tuple[int, int, int, int], ...] = ()
    #: zero-based column → number of formula cells in it
    formulas: dict[int, int] = field(default_factory=dict)
    first_formula: tuple[int, int] | None = None
    date1904: bool = False
    #: csv has text alone, so that a number may once have been one in Excel
    text_only: bool = False


@dataclass
class Workbook:
    """What was read from one file."""

    name: str
    kind: str
    sheets: list[Sheet]
    encoding: str = ""


def shown(raw: Any) -> str:
    """A cell's value as the officer saw it, as far as it can be told."""
    if raw is None:
        return ""
    if isinstance(raw, Percent):
        return f"{float(raw) * 100:.15g}%"
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, float):
        if abs(raw) >= 1e15:
            return f"{raw:.6G}"
        return f"{raw:.15g}"
    if isinstance(raw, dt.datetime):
        return (
            raw.isoformat(sep=" ", timespec="seconds") if raw.time() != dt.time() else raw.date().isoformat()
        )
    if isinstance(raw, dt.date):
        return raw.isoformat()
    # Excel's escape _x0000_ gives a character that no database stores.
    return str(raw).replace("\0", "\ufffd")
