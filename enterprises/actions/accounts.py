"""Who speaks for an enterprise: letters with a code, their use, and claims that the county decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from enterprises import telling
from enterprises.actions.entry import Refused
from enterprises.letters import AT_ONCE, DAYS, Letter, Newcomer, digest, new_code, speakers
from enterprises.models import Claim, Enterprise, Invitation, State
from tenancy import audit, inbox
from tenancy.access import Actor, open_postings, person, require
from tenancy.actions import speak_for, stop_speaking_for
from tenancy.context import acting
from tenancy.models import Officer

INVITE = "accounts.invite"


def invite(*, by: Actor, region: str, enterprise_ids: Iterable[int]) -> list[Letter]:
    """A letter for each of the region's active enterprises among these; one made before is worth nothing from now on.

    In the order of their names. Four statements. Raises Denied, Refused for more than AT_ONCE.
    """
    require(by, INVITE, region)
    now = timezone.now()
    with transaction.atomic():
        found = list(
            Enterprise.objects.select_for_update(of=("self",), no_key=True)
            .under(region)
            .filter(pk__in=list(enterprise_ids), state=State.ACTIVE)
            .order_by("pinyin", "pk")
            .only("id", "uscc", "name", "region_id")[: AT_ONCE + 1]
        )
        if len(found) > AT_ONCE:
            raise Refused("letters_too_many", most=AT_ONCE)
        Invitation.objects.filter(
            enterprise_id__in=[e.pk for e in found], used_at__isnull=True, ended_at__isnull=True
        ).update(ended_at=now)
        codes = [new_code() for _ in found]
        until = now + dt.timedelta(days=DAYS)
        Invitation.objects.bulk_create(
            Invitation(
                region_id=e.region_id,
                enterprise=e,
                digest=digest(code),
                made_at=now,
                made_by_id=person(by),
                until_at=until,
            )
            for e, code in zip(found, codes, strict=True)
        )
        audit.record(
            by=by,
            action="accounts.invite",
            region=region,
            subject=str(len(found)),
            detail={"enterprises": [e.uscc for e in found]},
        )
    last = timezone.localtime(until).date()
    return [Letter(e.uscc, e.name, code, last) for e, code in zip(found, codes, strict=True)]


def activate(*, by: Actor, letter: Invitation, uscc: str, who: Officer | Newcomer) -> Claim | None:
    """Uses a letter: its holder speaks for the enterprise from now on. Nobody acts yet: `by` is the system, in the
    letter's place, with the address that it came from.

    Where the letter was used before, or somebody speaks for the enterprise already, a claim goes to the county
    instead (and is returned), and the account is there but opens nothing. Called outside a context. Raises Refused:
    `letter_unknown` (another enterprise's letter), `letter_over`, `enterprise_closed`, `official` for an account
    with an official's posting, `username_taken`, `speaks_already`, `claimed_already`.
    """
    postings = open_postings(who.pk) if isinstance(who, Officer) else []
    if any(p.role != "enterprise" for p in postings):
        raise Refused("official")
    if any(p.enterprise_id == letter.enterprise_id for p in postings):
        raise Refused("speaks_already")
    with acting(by):
        locked = (
            Invitation.objects.select_for_update(of=("self",)).select_related("enterprise").get(pk=letter.pk)
        )
        if locked.enterprise.uscc != uscc.strip().upper():
            raise Refused("letter_unknown")
        if locked.ended_at is not None or locked.until_at <= timezone.now():
            raise Refused("letter_over")
        if locked.enterprise.state != State.ACTIVE:
            raise Refused("enterprise_closed")
        # The enterprise's row, so that of two letters used at once one is the first.
        Enterprise.objects.select_for_update(no_key=True).only("id").get(pk=locked.enterprise_id)
        officer = _enrolled(who)
        first = locked.used_at is None and not speakers(locked.enterprise_id).exists()
        if locked.used_at is None:
            locked.used_at = timezone.now()
            locked.save(update_fields=["used_at"])
        place: dict[str, Any] = {"enterprise_id": locked.enterprise_id, "region": locked.region_id}
        claim = None
        if first:
            speak_for(officer_id=officer.pk, by=by, **place)
        else:
            claim = _claimed(locked, officer)
        audit.record(
            by=by,
            action="accounts.activate" if first else "accounts.claim",
            region=locked.region_id,
            subject=locked.enterprise,
            detail={"officer": officer.pk},
        )
        if claim is not None:
            inbox.tell([telling.claimed(claim)], officer.pk)
    return claim


def _enrolled(who: Officer | Newcomer) -> Officer:
    if isinstance(who, Officer):
        return who
    try:
        with transaction.atomic():
            return Officer.objects.create_user(who.username, who.password, display_name=who.display_name)
    except IntegrityError as wrong:
        raise Refused("username_taken") from wrong


def _claimed(letter: Invitation, officer: Officer) -> Claim:
    try:
        with transaction.atomic():
            return Claim.objects.create(
                region_id=letter.region_id, enterprise_id=letter.enterprise_id, officer=officer
            )
    except IntegrityError as wrong:
        raise Refused("claimed_already") from wrong


def decide_claim(*, by: Actor, claim: Claim, how: str, reason: str = "") -> Claim:
    """Lets the claimant in `beside` who speaks already, `replaced` in their place, or is `declined`, with a reason.

    Raises Denied; Refused for a claim that somebody decided meanwhile.
    """
    require(by, INVITE, claim.region_id)
    reason = " ".join(reason.split())[:500]
    if how not in {Claim.State.BESIDE, Claim.State.REPLACED, Claim.State.DECLINED}:
        raise Refused("field_unknown")
    if how == Claim.State.DECLINED and not reason:
        raise Refused("claim_reason")
    with transaction.atomic():
        locked = Claim.objects.select_for_update(of=("self",)).select_related("enterprise").get(pk=claim.pk)
        if locked.state != Claim.State.OPEN:
            raise Refused("claim_decided")
        locked.state, locked.reason = how, reason
        locked.decided_at, locked.decided_by_id = timezone.now(), person(by)
        locked.save(update_fields=["state", "reason", "decided_at", "decided_by"])
        place: dict[str, Any] = {"enterprise_id": locked.enterprise_id, "region": locked.region_id, "by": by}
        if how == Claim.State.REPLACED:
            stop_speaking_for(**place, but=locked.officer_id)
        if how != Claim.State.DECLINED:
            speak_for(officer_id=locked.officer_id, **place)
        audit.record(
            by=by,
            action="accounts.decide",
            region=locked.region_id,
            subject=locked.enterprise,
            detail={"officer": locked.officer_id, "how": how, "reason": reason},
        )
        if how != Claim.State.DECLINED:
            inbox.tell([telling.claim_decided(locked)], by.officer_id)
    return locked
