"""The way up: how far each element is from its next band, and which one change alone would be enough.

Pure what-if: every candidate is judged by the same judge on changed facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from cultivation.rules import amounts
from cultivation.rules.judge import PASS, Judgement, judge
from cultivation.rules.shapes import Bands, BestOf, Edition, FactTest, Indicator, Number, Options, leaves
from cultivation.rules.vocabulary import DERIVED, KINDS, Growth, MeanGrowth, Ratio, Sum
from enterprises.rules.fields import BY_CODE


class Gap(NamedTuple):
    """The distance of an indicator to a better band.

    `fact` is the raw fact to change, `value` what it must become, `change` the difference (fen, count; None
    where there is none, as for yes/no). `limit` is the threshold of the band (Fraction for a ratio).
    """

    code: str
    fact: str
    value: Any
    change: int | None
    limit: Any
    points: int


class Step(NamedTuple):
    """One change that is enough: with `fact` at `value` the outcome becomes pass; `now` is today's value."""

    code: str
    fact: str
    now: Any
    value: Any
    limit: Any
    score: Number
    score_max: Number


def gaps(edition: Edition, facts: Mapping[str, Any], judgement: Judgement) -> dict[str, list[Gap]]:
    """For every indicator with settled points the bands above, nearest first; none for a full or open one."""
    return {
        indicator.code: list(_gaps_of(indicator, facts, judgement.answer(indicator.code).points or 0))
        if judgement.answer(indicator.code).points == judgement.answer(indicator.code).points_max
        else []
        for indicator in edition.indicators
    }


def shortest(edition: Edition, facts: Mapping[str, Any], on: date, judgement: Judgement) -> list[Step]:
    """The single changes that lead to a pass, indicators first, at most one for each element.

    Costs one judgement for each candidate (about a dozen). Empty where no single change is enough or the
    outcome is a pass already.
    """
    if judgement.outcome == PASS:
        return []
    found: dict[str, Step] = {}
    for gap in _candidates(edition, facts, judgement):
        if gap.code in found:
            continue
        after = judge(edition, {**facts, gap.fact: gap.value}, on)
        if after.outcome == PASS:
            found[gap.code] = Step(
                gap.code, gap.fact, facts.get(gap.fact), gap.value, gap.limit, after.score, after.score_max
            )
    return list(found.values())


def _candidates(edition: Edition, facts: Mapping[str, Any], judgement: Judgement) -> Iterator[Gap]:
    for nearest in gaps(edition, facts, judgement).values():
        yield from nearest
    for condition in edition.conditions:
        if condition.group == "entry" or judgement.answer(condition.code).outcome == PASS:
            continue
        for test in leaves(condition.test):
            yield from _enough(condition.code, test, facts, judgement.on)
            if condition.group == "required":
                yield from _answered(condition.code, test)


def _enough(code: str, test: FactTest, facts: Mapping[str, Any], on: date) -> Iterator[Gap]:
    """The smallest change of one fact that meets the test; honours already held once come first.

    Figures of earlier years are as they are.
    """
    if test.op == "in_force":
        # A title that has run out can be won back; one never held is no short step.
        if facts.get(test.fact) is not None:
            yield Gap(code, test.fact, on, None, None, 0)
    elif test.op in ("ge", "le") and "[" not in test.fact:
        if isinstance(made := DERIVED.get(test.fact), Sum):
            if test.op == "ge":
                known = [facts.get(part) for part in made.parts]
                change = test.operand - sum(part for part in known if part is not None)
                yield Gap(code, made.parts[0], (known[0] or 0) + change, change, test.operand, 0)
        elif gap := _toward(code, test.fact, test.op == "ge", facts, test.operand, 0):
            yield gap


def _answered(code: str, test: FactTest) -> Iterator[Gap]:
    """The answer that meets the test: a yes, or the lowest choice that is enough."""
    if test.op == "is" and test.operand is True and KINDS[test.fact] == "flag":
        yield Gap(code, test.fact, True, None, None, 0)
    elif test.op == "in" and test.fact in BY_CODE:
        for value, *_words in reversed(BY_CODE[test.fact].choices):
            if value in test.operand:
                yield Gap(code, test.fact, value, None, value, 0)


def _gaps_of(indicator: Indicator, facts: Mapping[str, Any], points: Number) -> Iterator[Gap]:
    scale = indicator.points
    if isinstance(scale, Bands):
        for limit, mark in reversed(scale.steps):
            if mark > points and (
                gap := _toward(indicator.code, scale.fact, scale.rising, facts, limit, mark)
            ):
                yield gap
    elif isinstance(scale, Options):
        better = sorted((mark, value) for value, mark in scale.points if mark > points)
        for mark, value in better:
            yield Gap(indicator.code, scale.fact, value, None, value, mark)
    elif isinstance(scale, BestOf):
        for case in reversed(scale.cases):
            if case.points > points and isinstance(case.test, FactTest) and case.test.op == "ge":
                now = facts.get(case.test.fact) or 0
                need = int(case.test.operand)
                yield Gap(indicator.code, case.test.fact, need, need - now, case.name, case.points)


def _toward(
    code: str, read: str, rising: bool, facts: Mapping[str, Any], limit: Fraction | int, mark: int
) -> Gap | None:
    """What the numerator (or the plain number) must become to reach the limit, exactly to the fen."""
    made = DERIVED.get(read)
    if made is None:
        now = facts.get(read)
        need = int(limit)
        return None if now is None else Gap(code, read, need, need - now, limit, mark)
    if isinstance(made, Sum | MeanGrowth):
        return None
    amount = amounts.reader(read)(facts)
    if amount[3]:
        return None
    fact, base = (made.numerator, made.denominator) if isinstance(made, Ratio) else (made.now, made.base)
    if facts.get(fact) is None and isinstance(made, Ratio):
        fact = made.instead  # the figure that stood in for it
    per, now = facts[base], facts[fact]
    if per <= 0:
        return None
    target = Fraction(limit) * per + (per if isinstance(made, Growth) else 0)
    need = -(-target.numerator // target.denominator) if rising else target.numerator // target.denominator
    return Gap(code, fact, need, need - now, limit, mark)


def kind(fact: str) -> str:
    """The kind of a fact, also of an earlier year: money, count, ratio, flag, choice, date, text."""
    return KINDS[fact.split("[")[0]]
