"""The judge: `judge(edition, facts, on)` answers every element of an edition for one enterprise.

Pure and exact. Unknown facts stay unknown: every element is bounded on its own, so an answer of `pass` or
`fail` holds whatever the unknown facts turn out to be (fields.md, "What unknown means"). The same function
serves the batch, the page, the API, the what-if form and the replay.

What the answer holds
- `outcome`: `pass`, `fail` or `unknown`; points are computed even where an entry condition fails.
- `score`, `score_max`, `class_scores`, `class_scores_max`: certain points and the most still possible.
- `direct`: the direct conditions surely met.
- `missing`: the codes surely not met, taken literally: every condition (E…, D…) and every line (SCORE, MIN_…)
  whose own answer is `fail`, also where a direct condition makes a line unnecessary. An indicator is a scale,
  not a condition: it earns points (`scored`) or is open (`unknown`) and never stands here.
- `lacking`, `missing_count`, `missing_max`: the elements of `counted` in the edition (要素缺项): surely
  unmet, and unmet or undecided. Here a direct condition meets the lines, and entry conditions do not count.
- `unknown`: the facts that can still change the outcome, others staying within their bounds; empty once the
  outcome is decided. A known zero base of a ratio is named too, since only its correction would decide.
- `answers`: one per element with its points and the value it was judged by.

About 15 µs an enterprise for seventeen elements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from cultivation.rules import conditions, scales
from cultivation.rules.shapes import Edition, Tree

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
    points: int | None
    points_max: int | None


class Judgement(NamedTuple):
    edition: str
    on: date
    outcome: str
    score: int
    score_max: int
    class_scores: dict[str, int]
    class_scores_max: dict[str, int]
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


class _Judge:
    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.tests = [
            (each.code, each.group, conditions.ready(each.test, edition.size_standard))
            for each in edition.conditions
        ]
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
        self.counted = list(edition.counted.items())

    def judge(self, facts: Facts, on: date) -> Judgement:
        answers, states = [], {}
        direct, missing = [], []
        for code, group, test in self.tests:
            state = states[code] = test.state(facts, on)
            if state is False:
                missing.append(code)
            elif state and group == "direct":
                direct.append(code)
            answers.append(Answer(code, _WORD[state], test.value(facts), None, None))
        low, high = [0] * len(self.classes), [0] * len(self.classes)
        for code, place, scale in self.scales:
            certain, possible = scale.points(facts, on)
            low[place] += certain
            high[place] += possible
            word = SCORED if certain == possible else UNKNOWN
            answers.append(Answer(code, word, scale.value(facts, on), certain, possible))
        score, score_max = sum(low), sum(high)
        for code, place, limit in self.lines:
            certain, possible = (score, score_max) if place < 0 else (low[place], high[place])
            state = states[code] = True if certain >= limit else (None if possible >= limit else False)
            if state is False:
                missing.append(code)
            answers.append(
                Answer(code, _WORD[state], certain if certain == possible else None, certain, possible)
            )
        outcome = self._state(self.edition.passes, states)
        lacking, missing_max = [], 0
        for code, tree in self.counted:
            state = self._state(tree, states)
            if state is not True:
                missing_max += 1
                if state is False:
                    lacking.append(code)
        unknown = [] if outcome is not None else self._open_facts(facts, on, states)
        return Judgement(
            edition=self.edition.id,
            on=on,
            outcome=_WORD[outcome],
            score=score,
            score_max=score_max,
            class_scores=dict(zip(self.classes, low, strict=True)),
            class_scores_max=dict(zip(self.classes, high, strict=True)),
            direct=direct,
            missing=missing,
            lacking=lacking,
            missing_count=len(lacking),
            missing_max=missing_max,
            unknown=unknown,
            answers=tuple(answers),
        )

    def _state(self, tree: Tree, states: Mapping[str, State]) -> State:
        if isinstance(tree, str):
            return states[tree]
        return conditions.combine(tree.any, [self._state(part, states) for part in tree.parts])

    def _open_facts(self, facts: Facts, on: date, states: Mapping[str, State]) -> list[str]:
        """The facts that can still change the outcome.

        In a tree whose codes stand in one place each, an open part of an open group can always tip it: its
        siblings can still be met (all) or missed (any). So the walk goes down the open branches only. Lines
        share their indicators and are weighed together.
        """
        codes: set[str] = set()
        tests = {code: test for code, _, test in self.tests}

        def walk(tree: Tree) -> None:
            if self._state(tree, states) is not None:
                return
            if isinstance(tree, str):
                codes.update(
                    tests[tree].open_facts(facts, on) if tree in tests else self._tipping([tree], facts, on)
                )
                return
            lines = [part for part in tree.parts if isinstance(part, str) and part in self.line_codes]
            if lines and not tree.any:
                codes.update(self._tipping(lines, facts, on))
            for part in tree.parts:
                if part not in lines:
                    walk(part)

        walk(self.edition.passes)
        return sorted(codes)

    def _tipping(self, lines: list[str], facts: Facts, on: date) -> set[str]:
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
        levels = [(code, place, scale.reachable(facts, on), scale) for code, place, scale in self.scales]
        tipping: set[str] = set()
        for code, place, _, scale in levels:
            moves = scale.moves(facts, on)
            if not moves:
                continue
            beside = _sums([marks for other, at, marks, _ in levels if at == place and other != code])
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
        return tipping


def _sums(sets: list[set[int]]) -> set[int]:
    """Every sum of one number from each set; empty where one set is."""
    sums = {0}
    for marks in sets:
        sums = {known + mark for known in sums for mark in marks}
    return sums
