"""The judgement of one enterprise, explained to the last element, and the what-if beside it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from cultivation import editions, wording
from cultivation.actions import judge_anew
from cultivation.actions.answering import ANSWER
from cultivation.fact_names import choice_name, fact_name
from cultivation.models import Evaluation, Tier
from cultivation.number_words import money, span
from cultivation.queries import latest_of, outcomes_of, person_fact, said_of
from cultivation.rules.judge import Judgement, judge
from cultivation.rules.shapes import Edition
from cultivation.rules.steps import shortest
from cultivation.rules.vocabulary import KINDS
from cultivation.stored import fact_codes, facts_from_json
from cultivation.wording.conclusions import edition_why
from enterprises.models import Enterprise
from enterprises.queries import newest_years
from enterprises.rules.fields import FIELDS
from portal.pages.enterprise import find, frame
from tenancy.access import require
from tenancy.http import ActedRequest

FEN_OF_WAN = 1_000_000
#: shown first; the rest waits behind “改其他数据”
USUAL = ("rd_expense", "revenue", "main_revenue", "total_liabilities", "ip1", "hnte_valid_until")
_CHOICES = {f.code: [(str(v), w) for v, w, _more in f.choices] for f in FIELDS if f.choices}


def stored(evaluation: Evaluation) -> tuple[Edition, dict[str, Any], Judgement]:
    """The edition and facts that the evaluation kept, and its judgement again from these (pure)."""
    edition = editions.by_id(evaluation.edition.code)
    facts = facts_from_json(evaluation.facts)
    return edition, facts, judge(edition, facts, evaluation.judged_on)


@dataclass(frozen=True)
class Asked:
    """Which judgement the address asks for: of a tier, for a first application or the review of the title."""

    tier: str
    review: bool

    @property
    def query(self) -> str:
        return f"?tier={self.tier}" + ("&review=1" if self.review else "")


def asked_of(request: ActedRequest) -> Asked:
    tier = request.GET.get("tier", "")
    return Asked(tier if tier in Tier.values else Tier.INNOVATIVE, request.GET.get("review") == "1")


def _may_see(request: ActedRequest) -> None:
    actor = request.actor
    if actor.role != "enterprise":
        require(actor, "cultivation.view", actor.region_path)


@require_GET
def judgement(request: ActedRequest, public_id: str) -> HttpResponse:
    """One tier's judgement, explained, and how to the others. Five queries."""
    enterprise = find(request, public_id)
    _may_see(request)
    asked, today = asked_of(request), timezone.localdate()
    context = frame(request, enterprise, "judgement")
    evaluation = latest_of(enterprise.pk, asked.tier, today, review=asked.review)
    context |= {
        "evaluation": evaluation,
        "asked": asked,
        "tiers": _tiers(enterprise, asked, today),
        "can_evaluate": request.actor.can("cultivation.evaluate"),
    }
    if evaluation is None:
        return render(request, "portal/enterprise/judgement.html", context)
    edition, facts, found = stored(evaluation)
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
    required = [r for r in explained.rows if r.group == "required"]
    context |= {
        "explained": explained,
        "classes": by_class,
        "required": required,
        "entry": entry,
        "entry_met": all(r.outcome == "pass" for r in entry),
        "required_met": all(r.outcome == "pass" for r in required),
        "direct": [r for r in explained.rows if r.group == "direct"],
        "said": said_of(enterprise.pk, evaluation, edition),
        "may_answer": request.actor.can(ANSWER),
        "by_persons": {c.code for c in edition.conditions if person_fact(c)},
        "judgement": found,
        "scored": bool(edition.lines),
        "share": found.score,
        "possible": found.score_max - found.score,
        "line": next((x.score_ge for x in edition.lines if x.class_code is None), None),
        "why": edition_why(edition, asked.review),
        "steps": _steps(edition, facts, found),
        **_fields(edition, facts, evaluation.year, {}),
    }
    return render(request, "portal/enterprise/judgement.html", context)


def _tiers(enterprise: Enterprise, asked: Asked, today: dt.date) -> list[dict[str, Any]]:
    """The way to each tier's judgement with its outcome; a review where the title is held. One query."""
    outcomes = outcomes_of(enterprise.pk, today)
    found = []
    for tier, title in Tier.choices:
        held = getattr(enterprise, f"{tier}_valid_until") is not None
        for review in (False, True) if held or (tier, True) in outcomes else (False,):
            one = Asked(tier, review)
            found.append(
                {
                    "query": one.query,
                    "title": _("%(title)s复核") % {"title": title} if review else title,
                    "outcome": outcomes.get((tier, review), ""),
                    "current": one == asked,
                }
            )
    return found


@require_POST
def judge_now(request: ActedRequest, public_id: str) -> HttpResponse:
    """Judges one enterprise for every tier, and for the reviews of titles it has held."""
    enterprise = find(request, public_id)
    actor, today = request.actor, timezone.localdate()
    require(actor, "cultivation.evaluate", actor.region_path)
    year = newest_years([enterprise.pk]).get(enterprise.pk)
    if year is None:
        messages.warning(request, _("还没有年度数据，先报数据再评价"), extra_tags="warn")
        return redirect("judgement", public_id)
    judge_anew(by=actor, enterprise=enterprise, year=year, on=today)
    messages.success(request, _("各层级已重新评价"), extra_tags="ok")
    return redirect(reverse("judgement", args=[public_id]) + asked_of(request).query)


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
    _may_see(request)
    asked = asked_of(request)
    evaluation = latest_of(enterprise.pk, asked.tier, timezone.localdate(), review=asked.review)
    if evaluation is None:
        raise Http404
    edition, facts, found = stored(evaluation)
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
            "scored": bool(edition.lines),
        },
    )
