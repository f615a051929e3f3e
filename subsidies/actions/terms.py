"""What a place settles beside the written policies: drafted by one person, put in force, dropped or ended by another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from subsidies import local, schemes, telling
from subsidies.models import LocalRule
from subsidies.rules.workflow import TERMS, Refused
from tenancy import audit, inbox
from tenancy.access import Actor, person, require
from tenancy.models import Region
from tenancy.rules.roles import official_of


def draft_rule(
    *,
    by: Actor,
    kind: str,
    since: dt.date,
    document: str,
    clause: str = "",
    until: dt.date | None = None,
    policy: str = "",
    base: str = "",
    fixed: int | None = None,
    percent: Decimal | None = None,
    in_highest: bool | None = None,
    parts: Sequence[tuple[str, int]] = (),
) -> LocalRule:
    """Keeps a drafted rule of the actor's own place: a top-up of the scheme `base` by `fixed` fen or a percentage, or for a
    `policy` whether matching takes part in 就高, or the parts of the levels. Raises Denied, Refused as `rules.local.wrong`."""
    require(by, TERMS, by.region_path)
    place = Region.objects.get(path=by.region_path)
    known = schemes.base(base)
    rule = LocalRule(
        region_id=by.region_path,
        kind=kind,
        policy=known[0].id if known else policy,
        base=base,
        fixed=fixed,
        percent=percent,
        in_highest=in_highest,
        parts=[list(part) for part in parts],
        since=since,
        until=until,
        document=" ".join(document.split())[:120],
        clause=" ".join(clause.split())[:40],
        drafted_by_id=person(by),
    )
    if code := local.wrong(rule, place):
        raise Refused(code)
    with transaction.atomic():
        rule.save(force_insert=True)
        _record(by, rule, "awards.terms.draft")
        inbox.tell(telling.rule_drafted(rule, official_of(place.kind)), by.officer_id)
    return rule


def decide_rule(*, by: Actor, rule: LocalRule, accept: bool) -> LocalRule:
    """Puts a drafted rule in force, or drops it. Raises Denied outside its own place; Refused to who has drafted it (who may
    drop it), where it was decided, and where the base has a top-up of the place already."""
    with transaction.atomic():
        locked = _held(by, rule)
        if locked.state != LocalRule.State.DRAFT:
            raise Refused("rule_decided")
        if accept and locked.drafted_by_id == person(by):
            raise Refused("same_person")
        locked.state = LocalRule.State.IN_FORCE if accept else LocalRule.State.DROPPED
        locked.decided_by_id, locked.decided_at = person(by), timezone.now()
        try:
            with transaction.atomic():
                locked.save(update_fields=["state", "decided_by_id", "decided_at"])
        except IntegrityError as wrong:
            if "local_rule_one_top_up" not in str(wrong):
                raise
            raise Refused("rule_known") from wrong
        _record(by, locked, "awards.terms.accept" if accept else "awards.terms.drop")
    return locked


def end_rule(*, by: Actor, rule: LocalRule, on: dt.date) -> LocalRule:
    """Ends a rule with a last day, today at the earliest. Raises Denied, Refused."""
    with transaction.atomic():
        locked = _held(by, rule)
        if locked.state != LocalRule.State.IN_FORCE or locked.ended_on is not None:
            raise Refused("rule_decided")
        if on < timezone.localdate():
            raise Refused("rule_end")
        locked.ended_on, locked.ended_by_id = on, person(by)
        locked.save(update_fields=["ended_on", "ended_by_id"])
        _record(by, locked, "awards.terms.end")
    return locked


def _held(by: Actor, rule: LocalRule) -> LocalRule:
    require(by, TERMS, by.region_path)
    locked = LocalRule.objects.select_for_update(no_key=True).filter(pk=rule.pk).first()
    if locked is None or locked.region_id != by.region_path:
        raise Refused("rule_gone")
    return locked


def _record(by: Actor, rule: LocalRule, action: str) -> None:
    audit.record(
        by=by,
        action=action,
        region=by.region_path,
        subject=rule,
        detail={
            "kind": rule.kind,
            "policy": rule.policy,
            "base": rule.base,
            "fixed": rule.fixed,
            "percent": None if rule.percent is None else str(rule.percent),
            "in_highest": rule.in_highest,
            "parts": rule.parts,
            "since": rule.since.isoformat(),
            "until": rule.until.isoformat() if rule.until else None,
            "document": rule.document,
            "ended": rule.ended_on.isoformat() if rule.ended_on else None,
        },
    )
