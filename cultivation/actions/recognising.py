"""From the region's approval to the title: public notice, objections, announcement, withdrawal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from cultivation import telling, terms
from cultivation.actions.applications import Decided, decide_about
from cultivation.models import (
    Announcement,
    Application,
    ApplicationBatch,
    NoticeEntry,
    Objection,
    PublicNotice,
    Recognition,
    Withdrawal,
)
from cultivation.objections import answered, conflicted, held_objection
from cultivation.recognised import as_message
from cultivation.rules.terms import years_later
from cultivation.rules.workflow import PUBLISH, RECOGNISE, Refused
from enterprises.actions.titles import hold_title
from tenancy import audit, hooks, inbox
from tenancy.access import Actor, person, require
from tenancy.context import acting
from tenancy.models import Region
from tenancy.rules.roles import official_of

_MOST_WORKDAYS = 60


def publish(
    *,
    by: Actor,
    batch: ApplicationBatch,
    title: str,
    contact: str,
    seen: Mapping[int, int],
    workdays: int | None = None,
) -> tuple[PublicNotice | None, Decided]:
    """Publishes the approved applications of a round, from today for so many working days (the terms' by default).

    `seen` gives for each application the number of its last step. Those that stand elsewhere meanwhile are left
    out and told; where none is left there is no notice. Raises Denied without `notices.publish` in the round's
    region, Refused without a title or an address for objections, or for a length that is none.
    """
    require(by, PUBLISH, batch.region_id)
    if workdays is None:
        workdays = terms.of(batch.tier, timezone.localdate()).notice_workdays
    with transaction.atomic():
        notice = put_up(
            by=by, region=batch.region_id, title=title, contact=contact, workdays=workdays, batch=batch
        )
        here = Application.objects.filter(pk__in=seen, batch=batch).values_list("pk", flat=True)
        result = decide_about(by=by, seen={pk: seen[pk] for pk in here}, decision="publish")
        if not result.done:
            transaction.set_rollback(True)
            return None, result
        done = Application.objects.filter(pk__in=result.done).select_related("enterprise").order_by("pk")
        places = _places({a.region_id for a in done})
        NoticeEntry.objects.bulk_create(
            NoticeEntry(
                region_id=a.region_id,
                notice=notice,
                application=a,
                name=a.enterprise.name,
                uscc=a.enterprise.uscc,
                place=places[a.region_id][:80],
            )
            for a in done
        )
        audit.record(
            by=by,
            action="notices.publish",
            region=notice.region_id,
            subject=notice,
            detail={"applications": len(result.done), "closes_on": notice.closes_on.isoformat()},
        )
        inbox.tell(telling.notice_published(notice, [a.region_id for a in done]), by.officer_id)
    return notice, result


def put_up(
    *,
    by: Actor,
    region: str,
    title: str,
    contact: str,
    workdays: int,
    batch: ApplicationBatch | None = None,
) -> PublicNotice:
    """A notice from today for so many working days, of an act around it that has asked for its own permission and adds
    the lines. Raises Refused without a title or an address for objections, or for a length that is none."""
    title, contact = " ".join(title.split()), contact.strip()
    if not title or not contact:
        raise Refused("notice_words")
    if not 1 <= workdays <= _MOST_WORKDAYS:
        raise Refused("notice_length")
    today = timezone.localdate()
    closes = terms.deadline(today, workdays)
    return PublicNotice.objects.create(
        region_id=region,
        batch=batch,
        title=title[:120],
        opens_on=today,
        closes_on=closes.on,
        sure=closes.sure,
        contact=contact[:300],
        published_by_id=person(by),
    )


def object_to(
    *, by: Actor, notice: PublicNotice, entry_id: int, name: str, contact: str, text: str
) -> Objection:
    """What anybody brings forward against a line of a notice, by name and with a way to be reached; the
    receipt's code asks after the answer. Nobody is signed in: `by` is the system, in the authority's place, with
    the address that it came from.

    Raises Refused outside the notice's days, for a line of another notice, or without name, contact and text.
    """
    name, contact, text = name.strip()[:60], contact.strip()[:100], text.strip()[:3000]
    if not (name and contact and text):
        raise Refused("objection_words")
    with acting(by):
        held = PublicNotice.objects.select_for_update().get(pk=notice.pk)
        if not held.opens_on <= timezone.localdate() <= held.closes_on:
            raise Refused("notice_over")
        if not NoticeEntry.objects.filter(pk=entry_id, notice=held).exists():
            raise Refused("not_found")
        made = Objection.objects.create(
            region_id=held.region_id, notice=held, entry_id=entry_id, name=name, contact=contact, text=text
        )
        audit.record(by=by, action="notices.object", region=held.region_id, subject=made)
        inbox.tell([telling.objected(held, made, _authority(held))])
    return made


def answer(*, by: Actor, objection: Objection, upheld: bool, text: str) -> Objection:
    """Answers an objection once; one that is upheld takes its enterprise out of the list.

    Raises Denied without `recognitions.decide`, Refused without words, when it is answered already, or when the
    officer has declared a conflict with the enterprise.
    """
    require(by, RECOGNISE, objection.region_id)
    with transaction.atomic():
        locked = held_objection(objection, text)
        application = NoticeEntry.objects.select_related("application").get(pk=locked.entry_id).application
        if application is None:
            raise Refused("not_found")
        if conflicted(by, application.enterprise_id):
            raise Refused("conflict")
        if upheld and application.state == Application.State.NOTICE:
            told = decide_about(
                by=by,
                seen={application.pk: application.step},
                decision="reject",
                reason=text.strip()[:1000],
            )
            if told.refused:
                raise Refused(told.refused[application.pk])
        answered(by=by, locked=locked, upheld=upheld, text=text, detail={"application": application.pk})
    return locked


def recognise(*, by: Actor, notice: PublicNotice, number: str, announced_on: dt.date) -> Announcement:
    """Recognises what is left of a notice whose days are over and whose objections are answered; all or none.

    Raises Denied without `recognitions.decide`, Refused while the notice runs, with an open objection, without a
    document number, before the notice ended or in the future, or when it was announced already.
    """
    require(by, RECOGNISE, notice.region_id)
    with transaction.atomic():
        held = PublicNotice.objects.select_for_update(of=("self",)).select_related("batch").get(pk=notice.pk)
        if Announcement.objects.filter(notice=held).exists():
            raise Refused("announced")
        if held.batch is None:
            raise Refused("nothing_left")
        if timezone.localdate() <= held.closes_on:
            raise Refused("notice_runs")
        if announced_on <= held.closes_on:
            raise Refused("announced_too_early")
        if Objection.objects.filter(notice=held, answered_at__isnull=True).exists():
            raise Refused("objections_open")
        left = dict(
            Application.objects.filter(
                pk__in=NoticeEntry.objects.filter(notice=held).values("application"),
                state=Application.State.NOTICE,
            ).values_list("pk", "step")
        )
        return _announced(by, held.batch, left, number, announced_on, held)


def recognise_nationally(
    *,
    by: Actor,
    batch: ApplicationBatch,
    seen: Mapping[int, int],
    number: str,
    announced_on: dt.date,
    again: bool = False,
) -> Announcement:
    """Enters the ministry's decision about applications that were recommended to it; all or none.

    With `again` further ones go to an announcement that was entered before. Raises as `recognise` does.
    """
    require(by, RECOGNISE, batch.region_id)
    with transaction.atomic():
        here = set(
            Application.objects.filter(pk__in=seen, batch=batch, state=Application.State.NATION).values_list(
                "pk", flat=True
            )
        )
        if here != set(seen):
            raise Refused("overtaken")
        return _announced(by, batch, dict(seen), number, announced_on, None, again=again)


def _announced(
    by: Actor,
    batch: ApplicationBatch,
    seen: dict[int, int],
    number: str,
    announced_on: dt.date,
    notice: PublicNotice | None,
    *,
    again: bool = False,
) -> Announcement:
    number = " ".join(number.split())
    if not number:
        raise Refused("number_missing")
    if announced_on > timezone.localdate():
        raise Refused("date_future")
    if not seen:
        raise Refused("nothing_left")
    before = Announcement.objects.filter(batch=batch, number=number).first()
    if before is not None and not again:
        raise Refused("announced")
    until = years_later(announced_on, terms.of(batch.tier, announced_on).valid_years)
    result = decide_about(by=by, seen=seen, decision="recognise")
    if result.refused:
        raise Refused(next(iter(result.refused.values())))
    made = before or Announcement.objects.create(
        region_id=batch.region_id,
        batch=batch,
        notice=notice,
        number=number[:80],
        announced_on=announced_on,
        recorded_by_id=person(by),
    )
    recognised = Application.objects.filter(pk__in=result.done).select_related("enterprise").order_by("pk")
    titles = Recognition.objects.bulk_create(
        Recognition(
            region_id=a.region_id,
            enterprise=a.enterprise,
            announcement=made,
            application=a,
            tier=batch.tier,
            review=batch.review,
            name=a.enterprise.name,
            valid_from=announced_on,
            valid_until=until,
        )
        for a in recognised
    )
    hooks.tell("recognised", map(as_message, titles))
    inbox.tell(telling.recognised(titles, number), by.officer_id)
    hold_title(
        by=by,
        region=batch.region_id,
        enterprise_ids=[a.enterprise_id for a in recognised],
        tier=batch.tier,
        valid_until=until,
        source=number,
    )
    audit.record(
        by=by,
        action="recognitions.announce",
        region=batch.region_id,
        subject=made,
        detail={
            "number": number,
            "announced_on": announced_on.isoformat(),
            "valid_until": until.isoformat(),
            "enterprises": [a.enterprise_id for a in recognised],
        },
    )
    return made


def withdraw(
    *, by: Actor, recognition: Recognition, kind: str, reason: str, evidence: str, decided_on: dt.date
) -> Withdrawal:
    """Takes a title away from the day of the decision. After an accident, dishonesty or false data nothing is
    applied for until the bar of the terms has ended. Twice is refused.

    Raises Denied without `recognitions.decide` above the enterprise, Refused without a kind, reason or evidence,
    or for a day in the future or before the title.
    """
    require(by, RECOGNISE, recognition.region_id)
    reason, evidence = reason.strip(), evidence.strip()
    if kind not in Withdrawal.Kind.values or not reason or not evidence:
        raise Refused("withdrawal_words")
    if not recognition.valid_from <= decided_on <= timezone.localdate():
        raise Refused("withdrawal_date")
    bar = terms.of(recognition.tier, decided_on).bar_years if kind in Withdrawal.BARRING else 0
    with transaction.atomic():
        made, new = Withdrawal.objects.get_or_create(
            recognition=recognition,
            defaults={
                "region_id": recognition.region_id,
                "enterprise_id": recognition.enterprise_id,
                "kind": kind,
                "reason": reason[:1000],
                "evidence": evidence[:300],
                "decided_on": decided_on,
                "barred_until": years_later(decided_on, bar) if bar else None,
                "by_id": person(by),
            },
        )
        if not new:
            raise Refused("withdrawn")
        newest = (
            Recognition.objects.filter(enterprise=recognition.enterprise_id, tier=recognition.tier)
            .order_by("-valid_from")
            .first()
        )
        if newest is not None and newest.pk == recognition.pk:
            hold_title(
                by=by,
                region=recognition.region_id,
                enterprise_ids=[recognition.enterprise_id],
                tier=recognition.tier,
                valid_until=decided_on - dt.timedelta(1),
                source=evidence,
            )
        region, data = as_message(recognition)
        hooks.tell("withdrawn", [(region, data | {"kind": kind, "withdrawn_on": decided_on.isoformat()})])
        inbox.tell(telling.withdrawn(recognition, made), by.officer_id)
        audit.record(
            by=by,
            action="recognitions.withdraw",
            region=recognition.region_id,
            subject=recognition,
            detail={
                "kind": kind,
                "reason": reason[:500],
                "decided_on": decided_on.isoformat(),
                "barred_until": made.barred_until.isoformat() if made.barred_until else None,
            },
        )
    return made


def _authority(notice: PublicNotice) -> str:
    """The role that answers objections: titles are the region's, awards those of the level that pays."""
    if notice.batch_id is not None:
        return "region"
    return official_of(Region.objects.get(path=notice.region_id).kind)


def _places(paths: set[str]) -> dict[str, str]:
    return dict(Region.objects.filter(path__in=paths).values_list("path", "name"))
