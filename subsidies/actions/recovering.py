"""What was paid is taken back: decided with its reason and document, received with its interest."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from subsidies import telling
from subsidies.models import Award, Portion, Recovery, RecoveryReceipt
from subsidies.queries import money_by_pool
from subsidies.rules.workflow import APPROVE, PAY, Refused
from subsidies.steps import held, move, own_level, write
from tenancy import inbox
from tenancy.access import Actor, person


def reclaim(
    *, by: Actor, award: Award, level: str, seen: int, amount: int, kind: str, reason: str, document: str
) -> Recovery:
    """Decides to take back an amount (fen) of what a level has paid. Raises Denied outside that level, Refused without its
    words, for more than was paid, or where somebody has acted meanwhile."""
    reason, document = reason.strip(), " ".join(document.split())
    with transaction.atomic():
        held_award, portion = _held(award, level)
        own_level(by, APPROVE, str(portion.payer_id))
        if held_award.step != seen:
            raise Refused("overtaken")
        if kind not in Recovery.Kind.values or not reason or not document:
            raise Refused("recovery_words")
        money = money_by_pool([award.pk]).get((award.pk, portion.pool_id or 0))
        if money is None or not 0 < amount <= money.paid:
            raise Refused("recovery_amount")
        made = Recovery.objects.create(
            region_id=held_award.region_id,
            portion=portion,
            enterprise_id=held_award.enterprise_id,
            kind=kind,
            amount=amount,
            reason=reason[:500],
            document=document[:120],
            decided_by_id=person(by),
        )
        move(by, held_award, portion, "reclaim", amount, f"recovery {made.public_id}", f"{document} {reason}")
        write(by, held_award, "reclaim", level=level, amount=amount, reason=reason)
        inbox.tell(telling.reclaimed(held_award, made), by.officer_id)
    return made


def receive(
    *, by: Actor, recovery: Recovery, amount: int, interest: int, receipt: str, on: dt.date
) -> RecoveryReceipt:
    """What came back for a recovery (fen), and the interest beside it; the same receipt again is the same.

    Raises Denied, Refused for a receipt that says something else, for more than is outstanding, or a day that is none.
    """
    receipt = " ".join(receipt.split())[:60]
    with transaction.atomic():
        award, portion = _held(recovery.portion.award, recovery.portion.level)
        own_level(by, PAY, str(portion.payer_id))
        if not receipt:
            raise Refused("receipt_missing")
        if not timezone.localtime(recovery.decided_at).date() <= on <= timezone.localdate():
            raise Refused("paid_on")
        known = RecoveryReceipt.objects.filter(recovery=recovery, receipt=receipt).first()
        if known is not None:
            if (known.amount, known.interest, known.on) == (amount, interest, on):
                return known
            raise Refused("settled")
        back = sum(RecoveryReceipt.objects.filter(recovery=recovery).values_list("amount", flat=True))
        if not 0 < amount <= recovery.amount - back or interest < 0:
            raise Refused("recovery_amount")
        made = RecoveryReceipt.objects.create(
            region_id=award.region_id,
            recovery=recovery,
            enterprise_id=award.enterprise_id,
            amount=amount,
            interest=interest,
            receipt=receipt,
            on=on,
            recorded_by_id=person(by),
        )
        move(by, award, portion, "receive", amount, f"receipt {recovery.pk} {receipt}", receipt)
        if interest:
            move(by, award, portion, "interest", interest, f"interest {recovery.pk} {receipt}", receipt)
        write(by, award, "receive", level=portion.level, amount=amount, reason=receipt)
    return made


def _held(award: Award, level: str) -> tuple[Award, Portion]:
    found = next(iter(held([award.pk])), None)
    portion = found.portions.filter(level=level).first() if found else None
    if found is None or portion is None:
        raise Refused("not_found")
    return found, portion
