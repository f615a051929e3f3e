"""The standards in force, and a place's own: composed over a published one, with its effect, by two people."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation import actions, editions
from cultivation.actions.composing import COMPOSE
from cultivation.effect import first_days
from cultivation.models import Edition, EditionDraft, Tier
from cultivation.rules.reading import EditionError
from cultivation.rules.workflow import Refused
from cultivation.wording import document_of, say
from cultivation.wording.drafts import edition_error_text
from cultivation.wording.refusals import refusal_text
from enterprises.models import Enterprise
from portal.pages.edition_forms import ConditionForm, HeadForm, IndicatorForms, head_of, head_values
from tenancy import jobs
from tenancy.access import require
from tenancy.http import ActedRequest, whole_number
from tenancy.models import Region

EFFECT = "editions.effect"
State = EditionDraft.State


@require_GET
def standards(request: ActedRequest) -> HttpResponse:
    """What counts here for each tier, today, before and later; and the drafts. About five queries."""
    actor = request.actor
    require(actor, "cultivation.view", actor.region_path)
    today = timezone.localdate()
    names = dict(
        Region.objects.filter(path__in={e.region for e in editions.of_places()}).values_list("path", "name")
    )
    groups = []
    for tier in Tier:
        counts = set()
        for review in (False, True):
            try:
                counts.add(editions.in_force(tier, today, region=actor.region_path, review=review).id)
            except LookupError:
                continue
        here = [
            each
            for each in editions.everywhere()
            if each.tier == tier
            and (not each.region or actor.covers(each.region) or actor.region_path.startswith(each.region))
        ]
        groups.append(
            {
                "title": tier.label,
                "rows": [
                    {
                        "edition": each,
                        "title": document_of(each),
                        "place": names.get(each.region, ""),
                        "now": each.id in counts,
                        "later": each.valid_from > today,
                        "review": "review" in each.applies_to,
                        "first": "first" in each.applies_to,
                    }
                    for each in sorted(here, key=lambda e: (e.valid_from, bool(e.region)), reverse=True)
                ],
            }
        )
    composes = actor.can(COMPOSE)
    drafts = EditionDraft.objects.filter(region_id=actor.region_path).order_by("-id")
    return render(
        request,
        "portal/editions/list.html",
        {"groups": groups, "composes": composes, "drafts": list(drafts[:50]) if composes else []},
    )


def _bases(region: str) -> dict[str, Edition]:
    found = Edition.objects.filter(region__isnull=True) | Edition.objects.filter(region_id=region)
    return {each.code: each for each in found.order_by("tier", "-valid_from", "code")}


@require_http_methods(["GET", "POST"])
def new(request: ActedRequest) -> HttpResponse:
    """Begins a draft: over which standard, by which document, from when."""
    actor = request.actor
    require(actor, COMPOSE, actor.region_path)
    bases = _bases(actor.region_path)
    base = bases.get(request.POST.get("base") or request.GET.get("base", ""))
    initial: dict[str, Any] = {}
    if base is not None:
        first, last = first_days(base, timezone.localdate())
        kinds = base.content.get("applies_to", ["first", "review"])
        initial = {
            "title_zh": base.content["title"]["zh"],
            "valid_from": first,
            "valid_until": last,
            "applies_to": kinds,
        }
    form = HeadForm(request.POST or None, initial=initial)
    if request.method == "POST" and base is not None and form.is_valid():
        try:
            draft = actions.begin_edition(by=actor, base=base, over=head_of(form.cleaned_data, {}))
        except (Refused, EditionError) as refused:
            form.add_error(None, _words(refused))
        else:
            return redirect("draft", draft.public_id)
    choices = [
        {
            "code": each.code,
            "title": f"{Tier(each.tier).label} · {_document(each)}",
            "first": each.valid_from,
            "last": each.valid_until,
        }
        for each in bases.values()
    ]
    return render(
        request,
        "portal/editions/head.html",
        {
            "form": form,
            "bases": choices,
            "base": base,
            "under": _document(base) if base else "",
            "draft": None,
        },
    )


def _document(edition: Edition) -> str:
    return document_of(editions.drafted(edition.content))


def _words(refused: Refused | EditionError) -> str:
    return refusal_text(refused.code) if isinstance(refused, Refused) else edition_error_text(refused)


def _draft(request: ActedRequest, public_id: str) -> EditionDraft:
    actor = request.actor
    require(actor, COMPOSE, actor.region_path)
    found = EditionDraft.objects.select_related("base").filter(region_id=actor.region_path)
    return get_object_or_404(found, public_id=public_id[:26])


def _change(request: ActedRequest, draft: EditionDraft, over: dict[str, Any]) -> str:
    """Empty where it was changed, else why not."""
    try:
        actions.change_edition(
            by=request.actor,
            draft=draft,
            version=whole_number(request.POST.get("version", "")) or 0,
            over=over,
        )
    except (Refused, EditionError) as refused:
        return _words(refused)
    messages.success(request, _("已保存"), extra_tags="ok")
    return ""


@require_GET
def draft(request: ActedRequest, public_id: str) -> HttpResponse:
    """Every element with what was changed, the effect, and the next step. About four queries."""
    found = _draft(request, public_id)
    standard = editions.drafted(found.content)
    over = found.over
    added = {each["code"] for each in over.get("conditions", [])}
    known = {each["code"] for each in found.base.content["conditions"]}
    conditions = [
        {
            "code": c.code,
            "group": c.group,
            "label": say(c.label),
            "standard": say(c.standard),
            "clause": say(c.clause),
            "how": "added" if c.code in added - known else "changed" if c.code in added else "",
        }
        for c in standard.conditions
    ]
    gone = [
        {"code": c["code"], "label": c["label"]["zh"], "standard": c["standard"]["zh"]}
        for c in found.base.content["conditions"]
        if c["code"] in over.get("without", [])
    ]
    rescored = {each["class"] for each in over.get("indicators", [])}
    classes = [
        {
            "code": each.code,
            "title": say(each.label),
            "max": each.max,
            "changed": each.code in rescored,
            "rows": [
                {"label": say(i.label), "max": i.max, "clause": say(i.clause)}
                for i in standard.indicators
                if i.class_code == each.code
            ],
        }
        for each in standard.classes
    ]
    return render(
        request,
        "portal/editions/draft.html",
        {
            "draft": found,
            "standard": standard,
            "title": document_of(standard),
            "conditions": conditions,
            "gone": gone,
            "classes": classes,
            "lines": [
                {
                    "code": line.code,
                    "label": say(line.label),
                    "height": line.score_ge,
                    "changed": line.code in over.get("lines", {}),
                }
                for line in standard.lines
            ],
            "effect": _effect(found),
            "fresh": found.effect_of == found.content_hash,
            "open": found.state == State.DRAFT,
            "mine": found.proposed_by_id == request.actor.officer_id,
            "past": standard.valid_from <= timezone.localdate(),
        },
    )


def _effect(found: EditionDraft) -> dict[str, Any] | None:
    """The stored comparison with names and words. One query."""
    effect = found.effect
    if not effect:
        return None
    labels: dict[str, str] = {}
    now = editions.by_id(effect["now"])
    for each in (now, editions.drafted(found.content)):
        labels |= {element.code: say(element.label) for element in each.elements}
    ids = [line[0] for side in ("gained", "lost") for line in effect[side]["named"]]
    firms = {e.pk: e for e in Enterprise.objects.filter(pk__in=ids).only("id", "name", "public_id")}
    sides = [
        {
            "side": side,
            "n": effect[side]["n"],
            "by_element": [(labels.get(code, code), n) for code, n in effect[side]["by_element"]],
            "named": [
                {"firm": firms[pk], "before": before, "why": [labels.get(code, code) for code in codes]}
                for pk, before, _after, codes in effect[side]["named"]
                if pk in firms
            ],
        }
        for side in ("gained", "lost")
    ]
    passes = {when: sum(n for move, n in effect["moves"].items() if move.split(">")[i] == "pass")
              for i, when in enumerate(("before", "after"))}  # fmt: skip
    return {
        "sides": sides,
        "judged": effect["judged"],
        "year": effect["year"],
        "on": dt.date.fromisoformat(effect["on"]),
        "now": document_of(now),
        **passes,
    }


@require_http_methods(["GET", "POST"])
def head(request: ActedRequest, public_id: str) -> HttpResponse:
    """Title, document and days of a draft."""
    found = _draft(request, public_id)
    form = HeadForm(request.POST or None, initial=head_values(found.content))
    if request.method == "POST" and form.is_valid():
        wrong = _change(request, found, head_of(form.cleaned_data, found.over))
        if not wrong:
            return redirect("draft", found.public_id)
        form.add_error(None, wrong)
    return render(
        request,
        "portal/editions/head.html",
        {"form": form, "draft": found, "base": found.base, "under": _document(found.base)},
    )


@require_http_methods(["GET", "POST"])
def condition(request: ActedRequest, public_id: str, code: str) -> HttpResponse:
    """One condition: its words and its test; `new` adds one."""
    found = _draft(request, public_id)
    now = next((c for c in found.content["conditions"] if c["code"] == code), None)
    if now is None and code != "new":
        return redirect("draft", found.public_id)
    form = ConditionForm(request.POST or None, now=now, sources=found.content["sources"])
    if request.method == "POST" and form.is_valid():
        over = copy.deepcopy(found.over)
        made = form.made(
            over, {c["code"] for c in found.content["conditions"]} | set(over.get("without", []))
        )
        kept = [c for c in over.get("conditions", []) if c["code"] != made["code"]]
        over["conditions"] = [*kept, made]
        wrong = _change(request, found, over)
        if not wrong:
            return redirect("draft", found.public_id)
        form.add_error(None, wrong)
    return render(
        request, "portal/editions/condition.html", {"form": form, "draft": found, "new": now is None}
    )


@require_http_methods(["GET", "POST"])
def indicators(request: ActedRequest, public_id: str, code: str) -> HttpResponse:
    """The indicators that a class is scored by instead of those of the base."""
    found = _draft(request, public_id)
    of_class = (found.content.get("classes") or {}).get(code)
    if of_class is None:
        return redirect("draft", found.public_id)
    now = [i for i in found.content["indicators"] if i["class"] == code]
    title = next(say(c.label) for c in editions.drafted(found.content).classes if c.code == code)
    form = IndicatorForms(request.POST or None, now=now, sources=found.content["sources"])
    if request.method == "POST" and form.is_valid():
        over = copy.deepcopy(found.over)
        taken = {i["code"] for i in found.content["indicators"] if i["class"] != code}
        taken |= {c["code"] for c in found.content["conditions"]}
        others = [i for i in over.get("indicators", []) if i["class"] != code]
        over["indicators"] = [*others, *form.made(over, code, taken)]
        wrong = _change(request, found, over)
        if not wrong:
            return redirect("draft", found.public_id)
        form.errors.append(wrong)
    return render(
        request,
        "portal/editions/indicators.html",
        {"form": form, "draft": found, "title": title, "max": of_class["max"]},
    )


@require_POST
def change(request: ActedRequest, public_id: str) -> HttpResponse:
    """Small changes in the list: a condition falls away or comes back as it was, a class or a pass mark likewise."""
    found = _draft(request, public_id)
    over = copy.deepcopy(found.over)
    code, how = request.POST.get("code", ""), request.POST.get("how", "")
    if how in ("drop", "restore", "restore_class"):
        over["conditions"] = [
            c for c in over.get("conditions", []) if c["code"] != code or how == "restore_class"
        ]
        over["without"] = [c for c in over.get("without", []) if c != code or how == "restore_class"]
        over["lines"] = {c: n for c, n in over.get("lines", {}).items() if c != code}
    if how == "drop" and code in {c["code"] for c in found.base.content["conditions"]}:
        over["without"].append(code)
    elif how == "restore_class":
        over["indicators"] = [i for i in over.get("indicators", []) if i["class"] != code]
    elif how == "line":
        height = request.POST.get("height", "")
        if not (height.isascii() and height.isdigit() and len(height) < 4):
            messages.error(request, _("分数线要写成整数"), extra_tags="bad")
            return redirect("draft", found.public_id)
        over["lines"] = {**over.get("lines", {}), code: int(height)}
    wrong = _change(request, found, over)
    if wrong:
        messages.error(request, wrong, extra_tags="bad")
    return redirect("draft", found.public_id)


@require_POST
def effect(request: ActedRequest, public_id: str) -> HttpResponse:
    """Hands the comparison to a worker."""
    found = _draft(request, public_id)
    job = jobs.start(
        by=request.actor, kind=EFFECT, region=request.actor.region_path, params={"draft": found.public_id}
    )
    return redirect(job)


@require_POST
def step(request: ActedRequest, public_id: str) -> HttpResponse:
    """Proposes, puts in force, returns, or gives up."""
    found, actor, how = _draft(request, public_id), request.actor, request.POST.get("how", "")
    try:
        if how == "propose":
            actions.propose_edition(
                by=actor, draft=found, version=whole_number(request.POST.get("version", "")) or 0
            )
            said = _("已提请，等另一位同事启用")
        elif how == "in_force":
            actions.put_in_force(by=actor, draft=found)
            said = _("已启用，会在几分钟内按它重新评价")
        elif how == "return":
            actions.return_edition(by=actor, draft=found, reason=request.POST.get("reason", ""))
            said = _("已退回修改")
        else:
            actions.drop_edition(by=actor, draft=found)
            said = _("已废弃")
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        messages.success(request, said, extra_tags="ok")
    return redirect("draft", found.public_id)
