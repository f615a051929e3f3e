"""Payment: the enterprise confirms its account, finance orders an instalment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from enterprises.models import Enterprise
from enterprises.rules.text import key
from subsidies.models import Award, PayeeAccount, PaymentOrder, Portion
from subsidies.queries import money_by_pool
from subsidies.rules.workflow import ACCOUNT, OWN, PAY, Refused
from subsidies.steps import Done, each, held, move, portion_of, standing, write
from tenancy import audit
from tenancy.access import Actor, person, require, speaks_for
from tenancy.context import writing


def confirm_account(
    *, by: Actor, enterprise: Enterprise, holder: str, bank: str, number: str, document: str = ""
) -> PayeeAccount:
    """The account that awards are paid to: by the enterprise itself, or by its county from a paper that it names.

    Raises Denied, Refused for a holder that is not the enterprise, a number that is none, or without bank or paper.
    """
    holder, bank, document = (" ".join(text.split()) for text in (holder, bank, document))
    number = re.sub(r"[\s-]", "", number)
    speaks_for(by, OWN, ACCOUNT, enterprise.pk, enterprise.region_id)
    if by.role != "enterprise" and not document:
        raise Refused("account_document")
    if key(holder) != key(enterprise.name):
        raise Refused("account_holder")
    if not re.fullmatch(r"[0-9]{8,32}", number):
        raise Refused("account_number")
    if not bank:
        raise Refused("account_bank")
    with writing(by, enterprise.region_id):
        made = PayeeAccount.objects.create(
            region_id=enterprise.region_id,
            enterprise=enterprise,
            holder=holder[:120],
            bank=bank[:120],
            number=number,
            document=document[:200],
            confirmed_by_id=person(by),
        )
        audit.record(
            by=by,
            action="awards.account",
            region=enterprise.region_id,
            subject=made,
            detail={"bank": made.bank, "last": number[-4:], "document": made.document},
        )
    return made


def order(*, by: Actor, seen: Mapping[int, int], amounts: Mapping[int, int] | None = None) -> Done:
    """Orders what is committed of the own level's portion, or an instalment of it (`amounts`: award → fen).

    Refused unless the award is cleared and stands today, and its enterprise has confirmed its account since it was
    proposed; to who has proposed, taken up or approved it (`same_person`). Raises Denied.
    """
    require(by, PAY, by.region_path)
    awards = held(seen)
    reasons, accounts = standing(awards), _accounts({a.enterprise_id for a in awards})
    money = money_by_pool([a.pk for a in awards])

    def act(award: Award) -> None:
        portion = portion_of(by, PAY, award, Portion.State.APPROVED)
        if award.state != Award.State.CLEARED:
            raise Refused("not_cleared")
        if reasons[award.pk]:
            raise Refused(reasons[award.pk])
        account = accounts.get(award.enterprise_id)
        if account is None or account.confirmed_at < award.proposed_at:
            raise Refused("account_missing")
        left = money[award.pk, portion.pool_id or 0].committed
        amount = (amounts or {}).get(award.pk, left)
        if not left:
            raise Refused("nothing_left")
        if not 0 < amount <= left:
            raise Refused("instalment")
        made = PaymentOrder.objects.create(
            region_id=award.region_id,
            award=award,
            portion=portion,
            enterprise_id=award.enterprise_id,
            payer_id=portion.payer_id,
            amount=amount,
            holder=account.holder,
            bank=account.bank,
            account=account.number,
            ordered_by_id=person(by),
        )
        move(by, award, portion, "order", amount, f"order {made.number}", f"拨付单 {made.number}")
        write(by, award, "order", level=portion.level, amount=amount, reason=made.number)

    return each(seen, act, pools_of=by)


def _accounts(enterprises: set[int]) -> dict[int, PayeeAccount]:
    """Enterprise → its newest account. One query."""
    rows = PayeeAccount.objects.filter(enterprise_id__in=enterprises).order_by("enterprise_id", "-id")
    return {account.enterprise_id: account for account in rows.distinct("enterprise_id")}
