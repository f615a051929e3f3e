"""Numbers as pages and reports print them: scores, money, ratios, so that none contradicts a judgement."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from cultivation.rules.shapes import Number
from cultivation.rules.steps import kind
from cultivation.rules.vocabulary import KINDS


def span(low: Number, high: Number) -> str:
    """A score, as a range while it is open: `60–70`."""
    return str(low) if low == high else f"{low}–{high}"


def money(fen: int, *, up: bool = False) -> str:
    """Fen as `1,234.50 万元`; `up` rounds up, so that the sum printed is enough."""
    hundredths = -(-fen // 10_000) if up else (fen + 5_000) // 10_000
    sign = "−" if hundredths < 0 else ""
    return _("%(amount)s 万元") % {"amount": f"{sign}{abs(hundredths) / Decimal(100):,.2f}"}


def percent(ratio: Fraction, limits: list[Any]) -> str:
    """A ratio in percent with two decimals, with more where rounding would cross one of the limits."""
    for places in (2, 3, 4, 6, 8, 10, 12):
        scaled = ratio * 100 * 10**places
        whole = (scaled + Fraction(1, 2)).__floor__()
        shown = Fraction(whole, 100 * 10**places)
        if all(
            (shown >= limit) == (ratio >= limit) and (shown <= limit) == (ratio <= limit) for limit in limits
        ):
            break
    return f"{Decimal(whole) / Decimal(10**places):.{places}f}"


def threshold(fact: str, limit: Any) -> str:
    if KINDS[fact] == "ratio":
        return f"{Decimal(limit.numerator * 100) / Decimal(limit.denominator):f}%"
    return money(limit) if KINDS[fact] == "money" else str(limit)


def amount(fact: str, change: int) -> str:
    return money(change, up=True) if kind(fact) == "money" else str(change)
