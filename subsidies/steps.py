"""What all acts about awards share: the award held, the step written, and whether it still stands."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from enterprises.models import Enterprise
from subsidies import ledger
from subsidies.ledger import Concerning
from subsidies.models import Award, AwardStep, Pool, Portion
from subsidies.queries import answers, barred, money_of
from subsidies.rules.standing import why_not
from subsidies.rules.workflow import LIVE, Refused
from tenancy import audit
from tenancy.access import Actor, Denied, covers, person, require


@dataclass
class Done:
    """The awards that an act was done for, and a code for each that was refused."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def own_level(by: Actor, permission: str, payer: str) -> None:
    """Money is moved by the people of its own level alone, not by those above or below. Raises Denied."""
    require(by, permission, payer)
    if by.region_path != payer:
        raise Denied(permission, payer)


def each(seen: Mapping[int, int], act: Callable[[Award], None], *, pools_of: Actor | None = None) -> Done:
    """Does one act for every award, each whole or refused with a code; `seen` gives the last step that the person saw.

    An act that posts names whose pools it posts in (`pools_of`): those that may be needed are held first, in one order,
    so that two acts over several pools never wait for each other in a circle.
    """
    result = Done(refused=dict.fromkeys(seen, "not_found"))
    with transaction.atomic():
        awards = held(seen)
        if pools_of is not None:
            schemes_of = {award.scheme for award in awards}
            own = Pool.objects.filter(region_id=pools_of.region_path, scheme__in=schemes_of)
            list(own.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        for award in awards:
            try:
                with transaction.atomic():
                    if award.step != seen[award.pk]:
                        raise Refused("overtaken")
                    act(award)
            except Refused as refused:
                result.refused[award.pk] = refused.code
            else:
                del result.refused[award.pk]
                result.done.append(award.pk)
    return result


def held(pks: Collection[int]) -> list[Award]:
    """The awards, held until the end of the transaction; in one order, so that two acts never wait for each other."""
    return list(
        Award.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=pks)
        .select_related("enterprise")
        .order_by("pk")
    )


def write(
    by: Actor,
    award: Award,
    decision: str,
    *,
    level: str = "",
    amount: int | None = None,
    reason: str = "",
    **columns: object,
) -> None:
    """Writes the next step of an award that is held, with what changes of it, and its line of the trail."""
    award.step += 1
    for name, value in columns.items():
        setattr(award, name, value)
    Award.objects.filter(pk=award.pk).update(step=award.step, **columns)
    _keep(by, [(Step(award, decision, level, amount, reason), award.step)])


@dataclass(frozen=True)
class Step:
    """An act about an award that is to be written."""

    award: Award
    decision: str
    level: str = ""
    amount: int | None = None
    reason: str = ""


def write_all(by: Actor, steps: Iterable[Step]) -> None:
    """Writes the next steps of awards that are held, in their order. Three statements for 2,000; raises as `write`."""
    numbered = []
    for step in steps:
        step.award.step += 1
        numbered.append((step, step.award.step))
    several = Counter(step.award.pk for step, _number in numbered)
    for n in sorted(set(several.values())):
        mine = [pk for pk, of_it in several.items() if of_it == n]
        Award.objects.filter(pk__in=mine).update(step=F("step") + n)
    _keep(by, numbered)


def _keep(by: Actor, steps: Sequence[tuple[Step, int]]) -> None:
    """Raises Refused `same_person` where the database knows of another part of the same person."""
    try:
        with transaction.atomic():
            AwardStep.objects.bulk_create(
                [
                    AwardStep(
                        region_id=step.award.region_id,
                        award=step.award,
                        enterprise_id=step.award.enterprise_id,
                        number=number,
                        level=step.level,
                        decision=step.decision,
                        amount=step.amount,
                        reason=step.reason[:500],
                        by_id=person(by),
                        role=by.role,
                    )
                    for step, number in steps
                ],
                batch_size=2_000,
            )
    except DatabaseError as wrong:
        if getattr(wrong.__cause__, "pgcode", None) == "LG009" or "approved_once_by_each" in str(wrong):
            raise Refused("same_person") from wrong
        raise
    audit.record_all(
        by=by,
        region=by.region_path,
        acts=[
            (
                f"awards.{step.decision}",
                step.award,
                {"level": step.level, "amount": step.amount, "reason": step.reason[:200], "step": number},
            )
            for step, number in steps
        ],
    )


def portion_of(by: Actor, permission: str, award: Award, *states: str) -> Portion:
    """The portion that the actor's own level bears. Raises Denied without the permission, Refused where there is none
    or it stands elsewhere."""
    found = award.portions.filter(payer__path=by.region_path).first()
    if found is None:
        raise Refused("not_here")
    own_level(by, permission, str(found.payer_id))
    if found.state not in states:
        raise Refused("not_here")
    return found


def move(
    by: Actor, award: Award, portion: Portion, kind: str, amount: int, key: str, reason: str
) -> ledger.Posted:
    """Posts an amount of a portion in its pool. Raises Refused as `ledger.post`."""
    pool = Pool.objects.get(pk=portion.pool_id or 0)
    return ledger.post(
        by=by,
        pool=pool,
        key=key,
        kind=kind,
        amount=amount,
        reason=reason,
        concerning=concerning(pool, [award])[award.pk],
    )


def concerning(pool: Pool, awards: Iterable[Award]) -> dict[int, Concerning]:
    """Award → what a posting in the pool says of it. At most one query."""
    awards = list(awards)
    places = {a.pk: str(a.region_id) for a in awards}
    # It has moved away since; an entry keeps the place of the first one.
    away = [pk for pk, place in places.items() if not covers(pool.region_id, place)]
    if away:
        rows = pool.postings.filter(award__in=away).order_by("-number").values_list("award", "place_id")
        places |= {pk: str(place) for pk, place in rows if pk is not None}
    return {a.pk: Concerning(a.pk, a.enterprise_id, places[a.pk]) for a in awards}


class Circumstances:
    """What decides whether awards of some enterprises stand on a day. Six queries, however many enterprises."""

    def __init__(
        self,
        enterprises: Iterable[Enterprise],
        on: dt.date,
        decided: Mapping[tuple[int, str], int] = MappingProxyType({}),
    ) -> None:
        firms = {e.pk: e for e in enterprises}
        self.firms = firms
        self.answers = answers(list(firms.values()), on, decided)
        self._barred = barred(firms, on)
        beside = list(Award.objects.filter(enterprise_id__in=firms).exclude(state=Award.State.WITHDRAWN))
        money = money_of([a.pk for a in beside])
        self._paid = [
            a for a in beside if money[a.pk].is_out or (a.state in LIVE and not money[a.pk].recovered)
        ]

    def is_paid(self, enterprise_id: int, scheme: str, matter: str) -> bool:
        """Whether an award for the same matter is live, or was ended with money that is still out."""
        return any(
            (a.enterprise_id, a.scheme, a.matter) == (enterprise_id, scheme, matter) for a in self._paid
        )

    def why_not(self, award: Award) -> str:
        """Why the award may not be paid; empty where it stands."""
        firm = self.firms[award.enterprise_id]
        return why_not(
            (award.event, award.scheme),
            award.amount,
            state=firm.state,
            barred=firm.pk in self._barred,
            answer=self.answers[firm.pk][1],
            others={
                (other.event, other.scheme)
                for other in self._paid
                if other.pk != award.pk
                and other.enterprise_id == firm.pk
                and (other.policy, other.on.year) == (award.policy, award.on.year)
            },
        )


def standing(awards: Iterable[Award]) -> dict[int, str]:
    """Why each award may not be paid today; empty where it stands. Six queries."""
    awards = list(awards)
    if not awards:
        return {}
    found = Circumstances([a.enterprise for a in awards], timezone.localdate())
    return {a.pk: found.why_not(a) for a in awards}
