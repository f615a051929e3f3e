"""Everything that is known of some awards at one moment, as data: for the audit pack. Read inside one snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from subsidies.checking import proofs
from subsidies.heads import Signed
from subsidies.models import Award, AwardStep, Entry, PaymentOrder, Portion, Recovery
from subsidies.papers import papers_of
from tenancy.models import Officer

#: what the digest of an entry is taken over, in its order, and the digest
ENTRY = (
    "previous", "pool_id", "region_id", "number", "key", "kind", "taken_from", "given_to", "amount", "award",
    "enterprise_id", "place_id", "reverses_id", "quarter", "reason", "by_id", "at", "digest",
)  # fmt: skip


@dataclass(frozen=True)
class Packed:
    """Awards with everything below them, the entries as they are hashed, and the proof of each pool. Money is fen."""

    awards: list[dict[str, Any]]
    entries: list[dict[str, Any]]
    proofs: list[dict[str, Any]]
    #: what does not hold of the file of signed heads, whichever pool it is about
    file_faults: list[dict[str, Any]]


def packed(rows: QuerySet[Award], signed: Signed) -> Packed:
    """Sixteen queries, however many awards."""
    awards = list(rows.select_related("enterprise", "region", "notice").order_by("region_id", "id"))
    ids = [a.pk for a in awards]
    entries = list(Entry.objects.filter(award__in=ids).order_by("pool_id", "number").values("id", *ENTRY))
    below, papers = _below(ids), papers_of(awards)
    people = {s["by_id"] for found in below.values() for s in found["steps"]} | {e["by_id"] for e in entries}
    names = dict(Officer.objects.filter(pk__in=people).values_list("pk", "display_name"))
    for entry in entries:
        entry["who"] = names.get(entry["by_id"], "")
    return Packed(
        [_award(a, below[a.pk], names) | {"papers": papers[a.pk]} for a in awards],
        entries,
        proofs(ids, signed),
        signed.faults,
    )


def _below(ids: Sequence[int]) -> dict[int, dict[str, list[Any]]]:
    """What hangs on each award. Five queries."""
    found: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    columns = ("number", "decision", "level", "amount", "reason", "role", "by_id", "at")
    for step in AwardStep.objects.filter(award__in=ids).order_by("number").values("award_id", *columns):
        found[step.pop("award_id")]["steps"].append(step)
    portions = Portion.objects.filter(award__in=ids).select_related("payer").order_by("id")
    for p in portions:
        found[p.award_id]["portions"].append(
            {"level": p.level, "place": p.payer.name, "amount": p.amount, "state": p.state, "pool": p.pool_id}
        )
    for o in PaymentOrder.objects.filter(award__in=ids).select_related("result").order_by("id"):
        result = getattr(o, "result", None)
        found[o.award_id]["orders"].append(
            {
                "number": o.number, "amount": o.amount, "holder": o.holder, "bank": o.bank, "account": o.account[-4:],
                "ordered_at": o.ordered_at, "outcome": result.outcome if result else "", "on": result.on if result else None,
                "receipt": result.receipt if result else "", "reason": result.reason if result else "",
            }
        )  # fmt: skip
    recoveries = Recovery.objects.filter(portion__award__in=ids).select_related("portion")
    for r in recoveries.prefetch_related("receipts").order_by("id"):
        receipts = [
            {"receipt": c.receipt, "amount": c.amount, "interest": c.interest, "on": c.on}
            for c in r.receipts.all()
        ]
        found[r.portion.award_id]["recoveries"].append(
            {"kind": r.kind, "amount": r.amount, "reason": r.reason, "document": r.document,
             "decided_at": r.decided_at, "receipts": receipts}
        )  # fmt: skip
    return found


def _award(award: Award, below: dict[str, list[Any]], names: dict[int, str]) -> dict[str, Any]:
    for step in below["steps"]:
        step["who"] = names.get(step["by_id"], "")
    return {
        "id": award.pk,
        "code": award.public_id,
        "uscc": award.enterprise.uscc,
        "name": award.enterprise.name,
        "region": award.region.name,
        "policy": award.policy,
        "scheme": award.scheme,
        "title": award.title,
        "event": award.event,
        "on": award.on,
        "amount": award.amount,
        "state": award.state,
        "why": award.why,
        "notice": {
            "title": award.notice.title,
            "from": award.notice.opens_on,
            "until": award.notice.closes_on,
        }
        if award.notice
        else None,
        **{name: below[name] for name in ("portions", "steps", "orders", "recoveries")},
    }


def objections_to(entries: Collection[int], place: str) -> list[dict[str, Any]]:
    """The objections to some lines of the notices that a place has published, with their answers, without who objected.
    One query; whether the asker may read them is the caller's to ask."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.name, o.text, o.made_at, o.answer, o.upheld, o.answered_at FROM cultivation_objection o "
            "JOIN cultivation_noticeentry e ON e.id = o.entry_id "
            "WHERE o.entry_id = ANY (%s) AND o.region_id = %s ORDER BY o.id",
            [list(entries), place],
        )
        names = ("about", "text", "made_at", "answer", "upheld", "answered_at")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
