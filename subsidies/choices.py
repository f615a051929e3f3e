"""Which events leave an enterprise a choice between policies, and what it has chosen."""

from __future__ import annotations

from dataclasses import dataclass

from enterprises.models import Enterprise
from subsidies.local import written_at
from subsidies.models import EventChoice
from subsidies.queries import events_of
from subsidies.rules.arbiter import Event


@dataclass(frozen=True)
class Open:
    """An event that a policy pays for only where no other one does, with what was chosen last."""

    event: Event
    chosen: EventChoice | None


def _paying(firm: Enterprise) -> dict[tuple[str, str], set[str]]:
    """(kind, title) → the policies that pay for it only where no other one does. One query."""
    found: dict[tuple[str, str], set[str]] = {}
    for policy in written_at(firm.region_id):
        if policy.choose_one:
            for scheme in policy.schemes:
                if not scheme.repeats:
                    found.setdefault((scheme.kind, scheme.event), set()).add(policy.id)
    return found


def has_choice(firm: Enterprise) -> bool:
    """Whether a policy of its place leaves the enterprise a choice at all. One query."""
    return bool(_paying(firm))


def choosable(firm: Enterprise) -> dict[str, set[str]]:
    """Event → the policies that it could be paid by where the enterprise chooses them. Four queries."""
    paying = _paying(firm)
    events = events_of(firm.region_id, [firm.pk]).get(firm.pk, []) if paying else []
    return {e.id: paying[e.kind, e.title] for e in events if (e.kind, e.title) in paying}


def last_choice(enterprise_id: int, event: str) -> EventChoice | None:
    """One query."""
    return EventChoice.objects.filter(enterprise=enterprise_id, event=event).order_by("-id").first()


def open_choices(firm: Enterprise) -> list[Open]:
    """The events that leave a choice, the newest first. Five queries."""
    paying = _paying(firm)
    if not paying:
        return []
    chosen = {c.event: c for c in EventChoice.objects.filter(enterprise=firm).order_by("id")}
    events = events_of(firm.region_id, [firm.pk]).get(firm.pk, [])
    found = [Open(e, chosen.get(e.id)) for e in events if (e.kind, e.title) in paying]
    return sorted(found, key=lambda each: (each.event.on, each.event.id), reverse=True)
