"""The judgement of one enterprise, explained to the last element, and the what-if beside it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cultivation import editions, wording
from cultivation.fact_names import choice_name, fact_name
from cultivation.models import Evaluation
from cultivation.number_words import money, span
from cultivation.rules.judge import Judgement, judge
from cultivation.rules.shapes import Edition
from cultivation.rules.steps import shortest
from cultivation.rules.vocabulary import KINDS
from cultivation.stored import fact_codes, facts_from_json
from enterprises.rules.fields import FIELDS
from portal.pages.enterprise import find, frame
from tenancy.access import require
from tenancy.http import ActedRequest

FEN_OF_WAN = 1_000_000
#: shown first; the rest waits behind “改其他数据”
USUAL = ("rd_expense", "revenue", "main_revenue", "total_liabilities", "ip1", "hnte_valid_until")
_CHOICES = {f.code: [(str(v), w) for v, w, _more in f.choices] for f in FIELDS if f.choices}


def _stored(evaluation: Evaluation) -> tuple[Edition, dict[str, Any], Judgement]:
    """The edition and facts that the evaluation kept, and its judgement again from these (pure)."""
    edition = editions.by_id(evaluation.edition.code)
    facts = facts_from_json(evaluation.facts)
    return edition, facts, judge(edition, facts, evaluation.judged_on)


@require_GET
def judgement(request: ActedRequest, public_id: str) -> HttpResponse:
    enterprise = find(request, public_id)
    actor = request.actor
    if actor.role != "enterprise":
        require(actor, "cultivation.view", actor.region_path)
    context = frame(request, enterprise, "judgement")
    evaluation = context["evaluation"]
    if evaluation is None:
        return render(request, "portal/enterprise/judgement.html", context)
    edition, facts, found = _stored(evaluation)
    explained = wording.explain(edition, facts, found, evaluation.year)
    by_class = [
        {
            "bar": bar,
            "rows": [r for r in explained.rows if r.group == "indicator" and r.class_code == bar.code],
            **_shares(bar),
        }
        for bar in explained.classes
    ]
    entry = [r for r in explained.rows if r.group == "entry"]
    context |= {
        "explained": explained,
        "classes": by_class,
        "entry": entry,
        "entry_met": all(r.outcome == "pass" for r in entry),
        "direct": [r for r in explained.rows if r.group == "direct"],
        "judgement": found,
        "share": found.score,
        "possible": found.score_max - found.score,
        "line": next((x.score_ge for x in edition.lines if x.class_code is None), None),
        "steps": _steps(edition, facts, found),
        **_fields(edition, facts, evaluation.year, {}),
    }
    return render(request, "portal/enterprise/judgement.html", context)


def _shares(bar: wording.ClassBar) -> dict[str, float]:
    most = bar.most or 1
    return {
        "share": float(100 * bar.points / most),
        "possible": float(100 * (bar.points_max - bar.points) / most),
        "mark": 100 * bar.least / most,
    }


def _steps(edition: Edition, facts: dict[str, Any], found: Judgement) -> list[dict[str, str]]:
    """The three shortest ways, each with what its button puts into the form."""
    return [
        {
            "text": wording.step_sentence(edition, facts, step),
            "field": _field_id(step.fact),
            "value": _typed(step.fact, step.value),
        }
        for step in shortest(edition, facts, found.on, found)[:3]
    ]


def _field_id(code: str) -> str:
    return "w-" + code.replace("[", "-").replace("]", "")


def _typed(code: str, value: Any) -> str:
    """A fact as one types it: money in 万元, a date as ISO text."""
    if value is None:
        return ""
    kind = KINDS[code.split("[")[0]]
    if kind == "money":
        return f"{(Decimal(value) / FEN_OF_WAN).normalize():f}"
    if kind == "flag":
        return "1" if value else "0"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _fields(edition: Edition, facts: dict[str, Any], year: int, typed: dict[str, str]) -> dict[str, Any]:
    """The form of the what-if: every fact that the edition reads, with today's value under it."""
    made = []
    for code in fact_codes(edition):
        base = code.split("[")[0]
        if base in ("uscc", "industry_code"):
            continue
        kind = KINDS[base]
        now = _typed(code, facts.get(code))
        value = typed.get(code, now)
        made.append(
            {
                "code": code,
                "id": _field_id(code),
                "title": fact_name(code, year),
                "kind": kind,
                "value": value,
                "now": _shown_now(code, facts.get(code)),
                "changed": value != now,
                "unit": {"money": _("万元"), "count": ""}.get(kind, ""),
                "choices": [(v, choice_name(base, v)) for v, _word in _CHOICES.get(base, [])]
                if kind == "choice"
                else [],
            }
        )
    order = {code: n for n, code in enumerate(USUAL)}
    usual = sorted((f for f in made if f["code"] in order), key=lambda f: order[str(f["code"])])
    return {"usual": usual, "others": [f for f in made if f["code"] not in order]}


def _shown_now(code: str, value: Any) -> str:
    kind = KINDS[code.split("[")[0]]
    if value is None:
        return _("未获得") if kind == "date" else _("未报")
    if kind == "money":
        return money(value)
    if kind == "flag":
        return _("是") if value else _("否")
    if kind == "choice":
        return choice_name(code.split("[")[0], str(value))
    return str(value)


class _Unreadable(ValueError):
    pass


def _read(code: str, text: str) -> Any:
    """What was typed, as the judge knows it; raises _Unreadable. Empty is unknown (a date: not held)."""
    text = text.strip().replace(",", "").replace("，", "")
    if not text:
        return None
    kind = KINDS[code.split("[")[0]]
    try:
        if kind == "money":
            fen = Decimal(text) * FEN_OF_WAN
            if not fen.is_finite() or abs(fen) > 10**17:
                raise _Unreadable
            return int(fen.to_integral_value())
        if kind == "count":
            number = int(text)
            if not 0 <= number < 10**9:
                raise _Unreadable
            return number
        if kind == "date":
            return dt.date.fromisoformat(text)
        if kind == "flag":
            return {"1": True, "0": False}[text]
    except (InvalidOperation, ValueError, KeyError) as error:
        raise _Unreadable from error
    if text not in {v for v, _word in _CHOICES.get(code.split("[")[0], [])}:
        raise _Unreadable
    return text


@require_GET
def try_out(request: ActedRequest, public_id: str) -> HttpResponse:
    """Judges changed figures without storing anything; only what stands in the form is used."""
    enterprise = find(request, public_id)
    actor = request.actor
    if actor.role != "enterprise":
        require(actor, "cultivation.view", actor.region_path)
    evaluation = frame(request, enterprise, "judgement")["evaluation"]
    if evaluation is None:
        raise Http404
    edition, facts, found = _stored(evaluation)
    changed, problems = dict(facts), []
    for code in fact_codes(edition):
        if code not in request.GET:
            continue
        try:
            changed[code] = _read(code, request.GET[code])
        except _Unreadable:
            problems.append(
                _("%(name)s“%(value)s”认不出来：数字填如 146.00，日期填如 2027-10-31")
                % {"name": fact_name(code, evaluation.year), "value": request.GET[code][:40]}
            )
    after = judge(edition, changed, evaluation.judged_on)
    explained = wording.explain(edition, changed, after, evaluation.year)
    moved = [
        {"title": bar.label, "least": bar.least, "before": span(found.class_scores[bar.code], found.class_scores_max[bar.code]),
         "after": span(bar.points, bar.points_max)}
        for bar in explained.classes
    ]  # fmt: skip
    return render(
        request,
        "portal/enterprise/try_out.html",
        {
            "problems": problems,
            "explained": explained,
            "before": span(found.score, found.score_max),
            "after": span(after.score, after.score_max),
            "moved": moved,
            "steps": _steps(edition, changed, after),
            "enterprise": enterprise,
        },
    )
