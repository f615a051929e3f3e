"""Numbers that may be unknown, as bounds: a known one has both bounds equal, an unknown one has an open end.

Everything is an integer over an integer, so that comparisons multiply crosswise and never round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from cultivation.rules.vocabulary import DECIMALS, DERIVED, KINDS, NEVER_NEGATIVE, Growth, MeanGrowth, Ratio

Facts = Mapping[str, Any]
# (lowest, highest, denominator > 0, facts that keep it open); None is "without bound"
Amount = tuple[int | None, int | None, int, tuple[str, ...]]
Reader = Callable[[Facts], Amount]


def reader(fact: str) -> Reader:
    """How to read one number of the vocabulary from the facts."""
    made = DERIVED.get(fact)
    if made is None:
        return _plain(fact)
    if isinstance(made, Ratio):
        return _ratio(made)
    if isinstance(made, Growth):
        return _growth(made.now, made.base)
    if isinstance(made, MeanGrowth):
        return _mean_growth(made)
    return _sum(made.parts)


class Quotient(NamedTuple):
    """An exact ratio as it was read; reducing it costs more than judging by it, so that waits until asked."""

    top: int
    base: int

    @property
    def exact(self) -> Fraction:
        return Fraction(self.top, self.base)


def value(fact: str, amount: Amount) -> int | Decimal | Quotient | None:
    """What the enterprise has: a number, a quotient for a ratio, None while a bound is open."""
    low, _, per, open_facts = amount
    if open_facts or low is None:
        return None
    if KINDS[fact] == "ratio":
        return Quotient(low, per)
    return low if per == 1 else Decimal(low) / per


def _plain(code: str) -> Reader:
    lowest = 0 if code in NEVER_NEGATIVE else None
    plain = code.split("[")[0]
    if plain in DECIMALS:
        return _decimal(code, DECIMALS[plain], lowest)

    def read(facts: Facts) -> Amount:
        known = facts.get(code)
        return (lowest, None, 1, (code,)) if known is None else (known, known, 1, ())

    return read


def _decimal(code: str, per: int, lowest: int | None) -> Reader:
    """Percent points or a score as an exact fraction."""

    def read(facts: Facts) -> Amount:
        known = facts.get(code)
        if known is None:
            return (lowest, None, 1, (code,))
        top, base = known.as_integer_ratio()
        return (top, top, base * per, ())

    return read


#: below every threshold: what is not claimed meets nothing and keeps nothing open
_NOT_CLAIMED: Amount = (-1, -1, 1, ())


def _ratio(made: Ratio) -> Reader:
    numerator, denominator, instead, where_given = made

    def read(facts: Facts) -> Amount:
        top, base = facts.get(numerator), facts.get(denominator)
        if top is None and instead:
            top = facts.get(instead)
        if base is None and where_given:
            return _NOT_CLAIMED
        if top is not None and base:
            return (top, top, base, ()) if base > 0 else (-top, -top, -base, ())
        # A zero denominator is a known figure that decides nothing: it is the one to correct.
        return (None, None, 1, ((numerator,) if top is None else ()) + (() if base else (denominator,)))

    return read


def _growth(now: str, base: str) -> Reader:
    def read(facts: Facts) -> Amount:
        new, old = facts.get(now), facts.get(base)
        if new is not None and old is not None and old > 0:
            return (new - old, new - old, old, ())
        usable = old is not None and old > 0
        return (None, None, 1, ((now,) if new is None else ()) + (() if usable else (base,)))

    return read


def _mean_growth(made: MeanGrowth) -> Reader:
    def read(facts: Facts) -> Amount:
        now, middle, base = (facts.get(code) for code in made)
        usable = [now is not None, middle is not None and middle > 0, base is not None and base > 0]
        if not all(usable):
            open_facts = tuple(code for code, known in zip(made, usable, strict=True) if not known)
            return (None, None, 1, open_facts)
        top = (now - middle) * base + (middle - base) * middle  # type: ignore[operator]
        return (top, top, 2 * middle * base, ())  # type: ignore[operator]

    return read


def _sum(parts: tuple[str, ...]) -> Reader:
    bounded = NEVER_NEGATIVE.issuperset(parts)

    def read(facts: Facts) -> Amount:
        total = 0
        open_parts: tuple[str, ...] = ()
        for part in parts:
            known = facts.get(part)
            if known is None:
                open_parts = (*open_parts, part)
            else:
                total += known
        if not open_parts:
            return (total, total, 1, ())
        return (total if bounded else None, None, 1, open_parts)

    return read
