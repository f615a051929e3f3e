"""Numbers that may be unknown, as bounds: a known one has both bounds equal, an unknown one has an open end.

Everything is an integer over an integer, so that comparisons multiply crosswise and never round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from cultivation.rules.vocabulary import DERIVED, NEVER_NEGATIVE, Growth, Ratio

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
        return _ratio(made.numerator, made.denominator)
    if isinstance(made, Growth):
        return _growth(made.now, made.base)
    return _sum(made.parts)


class Quotient(NamedTuple):
    """An exact ratio as it was read; reducing it costs more than judging by it, so that waits until asked."""

    top: int
    base: int

    @property
    def exact(self) -> Fraction:
        return Fraction(self.top, self.base)


def value(fact: str, amount: Amount) -> int | Quotient | None:
    """What the enterprise has: a whole number, a quotient, None while a bound is open."""
    low, _, per, open_facts = amount
    if open_facts or low is None:
        return None
    return Quotient(low, per) if isinstance(DERIVED.get(fact), Ratio | Growth) else low


def _plain(code: str) -> Reader:
    lowest = 0 if code in NEVER_NEGATIVE else None

    def read(facts: Facts) -> Amount:
        known = facts.get(code)
        return (lowest, None, 1, (code,)) if known is None else (known, known, 1, ())

    return read


def _ratio(numerator: str, denominator: str) -> Reader:
    def read(facts: Facts) -> Amount:
        top, base = facts.get(numerator), facts.get(denominator)
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


def _sum(parts: tuple[str, ...]) -> Reader:
    def read(facts: Facts) -> Amount:
        total = 0
        open_parts: tuple[str, ...] = ()
        for part in parts:
            known = facts.get(part)
            if known is None:
                open_parts = (*open_parts, part)
            else:
                total += known
        return (total, None, 1, open_parts) if open_parts else (total, total, 1, ())

    return read
