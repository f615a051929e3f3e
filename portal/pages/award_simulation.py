"""A scheme tried before it is in force: who would get how much, and which level would pay. Nothing is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from enterprises.models import Enterprise
from portal.pages.award_simulation_form import SimulationForm, typed_values
from portal.pages.awards import VIEW, scheme_name
from portal.wording import level_title
from subsidies import local
from subsidies.queries import policies_by_place, with_events
from subsidies.reasons import reason_text
from subsidies.rules.amounts import in_wan
from subsidies.rules.schemes import LEVELS, Policy
from subsidies.rules.simulating import NEW, blank, present, tried
from subsidies.simulation import AT_ONCE, SPLITS, VIEWS, Line, Row, Simulated, Sums, from_json, simulate
from subsidies.wording import title_name
from tenancy import jobs
from tenancy.access import Actor, require
from tenancy.http import ActedRequest
from tenancy.models import Region
from tenancy.paging import page_of

SIMULATION = "awards.simulation"
#: enterprises that a job names on each list; all are counted
NAMED = 1_000
#: of the address, what says which part of the answer is looked at
_LOOKS = ("page", "view", "by", "job")


@dataclass(frozen=True)
class Asked:
    """What an address asks to try; no policy where something typed is wrong, no form where no scheme is chosen."""

    code: str = ""
    form: SimulationForm | None = None
    #: where the tried policy holds
    place: str = ""
    policy: Policy | None = None

    @property
    def on(self) -> dt.date:
        assert self.form is not None
        day = self.form.cleaned_data["on"]
        assert isinstance(day, dt.date)
        return day


def offered(region: str) -> dict[str, tuple[str, str]]:
    """Scheme → (policy, the path where it holds), of all written ones that pay something in a place or below it. Two queries."""
    found: dict[str, tuple[str, str]] = {}
    for path, policy in policies_by_place(timezone.localdate()):
        if path.startswith(region) or region.startswith(path):
            found |= {s.code: (policy.id, path) for s in policy.schemes if not s.repeats and not s.tops}
    return dict(sorted(found.items()))


def asked(got: QueryDict, place: Region, choices: Mapping[str, tuple[str, str]]) -> Asked:
    """What an address asks to try at a place. At most one query."""
    code = got.get("scheme", "")
    if code != NEW and code not in choices:
        return Asked()
    first: dict[str, Any]
    if code == NEW:
        document, path = blank(place.code, "specialised", "new"), place.path
        level = {"region": "region", "xpcc": "region", "prefecture": "prefecture"}.get(place.kind, "county")
        first = {"event": "specialised:new", "kind": "fixed", "once": "title", level: "1"}
    else:
        policy, path = choices[code]
        document = local.document(policy, timezone.localdate())
        first = typed_values(present(document, code))
    first |= {"on": timezone.localdate()}
    if "try" not in got:
        return Asked(code, SimulationForm(initial=first, code=code))
    form = SimulationForm(got, initial=first, code=code)
    if form.is_valid() and code == NEW:
        event, _colon, how = form.cleaned_data["event"].partition(":")
        document = blank(place.code, event, how)
    made = form.judged(lambda typed: tried(document, code, typed))
    if code != NEW:
        form.tell_present()
    return Asked(code, form, path, made)


def query_of(got: QueryDict) -> str:
    """The address without what says which part of the answer is looked at."""
    kept = got.copy()
    for name in _LOOKS:
        kept.pop(name, None)
    return kept.urlencode()


@require_http_methods(["GET", "POST"])
def award_simulation(request: ActedRequest) -> HttpResponse:
    """The form and its answer; for very many enterprises a POST hands the counting to a worker. About nine queries for
    2,000 enterprises with an event."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    request.own_region = place = Region.objects.get(path=actor.region_path)
    choices = offered(actor.region_path)
    what = asked(request.GET, place, choices)
    query = query_of(request.GET)
    if request.method == "POST":
        if what.policy is None:
            raise Http404
        return redirect(
            jobs.start(by=actor, kind=SIMULATION, region=actor.region_path, params={"query": query})
        )
    found, kept, many = None, False, 0
    if what.policy is not None:
        found = _kept(actor, request.GET.get("job", ""), query)
        kept = found is not None
        if found is None and (many := with_events(actor.region_path).count()) <= AT_ONCE:
            found = simulate(actor.region_path, what.on, what.place, what.policy, what.code)
    return render(
        request,
        "portal/awards/simulation.html",
        {
            "choices": [(code, scheme_name(code)) for code in choices],
            "new": NEW,
            "code": what.code,
            "name": _("新设项目") if what.code == NEW else scheme_name(what.code),
            "form": what.form,
            "ready": what.policy is not None,
            "many": many,
            "bound": NAMED if kept else 0,
            **(_answer(request, found) if found is not None else {}),
        },
        status=422 if what.form is not None and what.form.errors else 200,
    )


def _kept(actor: Actor, job: str, query: str) -> Simulated | None:
    """What a worker has counted for the same question of the same person. At most one query."""
    done = jobs.answer(actor, SIMULATION, job)
    return from_json(done.result["found"]) if done and done.params["query"] == query else None


def counted(actor: Actor, query: str, progress: Any) -> dict[str, Any]:
    """The answer to the question of an address, as a worker keeps it. Raises LookupError where it is none any more."""
    place = Region.objects.get(path=actor.region_path)
    what = asked(QueryDict(query), place, offered(actor.region_path))
    if what.policy is None:
        raise LookupError(query)
    total = with_events(actor.region_path).count()
    found = simulate(
        actor.region_path,
        what.on,
        what.place,
        what.policy,
        what.code,
        named=NAMED,
        progress=lambda done: progress("count", done, total),
    )
    return found.as_json()


def _answer(request: ActedRequest, found: Simulated) -> dict[str, Any]:
    """What the page shows of an answer: one split, one list. Two queries."""
    view = request.GET.get("view", "")
    view = view if view in VIEWS else next((v for v in VIEWS if found.numbers[v]), VIEWS[0])
    by = request.GET.get("by", "")
    by = by if by in SPLITS else SPLITS[0]
    page = page_of(request, found.rows[view], 50)
    firms = {
        e.pk: e
        for e in Enterprise.objects.filter(pk__in=[r.enterprise for r in page]).select_related("region")
    }
    return {
        "found": found,
        "whole": _sides(found.whole),
        "own": _sides(found.own),
        "by": by,
        "splits": [(split, _split_title(split)) for split in SPLITS],
        "word": _split_title(by),
        "groups": [{"name": name, **_sides(sums)} for name, sums in _groups(by, found.by[by])],
        "adds_up": by == "county",
        "view": view,
        "views": [(v, _view_title(v), found.numbers[v]) for v in VIEWS],
        "page": page,
        "rows": [_row(r, firms[r.enterprise]) for r in page if r.enterprise in firms],
    }


def _split_title(split: str) -> str:
    return {"level": _("承担的级次"), "county": _("县（市、区）"), "title": _("称号或事项")}[split]


def _view_title(view: str) -> str:
    return {"changed": _("有变化"), "same": _("不变"), "refused": _("仍不兑现")}[view]


def _groups(by: str, sums: Mapping[str, tuple[Sums, Sums]]) -> list[tuple[str, tuple[Sums, Sums]]]:
    """The lines of a split with their names. At most one query."""
    if by == "level":
        return [(level_title(level), sums[level]) for level in LEVELS if level in sums]
    if by == "title":
        return [(title_name(title), each) for title, each in sorted(sums.items())]
    names = dict(Region.objects.filter(path__in=sums).values_list("path", "name"))
    return [(names.get(path, path), each) for path, each in sorted(sums.items())]


def _sides(sums: tuple[Sums, Sums]) -> dict[str, Any]:
    before, after = sums
    return {
        "firms": before.firms,
        "firms_after": after.firms,
        "amount": in_wan(before.fen),
        "amount_after": in_wan(after.fen),
        "more": _signed(after.fen - before.fen),
        "undecided": before.undecided,
        "undecided_after": after.undecided,
    }


def _signed(fen: int) -> str:
    return f"+{in_wan(fen)}" if fen > 0 else in_wan(fen)


def _row(row: Row, firm: Enterprise) -> dict[str, Any]:
    return {
        "enterprise": firm,
        "before": in_wan(row.before),
        "after": in_wan(row.after),
        "more": _signed(row.after - row.before),
        "lines": [_line(line) for line in row.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "scheme": _("新设项目") if line.scheme == NEW else line.scheme,
        "title": title_name(line.title),
        "on": line.on,
        "before": _outcome(line.before, line.why_before),
        "after": _outcome(line.after, line.why_after),
        "changes": line.changes,
    }


def _outcome(amount: int | None, why: str) -> str:
    if why:
        return _("不兑现（%(why)s）") % {"why": reason_text(why)}
    return _("待核定") if amount is None else _("%(n)s 万元") % {"n": in_wan(amount)}
