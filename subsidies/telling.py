"""What the awards tell to whom: notes for the inbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from cultivation.models import PublicNotice
from cultivation.telling import notice_published
from subsidies.models import Award, PaymentOrder, PaymentResult, Recovery
from tenancy.access import Actor
from tenancy.inbox import Note
from tenancy.models import Region
from tenancy.rules.roles import official_of


def proposed(by: Actor, awards: Sequence[Award]) -> list[Note]:
    """To each enterprise, which confirms its account; once to each level that pays. One query."""
    if not awards:
        return []
    payers = {str(a.payer_id) for a in awards}
    kinds = dict(Region.objects.filter(path__in=payers).values_list("path", "kind"))
    notes = [
        Note("award.proposed", a.public_id, a.region_id, enterprise=a.enterprise_id, params=_said(a))
        for a in awards
    ]
    for payer in sorted(payers):
        mine = [a for a in awards if a.payer_id == payer]
        params = {"n": len(mine), "enterprise": mine[0].enterprise_id}
        notes.append(
            Note(
                "award.arrived",
                mine[0].public_id,
                by.region_path,
                role=official_of(kinds[payer]),
                params=params,
            )
        )
    return notes


def published(notice: PublicNotice, awards: Iterable[Award]) -> list[Note]:
    """To the counties that have enterprises on the list."""
    return notice_published(notice, (a.region_id for a in awards), "award.published")


def refused(award: Award, reason: str) -> list[Note]:
    """To the enterprise and its county."""
    return _both("award.refused", f"{award.public_id} {award.step}", award, {"reason": reason[:300]})


def settled(award: Award, order: PaymentOrder, result: PaymentResult) -> list[Note]:
    """To the enterprise and its county."""
    more = {"amount": order.amount, "reason": result.reason}
    return _both(f"award.{result.outcome}", order.number, award, more)


def reclaimed(award: Award, recovery: Recovery) -> list[Note]:
    """To the enterprise and its county."""
    more = {"amount": recovery.amount, "reason": recovery.reason[:300]}
    return _both("award.reclaim", recovery.public_id, award, more)


def _both(kind: str, key: str, award: Award, more: dict[str, object]) -> list[Note]:
    params = _said(award) | more
    return [
        Note(kind, key, award.region_id, params=params, enterprise=award.enterprise_id),
        Note(kind, key, award.region_id, params=params, role="county"),
    ]


def _said(award: Award) -> dict[str, object]:
    return {
        "award": award.public_id,
        "enterprise": award.enterprise_id,
        "scheme": award.scheme,
        "amount": award.amount,
    }


def broken(place: str, faults: int, on: dt.date) -> list[Note]:
    """To who answers for the money of a place and to who audits it, once a day while it lasts."""
    return [
        Note("ledger.broken", on.isoformat(), place, role=role, params={"n": faults})
        for role in ("finance", "auditor")
    ]
