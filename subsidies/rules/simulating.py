"""A scheme changed by what somebody types, or a wholly new one, as a policy that the arbiter takes.

The changes are written into the policy's document and the document is loaded as the file itself is, so that nothing can be
tried that could not be put in force. Amounts are typed in 万元, a matching in percent, shares as parts of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from subsidies.rules.amounts import in_wan
from subsidies.rules.schemes import LEVELS, Policy, SchemeError, load

#: code of a scheme that stands in no policy, and of its policy
NEW = "试算"
KINDS = ("fixed", "between", "of_received", "prizes")
PRIZES = ("1", "2", "3")


class Wrong(ValueError):
    """Something typed is outside the vocabulary; `fields` are the names of what: of a field, or `bounds`, `prizes` and
    `shares` of several that do not go together."""

    def __init__(self, fields: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(fields)))
        self.fields = fields


@dataclass(frozen=True)
class Typed:
    """What a person wants to try, as typed; what does not belong to the kind of amount is not looked at."""

    kind: str
    once: str
    fixed: str = ""
    low: str = ""
    high: str = ""
    percent: str = ""
    #: prize → 万元; empty is no award
    prizes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    #: level → parts; empty bears nothing
    parts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    since: date | None = None
    until: date | None = None
    needs: str = ""
    highest_only: bool = False
    matching_in_highest: bool = False
    #: the last day on which the policy pays
    stops: date | None = None


def blank(region: str, event: str, how: str = "") -> dict[str, Any]:
    """The document of a policy of a place (its code) with one scheme, for a recognition (with `how`) or a claim."""
    what = {"recognition": event, "how": how} if how else {"claim": event}
    scheme = {"code": NEW, "clause": NEW, "event": what, "once": "title", "amount": {"fixed": "1 元"},
              "shares": {LEVELS[-1]: 1}, "mark": "inferred"}  # fmt: skip
    return {
        "id": NEW,
        "region": region,
        "title": {"zh": NEW},
        "document": NEW,
        "in_force": {"from": date.min, "until": None},
        "stacking": {"highest_only": False, "matching_in_highest": False, "choose_one": False},
        "schemes": [scheme],
    }


def tried(document: Mapping[str, Any], code: str, typed: Typed) -> Policy:
    """The policy of a document with one of its schemes changed. Raises Wrong with every field that is."""
    wrong: set[str] = set()
    whole = document
    for name, of_scheme, of_policy in _changes(document, typed):
        try:
            load(_with(document, code, of_scheme, of_policy))
        except SchemeError:
            wrong.add(name)
        else:
            whole = _with(whole, code, of_scheme, of_policy)
    if wrong:
        raise Wrong(frozenset(wrong))
    return load(whole)


_Said = Mapping[str, Any]


def _changes(document: _Said, typed: Typed) -> Iterator[tuple[str, _Said, _Said]]:
    """(field, what it changes of the scheme, and of the policy), each loadable alone; what joins parts follows them."""
    for name, amount in _amounts(typed):
        yield name, {"amount": amount}, {}
    parts = {level: _whole(text) for level, text in typed.parts.items() if text.strip()}
    for level, n in parts.items():
        yield level, {"shares": {level: n}}, {}
    yield "shares", {"shares": {level: parts[level] for level in LEVELS if level in parts}}, {}
    yield "until", {"window": {"from": typed.since, "until": typed.until}}, {}
    yield "once", {"once": typed.once}, {}
    yield "needs", {"needs": typed.needs or None}, {}
    stacking = {"highest_only": typed.highest_only, "matching_in_highest": typed.matching_in_highest}
    yield "highest_only", {}, {"stacking": document["stacking"] | stacking}
    ends = {"in_force": document["in_force"] | {"until": typed.stops}}
    yield "stops", {}, ends | {"pays": "while_in_force" if typed.stops else "later"}


def _amounts(typed: Typed) -> Iterator[tuple[str, _Said]]:
    match typed.kind:
        case "fixed":
            yield "fixed", {"fixed": _wan(typed.fixed)}
        case "between":
            low, high = _wan(typed.low), _wan(typed.high)
            yield "low", {"between": [low, low]}
            yield "high", {"between": [high, high]}
            yield "bounds", {"between": [low, high]}
        case "prizes":
            given = {prize: _wan(text) for prize, text in typed.prizes.items() if text.strip()}
            for prize, text in given.items():
                yield f"prize{prize}", {"prizes": {prize: text}}
            yield "prizes", {"prizes": given}
        case _:
            yield "percent", {typed.kind: f"{typed.percent.strip()}%"}


def _with(document: _Said, code: str, of_scheme: _Said, of_policy: _Said) -> dict[str, Any]:
    schemes = [
        {name: said for name, said in (item | of_scheme).items() if said is not None}
        if item["code"] == code
        else item
        for item in document["schemes"]
    ]
    return {**document, **of_policy, "schemes": schemes}


def _wan(text: str) -> str:
    return f"{text.strip().translate(_COMMAS)} 万元"


_COMMAS = str.maketrans("", "", ",，")


def _whole(text: str) -> int | str:
    """A plain number; what is none is left for the loader to refuse."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else text


def present(document: _Said, code: str) -> Typed:
    """What a scheme says today, as somebody would type it."""
    (item,) = (each for each in document["schemes"] if each["code"] == code)
    policy = load(document)
    (scheme,) = (each for each in policy.schemes if each.code == code)
    ((kind, _said),) = item["amount"].items()
    amount, shares = scheme.amount, dict(scheme.shares)
    low, high = amount.between or (None, None)
    return Typed(
        kind=kind,
        once=scheme.once,
        fixed=_shown(amount.fixed),
        low=_shown(low),
        high=_shown(high),
        percent=str(item["amount"].get("of_received", "")).rstrip("%"),
        prizes={prize: _shown((amount.prizes or {}).get(prize)) for prize in PRIZES},
        parts={level: str(shares.get(level, "")) for level in LEVELS},
        since=scheme.since,
        until=scheme.until,
        needs=scheme.needs,
        highest_only=policy.highest_only,
        matching_in_highest=bool(document["stacking"]["matching_in_highest"]),
        stops=policy.until if policy.while_in_force else None,
    )


def _shown(amount: int | None) -> str:
    return "" if amount is None else in_wan(amount)
