"""Which facts an edition may name, of what kind they are, and which raw facts a derived one is made of.

A fact of the reporting year Y goes by its plain code (`revenue`), one of an earlier year by the code and
the year behind it in the notation of the field vocabulary: `revenue[Y-1]`, `revenue[Y-2]`.
Money is whole fen, a date a `date`, yes/no a `bool`, a choice its code, None (or absent) unknown.
"""

from __future__ import annotations

from typing import NamedTuple

from enterprises.rules.fields import FIELDS, NUMERIC_CHOICES, PERSON
from enterprises.rules.fields import name_of as earlier

#: beside the facts: codes of the conditions that a person has said do not apply to the enterprise
NOT_APPLICABLE = "not_applicable"


class Ratio(NamedTuple):
    """numerator / denominator, unknown when the denominator is zero.

    Where the numerator is unknown, `instead` stands for it; with `where_given` an unknown denominator means
    that the ratio is not claimed, so it meets nothing.
    """

    numerator: str
    denominator: str
    instead: str = ""
    where_given: bool = False


class Growth(NamedTuple):
    """(now − base) / base, unknown when the base is zero or negative."""

    now: str
    base: str


class MeanGrowth(NamedTuple):
    """The mean of the growths from `base` to `middle` and from there to `now`."""

    now: str
    middle: str
    base: str


class Sum(NamedTuple):
    """A sum; of parts that are never negative the known ones are a lower bound."""

    parts: tuple[str, ...]


Derived = Ratio | Growth | MeanGrowth | Sum
DERIVED: dict[str, Derived] = {
    "main_ratio": Ratio("main_revenue", "revenue"),
    "rd_ratio": Ratio("rd_expense", "revenue"),
    "debt_ratio": Ratio("total_liabilities", "total_assets"),
    "net_margin": Ratio("net_profit", "revenue"),
    "rd_staff_ratio": Ratio("rd_staff", "employees"),
    "rd_ratio[Y-1]": Ratio(earlier("rd_expense", 1), earlier("revenue", 1)),
    "rd_cost_ratio": Ratio("rd_expense", "total_cost", where_given=True),
    "tech_staff_ratio": Ratio("tech_staff", "employees", instead="rd_staff"),
    "main_revenue_growth": Growth("main_revenue", earlier("main_revenue", 1)),
    "main_revenue_avg_growth_2y": MeanGrowth(
        "main_revenue", earlier("main_revenue", 1), earlier("main_revenue", 2)
    ),
    # The growth over both years: a compound growth of 5 % a year is one of 10.25 % in two, without a root.
    "revenue_growth_2y": Growth("revenue", earlier("revenue", 2)),
    "rd_expense_2y_sum": Sum(("rd_expense", earlier("rd_expense", 1))),
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
KINDS |= {
    earlier(field.code, n): KINDS[field.code]
    for field in FIELDS
    for n in (1, 2)
    if field.storage == "figures" and field.code in KINDS
}
KINDS |= {code: "money" if isinstance(made, Sum) else "ratio" for code, made in DERIVED.items()}
#: what a named reviewer answers; no figure decides it
JUDGEMENTS = frozenset(field.code for field in PERSON)
#: figures with decimals of their own: percent points and scores
DECIMALS = {
    field.code: 100 if field.kind == "percent" else 1
    for field in FIELDS
    if field.kind in ("percent", "score")
}
KINDS["size_class"] = "size"

# Never below zero whatever they turn out to be.
NEVER_NEGATIVE = frozenset(code for code, kind in KINDS.items() if kind == "count") | {
    earlier("equity_financing", n) for n in (0, 1, 2)
}


def operands(fact: str) -> tuple[str, ...]:
    """The raw facts that decide a fact of the vocabulary."""
    if fact == "size_class":
        return SIZE_FACTS
    made = DERIVED.get(fact)
    if made is None:
        return (fact,)
    if isinstance(made, Sum):
        return made.parts
    if isinstance(made, Ratio):
        return (made.numerator, *([made.instead] if made.instead else ()), made.denominator)
    return tuple(made)
