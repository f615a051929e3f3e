"""Which applications wait for whom, and what an actor may do with one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from cultivation import editions
from cultivation.models import Application, ApplicationBatch, Conflict, ReviewStep, SiteVisit
from cultivation.rules import workflow
from cultivation.rules.workflow import LEVELS, TABLE
from tenancy.access import Actor, Denied, require
from tenancy.context import ancestors

#: what waits for each level, by the permission that decides there
WORKED_OFF: dict[str, tuple[str, ...]] = {
    workflow.RECOMMEND: ("county",),
    workflow.REVIEW: ("prefecture",),
    workflow.DECIDE: ("region",),
}


def states_of(actor: Actor) -> list[str]:
    """The states in which an application waits for this actor's level."""
    return [state for permission, states in WORKED_OFF.items() if actor.can(permission) for state in states]


def level_of(actor: Actor) -> str:
    """The level at which the actor decides; empty for everybody else."""
    return next(iter(states_of(actor)), "")


def require_level(actor: Actor, place: str, *, own: bool = False) -> None:
    """Raises Denied unless the actor decides about applications there; with `own`, unless it is the actor's own place."""
    permission = next((each for each in WORKED_OFF if actor.can(each)), workflow.REVIEW)
    require(actor, permission, place)
    if own and place != actor.region_path:
        raise Denied(permission, place)


def is_conflicted(officer_id: int, enterprise_id: int) -> bool:
    """Whether the officer has declared a conflict of interest that has not ended. One query."""
    declared = Conflict.objects.filter(officer_id=officer_id, enterprise_id=enterprise_id)
    return declared.filter(ended_at__isnull=True).exists()


def undrawn(actor: Actor, batch: ApplicationBatch) -> QuerySet[Application]:
    """What lies with the actor's level in a round and was not drawn there for an on-site check."""
    return (
        Application.objects.filter(
            batch=batch,
            state=level_of(actor),
            region_id__gte=actor.region_path,
            region_id__lt=actor.region_path + "~",
        )
    ).exclude(visits__place=actor.region_path)


def visible(actor: Actor) -> QuerySet[Application]:
    """The applications of the actor's place, or of the enterprise that the actor speaks for."""
    found = Application.objects.select_related("enterprise", "batch", "region")
    if actor.role == "enterprise":
        return found.filter(enterprise_id=actor.enterprise_id or 0)
    return found.filter(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")


def rounds_of(actor: Actor) -> QuerySet[ApplicationBatch]:
    """The rounds of the actor's place, of those above and of those below."""
    return ApplicationBatch.objects.select_related("region").filter(
        Q(region_id__in=[*ancestors(actor.region_path), actor.region_path])
        | Q(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")
    )


def counts(actor: Actor) -> dict[str, int]:
    """How many applications stand where. One query."""
    rows = visible(actor).order_by().values_list("state").annotate(n=Count("id"))
    return dict(rows.values_list("state", "n"))


def steps_of(application: Application, *, own: bool) -> list[dict[str, Any]]:
    """What was decided so far, oldest first; an enterprise's user sees neither names nor opinions. One query."""
    columns = ("number", "decision", "before", "after", "reason", "at")
    steps = ReviewStep.objects.filter(application=application).order_by("number")
    if own:
        return list(steps.values(*columns))
    return list(
        steps.annotate(who=F("by__display_name")).values(
            *columns, "who", "opinion", "role", "by_id", "evaluation_id"
        )
    )


@dataclass(frozen=True)
class Choices:
    """What an actor may do with one application now; `hindered` says why not, where a person must not."""

    decisions: tuple[str, ...]
    #: levels that a return may go to, the nearest first
    back: tuple[str, ...]
    hindered: str
    conflict: Conflict | None


def choices(
    actor: Actor, application: Application, steps: Iterable[dict[str, Any]], kinds: list[str]
) -> Choices:
    """One query. `kinds` are those of the places from the county upwards."""
    state = application.state
    may = tuple(
        decision
        for (at, decision), permission in TABLE.items()
        if at == state and (actor.can(permission) or (permission == workflow.FILE and actor.can("own.apply")))
    )
    conflict = None
    hindered = ""
    if actor.role != "enterprise":
        conflict = Conflict.objects.filter(
            enterprise_id=application.enterprise_id, officer_id=actor.officer_id or 0, ended_at__isnull=True
        ).first()
        acted = [(application.filed_by_id, LEVELS[0]), *((s["by_id"], s["before"]) for s in steps)]
        hindered = workflow.may_take(
            actor.officer_id or 0,
            state,  # type: ignore[arg-type]
            acted,  # type: ignore[arg-type]
            conflicted=conflict is not None and state != "draft",
        )
    passes = workflow.route(kinds)
    back = tuple(reversed(passes[: passes.index(state)])) if state in passes else ()  # type: ignore[arg-type]
    return Choices(may, back, hindered, conflict)


def elements_of(application: Application) -> dict[str, str]:
    """Code → label of every element of the standard that the application is judged by, but for its pass marks."""
    batch = application.batch
    standard = editions.in_force(
        batch.tier, batch.closes_on, region=application.region_id, review=batch.review
    )
    lines = {line.code for line in standard.lines}
    return {each.code: each.label.zh for each in standard.elements if each.code not in lines}


def visits_of(application: Application) -> QuerySet[SiteVisit]:
    """The on-site checks of an application, with who goes; for the authorities alone. One query."""
    found = SiteVisit.objects.filter(application=application).annotate(who=F("assigned__display_name"))
    return found.order_by("id")
