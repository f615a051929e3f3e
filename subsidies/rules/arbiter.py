"""The arbiter: what an enterprise is due for its events on a day, and why not the rest, each with one reason.

Pure and exact; money is whole fen. For each event and each scheme that pays for its kind there is one answer. The first
of these reasons that holds is told:

- `repeats_region`: the scheme repeats another policy's money and pays nothing of its own;
- `window`: the event's day lies outside the window, or the policy does not pay any more on the day of judgement;
- `not_first`: a renewal where a first recognition is paid for (or the other way round, where a renewal is);
- `once_per_title`: another event was paid for earlier (title, project, year: the earliest counts, whatever became of it);
- `revoked`, `expired`: the title was revoked, or no recognition of it holds, on the day of judgement;
- `no_title`: the title that is needed did not hold on the day of the event;
- `same_matter`: the enterprise has chosen another policy for it;
- `out_of_range`: the decided amount lies outside its bounds;
- `highest_only`: of one year's awards of a policy another is the highest (of equal ones the earlier, then by code).

A top-up has the reasons of its own scheme first, then that of its base; where the base is due it is due as well.

What is decided by a person and is not yet decided is due with no amount; it takes no part in the comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from cultivation.rules.terms import years_later
from subsidies.rules.schemes import Amount, Policy, Scheme


@dataclass(frozen=True)
class Event:
    """A recognition or a claim of one enterprise; `decided` and `received` in fen."""

    id: str
    kind: str
    title: str
    on: date
    how: str = ""
    revoked_on: date | None = None
    other_policy: str = ""
    decided: int | None = None
    received: int | None = None
    project: str = ""
    prize: str = ""


@dataclass(frozen=True)
class Due:
    """An award that follows; no amount (and no shares) while a person has to decide it."""

    event: str
    scheme: str
    amount: int | None
    shares: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Refused:
    event: str
    scheme: str
    reason: str


@dataclass(frozen=True)
class Arbitrated:
    due: tuple[Due, ...]
    refused: tuple[Refused, ...]


_Proposed = tuple[Event, Scheme, int | None]


def holds(title: str, day: date, events: Iterable[Event], valid: Mapping[str, int | None]) -> bool:
    """Whether a recognition of the title holds on the day; its last day counts, and so does the day before it is revoked."""
    return any(
        e.kind == "recognition"
        and e.title == title
        and e.on <= day
        and (valid.get(title) is None or day <= years_later(e.on, valid[title] or 0))
        and (e.revoked_on is None or day < e.revoked_on)
        for e in events
    )


def split(amount: int, shares: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """The shares of the levels: rounded down to the fen, what remains goes one by one to the levels in their order."""
    whole = sum(parts for _level, parts in shares)
    found = [amount * parts // whole for _level, parts in shares]
    for n in range(amount - sum(found)):
        found[n] += 1
    return tuple((level, fen) for (level, _parts), fen in zip(shares, found, strict=True))


def half_up(amount: Fraction) -> int:
    """Whole fen; a half goes up."""
    return int((2 * amount.numerator + amount.denominator) // (2 * amount.denominator))


def arbitrate(
    policies: Iterable[Policy], events: Sequence[Event], on: date, valid: Mapping[str, int | None]
) -> Arbitrated:
    """What is due on the day by these policies. Events behind the day are not looked at."""
    past = sorted((e for e in events if e.on <= on), key=lambda e: (e.on, e.id))
    due: list[Due] = []
    refused: list[Refused] = []
    topping: list[_Proposed] = []
    for policy in policies:
        proposed: list[tuple[Event, Scheme, int | None]] = []
        for scheme in policy.schemes:
            seen: set[object] = set()
            for event in past:
                if (event.kind, event.title) != (scheme.kind, scheme.event):
                    continue
                reason = _reason(policy, scheme, event, past, on, valid, seen)
                amount = None if reason else _amount(scheme.amount, event)
                if not reason and _outside(scheme.amount, event):
                    reason = "out_of_range"
                if reason:
                    refused.append(Refused(event.id, scheme.code, reason))
                elif scheme.tops:
                    topping.append((event, scheme, amount))
                else:
                    proposed.append((event, scheme, amount))
        kept, lost = _highest(proposed)
        refused += [Refused(event.id, scheme.code, "highest_only") for event, scheme, _ in lost]
        due += [_due(*one) for one in kept]
    more, less = _topped(topping, due, refused)
    due, refused = due + more, refused + less
    order = {event.id: n for n, event in enumerate(past)}
    return Arbitrated(
        tuple(sorted(due, key=lambda d: (order[d.event], d.scheme))),
        tuple(sorted(refused, key=lambda r: (order[r.event], r.scheme))),
    )


def _due(event: Event, scheme: Scheme, amount: int | None) -> Due:
    return Due(event.id, scheme.code, amount, split(amount, scheme.shares) if amount is not None else ())


def _topped(
    topping: Iterable[_Proposed], due: Sequence[Due], refused: Sequence[Refused]
) -> tuple[list[Due], list[Refused]]:
    """The top-ups whose base is due, and those whose base is not."""
    bases = {(d.event, d.scheme): d.amount for d in due}
    reasons = {(r.event, r.scheme): r.reason for r in refused}
    more, less = [], []
    for event, scheme, amount in topping:
        key, part = (event.id, scheme.tops), scheme.amount.of_base
        if part is not None and bases.get(key) is not None:
            amount = half_up((bases[key] or 0) * part)
        if key not in bases:
            less.append(Refused(event.id, scheme.code, reasons.get(key, "no_scheme")))
        elif amount == 0:
            less.append(Refused(event.id, scheme.code, "out_of_range"))
        else:
            more.append(_due(event, scheme, amount))
    return more, less


def _reason(
    policy: Policy,
    scheme: Scheme,
    event: Event,
    past: Sequence[Event],
    on: date,
    valid: Mapping[str, int | None],
    seen: set[object],
) -> str:
    """Why this event is not paid for by this scheme; empty where nothing stands against it. Notes it in `seen`."""
    if scheme.repeats:
        return "repeats_region"
    wrong_how = scheme.kind == "recognition" and event.how != scheme.how
    again = False
    if not wrong_how:
        key = matter(scheme, event)
        again = key in seen
        seen.add(key)
    if (scheme.since and event.on < scheme.since) or (scheme.until and event.on > scheme.until):
        return "window"
    if not policy.pays_on(on):
        return "window"
    if wrong_how:
        return "not_first"
    if again:
        return "once_per_title"
    if scheme.kind == "recognition":
        if event.revoked_on is not None and event.revoked_on <= on:
            return "revoked"
        if not holds(event.title, on, past, valid):
            return "expired"
    if scheme.needs and not holds(scheme.needs, event.on, past, valid):
        return "no_title"
    if policy.choose_one and event.other_policy == "other":
        return "same_matter"
    return ""


def matter(scheme: Scheme, event: Event) -> str:
    """What the scheme pays for once only."""
    return str(
        {"title": event.title, "project": event.project, "year": event.on.year, "event": event.id}[
            scheme.once
        ]
    )


def _amount(amount: Amount, event: Event) -> int | None:
    if amount.fixed is not None:
        return amount.fixed
    if amount.share is not None:
        return None if event.received is None else half_up(event.received * amount.share)
    if amount.prizes is not None:
        return amount.prizes.get(event.prize)
    return event.decided if amount.between is not None else None


def _outside(amount: Amount, event: Event) -> bool:
    if amount.between is not None and event.decided is not None:
        return not amount.between[0] <= event.decided <= amount.between[1]
    return amount.prizes is not None and event.prize not in amount.prizes


def _highest(proposed: list[_Proposed]) -> tuple[list[_Proposed], list[_Proposed]]:
    """Those that stay and those that lose to the highest of their year."""
    best: dict[int, _Proposed] = {}
    for one in proposed:
        event, scheme, amount = one
        if scheme.competes and amount is not None:
            known = best.get(event.on.year)
            if known is None or _rank(one) < _rank(known):
                best[event.on.year] = one
    kept = [p for p in proposed if not p[1].competes or p[2] is None or best[p[0].on.year] is p]
    return kept, [p for p in proposed if p not in kept]


def _rank(one: _Proposed) -> tuple[int, date, str, str]:
    event, scheme, amount = one
    return -(amount or 0), event.on, event.id, scheme.code
