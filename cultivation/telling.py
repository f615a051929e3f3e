"""What the pipeline tells to whom: notes for the inbox, in the order of the events.

An enterprise is told of every step of its own application; the officials of a level are told once for each act and
place, however many applications it was about.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cultivation.models import (
    Application,
    ApplicationBatch,
    ChangeReport,
    Edition,
    EditionDraft,
    Objection,
    PoolEntry,
    PoolStep,
    PublicNotice,
    Recognition,
    SiteVisit,
    Withdrawal,
)
from cultivation.rules.workflow import LEVELS, Decision, Standing
from enterprises.models import Enterprise
from tenancy.access import Actor
from tenancy.inbox import Note

#: states in which an application has come to its end
_ENDS = frozenset({"rejected", "withdrawn"})
_REASON = 300


def round_opened(batch: ApplicationBatch) -> list[Note]:
    """To the counties and prefectures below."""
    params = {"title": batch.title, "until": batch.closes_on.isoformat(), "round": batch.public_id}
    return [
        Note("round.opened", batch.public_id, batch.region_id, role=role, downward=True, params=params,
             due_on=batch.closes_on)
        for role in ("county", "prefecture")
    ]  # fmt: skip


def decided(
    by: Actor, moves: Sequence[tuple[Application, Standing]], decision: Decision, reason: str
) -> list[Note]:
    """To each enterprise, and to the level where the applications of a place lie now or that has to know their end.

    Publication and recognition are told with the notice and the title.
    """
    notes: list[Note] = []
    levels: dict[tuple[str, str, str], list[Application]] = defaultdict(list)
    for a, after in moves:
        if decision not in ("publish", "recognise") and by.role != "enterprise":
            notes.append(
                Note(
                    f"application.{decision}",
                    f"{a.public_id}:{a.step + 1}",
                    a.region_id,
                    enterprise=a.enterprise_id,
                    params={
                        "title": a.batch.title,
                        "application": a.public_id,
                        "after": after.state,
                        "reason": reason[:_REASON],
                    },
                )
            )
        if after.state in LEVELS[1:] and decision in ("return", "submit", "recommend", "reopen"):
            kind = "application.returned" if decision == "return" else "application.arrived"
            levels[kind, after.state, a.region_id].append(a)
        elif after.state == "draft" and decision == "return":
            levels["application.returned", "county", a.region_id].append(a)
        elif after.state in _ENDS:
            told = a.state if after.state == "withdrawn" and a.state in LEVELS[1:] else "county"
            levels[f"application.{after.state}", told, a.region_id].append(a)
    for (kind, role, region), here in sorted(levels.items()):
        first = here[0]
        one: dict[str, Any] = {"application": first.public_id} if len(here) == 1 else {}
        notes.append(
            Note(
                kind,
                f"{first.public_id}:{first.step + 1}",
                region,
                role=role,
                params={
                    "n": len(here),
                    "enterprise": first.enterprise_id,
                    "title": first.batch.title,
                    "reason": reason[:_REASON],
                }
                | one,
            )
        )
    return notes


def visit_assigned(visit: SiteVisit, officer: int, region: str) -> Note:
    """To who goes there; `region` is where that person has a posting."""
    return Note(
        "visit.assigned",
        visit.public_id,
        region,
        officer=officer,
        params={"enterprise": visit.application.enterprise_id, "visit": visit.public_id},
    )


def change_reported(report: ChangeReport, enterprise: Enterprise) -> list[Note]:
    """To the authority, and to the county where the enterprise reported it itself."""
    params = {"enterprise": enterprise.pk, "change": report.kind, "on": report.happened_on.isoformat()}
    roles = ("region", "county") if report.reported_role == "enterprise" else ("region",)
    return [
        Note("change.reported", report.public_id, report.region_id, role=role, params=params)
        for role in roles
    ]


def change_decided(report: ChangeReport) -> list[Note]:
    params = {
        "enterprise": report.enterprise_id,
        "change": report.kind,
        "outcome": report.outcome,
        "reason": report.reason[:_REASON],
    }
    return [
        Note("change.decided", report.public_id, report.region_id, params=params, **to)
        for to in ({"enterprise": report.enterprise_id}, {"role": "county"})
    ]


def notice_published(
    notice: PublicNotice, places: Iterable[str], kind: str = "notice.published"
) -> list[Note]:
    """To the counties that have enterprises on the list; `places` has one entry for each enterprise."""
    return [
        Note(
            kind,
            notice.public_id,
            region,
            role="county",
            params={
                "n": n,
                "title": notice.title,
                "until": notice.closes_on.isoformat(),
                "notice": notice.public_id,
            },
        )
        for region, n in sorted(Counter(places).items())
    ]


def objected(notice: PublicNotice, objection: Objection, role: str) -> Note:
    """To the authority that has to answer."""
    params = {"title": notice.title, "notice": notice.public_id}
    return Note("notice.objected", objection.receipt, notice.region_id, role=role, params=params)


def recognised(titles: Sequence[Recognition], number: str) -> list[Note]:
    """To each enterprise, and once to its county."""
    notes = [
        Note(
            "title.recognised",
            t.code,
            t.region_id,
            enterprise=t.enterprise_id,
            params={"tier": t.tier, "number": number, "until": t.valid_until.isoformat(), "title": t.code},
        )
        for t in titles
    ]
    of: dict[str, list[Recognition]] = defaultdict(list)
    for t in titles:
        of[t.region_id].append(t)
    notes += [
        Note(
            "title.recognised",
            here[0].code,
            region,
            role="county",
            params={
                "n": len(here),
                "enterprise": here[0].enterprise_id,
                "tier": here[0].tier,
                "number": number,
                "until": here[0].valid_until.isoformat(),
            },
        )
        for region, here in sorted(of.items())
    ]
    return notes


def withdrawn(title: Recognition, withdrawal: Withdrawal) -> list[Note]:
    params = {
        "tier": title.tier,
        "enterprise": title.enterprise_id,
        "title": title.code,
        "reason": withdrawal.reason[:_REASON],
        "barred": withdrawal.barred_until.isoformat() if withdrawal.barred_until else "",
    }
    return [
        Note("title.withdrawn", title.code, title.region_id, params=params, **to)
        for to in ({"enterprise": title.enterprise_id}, {"role": "county"})
    ]


def pooled(entries: Iterable[PoolEntry]) -> list[Note]:
    """To each enterprise that has come into the pool."""
    return [
        Note(
            "pool.entered",
            e.public_id,
            e.region_id,
            enterprise=e.enterprise_id,
            params={"tier": e.tier, "missing": e.missing_count},
        )
        for e in entries
    ]


def pool_moved(steps: Iterable[PoolStep], entries: Mapping[int, PoolEntry]) -> list[Note]:
    """To each enterprise that has moved on in the pool, or left it."""
    return [
        Note(
            "pool.left" if step.after == PoolEntry.Stage.LEFT else "pool.moved",
            f"{entries[step.entry_id].public_id}:{step.number}",
            step.region_id,
            enterprise=entries[step.entry_id].enterprise_id,
            params={
                "tier": entries[step.entry_id].tier,
                "stage": step.after,
                "reason": step.reason[:_REASON],
            },
        )
        for step in steps
    ]


def edition_proposed(draft: EditionDraft) -> Note:
    """To the colleagues, one of whom puts it in force."""
    key = f"{draft.public_id}:{draft.version}:{draft.proposed_by_id}"
    return Note("edition.proposed", key, draft.region_id, role="region", params=_of_draft(draft))


def edition_returned(draft: EditionDraft) -> Note:
    params = _of_draft(draft) | {"reason": draft.reason[:_REASON]}
    key = f"{draft.public_id}:{draft.version}:{draft.proposed_at}"
    return Note("edition.returned", key, draft.region_id, officer=draft.proposed_by_id, params=params)


def edition_in_force(draft: EditionDraft, made: Edition) -> list[Note]:
    """To the counties and prefectures below, and to who proposed it."""
    params = _of_draft(draft) | {"edition": made.code, "from": made.valid_from.isoformat()}
    return [
        Note("edition.in_force", made.code, draft.region_id, role=role, downward=True, params=params)
        for role in ("county", "prefecture")
    ] + [Note("edition.in_force", made.code, draft.region_id, officer=draft.proposed_by_id, params=params)]


def _of_draft(draft: EditionDraft) -> dict[str, Any]:
    return {"draft": draft.public_id, "title": draft.content["title"]["zh"], "tier": draft.tier}
