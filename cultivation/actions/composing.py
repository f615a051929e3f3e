"""A place's own standard: composed over a published one, its effect seen, put in force by a second person."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from cultivation import editions, telling
from cultivation.models import Edition, EditionDraft
from cultivation.rules import edition as rules
from cultivation.rules.overlay import laid_over
from cultivation.rules.workflow import Refused
from tenancy import audit, inbox
from tenancy.access import Actor, person, require
from tenancy.models import Region

COMPOSE = "editions.compose"
State = EditionDraft.State


def begin_edition(*, by: Actor, base: Edition, over: Mapping[str, Any]) -> EditionDraft:
    """Begins a draft over a published edition, in the actor's own place, which must be a whole region.

    Raises Denied, Refused (`edition_base` for an edition of another place), EditionError.
    """
    require(by, COMPOSE, by.region_path)
    if base.region_id not in (None, by.region_path):
        raise Refused("edition_base")
    if Region.objects.get(path=by.region_path).parent_id is not None:
        raise Refused("edition_place")
    draft = EditionDraft(
        region_id=by.region_path, base=base, tier=base.tier, over=dict(over), made_by_id=person(by)
    )
    _take(draft)
    with transaction.atomic():
        draft.save()
        audit.record(
            by=by, action="editions.begin", region=draft.region_id, subject=draft, detail={"base": base.code}
        )
    return draft


def change_edition(*, by: Actor, draft: EditionDraft, version: int, over: Mapping[str, Any]) -> EditionDraft:
    """Another text of a draft. Raises Denied; Refused `edition_overtaken` where somebody has changed it meanwhile, `edition_fixed`
    once it is proposed; EditionError for what an edition may not say."""
    require(by, COMPOSE, draft.region_id)
    with transaction.atomic():
        locked = _locked(draft, State.DRAFT)
        if locked.version != version:
            raise Refused("edition_overtaken")
        before, locked.over = locked.over, dict(over)
        _take(locked)
        locked.version += 1
        locked.changed_at = timezone.now()
        locked.save()
        changed = {key for key in {*before, *over} if before.get(key) != over.get(key)}
        audit.record(
            by=by,
            action="editions.change",
            region=locked.region_id,
            subject=locked,
            before={key: before.get(key) for key in sorted(changed)},
            after={key: over.get(key) for key in sorted(changed)},
        )
    return locked


def drop_edition(*, by: Actor, draft: EditionDraft) -> None:
    """Gives a draft up; it stays to be seen. Raises Denied, Refused."""
    require(by, COMPOSE, draft.region_id)
    with transaction.atomic():
        locked = _locked(draft, State.DRAFT)
        locked.state = State.DROPPED
        locked.save(update_fields=["state"])
        audit.record(by=by, action="editions.drop", region=locked.region_id, subject=locked)


def keep_effect(*, by: Actor, draft: EditionDraft, of: str, effect: Mapping[str, Any]) -> None:
    """Keeps what was counted for the content with the hash `of`; what has changed meanwhile has none. Raises Denied."""
    require(by, COMPOSE, draft.region_id)
    EditionDraft.objects.filter(pk=draft.pk, content_hash=of).update(
        effect=dict(effect), effect_of=of, effect_at=timezone.now()
    )


def propose_edition(*, by: Actor, draft: EditionDraft, version: int) -> None:
    """Asks for a draft to be put in force, once its effect was counted. Raises Denied, Refused."""
    require(by, COMPOSE, draft.region_id)
    with transaction.atomic():
        locked = _locked(draft, State.DRAFT)
        if locked.version != version:
            raise Refused("edition_overtaken")
        if locked.effect_of != locked.content_hash:
            raise Refused("edition_effect")
        locked.state, locked.reason = State.PROPOSED, ""
        locked.proposed_by_id, locked.proposed_at = person(by), timezone.now()
        locked.save(update_fields=["state", "reason", "proposed_by", "proposed_at"])
        audit.record(by=by, action="editions.propose", region=locked.region_id, subject=locked)
        inbox.tell([telling.edition_proposed(locked)], by.officer_id)


def return_edition(*, by: Actor, draft: EditionDraft, reason: str) -> None:
    """Back to be worked on, with a reason. Raises Denied, Refused."""
    require(by, COMPOSE, draft.region_id)
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise Refused("reason_missing")
    with transaction.atomic():
        locked = _locked(draft, State.PROPOSED)
        locked.state, locked.reason = State.DRAFT, reason
        locked.save(update_fields=["state", "reason"])
        audit.record(
            by=by,
            action="editions.return",
            region=locked.region_id,
            subject=locked,
            detail={"reason": reason},
        )
        inbox.tell([telling.edition_returned(locked)], by.officer_id)


def put_in_force(*, by: Actor, draft: EditionDraft) -> Edition:
    """Publishes a proposed draft; another person than who proposed it. From its first day on it judges in its place, and
    what was judged before stays as it is. Raises Denied; Refused `edition_own` for who proposed it."""
    require(by, COMPOSE, draft.region_id)
    with transaction.atomic():
        locked = _locked(draft, State.PROPOSED)
        if locked.proposed_by_id == person(by):
            raise Refused("edition_own")
        content = {**locked.content, "id": _code(locked)}
        standard = rules.load(content, editions.sizes())
        made = Edition.objects.create(
            code=standard.id,
            region_id=locked.region_id,
            tier=standard.tier,
            valid_from=standard.valid_from,
            valid_until=standard.valid_until,
            document=f"{standard.document_number}{standard.document_part.zh}"[:120],
            content=content,
            content_hash=editions.content_hash(content),
        )
        locked.state, locked.edition = State.IN_FORCE, made
        locked.decided_by_id, locked.decided_at = person(by), timezone.now()
        locked.save(update_fields=["state", "edition", "decided_by", "decided_at"])
        audit.record(
            by=by,
            action="editions.put_in_force",
            region=locked.region_id,
            subject=locked,
            detail={"edition": made.code, "sha256": made.content_hash},
        )
        inbox.tell(telling.edition_in_force(locked, made), by.officer_id)
        transaction.on_commit(editions.forget_places)
    return made


def _locked(draft: EditionDraft, state: str) -> EditionDraft:
    locked = EditionDraft.objects.select_for_update(of=("self",)).select_related("base").get(pk=draft.pk)
    if locked.state != state:
        raise Refused("edition_fixed" if locked.state != State.DRAFT else "edition_not_proposed")
    return locked


def _code(draft: EditionDraft) -> str:
    """Its name among all editions: the place, its number, and the part of its base."""
    place = draft.region_id.strip("/").replace("/", "-")
    return f"{place}-{draft.pk}/{draft.base.code.rpartition('/')[2]}"


def _take(draft: EditionDraft) -> None:
    """What the overlay makes of its base, checked as a whole."""
    over = copy.deepcopy(draft.over)
    content = editions.plain(laid_over(draft.base.content, {**over, "id": "DRAFT"}))
    standard = rules.load(content, editions.sizes())
    last = draft.base.valid_until
    within = standard.valid_from >= draft.base.valid_from and (
        last is None or standard.valid_until is not None and standard.valid_until <= last
    )
    if not within or (standard.valid_until is not None and standard.valid_until < standard.valid_from):
        raise Refused("edition_dates")
    draft.content, draft.content_hash = content, editions.content_hash(content)
