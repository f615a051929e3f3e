"""The judgement of a whole region: outcomes, what is lacked most, the standard; and judging it again."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from cultivation import editions
from cultivation.fact_names import fact_name
from cultivation.models import Tier
from cultivation.queries import latest
from cultivation.rules.shapes import Edition
from cultivation.wording import document_of, say
from cultivation.wording.rows import best_standard
from enterprises.models import Enterprise, State
from tenancy import jobs
from tenancy.access import require
from tenancy.http import ActedRequest

EVALUATE = "evaluate"


@require_GET
def overview(request: ActedRequest) -> HttpResponse:
    """Outcomes of a region with the elements and facts that are lacked most. Four queries."""
    actor = request.actor
    require(actor, "cultivation.view", actor.region_path)
    today = timezone.localdate()
    path = actor.region_path
    tier = request.GET.get("tier", "")
    tier = tier if tier in Tier.values else Tier.INNOVATIVE
    judged = latest(tier, today).filter(
        region_id__gte=path, region_id__lt=path + "~", enterprise__state=State.ACTIVE
    )
    outcomes = dict(judged.values_list("outcome").annotate(n=Count("id")).order_by())
    active = Enterprise.objects.under(path).active().count()
    edition = editions.in_force(tier, today, region=path)
    lacked: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    years: Counter[int] = Counter()
    newest = None
    for outcome, lacking, facts, year, on in judged.exclude(outcome="pass").values_list(
        "outcome", "lacking", "unknown", "year", "judged_on"
    ):
        years[year] += 1
        newest = on if newest is None or on > newest else newest
        if outcome == "fail":
            lacked.update(lacking)
        else:
            unknown.update(facts)
    year = years.most_common(1)[0][0] if years else today.year - 1
    return render(
        request,
        "cultivation/overview.html",
        {
            "tier": tier,
            "tiers": Tier.choices,
            "active": active,
            "judged": sum(outcomes.values()),
            "unjudged": active - sum(outcomes.values()),
            "passed": outcomes.get("pass", 0),
            "failed": outcomes.get("fail", 0),
            "unknown": outcomes.get("unknown", 0),
            "lacked": _bars([(say(edition.element(code).label), n) for code, n in lacked.most_common(8)]),
            "facts": _bars([(fact_name(code, year), n) for code, n in unknown.most_common(8)]),
            "edition": edition,
            "title": document_of(edition),
            "newest": newest,
            "can_evaluate": actor.can("cultivation.evaluate"),
            "year": today.year - 1,
        },
    )


def _bars(counted: list[tuple[str, int]]) -> list[dict[str, Any]]:
    most = counted[0][1] if counted else 1
    return [{"title": title, "count": n, "share": 100 * n / most} for title, n in counted]


@require_POST
def again(request: ActedRequest) -> HttpResponse:
    """Hands the judging of the whole region, for every tier, to a worker; the same answers are not stored twice."""
    actor = request.actor
    require(actor, "cultivation.evaluate", actor.region_path)
    today = timezone.localdate()
    job = jobs.start(
        by=actor,
        kind=EVALUATE,
        region=actor.region_path,
        params={"tiers": Tier.values, "year": today.year - 1, "on": today.isoformat()},
    )
    return redirect(job)


@require_GET
def standard(request: ActedRequest, code: str) -> HttpResponse:
    """A standard as it is applied: each element with its threshold, clause and how sure its source is."""
    actor = request.actor
    if not actor.can("own.view"):
        require(actor, "cultivation.view", actor.region_path)
    try:
        edition = editions.by_id(code)
    except KeyError as error:
        raise Http404 from error
    return render(
        request,
        "cultivation/standard.html",
        {
            "edition": edition,
            "title": document_of(edition),
            "groups": _groups(edition),
        },
    )


def _groups(edition: Edition) -> list[dict[str, Any]]:
    entry = [c for c in edition.conditions if c.group == "entry"]
    direct = [c for c in edition.conditions if c.group == "direct"]
    required = [c for c in edition.conditions if c.group == "required"]
    groups: list[dict[str, Any]] = [{"code": "entry", "rows": [_row(c, say(c.standard)) for c in entry]}]
    groups.append({"code": "required", "rows": [_row(c, say(c.standard)) for c in required]})
    for each in edition.classes:
        rows = [_row(i, best_standard(i), i.max) for i in edition.indicators if i.class_code == each.code]
        least = next((line.score_ge for line in edition.lines if line.class_code == each.code), None)
        groups.append(
            {"code": "class", "title": say(each.label), "max": each.max, "least": least, "rows": rows}
        )
    groups.append({"code": "direct", "rows": [_row(c, say(c.standard)) for c in direct]})
    return [group for group in groups if group["rows"]]


def _row(element: Any, threshold: str, most: int | None = None) -> dict[str, Any]:
    return {
        "code": element.code,
        "label": say(element.label),
        "clause": say(element.clause),
        "standard": threshold,
        "max": most,
        "mark": element.confidence.mark,
        "note": say(element.confidence.note) if element.confidence.note else "",
    }
