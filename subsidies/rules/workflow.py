"""The way of an award: one table of states and decisions, and what each takes.

    award:    open → noticed → cleared        (refused from each of them; withdrawn before anybody has taken it up)
    portion:  waiting → reserved → approved   (released once the award has come to its end)

The level that pays takes a portion up (money is reserved), approves it (committed) and, as the owner of the policy,
publishes the list, answers objections and clears it. Only what is cleared is ordered and paid, in one or more instalments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from subsidies.rules.schemes import fen

PROPOSE, RESERVE, APPROVE, PAY, ACCOUNT = (
    "awards.propose",
    "awards.reserve",
    "awards.approve",
    "awards.pay",
    "awards.account",
)
#: to check claims, to settle award rules, and of an enterprise's own user
CLAIMS, TERMS, OWN = "awards.claims", "awards.terms", "own.account"
#: (state of the award, decision) → the next state
AWARD: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("open", "withdraw"): "withdrawn",
        ("open", "publish"): "noticed",
        ("noticed", "clear"): "cleared",
        ("open", "refuse"): "refused",
        ("noticed", "refuse"): "refused",
        ("cleared", "refuse"): "refused",
    }
)
#: (state of the portion, decision) → the next state
PORTION: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("waiting", "reserve"): "reserved",
        ("reserved", "approve"): "approved",
        ("waiting", "release"): "released",
        ("reserved", "release"): "released",
        ("approved", "release"): "released",
    }
)
LIVE = frozenset({"open", "noticed", "cleared"})


class Refused(ValueError):
    """The act is not one that may be done now, or not this person's; `code` says why, `subject` whom it is about."""

    def __init__(self, code: str, subject: str = "") -> None:
        super().__init__(f"{code} {subject}".strip())
        self.code, self.subject = code, subject


def after(table: Mapping[tuple[str, str], str], state: str, decision: str) -> str:
    """The next state. Raises Refused where the table has no such step."""
    try:
        return table[state, decision]
    except KeyError:
        raise Refused("not_here") from None


@dataclass(frozen=True)
class Terms:
    """One dated entry of `fixtures/terms/awards.yaml`. Bounds are fen, ends included; the notice is working days."""

    since: date
    notice_workdays: int
    approvals: tuple[tuple[int | None, int], ...]
    document: str
    certainty: str

    def people(self, amount: int) -> int:
        """How many people approve an amount."""
        return next(n for bound, n in self.approvals if bound is None or amount <= bound)


def load_terms(entries: Sequence[Mapping[str, object]]) -> tuple[Terms, ...]:
    """The entries as they stand in the file. Raises SchemeError for an amount without its unit."""
    return tuple(
        Terms(
            since=e["from"],  # type: ignore[arg-type]
            notice_workdays=int(str(e["notice_workdays"])),
            approvals=tuple(
                (fen(line["up_to"]) if "up_to" in line else None, line["people"])
                for line in e["approvals"]  # type: ignore[attr-defined]
            ),
            document=str(e["document"]),
            certainty=str(e["certainty"]),
        )
        for e in entries
    )


def in_force(terms: Iterable[Terms], on: date) -> Terms:
    """The youngest entry that had begun on the day. LookupError where none had."""
    found = [each for each in terms if each.since <= on]
    if not found:
        raise LookupError(f"no terms of awards on {on}")
    return max(found, key=lambda each: each.since)
