"""The judge: `judge(edition, facts, on)` answers every element of an edition for one enterprise.

Pure and exact. Unknown facts stay unknown: every element is bounded on its own, so an answer of `pass` or
`fail` holds whatever the unknown facts turn out to be (fields.md, "What unknown means"). The same function
serves the batch, the page, the API, the what-if form and the replay.

What the answer holds
- `outcome`: `pass`, `fail` or `unknown`; points are computed even where an entry condition fails.
- `outcome_by_facts`: the same with the elements left out that a person answers.
- `score`, `score_max`, `class_scores`, `class_scores_max`: certain points and the most still possible.
- `direct`: the direct conditions surely met.
- `missing`: the codes surely not met, taken literally: every condition (E…, D…) and every line (SCORE, MIN_…)
  whose own answer is `fail`, also where a direct condition makes a line unnecessary. An indicator is a scale,
  not a condition: it earns points (`scored`) or is open (`unknown`) and never stands here.
- `lacking`, `missing_count`, `missing_max`: the elements of `counted` in the edition (要素缺项): surely
  unmet, and unmet or undecided. Here a direct condition meets the lines, and entry conditions do not count.
- `unknown`: the facts that can still change the outcome, others staying within their bounds; empty once the
  outcome is decided. A known zero base of a ratio is named too, since only its correction would decide.
- Conditions that the facts list under `not_applicable` are met by a person's word, with that as their value.
- `answers`: one per element with its points and the value it was judged by.

About 15 µs an enterprise for seventeen elements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from cultivation.rules import conditions, scales
from cultivation.rules.shapes import Edition, Number, Tree, leaves
from cultivation.rules.vocabulary import JUDGEMENTS, NOT_APPLICABLE

PASS, FAIL, UNKNOWN, SCORED = "pass", "fail", "unknown", "scored"
_WORD = {True: PASS, False: FAIL, None: UNKNOWN}

Facts = Mapping[str, Any]
State = bool | None


class Answer(NamedTuple):
    """One element. Conditions have no points; an indicator is `scored` once its points are settled.

    `value` is what the enterprise has: a fact, an exact Fraction for a ratio, the name of the best case, the
    points for a line, a dict of facts where several are read; None when unknown.
    """

    code: str
    outcome: str
    value: Any
    points: Number | None
    points_max: Number | None


class Judgement(NamedTuple):
    edition: str
    on: date
    outcome: str
    outcome_by_facts: str
    score: Number
    score_max: Number
    class_scores: dict[str, Number]
    class_scores_max: dict[str, Number]
    direct: list[str]
    missing: list[str]
    lacking: list[str]
    missing_count: int
    missing_max: int
    unknown: list[str]
    answers: tuple[Answer, ...]

    def answer(self, code: str) -> Answer:
        """The answer of one element; KeyError where the edition has none of this code."""
        for each in self.answers:
            if each.code == code:
                return each
        raise KeyError(code)


def judge(edition: Edition, facts: Facts, on: date) -> Judgement:
    """Judge one enterprise by one edition on one day."""
    return prepare(edition)(facts, on)


@lru_cache(maxsize=64)
def prepare(edition: Edition) -> Callable[[Facts, date], Judgement]:
    """The judge of one edition with everything compiled; keep it for a batch."""
    return _Judge(edition).judge


class _Verdict(NamedTuple):
    """What follows from the states alone; a region has few different ones, so they are remembered."""

    outcome: State
    by_facts: State
    direct: list[str]
    missing: list[str]
    lacking: list[str]
    missing_max: int
    open_conditions: list[str]
    open_lines: list[tuple[str, ...]]


# place of the indicator, points still possible, moves left
_OpenScale = tuple[int, tuple[Number, ...], tuple[scales.Move, ...]]
_REMEMBERED = 50_000


class _Judge:
    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.tests = {
            each.code: conditions.ready(each.test, edition.size_standard) for each in edition.conditions
        }
        order = {each.code: n for n, each in enumerate(edition.classes)}
        self.classes = [each.code for each in edition.classes]
        self.scales = [
            (each.code, order[each.class_code], scales.ready(each.points)) for each in edition.indicators
        ]
        self.lines = [
            (line.code, -1 if line.class_code is None else order[line.class_code], line.score_ge)
            for line in edition.lines
        ]
        self.line_codes = {line.code for line in edition.lines}
        self.direct_codes = {each.code for each in edition.conditions if each.group == "direct"}
        self.left_to_persons: dict[str, State] = {
            each.code: True
            for each in edition.conditions
            if any(leaf.fact in JUDGEMENTS for leaf in leaves(each.test))
        }
        self.looks = [(code, test.look) for code, test in self.tests.items()]
        self.places = {code: n for n, code in enumerate(self.tests)}
        self.scale_looks = [(code, place, scale.look) for code, place, scale in self.scales]
        self.verdicts: dict[tuple[State, ...], _Verdict] = {}
        self.tipping: dict[tuple[tuple[str, ...], tuple[_OpenScale, ...]], frozenset[str]] = {}

    def judge(self, facts: Facts, on: date) -> Judgement:
        new, answers, states = tuple.__new__, [], []
        for code, look in self.looks:
            state, value = look(facts, on)
            states.append(state)
            answers.append(new(Answer, (code, _WORD[state], value, None, None)))
        for code in facts.get(NOT_APPLICABLE, ()):
            if code in self.places:
                states[self.places[code]] = True
                answers[self.places[code]] = Answer(code, PASS, NOT_APPLICABLE, None, None)
        low: list[Number] = [0] * len(self.classes)
        high: list[Number] = [0] * len(self.classes)
        for code, place, scale in self.scale_looks:
            certain, possible, value = scale(facts, on)
            low[place] += certain
            high[place] += possible
            word = SCORED if certain == possible else UNKNOWN
            answers.append(new(Answer, (code, word, value, certain, possible)))
        score, score_max = sum(low), sum(high)
        for code, place, limit in self.lines:
            certain, possible = (score, score_max) if place < 0 else (low[place], high[place])
            state = True if certain >= limit else (None if possible >= limit else False)
            states.append(state)
            value = certain if certain == possible else None
            answers.append(new(Answer, (code, _WORD[state], value, certain, possible)))
        key = tuple(states)
        verdict = self.verdicts.get(key)
        if verdict is None:
            verdict = self.verdicts[key] = self._verdict(key)
        return Judgement(
            self.edition.id,
            on,
            _WORD[verdict.outcome],
            _WORD[verdict.by_facts],
            score,
            score_max,
            dict(zip(self.classes, low, strict=True)),
            dict(zip(self.classes, high, strict=True)),
            verdict.direct,
            verdict.missing,
            verdict.lacking,
            len(verdict.lacking),
            verdict.missing_max,
            [] if verdict.outcome is not None else self._open_facts(facts, on, verdict),
            tuple(answers),
        )

    def _by_code(self, key: tuple[State, ...]) -> dict[str, State]:
        return dict(zip([*self.tests, *(code for code, _, _ in self.lines)], key, strict=True))

    def _verdict(self, key: tuple[State, ...]) -> _Verdict:
        states = self._by_code(key)
        counted = {code: self._state(tree, states) for code, tree in self.edition.counted.items()}
        open_conditions, open_lines = self._open_parts(states)
        return _Verdict(
            outcome=self._state(self.edition.passes, states),
            by_facts=self._state(self.edition.passes, states | self.left_to_persons),
            direct=[code for code, state in states.items() if state and code in self.direct_codes],
            missing=[code for code, state in states.items() if state is False],
            lacking=[code for code, state in counted.items() if state is False],
            missing_max=sum(state is not True for state in counted.values()),
            open_conditions=open_conditions,
            open_lines=open_lines,
        )

    def _state(self, tree: Tree, states: Mapping[str, State]) -> State:
        if isinstance(tree, str):
            return states[tree]
        return conditions.combine(tree.any, [self._state(part, states) for part in tree.parts])

    def _open_facts(self, facts: Facts, on: date, verdict: _Verdict) -> list[str]:
        codes = {code for name in verdict.open_conditions for code in self.tests[name].open_facts(facts, on)}
        if verdict.open_lines:
            open_scales = tuple(
                (n, tuple(sorted(scale.reachable(facts, on))), scale.moves(facts, on))
                for n, (_, _, scale) in enumerate(self.scales)
            )
            for lines in verdict.open_lines:
                key = (lines, open_scales)
                tipping = self.tipping.get(key)
                if tipping is None:
                    if len(self.tipping) >= _REMEMBERED:
                        self.tipping.clear()
                    tipping = self.tipping[key] = self._tipping(*key)
                codes |= tipping
        return sorted(codes)

    def _open_parts(self, states: Mapping[str, State]) -> tuple[list[str], list[tuple[str, ...]]]:
        """The conditions, and the lines that stand together, that can still change the outcome.

        In a tree whose codes stand in one place each, an open part of an open group can always tip it: its
        siblings can still be met (all) or missed (any). So the walk goes down the open branches only. Lines
        share their indicators and are weighed together.
        """
        open_conditions: list[str] = []
        open_lines: list[tuple[str, ...]] = []

        def walk(tree: Tree) -> None:
            if self._state(tree, states) is not None:
                return
            if isinstance(tree, str):
                if tree in self.tests:
                    open_conditions.append(tree)
                else:
                    open_lines.append((tree,))
                return
            together: tuple[str, ...] = ()
            if not tree.any:
                together = tuple(
                    part for part in tree.parts if isinstance(part, str) and part in self.line_codes
                )
            if together:
                open_lines.append(together)
            for part in tree.parts:
                if part not in together:
                    walk(part)

        walk(self.edition.passes)
        return open_conditions, open_lines

    def _tipping(self, lines: tuple[str, ...], open_scales: tuple[_OpenScale, ...]) -> frozenset[str]:
        """The facts of those indicators that can decide whether all these lines are reached.

        An indicator that a fact can take from a to b points decides when some possible points of the others
        reach every line with b and not with a.
        """
        wanted = {code: (place, limit) for code, place, limit in self.lines if code in lines}
        total = max((limit for place, limit in wanted.values() if place < 0), default=0)
        minimum = [
            max((limit for at, limit in wanted.values() if at == n), default=0)
            for n in range(len(self.classes))
        ]
        levels = [(n, self.scales[n][1], set(marks), moves) for n, marks, moves in open_scales]
        tipping: set[str] = set()
        for this, place, _, moves in levels:
            if not moves:
                continue
            beside = _sums([marks for n, at, marks, _ in levels if at == place and n != this])
            rest = _sums(
                [
                    {
                        mark
                        for mark in _sums([marks for _, at, marks, _ in levels if at == n])
                        if mark >= minimum[n]
                    }
                    for n in range(len(self.classes))
                    if n != place
                ]
            )
            for move in moves:
                if move.fact not in tipping and any(
                    near + move.high >= minimum[place]
                    and near + far + move.high >= total
                    and (near + move.low < minimum[place] or near + far + move.low < total)
                    for near in beside
                    for far in rest
                ):
                    tipping.add(move.fact)
        return frozenset(tipping)


def _sums(sets: list[set[Number]]) -> set[Number]:
    """Every sum of one number from each set; empty where one set is."""
    sums: set[Number] = {0}
    for marks in sets:
        sums = {known + mark for known in sums for mark in marks}
    return sums
