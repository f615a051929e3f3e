"""What all acts about awards share: the award held, the step written, and whether it still stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from django.db import DatabaseError, transaction
from django.utils import timezone

from cultivation.models import Withdrawal
from enterprises.models import Enterprise
from subsidies import ledger, schemes
from subsidies.ledger import Concerning
from subsidies.models import Award, AwardStep, Pool, Portion
from subsidies.queries import answers, money_of
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


def each(seen: Mapping[int, int], act: Callable[[Award], None]) -> Done:
    """Does one act for every award, each whole or refused with a code; `seen` gives the last step that the person saw."""
    result = Done(refused=dict.fromkeys(seen, "not_found"))
    with transaction.atomic():
        for award in held(seen):
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
    try:
        with transaction.atomic():
            AwardStep.objects.create(
                region_id=award.region_id,
                award=award,
                enterprise_id=award.enterprise_id,
                number=award.step,
                level=level,
                decision=decision,
                amount=amount,
                reason=reason[:500],
                by_id=person(by),
                role=by.role,
            )
    except DatabaseError as wrong:
        if getattr(wrong.__cause__, "pgcode", None) == "LG009" or "approved_once_by_each" in str(wrong):
            raise Refused("same_person") from wrong
        raise
    audit.record(
        by=by,
        action=f"awards.{decision}",
        region=by.region_path,
        subject=award,
        detail={"level": level, "amount": amount, "reason": reason[:200], "step": award.step},
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
    place = award.region_id
    if not covers(pool.region_id, place):
        # It has moved away since; an entry keeps the place of the first one.
        first = pool.postings.filter(award=award.pk).order_by("number").first()
        place = str(first.place_id) if first else place
    return ledger.post(
        by=by,
        pool=pool,
        key=key,
        kind=kind,
        amount=amount,
        reason=reason,
        concerning=Concerning(award.pk, award.enterprise_id, place),
    )


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
        self._barred = set(
            Withdrawal.objects.filter(enterprise_id__in=firms, barred_until__gte=on).values_list(
                "enterprise_id", flat=True
            )
        )
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


def needed(award: Award, amount: int) -> int:
    """How many people approve this amount today."""
    return schemes.terms(timezone.localdate()).people(amount)
