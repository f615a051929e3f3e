"""What the registry tells to whom: notes for the inbox."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count

from enterprises.models import Claim, Enterprise, ImportBatch, Move, Proposal
from tenancy.inbox import Note


def proposed_above(batch: ImportBatch) -> list[Note]:
    """To each county of which an import from above says something else than the registry. One query."""
    waiting = Proposal.objects.filter(batch_id=batch.pk, state=Proposal.State.OPEN).order_by()
    found = waiting.values_list("region_id").annotate(n=Count("id")).order_by("region_id")
    return [
        # Corrections of the same workbook may bring more, which is told again.
        Note("proposal.above", f"{batch.public_id}:{n}", region, role="county",
             params={"n": n, "file": batch.name})
        for region, n in found
    ]  # fmt: skip


def proposed(enterprise: Enterprise, n: int, entry: int) -> Note:
    """To the county, of what an enterprise says of itself; `entry` is the act's line in the trail."""
    params = {"n": n, "enterprise": enterprise.pk}
    return Note(
        "proposal.own", f"{enterprise.public_id}:{entry}", enterprise.region_id, role="county", params=params
    )


def proposals_decided(decided: list[Proposal]) -> list[Note]:
    """To who proposed it: the enterprise of its own facts, the officer above of those of an import."""
    own: Counter[tuple[int, str, str]] = Counter()
    above: Counter[tuple[int, str, str]] = Counter()
    for p in decided:
        if p.own:
            own[p.enterprise_id, p.region_id, p.state] += 1
        elif p.proposed_by_id is not None:
            above[p.proposed_by_id, p.region_id, p.state] += 1
    first = min((p.pk for p in decided), default=0)
    reason = decided[0].reason[:300] if decided else ""
    notes = [
        Note("proposal.decided", f"{first}:{state}", region, enterprise=to,
             params={"n": n, "state": state, "reason": reason})
        for (to, region, state), n in sorted(own.items())
    ]  # fmt: skip
    return notes + [
        Note("proposal.decided", f"{first}:{state}", region, officer=to,
             params={"n": n, "state": state, "reason": reason})
        for (to, region, state), n in sorted(above.items())
    ]  # fmt: skip


def claimed(claim: Claim) -> Note:
    """To the county, of a second account that wants to speak for an enterprise."""
    params = {"enterprise": claim.enterprise_id}
    return Note("account.claimed", claim.public_id, claim.region_id, role="county", params=params)


def claim_decided(claim: Claim) -> Note:
    """To who speaks for the enterprise, of somebody else who does from now on."""
    params = {"replaced": claim.state == Claim.State.REPLACED}
    return Note(
        "account.added", claim.public_id, claim.region_id, enterprise=claim.enterprise_id, params=params
    )


def _of_move(move: Move) -> dict[str, str]:
    return {"name": move.name, "reason": move.reason[:300], "move": move.public_id}


def move_offered(move: Move) -> Note:
    """To the county that it goes to."""
    return Note("move.offered", move.public_id, move.to_id, role="county", params=_of_move(move))


def move_taken_back(move: Move) -> Note:
    return Note("move.taken_back", move.public_id, move.to_id, role="county", params=_of_move(move))


def move_declined(move: Move) -> Note:
    """To the county that has offered it."""
    return Note("move.declined", move.public_id, move.region_id, role="county", params=_of_move(move))


def move_failed(move: Move) -> list[Note]:
    """To both sides."""
    return [
        Note("move.failed", move.public_id, region, role="county", params=_of_move(move))
        for region in (str(move.region_id), str(move.to_id))
    ]


def move_done(move: Move) -> list[Note]:
    """To both sides, and to who speaks for the enterprise."""
    params = _of_move(move)
    return [
        Note("move.left", move.public_id, move.region_id, role="county", params=params),
        Note("move.arrived", move.public_id, move.to_id, role="county", params=params),
        Note("move.arrived", move.public_id, move.to_id, enterprise=move.enterprise_id, params=params),
    ]
