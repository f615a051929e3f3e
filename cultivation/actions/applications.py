"""Applications: rounds are opened, enterprises apply, each level decides. The order of steps is `rules.workflow`."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.utils import timezone

from cultivation import editions, telling, terms
from cultivation.actions.judging import evaluate
from cultivation.behalf import may_file
from cultivation.models import (
    Application,
    ApplicationBatch,
    Conflict,
    Evaluation,
    ReviewStep,
    Tier,
    Withdrawal,
)
from cultivation.queue import require_level
from cultivation.rules import workflow
from cultivation.rules.workflow import FILE, LEVELS, WITH_A_LIST, WITH_REASON, Decision, Refused, Standing
from enterprises.actions.titles import FIELDS as TITLE_FIELDS
from enterprises.models import Enterprise, Move, State
from enterprises.queries import newest_years
from tenancy import audit, inbox
from tenancy.access import Actor, Denied, covers, person, require, system_actor
from tenancy.context import writing
from tenancy.models import Region


def open_batch(
    *,
    by: Actor,
    region: str,
    tier: str,
    title: str,
    opens_on: dt.date,
    closes_on: dt.date,
    review: bool = False,
    note: str = "",
) -> ApplicationBatch:
    """Opens a round for everything below the region. Raises Denied without `batches.open`, Refused for an
    empty or known title, an unknown tier, a close before the opening, or a tier without a standard in force."""
    require(by, "batches.open", region)
    title = " ".join(title.split())
    if not title or tier not in Tier.values:
        raise Refused("title")
    if closes_on < opens_on:
        raise Refused("dates")
    try:
        editions.in_force(tier, closes_on, region=region, review=review)
    except LookupError:
        raise Refused("no_edition") from None
    with transaction.atomic():
        batch, made = ApplicationBatch.objects.get_or_create(
            region_id=region,
            title=title[:80],
            defaults={
                "tier": tier,
                "review": review,
                "opens_on": opens_on,
                "closes_on": closes_on,
                "note": note.strip()[:500],
                "opened_by_id": by.officer_id,
            },
        )
        if not made:
            raise Refused("title_known")
        audit.record(
            by=by,
            action="batches.open",
            region=region,
            subject=batch,
            detail={
                "tier": tier,
                "review": review,
                "opens_on": opens_on.isoformat(),
                "closes_on": closes_on.isoformat(),
            },
        )
        inbox.tell(telling.round_opened(batch), by.officer_id)
    return batch


def file(*, by: Actor, batch: ApplicationBatch, enterprise: Enterprise) -> Application:
    """Begins an application: by the enterprise itself, or by its county on its behalf. Twice gives the same.

    Raises Denied elsewhere, Refused outside the window, for an enterprise that is not active, that does not lie
    below the authority of the batch, that holds the title already (or, for a review, none), that is barred
    after a withdrawal, or that is on its way to another county.
    """
    may_file(by, enterprise.region_id, enterprise.pk)
    if not covers(batch.region_id, enterprise.region_id):
        raise Refused("batch")
    if enterprise.state != State.ACTIVE:
        raise Refused("not_active")
    _within(batch)
    with writing(by, enterprise.region_id):
        # Its row, so that it is not offered to another county at the same moment.
        Enterprise.objects.select_for_update(no_key=True).only("id").get(pk=enterprise.pk)
        if not Application.objects.filter(batch=batch, enterprise=enterprise).exists():
            if Move.objects.filter(enterprise_id=enterprise.pk, state__in=Move.OPEN).exists():
                raise Refused("moving")
            _entitled(batch, enterprise)
        application, made = Application.objects.get_or_create(
            batch=batch,
            enterprise=enterprise,
            defaults={"region_id": enterprise.region_id, "filed_by_id": by.officer_id},
        )
        if made:
            audit.record(
                by=by,
                action="applications.file",
                region=application.region_id,
                subject=application,
                detail={"batch": batch.pk, "enterprise": enterprise.pk},
            )
    return application


def save(*, by: Actor, application: Application, platform_number: str, statement: str) -> Application:
    """Keeps what the applicant has typed so far; only while the application lies with the applicant."""
    may_file(by, application.region_id, application.enterprise_id)
    values = {"platform_number": platform_number.strip()[:40], "statement": statement.strip()[:2000]}
    with writing(by, application.region_id):
        locked = Application.objects.select_for_update().get(pk=application.pk)
        if locked.state != Application.State.DRAFT:
            raise Refused("not_here")
        before = {name: getattr(locked, name) for name in values}
        if before != values:
            Application.objects.filter(pk=locked.pk).update(**values)
            audit.record(
                by=by,
                action="applications.save",
                region=locked.region_id,
                subject=locked,
                before=before,
                after=values,
            )
    return Application.objects.get(pk=application.pk)


@dataclass
class Decided:
    """What became of each application: the done ones, and a code for each that was refused."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    #: of an overtaken one: the officer who decided meanwhile, and what
    meanwhile: dict[int, tuple[int, str]] = field(default_factory=dict)


def decide(
    *,
    by: Actor,
    seen: Mapping[int, int],
    decision: Decision,
    reason: str = "",
    opinion: str = "",
    to: str = "",
) -> Decided:
    """Takes one decision about one or many applications; each is done whole or refused with a code.

    `seen` gives for each application the number of the last step that the person saw: one that somebody has
    decided about meanwhile is refused as `overtaken`. `reason` is told to the applicant, `opinion` stays among
    the authorities, `to` names the level a return goes to. Raises Denied where the person could take this
    decision nowhere, Refused without the reason that the decision needs. About eight statements, however
    many applications there are.
    """
    if decision in WITH_A_LIST:
        raise Refused("with_a_list")
    states = [state for (state, what) in workflow.TABLE if what == decision]
    if not any(_holds(by, workflow.permission(state, decision)) for state in states):
        raise Denied(workflow.permission(states[0], decision), by.region_path)
    if decision in WITH_REASON and not reason.strip():
        raise Refused("reason_missing")
    with writing(by, by.region_path):
        return decide_about(
            by=by,
            seen=seen,
            decision=decision,
            reason=reason.strip()[:1000],
            opinion=opinion.strip()[:1000],
            to=to,
        )


def decide_about(
    *,
    by: Actor,
    seen: Mapping[int, int],
    decision: Decision,
    reason: str = "",
    opinion: str = "",
    to: str = "",
) -> Decided:
    """As `decide`, of an act around it that has asked for its own permission and holds the transaction."""
    found = {
        a.pk: a
        for a in Application.objects.select_for_update(of=("self",))
        .filter(pk__in=seen)
        .select_related("batch")
        .order_by("pk")
    }
    result = Decided(refused={pk: "not_found" for pk in seen if pk not in found})
    taken: dict[int, list[ReviewStep]] = defaultdict(list)
    for step in ReviewStep.objects.filter(application__in=found).order_by("application_id", "number"):
        taken[step.application_id].append(step)
    conflicted = set(
        Conflict.objects.filter(
            officer_id=person(by),
            ended_at__isnull=True,
            enterprise_id__in={a.enterprise_id for a in found.values()},
        ).values_list("enterprise_id", flat=True)
    )
    routes = _routes({a.region_id for a in found.values()})
    moves: list[tuple[Application, Standing]] = []
    for application in found.values():
        steps = taken[application.pk]
        try:
            moves.append((application, _next(by, application, steps, seen, conflicted, routes, decision, to)))
        except Refused as refused:
            result.refused[application.pk] = refused.code
            if refused.code == "overtaken" and steps:
                result.meanwhile[application.pk] = (steps[-1].by_id, steps[-1].decision)
    if moves:
        beside = _judged(by, [a for a, _ in moves], fresh=decision == "submit")
        _write(by, moves, decision, reason, opinion, beside, taken)
        result.done = [application.pk for application, _ in moves]
    return result


def _next(
    by: Actor,
    application: Application,
    steps: list[ReviewStep],
    seen: Mapping[int, int],
    conflicted: set[int],
    routes: Mapping[str, tuple[workflow.State, ...]],
    decision: Decision,
    to: str,
) -> Standing:
    if by.role == "enterprise" and application.enterprise_id != by.enterprise_id:
        raise Refused("not_found")
    if application.step != seen[application.pk]:
        raise Refused("overtaken")
    now = Standing(application.state, tuple(application.waiting))  # type: ignore[arg-type]
    if not _holds(by, workflow.permission(now.state, decision)):
        raise Refused("not_here")
    # Who filed it counts as one who has acted for the applicant.
    acted = [(application.filed_by_id, LEVELS[0]), *((s.by_id, s.before) for s in steps)]
    code = workflow.may_take(
        person(by),
        now.state,
        acted,  # type: ignore[arg-type]
        conflicted=application.enterprise_id in conflicted and now.state != "draft",
    )
    if code:
        raise Refused(code)
    if decision == "submit" and not steps:
        _within(application.batch)
    left = next((s.before for s in reversed(steps) if s.decision == "reject"), "")
    return workflow.after(
        now, decision, passes=routes[application.region_id], tier=application.batch.tier, to=to, left=left
    )


def _write(
    by: Actor,
    moves: list[tuple[Application, Standing]],
    decision: Decision,
    reason: str,
    opinion: str,
    beside: Mapping[int, int],
    taken: Mapping[int, list[ReviewStep]],
) -> None:
    at = timezone.now()
    ReviewStep.objects.bulk_create(
        [
            ReviewStep(
                region_id=a.region_id,
                application=a,
                enterprise_id=a.enterprise_id,
                number=a.step + 1,
                decision=decision,
                before=a.state,
                after=after.state,
                waiting=list(after.waiting),
                reason=reason,
                opinion=opinion,
                evaluation_id=beside.get(a.enterprise_id),
                by_id=person(by),
                role=by.role,
                at=at,
            )
            for a, after in moves
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cultivation_application a SET state = s.after, waiting = s.waiting, step = s.number, "
            "since = s.at, due_on = d.due_on "
            "FROM cultivation_reviewstep s, unnest(%s::bigint[], %s::date[]) AS d (id, due_on) "
            "WHERE a.id = d.id AND s.application_id = a.id AND s.number = a.step + 1",
            [[a.pk for a, _ in moves], [_due(taken[a.pk], after.state, at) for a, after in moves]],
        )
    for region in sorted({a.region_id for a, _ in moves}):
        here = [a for a, _ in moves if a.region_id == region]
        audit.record(
            by=by,
            action=f"applications.{decision}",
            region=region,
            subject=f"{len(here)}",
            detail={
                "reason": reason[:500],
                # An opinion is not repeated in the trail; the step keeps it.
                "applications": [[a.pk, a.enterprise_id, a.state, after.state] for a, after in moves
                                 if a.region_id == region],
            },
        )  # fmt: skip
    inbox.tell(telling.decided(by, moves, decision, reason), by.officer_id)


def _due(steps: list[ReviewStep], level: str, now: dt.datetime) -> dt.date | None:
    """The last day of the level that it comes to; what that level has used before is taken off."""
    days = [timezone.localtime(each).date() for each in (*(s.at for s in steps), now)]
    stays = tuple((days[n], days[n + 1]) for n, step in enumerate(steps) if step.after == level)
    return terms.due_on(level, days[-1], stays)


def _judged(by: Actor, applications: list[Application], *, fresh: bool) -> dict[int, int]:
    """enterprise → the evaluation that stands beside the decision; sending one judges it once more."""
    today = timezone.localdate()
    found: dict[int, int] = {}
    groups: dict[tuple[str, bool], list[Application]] = defaultdict(list)
    for application in applications:
        groups[application.batch.tier, application.batch.review].append(application)
    for (tier, review), here in groups.items():
        if fresh:
            _judge(by, here, tier, review, today)
        evaluations = Evaluation.objects.filter(
            tier=tier, review=review, judged_on__lte=today, enterprise_id__in=[a.enterprise_id for a in here]
        )
        # The last one of each enterprise wins.
        found |= dict(
            evaluations.order_by("enterprise_id", "judged_on", "year", "id").values_list(
                "enterprise_id", "id"
            )
        )
    return found


def _judge(by: Actor, applications: list[Application], tier: str, review: bool, today: dt.date) -> None:
    """Each by its newest year with figures, as the timetable does."""
    newest = newest_years(a.enterprise_id for a in applications)
    asked: dict[tuple[str, int], list[int]] = defaultdict(list)
    for a in applications:
        asked[a.region_id, newest.get(a.enterprise_id, today.year - 1)].append(a.enterprise_id)
    for (region, year), ids in sorted(asked.items()):
        evaluate(
            by=system_actor(region, origin=by.origin),
            region=region,
            tier=tier,
            year=year,
            on=today,
            review=review,
            enterprise_ids=ids,
        )


def declare_conflict(*, by: Actor, enterprise: Enterprise, reason: str) -> Conflict:
    """An officer says that he or she is not impartial towards an enterprise. Twice keeps the first.

    Raises Denied for who decides about no applications there, Refused without a reason.
    """
    require_level(by, enterprise.region_id)
    if not reason.strip():
        raise Refused("reason_missing")
    with transaction.atomic():
        conflict, made = Conflict.objects.get_or_create(
            enterprise=enterprise,
            officer_id=person(by),
            ended_at=None,
            defaults={"region_id": enterprise.region_id, "reason": reason.strip()[:300]},
        )
        if made:
            audit.record(by=by, action="applications.conflict", region=enterprise.region_id, subject=conflict)
    return conflict


def end_conflict(*, by: Actor, conflict: Conflict) -> None:
    """The officer's own word that the conflict is over; nobody else may say so."""
    require_level(by, conflict.region_id)
    if conflict.officer_id != by.officer_id:
        raise Denied("applications.conflict", conflict.region_id)
    with transaction.atomic():
        ended = Conflict.objects.filter(pk=conflict.pk, ended_at__isnull=True).update(ended_at=timezone.now())
        if ended:
            audit.record(
                by=by, action="applications.conflict_ended", region=conflict.region_id, subject=conflict
            )


def _holds(by: Actor, permission: str) -> bool:
    return by.can(permission) or (permission == FILE and by.can("own.apply"))


def _within(batch: ApplicationBatch) -> None:
    today = timezone.localdate()
    if today < batch.opens_on:
        raise Refused("not_open_yet")
    if today > batch.closes_on:
        raise Refused("closed")


def _entitled(batch: ApplicationBatch, enterprise: Enterprise) -> None:
    today = timezone.localdate()
    if Withdrawal.objects.filter(enterprise_id=enterprise.pk, barred_until__gte=today).exists():
        raise Refused("barred")
    until = getattr(enterprise, TITLE_FIELDS[batch.tier])
    held = until is not None and until >= today
    if held and not batch.review:
        raise Refused("title_held")
    if not held and batch.review:
        raise Refused("no_title")


def _routes(regions: Iterable[str]) -> dict[str, tuple[workflow.State, ...]]:
    """By place: the levels that its applications pass. One query."""
    above = {
        path: ["/".join(path.split("/")[:n]) + "/" for n in range(1, path.count("/") + 1)] for path in regions
    }
    kinds = dict(
        Region.objects.filter(path__in={p for ps in above.values() for p in ps}).values_list("path", "kind")
    )
    return {path: workflow.route(kinds.get(p, "") for p in ps) for path, ps in above.items()}
