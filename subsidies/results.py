"""What bringing in a book did, or would do."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from enterprises.rules.problems import Problem, index_of
from subsidies.rules.amounts import in_yuan
from subsidies.wording import message, remedy


@dataclass(frozen=True)
class Sum:
    """How many orders and how much together, fen."""

    n: int = 0
    fen: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"n": self.n, "yuan": in_yuan(self.fen)}


@dataclass(frozen=True)
class OpenOrder:
    """An order whose outcome nobody has reported, as it is listed."""

    number: str
    award: str
    name: str
    uscc: str
    fen: int
    on: dt.date


@dataclass(frozen=True)
class Compared:
    """A file of payments beside the orders of one's own level, in both directions.

    `in_file` are the orders that it names, `matching` those of them that are open and agree, `settled` those that were
    reported the same before, `absent` the open ones that it does not name, the first of them `listed`.
    """

    in_file: Sum
    matching: Sum
    settled: Sum
    absent: Sum
    listed: tuple[OpenOrder, ...] = ()

    def as_json(self) -> dict[str, Any]:
        sums = {n: getattr(self, n).as_json() for n in ("in_file", "matching", "settled", "absent")}
        listed = [
            {"number": o.number, "award": o.award, "name": o.name, "uscc": o.uscc, "yuan": in_yuan(o.fen),
             "on": o.on.isoformat()}
            for o in self.listed
        ]  # fmt: skip
        return {**sums, "listed": listed, "more": self.absent.n - len(listed)}


@dataclass
class BookResult:
    """Counts of rows; `created` are enterprises that were registered, or pools that were opened, on the way.

    With an error nothing is written. Warnings only inform. The sum shows at once when a unit was mistaken.
    """

    kind: str
    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    created: int = 0
    #: fen that all rows without errors name together; None for a kind without money
    amount: int | None = None
    #: of payments: how the file stands beside the orders
    compared: Compared | None = None
    problems: list[Problem] = field(default_factory=list)
    dry_run: bool = False

    @property
    def errors(self) -> int:
        return sum(problem.is_error for problem in self.problems)

    def nothing_written(self) -> None:
        self.new = self.changed = self.unchanged = self.created = 0

    def in_order(self, sheets: list[str]) -> None:
        """Problems by sheet, row and column, as they may be shown; what is about the whole file comes first."""
        at = {name: n for n, name in enumerate(sheets)}
        self.problems = sorted(
            (problem.shown() for problem in self.problems),
            key=lambda p: (at.get(p.sheet, -1), p.row or 0, index_of(p.column) if p.column else -1, p.code),
        )

    def as_json(self, most: int) -> dict[str, Any]:
        """The counts and the first `most` problems, for a page or a job's result."""
        return {
            "kind": self.kind,
            "rows": self.rows,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "created": self.created,
            "yuan": None if self.amount is None else f"{Decimal(self.amount) / 100:.2f}",
            "compared": self.compared.as_json() if self.compared else None,
            "errors": self.errors,
            "warnings": len(self.problems) - self.errors,
            "more": max(0, len(self.problems) - most),
            "problems": [
                {
                    "severity": p.severity,
                    "sheet": p.sheet,
                    "row": p.row,
                    "column": p.column,
                    "header": p.header,
                    "value": p.value,
                    "subject": p.subject,
                    "code": p.code,
                    "remedy": remedy(p),
                    "message": message(p),
                }
                for p in self.problems[:most]
            ],
        }
