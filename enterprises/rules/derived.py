"""Facts that are computed, never entered. Exact: whole fen and fractions, no rounded quotient.

A derived fact is unknown (None) when one of its operands is; so is a quotient over zero and a growth
over a base year of zero or less. Source: derived facts of the field vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from enterprises.rules.fields import name_of

Facts = Mapping[str, Any]

BEST_IP = ("high_value", "self_developed", "class1", "class2", "none")


def ratio(numerator: int | None, denominator: int | None) -> Fraction | None:
    """numerator / denominator; None when either is unknown or the denominator is zero."""
    if numerator is None or denominator is None or denominator == 0:
        return None
    return Fraction(numerator, denominator)


def growth(now: int | None, base: int | None) -> Fraction | None:
    """(now − base) / base; None when either is unknown or the base is zero or negative."""
    if now is None or base is None or base <= 0:
        return None
    return Fraction(now - base, base)


def total(*parts: int | None) -> int | None:
    """The sum; None when a part is unknown."""
    return None if any(part is None for part in parts) else sum(part for part in parts if part is not None)


def main_ratio(facts: Facts) -> Fraction | None:
    return ratio(facts.get("main_revenue"), facts.get("revenue"))


def rd_ratio(facts: Facts) -> Fraction | None:
    return ratio(facts.get("rd_expense"), facts.get("revenue"))


def debt_ratio(facts: Facts) -> Fraction | None:
    return ratio(facts.get("total_liabilities"), facts.get("total_assets"))


def net_margin(facts: Facts) -> Fraction | None:
    return ratio(facts.get("net_profit"), facts.get("revenue"))


def rd_staff_ratio(facts: Facts) -> Fraction | None:
    return ratio(facts.get("rd_staff"), facts.get("employees"))


def main_revenue_growth(facts: Facts) -> Fraction | None:
    return growth(facts.get("main_revenue"), facts.get("main_revenue[Y-1]"))


def main_revenue_avg_growth_2y(facts: Facts) -> Fraction | None:
    """The mean of the growths of Y and Y-1; needs three years."""
    this = main_revenue_growth(facts)
    last = growth(facts.get("main_revenue[Y-1]"), facts.get("main_revenue[Y-2]"))
    return None if this is None or last is None else (this + last) / 2


def revenue_growth_2y_squared(facts: Facts) -> Fraction | None:
    """revenue[Y] / revenue[Y-2], which is (1 + compound growth)²: compare with a squared threshold.

    The compound growth itself is a root and seldom a fraction. None for a base of zero or less, and for
    a negative year Y, where there is no root.
    """
    now, base = facts.get("revenue"), facts.get("revenue[Y-2]")
    if now is None or base is None or base <= 0 or now < 0:
        return None
    return Fraction(now, base)


def cagr_at_least(facts: Facts, rate: Fraction) -> bool | None:
    """Whether the compound growth of revenue over two years is at least `rate`, exactly."""
    squared = revenue_growth_2y_squared(facts)
    return None if squared is None else squared >= (1 + rate) ** 2


def over_years(facts: Facts, code: str, years: int) -> int | None:
    """The sum of a yearly fact over Y and the years before it."""
    return total(*(facts.get(name_of(code, n)) for n in range(years)))


def equity_financing_2y(facts: Facts) -> int | None:
    return over_years(facts, "equity_financing", 2)


def equity_financing_3y(facts: Facts) -> int | None:
    return over_years(facts, "equity_financing", 3)


def rd_expense_2y_sum(facts: Facts) -> int | None:
    return over_years(facts, "rd_expense", 2)


def rd_expense_2y_avg(facts: Facts) -> Fraction | None:
    both = rd_expense_2y_sum(facts)
    return None if both is None else Fraction(both, 2)


def best_ip(facts: Facts) -> str | None:
    """The best kind of right held; None when an unknown count could still be a better one."""
    counts = ("ip1_high_value", "ip1_self_developed", "ip1", "ip2")
    for code, kind in zip(counts, BEST_IP, strict=False):
        count = facts.get(code)
        if count is None:
            return None
        if count > 0:
            return kind
    return "none"


DERIVED = {
    "main_ratio": main_ratio,
    "rd_ratio": rd_ratio,
    "debt_ratio": debt_ratio,
    "net_margin": net_margin,
    "rd_staff_ratio": rd_staff_ratio,
    "main_revenue_growth": main_revenue_growth,
    "main_revenue_avg_growth_2y": main_revenue_avg_growth_2y,
    "equity_financing_2y": equity_financing_2y,
    "equity_financing_3y": equity_financing_3y,
    "rd_expense_2y_sum": rd_expense_2y_sum,
    "rd_expense_2y_avg": rd_expense_2y_avg,
    "best_ip": best_ip,
}


def derive(facts: Facts) -> dict[str, Fraction | int | str | None]:
    """Every derived fact of one enterprise. `facts` as the judge knows them: `revenue[Y-1]`, whole fen."""
    return {code: formula(facts) for code, formula in DERIVED.items()}
