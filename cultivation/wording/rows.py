"""One row per element: what the enterprise has, the standard, the way to the next band."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from cultivation.fact_names import choice_name
from cultivation.number_words import amount, percent, span, threshold
from cultivation.rules.amounts import Quotient
from cultivation.rules.judge import PASS, SCORED, UNKNOWN, Answer, Judgement
from cultivation.rules.shapes import (
    Bands,
    BestOf,
    Case,
    Condition,
    Count,
    Edition,
    FactTest,
    Indicator,
    Line,
    Options,
    leaves,
)
from cultivation.rules.steps import Gap, gaps
from cultivation.rules.vocabulary import DERIVED, KINDS, NOT_APPLICABLE, Sum, operands
from cultivation.wording.having import (
    condition_next,
    condition_value,
    lacking_text,
    of_flags,
    value_text,
)
from cultivation.wording.tags import element_tag, say


@dataclass(frozen=True, slots=True)
class Row:
    """One element as a page or report shows it; `next` is the way to the next band or what is missing."""

    code: str
    group: str  # entry, direct, indicator, line
    class_code: str
    label: str
    clause: str
    outcome: str
    tag: str
    have: str
    standard: str
    points: str
    next: str
    confidence: str
    note: str


def rows(edition: Edition, facts: Mapping[str, Any], judgement: Judgement, year: int) -> list[Row]:
    """Every element in the order of the edition."""
    ahead = gaps(edition, facts, judgement)
    return [
        _row(
            edition,
            edition.element(answer.code),
            answer,
            ahead.get(answer.code, []),
            facts,
            judgement.on,
            year,
        )
        for answer in judgement.answers
    ]


def _row(
    edition: Edition,
    element: Condition | Indicator | Line,
    answer: Answer,
    ahead: list[Gap],
    facts: Mapping[str, Any],
    on: date,
    year: int,
) -> Row:
    confidence, note, sizes = "", "", edition.size_standard
    if isinstance(element, Condition | Indicator):
        confidence = element.confidence.mark
        note = say(element.confidence.note) if element.confidence.note else ""
    if isinstance(element, Condition):
        excused = answer.value == NOT_APPLICABLE
        return Row(
            element.code,
            element.group,
            "",
            say(element.label),
            say(element.clause),
            answer.outcome,
            _("不适用") if excused else element_tag(answer.outcome),
            "—" if excused else condition_value(element, answer, facts, on, year, sizes),
            say(element.standard),
            "",
            "" if excused else condition_next(element, answer, facts, on, year, sizes),
            confidence,
            note,
        )
    if isinstance(element, Indicator):
        low, high = answer.points or 0, answer.points_max or 0
        return Row(
            element.code,
            "indicator",
            element.class_code,
            say(element.label),
            say(element.clause),
            answer.outcome,
            _band_tag(element, answer),
            indicator_value(element, answer, facts, on, year),
            best_standard(element),
            f"{span(low, high)} / {element.max}",
            _indicator_next(element, answer, ahead, facts, year),
            confidence,
            note,
        )
    return Row(
        element.code,
        "line",
        element.class_code or "",
        say(element.label),
        say(element.clause),
        answer.outcome,
        element_tag(answer.outcome),
        span(answer.points or 0, answer.points_max or 0),
        f"≥ {element.score_ge}",
        "",
        ""
        if answer.outcome == PASS
        else _("差 %(points)s 分") % {"points": element.score_ge - (answer.points or 0)},
        "",
        "",
    )


def indicator_value(element: Indicator, answer: Answer, facts: Mapping[str, Any], on: date, year: int) -> str:
    """What the enterprise has for an indicator, `—` when unknown."""
    value, scale = answer.value, element.points
    if value is None:
        return "—"
    if isinstance(scale, Count):
        return of_flags([test.fact for each in scale.tests for test in leaves(each)], facts, year)
    if isinstance(scale, BestOf):
        return next((_case_value(case, facts) for case in scale.cases if case.name == value), _("没有"))
    limits = [limit for limit, _mark in scale.steps] if isinstance(scale, Bands) else []
    return value_text(scale.fact, value, on, limits)


def _case_value(case: Case, facts: Mapping[str, Any]) -> str:
    count = facts.get(case.test.fact) if isinstance(case.test, FactTest) else None
    if count is None or isinstance(count, bool):
        return say(case.label)
    return _("%(kind)s %(count)d 项") % {"kind": say(case.label), "count": count}


def best_standard(element: Indicator) -> str:
    """What earns all points."""
    scale = element.points
    if isinstance(scale, Bands):
        limit, mark = scale.steps[0]
        sign = "≥" if scale.rising else "≤"
        return _("%(sign)s %(limit)s 为满分") % {"sign": sign, "limit": threshold(scale.fact, limit)}
    if isinstance(scale, BestOf):
        return _("%(case)s为满分") % {"case": say(scale.cases[0].label)}
    if isinstance(scale, Options) and KINDS[scale.fact] == "flag":
        return _("属于得满分")
    return ""


def _band_tag(element: Indicator, answer: Answer) -> str:
    """The band reached: `2%–3%`, the best case held, full marks."""
    if answer.outcome == UNKNOWN:
        return element_tag(UNKNOWN)
    if answer.points == element.max:
        return element_tag(PASS)
    scale = element.points
    if isinstance(scale, Bands):
        limits = [(limit, mark) for limit, mark in scale.steps]
        for place, (limit, mark) in enumerate(limits):
            if mark == answer.points:
                first, second = (
                    (limit, limits[place - 1][0]) if scale.rising else (limits[place - 1][0], limit)
                )
                return f"{threshold(scale.fact, first)}–{threshold(scale.fact, second)}"
        return f"{'<' if scale.rising else '>'} {threshold(scale.fact, limits[-1][0])}"
    if isinstance(scale, BestOf):
        return next((say(case.label) for case in scale.cases if case.name == answer.value), _("没有"))
    if isinstance(answer.value, bool):
        return _("是") if answer.value else _("否")
    return element_tag(SCORED)


def _indicator_next(
    element: Indicator, answer: Answer, ahead: list[Gap], facts: Mapping[str, Any], year: int
) -> str:
    if answer.points != answer.points_max:
        fact = element.points.fact if isinstance(element.points, Bands | Options) else ""
        lacking = [code for code in operands(fact) if facts.get(code) is None] if fact else []
        if isinstance(element.points, BestOf):
            lacking = [
                t.fact
                for case in element.points.cases
                for t in leaves(case.test)
                if facts.get(t.fact) is None
            ]
        return lacking_text(lacking or [_bad_base(fact)], facts, year)
    if answer.points == element.max:
        return _("已满分")
    return gap_text(element, answer, ahead[0]) if ahead else ""


def _bad_base(fact: str) -> str:
    made = DERIVED.get(fact)
    return made[1] if made is not None and not isinstance(made, Sum) else fact


def gap_text(element: Indicator, answer: Answer, gap: Gap) -> str:
    """“差 0.36 个百分点，17.51 万元（+5）”: how far the next band is."""
    more = gap.points - (answer.points or 0)
    scale = element.points
    if isinstance(scale, Bands) and isinstance(answer.value, Quotient):
        limits = [limit for limit, _mark in scale.steps]
        have = Decimal(percent(answer.value.exact, limits))
        away = abs(Decimal(percent(Fraction(gap.limit), [])) - have)
        return _("差 %(away)s 个百分点，%(money)s（+%(more)d）") % {
            "away": f"{away:f}",
            "money": amount(gap.fact, abs(gap.change or 0)),
            "more": more,
        }
    if isinstance(scale, BestOf):
        case = next(case for case in scale.cases if case.name == gap.limit)
        return _("有 %(count)d 项%(kind)s得 %(points)d 分（+%(more)d）") % {
            "count": gap.value,
            "kind": say(case.label),
            "points": gap.points,
            "more": more,
        }
    if gap.change is None and not isinstance(gap.value, bool):
        return _("“%(value)s”得 %(points)d 分（+%(more)d）") % {
            "value": choice_name(gap.fact, str(gap.value)),
            "points": gap.points,
            "more": more,
        }
    if isinstance(gap.value, bool):
        return _("属于的得 %(points)d 分（+%(more)d）") % {"points": gap.points, "more": more}
    return _("差 %(away)s（+%(more)d）") % {"away": amount(gap.fact, gap.change or 0), "more": more}
