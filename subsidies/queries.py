"""What the enterprises of a place are due: their events, and the policies that hold where they are."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from cultivation.models import Recognition, Withdrawal
from cultivation.stored import yuan
from enterprises.models import Enterprise
from enterprises.models.enterprise import EnterpriseQuerySet
from enterprises.queries import money_in_fen
from subsidies import local, schemes
from subsidies.models import Award, AwardEvent, EventChoice, PayeeAccount, Portion
from subsidies.rules.arbiter import Arbitrated, Event, arbitrate
from subsidies.rules.schemes import Policy
from tenancy.context import ancestors

T = TypeVar("T")
#: (path, policy); a policy holds in its place and below
Holding = list[tuple[str, Policy]]


def policies_by_place(on: dt.date) -> Holding:
    """(path, policy) of each policy and top-up as it is on a day; it holds in its place and below. Two queries."""
    return local.placed(local.policies(on))


def events_of(region: str, enterprises: Collection[int] | None = None) -> dict[int, list[Event]]:
    """Enterprise → its events: those that were brought in, and the portal's own recognitions; of all enterprises of the
    place, or of some. Three queries.

    Which policy an enterprise has chosen since counts before what was brought in. A recognition that was brought in with
    the same title and day is the portal's own.
    """
    found: dict[int, list[Event]] = defaultdict(list)
    known: set[tuple[int, str, dt.date]] = set()
    inside: dict[str, Any] = {"region_id__gte": region, "region_id__lt": region + "~"}
    if enterprises is not None:
        inside["enterprise_id__in"] = enterprises
    rows = EventChoice.objects.filter(**inside).order_by("id").values_list("enterprise_id", "event", "choice")
    chosen = {(pk, event): choice for pk, event, choice in rows.iterator(5_000)}
    for e in AwardEvent.objects.filter(**inside).order_by("id").iterator(5_000):
        known.add((e.enterprise_id, e.title, e.on))
        event = as_event(e)
        choice = chosen.get((e.enterprise_id, e.code), e.other_policy)
        found[e.enterprise_id].append(replace(event, other_policy=choice))
    own = Recognition.objects.filter(**inside).select_related("withdrawal").order_by("id")
    for title in own.iterator(5_000):
        if (title.enterprise_id, title.tier, title.valid_from) in known:
            continue
        withdrawn = getattr(title, "withdrawal", None)
        found[title.enterprise_id].append(
            Event(
                id=title.code,
                kind="recognition",
                title=title.tier,
                on=title.valid_from,
                how="renewal" if title.review else "new",
                revoked_on=withdrawn.decided_on if withdrawn else None,
                other_policy=chosen.get((title.enterprise_id, title.code), ""),
            )
        )
    return dict(found)


def as_event(row: AwardEvent) -> Event:
    """A recorded event as the arbiter takes it."""
    return Event(
        id=row.code,
        kind=row.kind,
        title=row.title,
        on=row.on,
        how=row.how,
        revoked_on=row.revoked_on,
        other_policy=row.other_policy,
        decided=money_in_fen(row.decided),
        received=money_in_fen(row.received),
        project=row.project,
        prize=row.prize,
    )


def due(region: str, on: dt.date) -> Iterator[tuple[str, Arbitrated]]:
    """(code, answer) of each enterprise of the place and below that has an event, in the order of the codes."""
    holding = policies_by_place(on)
    events = events_of(region)
    rows = Enterprise.objects.under(region).order_by("uscc").values_list("id", "uscc", "region_id")
    for pk, uscc, place in rows.iterator(5_000):
        if pk in events:
            here = [policy for path, policy in holding if str(place).startswith(path)]
            yield uscc, arbitrate(here, events[pk], on, schemes.valid_years())


def answers(
    enterprises: Collection[Enterprise],
    on: dt.date,
    decided: Mapping[tuple[int, str], int] = MappingProxyType({}),
    holding: Holding | None = None,
) -> dict[int, tuple[dict[str, Event], Arbitrated]]:
    """Enterprise → its events by their code, and what it is due on a day. Five queries, three with `holding`: the policies
    of the day, where they were asked before.

    `decided` are amounts (enterprise, event) → fen that a person proposes for claims on which nothing was decided yet.
    """
    holding = policies_by_place(on) if holding is None else holding
    events = events_of(_common([e.region_id for e in enterprises]), [e.pk for e in enterprises])
    found = {}
    for e in enterprises:
        own = [
            replace(event, decided=decided.get((e.pk, event.id))) if event.decided is None else event
            for event in events.get(e.pk, [])
        ]
        here = [policy for path, policy in holding if e.region_id.startswith(path)]
        answer = arbitrate(here, own, on, schemes.valid_years())
        found[e.pk] = ({event.id: event for event in own}, answer)
    return found


def _common(paths: Collection[str]) -> str:
    """The longest path that all places have in common; empty for places of several regions."""
    shared = []
    for labels in zip(*(p.rstrip("/").split("/") for p in paths), strict=False):
        if len(set(labels)) > 1:
            break
        shared.append(labels[0] + "/")
    return "".join(shared)


def with_events(region: str) -> EnterpriseQuerySet:
    """The enterprises of a place that have an event. No query is made here."""
    return Enterprise.objects.under(region).filter(
        Exists(AwardEvent.objects.filter(enterprise=OuterRef("pk")))
        | Exists(Recognition.objects.filter(enterprise=OuterRef("pk")))
    )


def batched(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most so many."""
    left = iter(rows)
    while page := list(islice(left, size)):
        yield page


def account_of(enterprise_id: int) -> PayeeAccount | None:
    """The account that an enterprise has confirmed last. One query."""
    return PayeeAccount.objects.filter(enterprise=enterprise_id).order_by("-id").first()


def barred(enterprises: Collection[int], on: dt.date) -> set[int]:
    """Those that may get nothing because a title was taken from them. One query."""
    return set(
        Withdrawal.objects.filter(enterprise_id__in=enterprises, barred_until__gte=on).values_list(
            "enterprise_id", flat=True
        )
    )


@dataclass(frozen=True)
class Money:
    """Where the money of an award lies, in fen: the balances of the ledger's accounts that its entries give."""

    reserved: int = 0
    committed: int = 0
    ordered: int = 0
    paid: int = 0
    recovering: int = 0
    recovered: int = 0
    interest: int = 0

    @property
    def is_out(self) -> bool:
        """Whether any of it is promised or with the enterprise."""
        return self.reserved + self.committed + self.ordered + self.paid + self.recovering > 0

    def __add__(self, other: Money) -> Money:
        return Money(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


_SUMS = ", ".join(
    f"coalesce(sum(CASE WHEN given_to = '{f.name}' THEN amount WHEN taken_from = '{f.name}' THEN -amount END), 0)::bigint"
    for f in fields(Money)
)


def money_by_pool(awards: Collection[int]) -> dict[tuple[int, int], Money]:
    """(award, pool) → where its money lies, as far as the context sees it. One query."""
    if not awards:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT award, pool_id, {_SUMS} FROM subsidies_entry WHERE award = ANY (%s) GROUP BY 1, 2",  # noqa: S608
            [list(awards)],
        )
        return {(row[0], row[1]): Money(*row[2:]) for row in cursor.fetchall()}


def money_of(awards: Collection[int]) -> dict[int, Money]:
    """Award → where its money lies over all levels. One query."""
    found = dict.fromkeys(awards, Money())
    for (award, _pool), money in money_by_pool(awards).items():
        found[award] += money
    return found


def as_json(uscc: str, answer: Arbitrated) -> dict[str, Any]:
    """One enterprise as the command gives it; money in yuan."""
    return {
        "uscc": uscc,
        "due": [
            {
                "event": d.event,
                "scheme": d.scheme,
                "amount": None if d.amount is None else yuan(d.amount),
                "shares": {level: yuan(fen) for level, fen in d.shares},
            }
            for d in answer.due
        ],
        "refused": [{"event": r.event, "scheme": r.scheme, "reason": r.reason} for r in answer.refused],
    }


def bound(enterprise_id: int, to: str) -> bool:
    """Whether money of a place that does not lie above `to` is still promised to an enterprise or owed by it. One query."""
    open_ones = Portion.objects.filter(enterprise_id=enterprise_id).exclude(
        payer__path__in=[*ancestors(to), to]
    )
    live = Q(award__state__in=Award.LIVE) & ~Q(state=Portion.State.RELEASED)
    rows = open_ones.filter(live | Q(recoveries__isnull=False)).values_list(
        "award_id", "award__state", "amount"
    )
    money = money_of([award for award, _state, _amount in rows])
    return any(
        money[award].reserved + money[award].committed + money[award].ordered + money[award].recovering > 0
        or not money[award].is_out
        and state in Award.LIVE
        and not money[award].recovered
        for award, state, _amount in rows
    )
