"""What became of payment orders: one that a person reports, or many that a file brings; the ledger follows."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils import timezone

from enterprises.turns import plan_anew
from subsidies import ledger, telling
from subsidies.models import Award, PaymentOrder, PaymentResult, Pool, Portion
from subsidies.rules.reconciling import BOUNCED, PAID, Outcome, receipt_of
from subsidies.rules.workflow import PAY, Refused
from subsidies.steps import Step, concerning, held, own_level, write_all
from tenancy import inbox
from tenancy.access import Actor, person

#: from here on it is worth a new plan for the checks of each row
_MANY = 100


@dataclass
class Settled:
    """The results in the order of what was reported, and how many of them were not there before."""

    results: list[PaymentResult] = field(default_factory=list)
    new: int = 0


@dataclass(frozen=True)
class _Fresh:
    """An order that has no result yet, with what is reported of it."""

    order: PaymentOrder
    award: Award
    portion: Portion
    said: Outcome

    @property
    def word(self) -> str:
        return self.said.receipt if self.said.outcome == PAID else self.said.reason


def settle(
    *, by: Actor, order: PaymentOrder, outcome: str, on: dt.date, receipt: str = "", reason: str = ""
) -> PaymentResult:
    """What finance reports of an order: it has arrived (with the receipt's number), or has come back (with the reason).

    The same again is the same; anything else about an order that has its result is Refused as `settled`. Raises Denied,
    Refused without its proof, and for a day before the order or in the future.
    """
    return settle_all(by=by, reports=[(order, Outcome(outcome, on, receipt, reason))]).results[0]


def settle_all(*, by: Actor, reports: Sequence[tuple[PaymentOrder, Outcome]]) -> Settled:
    """Settles many orders, all or none. About ten statements for 2,000 of one pool. Raises as `settle`.

    Each entry follows the row of its pool through the versions that this transaction has made, so that the time of the
    postings grows with the square of their number: of 2,000 a third of a second, of 20,000 half a minute.
    """
    given = [(order, _whole(by, order, said)) for order, said in reports]
    with transaction.atomic():
        if len(given) > _MANY:
            with connection.cursor() as cursor:
                plan_anew(cursor)
        awards = {award.pk: award for award in held({order.award_id for order, _said in given})}
        known = {
            r.order_id: r
            for r in PaymentResult.objects.filter(order__in=[order.pk for order, _said in given])
        }
        portions = Portion.objects.in_bulk({order.portion_id for order, _said in given})
        fresh: dict[int, _Fresh] = {}
        for order, said in given:
            if order.award_id not in awards:
                raise Refused("not_found", order.number)
            there = _outcome(known[order.pk]) if order.pk in known else None
            before = there or (fresh[order.pk].said if order.pk in fresh else None)
            if before is None:
                fresh[order.pk] = _Fresh(order, awards[order.award_id], portions[order.portion_id], said)
            elif not said.is_same(before):
                raise Refused("settled", order.number)
        made = _written(by, list(fresh.values())) if fresh else {}
        every = known | made
        return Settled([every[order.pk] for order, _said in given], len(made))


def _whole(by: Actor, order: PaymentOrder, said: Outcome) -> Outcome:
    """The report as it is kept. Raises Denied, Refused."""
    own_level(by, PAY, str(order.payer_id))
    kept = Outcome(said.outcome, said.on, receipt_of(said.receipt), said.reason.strip()[:300])
    if kept.outcome not in (PAID, BOUNCED):
        raise Refused("outcome", order.number)
    if kept.outcome == PAID and not kept.receipt:
        raise Refused("receipt_missing", order.number)
    if kept.outcome == BOUNCED and not kept.reason:
        raise Refused("reason_missing", order.number)
    if not timezone.localtime(order.ordered_at).date() <= kept.on <= timezone.localdate():
        raise Refused("paid_on", order.number)
    return kept


def _outcome(result: PaymentResult) -> Outcome:
    return Outcome(result.outcome, result.on, result.receipt, result.reason)


def _written(by: Actor, fresh: Sequence[_Fresh]) -> dict[int, PaymentResult]:
    """Result, entry, step, line of the trail and note of each; order → its result."""
    made = PaymentResult.objects.bulk_create(
        [
            PaymentResult(
                region_id=f.award.region_id,
                enterprise_id=f.award.enterprise_id,
                order=f.order,
                outcome=f.said.outcome,
                on=f.said.on,
                receipt=f.said.receipt,
                reason=f.said.reason,
                recorded_by_id=person(by),
            )
            for f in fresh
        ],
        batch_size=2_000,
    )
    _posted(by, fresh)
    write_all(by, [Step(f.award, f.said.outcome, f.portion.level, f.order.amount, f.word) for f in fresh])
    notes = [
        note
        for f, result in zip(fresh, made, strict=True)
        for note in telling.settled(f.award, f.order, result)
    ]
    inbox.tell(notes, by.officer_id)
    return {result.order_id: result for result in made}


def _posted(by: Actor, fresh: Sequence[_Fresh]) -> None:
    """The entries, pool by pool in one order, so that two such acts never wait for each other in a circle."""
    by_pool: dict[int, list[_Fresh]] = defaultdict(list)
    for f in fresh:
        by_pool[f.portion.pool_id or 0].append(f)
    pools = Pool.objects.in_bulk(by_pool)
    for pk in sorted(by_pool):
        about = concerning(pools[pk], {f.award.pk: f.award for f in by_pool[pk]}.values())
        ledger.post_all(
            by=by,
            pool=pools[pk],
            postings=[
                ledger.Posting(
                    key=f"order {f.order.number} {f.said.outcome}",
                    kind="pay" if f.said.outcome == PAID else "bounce",
                    amount=f.order.amount,
                    reason=f"{f.order.number} {f.word}",
                    concerning=about[f.award.pk],
                )
                for f in by_pool[pk]
            ],
        )
