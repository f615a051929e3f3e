"""What a report reads: the closed quarter of one region, and of the regions one level below it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

QUARTER_NAMES = {
    1: gettext_lazy("一季度"),
    2: gettext_lazy("二季度"),
    3: gettext_lazy("三季度"),
    4: gettext_lazy("四季度"),
}
TIERS = ("innovative", "tech_sme", "specialised", "little_giant")


@dataclass(frozen=True)
class Quarter:
    """A calendar quarter; written `2026Q3`."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Raises ValueError for anything but a year, Q and 1 to 4."""
        year, letter, number = text[:4], text[4:5].upper(), text[5:]
        if (
            len(text) != 6
            or letter != "Q"
            or not year.isascii()
            or not year.isdigit()
            or number not in "1234"
        ):
            raise ValueError(text)
        return cls(int(year), int(number))

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @property
    def starts_on(self) -> dt.date:
        return dt.date(self.year, 3 * self.number - 2, 1)

    @property
    def ends_on(self) -> dt.date:
        return self.shift(1).starts_on - dt.timedelta(days=1)

    def shift(self, quarters: int) -> Quarter:
        index = self.year * 4 + self.number - 1 + quarters
        return Quarter(index // 4, index % 4 + 1)

    @classmethod
    def of(cls, day: dt.date) -> Quarter:
        return cls(day.year, (day.month + 2) // 3)

    @property
    def full_name(self) -> str:
        """2026 年第三季度"""
        return _("%(year)d 年第%(quarter)s") % {"year": self.year, "quarter": self.name}

    @property
    def name(self) -> str:
        """三季度"""
        return str(QUARTER_NAMES[self.number])

    @property
    def short(self) -> str:
        """26.3, for the axis of a chart"""
        return f"{self.year % 100:02d}.{self.number}"


@dataclass(frozen=True)
class Closed:
    """One snapshot, as the report sees it. `figures` adds up over regions; `annex` is the county's list."""

    code: str
    name: str
    full_name: str
    kind: str
    quarter: Quarter
    counted_at: dt.datetime
    late: bool
    figures: dict[str, Any]
    compared: dict[str, Any]
    annex: list[dict[str, Any]]
    legend: dict[str, Any]
    audit_head: dict[str, Any]
    below: list[Closed] = field(default_factory=list)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The whole list: the region's own enterprises and those of the regions below, in a fixed order."""
        found = [*self.annex, *(row for each in self.below for row in each.rows)]
        return sorted(found, key=_order)

    @property
    def file_stem(self) -> str:
        return f"{self.code}-{self.quarter}"


_OUTCOMES = {"pass": 0, "near": 1, "unknown": 2, "fail": 3, None: 4}


def _order(row: dict[str, Any]) -> tuple[int, int, int, str]:
    """Qualified first, then the nearest, then what is unknown; a tie is broken by the code."""
    return (_OUTCOMES.get(row["group"], 4), row["missing_count"] or 0, -(row["score"] or 0), row["uscc"])


def add(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """The sum of two figure trees; a key of one side alone is kept."""
    total = dict(first)
    for key, value in second.items():
        known = total.get(key)
        if isinstance(value, dict):
            total[key] = add(known if isinstance(known, dict) else {}, value)
        else:
            total[key] = (known or 0) + value
    return total
