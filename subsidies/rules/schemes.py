"""Award schemes as frozen data: what `fixtures/schemes/*.yaml` may say, and nothing more.

A policy has an id, its place, its document, the days in which it is in force, whether it pays only then (`pays:
while_in_force`), its stacking and its schemes. A scheme names the event that it pays for (`recognition` with `how`, or a
`claim`), the window that the event's day must lie in, how often it pays (`once` for a title, project, year or event), the
title that is needed on the day of the event, its amount and the shares of the levels. `repeats` leads to another policy's
scheme and pays nothing. Amounts are fen above zero; what is written carries its unit (`50 万元`, `25%`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from enterprises.rules.fields import FEN
from subsidies.rules.accounts import MOST

TITLES = (
    "specialised",
    "little_giant",
    "key_little_giant",
    "city_tech_giant",
    "hnte",
    "platform_national",
    "platform_provincial",
)
CLAIMS = (
    "board",
    "ipo_filing",
    "ipo_application",
    "talent_platform",
    "talent_institute",
    "prize",
    "national_lab",
    "equipment",
)
LEVELS = ("nation", "region", "prefecture", "county")
ONCE = ("title", "project", "year", "event")


class SchemeError(ValueError):
    """A policy that says something outside the vocabulary; the text names the place."""


@dataclass(frozen=True)
class Amount:
    """One of: `fixed` fen; `between` two amounts, decided by a person; a `share` of what was received; by `prize`; of a
    top-up also a part of its base (`of_base`)."""

    fixed: int | None = None
    between: tuple[int, int] | None = None
    share: Fraction | None = None
    prizes: Mapping[str, int] | None = None
    of_base: Fraction | None = None


@dataclass(frozen=True)
class Scheme:
    code: str
    policy: str
    clause: str
    #: `recognition` or `claim`, and which
    kind: str
    event: str
    #: of a recognition: `new` or `renewal`
    how: str
    since: date | None
    until: date | None
    once: str
    needs: str
    amount: Amount
    #: level → parts of the whole, in the order in which fen that remain are given
    shares: tuple[tuple[str, int], ...]
    repeats: str
    #: whether 就高 looks at it
    competes: bool
    #: code of the scheme that it tops up
    tops: str = ""


@dataclass(frozen=True)
class Policy:
    id: str
    #: code of its place; it holds there and below
    region: str
    title: str
    document: str
    since: date
    until: date | None
    while_in_force: bool
    highest_only: bool
    choose_one: bool
    schemes: tuple[Scheme, ...]
    without_money: Mapping[str, str]

    def pays_on(self, day: date) -> bool:
        """Whether its money may still be paid on the day."""
        return not self.while_in_force or self.until is None or day <= self.until


def load(data: Any) -> Policy:
    """The policy that a YAML document describes. Raises SchemeError."""
    where = str(data.get("id", "?")) if isinstance(data, Mapping) else "?"
    _keys(data, where, {"id", "region", "title", "document", "in_force", "stacking", "schemes"},
          {"note", "pays", "without_money"})  # fmt: skip
    stacking = data["stacking"]
    _keys(stacking, f"{where}.stacking", {"highest_only", "matching_in_highest", "choose_one"}, set())
    if data.get("pays", "later") not in ("later", "while_in_force"):
        raise SchemeError(f"{where}.pays: {data['pays']!r}")
    made = Policy(
        id=where,
        region=str(data["region"]),
        title=data["title"]["zh"],
        document=data["document"],
        since=_day(data["in_force"]["from"], f"{where}.in_force.from"),
        until=None if data["in_force"]["until"] is None else _day(data["in_force"]["until"], where),
        while_in_force=data.get("pays") == "while_in_force",
        highest_only=bool(stacking["highest_only"]),
        choose_one=bool(stacking["choose_one"]),
        schemes=tuple(_scheme(each, where, stacking) for each in data["schemes"]),
        without_money={code: said["zh"] for code, said in (data.get("without_money") or {}).items()},
    )
    if made.until is not None and made.until < made.since:
        raise SchemeError(f"{where}.in_force: it ends before it begins")
    codes = [each.code for each in made.schemes] + list(made.without_money)
    if len(codes) != len(set(codes)):
        raise SchemeError(f"{where}: a code stands twice")
    return made


def _scheme(item: Any, policy: str, stacking: Mapping[str, Any]) -> Scheme:
    where = f"{policy}.{item.get('code', '?')}"
    repeats = item.get("repeats", "")
    needed = {"code", "clause", "event", "once", "mark"} | (set() if repeats else {"amount", "shares"})
    _keys(item, where, needed, {"window", "needs", "note", "repeats"})
    event = item["event"]
    kind = "recognition" if "recognition" in event else "claim"
    _keys(event, f"{where}.event", {kind} | ({"how"} if kind == "recognition" else set()), set())
    if event[kind] not in (TITLES if kind == "recognition" else CLAIMS):
        raise SchemeError(f"{where}.event: {event[kind]!r}")
    if kind == "recognition" and event["how"] not in ("new", "renewal"):
        raise SchemeError(f"{where}.how: {event['how']!r}")
    if item["once"] not in ONCE or item.get("needs", TITLES[0]) not in TITLES:
        raise SchemeError(f"{where}: once or needs")
    window = item.get("window") or {"from": None, "until": None}
    since, until = (None if window[end] is None else _day(window[end], where) for end in ("from", "until"))
    if since is not None and until is not None and until < since:
        raise SchemeError(f"{where}.window: it ends before it begins")
    amount = Amount() if repeats else amount_of(item["amount"], f"{where}.amount")
    return Scheme(
        code=item["code"],
        policy=policy,
        clause=str(item["clause"]),
        kind=kind,
        event=event[kind],
        how=event.get("how", ""),
        since=since,
        until=until,
        once=item["once"],
        needs=item.get("needs", ""),
        amount=amount,
        shares=() if repeats else _shares(item["shares"], where),
        repeats=repeats,
        competes=bool(stacking["highest_only"])
        and (amount.share is None or bool(stacking["matching_in_highest"])),
    )


def amount_of(item: Any, where: str) -> Amount:
    """An amount of one kind. Raises SchemeError."""
    if not isinstance(item, Mapping) or len(item) != 1:
        raise SchemeError(f"{where}: one kind of amount is needed")
    ((kind, value),) = item.items()
    if kind == "fixed":
        return Amount(fixed=_payable(value, where))
    if kind == "between":
        low, high = (_payable(each, where) for each in value)
        if low > high:
            raise SchemeError(f"{where}: the lower bound comes first")
        return Amount(between=(low, high))
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)%", str(value)) if kind == "of_received" else None
    if found and (share := Fraction(found[1]) / 100):
        return Amount(share=share)
    if kind == "prizes" and value:
        return Amount(prizes={str(prize): _payable(each, where) for prize, each in value.items()})
    raise SchemeError(f"{where}: {kind!r} {value!r}")


def _payable(text: Any, where: str) -> int:
    amount = fen(text, where)
    if not 0 < amount <= MOST:
        raise SchemeError(f"{where}: {text!r} is not payable")
    return amount


def fen(text: Any, where: str = "") -> int:
    """`50 万元` as whole fen. Raises SchemeError without a unit, or for a part of a fen."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(元|千元|万元|百万元|亿元)", str(text).replace(" ", ""))
    amount = Fraction(found[1]) * FEN[found[2]] if found else Fraction(1, 2)
    if amount.denominator != 1:
        raise SchemeError(f"{where}: {text!r} is no amount with its unit")
    return int(amount)


def _shares(item: Any, where: str) -> tuple[tuple[str, int], ...]:
    found = tuple((str(level), parts) for level, parts in item.items())
    if not found or any(level not in LEVELS or not isinstance(n, int) or n < 1 for level, n in found):
        raise SchemeError(f"{where}.shares: {item!r}")
    return found


def _day(value: Any, where: str) -> date:
    if isinstance(value, date):
        return value
    raise SchemeError(f"{where}: {value!r} is no day")


def _keys(item: Any, where: str, needed: set[str], allowed: set[str]) -> None:
    if not isinstance(item, Mapping):
        raise SchemeError(f"{where}: a mapping is needed")
    missing, unknown = needed - set(item), set(item) - needed - allowed
    if missing or unknown:
        raise SchemeError(f"{where}: missing {sorted(missing)}, unknown {sorted(unknown)}")
