"""Claims as pages ask for them: what can be claimed in a place, the claims one sees, and what the arbiter says of one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from subsidies import schemes
from subsidies.models import Award, AwardEvent, ClaimFile, ClaimRequest
from subsidies.models.claims import PREFIX
from subsidies.queries import as_event, events_of, policies_by_place
from subsidies.rules import claims as rules
from subsidies.rules.arbiter import Due, Refused, arbitrate
from subsidies.rules.workflow import CLAIMS
from tenancy.access import Actor


def matters_of(region: str, on: dt.date) -> list[rules.Matter]:
    """What can be claimed in a place on a day. One query."""
    here = (policy for path, policy in policies_by_place(on) if region.startswith(path))
    return rules.matters(here, on)


def visible(actor: Actor) -> QuerySet[ClaimRequest]:
    """The claims of the actor's place, or of the enterprise that the actor speaks for. No query is made here."""
    rows = ClaimRequest.objects.select_related("enterprise", "region")
    if actor.role == "enterprise":
        return rows.filter(enterprise_id=actor.enterprise_id or 0)
    return rows.filter(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")


@dataclass(frozen=True)
class Answer:
    """What follows from a claim by each scheme that it is about: the awards that were made, what is due besides, and what
    is refused."""

    due: tuple[Due, ...]
    refused: tuple[Refused, ...]
    awards: tuple[Award, ...]


def answer_of(claim: ClaimRequest, on: dt.date) -> Answer:
    """What the arbiter says of a claim on a day, as if it had been accepted where it is open; nothing of one that was declined
    or withdrawn. At most six queries."""
    if claim.state not in (ClaimRequest.State.OPEN, ClaimRequest.State.ACCEPTED):
        return Answer((), (), ())
    events = events_of(claim.region_id, [claim.enterprise_id]).get(claim.enterprise_id, [])
    if not any(event.id == claim.event for event in events):
        events = [*events, as_event(recorded_as(claim, claim.filed_by_id))]
    here = [policy for path, policy in policies_by_place(on) if claim.region_id.startswith(path)]
    found = arbitrate(here, events, on, schemes.valid_years())
    made = Award.objects.filter(enterprise=claim.enterprise_id, event=claim.event)
    awards = tuple(made.exclude(state=Award.State.WITHDRAWN).order_by("id"))
    schemes_of = {award.scheme for award in awards}
    return Answer(
        tuple(d for d in found.due if d.event == claim.event and d.scheme not in schemes_of),
        tuple(r for r in found.refused if r.event == claim.event),
        awards,
    )


def recorded_as(claim: ClaimRequest, by: int) -> AwardEvent:
    """The event that an accepted claim is, recorded by an officer; not saved here."""
    return AwardEvent(
        region_id=claim.region_id,
        enterprise_id=claim.enterprise_id,
        code=claim.event,
        kind=AwardEvent.Kind.CLAIM,
        title=claim.matter,
        on=claim.on,
        project=claim.project,
        prize=claim.prize,
        received=claim.received,
        recorded_by_id=by,
    )


def open_to(actor: Actor, claim: ClaimRequest) -> frozenset[str]:
    """What the actor may do with a claim now: `judge` it or `withdraw` it. No query."""
    if claim.state != ClaimRequest.State.OPEN:
        return frozenset()
    if actor.role == "enterprise" or claim.filed_by_id == actor.officer_id:
        return frozenset({"withdraw"})
    return frozenset({"judge"} if actor.can(CLAIMS) else ())


def recorded(claim: ClaimRequest) -> bool:
    """Whether officials have recorded the same thing already, so that it would be paid under two names. One query."""
    return (
        AwardEvent.objects.filter(
            enterprise=claim.enterprise_id,
            kind=AwardEvent.Kind.CLAIM,
            title=claim.matter,
            on=claim.on,
            project=claim.project,
        )
        .exclude(code=claim.event)
        .exists()
    )


def of_event(enterprise_id: int, event: str) -> ClaimRequest | None:
    """The claim that an event was, if it was one. At most one query."""
    if not event.startswith(PREFIX):
        return None
    return ClaimRequest.objects.filter(enterprise=enterprise_id, public_id=event.removeprefix(PREFIX)).first()


def files_of(claim: ClaimRequest) -> list[ClaimFile]:
    """One query."""
    return list(ClaimFile.objects.filter(claim=claim).order_by("id"))
