"""The ledger: pools are opened, amounts posted, quarters closed. Entries are written by one database function alone.

`post` is double entry by its form: each entry takes an amount from one account of a pool and gives it to another. The
function holds the pool's row, so that whatever the number of workers no account goes below zero, numbers have no gap and
the chain no fork. The same key again is answered with the same entry. Nothing is ever changed; a correction is a reversal.
What it does not take is Refused with one of: pool, key_reused, quarter_closed, amount, reversal, kind, place,
award_balance, same_person, pool_balance, pool_known, quarter_open, reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db import DatabaseError, IntegrityError, connection, transaction

from subsidies.models import Closing, Pool
from subsidies.rules.accounts import MOST, REVERSE
from subsidies.rules.workflow import Refused
from tenancy import audit
from tenancy.access import Actor, Denied, person, require

BUDGET, POST = "awards.budget", "awards.record"
_CODES: Mapping[str, str] = MappingProxyType(
    {
        "LG001": "pool",
        "LG002": "key_reused",
        "LG003": "quarter_closed",
        "LG004": "amount",
        "LG005": "reversal",
        "LG006": "kind",
        "LG007": "place",
        "LG008": "award_balance",
        "LG009": "same_person",
        "23514": "pool_balance",
    }
)


@dataclass(frozen=True)
class Posted:
    """The entry of a key; `repeated` where it was there before."""

    id: int
    number: int
    digest: str
    repeated: bool


@dataclass(frozen=True)
class Concerning:
    """Whose award a posting is about: the award's id, the enterprise, and where it is registered at this moment."""

    award: int
    enterprise: int
    place: str


@dataclass(frozen=True)
class Posting:
    """One amount (fen) of an award that is to be posted, with the key of the act."""

    key: str
    kind: str
    amount: int
    reason: str
    concerning: Concerning


def open_pool(*, by: Actor, scheme: str, year: int, published: bool = False) -> Pool:
    """The pool of the actor's own level for a scheme and year. Raises Denied, Refused `pool_known`."""
    require(by, BUDGET, by.region_path)
    closed = Closing.objects.filter(region_id=by.region_path).order_by("-quarter").first()
    try:
        with transaction.atomic():
            made = Pool.objects.create(
                region_id=by.region_path,
                scheme=scheme,
                year=year,
                published=published,
                opened_by_id=person(by),
                closed_through=closed.quarter if closed else "",
            )
    except IntegrityError as wrong:
        raise Refused("pool_known") from wrong
    audit.record(
        by=by, action="awards.pool", region=by.region_path, subject=made, detail={"published": published}
    )
    return made


def post(
    *,
    by: Actor,
    pool: Pool,
    key: str,
    kind: str,
    amount: int,
    reason: str,
    concerning: Concerning | None = None,
    reverses: int | None = None,
) -> Posted:
    """Posts an amount (fen) once. In the caller's transaction; a refusal leaves it usable. One statement.

    `key` names the act; repeated with the same words it gives the same entry, with others it is `key_reused`. A person
    who has proposed or approved an award does not approve, order or pay it as well. Raises Denied (also outside the
    pool's own level: a county touches no pool of the region), Refused.
    """
    _allowed(by, pool, BUDGET if concerning is None else POST)
    reason = _written(reason, amount)
    about = (concerning.award, concerning.enterprise, concerning.place) if concerning else (None, None, None)
    rows = _call(
        "SELECT * FROM subsidies_post(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [pool.pk, key[:120], kind, amount, reason, person(by), *about, reverses],
    )
    return rows[0]


_EACH = """
SELECT p.* FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::text[])
    WITH ORDINALITY q (key, kind, amount, reason, award, enterprise, place, n)
  CROSS JOIN LATERAL subsidies_post(%s, q.key, q.kind, q.amount, q.reason, %s, q.award, q.enterprise, q.place) p
 ORDER BY q.n
"""


def post_all(*, by: Actor, pool: Pool, postings: Sequence[Posting]) -> list[Posted]:
    """Posts many amounts of awards in their order, all or none. One statement. Raises as `post`."""
    _allowed(by, pool, POST)
    if not postings:
        return []
    columns = zip(
        *(
            (p.key[:120], p.kind, p.amount, _written(p.reason, p.amount), p.concerning.award,
             p.concerning.enterprise, p.concerning.place)
            for p in postings
        ),
        strict=True,
    )  # fmt: skip
    return _call(_EACH, [*map(list, columns), pool.pk, person(by)])


def _allowed(by: Actor, pool: Pool, permission: str) -> None:
    require(by, permission, pool.region_id)
    if by.region_path != pool.region_id:
        raise Denied(permission, pool.region_id)


def _written(reason: str, amount: int) -> str:
    reason = " ".join(reason.split())[:300]
    if not reason:
        raise Refused("reason")
    if not 0 < amount <= MOST:
        raise Refused("amount")
    return reason


def _call(sql: str, given: list[Any]) -> list[Posted]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, given)
            return [Posted(*row) for row in cursor.fetchall()]
    except DatabaseError as wrong:
        code = _CODES.get(getattr(wrong.__cause__, "pgcode", None) or "")
        if code is None:
            raise
        raise Refused(code) from wrong


def reverse(*, by: Actor, pool: Pool, key: str, entry: int, reason: str) -> Posted:
    """Takes one entry back by its mirror, once. Raises as `post`."""
    require(by, POST, pool.region_id)
    found = pool.postings.filter(pk=entry).first()
    if found is None:
        raise Refused("reversal")
    concerning = None
    if found.award is not None:
        concerning = Concerning(found.award, found.enterprise_id or 0, str(found.place_id))
    return post(
        by=by,
        pool=pool,
        key=key,
        kind=REVERSE,
        amount=found.amount,
        reason=reason,
        concerning=concerning,
        reverses=entry,
    )


def show_pool(*, by: Actor, pool: Pool, published: bool) -> None:
    """Whether places below see what is left of a pool. Raises Denied."""
    require(by, BUDGET, pool.region_id)
    if by.region_path != pool.region_id:
        raise Denied(BUDGET, pool.region_id)
    Pool.objects.filter(pk=pool.pk).update(published=published)
    audit.record(
        by=by, action="awards.show", region=pool.region_id, subject=pool, detail={"published": published}
    )


def close_quarter(*, by: Actor, quarter: str) -> Closing:
    """Closes a quarter of the own place's pools; again gives the same. It waits for postings that are under way.

    Raises Denied, Refused `quarter_open` for a quarter that has not ended.
    """
    require(by, BUDGET, by.region_path)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("""SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY"Q"Q')""")
        if not re.fullmatch(r"[0-9]{4}Q[1-4]", quarter) or not quarter < cursor.fetchone()[0]:
            raise Refused("quarter_open")
        made, new = Closing.objects.get_or_create(
            region_id=by.region_path, quarter=quarter, defaults={"closed_by_id": person(by)}
        )
        pools = Pool.objects.filter(region_id=by.region_path, closed_through__lt=quarter)
        pools.update(closed_through=quarter)
        if new:
            audit.record(by=by, action="awards.close", region=by.region_path, subject=quarter)
    return made
