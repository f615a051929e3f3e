"""The nightly look at the ledger: the chain, the balances, what must hold of every entry, and the signed heads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from subsidies import heads
from subsidies.rules.accounts import ACCOUNTS, APART, MOVES, REVERSE, SOURCES
from subsidies.rules.heads import Standing, compare

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
#: of some awards: each pool that they name or were paid from, its entries that one sees and that do not hold in themselves; of a pool that one sees, its own
#: count and head, and how many links of its whole chain do not hold
_PROOFS = f"""
WITH named AS (
  SELECT pool_id FROM subsidies_entry WHERE award = ANY (%(awards)s)
  UNION SELECT pool_id FROM subsidies_portion WHERE award_id = ANY (%(awards)s) AND pool_id IS NOT NULL
), mine AS (
  SELECT n.pool_id, count(e.id) AS seen, count(*) FILTER (WHERE e.digest <> {_AGAIN}) AS wrong
    FROM named n LEFT JOIN subsidies_entry e ON e.pool_id = n.pool_id AND e.award = ANY (%(awards)s) GROUP BY n.pool_id
), links AS (
  SELECT e.pool_id, e.digest <> {_AGAIN} OR e.number <> row_number() OVER w
      OR e.previous <> lag(e.digest, 1, repeat('0', 64)::varchar) OVER w AS broken
    FROM subsidies_entry e JOIN subsidies_pool p ON p.id = e.pool_id
   WHERE e.pool_id IN (SELECT pool_id FROM mine) AND p.region_id >= current_setting('app.lo', true)
     AND p.region_id < current_setting('app.hi', true)
  WINDOW w AS (PARTITION BY e.pool_id ORDER BY e.number)
)
SELECT m.pool_id, m.seen, m.wrong, p.region_id, p.scheme, p.year, p.entries, p.head, l.links, l.broken,
    (SELECT e.digest FROM subsidies_entry e WHERE e.pool_id = m.pool_id ORDER BY e.number DESC LIMIT 1)
  FROM mine m LEFT JOIN (SELECT pool_id, count(*) AS links, count(*) FILTER (WHERE broken) AS broken
    FROM links GROUP BY pool_id) l ON l.pool_id = m.pool_id
  LEFT JOIN subsidies_pool p ON p.id = m.pool_id AND p.region_id >= current_setting('app.lo', true)
     AND p.region_id < current_setting('app.hi', true) ORDER BY m.pool_id
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
_PLACES = f"""
SELECT coalesce(p.region_id, f.region_id), count(*) FROM (
  SELECT e.pool_id, e.region_id FROM ({_CHAIN}) c JOIN subsidies_entry e USING (id)
  UNION ALL SELECT id, NULL FROM ({_CUT}) c
  UNION ALL SELECT id, NULL FROM ({_BALANCES}) b
  {
    " ".join(
        f"UNION ALL SELECT e.pool_id, e.region_id FROM ({question}) i JOIN subsidies_entry e USING (id)"
        for question in _INVARIANTS.values()
    )
}) f LEFT JOIN subsidies_pool p ON p.id = f.pool_id GROUP BY 1
"""  # noqa: S608
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
        return self.signed.faults + compare(self.signed.heads, self.pools)

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


def proofs(awards: Collection[int]) -> list[dict[str, Any]]:
    """For each pool that some awards are paid from: whether their entries hold, and where the pool is one's own or lies
    below, whether its whole chain does, up to which entry and digest. One query.

    `whole` is None where one sees no more of the pool than these entries.
    """
    names = (
        "pool",
        "seen",
        "wrong",
        "region",
        "scheme",
        "year",
        "entries",
        "head",
        "links",
        "broken",
        "last",
    )
    with connection.cursor() as cursor:
        cursor.execute(_PROOFS, {"awards": list(awards)})
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for each in found:
        links, broken, last = each.pop("links") or 0, each.pop("broken") or 0, each.pop("last")
        each["whole"] = (
            None
            if each["head"] is None
            else broken == 0 and links == each["entries"] and each["head"] == (last or "0" * 64)
        )
    return found
