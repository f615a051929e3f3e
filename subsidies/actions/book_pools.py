"""Books of budgets: each row is the money that a document puts into a pool of one's own level, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from subsidies.ledger import BUDGET, open_pool, post
from subsidies.models import Entry, Pool
from subsidies.results import BookResult
from subsidies.rules.book_rows import Row
from subsidies.rules.book_tables import Reading
from subsidies.rules.books import Shape, funding_key
from tenancy import audit
from tenancy.access import Actor, require

_FUND = "fund"
#: scheme and year
_Name = tuple[str, int]


def pools(
    *, by: Actor, region: str, shape: Shape, reading: Reading, result: BookResult
) -> Callable[[], None]:
    """Tells what the ledger says against the rows; returns what opens the pools and posts. Three queries."""
    require(by, BUDGET, region)
    rows = reading.rows
    known = {(p.scheme, p.year): p for p in Pool.objects.filter(region_id=region)}
    keys = {funding_key(row.values["document"]) for row in rows}
    posted: dict[tuple[int, str], tuple[int, int | None]] = {
        (pool, key): (amount, reversal)
        for pool, key, amount, reversal in Entry.objects.filter(
            pool__in=[p.pk for p in known.values()], key__in=keys, kind=_FUND
        ).values_list("pool_id", "key", "amount", "reversed_by__id")
    }
    public: dict[_Name, Row] = {}
    fresh = []
    for row in rows:
        name = row.values["scheme"], row.values["year"]
        if row.values.get("published") is not None:
            first = public.setdefault(name, row)
            if first.values["published"] != row.values["published"]:
                where = {"first": first.table.sheet.name, "first_row": first.number}
                result.problems.append(row.problem("published_twice", "published", **where))
        there = known.get(name)
        before = posted.get((there.pk, funding_key(row.values["document"]))) if there else None
        if before is None:
            fresh.append(row)
        elif before[1] is not None:
            result.problems.append(
                row.problem("document_reversed", "document", document=row.values["document"])
            )
        elif before[0] != row.values["amount"]:
            said = {"document": row.values["document"], "before": f"{before[0] / 100:,.2f}"}
            result.problems.append(row.problem("document_amount", "amount", **said))
    return partial(_fund, by, region, rows, fresh, known, public, result)


def _fund(
    by: Actor,
    region: str,
    rows: Sequence[Row],
    fresh: Sequence[Row],
    known: dict[_Name, Pool],
    public: Mapping[_Name, Row],
    result: BookResult,
) -> None:
    shown = {name: bool(row.values["published"]) for name, row in public.items()}
    for name, published in shown.items():
        if name in known and known[name].published != published:
            _publish(by, region, known[name], published)
            result.changed += 1
    for row in fresh:
        name = row.values["scheme"], row.values["year"]
        if name not in known:
            scheme, year = name
            known[name] = open_pool(by=by, scheme=scheme, year=year, published=shown.get(name, False))
            result.created += 1
        document = row.values["document"]
        done = post(
            by=by,
            pool=known[name],
            key=funding_key(document),
            kind=_FUND,
            amount=row.values["amount"],
            reason=document,
        )
        result.new += not done.repeated
    result.unchanged = len(rows) - result.new


def _publish(by: Actor, region: str, pool: Pool, published: bool) -> None:
    Pool.objects.filter(pk=pool.pk).update(published=published)
    audit.record(
        by=by,
        action="awards.pool",
        region=region,
        subject=pool,
        before={"published": pool.published},
        after={"published": published},
    )
