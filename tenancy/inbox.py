"""The inbox: what happened is told in the transaction of the act, once for each event and addressee.

A note goes to the people of a role, to one officer, or to who speaks for an enterprise. It lies in the place where
it happened; the levels above have it in their scope, and what is `downward` is read by the places below. Nobody is
told of an own act. What a person has seen is kept for each person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from tenancy.access import Actor, person
from tenancy.context import writing
from tenancy.models import Message, Receipt

#: what is older is neither counted as new nor sent by mail
FRESH = dt.timedelta(days=30)
#: messages older than this are deleted
KEPT = dt.timedelta(days=400)
#: where the count of new ones stops
MANY = 99


@dataclass(frozen=True)
class Note:
    """What is told, where, and to whom: a `role`, an `officer`, or who speaks for an `enterprise`.

    `key` names the event: the same one is told to the same addressee once, however often it is written.
    """

    kind: str
    key: str
    region: str
    role: str = ""
    officer: int | None = None
    enterprise: int | None = None
    downward: bool = False
    params: dict[str, Any] = field(default_factory=dict)
    due_on: dt.date | None = None


def tell(notes: Iterable[Note], by_id: int | None = None) -> None:
    """Writes the notes, inside the context and the transaction of the act. One statement for 2,000."""
    Message.objects.bulk_create(
        [
            Message(
                region_id=note.region,
                kind=note.kind,
                key=note.key[:120],
                role=note.role,
                officer_id=note.officer,
                enterprise_id=note.enterprise,
                downward=note.downward,
                params=note.params,
                due_on=note.due_on,
                by_id=by_id,
            )
            for note in notes
        ],
        batch_size=2_000,
        ignore_conflicts=True,
    )


def of(actor: Actor) -> QuerySet[Any]:
    """The actor's messages, the newest first, each with `seen`."""
    me = actor.officer_id or 0
    to = Q(officer_id=me)
    if actor.role == "enterprise":
        to |= Q(enterprise_id=actor.enterprise_id)
    else:
        to |= Q(role=actor.role)
    mine = Receipt.objects.filter(officer_id=me, message_id=OuterRef("pk"))
    return (
        Message.objects.filter(to)
        .exclude(by_id__isnull=False, by_id=me)
        .annotate(seen=Exists(mine.filter(seen_at__isnull=False)))
        .order_by("-id")
    )


def unseen(actor: Actor) -> QuerySet[Any]:
    """Those of the last weeks that the person has not seen."""
    return of(actor).filter(seen=False, at__gte=timezone.now() - FRESH)


def count(actor: Actor) -> int:
    """How many are new, at most MANY + 1. One query."""
    return unseen(actor).order_by()[: MANY + 1].count()


def see(actor: Actor, messages: Sequence[int]) -> None:
    """Notes that the person has seen them; again changes nothing."""
    _note(actor, messages, "seen_at")


def note_mailed(actor: Actor, messages: Sequence[int]) -> None:
    """Notes that they stand in a digest of the person."""
    _note(actor, messages, "mailed_at")


def _note(actor: Actor, messages: Sequence[int], column: str) -> None:
    if not messages:
        return
    me, now = person(actor), timezone.now()
    with writing(actor, actor.region_path):
        Receipt.objects.bulk_create(
            [
                Receipt(
                    region_id=actor.region_path,
                    officer_id=me,
                    message_id=message,
                    enterprise_id=actor.enterprise_id,
                    **{column: now},
                )
                for message in messages
            ],
            batch_size=2_000,
            ignore_conflicts=True,
        )
        Receipt.objects.filter(officer_id=me, message_id__in=messages, **{f"{column}__isnull": True}).update(
            **{column: now}
        )


def forget_old(now: dt.datetime) -> int:
    """Deletes what is past its time, in a job's context; returns how many messages."""
    old = Message.objects.filter(at__lt=now - KEPT)
    Receipt.objects.filter(message_id__in=old.values("id")).delete()
    return old.delete()[0]
