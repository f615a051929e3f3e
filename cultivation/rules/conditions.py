"""Tests made ready to run: each answers True (surely met), False (surely not met) or None (still open).

A group is decided as soon as its parts decide it; `open_facts` names only the facts that can still move it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from cultivation.rules import amounts
from cultivation.rules.shapes import FactTest, Group, Test, leaves
from cultivation.rules.vocabulary import KINDS, SIZE_FACTS
from enterprises.rules.size_class import NOT_COVERED, SizeEdition, categories_of, size

Facts = Mapping[str, Any]
State = bool | None


class Ready(NamedTuple):
    """A test made ready: its state with what the enterprise has, and the facts that keep it open."""

    look: Callable[[Facts, date], tuple[State, Any]]
    open_facts: Callable[[Facts, date], tuple[str, ...]]


def ready(test: Test, sizes: SizeEdition | None = None) -> Ready:
    """A test made ready to run; `sizes` is the size standard of the edition."""
    if isinstance(test, Group):
        return _group(test, sizes)
    if test.op == "not":
        return _not_large(sizes)
    if test.op in ("ge", "le"):
        return _threshold(test.fact, test.op == "ge", test.operand)
    if KINDS[test.fact] == "date":
        return _dated(test)
    return _plain(test)


@lru_cache(maxsize=4096)
def years_before(on: date, years: int) -> date:
    """The same day so many years earlier; 29 February becomes 28 February."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:
        return on.replace(year=on.year - years, day=28)


def combine(any_of: bool, states: list[State]) -> State:
    """any/all over True, False and None; exact as long as each state stands in one place of the tree."""
    if any_of:
        return True if True in states else (None if None in states else False)
    return False if False in states else (None if None in states else True)


def _group(group: Group, sizes: SizeEdition | None) -> Ready:
    parts = [ready(part, sizes) for part in group.parts]
    looks = [part.look for part in parts]
    shown = tuple(dict.fromkeys(leaf.fact for leaf in leaves(group)))

    def look(facts: Facts, on: date) -> tuple[State, Any]:
        return (
            combine(group.any, [each(facts, on)[0] for each in looks]),
            {code: facts.get(code) for code in shown},
        )

    def open_facts(facts: Facts, on: date) -> tuple[str, ...]:
        if look(facts, on)[0] is not None:
            return ()
        return tuple(dict.fromkeys(code for part in parts for code in part.open_facts(facts, on)))

    return Ready(look, open_facts)


def _not_large(sizes: SizeEdition | None) -> Ready:
    """Met once "large" is ruled out, even where the class is open; open where the standard is silent."""
    if sizes is None:
        raise ValueError("an edition that tests the size class names its size standard")
    standard = sizes

    def look(facts: Facts, on: date) -> tuple[State, Any]:
        found = size(
            facts.get("industry_code"),
            facts.get("employees"),
            facts.get("revenue"),
            facts.get("total_assets"),
            standard,
        )
        if not found.covered:
            return None, None
        possible = found.possible
        if "large" not in possible:
            return True, possible[0] if len(possible) == 1 else list(possible)
        return (False, "large") if len(possible) == 1 else (None, list(possible))

    def open_facts(facts: Facts, on: date) -> tuple[str, ...]:
        if look(facts, on)[0] is not None:
            return ()
        found = categories_of(facts.get("industry_code"), standard)
        categories = found or frozenset((*standard.bounds, NOT_COVERED))
        codes = {"industry_code"} if len(categories) > 1 or NOT_COVERED in categories else set()
        for category in categories - {NOT_COVERED}:
            bounds = standard.bounds[category]["large"]
            known = [(facts.get(indicator), limit) for indicator, limit in bounds]
            if all(value is None or value >= limit for value, limit in known):
                codes |= {indicator for indicator, _ in bounds if facts.get(indicator) is None}
        return tuple(code for code in SIZE_FACTS if code in codes)

    return Ready(look, open_facts)


def _threshold(fact: str, rising: bool, limit: Fraction | int) -> Ready:
    read = amounts.reader(fact)
    top, base = (limit.numerator, limit.denominator) if isinstance(limit, Fraction) else (limit, 1)

    def state(low: int | None, high: int | None, per: int) -> State:
        if rising:
            if low is not None and low * base >= top * per:
                return True
            return False if high is not None and high * base < top * per else None
        if high is not None and high * base <= top * per:
            return True
        return False if low is not None and low * base > top * per else None

    def look(facts: Facts, on: date) -> tuple[State, Any]:
        amount = read(facts)
        return state(*amount[:3]), amounts.value(fact, amount)

    def open_facts(facts: Facts, on: date) -> tuple[str, ...]:
        amount = read(facts)
        return amount[3] if state(*amount[:3]) is None else ()

    return Ready(look, open_facts)


def _dated(test: FactTest) -> Ready:
    """Dated honours: an empty one is not held, never unknown."""
    fact, years = test.fact, test.operand

    def within(facts: Facts, on: date) -> tuple[State, Any]:
        day = facts.get(fact)
        return (False, None) if day is None else (years_before(on, years) < day <= on, day)

    def in_force(facts: Facts, on: date) -> tuple[State, Any]:
        day = facts.get(fact)
        return (False, None) if day is None else (on <= day, day)

    return Ready(within if test.op == "within_years" else in_force, lambda facts, on: ())


def _plain(test: FactTest) -> Ready:
    fact, op, operand = test.fact, test.op, test.operand

    def is_(facts: Facts, on: date) -> tuple[State, Any]:
        known = facts.get(fact)
        return (None, None) if known is None else (known == operand, known)

    def in_(facts: Facts, on: date) -> tuple[State, Any]:
        known = facts.get(fact)
        return (None, None) if known is None else (known in operand, known)

    def starts(facts: Facts, on: date) -> tuple[State, Any]:
        known = facts.get(fact)
        if known is None:
            return None, None
        met, not_met = operand
        return (True if known.startswith(met) else (False if known.startswith(not_met) else None)), known

    look = {"is": is_, "in": in_, "starts": starts}[op]

    def open_facts(facts: Facts, on: date) -> tuple[str, ...]:
        return (fact,) if look(facts, on)[0] is None else ()

    return Ready(look, open_facts)
