"""The level that pays takes awards up, approves them, or lets them go."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from subsidies import schemes, telling
from subsidies.models import Award, AwardStep, Pool, Portion
from subsidies.queries import money_by_pool
from subsidies.rules.workflow import APPROVE, AWARD, LIVE, RESERVE, Refused, after
from subsidies.steps import Done, each, held, move, own_level, portion_of, standing, write
from tenancy import inbox
from tenancy.access import Actor, require


def reserve(*, by: Actor, seen: Mapping[int, int], year: int | None = None) -> Done:
    """Takes up the portions of one's own level: their money is reserved in the year's pool of the scheme.

    Without a `year` this year's pool is taken, or else the newest. Refused where the award does not stand any more, there is
    no pool (`pool_missing`) or too little in it (`pool_balance`). Raises Denied.
    """
    require(by, RESERVE, by.region_path)
    reasons = standing(held(seen))
    pools = _pools(by, year)

    def act(award: Award) -> None:
        portion = portion_of(by, RESERVE, award, Portion.State.WAITING)
        _stands(award, reasons)
        pool = pools.get(award.scheme)
        if pool is None:
            raise Refused("pool_missing")
        portion.pool, portion.state = pool, Portion.State.RESERVED
        portion.save(update_fields=["pool_id", "state"])
        move(by, award, portion, "reserve", portion.amount, f"award {award.pk} reserve", _clause(award))
        write(by, award, "reserve", level=portion.level, amount=portion.amount)

    return each(seen, act, pools_of=by)


def _pools(by: Actor, year: int | None) -> dict[str, Pool]:
    """Scheme → the pool of one's own level. One query."""
    this_year = timezone.localdate().year
    rows = Pool.objects.filter(region_id=by.region_path).order_by("year")
    if year is not None:
        return {pool.scheme: pool for pool in rows.filter(year=year)}
    found = {pool.scheme: pool for pool in rows}
    return found | {pool.scheme: pool for pool in rows if pool.year == this_year}


def approve(*, by: Actor, seen: Mapping[int, int], opinion: str = "") -> Done:
    """Approves the portions of one's own level; with the last approval that the amount needs its money is committed.

    Refused as `same_person` to who has proposed, taken up or approved it before. Raises Denied.
    """
    require(by, APPROVE, by.region_path)
    reasons = standing(held(seen))

    def act(award: Award) -> None:
        portion = portion_of(by, APPROVE, award, Portion.State.RESERVED)
        _stands(award, reasons)
        write(by, award, "approve", level=portion.level, amount=portion.amount, reason=opinion.strip())
        given = AwardStep.objects.filter(award=award, level=portion.level, decision="approve").count()
        if given >= schemes.terms(timezone.localdate()).people(portion.amount):
            portion.state = Portion.State.APPROVED
            portion.save(update_fields=["state"])
            move(by, award, portion, "commit", portion.amount, f"award {award.pk} commit", _clause(award))

    return each(seen, act, pools_of=by)


def refuse(*, by: Actor, seen: Mapping[int, int], reason: str) -> Done:
    """Ends awards of the own policy with a reason that the enterprise reads; what was promised of the own level goes back
    to its pool. What was paid stays paid until it is recovered. Raises Denied, Refused without a reason."""
    require(by, APPROVE, by.region_path)
    reason = reason.strip()
    if not reason:
        raise Refused("reason_missing")

    def act(award: Award) -> None:
        refuse_one(by=by, award=award, reason=reason)
        inbox.tell(telling.refused(award, reason), by.officer_id)

    return each(seen, act, pools_of=by)


def refuse_one(*, by: Actor, award: Award, reason: str) -> None:
    """As `refuse`, for one award that the caller holds."""
    own_level(by, APPROVE, str(award.payer_id))
    state = after(AWARD, award.state, "refuse")
    for portion in award.portions.filter(payer__path=by.region_path).exclude(state=Portion.State.RELEASED):
        _let_go(by, award, portion, reason)
    write(by, award, "refuse", reason=reason, state=state)


def release(*, by: Actor, seen: Mapping[int, int]) -> Done:
    """Lets the own level's money of awards go that the owner of the policy has ended. Raises Denied."""
    require(by, APPROVE, by.region_path)

    def act(award: Award) -> None:
        if award.state in LIVE:
            raise Refused("not_here")
        portion = portion_of(
            by, APPROVE, award, Portion.State.WAITING, Portion.State.RESERVED, Portion.State.APPROVED
        )
        _let_go(by, award, portion, _clause(award))
        write(by, award, "release", level=portion.level, amount=portion.amount)

    return each(seen, act, pools_of=by)


def _let_go(by: Actor, award: Award, portion: Portion, reason: str) -> None:
    money = money_by_pool([award.pk]).get((award.pk, portion.pool_id or 0))
    if money is not None:
        if money.ordered:
            raise Refused("order_open")
        for kind, amount in (("release", money.reserved), ("give_up", money.committed)):
            if amount:
                move(by, award, portion, kind, amount, f"award {award.pk} {kind}", reason)
    portion.state = Portion.State.RELEASED
    portion.save(update_fields=["state"])


def _stands(award: Award, reasons: Mapping[int, str]) -> None:
    if award.state not in LIVE:
        raise Refused("not_here")
    if reason := reasons.get(award.pk):
        raise Refused(reason)


def _clause(award: Award) -> str:
    return f"{award.scheme} {award.why['document']} {award.why['clause']}"
