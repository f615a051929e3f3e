"""What only a person can answer: judgements with their reason, and conditions that do not apply."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from cultivation import editions
from cultivation.actions.judging import judge_anew
from cultivation.models import Tier, Verdict
from cultivation.queue import is_conflicted
from cultivation.rules.vocabulary import JUDGEMENTS
from cultivation.rules.workflow import Refused
from enterprises.actions import save_by_hand
from enterprises.models import Enterprise
from tenancy import audit
from tenancy.access import Actor, person, require

ANSWER = "judgements.answer"
_WORDS = {True: Verdict.Word.MET, False: Verdict.Word.NOT_MET, None: Verdict.Word.OPEN}


def answer_judgement(
    *, by: Actor, enterprise: Enterprise, year: int, fact: str, met: bool | None, reason: str
) -> Verdict:
    """A reviewer's answer to what no figure tells (position in the chain, field of the product), for a year.

    It becomes a fact of the registry, so every tier that asks for it is judged again at once; None takes the
    answer back. Raises Denied, and Refused without a reason, for another fact, or after a declared conflict.
    """
    if fact not in JUDGEMENTS:
        raise Refused("element")
    with transaction.atomic():
        _may(by, enterprise, reason)
        save_by_hand(by=by, region=enterprise.region_id, year=year, values={fact: met}, enterprise=enterprise)
        said = _said(by, enterprise, year, fact, _WORDS[met], reason)
        judge_anew(by=by, enterprise=enterprise, year=year, on=timezone.localdate())
    return said


def excuse(
    *,
    by: Actor,
    enterprise: Enterprise,
    year: int,
    tier: str,
    element: str,
    excused: bool,
    reason: str,
    review: bool = False,
    on: dt.date | None = None,
) -> Verdict:
    """Says that a condition does not apply to an enterprise (so that it is neither missing nor open), or again does.

    Only of conditions: an indicator earns points or does not. Raises as `answer_judgement`.
    """
    today = on or timezone.localdate()
    try:
        standard = editions.in_force(tier, today, region=enterprise.region_id, review=review)
    except LookupError:
        raise Refused("no_edition") from None
    if tier not in Tier.values or element not in {each.code for each in standard.conditions}:
        raise Refused("element")
    with transaction.atomic():
        _may(by, enterprise, reason)
        word = Verdict.Word.NOT_APPLICABLE if excused else Verdict.Word.APPLICABLE
        said = _said(by, enterprise, year, element, word, reason, tier=tier, review=review)
        judge_anew(by=by, enterprise=enterprise, year=year, on=today)
    return said


def _may(by: Actor, enterprise: Enterprise, reason: str) -> None:
    require(by, ANSWER, enterprise.region_id)
    if not reason.strip():
        raise Refused("reason_missing")
    if is_conflicted(person(by), enterprise.pk):
        raise Refused("conflict")


def _said(
    by: Actor,
    enterprise: Enterprise,
    year: int,
    element: str,
    word: str,
    reason: str,
    *,
    tier: str = "",
    review: bool = False,
) -> Verdict:
    said = Verdict.objects.create(
        region_id=enterprise.region_id,
        enterprise=enterprise,
        year=year,
        tier=tier,
        review=review,
        element=element,
        word=word,
        reason=reason.strip()[:500],
        by_id=person(by),
        role=by.role,
    )
    audit.record(
        by=by,
        action="judgements.answer",
        region=enterprise.region_id,
        subject=enterprise,
        detail={"year": year, "tier": tier, "review": review, "element": element, "word": word,
                "reason": said.reason},
    )  # fmt: skip
    return said
