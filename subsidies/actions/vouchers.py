"""Innovation vouchers: who may serve for them, who gets one, and what an enterprise asks of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils import timezone

from enterprises.models import Enterprise
from enterprises.rules import uscc as codes
from enterprises.rules.text import clean
from subsidies import ledger, telling, vouchers
from subsidies.ledger import Concerning
from subsidies.models import Pool, Voucher, VoucherProvider, VoucherRedemption
from subsidies.queries import barred
from subsidies.rules import vouchers as rules
from subsidies.rules.vouchers import Programme
from subsidies.rules.workflow import ACCOUNT, APPROVE, OWN, RESERVE, Refused
from tenancy import audit, inbox
from tenancy.access import Actor, Denied, covers, person, require, speaks_for
from tenancy.context import writing
from tenancy.models import Region


def register_provider(*, by: Actor, name: str, uscc: str, kinds: Sequence[str]) -> VoucherProvider:
    """Registers who may serve for the vouchers of the own place; the same again is the same.

    Raises Denied, Refused where the place has no vouchers, without a name, code or kind, or for a code that is registered.
    """
    require(by, APPROVE, by.region_path)
    _programme_of(by, timezone.localdate())
    name, code = clean(name)[:120], codes.check(uscc)
    if not name:
        raise Refused("provider_name")
    if code.severity == "error" or len(code.value) != 18:
        raise Refused("provider_uscc")
    wanted = [kind for kind in rules.SERVICES if kind in kinds]
    if not wanted:
        raise Refused("provider_kinds")
    open_ones = VoucherProvider.objects.filter(
        region_id=by.region_path, uscc=code.value, ended_at__isnull=True
    )
    try:
        with transaction.atomic():
            if known := open_ones.first():
                if (known.name, known.kinds) == (name, wanted):
                    return known
                raise Refused("provider_known")
            made = VoucherProvider.objects.create(
                region_id=by.region_path,
                name=name,
                uscc=code.value,
                kinds=wanted,
                registered_by_id=person(by),
            )
    except IntegrityError as wrong:
        raise Refused("provider_known") from wrong
    audit.record(
        by=by, action="vouchers.register", region=by.region_path, subject=made, detail={"uscc": made.uscc}
    )
    return made


def end_provider(*, by: Actor, provider: VoucherProvider) -> None:
    """No voucher is redeemed with it from now on; again is once. Raises Denied outside the own place."""
    if provider.region_id != by.region_path:
        raise Denied(APPROVE, str(provider.region_id))
    require(by, APPROVE, by.region_path)
    ended = VoucherProvider.objects.filter(pk=provider.pk, ended_at__isnull=True).update(
        ended_at=timezone.now(), ended_by_id=person(by)
    )
    if ended:
        audit.record(by=by, action="vouchers.end", region=by.region_path, subject=provider)


@dataclass
class Issued:
    """The vouchers that were made, and a code for each enterprise that got none."""

    made: list[Voucher] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def _programme_of(by: Actor, on: dt.date) -> Programme:
    """What holds for the vouchers of the own place. Raises Refused `no_programme`."""
    found = vouchers.programme(by.region_path, on)
    if found is None:
        raise Refused("no_programme")
    return found


def issue_vouchers(*, by: Actor, faces: Mapping[int, int], seen: Mapping[int, int]) -> Issued:
    """Issues a voucher to each enterprise (id → face value in fen) out of this year's pool of the own place, those with a
    title first, so that money that runs out was theirs; its face value is reserved.

    `seen` says how many vouchers of this year one saw the enterprise have: with another number it is `overtaken`, so that
    the same form sent twice issues once. Each is whole or refused with a code. Raises Denied, Refused `no_programme`.
    """
    require(by, RESERVE, by.region_path)
    today = timezone.localdate()
    terms = _programme_of(by, today)
    result = Issued(refused=dict.fromkeys(faces, "enterprise_unknown"))
    with transaction.atomic():
        firms = {
            e.pk: e
            for e in Enterprise.objects.select_for_update(no_key=True)
            .under(by.region_path)
            .filter(pk__in=faces)
            .order_by("pk")
        }
        pool = Pool.objects.filter(region_id=by.region_path, scheme=terms.scheme, year=today.year).first()
        had = vouchers.issued_in(today.year, by.region_path, terms.scheme, firms)
        out = barred(firms, today)
        first = vouchers.ranks(by.region_path, terms, today, among=firms)
        for pk in sorted(firms, key=lambda pk: (first.get(pk, len(terms.priority)), pk)):
            firm, (number, total) = firms[pk], had.get(pk, (0, 0))
            try:
                with transaction.atomic():
                    if seen.get(pk) != number:
                        raise Refused("overtaken")
                    reason = rules.why_not_issued(terms, faces[pk], total, state=firm.state, barred=pk in out)
                    if reason or pool is None:
                        raise Refused(reason or "pool_missing")
                    result.made.append(_issued(by, firm, terms, pool, faces[pk], today))
            except Refused as refused:
                result.refused[pk] = refused.code
            else:
                del result.refused[pk]
        inbox.tell(telling.vouchers_issued(result.made), by.officer_id)
    return result


def _issued(by: Actor, firm: Enterprise, terms: Programme, pool: Pool, face: int, today: dt.date) -> Voucher:
    made = Voucher.objects.create(
        region_id=firm.region_id,
        enterprise=firm,
        scheme=terms.scheme,
        payer_id=by.region_path,
        pool=pool,
        face=face,
        rules=terms.kept(),
        issued_on=today,
        expires_on=rules.last_day(today, terms.months),
        issued_by_id=person(by),
    )
    ledger.post(
        by=by,
        pool=pool,
        key=f"voucher {made.pk} reserve",
        kind="reserve",
        amount=face,
        reason=f"{terms.scheme} 创新券 {made.number}",
        concerning=Concerning(made.in_ledger, firm.pk, firm.region_id),
    )
    audit.record(
        by=by,
        action="vouchers.issue",
        region=by.region_path,
        subject=made,
        detail={"enterprise": firm.uscc, "face": face, "until": made.expires_on.isoformat()},
    )
    return made


def ask_redemption(
    *, by: Actor, voucher: Voucher, provider: VoucherProvider, price: int, invoice: str
) -> VoucherRedemption:
    """An enterprise, or its county for it, asks for a voucher's share of a contract's price (fen); the same again is the same.

    Raises Denied, Refused without an invoice, for one that stands in another redemption, or where nothing is paid.
    """
    speaks_for(by, OWN, ACCOUNT, voucher.enterprise_id, str(voucher.region_id))
    invoice = rules.invoice_key(invoice)
    if not invoice or len(invoice) > 40:
        raise Refused("invoice")
    today = timezone.localdate()
    with writing(by, str(voucher.region_id)):
        # All vouchers of the enterprise, so that its year is counted once at a time.
        every = Voucher.objects.select_for_update(no_key=True).filter(
            enterprise_id=voucher.enterprise_id, payer__path=voucher.payer_id, scheme=voucher.scheme
        )
        held = {each.pk: each for each in every.order_by("pk")}.get(voucher.pk)
        if held is None:
            raise Refused("voucher_gone")
        if not covers(str(held.payer_id), str(held.region_id)):
            raise Refused("voucher_away")
        known = vouchers.live(
            VoucherRedemption.objects.filter(voucher__payer__path=held.payer_id, invoice=invoice)
        ).first()
        if known is not None:
            if (known.voucher_id, known.provider_id, known.price) == (held.pk, provider.pk, price):
                return known
            raise Refused("invoice_known")
        amount = _payable(held, provider, price, today)
        made = VoucherRedemption.objects.create(
            region_id=held.region_id,
            voucher=held,
            enterprise_id=held.enterprise_id,
            provider=provider,
            price=price,
            amount=amount,
            invoice=invoice,
            asked_by_id=person(by),
            asked_on=today,
        )
        vouchers.count_step(held)
        audit.record(
            by=by,
            action="vouchers.ask",
            region=str(held.region_id),
            subject=made,
            detail={"voucher": held.number, "price": price, "amount": amount, "provider": provider.uscc},
        )
        kind = Region.objects.values_list("kind", flat=True).get(path=held.payer_id)
        inbox.tell(telling.redemption_asked(held, made, kind), by.officer_id)
    return made


def _payable(voucher: Voucher, provider: VoucherProvider, price: int, today: dt.date) -> int:
    """What is paid for the price. Raises Refused where that is nothing. Five queries."""
    firm = Enterprise.objects.get(pk=voucher.enterprise_id)
    face_left = voucher.face - vouchers.used_of(voucher)
    cap_left = voucher.rules["cap"] - vouchers.taken_in(today.year, voucher)
    fresh = VoucherProvider.objects.filter(pk=provider.pk, region_id=voucher.payer_id).first()
    reason = rules.why_not_redeemed(
        on=today,
        expires_on=voucher.expires_on,
        state=firm.state,
        barred=bool(barred([firm.pk], today)),
        provider="" if fresh is None else "ended" if fresh.ended_at else "registered",
        own=provider.uscc == firm.uscc,
        price=price,
        face_left=face_left,
        cap_left=cap_left,
    )
    amount = rules.pays(price, vouchers.share_of(voucher), face_left, cap_left) if not reason else 0
    if reason or not amount:
        raise Refused(reason or "price")
    return amount
