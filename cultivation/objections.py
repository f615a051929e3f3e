"""What every answer to an objection shares, whatever its notice is about."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from cultivation.models import Conflict, Objection
from cultivation.rules.workflow import Refused
from tenancy import audit
from tenancy.access import Actor, person


def held_objection(objection: Objection, text: str) -> Objection:
    """The objection, held until the end of the transaction. Raises Refused without an answer, or where it has one."""
    if not text.strip():
        raise Refused("answer_missing")
    locked = Objection.objects.select_for_update().get(pk=objection.pk)
    if locked.answered_at is not None:
        raise Refused("answered")
    return locked


def conflicted(by: Actor, enterprise_id: int) -> bool:
    """Whether the officer has declared a conflict of interest with the enterprise. One query."""
    return Conflict.objects.filter(
        officer_id=person(by), enterprise_id=enterprise_id, ended_at__isnull=True
    ).exists()


def answered(*, by: Actor, locked: Objection, upheld: bool, text: str, detail: Mapping[str, int]) -> None:
    """Writes the answer to an objection that the caller holds, of an act that has drawn its consequence."""
    locked.answer, locked.upheld = text.strip()[:3000], upheld
    locked.answered_by_id, locked.answered_at = person(by), timezone.now()
    locked.save(update_fields=["answer", "upheld", "answered_by_id", "answered_at"])
    audit.record(
        by=by,
        action="notices.answer",
        region=locked.region_id,
        subject=locked,
        detail={"upheld": upheld, **detail},
    )
