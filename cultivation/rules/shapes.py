"""The shapes of a rule edition: frozen, comparable by eye with the YAML, without any behaviour of a judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from enterprises.rules.size_class import SizeEdition

KINDS_OF_JUDGEMENT = ("first", "review")
#: points are whole but for a province's own score, which may have decimals
Number = int | Decimal


class Text(NamedTuple):
    zh: str
    en: str


class Confidence(NamedTuple):
    """How sure the number is: `verified`, `recalled` or `inferred`, with the sources and a note."""

    mark: str
    sources: tuple[str, ...]
    note: Text | None


@dataclass(frozen=True, slots=True)
class FactTest:
    """One fact against one operand; `op` is is, in, ge, le, starts, within_years, in_force or not."""

    fact: str
    op: str
    operand: Any


@dataclass(frozen=True, slots=True)
class Group:
    """`any` or `all` over tests, or over codes of elements in `passes` and `counted`."""

    any: bool
    parts: tuple[Any, ...]


Test = FactTest | Group
Tree = str | Group


@dataclass(frozen=True, slots=True)
class Bands:
    """Points by threshold, best band first; `rising` means ge (more is better), otherwise le."""

    fact: str
    rising: bool
    steps: tuple[tuple[Fraction | int, int], ...]
    otherwise: int


@dataclass(frozen=True, slots=True)
class Options:
    fact: str
    points: tuple[tuple[Any, int], ...]


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    label: Text
    test: Test
    points: int


@dataclass(frozen=True, slots=True)
class BestOf:
    """The best of the cases that are met."""

    cases: tuple[Case, ...]
    otherwise: int


@dataclass(frozen=True, slots=True)
class Count:
    """`each` points for every test that is met, at most `cap`."""

    tests: tuple[Test, ...]
    each: int
    cap: int


@dataclass(frozen=True, slots=True)
class Own:
    """The fact is itself the points, from none to `most`."""

    fact: str
    most: int


Points = Bands | Options | BestOf | Count | Own


@dataclass(frozen=True, slots=True)
class Condition:
    code: str
    group: str
    label: Text
    standard: Text
    clause: Text
    confidence: Confidence
    test: Test


@dataclass(frozen=True, slots=True)
class Indicator:
    code: str
    class_code: str
    max: int
    label: Text
    clause: Text
    confidence: Confidence
    points: Points


@dataclass(frozen=True, slots=True)
class Line:
    """A pass mark over the whole score (`class_code` None) or over one class."""

    code: str
    label: Text
    clause: Text
    class_code: str | None
    score_ge: int


@dataclass(frozen=True, slots=True)
class ScoreClass:
    code: str
    label: Text
    max: int


@dataclass(frozen=True, eq=False)
class Edition:
    """One dated standard of one tier. Compared and hashed by identity, so it can key a cache cheaply."""

    id: str
    tier: str
    title: Text
    document_number: str
    document_part: Text
    valid_from: date
    valid_until: date | None
    note: Text | None
    sources: Mapping[str, str]
    classes: tuple[ScoreClass, ...]
    conditions: tuple[Condition, ...]
    indicators: tuple[Indicator, ...]
    lines: tuple[Line, ...]
    passes: Tree
    counted: Mapping[str, Tree]
    size_standard: SizeEdition | None
    #: `first` applications, the `review` of a title held, or both
    applies_to: frozenset[str] = frozenset(KINDS_OF_JUDGEMENT)
    facts: tuple[str, ...] = field(default=())
    #: the place that it holds in; empty is the whole country
    region: str = ""

    def element(self, code: str) -> Condition | Indicator | Line:
        """The element with this code; KeyError where there is none."""
        for each in self.elements:
            if each.code == code:
                return each
        raise KeyError(code)

    @property
    def elements(self) -> list[Condition | Indicator | Line]:
        """Every element in the order of the answers."""
        return [*self.conditions, *self.indicators, *self.lines]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(each.code for each in self.elements)

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


def tests_of(element: Condition | Indicator) -> Iterator[FactTest]:
    """Every single test inside an element, in the order written."""
    if isinstance(element, Condition):
        yield from leaves(element.test)
    elif isinstance(element.points, BestOf):
        for case in element.points.cases:
            yield from leaves(case.test)
    elif isinstance(element.points, Count):
        for test in element.points.tests:
            yield from leaves(test)


def tree_codes(tree: Tree) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    else:
        for part in tree.parts:
            yield from tree_codes(part)


def leaves(test: Test) -> Iterator[FactTest]:
    if isinstance(test, FactTest):
        yield test
    else:
        for part in test.parts:
            yield from leaves(part)


def facts_of(conditions: tuple[Condition, ...], indicators: tuple[Indicator, ...]) -> Iterator[str]:
    elements: list[Condition | Indicator] = [*conditions, *indicators]
    for element in elements:
        if isinstance(element, Indicator) and isinstance(element.points, Bands | Options | Own):
            yield element.points.fact
        for test in tests_of(element):
            yield test.fact


def dated_tests(edition: Edition) -> list[tuple[str, int]]:
    """The dates that an edition tests, each with the years it looks back (0: whether it is in force)."""
    elements: list[Condition | Indicator] = [*edition.conditions, *edition.indicators]
    tests = [test for element in elements for test in tests_of(element)]
    found = {
        (test.fact, test.operand if test.op == "within_years" else 0)
        for test in tests
        if test.op in ("within_years", "in_force")
    }
    return sorted(found)
