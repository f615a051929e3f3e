"""The audit pack: some awards with clauses, people, receipts, entries and the proof of their chain in one PDF, the data inside."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.template.loader import render_to_string
from django.utils import timezone, translation

from cultivation.models import PublicNotice
from enterprises.models import Enterprise
from enterprises.sheets import write_csv
from portal.pages.awards import scheme_name
from portal.pages.budgets import posting_title
from portal.reports.pdf import Enclosure, render
from portal.wording import level_title, role_title
from subsidies.awarded import inside
from subsidies.heads import Signed
from subsidies.models import Award, AwardStep, PaymentResult, Recovery
from subsidies.packing import ENTRY, Packed, objections_to, packed
from subsidies.reasons import reason_text
from subsidies.rules.amounts import in_wan, in_yuan
from subsidies.rules.workflow import APPROVE, CLAIMS
from subsidies.why import in_words
from subsidies.wording import fault_text
from tenancy import keys
from tenancy.access import Actor
from tenancy.models import Region, StoredFile

#: rows of one printed table; longer ones take the renderer much longer than their share
_CHUNK = 200
#: bytes of papers inside one pack; what is more is named with its digest
_MOST_ENCLOSED = 40 * 1024 * 1024


class Pack(NamedTuple):
    """What was read at one moment."""

    title: str
    place: str
    at: dt.datetime
    data: Packed
    objections: list[dict[str, Any]]
    #: whose papers are enclosed: of a `claim`, of an `application`
    opens: frozenset[str]


def gather(actor: Actor, *, signed: Signed, enterprise: str | None = None, notice: str | None = None) -> Pack:
    """Everything of the awards of an enterprise or a notice that the actor sees, beside the heads that were signed before.
    About twenty queries, to be asked inside one snapshot. Raises LookupError where there is no such enterprise or notice.
    """
    rows = inside(actor)
    if enterprise is not None:
        firm = Enterprise.objects.under(actor.region_path).filter(public_id=enterprise).first()
        if firm is None:
            raise LookupError(enterprise)
        title, rows = f"{firm.name}奖补资金审计材料", rows.filter(enterprise=firm)
    else:
        found = PublicNotice.objects.filter(public_id=notice or "").first()
        if found is None:
            raise LookupError(notice)
        title, rows = f"{found.title}审计材料", rows.filter(notice=found)
    place = Region.objects.get(path=actor.region_path)
    objections = []
    # As on the notice's page: for who answers them, and who audits that.
    if actor.can(APPROVE) or actor.can("audit.view"):
        entries = {pk for pk in rows.values_list("entry_id", flat=True) if pk is not None}
        objections = objections_to(entries, actor.region_path)
    with connection.cursor() as cursor:
        # The moment of the snapshot, not that of the printing.
        cursor.execute("SELECT now()")
        (at,) = cursor.fetchone()
    audits = actor.can("audit.view")
    may = {"claim": audits or actor.can(CLAIMS), "application": actor.can("applications.view")}
    opens = frozenset(of for of, open_to in may.items() if open_to)
    return Pack(title, place.full_name or place.name, at, packed(rows, signed), objections, opens)


def print_pack(pack: Pack) -> tuple[str, bytes]:
    """(file name, PDF): the same data of the same moment give the same bytes. No query."""
    at = timezone.localtime(pack.at)
    papers = _enclosed(pack)
    with translation.override("zh-hans"):
        html = render_to_string(
            "reports/audit_pack.html",
            {
                "title": pack.title,
                "place": pack.place,
                "moment": f"{at.year} 年 {at.month} 月 {at.day} 日 {at:%H:%M:%S}",
                "iso": at.isoformat(),
                "awards": [_award(n, a, papers) for n, a in enumerate(pack.data.awards, 1)],
                "objections": [o | {"moment": _moment(o["made_at"])} for o in pack.objections],
                "chunks": _chunks([_entry(e) for e in pack.data.entries]),
                "count": len(pack.data.entries),
                "proofs": [_proof(p) for p in pack.data.proofs],
                "faults": _faults(pack.data),
                "papers": len(papers),
                "has_signed": any(p["signed"] for p in pack.data.proofs),
                "key": keys.public_key(),
                "whole": _whole(pack.data),
            },
        )
    enclosures = [
        Enclosure("entries.csv", "账目，逐笔，含校验值", _csv(pack.data.entries)),
        Enclosure("awards.json", "奖补的全部数据", _json(pack)),
    ]
    enclosures += papers.values()
    if lines := "".join(p["signed"]["line"] for p in pack.data.proofs if p["signed"]):
        enclosures.append(Enclosure("ledger-heads.jsonl", "各资金池最近一次签名记录", lines.encode()))
    return f"{pack.title}（{at:%Y%m%d%H%M}）.pdf", render(html, at=pack.at, enclosures=enclosures).content


def _moment(at: dt.datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "—"


def _enclosed(pack: Pack) -> dict[str, Enclosure]:
    """Stored file → its content as a file inside the pack, the first so many bytes of them. No query."""
    found: dict[str, Enclosure] = {}
    left = _MOST_ENCLOSED
    for n, award in enumerate(pack.data.awards, 1):
        for i, paper in enumerate(award["papers"], 1):
            if paper["of"] not in pack.opens or paper["file"] in found or paper["size"] > left:
                continue
            try:
                with StoredFile(id=UUID(paper["file"])).open() as file:
                    content = file.read()
            except OSError:
                continue
            name = f"{n}-{i} {paper['name']}"
            found[paper["file"]] = Enclosure(name, f"第 {n} 项的证明材料", content)
            left -= paper["size"]
    return found


def _paper(paper: dict[str, Any], papers: dict[str, Enclosure]) -> dict[str, str]:
    enclosed = papers.get(paper["file"])
    return {
        "of": {"claim": "申领", "application": "申报"}[paper["of"]],
        "name": paper["name"],
        "size": f"{paper['size']:,}",
        "sha256": paper["sha256"] or "—",
        "where": f"附件“{enclosed.name}”" if enclosed else "未随附，存于系统",
    }


def _award(n: int, award: dict[str, Any], papers: dict[str, Enclosure]) -> dict[str, Any]:
    decisions, outcomes = dict(AwardStep.Decision.choices), dict(PaymentResult.Outcome.choices)
    kinds = dict(Recovery.Kind.choices)
    because = in_words(award["why"], award["title"], award["amount"])
    return award | {
        "n": n,
        "scheme_name": scheme_name(award["scheme"]),
        "because": because | {"shares": [(level_title(level), wan) for level, wan in because["shares"]]},
        "yuan": in_yuan(award["amount"]),
        "papers": [_paper(p, papers) for p in award["papers"]],
        "refused": [
            (scheme_name(code), reason_text(reason)) for _event, code, reason in award["why"]["refused"]
        ],
        "parts": [
            p | {"level": level_title(p["level"]), "yuan": in_yuan(p["amount"])} for p in award["portions"]
        ],
        "acts": [
            {
                "moment": _moment(s["at"]),
                "what": decisions[s["decision"]],
                "who": s["who"],
                "role": role_title(s["role"]),
                "yuan": in_yuan(s["amount"]) if s["amount"] is not None else "",
                "reason": s["reason"],
            }
            for s in award["steps"]
        ],
        "orders": [
            o
            | {
                "yuan": in_yuan(o["amount"]),
                "moment": _moment(o["ordered_at"]),
                "result": str(outcomes.get(o["outcome"], "未有结果")),
            }
            for o in award["orders"]
        ],
        "recoveries": [
            r
            | {
                "kind": kinds[r["kind"]],
                "yuan": in_yuan(r["amount"]),
                "moment": _moment(r["decided_at"]),
                "receipts": [
                    c
                    | {
                        "yuan": in_yuan(c["amount"]),
                        "interest": in_yuan(c["interest"]) if c["interest"] else "",
                    }
                    for c in r["receipts"]
                ],
            }
            for r in award["recoveries"]
        ],
    }


def _proof(pool: dict[str, Any]) -> dict[str, Any]:
    signed = pool["signed"]
    return pool | {
        "name": _pool_name(pool),
        "head": _halves(pool["head"] or ""),
        "signed": signed
        and signed
        | {"digest": _halves(signed["digest"]), "moment": _moment(dt.datetime.fromisoformat(signed["at"]))},
    }


def _pool_name(pool: dict[str, Any]) -> str:
    if pool["scheme"] is None:
        return str(pool["pool"])
    return f"{pool['pool']}　{pool['place']}　{pool['scheme']}　{pool['year']}\u00a0年"


def _halves(digest: str) -> tuple[str, str]:
    """A digest as two lines of one width."""
    return digest[:32], digest[32:]


def _faults(data: Packed) -> list[tuple[str, str, str]]:
    """What does not hold: where, which entry or line, and what it is."""
    found = [
        (
            _pool_name(pool),
            f"第 {f['from']} 笔" if f["from"] == f["to"] else f"第 {f['from']}–{f['to']} 笔",
            fault_text(f["what"]),
        )
        for pool in data.proofs
        for f in pool["faults"]
    ]
    return found + [("签名记录", f"第 {f['line']} 行", fault_text(f["what"])) for f in data.file_faults]


def _entry(entry: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"{entry['pool_id']}-{entry['number']}",
        _moment(entry["at"]),
        posting_title(entry["kind"]),
        in_yuan(entry["amount"]),
        str(entry["award"]),
        entry["reason"],
        entry["who"],
        entry["digest"][:16],
    )


def _chunks(rows: list[tuple[str, ...]]) -> list[list[tuple[str, ...]]]:
    return [rows[at : at + _CHUNK] for at in range(0, len(rows), _CHUNK)]


def _whole(data: Packed) -> dict[str, str]:
    """Sums over all awards by the entries, in yuan and as officials read them."""
    sums = dict.fromkeys(
        ("reserved", "committed", "ordered", "paid", "recovering", "recovered", "interest"), 0
    )
    for entry in data.entries:
        for account, sign in ((entry["given_to"], 1), (entry["taken_from"], -1)):
            if account in sums:
                sums[account] += sign * entry["amount"]
    decided = sum(a["amount"] for a in data.awards if a["state"] in Award.LIVE)
    shown = {name: in_yuan(fen) for name, fen in sums.items()}
    return shown | {"decided": in_yuan(decided), "wan": in_wan(decided), "awards": str(len(data.awards))}


def _csv(entries: list[dict[str, Any]]) -> bytes:
    """Every column that is hashed, in its order."""
    out = io.BytesIO()
    columns = ("id", *ENTRY)
    write_csv(out, columns, [[_plain(entry[name]) for name in columns] for entry in entries])
    return out.getvalue()


def _json(pack: Pack) -> bytes:
    data = {
        "title": pack.title,
        "place": pack.place,
        "at": pack.at,
        "awards": pack.data.awards,
        "entries": pack.data.entries,
        "proofs": pack.data.proofs,
        "faults_of_signed_heads": pack.data.file_faults,
        "public_key": keys.public_key(),
        "objections": pack.objections,
    }
    return json.dumps(data, ensure_ascii=False, indent=1, default=_plain).encode()


def _plain(value: Any) -> Any:
    """Days and moments as text."""
    return value.isoformat() if isinstance(value, dt.datetime | dt.date) else value
