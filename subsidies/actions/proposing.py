"""Awards are proposed out of what is due, with the arbiter's words; taken back while nobody has taken them up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from enterprises.models import Enterprise
from subsidies import telling
from subsidies.local import level_of
from subsidies.models import Award, AwardEvent, Portion
from subsidies.queries import policies_by_place
from subsidies.rules.arbiter import matter, split
from subsidies.rules.explaining import explanation
from subsidies.rules.schemes import Policy, Scheme
from subsidies.rules.workflow import AWARD, PROPOSE, Refused, after
from subsidies.steps import Circumstances, Done, each, write
from tenancy import inbox
from tenancy.access import Actor, covers, person, require
from tenancy.context import ancestors
from tenancy.models import Region


@dataclass(frozen=True)
class Wanted:
    """One line of what is due; `amount` (fen) where a person decides it within the scheme's bounds."""

    enterprise_id: int
    event: str
    scheme: str
    amount: int | None = None


@dataclass
class Proposed:
    """What was made, and a code for each line that was refused."""

    made: list[Award] = field(default_factory=list)
    refused: dict[Wanted, str] = field(default_factory=dict)


def propose(*, by: Actor, wanted: Sequence[Wanted], on: dt.date | None = None) -> Proposed:
    """Proposes awards, each whole or refused with a code; what the arbiter does not find due is refused with its reason.

    Touches no pool. An amount that a person decides is kept with its claim. Raises Denied without `awards.propose`.
    """
    require(by, PROPOSE, by.region_path)
    on = on or timezone.localdate()
    result = Proposed()
    with transaction.atomic():
        # Held, so that none of them moves to another county meanwhile.
        firms = {
            e.pk: e
            for e in Enterprise.objects.select_for_update(no_key=True)
            .under(by.region_path)
            .filter(pk__in={w.enterprise_id for w in wanted})
            .order_by("pk")
        }
        decided = {(w.enterprise_id, w.event): w.amount for w in wanted if w.amount is not None}
        found = Circumstances(firms.values(), on, decided)
        paying = {s.code: (path, p, s) for path, p in policies_by_place(on) for s in p.schemes}
        for line in dict.fromkeys(wanted):
            try:
                with transaction.atomic():
                    firm = firms.get(line.enterprise_id)
                    if firm is None:
                        raise Refused("not_found")
                    result.made.append(_proposed(by, firm, line, found, paying, on))
            except Refused as refused:
                result.refused[line] = refused.code
        inbox.tell(telling.proposed(by, result.made), by.officer_id)
    return result


def _proposed(
    by: Actor,
    firm: Enterprise,
    line: Wanted,
    found: Circumstances,
    paying: Mapping[str, tuple[str, Policy, Scheme]],
    on: dt.date,
) -> Award:
    events, answer = found.answers[firm.pk]
    event = events.get(line.event)
    if event is None or line.scheme not in paying:
        raise Refused("not_found")
    path, policy, scheme = paying[line.scheme]
    due = next((d for d in answer.due if (d.event, d.scheme) == (line.event, line.scheme)), None)
    if due is None:
        raise Refused(
            next(
                (r.reason for r in answer.refused if (r.event, r.scheme) == (line.event, line.scheme)),
                "not_found",
            )
        )
    if due.amount is None:
        raise Refused("undecided")
    if found.is_paid(firm.pk, scheme.code, matter(scheme, event)):
        raise Refused("known")
    try:
        with transaction.atomic():
            made = Award.objects.create(
                region_id=firm.region_id,
                enterprise=firm,
                policy=policy.id,
                scheme=scheme.code,
                payer_id=path,
                event=event.id,
                title=event.title,
                on=event.on,
                matter=matter(scheme, event),
                amount=due.amount,
                why=explanation(policy, scheme, event, due, answer, on),
                proposed_by_id=person(by),
            )
    except IntegrityError as wrong:
        if "award_once" not in str(wrong):
            raise
        raise Refused("known") from wrong
    payers = _payers(firm.region_id)
    if missing := [level for level, _fen in due.shares if level not in payers]:
        raise Refused("level", missing[0])
    Portion.objects.bulk_create(
        Portion(
            region_id=made.region_id,
            award=made,
            enterprise_id=firm.pk,
            level=level,
            payer_id=payers[level],
            amount=fen,
        )
        for level, fen in split(due.amount, scheme.shares)
        if fen
    )
    if reason := found.why_not(made):
        raise Refused(reason)
    if line.amount is not None:
        # What a person has decided is kept with its claim.
        AwardEvent.objects.filter(
            enterprise=firm, code=event.id, kind=AwardEvent.Kind.CLAIM, decided__isnull=True
        ).update(decided=Decimal(line.amount) / 100, recorded_by_id=person(by), recorded_at=timezone.now())
    write(by, made, "propose", amount=made.amount)
    return made


def _payers(path: str) -> dict[str, str]:
    """Level of finance → the place that bears it for an enterprise of this county. One query."""
    kinds = dict(Region.objects.filter(path__in=[*ancestors(path), path]).values_list("path", "kind"))
    return {level_of(kind): place for place, kind in kinds.items()}


def withdraw(*, by: Actor, seen: Mapping[int, int], reason: str) -> Done:
    """Takes proposals back that no level has taken up. Raises Denied, Refused without a reason."""
    require(by, PROPOSE, by.region_path)
    reason = reason.strip()
    if not reason:
        raise Refused("reason_missing")

    def act(award: Award) -> None:
        if not covers(by.region_path, award.region_id):
            raise Refused("not_found")
        state = after(AWARD, award.state, "withdraw")
        if award.portions.exclude(state=Portion.State.WAITING).exists():
            raise Refused("taken_up")
        award.portions.update(state=Portion.State.RELEASED)
        write(by, award, "withdraw", reason=reason, state=state)

    return each(seen, act)
