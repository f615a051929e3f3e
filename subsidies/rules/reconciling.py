"""What a bank's or treasury's list says against the payment orders: each difference at its cell."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from enterprises.rules.problems import Problem
from enterprises.rules.text import key
from subsidies.rules.amounts import in_yuan
from subsidies.rules.book_rows import Row

PAID, BOUNCED = "paid", "bounced"


@dataclass(frozen=True)
class Outcome:
    """What became of an order: arrived with its receipt, or come back for a reason."""

    outcome: str
    on: dt.date
    receipt: str = ""
    reason: str = ""

    def is_same(self, other: Outcome) -> bool:
        """The reason is words: told otherwise it is the same result."""
        return (self.outcome, self.on, self.receipt) == (other.outcome, other.on, other.receipt)


@dataclass(frozen=True)
class Ordered:
    """An order as it is known: fen, whose it is, and what was reported of it, if anything was."""

    number: str
    amount: int
    on: dt.date
    uscc: str
    names: tuple[str, ...]
    result: Outcome | None = None


def receipt_of(text: str | None) -> str:
    return " ".join((text or "").split())[:60]


def said(row: Row) -> Outcome:
    """What a row reports; arrived where it does not say."""
    values = row.values
    return Outcome(
        values.get("outcome") or PAID,
        values["on"],
        receipt_of(values.get("receipt")),
        (values.get("reason") or "").strip(),
    )


def differences(row: Row, order: Ordered) -> Iterator[Problem]:
    """Whatever of the row is not as the order says. A name alone only warns: banks cut names off."""
    values, now = row.values, said(row)
    if values.get("uscc") not in (None, order.uscc):
        yield row.problem("payment_code", "uscc", name=order.names[0], uscc=order.uscc)
    if values.get("name") and key(values["name"]) not in map(key, order.names):
        yield row.problem("payment_name", "name", "warning", name=order.names[0])
    if values["amount"] != order.amount:
        both = {"said": in_yuan(values["amount"]), "ordered": in_yuan(order.amount)}
        yield row.problem("payment_amount", "amount", **both)
    if now.on < order.on:
        yield row.problem("payment_before", "on", ordered=order.on.isoformat())
    yield from _proof(row, now)
    if order.result is not None and not now.is_same(order.result):
        before = order.result
        at = "outcome" if before.outcome != now.outcome else "on" if before.on != now.on else "receipt"
        known = {"outcome": before.outcome, "on": before.on.isoformat(), "receipt": before.receipt}
        yield row.problem("payment_settled", row.at(at, "order", "memo"), **known)


def _proof(row: Row, now: Outcome) -> Iterator[Problem]:
    if not row.values.get("outcome") and now.reason and not now.receipt:
        yield row.problem("outcome_unclear", row.at("outcome", "reason"))
    elif now.outcome == PAID and not now.receipt:
        yield row.problem("payment_receipt", row.at("receipt", "outcome", "order", "memo"))
    elif now.outcome == BOUNCED and not now.reason:
        yield row.problem("payment_reason", row.at("reason", "outcome", "order", "memo"))


def shared_receipts(rows: Iterable[Row]) -> Iterator[Problem]:
    """One receipt for several orders of one day is a payment in one sum, which is told once; of two days it is wrong."""
    by_receipt: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        now = said(row)
        if now.outcome == PAID and now.receipt:
            by_receipt[now.receipt].append(row)
    for first, *others in by_receipt.values():
        where = {"first": first.table.sheet.name, "first_row": first.number}
        apart = [row for row in others if row.values["on"] != first.values["on"]]
        for row in apart:
            yield row.problem("receipt_days", "receipt", on=first.values["on"].isoformat(), **where)
        if others and not apart:
            yield others[0].problem("receipt_shared", "receipt", "warning", n=len(others) + 1, **where)


def known_receipts(rows: Iterable[Row], recorded: Mapping[str, str]) -> Iterator[Problem]:
    """Receipts that were recorded for another order before (receipt → its number), each told once."""
    told: set[str] = set()
    for row in rows:
        now = said(row)
        if now.outcome == PAID and now.receipt in recorded and now.receipt not in told:
            told.add(now.receipt)
            yield row.problem("receipt_known", "receipt", "warning", order=recorded[now.receipt])
