"""A judgement in words, conclusion first: what the enterprise has, the standard, the way to the next band.

Numbers are shown so that they never contradict the judgement: 2.9999% is not printed as 3.00%, and a
distance is rounded up, so that the sum printed is enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cultivation.fact_names import choice_name, fact_name
from cultivation.rules.amounts import Quotient
from cultivation.rules.judge import FAIL, PASS, SCORED, UNKNOWN, Answer, Judgement
from cultivation.rules.shapes import (
    Bands,
    BestOf,
    Condition,
    Edition,
    FactTest,
    Indicator,
    Line,
    Options,
    Text,
    leaves,
)
from cultivation.rules.steps import Gap, Step, gaps, kind, shortest
from cultivation.rules.vocabulary import DERIVED, KINDS, Growth, Sum

FEN_OF_WAN = 1_000_000


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


@dataclass(frozen=True, slots=True)
class ClassBar:
    code: str
    label: str
    points: int
    points_max: int
    most: int
    least: int
    reached: bool | None
    short: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole answer in words: `sentence` concludes, `nearest` is the closest step, `basis` the rule."""

    outcome: str
    tag: str
    score: str
    sentence: str
    nearest: str
    basis: str
    classes: list[ClassBar]
    rows: list[Row]
    steps: list[str]


def say(text: Text) -> str:
    """A bilingual text of an edition in the language of the page."""
    return text.en if (get_language() or "zh").startswith("en") else text.zh


def outcome_tag(outcome: str) -> str:
    return {
        PASS: _("达标"),
        FAIL: _("未达标"),
        UNKNOWN: _("待补数据"),
    }[outcome]


def element_tag(outcome: str) -> str:
    return {PASS: _("满足"), FAIL: _("未满足"), UNKNOWN: _("未知"), SCORED: _("已计分")}[outcome]


def explain(edition: Edition, facts: Mapping[str, Any], judgement: Judgement, year: int) -> Explanation:
    """Everything a page says about one judgement. Costs about a dozen judgements for the shortest ways."""
    steps = shortest(edition, facts, judgement.on, judgement)
    return Explanation(
        outcome=judgement.outcome,
        tag=outcome_tag(judgement.outcome),
        score=span(judgement.score, judgement.score_max),
        sentence=conclusion(edition, judgement, year),
        nearest=step_sentence(edition, facts, steps[0]) if steps else "",
        basis=basis(edition, judgement.on, year),
        classes=class_bars(edition, judgement),
        rows=rows(edition, facts, judgement, year),
        steps=[step_sentence(edition, facts, step) for step in steps[:3]],
    )


def conclusion(edition: Edition, judgement: Judgement, year: int) -> str:
    """The conclusion in one or two sentences."""
    entry = [c.code for c in edition.conditions if c.group == "entry" and c.code in judgement.missing]
    if judgement.outcome == PASS:
        if judgement.direct:
            names = _("、").join(say(edition.element(code).label) for code in judgement.direct)
            return _("达标：满足直通条件“%(names)s”，不看得分。") % {"names": names}
        return _("达标：总分 %(score)s 分，各类都够最低分。") % {
            "score": span(judgement.score, judgement.score_max)
        }
    if judgement.outcome == FAIL:
        parts = [_("%(label)s未满足") % {"label": say(edition.element(code).label)} for code in entry]
        parts += [line_gap(edition, judgement, code) for code in judgement.lacking]
        matter = _("；").join(parts)
        if len(parts) == 1:
            text = _("只差 1 项：%(matter)s。") % {"matter": matter}
        else:
            text = _("差 %(count)d 项：%(matter)s。") % {"count": len(parts), "matter": matter}
        if judgement.score != judgement.score_max:
            text += _("未知数据补报后最多 %(max)d 分，结论不变。") % {"max": judgement.score_max}
        return text
    return _("还不能判定：缺%(facts)s。") % {"facts": fact_list(judgement.unknown, year)}


def fact_list(codes: list[str], year: int, most: int = 3) -> str:
    """“营业收入”“负债总额”等 5 项"""
    names = "".join(_("“%(name)s”") % {"name": fact_name(code, year)} for code in codes[:most])
    return (
        names if len(codes) <= most else _("%(names)s等 %(count)d 项") % {"names": names, "count": len(codes)}
    )


def line_gap(edition: Edition, judgement: Judgement, code: str) -> str:
    """“创新能力 15 分，最低 20 分”"""
    line = edition.element(code)
    if not isinstance(line, Line):
        return say(line.label)
    answer = judgement.answer(code)
    have = span(answer.points or 0, answer.points_max or 0)
    if line.class_code is None:
        return _("%(label)s %(have)s 分，及格线 %(limit)d 分") % {
            "label": say(line.label),
            "have": have,
            "limit": line.score_ge,
        }
    return _("%(label)s %(have)s 分，最低 %(limit)d 分") % {
        "label": say(line.label),
        "have": have,
        "limit": line.score_ge,
    }


def basis(edition: Edition, on: date, year: int) -> str:
    return _("依据：%(number)s%(part)s，%(year)d 年度数据，%(on)s 计算") % {
        "number": edition.document_number,
        "part": say(edition.document_part),
        "year": year,
        "on": on.isoformat(),
    }


def class_bars(edition: Edition, judgement: Judgement) -> list[ClassBar]:
    least = {line.class_code: line.score_ge for line in edition.lines if line.class_code is not None}
    bars = []
    for each in edition.classes:
        low, high = judgement.class_scores[each.code], judgement.class_scores_max[each.code]
        limit = least.get(each.code, 0)
        reached = True if low >= limit else (None if high >= limit else False)
        bars.append(
            ClassBar(each.code, say(each.label), low, high, each.max, limit, reached, max(0, limit - high))
        )
    return bars


def rows(edition: Edition, facts: Mapping[str, Any], judgement: Judgement, year: int) -> list[Row]:
    """Every element in the order of the edition."""
    ahead = gaps(edition, facts, judgement)
    return [
        _row(edition.element(answer.code), answer, ahead.get(answer.code, []), facts, judgement.on, year)
        for answer in judgement.answers
    ]


def _row(
    element: Condition | Indicator | Line,
    answer: Answer,
    ahead: list[Gap],
    facts: Mapping[str, Any],
    on: date,
    year: int,
) -> Row:
    confidence, note = "", ""
    if isinstance(element, Condition | Indicator):
        confidence = element.confidence.mark
        note = say(element.confidence.note) if element.confidence.note else ""
    if isinstance(element, Condition):
        return Row(
            element.code,
            element.group,
            "",
            say(element.label),
            say(element.clause),
            answer.outcome,
            element_tag(answer.outcome),
            condition_value(element, answer.value, on),
            say(element.standard),
            "",
            _condition_next(element, answer, facts, on, year),
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
            indicator_value(element, answer, facts),
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
        else _("差 %(points)d 分") % {"points": element.score_ge - (answer.points or 0)},
        "",
        "",
    )


def condition_value(element: Condition, value: Any, on: date) -> str:
    """What the enterprise has for a condition, `—` when unknown or not held."""
    if isinstance(value, dict):
        held = [(code, day) for code, day in value.items() if day is not None]
        if not held:
            return _("未获得")
        code, day = max(held, key=lambda item: item[1])
        past = (on - day).days
        if code.endswith("_until") and past > 0:
            return _("已过期 %(days)d 天") % {"days": past}
        return day.isoformat()
    if value is None:
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return _("或").join(choice_name("size_class", each) for each in value)
    fact = element.test.fact if isinstance(element.test, FactTest) else ""
    if KINDS.get(fact) == "money":
        return money(value)
    return choice_name(fact, str(value)) if KINDS.get(fact) in ("choice", "size") else str(value)


def _condition_next(element: Condition, answer: Answer, facts: Mapping[str, Any], on: date, year: int) -> str:
    if answer.outcome == PASS:
        return ""
    if answer.outcome == UNKNOWN:
        lacking = _lacking(element.test.fact if isinstance(element.test, FactTest) else "", facts)
        return _("缺%(facts)s") % {"facts": fact_list(lacking, year)} if lacking else ""
    if element.group == "direct":
        for test in leaves(element.test):
            made = DERIVED.get(test.fact)
            if isinstance(made, Sum) and test.op == "ge":
                known = sum(facts.get(part) or 0 for part in made.parts)
                return _("差 %(money)s") % {"money": money(test.operand - known, up=True)}
            day = facts.get(test.fact)
            if test.op == "in_force" and day is not None and day < on:
                return _("%(day)s 到期，重新认定后直接达标") % {"day": day.isoformat()}
    return ""


def _lacking(fact: str, facts: Mapping[str, Any]) -> list[str]:
    from cultivation.rules.vocabulary import operands

    return [code for code in operands(fact) if facts.get(code) is None] if fact else []


def indicator_value(element: Indicator, answer: Answer, facts: Mapping[str, Any]) -> str:
    """What the enterprise has for an indicator, `—` when unknown."""
    value = answer.value
    if value is None:
        return "—"
    scale = element.points
    if isinstance(value, Quotient):
        limits = [limit for limit, _mark in scale.steps] if isinstance(scale, Bands) else []
        return percent(value.exact, limits) + "%"
    if isinstance(scale, BestOf):
        for case in scale.cases:
            if case.name == value:
                count = facts.get(case.test.fact) if isinstance(case.test, FactTest) else None
                return (
                    say(case.label)
                    if count is None
                    else _("%(kind)s %(count)d 项") % {"kind": say(case.label), "count": count}
                )
        return _("没有")
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(scale, Bands) and KINDS[scale.fact] == "money":
        return money(value)
    return str(value)


def best_standard(element: Indicator) -> str:
    """What earns all points."""
    scale = element.points
    if isinstance(scale, Bands):
        limit, mark = scale.steps[0]
        sign = "≥" if scale.rising else "≤"
        return _("%(sign)s %(limit)s 为满分") % {"sign": sign, "limit": _limit(scale.fact, limit)}
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
                return f"{_limit(scale.fact, first)}–{_limit(scale.fact, second)}"
        return f"{'<' if scale.rising else '>'} {_limit(scale.fact, limits[-1][0])}"
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
        lacking = _lacking(fact, facts)
        if isinstance(element.points, BestOf):
            lacking = [
                t.fact
                for case in element.points.cases
                for t in leaves(case.test)
                if facts.get(t.fact) is None
            ]
        if lacking:
            return _("缺%(facts)s") % {"facts": fact_list(lacking, year)}
        return _("“%(name)s”为零或负，算不出") % {"name": fact_name(_bad_base(fact), year)}
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
            "away": away,
            "money": money(abs(gap.change or 0), up=True),
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
    if isinstance(gap.value, bool):
        return _("属于的得 %(points)d 分（+%(more)d）") % {"points": gap.points, "more": more}
    return _("差 %(away)s（+%(more)d）") % {"away": _amount(gap.fact, gap.change or 0), "more": more}


def step_sentence(edition: Edition, facts: Mapping[str, Any], step: Step) -> str:
    """“研发费用再多 17.51 万元，占比到 3%，即达标”"""
    element = edition.element(step.code)
    name = fact_name(step.fact)
    if isinstance(element, Indicator) and isinstance(element.points, Bands):
        label, limit = say(element.label), _limit(element.points.fact, step.limit)
        change = (step.value or 0) - (step.now or 0)
        if change >= 0:
            return _("%(name)s再多 %(change)s，%(label)s到 %(limit)s，即达标") % {
                "name": name,
                "change": _amount(step.fact, change),
                "label": label,
                "limit": limit,
            }
        return _("%(name)s减少 %(change)s，%(label)s到 %(limit)s，即达标") % {
            "name": name,
            "change": _amount(step.fact, -change),
            "label": label,
            "limit": limit,
        }
    if kind(step.fact) == "date":
        return _("%(name)s续到今天以后，直接达标") % {"name": name}
    if kind(step.fact) == "flag":
        return _("确认%(name)s，即达标") % {"name": name}
    if kind(step.fact) == "count":
        return _("%(name)s增加到 %(value)d 项，即达标") % {"name": name, "value": step.value}
    return _("%(name)s再多 %(change)s，即达标") % {
        "name": name,
        "change": _amount(step.fact, (step.value or 0) - (step.now or 0)),
    }


def span(low: int, high: int) -> str:
    """A score, as a range while it is open: `60–70`."""
    return str(low) if low == high else f"{low}–{high}"


def money(fen: int, *, up: bool = False) -> str:
    """Fen as `1,234.50 万元`; `up` rounds up, so that the sum printed is enough."""
    hundredths = -(-fen // 10_000) if up else (fen + 5_000) // 10_000
    sign = "−" if hundredths < 0 else ""
    return _("%(amount)s 万元") % {"amount": f"{sign}{abs(hundredths) / Decimal(100):,.2f}"}


def percent(ratio: Fraction, limits: list[Any]) -> str:
    """A ratio in percent with two decimals, with more where rounding would cross one of the limits."""
    for places in (2, 3, 4, 6, 8):
        scaled = ratio * 100 * 10**places
        whole = (scaled + Fraction(1, 2)).__floor__()
        shown = Fraction(whole, 100 * 10**places)
        if all(
            (shown >= limit) == (ratio >= limit) and (shown <= limit) == (ratio <= limit) for limit in limits
        ):
            break
    return f"{Decimal(whole) / Decimal(10**places):.{places}f}"


def _limit(fact: str, limit: Any) -> str:
    if KINDS[fact] == "ratio":
        return f"{Decimal(limit.numerator * 100) / Decimal(limit.denominator):f}%"
    return money(limit) if KINDS[fact] == "money" else str(limit)


def _amount(fact: str, change: int) -> str:
    return money(change, up=True) if kind(fact) == "money" else str(change)


__all__ = ["ClassBar", "Explanation", "Growth", "Row", "explain"]
