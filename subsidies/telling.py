"""What the awards tell to whom: notes for the inbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cultivation.models import PublicNotice
from cultivation.telling import notice_published
from subsidies.models import (
    Acceptance,
    Award,
    ClaimRequest,
    LocalRule,
    PaymentOrder,
    PaymentResult,
    Recovery,
    Voucher,
    VoucherRedemption,
    VoucherStep,
)
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


def claim_made(claim: ClaimRequest) -> list[Note]:
    """To the county that checks it."""
    return [Note("claim.made", claim.public_id, claim.region_id, role="county", params=_of_claim(claim))]


def claim_judged(claim: ClaimRequest) -> list[Note]:
    """To the enterprise."""
    told = {"accepted": claim.state == ClaimRequest.State.ACCEPTED, "reason": claim.reason[:300]}
    to = claim.enterprise_id
    return [
        Note("claim.judged", claim.public_id, claim.region_id, enterprise=to, params=_of_claim(claim) | told)
    ]


def _of_claim(claim: ClaimRequest) -> dict[str, object]:
    return {"claim": claim.public_id, "enterprise": claim.enterprise_id, "matter": claim.matter}


def rule_drafted(rule: LocalRule, role: str) -> list[Note]:
    """To those of the place who may put it in force."""
    params = {"kind": rule.kind, "document": rule.document}
    return [Note("award.rule_drafted", rule.public_id, rule.region_id, role=role, params=params)]


def vouchers_issued(made: Iterable[Voucher]) -> list[Note]:
    """To each enterprise, once for each voucher."""
    return [
        Note(
            "voucher.issued",
            v.public_id,
            str(v.region_id),
            enterprise=v.enterprise_id,
            params=_of_voucher(v, v.face),
        )
        for v in made
    ]


def redemption_asked(voucher: Voucher, redemption: VoucherRedemption, kind: str) -> list[Note]:
    """To the officials of the level that pays (a place of this kind)."""
    params = _of_voucher(voucher, redemption.amount)
    region = str(voucher.region_id)
    return [Note("voucher.asked", redemption.public_id, region, role=official_of(kind), params=params)]


def redemption_refused(voucher: Voucher, redemption: VoucherRedemption, reason: str) -> list[Note]:
    """To the enterprise."""
    return [_to_enterprise("voucher.refused", voucher, redemption, {"reason": reason})]


def redemption_paid(voucher: Voucher, redemption: VoucherRedemption, turn: int) -> list[Note]:
    """To the enterprise, each payment."""
    return [_to_enterprise("voucher.paid", voucher, redemption, {}, turn)]


def redemption_returned(voucher: Voucher, redemption: VoucherRedemption, back: VoucherStep) -> list[Note]:
    """To the enterprise, and to its county, which may enter the right account for it."""
    note = _to_enterprise("voucher.returned", voucher, redemption, {"reason": back.reason}, back.turn)
    return [note, replace(note, enterprise=None, role="county")]


def _to_enterprise(
    kind: str, voucher: Voucher, redemption: VoucherRedemption, more: dict[str, object], turn: int = 0
) -> Note:
    key = redemption.public_id + (f" {turn}" if turn else "")
    params = _of_voucher(voucher, redemption.amount) | more
    return Note(kind, key, str(voucher.region_id), enterprise=voucher.enterprise_id, params=params)


def _of_voucher(voucher: Voucher, amount: int) -> dict[str, object]:
    return {"voucher": voucher.public_id, "enterprise": voucher.enterprise_id, "amount": amount}


def broken(place: str, faults: int, on: dt.date) -> list[Note]:
    """To who answers for the money of a place and to who audits it, once a day while it lasts."""
    return [
        Note("ledger.broken", on.isoformat(), place, role=role, params={"n": faults})
        for role in ("finance", "auditor")
    ]


def loss_proposed(acceptance: Acceptance) -> list[Note]:
    """To who confirms it: the auditor and the security administrator of the place."""
    params = {"scheme": acceptance.before["scheme"], "year": acceptance.before["year"]}
    return [
        Note("ledger.loss", acceptance.public_id, str(acceptance.region_id), role=role, params=params)
        for role in ("auditor", "secadmin")
    ]
