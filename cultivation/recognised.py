"""Notices and titles: what is to be published, what runs, who holds what, and what comes due."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from cultivation.models import Application, ApplicationBatch, PublicNotice, Recognition
from tenancy.access import Actor
from tenancy.context import ancestors

#: how long before its end a title stands on the work list for its review
LEAD = dt.timedelta(180)
STANDINGS = ("valid", "due", "expired", "replaced", "withdrawn")


def to_publish(actor: Actor) -> QuerySet[ApplicationBatch]:
    """The rounds of one's own region with applications that wait for a notice (`waits`). One query."""
    return _with(actor, Application.State.APPROVED)


def to_enter(actor: Actor) -> QuerySet[ApplicationBatch]:
    """The rounds with applications that wait for the ministry's decision (`waits`). One query."""
    return _with(actor, Application.State.NATION)


def _with(actor: Actor, state: str) -> QuerySet[ApplicationBatch]:
    counted = Count("applications", filter=Q(applications__state=state))
    return (
        ApplicationBatch.objects.filter(region_id=actor.region_path)
        .annotate(waits=counted)
        .filter(waits__gt=0)
        .order_by("-opens_on", "-id")
    )


def notices(actor: Actor) -> QuerySet[PublicNotice]:
    """The rounds' notices of one's own place and those above and below, newest first, with the number of their lines that one sees."""
    return (
        PublicNotice.objects.filter(
            Q(region_id__in=[*ancestors(actor.region_path), actor.region_path])
            | Q(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~"),
            batch__isnull=False,
        )
        .select_related("batch", "announcement")
        .annotate(lines=Count("entries"))
        .order_by("-opens_on", "-id")
    )


def standing(today: dt.date) -> Case:
    """What a title is on a day, for annotating: valid, due for its review, expired, replaced or withdrawn."""
    newer = Recognition.objects.filter(
        enterprise=OuterRef("enterprise"),
        tier=OuterRef("tier"),
        valid_from__gt=OuterRef("valid_from"),
        valid_from__lte=today,
    )
    return Case(
        When(withdrawal__decided_on__lte=today, then=Value("withdrawn")),
        When(Exists(newer), then=Value("replaced")),
        When(valid_until__lt=today, then=Value("expired")),
        When(valid_until__lte=today + LEAD, then=Value("due")),
        default=Value("valid"),
        output_field=CharField(),
    )


def titles(actor: Actor, today: dt.date) -> QuerySet[Any]:
    """The titles of the actor's place, or of the enterprise that the actor speaks for, with their `standing`."""
    found = Recognition.objects.select_related("enterprise", "announcement", "region", "withdrawal").annotate(
        standing=standing(today)
    )
    if actor.role == "enterprise":
        return found.filter(enterprise_id=actor.enterprise_id or 0)
    return found.filter(region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~")


def counts(rows: QuerySet[Any]) -> dict[str, int]:
    """How many titles have which standing. One query."""
    return dict(rows.order_by().values_list("standing").annotate(n=Count("id")).values_list("standing", "n"))


def verified(code: str, today: dt.date) -> dict[str, Any] | None:
    """A title by its code with its `standing`, by the columns that anybody may read. One query."""
    columns = ("code", "name", "tier", "review", "valid_from", "valid_until")
    return (
        Recognition.objects.filter(code=code)
        .annotate(
            standing=standing(today),
            number=F("announcement__number"),
            region_title=F("announcement__region__full_name"),
            withdrawn_on=F("withdrawal__decided_on"),
        )
        .values(*columns, "standing", "number", "region_title", "withdrawn_on")
        .first()
    )


def told_of_objection(receipt: str) -> dict[str, Any] | None:
    """What its receipt tells of an objection: when, about whom, and the answer; never who objected. One query."""
    names = ("title", "about", "made_at", "answered_at", "upheld", "answer")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT title, about, made_at, answered_at, upheld, answer FROM cultivation_objection_told(%s)",
            [receipt],
        )
        row = cursor.fetchone()
    return dict(zip(names, row, strict=True)) if row else None


def as_message(title: Recognition) -> tuple[str, dict[str, Any]]:
    """(region, data) of a title for the webhooks; its enterprise and announcement are at hand."""
    return title.region_id, {
        "code": title.code,
        "uscc": title.enterprise.uscc,
        "name": title.name,
        "tier": title.tier,
        "review": title.review,
        "number": title.announcement.number,
        "valid_from": title.valid_from.isoformat(),
        "valid_until": title.valid_until.isoformat(),
    }
