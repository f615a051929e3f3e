"""After a loss that is for good: two people accept what there is of a pool in the place of its signed head.

Refused with one of: level, loss_nothing, loss_overtaken, loss_words, loss_file, loss_not_whole, loss_open, loss_decided,
loss_same_person.
"""

from __future__ import annotations

from dataclasses import asdict

from django.db import connection, transaction

from subsidies import heads, telling
from subsidies.checking import of_pool
from subsidies.losses import Loss, losses
from subsidies.models import Acceptance, AcceptanceStep
from subsidies.rules.heads import ABSENT, Head
from subsidies.rules.workflow import Refused
from tenancy import audit, inbox
from tenancy.access import Actor, Denied, person, require

SEE, PROPOSE, CONFIRM = "ledger.view", "ledger.propose", "ledger.confirm"
CONFIRMED = AcceptanceStep.Decision.CONFIRM


def propose_loss(*, by: Actor, pool: int, seen: str, reason: str, document: str) -> Acceptance:
    """Proposes that what there is of a pool of the own level counts from now on, as it was seen. Raises Denied, Refused."""
    require(by, PROPOSE, by.region_path)
    reason, document = reason.strip()[:500], document.strip()[:80]
    if not reason or not document:
        raise Refused("loss_words")
    with transaction.atomic():
        loss = _loss(by, pool)
        if loss.seen != seen or loss.pending:
            raise Refused("loss_overtaken")
        if Acceptance.objects.filter(region_id=by.region_path, pool=pool, answer__isnull=True).exists():
            raise Refused("loss_open")
        made = Acceptance.objects.create(
            region_id=by.region_path,
            pool=pool,
            before=asdict(loss.before),
            after=asdict(loss.after),
            kept=loss.kept,
            reason=reason,
            document=document,
            by_id=person(by),
        )
        _record(by, heads.PROPOSED, made)
        inbox.tell(telling.loss_proposed(made), by_id=by.officer_id)
    return made


def confirm_loss(*, by: Actor, acceptance: Acceptance) -> AcceptanceStep:
    """Confirms it as another person; the accepted head is signed by the next signing (`nightly.sign_accepted`).

    What was posted meanwhile does no harm. Raises Denied, Refused.
    """
    _own(by, CONFIRM, acceptance)
    if person(by) == acceptance.by_id:
        raise Refused("loss_same_person")
    with transaction.atomic():
        _unanswered(acceptance)
        loss = _loss(by, acceptance.pool)
        if (
            loss.pending
            or asdict(loss.before) != acceptance.before
            or not heads.stands(Head(**acceptance.after))
        ):
            raise Refused("loss_overtaken")
        step = AcceptanceStep.objects.create(
            region_id=acceptance.region_id, acceptance=acceptance, decision=CONFIRMED, by_id=person(by)
        )
        _record(by, heads.CONFIRMED, acceptance)
    return step


def decline_loss(*, by: Actor, acceptance: Acceptance, reason: str) -> AcceptanceStep:
    """Gives a proposal back, or takes one's own back, with a reason. Raises Denied, Refused."""
    _own(by, PROPOSE if person(by) == acceptance.by_id else CONFIRM, acceptance)
    if not (reason := reason.strip()[:500]):
        raise Refused("reason_missing")
    with transaction.atomic():
        _unanswered(acceptance)
        step = AcceptanceStep.objects.create(
            region_id=acceptance.region_id,
            acceptance=acceptance,
            decision=AcceptanceStep.Decision.DECLINE,
            reason=reason,
            by_id=person(by),
        )
        audit.record(
            by=by,
            action="awards.accept_decline",
            region=str(acceptance.region_id),
            subject=acceptance,
            detail={"acceptance": acceptance.public_id, "reason": reason},
        )
    return step


def _own(by: Actor, permission: str, acceptance: Acceptance) -> None:
    """The place itself decides, not one above it."""
    require(by, permission, str(acceptance.region_id))
    if by.region_path != acceptance.region_id:
        raise Denied(permission, str(acceptance.region_id))


def _loss(by: Actor, pool: int) -> Loss:
    """The loss of a pool that holds in itself, with the pool held until the end of the transaction."""
    _hold(pool)
    signed = heads.read(by.region_path)
    if signed.faults:
        raise Refused("loss_file")
    found = next((each for each in losses(signed, by.region_path) if each.before.pool == pool), None)
    if found is None:
        raise Refused("loss_nothing")
    if found.after.digest != ABSENT and of_pool(pool):
        raise Refused("loss_not_whole")
    return found


def _hold(pool: int) -> None:
    """One at a time decides about a pool; a lock by its number, for the pool itself may be gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7002))", [f"loss:{pool}"])


def _unanswered(acceptance: Acceptance) -> None:
    _hold(acceptance.pool)
    if AcceptanceStep.objects.filter(acceptance=acceptance).exists():
        raise Refused("loss_decided")


def _record(by: Actor, action: str, acceptance: Acceptance) -> None:
    audit.record(
        by=by,
        action=action,
        region=str(acceptance.region_id),
        subject=acceptance,
        detail=heads.as_told(acceptance),
    )
