"""What a place settles beside the written policies: a top-up of an award (本地配套), whether matching takes part in 就高,
and the shares of the levels (分级承担). Pure; a settled thing changes policies as the arbiter takes them.

A top-up follows its base: what the base pays for is topped up, what it refuses is refused for the same reason. Its code
is its base's with the place's behind it (`A-13+652701`), so that for a place and a base it is one scheme, whoever settles it
when.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from subsidies.rules.accounts import MOST
from subsidies.rules.schemes import LEVELS, Amount, Policy, Scheme

_JOINT = "+"


def base_of(code: str) -> str:
    """The code of the scheme that a code tops up; the code itself where it is no top-up's."""
    return code.partition(_JOINT)[0]


def is_top_up(code: str) -> bool:
    return _JOINT in code


@dataclass(frozen=True)
class Settled:
    """A top-up (`base` with `fixed` fen or a `share` of it), `in_highest`, or `parts` of the levels, of a place (its code).

    `since` and `until` are the window of a top-up's events; of the others, `since` is the first day on which it is judged
    so. `ended` is the last day on which it counts. `number` is the order in which they were settled.
    """

    number: int
    place: str
    #: of the level that bears a top-up
    level: str
    policy: str
    document: str
    clause: str
    since: date
    until: date | None = None
    ended: date | None = None
    base: str = ""
    fixed: int | None = None
    share: Fraction | None = None
    in_highest: bool | None = None
    parts: tuple[tuple[str, int], ...] = ()

    def counts_on(self, day: date) -> bool:
        return self.ended is None or day <= self.ended


def settle(policies: Sequence[Policy], settled: Iterable[Settled], on: date) -> list[Policy]:
    """Every policy as it is on a day, and every top-up as a policy of its place. The last that counts holds."""
    ordered = sorted(settled, key=lambda s: s.number)
    found = [_as_settled(policy, ordered, on) for policy in policies]
    schemes = {scheme.code: scheme for policy in found for scheme in policy.schemes}
    top_ups: dict[tuple[str, str], Settled] = {}
    for each in ordered:
        if each.base in schemes:
            key, known = (each.place, each.base), top_ups.get((each.place, each.base))
            if known is None or each.counts_on(on) or not known.counts_on(on):
                top_ups[key] = each
    return found + [_top_up(each, schemes[each.base]) for each in top_ups.values()]


def _as_settled(policy: Policy, ordered: Sequence[Settled], on: date) -> Policy:
    mine = [s for s in ordered if s.policy == policy.id and not s.base and s.since <= on and s.counts_on(on)]
    highest = [s.in_highest for s in mine if s.in_highest is not None]
    parts = [s.parts for s in mine if s.parts]
    schemes = policy.schemes
    if highest:
        schemes = tuple(
            replace(s, competes=policy.highest_only and (s.amount.share is None or highest[-1]))
            for s in schemes
        )
    if parts:
        schemes = tuple(s if s.repeats else replace(s, shares=parts[-1]) for s in schemes)
    return policy if schemes is policy.schemes else replace(policy, schemes=schemes)


def _top_up(settled: Settled, base: Scheme) -> Policy:
    code = f"{base.code}{_JOINT}{settled.place}"
    amount = Amount(fixed=settled.fixed, of_base=settled.share)
    scheme = replace(
        base,
        code=code,
        policy=code,
        clause=settled.clause,
        since=settled.since,
        until=settled.until,
        amount=amount,
        shares=((settled.level, 1),),
        competes=False,
        tops=base.code,
    )
    return Policy(
        id=code,
        region=settled.place,
        title=settled.document,
        document=settled.document,
        since=settled.since,
        until=settled.ended,
        while_in_force=settled.ended is not None,
        highest_only=False,
        choose_one=False,
        schemes=(scheme,),
        without_money={},
    )


@dataclass(frozen=True)
class Offered:
    """What the policies that hold at a place leave to it: the schemes above that it may top up, and of its own policies
    those whose matching may take part in 就高 and those whose burden may be shared, by its `levels`."""

    top_up: tuple[str, ...]
    matching: tuple[Policy, ...]
    shares: tuple[Policy, ...]
    levels: tuple[str, ...]


def offered(place: str, level: str, holding: Iterable[Policy]) -> Offered:
    """For a place (its code) of a level of finance; `holding` are the written policies that hold there."""
    holding = list(holding)
    own = [p for p in holding if p.region == place]
    levels = LEVELS[LEVELS.index(level) :]
    return Offered(
        top_up=tuple(
            sorted(s.code for p in holding if p.region != place for s in p.schemes if not s.repeats)
        ),
        matching=tuple(
            p for p in own if p.highest_only and any(s.amount.share is not None for s in p.schemes)
        ),
        shares=tuple(p for p in own if len(levels) > 1 and any(not s.repeats for s in p.schemes)),
        levels=levels,
    )


def wrong(settled: Settled, holding: Iterable[Policy]) -> str:
    """Why it may not be settled, as a code of a refusal; empty where it may. `holding` as for `offered`."""
    holding = list(holding)
    left = offered(settled.place, settled.level, holding)
    policy = next((p for p in holding if p.id == settled.policy), None)
    if policy is None or not settled.base and policy.region != settled.place:
        return "rule_policy"
    if not settled.document:
        return "rule_document"
    if settled.until is not None and settled.until < settled.since:
        return "rule_days"
    if settled.base:
        return _wrong_top_up(settled, left)
    if settled.in_highest is not None:
        return "" if policy in left.matching else "rule_highest"
    fair = all(level in left.levels and n > 0 for level, n in settled.parts)
    return "" if policy in left.shares and settled.parts and fair else "rule_parts"


def _wrong_top_up(settled: Settled, left: Offered) -> str:
    if settled.base not in left.top_up:
        return "rule_base"
    if (settled.fixed is None) == (settled.share is None):
        return "rule_amount"
    if settled.fixed is not None and not 0 < settled.fixed <= MOST:
        return "rule_amount"
    return "rule_share" if settled.share is not None and not 0 < settled.share <= 1 else ""
