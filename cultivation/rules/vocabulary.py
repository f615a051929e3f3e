"""Which facts an edition may name, of what kind they are, and which raw facts a derived one is made of.

A fact of the reporting year Y goes by its plain code (`revenue`), one of an earlier year by the code and
the year behind it in the notation of the field vocabulary: `revenue[Y-1]`, `revenue[Y-2]`.
Money is whole fen, a date a `date`, yes/no a `bool`, a choice its code, None (or absent) unknown.
"""

from __future__ import annotations

from typing import NamedTuple

from enterprises.rules.fields import FIELDS, NUMERIC_CHOICES
from enterprises.rules.fields import name_of as earlier


class Ratio(NamedTuple):
    """numerator / denominator, unknown when the denominator is zero."""

    numerator: str
    denominator: str


class Growth(NamedTuple):
    """(this year − base year) / base year, unknown when the base is zero or negative."""

    now: str
    base: str


class Sum(NamedTuple):
    """A sum of parts that are never negative, so that the known ones are a lower bound."""

    parts: tuple[str, ...]


DERIVED: dict[str, Ratio | Growth | Sum] = {
    "main_ratio": Ratio("main_revenue", "revenue"),
    "rd_ratio": Ratio("rd_expense", "revenue"),
    "debt_ratio": Ratio("total_liabilities", "total_assets"),
    "net_margin": Ratio("net_profit", "revenue"),
    "rd_staff_ratio": Ratio("rd_staff", "employees"),
    "main_revenue_growth": Growth("main_revenue", earlier("main_revenue", 1)),
    "equity_financing_2y": Sum(tuple(earlier("equity_financing", n) for n in (0, 1))),
    "equity_financing_3y": Sum(tuple(earlier("equity_financing", n) for n in (0, 1, 2))),
}

# The size class is derived in enterprises; these are the facts that it is made of.
SIZE_FACTS = ("industry_code", "employees", "revenue", "total_assets")

_KIND_OF = {
    "text": "text",
    "code": "text",
    "date": "date",
    "money": "money",
    "count": "count",
    "yes_no": "flag",
    "choice": "choice",
    "percent": "ratio",
    "score": "count",
}

KINDS: dict[str, str] = {
    field.code: "count" if field.code in NUMERIC_CHOICES else _KIND_OF[field.kind]
    for field in FIELDS
    if field.kind in _KIND_OF
}
KINDS |= {code: "money" if isinstance(made, Sum) else "ratio" for code, made in DERIVED.items()}
KINDS["size_class"] = "size"

# Never below zero whatever they turn out to be.
NEVER_NEGATIVE = frozenset(code for code, kind in KINDS.items() if kind == "count") | {"equity_financing"}


def operands(fact: str) -> tuple[str, ...]:
    """The raw facts that decide a fact of the vocabulary."""
    if fact == "size_class":
        return SIZE_FACTS
    made = DERIVED.get(fact)
    if made is None:
        return (fact,)
    return made.parts if isinstance(made, Sum) else tuple(made)
