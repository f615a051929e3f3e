"""The conclusion of a judgement, its basis and the shortest ways up, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from cultivation.fact_names import choice_name, fact_name
from cultivation.number_words import amount, span, threshold
from cultivation.rules.judge import FAIL, PASS, Judgement
from cultivation.rules.shapes import (
    Bands,
    Edition,
    Indicator,
    Line,
    Number,
)
from cultivation.rules.steps import Step, kind, shortest
from cultivation.wording.rows import Row, rows
from cultivation.wording.tags import fact_list, outcome_tag, say


@dataclass(frozen=True, slots=True)
class ClassBar:
    code: str
    label: str
    points: Number
    points_max: Number
    most: int
    least: int
    reached: bool | None
    short: Number


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
        if not edition.lines:
            return _("达标：各项条件都满足。")
        score = {"score": span(judgement.score, judgement.score_max)}
        if any(line.class_code is not None for line in edition.lines):
            return _("达标：总分 %(score)s 分，各类都够最低分。") % score
        return _("达标：各项条件都满足，总分 %(score)s 分。") % score
    if judgement.outcome == FAIL:
        parts = [_("%(label)s未满足") % {"label": say(edition.element(code).label)} for code in entry]
        parts += [line_gap(edition, judgement, code) for code in judgement.lacking]
        matter = _("；").join(parts)
        if len(parts) == 1:
            text = _("只差 1 项：%(matter)s。") % {"matter": matter}
        else:
            text = _("差 %(count)d 项：%(matter)s。") % {"count": len(parts), "matter": matter}
        if judgement.score != judgement.score_max:
            text += _("未知数据补报后最多 %(max)s 分，结论不变。") % {"max": judgement.score_max}
        return text
    return _("还不能判定：缺%(facts)s。") % {"facts": fact_list(judgement.unknown, year)}


def line_gap(edition: Edition, judgement: Judgement, code: str) -> str:
    """“创新能力 15 分，最低 20 分”"""
    line = edition.element(code)
    if not isinstance(line, Line):
        return _("%(label)s未满足") % {"label": say(line.label)}
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


def edition_why(edition: Edition, review: bool) -> str:
    """Why this edition: by when it holds, and for which kind of judgement. 2026/2, transition rules."""
    since = edition.valid_from.isoformat()
    if edition.valid_until is not None:
        when = _("%(since)s 至 %(until)s 施行") % {"since": since, "until": edition.valid_until.isoformat()}
    else:
        when = _("%(since)s 起施行") % {"since": since}
    if review and "first" not in edition.applies_to:
        return _("%(when)s，只用于已有称号的复核；已有称号到期前一直有效") % {"when": when}
    if review:
        return _("%(when)s，复核也用这个标准；已有称号到期前一直有效") % {"when": when}
    if "review" not in edition.applies_to:
        return _("%(when)s，只用于首次申报") % {"when": when}
    return when


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


def step_sentence(edition: Edition, facts: Mapping[str, Any], step: Step) -> str:
    """“研发费用再多 17.51 万元，占比到 3%，即达标”"""
    element = edition.element(step.code)
    name = fact_name(step.fact)
    if isinstance(element, Indicator) and isinstance(element.points, Bands):
        label, limit = say(element.label), threshold(element.points.fact, step.limit)
        change = (step.value or 0) - (step.now or 0)
        if change >= 0:
            return _("%(name)s再多 %(change)s，%(label)s到 %(limit)s，即达标") % {
                "name": name,
                "change": amount(step.fact, change),
                "label": label,
                "limit": limit,
            }
        return _("%(name)s减少 %(change)s，%(label)s到 %(limit)s，即达标") % {
            "name": name,
            "change": amount(step.fact, -change),
            "label": label,
            "limit": limit,
        }
    if kind(step.fact) == "date":
        return _("%(name)s续到今天以后，直接达标") % {"name": name}
    if kind(step.fact) == "flag":
        return _("确认%(name)s，即达标") % {"name": name}
    if kind(step.fact) == "choice":
        word = choice_name(step.fact, str(step.value))
        return _("%(name)s达到“%(value)s”，即达标") % {"name": name, "value": word}
    change = (step.value or 0) - (step.now or 0)
    if step.fact.startswith("ip"):
        return _("%(name)s增加到 %(value)d 项，即达标") % {"name": name, "value": step.value}
    if kind(step.fact) == "count" and change > 0:
        return _("%(name)s增加到 %(value)d，即达标") % {"name": name, "value": step.value}
    if change < 0:
        return _("%(name)s减少 %(change)s，即达标") % {"name": name, "change": amount(step.fact, -change)}
    return _("%(name)s再多 %(change)s，即达标") % {"name": name, "change": amount(step.fact, change)}
