"""Recommendation lists (推荐汇总表): made of what a level has passed on, printed for the seal, the scan taken back."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from cultivation.listed import passed_on
from cultivation.models import ApplicationBatch, RecommendationList
from cultivation.queue import require_level
from cultivation.rules.workflow import Refused
from cultivation.stored import dumps
from cultivation.uploads import checked
from tenancy import audit, files
from tenancy.access import Actor, person

#: kinds of stored files
PRINTED, SCAN = "recommendation", "recommendation.scan"


def make_list(*, by: Actor, batch: ApplicationBatch) -> RecommendationList:
    """The list of what the actor's level has passed on in a round; the one there is where nothing changed since.

    Raises Denied where the actor decides about no applications, Refused where nothing was passed on.
    """
    require_level(by, by.region_path, own=True)
    with transaction.atomic():
        with connection.cursor() as cursor:
            # One after the other, so that two make one list or two that follow each other.
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7012))", [f"{batch.pk} {by.region_path}"]
            )
        rows = passed_on(by, batch)
        if not rows:
            raise Refused("list_empty")
        digest = hashlib.sha256(dumps(rows).encode()).hexdigest()
        before = RecommendationList.objects.filter(batch=batch, region_id=by.region_path)
        newest = before.order_by("-number").first()
        if newest is not None and newest.sha256 == digest:
            return newest
        made = RecommendationList.objects.create(
            region_id=by.region_path,
            batch=batch,
            number=(before.aggregate(n=Max("number"))["n"] or 0) + 1,
            rows=rows,
            count=len(rows),
            sha256=digest,
            made_by_id=person(by),
        )
        audit.record(
            by=by,
            action="lists.make",
            region=by.region_path,
            subject=made,
            detail={"batch": batch.pk, "number": made.number, "count": made.count, "sha256": digest},
        )
    return made


def keep_printed(*, by: Actor, made: RecommendationList, name: str, content: bytes) -> None:
    """Keeps the printed list; a second printing of the same list leaves the first."""
    require_level(by, made.region_id, own=True)
    with transaction.atomic():
        locked = RecommendationList.objects.select_for_update().get(pk=made.pk)
        if locked.printed_id is None:
            locked.printed = files.store(
                by=by,
                region=locked.region_id,
                kind=PRINTED,
                name=name,
                media_type="application/pdf",
                chunks=[content],
            )
            locked.save(update_fields=["printed"])


def take_scan(*, by: Actor, made: RecommendationList, name: str, file: BinaryIO) -> None:
    """Keeps the scan of the sealed list, once. Raises Denied elsewhere, Refused for another kind of file or a
    second scan (a list that is wrong is followed by another)."""
    require_level(by, made.region_id, own=True)
    name, media = checked(name, file)
    if media not in ("application/pdf", "image/jpeg", "image/png"):
        raise Refused("list_scan_kind")
    with transaction.atomic():
        locked = RecommendationList.objects.select_for_update().get(pk=made.pk)
        if locked.scan_id is not None:
            raise Refused("list_scanned")
        locked.scan = files.store(
            by=by, region=locked.region_id, kind=SCAN, name=name, media_type=media, chunks=[file.read()]
        )
        locked.scanned_at = timezone.now()
        locked.save(update_fields=["scan", "scanned_at"])
        audit.record(
            by=by,
            action="lists.scan",
            region=locked.region_id,
            subject=locked,
            detail={"name": locked.scan.name, "sha256": locked.scan.sha256, "list": locked.sha256},
        )
