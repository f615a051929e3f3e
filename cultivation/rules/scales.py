"""Points made ready to run: what is certain, the most still possible, and which fact moves it how far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from cultivation.rules import amounts, conditions
from cultivation.rules.shapes import Bands, BestOf, Count, Number, Options, Own, Points

Facts = Mapping[str, Any]


class Move(NamedTuple):
    """One fact can still take the indicator from `low` to `high` points."""

    fact: str
    low: Number
    high: Number


class Ready(NamedTuple):
    """Points made ready: certain and possible points with what the enterprise has; and while they differ,
    every number of points still possible and the moves left."""

    look: Callable[[Facts, date], tuple[Number, Number, Any]]
    reachable: Callable[[Facts, date], set[Number]]
    moves: Callable[[Facts, date], tuple[Move, ...]]


def ready(points: Points) -> Ready:
    if isinstance(points, Bands):
        return _bands(points)
    if isinstance(points, Options):
        return _options(points)
    if isinstance(points, BestOf):
        return _best_of(points)
    if isinstance(points, Own):
        return _own(points)
    return _count(points)


def _own(own: Own) -> Ready:
    read, every = amounts.reader(own.fact), set(range(own.most + 1))

    def look(facts: Facts, on: date) -> tuple[Number, Number, Any]:
        amount = read(facts)
        found = amounts.value(own.fact, amount)
        if found is None:
            return 0, own.most, None
        points: Number = max(0, min(own.most, found))  # type: ignore[assignment, type-var]
        return points, points, found

    def reachable(facts: Facts, on: date) -> set[Number]:
        low, high, found = look(facts, on)
        return {low} if found is not None else set(every)

    def moves(facts: Facts, on: date) -> tuple[Move, ...]:
        return () if facts.get(own.fact) is not None else (Move(own.fact, 0, own.most),)

    return Ready(look, reachable, moves)


def _bands(bands: Bands) -> Ready:
    read, otherwise = amounts.reader(bands.fact), bands.otherwise
    steps = [
        (limit.numerator, limit.denominator, mark) if isinstance(limit, Fraction) else (limit, 1, mark)
        for limit, mark in bands.steps
    ]
    best = steps[0][2]

    def rising(number: int, per: int) -> int:
        for top, base, mark in steps:
            if number * base >= top * per:
                return mark
        return otherwise

    def falling(number: int, per: int) -> int:
        for top, base, mark in steps:
            if number * base <= top * per:
                return mark
        return otherwise

    mark_of = rising if bands.rising else falling

    def look(facts: Facts, on: date) -> tuple[Number, Number, Any]:
        amount = read(facts)
        low, high, per, open_facts = amount
        if not open_facts:
            mark = mark_of(low, per)  # type: ignore[arg-type]
            return mark, mark, amounts.value(bands.fact, amount)
        worst, ideal = (low, high) if bands.rising else (high, low)
        return (
            otherwise if worst is None else mark_of(worst, per),
            best if ideal is None else mark_of(ideal, per),
            None,
        )

    marks = {otherwise, *(mark for _, _, mark in steps)}

    def reachable(facts: Facts, on: date) -> set[Number]:
        low, high, _ = look(facts, on)
        return {mark for mark in marks if low <= mark <= high}

    def moves(facts: Facts, on: date) -> tuple[Move, ...]:
        low, high, _ = look(facts, on)
        return tuple(Move(code, low, high) for code in read(facts)[3]) if low != high else ()

    return Ready(look, reachable, moves)


def _options(options: Options) -> Ready:
    fact, marks = options.fact, dict(options.points)
    lowest, highest = min(marks.values()), max(marks.values())

    def look(facts: Facts, on: date) -> tuple[Number, Number, Any]:
        known = facts.get(fact)
        if known is None:
            return lowest, highest, None
        mark = marks.get(known, lowest)
        return mark, mark, known

    def reachable(facts: Facts, on: date) -> set[Number]:
        return set(marks.values()) if facts.get(fact) is None else {look(facts, on)[0]}

    def moves(facts: Facts, on: date) -> tuple[Move, ...]:
        return (Move(fact, lowest, highest),) if facts.get(fact) is None and lowest != highest else ()

    return Ready(look, reachable, moves)


def _best_of(best: BestOf) -> Ready:
    cases = [(conditions.ready(case.test), case.points, case.name) for case in best.cases]
    looks = [(test.look, mark, name) for test, mark, name in cases]

    def look(facts: Facts, on: date) -> tuple[Number, Number, Any]:
        # The best case comes first: the first sure one is certain, an open one above it is possible.
        possible = None
        for test, mark, name in looks:
            state = test(facts, on)[0]
            if state:
                return (mark, mark, name) if possible is None else (mark, possible, None)
            if state is None and possible is None:
                possible = mark
        otherwise = best.otherwise
        return (otherwise, otherwise, "none") if possible is None else (otherwise, possible, None)

    def reachable(facts: Facts, on: date) -> set[Number]:
        certain = look(facts, on)[0]
        return {
            certain,
            *(mark for test, mark, _ in cases if mark > certain and test.look(facts, on)[0] is None),
        }

    def moves(facts: Facts, on: date) -> tuple[Move, ...]:
        certain = look(facts, on)[0]
        return tuple(
            Move(code, certain, mark)
            for test, mark, _ in cases
            if mark > certain
            for code in test.open_facts(facts, on)
        )

    return Ready(look, reachable, moves)


def _count(count: Count) -> Ready:
    tests = [conditions.ready(test) for test in count.tests]

    def tally(facts: Facts, on: date) -> tuple[int, int]:
        states = [test.look(facts, on)[0] for test in tests]
        return states.count(True), states.count(None)

    def look(facts: Facts, on: date) -> tuple[Number, Number, Any]:
        sure, still_open = tally(facts, on)
        return (
            min(count.cap, sure * count.each),
            min(count.cap, (sure + still_open) * count.each),
            None if still_open else sure,
        )

    def reachable(facts: Facts, on: date) -> set[Number]:
        sure, still_open = tally(facts, on)
        return {min(count.cap, n * count.each) for n in range(sure, sure + still_open + 1)}

    def moves(facts: Facts, on: date) -> tuple[Move, ...]:
        sure, still_open = tally(facts, on)
        steps = {
            (min(count.cap, n * count.each), min(count.cap, (n + 1) * count.each))
            for n in range(sure, sure + still_open)
        }
        return tuple(
            Move(code, low, high)
            for test in tests
            for code in test.open_facts(facts, on)
            for low, high in sorted(steps)
            if low != high
        )

    return Ready(look, reachable, moves)
