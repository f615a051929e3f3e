"""The way of an application: one table of states and decisions, and who may take each.

    draft → county → prefecture → region → approved → notice → recognised     (创新型, 专精特新: the province recognises)
    draft → county → prefecture → region → nation → recognised                (小巨人: the ministry decides)

A level that finds something wrong returns the application to any level that it has already passed; corrected,
it comes straight back to who returned it, and levels between do not decide again. 63号 and 2026/2: the county and
the prefecture recommend level by level, the province decides, for 小巨人 the ministry does. What the province has
approved is published and can be objected to before it is recognised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

State = Literal[
    "draft",
    "county",
    "prefecture",
    "region",
    "approved",
    "notice",
    "nation",
    "recognised",
    "rejected",
    "withdrawn",
]
Decision = Literal[
    "submit", "recommend", "approve", "publish", "recognise", "return", "reject", "withdraw", "reopen"
]

#: where an application lies while somebody has to act on it, from the applicant upwards
LEVELS: tuple[State, ...] = ("draft", "county", "prefecture", "region")
#: tiers that the ministry decides on
BY_THE_NATION = frozenset({"little_giant"})

FILE, RECOMMEND, REVIEW, DECIDE, PUBLISH, RECOGNISE = (
    "applications.file",
    "applications.recommend",
    "applications.review",
    "applications.decide",
    "notices.publish",
    "recognitions.decide",
)
_WHO: Mapping[State, str] = MappingProxyType(
    {"draft": FILE, "county": RECOMMEND, "prefecture": REVIEW, "region": DECIDE}
)

#: (state, decision) → the permission it takes
TABLE: Mapping[tuple[State, Decision], str] = MappingProxyType(
    {
        ("draft", "submit"): FILE,
        ("county", "recommend"): RECOMMEND,
        ("prefecture", "recommend"): REVIEW,
        ("region", "approve"): DECIDE,
        **{(level, "return"): _WHO[level] for level in LEVELS[1:]},
        **{(level, "reject"): _WHO[level] for level in LEVELS[1:]},
        **{(level, "withdraw"): FILE for level in LEVELS},
        ("approved", "publish"): PUBLISH,
        ("notice", "recognise"): RECOGNISE,
        ("notice", "reject"): RECOGNISE,
        ("nation", "recognise"): RECOGNISE,
        ("nation", "reject"): RECOGNISE,
        ("withdrawn", "reopen"): FILE,
        ("rejected", "reopen"): DECIDE,
    }
)
#: what has to be said to the applicant
WITH_REASON: frozenset[Decision] = frozenset({"return", "reject", "withdraw", "reopen"})
#: taken with a list that is published or announced as a whole, never for itself
WITH_A_LIST: frozenset[Decision] = frozenset({"publish", "recognise"})


class Refused(ValueError):
    """The step is not one of the table's, or not this person's; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Standing:
    """Where an application stands. `waiting` are the levels that have returned it, the last one last."""

    state: State
    waiting: tuple[State, ...] = ()


def route(kinds: Iterable[str]) -> tuple[State, ...]:
    """The levels that an application passes, by the kinds of the places from its county upwards.

    Counties right below a region, and the cities of the corps, have no prefecture in between.
    """
    passed: list[State] = ["draft", "county"]
    if "prefecture" in set(kinds):
        passed.append("prefecture")
    return (*passed, "region")


def permission(state: State, decision: Decision) -> str:
    """The permission that a decision takes in a state. Raises Refused where the table has no such step."""
    try:
        return TABLE[state, decision]
    except KeyError:
        raise Refused("not_here") from None


def after(
    now: Standing, decision: Decision, *, passes: tuple[State, ...], tier: str, to: str = "", left: str = ""
) -> Standing:
    """Where the application stands after a decision. Raises Refused.

    `passes` is its route. A return names the level `to` which it goes; re-opening what was rejected leads back
    to the level that it had `left`, behind the levels to the last of them.
    """
    permission(now.state, decision)
    match decision:
        case "withdraw":
            return Standing("withdrawn")
        case "reject":
            return Standing("rejected")
        case "return":
            if to not in passes[: passes.index(now.state)]:
                raise Refused("target")
            return Standing(passes[passes.index(to)], (*now.waiting, now.state))  # type: ignore[arg-type]
        case "reopen":
            if now.state == "withdrawn":
                return Standing("draft")
            if left in ("notice", "nation"):
                return Standing(passes[-1])
            if left not in passes:
                raise Refused("target")
            return Standing(passes[passes.index(left)])  # type: ignore[arg-type]
        case "publish":
            return Standing("notice")
        case "recognise":
            return Standing("recognised")
        case "approve":
            return Standing("nation" if tier in BY_THE_NATION else "approved")
        case _:
            if now.waiting:
                return Standing(now.waiting[-1], now.waiting[:-1])
            return Standing(passes[passes.index(now.state) + 1])


def may_take(
    officer: int, state: State, taken: Iterable[tuple[int | None, State]], *, conflicted: bool
) -> str:
    """Empty where the officer may decide in this state, else the code of the refusal.

    `taken` are the steps so far as (officer, state in which it was taken). Nobody decides at two levels of
    one application, and nobody who has declared a conflict decides at all.
    """
    if conflicted:
        return "conflict"
    if state in LEVELS and any(by == officer and at in LEVELS and at != state for by, at in taken):
        return "own_step"
    return ""
