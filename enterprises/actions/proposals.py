"""Proposals from a level above: the county takes them over or declines them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from enterprises import telling
from enterprises.actions.entry import Refused, keep_name
from enterprises.models import AnnualFigures, Enterprise, Proposal
from enterprises.queries import proposal_value, stored_text
from enterprises.rules.fields import BY_CODE
from tenancy import audit, inbox
from tenancy.access import Actor, require

State = Proposal.State


def decide(*, by: Actor, proposals: Iterable[Proposal], accept: bool, reason: str = "") -> dict[str, int]:
    """Takes proposals over, or declines them with a reason; returns how many became what.

    One that somebody decided meanwhile is left alone; one that the registry already says is closed as
    overtaken. A value taken over carries the proposing import as its source. Raises Denied without
    `enterprises.decide` at the enterprise's place, Refused without a reason to decline.
    """
    if not accept and not reason.strip():
        raise Refused("reason_missing")
    counts = {"accepted": 0, "declined": 0, "overtaken": 0}
    with transaction.atomic():
        chosen = [p.pk for p in proposals]
        locked = list(
            Proposal.objects.select_for_update()
            .filter(pk__in=chosen, state=State.OPEN)
            .order_by("enterprise_id", "id")
        )
        for region in sorted({p.region_id for p in locked}):
            require(by, "enterprises.decide", region)
        enterprises = {
            e.pk: e
            for e in Enterprise.objects.select_for_update()
            .filter(pk__in={p.enterprise_id for p in locked})
            .order_by("pk")
        }
        figures = {
            (f.enterprise_id, f.year): f
            for f in AnnualFigures.objects.select_for_update().filter(
                enterprise_id__in=enterprises, year__in={p.year for p in locked if p.year is not None}
            )
        }
        for proposal in locked:
            enterprise = enterprises[proposal.enterprise_id]
            row: Enterprise | AnnualFigures = enterprise
            if proposal.year is not None:
                # The year's row may be gone: the county took back what had brought it.
                row = figures.setdefault(
                    (enterprise.pk, proposal.year),
                    AnnualFigures(
                        region_id=enterprise.region_id, enterprise=enterprise, year=proposal.year, version=0
                    ),
                )
            state = _decided(by, proposal, enterprise, row, accept)
            proposal.state, proposal.reason = state, reason.strip()[:500]
            proposal.decided_at, proposal.decided_by_id = timezone.now(), by.officer_id
            proposal.save(update_fields=["state", "reason", "decided_at", "decided_by"])
            counts[state] += 1
        _audit(by, locked, accept, reason, counts)
        inbox.tell(telling.proposals_decided(locked), by.officer_id)
    return counts


def _decided(by: Actor, proposal: Proposal, enterprise: Enterprise, row: Any, accept: bool) -> str:
    now = stored_text(row, proposal.field)
    if now == proposal.value:
        return State.OVERTAKEN
    if not accept:
        return State.DECLINED
    if proposal.field == "name":
        keep_name(by=by, enterprise=enterprise, new=proposal.value or "")
        enterprise.set_name(proposal.value or "")
    else:
        value, month_only = proposal_value(proposal.field, proposal.value)
        setattr(row, proposal.field, value)
        if proposal.field == "established_on":
            row.established_month_only = month_only
    row.updated_at, row.updated_by_id = timezone.now(), by.officer_id
    row.import_batch_id, row.source_file = proposal.batch_id, proposal.source_file
    row.source_sheet, row.source_row = proposal.source_sheet, proposal.source_row
    row.version += 1
    row.save()
    return State.ACCEPTED


def _audit(by: Actor, decided: list[Proposal], accept: bool, reason: str, counts: dict[str, int]) -> None:
    for region in sorted({p.region_id for p in decided}):
        here = [p for p in decided if p.region_id == region]
        audit.record(
            by=by,
            action="enterprises.proposals.accept" if accept else "enterprises.proposals.decline",
            region=region,
            subject=f"{len(here)}",
            detail={
                "reason": reason[:500],
                "proposals": [
                    # Personal facts are named in the trail, not repeated in clear.
                    [p.pk, p.enterprise_id, p.field, p.year]
                    + ([p.before, p.value] if BY_CODE[p.field].kind != "text" else [])
                    for p in here[:500]
                ],
                **counts,
            },
        )
