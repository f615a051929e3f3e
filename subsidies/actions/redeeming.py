"""What a voucher is asked for is approved, refused or paid, each by another person, and paid again where the bank sends it
back; what is left of it ends with its days."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.utils import timezone

from enterprises.models import Enterprise
from subsidies import ledger, telling, vouchers
from subsidies.ledger import Concerning
from subsidies.models import Voucher, VoucherProvider, VoucherRedemption, VoucherStep
from subsidies.queries import account_of, barred, money_by_pool
from subsidies.rules import vouchers as rules
from subsidies.rules.workflow import APPROVE, PAY, Refused, after
from subsidies.steps import own_level
from tenancy import audit, inbox
from tenancy.access import Actor, covers, person, require

log = logging.getLogger("tidu.jobs")


def approve_redemption(*, by: Actor, redemption: VoucherRedemption, opinion: str = "") -> VoucherStep:
    """Approves what was asked: its amount is committed. By the same person again it is the same.

    Raises Denied outside the level that pays, Refused to who has issued the voucher or asked, for an invoice that was
    approved before, and where the provider or the enterprise does not qualify any more.
    """
    with transaction.atomic():
        voucher, steps = _held(by, APPROVE, redemption)
        known, state = _said(steps, "approve"), _state(steps)
        if known is not None and state == "approved" and known.by_id == by.officer_id:
            return known
        after(rules.STEPS, state, "approve")
        if redemption.asked_by_id == person(by):
            raise Refused("same_person")
        if not VoucherProvider.objects.filter(pk=redemption.provider_id, ended_at__isnull=True).exists():
            raise Refused("provider_ended")
        _stands(voucher)
        _post(by, voucher, "commit", redemption.amount, f"redemption {redemption.pk} commit", redemption)
        return _write(by, voucher, redemption, "approve", reason=opinion.strip()[:300])


def refuse_redemption(*, by: Actor, redemption: VoucherRedemption, reason: str) -> VoucherStep:
    """Ends what was asked with a reason that the enterprise reads; what was committed goes back to the voucher.

    An invoice that had been approved stays spent. Raises Denied, Refused without a reason or while it is paid.
    """
    reason = reason.strip()[:300]
    if not reason:
        raise Refused("reason_missing")
    with transaction.atomic():
        voucher, steps = _held(by, APPROVE, redemption)
        known, state = _said(steps, "refuse"), _state(steps)
        if known is not None and (known.by_id, known.reason) == (by.officer_id, reason):
            return known
        after(rules.STEPS, state, "refuse")
        if state == "approved":
            entry = voucher.pool.postings.get(key=f"redemption {redemption.pk} commit")
            ledger.reverse(
                by=by,
                pool=voucher.pool,
                key=f"redemption {redemption.pk} back",
                entry=entry.pk,
                reason=reason,
            )
        made = _write(by, voucher, redemption, "refuse", reason=reason)
        inbox.tell(telling.redemption_refused(voucher, redemption, reason), by.officer_id)
    return made


def pay_redemption(
    *, by: Actor, redemption: VoucherRedemption, receipt: str, on: dt.date, turn: int = 0
) -> VoucherStep:
    """Finance has paid what was approved, with the receipt's number and its day; the same again is the same.

    `turn` says how many payments one saw come back: a form that was sent before the last one did pays nothing again.
    Raises Denied, Refused without a receipt or the enterprise's account, to who has issued or approved, for a day that is
    none, the receipt of a payment that came back, and where the enterprise does not qualify any more.
    """
    receipt = " ".join(receipt.split())[:60]
    if not receipt:
        raise Refused("receipt_missing")
    with transaction.atomic():
        voucher, steps = _held(by, PAY, redemption)
        if known := _said(steps, "pay", turn):
            if (known.receipt, known.on) == (receipt, on):
                return known
            raise Refused("redemption_settled")
        after(rules.STEPS, _state(steps), "pay")
        back = [s for s in steps if s.decision == "return"]
        if turn != len(back):
            raise Refused("overtaken")
        first = max([redemption.asked_on, *(s.on for s in back if s.on)])
        if not first <= on <= timezone.localdate():
            raise Refused("paid_on")
        if receipt in {s.receipt for s in steps if s.decision == "pay"}:
            raise Refused("receipt_returned")
        _stands(voucher)
        account = account_of(voucher.enterprise_id)
        if account is None:
            raise Refused("account_missing")
        for kind in ("order", "pay"):
            _post(
                by,
                voucher,
                kind,
                redemption.amount,
                _key(redemption, kind, turn),
                redemption,
                receipt,
            )
        made = _write(by, voucher, redemption, "pay", turn=turn, receipt=receipt, on=on, account=account)
        inbox.tell(telling.redemption_paid(voucher, redemption, turn), by.officer_id)
    return made


def return_redemption(
    *, by: Actor, redemption: VoucherRedemption, turn: int, reason: str, receipt: str, on: dt.date
) -> VoucherStep:
    """The bank has sent a payment (the `turn`th, from 0) back, with its reason, the receipt's number and the day; the same
    again is the same.

    What was paid is committed again, so that it is paid once more or refused. Nobody has to qualify for it: the money is
    there. Raises Denied, Refused without its proof, and for a day before the payment or in the future.
    """
    reason, receipt = reason.strip()[:300], " ".join(receipt.split())[:60]
    if not reason:
        raise Refused("reason_missing")
    if not receipt:
        raise Refused("receipt_missing")
    with transaction.atomic():
        voucher, steps = _held(by, PAY, redemption)
        if known := _said(steps, "return", turn):
            if (known.receipt, known.on, known.reason) == (receipt, on, reason):
                return known
            raise Refused("redemption_settled")
        after(rules.STEPS, _state(steps), "return")
        paid = _said(steps, "pay", turn)
        if paid is None or paid.on is None:
            raise Refused("overtaken")
        if not paid.on <= on <= timezone.localdate():
            raise Refused("returned_on")
        entry = voucher.pool.postings.get(key=_key(redemption, "pay", turn))
        back = _key(redemption, "return", turn)
        ledger.reverse(by=by, pool=voucher.pool, key=back, entry=entry.pk, reason=f"{receipt} {reason}")
        bounced = _key(redemption, "bounce", turn)
        _post(by, voucher, "bounce", redemption.amount, bounced, redemption, receipt)
        made = _write(by, voucher, redemption, "return", turn=turn, reason=reason, receipt=receipt, on=on)
        inbox.tell(telling.redemption_returned(voucher, redemption, made), by.officer_id)
    return made


def release_expired(*, by: Actor, on: dt.date) -> int:
    """Gives back to the pools of the actor's place what is left of vouchers whose days are over; returns how many fen.

    What is still asked of them stays until it is decided. Twice is harmless. The entry is posted in the name of who had
    issued the voucher: nobody else decides, its days do. Raises Denied.
    """
    require(by, ledger.POST, by.region_path)
    whole = 0
    for pk in vouchers.to_release(by.region_path, on):
        with transaction.atomic():
            voucher = (
                Voucher.objects.select_for_update(no_key=True, of=("self",)).select_related("pool").get(pk=pk)
            )
            left = _reserved(voucher) - vouchers.waiting_of(voucher)
            if left <= 0:
                continue
            issuer = replace(by, officer_id=voucher.issued_by_id)
            try:
                _post(issuer, voucher, "release", left, f"voucher {pk} release {on}", None, "到期释放")
            except Refused as refused:
                log.warning("voucher %s: %s", voucher.number, refused.code)
                continue
            vouchers.count_step(voucher)
            audit.record(
                by=by,
                action="vouchers.release",
                region=by.region_path,
                subject=voucher,
                detail={"amount": left},
            )
            whole += left
    return whole


def _held(by: Actor, permission: str, redemption: VoucherRedemption) -> tuple[Voucher, list[VoucherStep]]:
    """The voucher, held until the end of the transaction, and what was decided about the redemption. Raises Denied."""
    require(by, permission, by.region_path)
    voucher = Voucher.objects.select_for_update(no_key=True).filter(pk=redemption.voucher_id).first()
    if voucher is None:
        raise Refused("voucher_gone")
    own_level(by, permission, str(voucher.payer_id))
    return voucher, list(VoucherStep.objects.filter(redemption=redemption).order_by("id"))


def _state(steps: Sequence[VoucherStep]) -> str:
    return vouchers.state_of([step.decision for step in steps])


def _said(steps: Sequence[VoucherStep], decision: str, turn: int = 0) -> VoucherStep | None:
    return next((s for s in steps if (s.decision, s.turn) == (decision, turn)), None)


def _key(redemption: VoucherRedemption, act: str, turn: int) -> str:
    """The ledger's key of an act about a payment; the first one keeps the key that it always had."""
    return f"redemption {redemption.pk} {act}" + (f" {turn}" if turn else "")


def _stands(voucher: Voucher) -> None:
    """Raises Refused where the enterprise gets no money at all any more. Two queries."""
    firm = Enterprise.objects.filter(pk=voucher.enterprise_id).first()
    if firm is None:
        raise Refused("voucher_gone")
    hindered = bool(barred([firm.pk], timezone.localdate()))
    if reason := rules.why_not_paid(state=firm.state, barred=hindered):
        raise Refused(reason)


def _reserved(voucher: Voucher) -> int:
    money = money_by_pool([voucher.in_ledger]).get((voucher.in_ledger, voucher.pool_id))
    return money.reserved if money else 0


def _post(
    by: Actor,
    voucher: Voucher,
    kind: str,
    amount: int,
    key: str,
    redemption: VoucherRedemption | None,
    word: str = "",
) -> None:
    """Posts an amount of a voucher. Raises Refused as `ledger.post`."""
    place = str(voucher.region_id)
    if not covers(str(voucher.payer_id), place):
        # It has moved away since; an entry keeps the place of the first one.
        place = str(voucher.pool.postings.get(key=f"voucher {voucher.pk} reserve").place_id)
    invoice = f"发票 {redemption.invoice}" if redemption else ""
    ledger.post(
        by=by,
        pool=voucher.pool,
        key=key,
        kind=kind,
        amount=amount,
        reason=f"{voucher.scheme} 创新券 {voucher.number} {invoice} {word}",
        concerning=Concerning(voucher.in_ledger, voucher.enterprise_id, place),
    )


def _write(
    by: Actor, voucher: Voucher, redemption: VoucherRedemption, decision: str, **more: object
) -> VoucherStep:
    try:
        with transaction.atomic():
            made = VoucherStep.objects.create(
                region_id=voucher.region_id,
                redemption=redemption,
                enterprise_id=voucher.enterprise_id,
                decision=decision,
                payer_id=voucher.payer_id,
                invoice=redemption.invoice,
                by_id=person(by),
                **more,
            )
    except IntegrityError as wrong:
        if "voucher_invoice_once" not in str(wrong):
            raise
        raise Refused("invoice_known") from wrong
    vouchers.count_step(voucher)
    audit.record(
        by=by,
        action=f"vouchers.{decision}",
        region=by.region_path,
        subject=redemption,
        detail={"voucher": voucher.number, "amount": redemption.amount, "receipt": made.receipt},
    )
    return made
