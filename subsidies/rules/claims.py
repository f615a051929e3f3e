"""What an award can be claimed for by the schemes of a place, and what a claim has to say (checklist rows A-21 … D-38)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from subsidies.rules.schemes import CLAIMS, Policy, Scheme

MOST_FILES = 20
#: yuan
_MOST_RECEIVED = Decimal(10) ** 11


@dataclass(frozen=True)
class Matter:
    """A claim with the schemes that pay for it."""

    code: str
    schemes: tuple[Scheme, ...]

    @property
    def asks_project(self) -> bool:
        """Where each project or each thing that happened is paid for, its name tells them apart."""
        return any(scheme.once in ("project", "event") for scheme in self.schemes)

    @property
    def asks_received(self) -> bool:
        return any(scheme.amount.share is not None for scheme in self.schemes)

    @property
    def prizes(self) -> tuple[str, ...]:
        """The grades of an assessment that some scheme pays for, in their order; none where nothing is assessed."""
        return tuple(sorted({grade for scheme in self.schemes for grade in scheme.amount.prizes or ()}))


@dataclass(frozen=True)
class Said:
    """A claim in the words of who makes it; `received` in yuan."""

    matter: str
    on: date
    project: str = ""
    prize: str = ""
    received: Decimal | None = None
    statement: str = ""


def matters(policies: Iterable[Policy], day: date) -> list[Matter]:
    """What some scheme of these policies pays for on the day, in the order of the vocabulary."""
    found: dict[str, list[Scheme]] = defaultdict(list)
    for policy in policies:
        if policy.since <= day and policy.pays_on(day):
            for scheme in policy.schemes:
                if scheme.kind == "claim" and not scheme.repeats:
                    found[scheme.event].append(scheme)
    return [Matter(code, tuple(found[code])) for code in CLAIMS if code in found]


def wrong(said: Said, matter: Matter | None, today: date, files: int) -> str:
    """The first thing that a claim does not say as it should, as a code of a refusal; empty where it is well."""
    if matter is None:
        return "claim_matter"
    if said.on > today:
        return "claim_on"
    if matter.asks_project != bool(said.project):
        return "claim_project"
    if said.prize not in (matter.prizes or ("",)):
        return "claim_prize"
    if matter.asks_received != (said.received is not None):
        return "claim_received"
    if said.received is not None and not 0 < said.received < _MOST_RECEIVED:
        return "claim_received"
    if not 0 < files <= MOST_FILES:
        return "claim_files"
    return ""
