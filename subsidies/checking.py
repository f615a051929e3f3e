"""The nightly look at the ledger: the chain, the balances, what must hold of every entry, and the signed heads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from subsidies import heads
from subsidies.rules.accounts import ACCOUNTS, APART, MOVES, REVERSE, SOURCES
from subsidies.rules.heads import Head, Standing, compare

_AGAIN = (
    "subsidies_digest(e.previous, e.pool_id, e.region_id, e.number, e.key, e.kind, e.taken_from, e.given_to, e.amount, "
    "e.award, e.enterprise_id, e.place_id, e.reverses_id, e.quarter, e.reason, e.by_id, e.at)"
)
_CHAIN = f"""
SELECT id, pool_id, number, CASE WHEN digest <> again THEN 'changed' WHEN number <> n THEN 'missing' ELSE 'unchained' END
  FROM (SELECT e.*, {_AGAIN} AS again, row_number() OVER w AS n, lag(e.digest, 1, repeat('0', 64)::varchar) OVER w AS before
          FROM subsidies_entry e WINDOW w AS (PARTITION BY e.pool_id ORDER BY e.number)) c
 WHERE digest <> again OR number <> n OR previous <> before
"""  # noqa: S608  (names out of the rules)
#: of some awards: each pool that they name or were paid from, its entries that one sees and that do not hold in themselves,
#: and what `subsidies_proof` tells of the whole pool
_PROOFS = f"""
WITH named AS (
  SELECT pool_id FROM subsidies_entry WHERE award = ANY (%(awards)s)
  UNION SELECT pool_id FROM subsidies_portion WHERE award_id = ANY (%(awards)s) AND pool_id IS NOT NULL
), mine AS (
  SELECT n.pool_id, count(e.id) AS seen, count(*) FILTER (WHERE e.digest <> {_AGAIN}) AS wrong
    FROM named n LEFT JOIN subsidies_entry e ON e.pool_id = n.pool_id AND e.award = ANY (%(awards)s) GROUP BY n.pool_id
), asked AS (
  SELECT array_agg(n.pool_id) AS pools, array_agg(s.number) AS numbers
    FROM named n LEFT JOIN unnest(%(pools)s::bigint[], %(numbers)s::int[]) s (pool, number) ON s.pool = n.pool_id
)
SELECT m.pool_id, m.seen, m.wrong, t.of_region, r.name, t.of_scheme, t.of_year, t.counted, t.head_digest, t.last_number,
    t.signed_digest, t.broken, t.faults
  FROM mine m JOIN (SELECT told.* FROM asked, subsidies_proof(asked.pools, asked.numbers) told) t ON t.of_pool = m.pool_id
  LEFT JOIN tenancy_region r ON r.path = t.of_region ORDER BY m.pool_id
"""  # noqa: S608
_CUT = """
SELECT p.id, p.entries, p.head <> coalesce(e.digest, repeat('0', 64))
  FROM subsidies_pool p LEFT JOIN LATERAL (
    SELECT digest, number FROM subsidies_entry WHERE pool_id = p.id ORDER BY number DESC LIMIT 1) e ON true
 WHERE p.head <> coalesce(e.digest, repeat('0', 64)) OR p.entries <> coalesce(e.number, 0)
"""
_SUMS = ", ".join(
    f"coalesce(sum(CASE WHEN given_to = '{a}' THEN amount WHEN taken_from = '{a}' THEN -amount END), 0) AS {a}"
    for a in ACCOUNTS
)
_BALANCES = f"""
SELECT p.id, a.account, a.kept, a.summed FROM subsidies_pool p
  LEFT JOIN (SELECT pool_id, {_SUMS} FROM subsidies_entry GROUP BY pool_id) s ON s.pool_id = p.id
  CROSS JOIN LATERAL (VALUES {", ".join(f"('{a}', p.{a}, coalesce(s.{a}, 0))" for a in ACCOUNTS)}) a (account, kept, summed)
 WHERE a.kept <> a.summed
"""  # noqa: S608
_MOVES = ", ".join(f"('{kind}', '{a}', '{b}')" for kind, (a, b) in MOVES.items())
_LIMITED = ", ".join(repr(a) for a in ACCOUNTS if a not in SOURCES)
_APART = " OR ".join(
    f"(e.kind = '{kind}' AND f.kind IN ({', '.join(repr(k) for k in before)}))"
    for kind, before in APART.items()
)
#: invariant → the entries that break it
_INVARIANTS: dict[str, str] = {
    "amounts": "SELECT id FROM subsidies_entry WHERE amount <= 0 OR amount > 10000000000000",
    "moves": f"""SELECT e.id FROM subsidies_entry e LEFT JOIN (VALUES {_MOVES}) m (kind, a, b) ON m.kind = e.kind
        WHERE e.kind <> '{REVERSE}' AND (e.taken_from, e.given_to) IS DISTINCT FROM (m.a, m.b)""",  # noqa: S608
    "reversals": f"""SELECT e.id FROM subsidies_entry e LEFT JOIN subsidies_entry o ON o.id = e.reverses_id
        WHERE (e.kind = '{REVERSE}') <> (e.reverses_id IS NOT NULL)
           OR e.reverses_id IS NOT NULL AND ((e.taken_from, e.given_to, e.amount, e.pool_id)
              IS DISTINCT FROM (o.given_to, o.taken_from, o.amount, o.pool_id) OR o.kind = '{REVERSE}'
              OR o.number >= e.number)""",  # noqa: S608
    "never below zero": f"""SELECT id FROM (SELECT e.id, a.account, sum(CASE WHEN e.given_to = a.account THEN e.amount
          ELSE -e.amount END) OVER (PARTITION BY e.pool_id, a.account ORDER BY e.number) AS left_over
        FROM subsidies_entry e CROSS JOIN LATERAL (VALUES (e.taken_from), (e.given_to)) a (account)) s
        WHERE account IN ({_LIMITED}) AND left_over < 0""",  # noqa: S608
    "place": """SELECT id FROM subsidies_entry WHERE award IS NOT NULL
        AND (place_id IS NULL OR enterprise_id IS NULL OR NOT starts_with(place_id, region_id))""",
    "closed quarters": """SELECT e.id FROM subsidies_entry e JOIN subsidies_closing c
        ON c.region_id = e.region_id AND c.quarter = e.quarter AND e.at > c.closed_at""",
    "other people": f"""SELECT DISTINCT e.id FROM subsidies_entry e JOIN subsidies_entry f
        ON f.award = e.award AND f.by_id = e.by_id AND f.id < e.id WHERE {_APART}""",  # noqa: S608
}
_SUMMED = ", ".join(
    f"coalesce(sum(CASE WHEN e.given_to = '{a}' THEN e.amount WHEN e.taken_from = '{a}' THEN -e.amount END), 0) AS {a}"
    for a in ("reserved", "committed", "ordered", "paid", "recovering", "recovered")
)
#: portions whose state is not what their entries say; told by the last of them
_INVARIANTS["states of awards"] = f"""SELECT coalesce(last, 0) FROM (
    SELECT p.state, p.amount, max(e.id) AS last, {_SUMMED} FROM subsidies_portion p
      LEFT JOIN subsidies_entry e ON e.award = p.award_id AND e.pool_id = p.pool_id
     GROUP BY p.id, p.state, p.amount) s
   WHERE NOT CASE state WHEN 'waiting' THEN last IS NULL
     WHEN 'reserved' THEN reserved = amount
     WHEN 'approved' THEN reserved = 0 AND committed + ordered + paid + recovering + recovered = amount
     ELSE reserved = 0 AND committed = 0 AND ordered = 0 END"""  # noqa: S608
#: orders whose results are not what the entries say
_INVARIANTS["results of orders"] = """SELECT coalesce(max(e.id), 0) FROM subsidies_paymentorder o
    JOIN subsidies_portion p ON p.id = o.portion_id LEFT JOIN subsidies_paymentresult r ON r.order_id = o.id
    LEFT JOIN subsidies_entry e ON e.pool_id = p.pool_id AND e.key IN ('order ' || o.number, 'order ' || o.number || ' '
      || coalesce(r.outcome, '-'))
   GROUP BY o.id, o.amount, r.id HAVING count(e.id) <> CASE WHEN r.id IS NULL THEN 1 ELSE 2 END
     OR min(e.amount) <> o.amount OR max(e.amount) <> o.amount"""
_SAID = ", ".join(
    f"count(*) FILTER (WHERE t.decision = '{decision}') AS {names}"
    for decision, names in (
        ("approve", "approves"),
        ("refuse", "refuses"),
        ("pay", "pays"),
        ("return", "returns"),
    )
)
#: vouchers whose entries are not what their redemptions say; what came back is committed again, what is left is reserved
#: or was released
_INVARIANTS["vouchers"] = f"""SELECT coalesce(last, 0) FROM (
    SELECT v.id, v.face, max(e.id) AS last, bool_or(e.kind = 'release') AS released,
           count(*) FILTER (WHERE e.kind = 'bounce') AS bounced, {_SUMMED}
      FROM subsidies_voucher v LEFT JOIN subsidies_entry e ON e.award = -v.id AND e.pool_id = v.pool_id
     GROUP BY v.id, v.face) s
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(r.amount) FILTER (WHERE approves > refuses AND pays = returns), 0) AS to_pay,
           coalesce(sum(r.amount) FILTER (WHERE pays = returns + 1), 0) AS settled,
           coalesce(sum(returns), 0) AS returned, coalesce(bool_or(pays NOT IN (returns, returns + 1)), false) AS wrong
      FROM subsidies_voucherredemption r CROSS JOIN LATERAL (
        SELECT {_SAID} FROM subsidies_voucherstep t WHERE t.redemption_id = r.id) d
     WHERE r.voucher_id = s.id) r
   WHERE wrong OR bounced <> returned OR ordered <> 0 OR recovering <> 0 OR recovered <> 0 OR committed <> to_pay OR paid <> settled
      OR reserved + committed + paid > face
      OR NOT coalesce(released, false) AND reserved + committed + paid <> face"""  # noqa: S608
_PLACES = f"""
SELECT coalesce(p.region_id, f.region_id), count(*) FROM (
  SELECT e.pool_id, e.region_id FROM ({_CHAIN}) c JOIN subsidies_entry e USING (id)
  UNION ALL SELECT id, NULL FROM ({_CUT}) c
  UNION ALL SELECT id, NULL FROM ({_BALANCES}) b
  {
    " ".join(
        f"UNION ALL SELECT e.pool_id, e.region_id FROM ({question}) i (id) JOIN subsidies_entry e USING (id)"
        for question in _INVARIANTS.values()
    )
}) f LEFT JOIN subsidies_pool p ON p.id = f.pool_id GROUP BY 1
"""  # noqa: S608
#: what does not hold of one pool in itself; an invariant that names no entry stands in the way of every pool
_OF_POOL = f"""
SELECT what, count(*) FROM (
  SELECT pool_id, 'chain' AS what FROM ({_CHAIN}) c
  UNION ALL SELECT id, 'chain' FROM ({_CUT}) c
  UNION ALL SELECT id, 'balances' FROM ({_BALANCES}) b
  {
    " ".join(
        f"UNION ALL SELECT coalesce(e.pool_id, %(pool)s), '{name}' FROM ({question}) i (id) "
        "LEFT JOIN subsidies_entry e USING (id)"
        for name, question in _INVARIANTS.items()
    )
}) f WHERE pool_id = %(pool)s GROUP BY 1 ORDER BY 1
"""  # noqa: S608
WHOLE = "whole"


@dataclass
class Checked:
    """What was looked at and what does not hold; empty lists are whole. With the heads that were signed, and the pools
    as they stood when the look began."""

    signed: heads.Signed
    pools: list[Standing]
    entries: int = 0
    chain: list[dict[str, Any]] = field(default_factory=list)
    balances: list[dict[str, Any]] = field(default_factory=list)
    invariants: list[dict[str, Any]] = field(default_factory=list)

    @property
    def against_signed(self) -> list[dict[str, Any]]:
        """What is accepted and not yet signed says so: the next signing mends it."""
        pending = self.signed.pending
        less = compare(self.signed.heads, self.pools)
        return (
            self.signed.faults
            + list(self.signed.disputed.values())
            + [f | {"accepted": pending[f["pool"]].code} if f["pool"] in pending else f for f in less]
        )

    @property
    def is_whole(self) -> bool:
        return not (self.chain or self.balances or self.invariants)

    def as_json(self) -> dict[str, Any]:
        return {
            "entries": self.entries,
            "chain": self.chain or WHOLE,
            "balances": self.balances or WHOLE,
            "invariants": self.invariants or WHOLE,
        }


def check() -> Checked:
    """Everything, in a job's context; the first twenty of each kind of fault, and all that is less than was signed.

    About a dozen statements. The pools are read before their entries, so that a head that is signed afterwards has been
    looked at; and after the signed heads, so that a posting meanwhile is no fault.
    """
    signed = heads.read()
    found = Checked(signed, heads.standing(signed))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM subsidies_entry")
        found.entries = cursor.fetchone()[0]
        cursor.execute(_CHAIN + " ORDER BY pool_id, number LIMIT 20")
        found.chain = [
            {"entry": pk, "pool": pool, "number": number, "what": what}
            for pk, pool, number, what in cursor.fetchall()
        ]
        cursor.execute(_CUT + " ORDER BY p.id LIMIT 20")
        found.chain += [
            {"entry": None, "pool": pool, "number": entries, "what": "cut"}
            for pool, entries, _head in cursor.fetchall()
        ]
        found.chain += found.against_signed
        cursor.execute(_BALANCES + " ORDER BY p.id, a.account LIMIT 20")
        found.balances = [
            {"pool": pool, "account": account, "kept": int(kept), "summed": int(summed)}
            for pool, account, kept, summed in cursor.fetchall()
        ]
        for name, question in _INVARIANTS.items():
            cursor.execute(question + " ORDER BY 1 LIMIT 20")
            ids = [row[0] for row in cursor.fetchall()]
            if ids:
                found.invariants.append({"invariant": name, "entries": ids})
    return found


def faults_by_place(found: Checked) -> dict[str, int]:
    """How many faults concern each place, all of them counted. One statement, as long as a whole look.

    What is wrong with the file of signed heads concerns every place that has a pool.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PLACES)
        faults = Counter(dict(cursor.fetchall()))
    everywhere = {each.head.region for each in found.pools}
    everywhere |= {head.region for head in found.signed.heads.values()}
    for fault in found.against_signed:
        faults.update([fault["region"]] if fault["region"] else everywhere)
    return dict(faults)


def of_pool(pool: int) -> dict[str, int]:
    """How many faults of each kind a pool has in itself, whatever was signed of it. One statement, as long as a look."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_POOL, {"pool": pool})
        return dict(cursor.fetchall())


def proofs(awards: Collection[int], signed: heads.Signed) -> list[dict[str, Any]]:
    """For each pool that some awards are paid from: whether their entries hold, whether its whole chain does, up to which
    entry and digest, what was signed of it, and the first twenty things that do not hold. One query.

    The signed heads are read before: what is posted and signed meanwhile is no fault.
    """
    names = (
        "pool",
        "seen",
        "wrong",
        "region",
        "place",
        "scheme",
        "year",
        "entries",
        "head",
        "last",
        "at_signed",
        "broken",
        "faults",
    )
    known = signed.heads
    numbers = {pool: head.entries for pool, head in known.items()}
    asked = {"awards": list(awards), "pools": list(numbers), "numbers": list(numbers.values())}
    with connection.cursor() as cursor:
        cursor.execute(_PROOFS, asked)
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for each in found:
        each["faults"], each["whole"] = json.loads(each["faults"]), each["broken"] == 0
        each["signed"] = _signed(each, signed)
        del each["at_signed"]
    return found


def _signed(pool: dict[str, Any], signed: heads.Signed) -> dict[str, Any] | None:
    """The last signed head of a pool that holds, beside what there is now; adds to its faults."""
    number = pool["pool"]
    line = signed.of.get(number)
    if line is None or number not in signed.heads:
        return None
    today = []
    if pool["head"] is not None:
        head = Head(number, pool["region"], pool["scheme"], pool["year"], pool["entries"], pool["head"])
        today = [Standing(head, pool["last"], pool["at_signed"])]
    faults = compare({number: line.head}, today)
    pool["faults"] += [
        {"what": fault["what"], "from": fault.get("missing_from", line.head.entries), "to": line.head.entries}
        for fault in faults
        if fault["what"] != "gone"
    ]
    if number in signed.disputed:
        pool["faults"].append({"what": "unaccepted", "from": line.head.entries, "to": line.head.entries})
    return {
        "entries": line.head.entries,
        "digest": line.head.digest,
        "at": line.at,
        "newest": number not in signed.doubtful,
        "kept": not faults,
        "line": line.text,
    }
