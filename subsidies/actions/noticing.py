"""The public notice of awards: published, objected to, answered, cleared for payment."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from cultivation.actions.recognising import put_up
from cultivation.models import NoticeEntry, Objection, PublicNotice
from cultivation.objections import answered, conflicted, held_objection
from cultivation.rules.workflow import Refused as NotPublished
from subsidies import telling
from subsidies.actions.deciding import refuse_one
from subsidies.models import Award, Portion
from subsidies.rules.amounts import in_wan
from subsidies.rules.workflow import APPROVE, AWARD, Refused, after
from subsidies.steps import Done, each, held, own_level, standing, write
from tenancy import audit, inbox
from tenancy.access import Actor, require
from tenancy.models import Region


def publish(
    *, by: Actor, seen: Mapping[int, int], title: str, contact: str, workdays: int
) -> tuple[PublicNotice | None, Done]:
    """Publishes awards of the own policy whose portions are all approved; where none is left there is no notice.

    Raises Denied, Refused without a title or an address for objections, or for a length that is none.
    """
    require(by, APPROVE, by.region_path)
    with transaction.atomic():
        reasons = standing(held(seen))
        try:
            notice = put_up(by=by, region=by.region_path, title=title, contact=contact, workdays=workdays)
        except NotPublished as wrong:
            raise Refused(wrong.code) from wrong
        places = dict(
            Region.objects.filter(path__in=Award.objects.filter(pk__in=seen).values("region")).values_list(
                "path", "name"
            )
        )

        def act(award: Award) -> None:
            own_level(by, APPROVE, str(award.payer_id))
            state = after(AWARD, award.state, "publish")
            if award.portions.exclude(state=Portion.State.APPROVED).exists():
                raise Refused("not_approved")
            if reasons[award.pk]:
                raise Refused(reasons[award.pk])
            entry = NoticeEntry.objects.create(
                region_id=award.region_id,
                notice=notice,
                name=award.enterprise.name,
                uscc=award.enterprise.uscc,
                place=places[award.region_id][:80],
                note=f"{award.scheme} {in_wan(award.amount)} 万元",
            )
            write(by, award, "publish", state=state, notice_id=notice.pk, entry_id=entry.pk)

        result = each(seen, act)
        if not result.done:
            transaction.set_rollback(True)
            return None, result
        audit.record(
            by=by,
            action="awards.notice",
            region=by.region_path,
            subject=notice,
            detail={"awards": len(result.done), "closes_on": notice.closes_on.isoformat()},
        )
        inbox.tell(telling.published(notice, Award.objects.filter(pk__in=result.done)), by.officer_id)
    return notice, result


def answer(*, by: Actor, objection: Objection, upheld: bool, text: str) -> None:
    """Answers an objection to an award once; one that is upheld ends the award with the answer as its reason.

    Raises Denied, Refused without words, when it is answered already, or when the officer has declared a conflict.
    """
    own_level(by, APPROVE, objection.region_id)
    with transaction.atomic():
        try:
            locked = held_objection(objection, text)
        except NotPublished as wrong:
            raise Refused(wrong.code) from wrong
        pk = Award.objects.filter(entry_id=locked.entry_id).values_list("pk", flat=True).first()
        award = next(iter(held([pk] if pk is not None else [])), None)
        if award is None:
            raise Refused("not_found")
        if conflicted(by, award.enterprise_id):
            raise Refused("conflict")
        if upheld and award.state in Award.LIVE:
            refuse_one(by=by, award=award, reason=text.strip()[:500])
            inbox.tell(telling.refused(award, text.strip()[:300]), by.officer_id)
        answered(by=by, locked=locked, upheld=upheld, text=text, detail={"award": award.pk})


def clear(*, by: Actor, notice: PublicNotice) -> Done:
    """Clears what is left of a notice for payment, once its days are over and its objections answered.

    Raises Denied, Refused while it runs, with an open objection, or where nothing is left.
    """
    own_level(by, APPROVE, notice.region_id)
    with transaction.atomic():
        locked = PublicNotice.objects.select_for_update().get(pk=notice.pk)
        if timezone.localdate() <= locked.closes_on:
            raise Refused("notice_runs")
        if Objection.objects.filter(notice=locked, answered_at__isnull=True).exists():
            raise Refused("objections_open")
        left = dict(Award.objects.filter(notice=locked, state=Award.State.NOTICED).values_list("pk", "step"))
        if not left:
            raise Refused("nothing_left")
        return each(left, lambda award: write(by, award, "clear", state=after(AWARD, award.state, "clear")))
