"""Books of payment results: each row beside its order, whatever differs told, the rest settled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from enterprises.rules.problems import Problem
from subsidies import orders
from subsidies.actions.settling import settle_all
from subsidies.models import PaymentOrder
from subsidies.results import BookResult, Compared, Sum
from subsidies.rules.book_rows import Row
from subsidies.rules.book_tables import Reading
from subsidies.rules.books import Shape
from subsidies.rules.reconciling import PAID, differences, known_receipts, said, shared_receipts
from subsidies.rules.workflow import PAY
from tenancy.access import Actor, require

#: open orders that a file lacks and that are named
LISTED = 50


def payments(
    *, by: Actor, region: str, shape: Shape, reading: Reading, result: BookResult
) -> Callable[[], None]:
    """Tells how the file differs from the orders of the place's own level, in both directions; returns what settles them.

    An order of another level is not told from one that nobody has made. Five queries.
    """
    require(by, PAY, region)
    rows = reading.rows
    numbers = [row.values["order"] for row in rows]
    found = orders.by_number(region, numbers)
    handled = orders.handled(by.officer_id, {order.award_id for order in found.values()})
    agreeing = []
    for row in rows:
        told = list(_told(row, found.get(row.values["order"]), handled))
        result.problems += told
        if not any(p.is_error for p in told):
            agreeing.append(row)
    result.problems += shared_receipts(rows)
    receipts = {said(row).receipt for row in rows}
    result.problems += known_receipts(rows, orders.recorded(region, receipts, numbers))
    result.compared = _compared(region, reading, agreeing, found)
    return partial(_settle, by, rows, found, result)


def _told(row: Row, order: PaymentOrder | None, handled: set[int]) -> Iterator[Problem]:
    at = row.at("order", "memo")
    if order is None:
        yield row.problem("order_unknown", at)
        return
    yield from differences(row, orders.as_ordered(order))
    if said(row).outcome == PAID and order.award_id in handled and not hasattr(order, "result"):
        yield row.problem("same_person", at)


def _compared(
    region: str, reading: Reading, agreeing: Sequence[Row], found: Mapping[str, PaymentOrder]
) -> Compared:
    named: dict[str, int] = {}
    for row in (*reading.rows, *reading.flawed):
        if number := row.values.get("order"):
            named.setdefault(number, row.values.get("amount") or 0)
    settled = {number for number, order in found.items() if hasattr(order, "result")}
    absent, listed = orders.absent(region, named, LISTED)
    return Compared(
        in_file=Sum(len(named), sum(named.values())),
        matching=_sum(row for row in agreeing if row.values["order"] not in settled),
        settled=_sum(row for row in agreeing if row.values["order"] in settled),
        absent=absent,
        listed=listed,
    )


def _sum(rows: Iterable[Row]) -> Sum:
    amounts = [row.values["amount"] for row in rows]
    return Sum(len(amounts), sum(amounts))


def _settle(by: Actor, rows: Sequence[Row], found: Mapping[str, PaymentOrder], result: BookResult) -> None:
    done = settle_all(by=by, reports=[(found[row.values["order"]], said(row)) for row in rows])
    result.new = done.new
    result.unchanged = len(rows) - done.new
