"""The work list of awards: what is due in a place and about which nothing is decided, the whole of it or a page at a time."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from cultivation.models import Recognition
from enterprises.models import Enterprise
from enterprises.models.enterprise import EnterpriseQuerySet
from subsidies.models import Award, AwardEvent
from subsidies.queries import Holding, answers, batched, policies_by_place
from subsidies.rules.arbiter import Due, Event
from subsidies.rules.schemes import Scheme

#: enterprises that are looked at in one request; a place with more is read a page at a time
MOST = 2_000
#: how many are looked at together until a page is full; together MOST
_STRIDES = (100, 400, 1_500)
_LIVE = ~Q(state=Award.State.WITHDRAWN)


@dataclass(frozen=True)
class Awaiting:
    """One thing that an enterprise is due and about which nothing is decided yet."""

    enterprise: Enterprise
    event: Event
    due: Due


@dataclass
class Sums:
    """How many things wait, how much together (fen), and of how many a person has to decide the amount."""

    n: int = 0
    total: int = 0
    undecided: int = 0

    def add(self, lines: Sequence[Awaiting]) -> None:
        self.n += len(lines)
        self.total += sum(each.due.amount or 0 for each in lines)
        self.undecided += sum(each.due.amount is None for each in lines)


@dataclass(frozen=True)
class Stretch:
    """A page of a long list: whole enterprises, with the ids to go on `after` and `before`, empty where the list ends.

    `looked` are the enterprises that were looked at for it. Where it stops at MOST it may hold less than a page.
    """

    lines: list[Awaiting]
    before: str
    after: str
    looked: int


def candidates(
    region: str, on: dt.date, *, scheme: str = "", q: str = "", holding: Holding | None = None
) -> EnterpriseQuerySet:
    """The enterprises of a place that may be due something, in the order of names: those with an event that more schemes
    pay for than awards were made of. Two queries here, none with `holding`, the policies of the day.

    The arbiter alone says whether they are; none that it finds is missing.
    """
    rows = Enterprise.objects.under(region)
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(uscc__istartswith=q))
    paying = [
        each
        for path, policy in (policies_by_place(on) if holding is None else holding)
        if path.startswith(region) or region.startswith(path)
        for each in policy.schemes
        if not each.repeats and scheme in ("", each.code)
    ]
    if not paying:
        return rows.none()
    brought = AwardEvent.objects.filter(on__lte=on)
    own = Recognition.objects.filter(valid_from__lte=on)
    return rows.filter(
        _unpaid(brought, paying, lambda s: Q(kind=s.kind, title=s.event, how=s.how))
        | _unpaid(
            own,
            [s for s in paying if s.kind == "recognition"],
            lambda s: Q(tier=s.event, review=s.how == "renewal"),
        )
    ).order_by("region_id", "pinyin", "id")


def _unpaid(rows: QuerySet[Any], paying: Sequence[Scheme], is_for: Callable[[Scheme], Q]) -> Q:
    """Whether one of the enterprise's events has fewer awards than schemes that pay for it."""
    if not paying:
        return Q(pk__in=[])
    times = Counter(is_for(each) for each in paying)
    made = Award.objects.filter(
        _LIVE,
        enterprise=OuterRef("enterprise"),
        event=OuterRef("code"),
        scheme__in={each.code for each in paying},
    )
    number = made.order_by().values("event").annotate(n=Count("pk")).values("n")
    found = rows.filter(enterprise=OuterRef("pk")).annotate(
        schemes=Case(
            *(When(what, then=Value(n)) for what, n in times.items()),
            default=Value(0),
            output_field=IntegerField(),
        ),
        awards=Coalesce(Subquery(number, output_field=IntegerField()), 0),
    )
    return Q(Exists(found.filter(awards__lt=F("schemes"))))


def _lines(
    firms: Sequence[Enterprise], on: dt.date, scheme: str, holding: Holding
) -> Iterator[tuple[Enterprise, list[Awaiting]]]:
    """Each enterprise with what waits of it. Four queries."""
    if not firms:
        return
    made = Award.objects.filter(_LIVE, enterprise__in=[e.pk for e in firms])
    known = set(made.values_list("enterprise_id", "scheme", "event"))
    found = answers(firms, on, holding=holding)
    for firm in firms:
        events, answer = found[firm.pk]
        yield (
            firm,
            [
                Awaiting(firm, events[due.event], due)
                for due in answer.due
                if (firm.pk, due.scheme, due.event) not in known and scheme in ("", due.scheme)
            ],
        )


def _together(
    rows: QuerySet[Enterprise], on: dt.date, scheme: str, holding: Holding
) -> Iterator[tuple[int, list[Awaiting]]]:
    """What waits of each MOST of the enterprises, with how many they are."""
    for firms in batched(rows.select_related("region").iterator(MOST), MOST):
        yield len(firms), [line for _firm, lines in _lines(firms, on, scheme, holding) for line in lines]


def awaiting(
    region: str, on: dt.date, *, scheme: str = "", q: str = "", holding: Holding | None = None
) -> Iterator[Awaiting]:
    """The whole list, in the order of names. Seven queries for 2,000 enterprises that may be due something."""
    holding = policies_by_place(on) if holding is None else holding
    rows = candidates(region, on, scheme=scheme, q=q, holding=holding)
    return chain.from_iterable(lines for _n, lines in _together(rows, on, scheme, holding))


def summed(lines: Sequence[Awaiting]) -> Sums:
    found = Sums()
    found.add(lines)
    return found


def is_long(
    region: str, on: dt.date, *, scheme: str = "", q: str = "", holding: Holding | None = None
) -> bool:
    """Whether the list is about more enterprises than are looked at in one request. One query, with `holding`."""
    rows = candidates(region, on, scheme=scheme, q=q, holding=holding).order_by()
    return rows[: MOST + 1].count() > MOST


def at_least(region: str, on: dt.date) -> tuple[int, bool]:
    """How many things wait of the first MOST enterprises, and whether these are all. Seven queries."""
    holding = policies_by_place(on)
    rows = candidates(region, on, holding=holding).select_related("region")
    firms = list(rows[: MOST + 1])
    return sum(len(lines) for _firm, lines in _lines(firms[:MOST], on, "", holding)), len(firms) <= MOST


def sums(
    region: str, on: dt.date, *, scheme: str = "", q: str = "", progress: Callable[[int, int], None]
) -> Sums:
    """The sums of the whole list, for a worker; `progress` hears of how many enterprises of how many."""
    holding = policies_by_place(on)
    rows = candidates(region, on, scheme=scheme, q=q, holding=holding)
    found, done, every = Sums(), 0, rows.order_by().count()
    for n, lines in _together(rows, on, scheme, holding):
        found.add(lines)
        done += n
        progress(done, every)
    return found


def page(
    region: str,
    on: dt.date,
    *,
    scheme: str = "",
    q: str = "",
    after: str = "",
    before: str = "",
    size: int = 50,
    holding: Holding | None = None,
) -> Stretch:
    """The lines of the enterprises behind one (`after`, its id), or in front of one, until there are `size`; from the
    beginning where neither is given or known. At most 18 queries, whatever the length of the list.
    """
    holding = policies_by_place(on) if holding is None else holding
    rows = candidates(region, on, scheme=scheme, q=q, holding=holding).select_related("region")
    start = Enterprise.objects.under(region).filter(public_id=before or after).first()
    back = bool(before) and start is not None
    shown, last, looked, more = _read(rows, on, scheme, start, back, size, holding)
    if back and not more:
        # Less than a page in front of it: the first page, which is full.
        return page(region, on, scheme=scheme, q=q, size=size, holding=holding)
    lines = [line for _firm, of in (reversed(shown) if back else shown) for line in of]
    near = shown[0][0] if shown else last
    ends = {"near": near.public_id if near else "", "last": last.public_id if last else ""}
    if back:
        return Stretch(lines, before=ends["last"], after=ends["near"], looked=looked)
    return Stretch(
        lines, before=ends["near"] if start else "", after=ends["last"] if more else "", looked=looked
    )


def _read(
    rows: EnterpriseQuerySet,
    on: dt.date,
    scheme: str,
    start: Enterprise | None,
    back: bool,
    size: int,
    holding: Holding,
) -> tuple[list[tuple[Enterprise, list[Awaiting]]], Enterprise | None, int, bool]:
    """The enterprises with something to show, the last that was looked at, how many were, and whether there is more."""
    shown: list[tuple[Enterprise, list[Awaiting]]] = []
    last, looked, n = start, 0, 0
    for stride in _STRIDES:
        firms = list(_behind(rows, last, back)[:stride])
        for firm, lines in _lines(firms, on, scheme, holding):
            if lines and n >= size:
                return shown, last, looked, True
            last, looked, n = firm, looked + 1, n + len(lines)
            if lines:
                shown.append((firm, lines))
        if len(firms) < stride:
            return shown, last, looked, False
    return shown, last, looked, True


def _behind(rows: EnterpriseQuerySet, one: Enterprise | None, back: bool) -> EnterpriseQuerySet:
    """Those that come after an enterprise in the order of names, or backwards those before it."""
    if back:
        rows = rows.order_by("-region_id", "-pinyin", "-id")
    if one is None:
        return rows
    way = "lt" if back else "gt"
    place, name = Q(region_id=one.region_id), Q(pinyin=one.pinyin)
    return rows.filter(
        Q(**{f"region_id__{way}": one.region_id})
        | place & Q(**{f"pinyin__{way}": one.pinyin})
        | place & name & Q(**{f"id__{way}": one.pk}),
        **{f"region_id__{way}e": one.region_id},
    )
