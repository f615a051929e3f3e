"""Claims with their evidence: made by the enterprise or by its county for it, accepted or declined by another person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from django.db import IntegrityError, transaction
from django.utils import timezone

from cultivation.rules.workflow import Refused as NotKept
from cultivation.uploads import checked
from enterprises.models import Enterprise, State
from subsidies import telling
from subsidies.claims import matters_of, recorded, recorded_as
from subsidies.models import ClaimFile, ClaimRequest
from subsidies.rules import claims as rules
from subsidies.rules.claims import Said
from subsidies.rules.workflow import CLAIMS, OWN, Refused
from tenancy import audit, files, inbox
from tenancy.access import Actor, person, require, speaks_for
from tenancy.context import writing

KIND = "awards.claim"


def make_claim(
    *, by: Actor, enterprise: Enterprise, said: Said, uploads: Sequence[tuple[str, BinaryIO]]
) -> ClaimRequest:
    """Claims an award for something that has happened, with the files that prove it; all is kept or nothing.

    By the enterprise itself or by its county for it. Raises Denied; Refused for a matter that no policy of the place pays
    for, for what `rules.claims.wrong` finds, for a file that is not taken (its name told), and for the same claim again.
    """
    speaks_for(by, OWN, CLAIMS, enterprise.pk, enterprise.region_id)
    if enterprise.state != State.ACTIVE:
        raise Refused("not_active")
    today = timezone.localdate()
    said = replace(
        said, project=" ".join(said.project.split())[:120], statement=said.statement.strip()[:1000]
    )
    matter = next((m for m in matters_of(enterprise.region_id, today) if m.code == said.matter), None)
    if code := rules.wrong(said, matter, today, len(uploads)):
        raise Refused(code)
    kept = [_checked(name, file) for name, file in uploads]
    with writing(by, enterprise.region_id):
        made = _made(by, enterprise, said)
        for name, media, file in kept:
            _keep(by, made, name, media, file)
        audit.record(
            by=by,
            action="awards.claim",
            region=made.region_id,
            subject=made,
            detail={
                "matter": said.matter,
                "on": said.on.isoformat(),
                "files": [name for name, _m, _f in kept],
            },
        )
        inbox.tell(telling.claim_made(made), by.officer_id)
    return made


def _checked(name: str, file: BinaryIO) -> tuple[str, str, BinaryIO]:
    try:
        return (*checked(name, file), file)
    except NotKept as refused:
        raise Refused(refused.code, files.safe_name(name)) from refused


def _made(by: Actor, enterprise: Enterprise, said: Said) -> ClaimRequest:
    try:
        with transaction.atomic():
            made = ClaimRequest.objects.create(
                region_id=enterprise.region_id,
                enterprise=enterprise,
                matter=said.matter,
                on=said.on,
                project=said.project,
                prize=said.prize,
                received=said.received,
                statement=said.statement,
                filed_by_id=person(by),
            )
    except IntegrityError as wrong:
        if "claim_request_once" not in str(wrong):
            raise
        raise Refused("claim_known") from wrong
    if recorded(made):
        raise Refused("claim_known")
    return made


def _keep(by: Actor, made: ClaimRequest, name: str, media: str, file: BinaryIO) -> None:
    stored = files.store(
        by=by, region=made.region_id, kind=KIND, name=name, media_type=media, chunks=files.pieces(file)
    )
    ClaimFile.objects.create(
        region_id=made.region_id,
        claim=made,
        enterprise_id=made.enterprise_id,
        file=stored,
        name=stored.name,
        media_type=media,
        size=stored.size,
        sha256=stored.sha256,
    )


def judge_claim(*, by: Actor, claim: ClaimRequest, accept: bool, reason: str = "") -> ClaimRequest:
    """Accepts a claim as an event of its enterprise, from which the arbiter says what follows; or declines it.

    Raises Denied; Refused to who has made it, without a reason for declining, where it was decided, and where officials
    have recorded the same.
    """
    require(by, CLAIMS, claim.region_id)
    reason = reason.strip()[:500]
    if not accept and not reason:
        raise Refused("reason_missing")
    with transaction.atomic():
        locked = _open(claim)
        if locked.filed_by_id == person(by):
            raise Refused("same_person")
        if accept and recorded(locked):
            raise Refused("claim_known")
        _decide(by, locked, ClaimRequest.State.ACCEPTED if accept else ClaimRequest.State.DECLINED, reason)
        if accept:
            recorded_as(locked, person(by)).save(force_insert=True)
        inbox.tell(telling.claim_judged(locked), by.officer_id)
    return locked


def withdraw_claim(*, by: Actor, claim: ClaimRequest) -> ClaimRequest:
    """Takes a claim back about which nobody has decided. Raises Denied, Refused."""
    speaks_for(by, OWN, CLAIMS, claim.enterprise_id, claim.region_id)
    with writing(by, claim.region_id):
        locked = _open(claim)
        if by.role != "enterprise" and locked.filed_by_id != person(by):
            raise Refused("claim_others")
        _decide(by, locked, ClaimRequest.State.WITHDRAWN, "")
    return locked


def _open(claim: ClaimRequest) -> ClaimRequest:
    locked = ClaimRequest.objects.select_for_update(no_key=True).filter(pk=claim.pk).first()
    if locked is None:
        raise Refused("claim_gone")
    if locked.state != ClaimRequest.State.OPEN:
        raise Refused("claim_decided")
    return locked


def _decide(by: Actor, locked: ClaimRequest, state: str, reason: str) -> None:
    locked.state, locked.reason = state, reason
    locked.decided_by_id, locked.decided_at = person(by), timezone.now()
    locked.save(update_fields=["state", "reason", "decided_by_id", "decided_at"])
    audit.record(
        by=by,
        action=f"awards.claim.{state}",
        region=locked.region_id,
        subject=locked,
        detail={"matter": locked.matter, "reason": reason[:200]},
    )
