"""Moves from county to county: offered by the one, taken by the other, then the whole file goes over at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.utils import timezone

from enterprises import telling
from enterprises.actions.entry import Refused
from enterprises.models import Enterprise, FormerRegion, Move, State
from tenancy import audit, files, inbox
from tenancy.access import Actor, person, require
from tenancy.actions import carry_postings
from tenancy.models import Region
from tenancy.rules.roles import COUNTY_LEVEL

MOVE = "enterprises.move"
#: the kind of file that is written down at a hand-over
DOSSIER = "moves.dossier"
Dossier = Callable[[Enterprise], tuple[str, str, bytes]]


def offer_move(
    *,
    by: Actor,
    enterprise: Enterprise,
    to: Region,
    moved_on: dt.date,
    document: str,
    hindrance: str = "",
) -> Move:
    """Offers an active enterprise to the county that it has moved to; `hindrance` is what keeps it on floors above, if
    anything does. Raises Denied; Refused `move_place` for a place that keeps no registry, `move_here`, `move_day` for a day
    to come, `move_document`, `move_state`, `move_open`, and `move_` with the hindrance."""
    require(by, MOVE, enterprise.region_id)
    document = " ".join(document.split())[:200]
    if to.kind not in COUNTY_LEVEL or not to.is_tenant:
        raise Refused("move_place")
    if to.path == enterprise.region_id:
        raise Refused("move_here")
    if moved_on > timezone.localdate():
        raise Refused("move_day")
    if not document:
        raise Refused("move_document")
    if hindrance:
        raise Refused(f"move_{hindrance}")
    with transaction.atomic():
        locked = Enterprise.objects.select_for_update(no_key=True).get(pk=enterprise.pk)
        if locked.state != State.ACTIVE:
            raise Refused("move_state")
        try:
            with transaction.atomic():
                made = Move.objects.create(
                    region_id=locked.region_id,
                    enterprise_id=locked.pk,
                    uscc=locked.uscc,
                    name=locked.name,
                    to=to,
                    moved_on=moved_on,
                    document=document,
                    offered_by_id=person(by),
                )
        except IntegrityError as wrong:
            raise Refused("move_open") from wrong
        audit.record(
            by=by,
            action="enterprises.move.offer",
            region=locked.region_id,
            subject=locked,
            detail={"to": to.path, "moved_on": moved_on.isoformat(), "document": document},
        )
        inbox.tell([telling.move_offered(made)], by.officer_id)
    return made


def take_move_back(*, by: Actor, move: Move) -> None:
    """The offer is withdrawn while nobody has decided about it. Raises Denied, Refused."""
    require(by, MOVE, move.region_id)
    with transaction.atomic():
        locked = _offered(move)
        locked.state = Move.State.TAKEN_BACK
        locked.save(update_fields=["state"])
        audit.record(by=by, action="enterprises.move.take_back", region=locked.region_id, subject=locked)
        inbox.tell([telling.move_taken_back(locked)], by.officer_id)


def decide_move(*, by: Actor, move: Move, accept: bool, reason: str = "") -> Move:
    """The receiving county takes the enterprise, or not, with a reason. Taken, `hand_over` follows. Raises Denied,
    Refused."""
    require(by, MOVE, move.to_id)
    reason = " ".join(reason.split())[:500]
    if not accept and not reason:
        raise Refused("move_reason")
    with transaction.atomic():
        locked = _offered(move)
        locked.state = Move.State.ACCEPTED if accept else Move.State.DECLINED
        locked.reason = "" if accept else reason
        locked.decided_by_id, locked.decided_at = person(by), timezone.now()
        locked.save(update_fields=["state", "reason", "decided_by", "decided_at"])
        audit.record(
            by=by,
            action="enterprises.move.accept" if accept else "enterprises.move.decline",
            region=locked.to_id,
            subject=f"{locked.uscc} {locked.name}",
            detail={"from": locked.region_id, "reason": locked.reason},
        )
        if not accept:
            inbox.tell([telling.move_declined(locked)], by.officer_id)
    return locked


def hand_over(*, by: Actor, move: Move, dossier: Dossier | None = None, hindrance: str = "") -> bool:
    """Carries an accepted enterprise with everything that is its own to the other county, in one transaction; again does
    nothing. In a context that covers both places; `by` acts for the receiving one. `dossier` writes down what stays
    behind (name, media type, content), kept for the new county.

    With a `hindrance` (what ties it to the place it leaves) the move ends undone and both sides are told why. What was
    judged and decided stays where it was done. Raises Denied.
    """
    require(by, MOVE, move.to_id)
    with transaction.atomic():
        locked = Move.objects.select_for_update(of=("self",)).get(pk=move.pk)
        if locked.state != Move.State.ACCEPTED:
            return False
        enterprise = Enterprise.objects.select_for_update().get(pk=locked.enterprise_id)
        if hindrance or enterprise.state != State.ACTIVE or enterprise.region_id != locked.region_id:
            locked.state, locked.reason = Move.State.DECLINED, hindrance or "state"
            locked.save(update_fields=["state", "reason"])
            inbox.tell(telling.move_failed(locked))
            return False
        _carry(by, enterprise, locked, dossier(enterprise) if dossier else None)
        locked.state, locked.done_at = Move.State.DONE, timezone.now()
        locked.save(update_fields=["state", "done_at"])
        inbox.tell(telling.move_done(locked))
    return True


def _carry(by: Actor, enterprise: Enterprise, move: Move, dossier: tuple[str, str, bytes] | None) -> None:
    left, park = str(enterprise.region_id), enterprise.park
    kept = None
    if dossier is not None:
        name, media_type, content = dossier
        kept = files.store(
            by=by, region=str(move.to_id), kind=DOSSIER, name=name, media_type=media_type, chunks=[content]
        )
    Enterprise.objects.filter(pk=enterprise.pk).update(
        region_id=move.to_id,
        # A park lies in the county that was left.
        park=None,
        updated_at=timezone.now(),
        updated_by_id=by.officer_id,
        version=enterprise.version + 1,
    )
    FormerRegion.objects.create(
        region_id=move.to_id,
        enterprise_id=enterprise.pk,
        former_region_id=left,
        until_on=move.moved_on,
        dossier=kept,
        recorded_by_id=by.officer_id,
    )
    carry_postings(by=by, enterprise_id=enterprise.pk, region=move.to_id)
    for region, action in ((left, "enterprises.move.leave"), (move.to_id, "enterprises.move.arrive")):
        audit.record(
            by=by,
            action=action,
            region=region,
            subject=f"{enterprise.uscc} {enterprise.name}",
            before={"region": left, "park": park},
            after={"region": move.to_id, "park": None},
            detail={"move": move.public_id, "document": move.document},
        )


def _offered(move: Move) -> Move:
    locked = Move.objects.select_for_update(of=("self",)).get(pk=move.pk)
    if locked.state != Move.State.OFFERED:
        raise Refused("move_decided")
    return locked
