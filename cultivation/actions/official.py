"""Official lists: brought in, matched to the registry, doubtful lines decided by a person, the sure ones recognised."""

from __future__ import annotations

import datetime as dt
import io
from collections import defaultdict

from django.db import transaction
from django.utils import timezone

from cultivation import telling, terms
from cultivation.actions.recognising import RECOGNISE, recognise_nationally
from cultivation.matching import match
from cultivation.models import (
    Announcement,
    Application,
    ApplicationBatch,
    OfficialLine,
    OfficialList,
    Recognition,
    Tier,
)
from cultivation.recognised import as_message
from cultivation.rules.terms import years_later
from cultivation.rules.workflow import Refused
from enterprises import workbook
from enterprises.actions.titles import FIELDS, hold_title
from enterprises.models import Enterprise
from enterprises.rules.names_list import named
from tenancy import audit, files, hooks, inbox
from tenancy.access import Actor, person, require

KIND = "official.list"
_MOST_LINES = 20_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
How, Result = OfficialLine.How, OfficialLine.Result


def take_list(
    *,
    by: Actor,
    region: str,
    tier: str,
    number: str,
    announced_on: dt.date,
    name: str,
    data: bytes,
    review: bool = False,
) -> OfficialList:
    """Keeps an announced list with its file and says for each line whom it is about; nothing is recognised yet.

    Raises Denied without `recognitions.decide`, Refused without a number, for a day in the future, and for a file
    without a column of names.
    """
    require(by, RECOGNISE, region)
    number = " ".join(number.split())
    if not number:
        raise Refused("number_missing")
    if tier not in Tier.values:
        raise Refused("title")
    if announced_on > timezone.localdate():
        raise Refused("date_future")
    name = files.safe_name(name)
    try:
        lines = named(workbook.read(io.BytesIO(data), name))
    except workbook.WorkbookRefused as wrong:
        raise Refused("official_file") from wrong
    if not lines:
        raise Refused("official_no_names")
    if len(lines) > _MOST_LINES:
        raise Refused("official_long")
    with transaction.atomic():
        stored = files.store(
            by=by,
            region=region,
            kind=KIND,
            name=name,
            media_type="text/csv" if name.lower().endswith(".csv") else _XLSX,
            chunks=[data],
        )
        made = OfficialList.objects.create(
            region_id=region,
            tier=tier,
            review=review,
            number=number[:80],
            announced_on=announced_on,
            file=stored,
            name=stored.name,
            made_by_id=person(by),
        )
        OfficialLine.objects.bulk_create(
            (
                OfficialLine(
                    region_id=region,
                    of_list=made,
                    sheet=line.sheet[:100],
                    row=line.row,
                    name=line.name,
                    uscc=line.uscc,
                    how=found.how,
                    candidates=found.candidates,
                    enterprise_id=found.enterprise_id,
                )
                for line, found in zip(lines, match(region, lines), strict=True)
            ),
            batch_size=2_000,
        )
        audit.record(
            by=by,
            action="official.take",
            region=region,
            subject=made,
            detail={"number": number, "tier": tier, "review": review, "lines": len(lines),
                    "sha256": stored.sha256},
        )  # fmt: skip
    return made


def decide_line(*, by: Actor, line: OfficialLine, enterprise_id: int | None) -> None:
    """A person's word whom a doubtful line is about: one of its candidates, or (None) nobody in the registry.

    Raises Denied, and Refused for somebody else, or for a line that was decided or needs no decision.
    """
    require(by, RECOGNISE, line.region_id)
    with transaction.atomic():
        locked = OfficialLine.objects.select_for_update().get(pk=line.pk)
        if locked.how != How.DOUBTFUL or locked.decided_at is not None:
            raise Refused("official_decided")
        if enterprise_id is not None and enterprise_id not in locked.candidates:
            raise Refused("official_candidate")
        locked.enterprise_id, locked.decided_at, locked.decided_by_id = (
            enterprise_id,
            timezone.now(),
            person(by),
        )
        locked.result = "" if enterprise_id is not None else Result.NOBODY
        locked.save(update_fields=["enterprise_id", "decided_at", "decided_by", "result"])
        audit.record(
            by=by,
            action="official.decide",
            region=locked.region_id,
            subject=locked,
            detail={"row": locked.row, "name": locked.name, "enterprise": enterprise_id},
        )


def confirm_list(*, by: Actor, made: OfficialList) -> dict[str, int]:
    """Recognises everybody on the list who is known for sure and does not hold the title already; counts by result.

    What the region has recommended to the ministry takes its last step with it. Again, it goes on with what was
    decided since; nobody is recognised twice.
    """
    require(by, RECOGNISE, made.region_id)
    with transaction.atomic():
        held = OfficialList.objects.select_for_update().get(pk=made.pk)
        lines = OfficialLine.objects.select_for_update().filter(of_list=held, result="").order_by("-row")
        waiting = {line.enterprise_id: line for line in lines if line.enterprise_id is not None}
        # Who has left the registry or the region since waits, and nothing is said about it.
        here = set(
            Enterprise.objects.under(held.region_id).filter(pk__in=waiting).values_list("pk", flat=True)
        )
        waiting = {pk: line for pk, line in waiting.items() if pk in here}
        known = set(
            Recognition.objects.filter(
                enterprise_id__in=waiting,
                tier=held.tier,
                valid_from__lte=held.announced_on,
                valid_until__gte=held.announced_on,
            )
            .exclude(valid_from__lt=held.announced_on, review=not held.review)
            .values_list("enterprise_id", flat=True)
        )
        fresh = [pk for pk in waiting if pk not in known]
        through = _recommended(by, held, fresh)
        rest = [pk for pk in fresh if pk not in through]
        if rest:
            _recognised(by, held, rest)
        OfficialLine.objects.filter(pk__in=[waiting[pk].pk for pk in known]).update(result=Result.KNOWN)
        OfficialLine.objects.filter(pk__in=[waiting[pk].pk for pk in fresh]).update(result=Result.RECOGNISED)
        if waiting:
            audit.record(
                by=by,
                action="official.confirm",
                region=held.region_id,
                subject=held,
                detail={"recognised": sorted(fresh), "known": sorted(known), "recommended": sorted(through)},
            )
    return {"recognised": len(fresh), "known": len(known)}


def _recommended(by: Actor, held: OfficialList, enterprises: list[int]) -> set[int]:
    """Those whose application waits for the ministry are recognised by it; returns them."""
    waiting: dict[int, dict[int, int]] = defaultdict(dict)
    done: set[int] = set()
    for a in Application.objects.filter(
        enterprise_id__in=enterprises,
        state=Application.State.NATION,
        batch__tier=held.tier,
        batch__review=held.review,
        batch__region_id=held.region_id,
    ):
        waiting[a.batch_id][a.pk] = a.step
        done.add(a.enterprise_id)
    for batch in ApplicationBatch.objects.filter(pk__in=waiting).order_by("pk"):
        recognise_nationally(
            by=by,
            batch=batch,
            seen=waiting[batch.pk],
            number=held.number,
            announced_on=held.announced_on,
            again=True,
        )
    return done


def _recognised(by: Actor, held: OfficialList, enterprises: list[int]) -> None:
    until = years_later(held.announced_on, terms.of(held.tier, held.announced_on).valid_years)
    made, _new = Announcement.objects.get_or_create(
        region_id=held.region_id,
        batch=None,
        number=held.number,
        defaults={"announced_on": held.announced_on, "recorded_by_id": person(by)},
    )
    found = Enterprise.objects.filter(pk__in=enterprises).order_by("pk")
    names = dict(
        OfficialLine.objects.filter(of_list=held, enterprise_id__in=enterprises, result="").values_list(
            "enterprise_id", "name"
        )
    )
    titles = Recognition.objects.bulk_create(
        [
            Recognition(
                region_id=e.region_id,
                enterprise=e,
                announcement=made,
                tier=held.tier,
                review=held.review,
                name=names[e.pk],
                valid_from=held.announced_on,
                valid_until=until,
            )
            for e in found
        ],
        batch_size=2_000,
    )
    hooks.tell("recognised", map(as_message, titles))
    inbox.tell(telling.recognised(titles, held.number), by.officer_id)
    later = [e.pk for e in found if (now := getattr(e, FIELDS[held.tier])) is None or now < until]
    hold_title(
        by=by,
        region=held.region_id,
        enterprise_ids=later,
        tier=held.tier,
        valid_until=until,
        source=held.number,
    )
