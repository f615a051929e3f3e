"""One recorded check of many enterprises: the bad lists were looked at, or nobody has a thing.

Real workbooks lack these columns. The check fills gaps only, is a batch of its own with its source, and
can be taken back like an import.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from enterprises.actions.entry import Refused
from enterprises.models import Enterprise, ImportBatch
from enterprises.models.enterprise import EnterpriseQuerySet
from enterprises.rules.fields import CHECKABLE
from enterprises.turns import take_turn
from tenancy import audit
from tenancy.access import Actor, require


def record_check(
    *,
    by: Actor,
    region: str,
    enterprises: EnterpriseQuerySet,
    year: int,
    codes: Sequence[str],
    on: dt.date,
    source: str,
    conditions: str = "",
) -> ImportBatch:
    """Writes "no" (or none, or 0) for facts that are unknown in `year`; what is known stays as it is.

    `source` says where it was looked up, `on` when. Causes five statements however many enterprises there
    are. Raises Denied without `enterprises.edit`, Refused for a fact that cannot be checked so, a date that
    lies ahead, or an empty source.
    """
    require(by, "enterprises.edit", region)
    unknown = [code for code in codes if code not in CHECKABLE]
    if unknown or not codes:
        raise Refused("field_unknown", fields=unknown)
    if on > timezone.localdate():
        raise Refused("date_future")
    if not source.strip():
        raise Refused("source_missing")
    with transaction.atomic():
        take_turn(region)
        batch = ImportBatch.objects.create(
            region_id=region,
            kind=ImportBatch.Kind.CHECK,
            name=f"{source.strip()[:180]} {on.isoformat()}",
            sha256="",
            year=year,
            mapping={
                "fields": list(codes),
                "on": on.isoformat(),
                "source": source.strip()[:500],
                "conditions": conditions[:500],
            },
            state=ImportBatch.State.DONE,
            by_id=by.officer_id,
            finished_at=timezone.now(),
        )
        ids = list(
            Enterprise.objects.filter(pk__in=enterprises.under(region).order_by().values("pk"))
            .order_by("pk")
            .select_for_update()
            .values_list("pk", flat=True)
        )
        batch.counts = _fill(batch, ids, list(codes), by)
        batch.save(update_fields=["counts"])
        audit.record(
            by=by,
            action="enterprises.check",
            region=region,
            subject=batch,
            detail={**batch.mapping, **batch.counts, "year": year},
        )
    return batch


def _fill(batch: ImportBatch, ids: list[int], codes: list[str], by: Actor) -> dict[str, int]:
    values = {code: CHECKABLE[code] for code in codes}
    params: dict[str, Any] = {
        "ids": ids,
        "year": batch.year,
        "batch": batch.pk,
        "by": by.officer_id,
        "file": batch.name[:200],
        **{f"v_{code}": value for code, value in values.items()},
    }
    # Names of columns out of the vocabulary, values as parameters.
    fills = ", ".join(f"{code} = coalesce(f.{code}, %(v_{code})s)" for code in codes)
    gaps = " OR ".join(f"f.{code} IS NULL" for code in codes)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE enterprises_annualfigures f SET {fills}, import_batch_id = %(batch)s, "  # noqa: S608
            "source_file = %(file)s, source_sheet = '', source_row = NULL, updated_at = now(), "
            "updated_by_id = %(by)s, version = f.version + 1 "
            f"WHERE f.enterprise_id = ANY (%(ids)s) AND f.year = %(year)s AND ({gaps})",
            params,
        )
        updated = cursor.rowcount
        cursor.execute(
            "INSERT INTO enterprises_annualfigures "  # noqa: S608
            f"(enterprise_id, region_id, year, {', '.join(codes)}, import_batch_id, source_file, source_sheet, "
            "created_at, updated_at, updated_by_id, version) "
            f"SELECT e.id, e.region_id, %(year)s, {', '.join(f'%(v_{code})s' for code in codes)}, %(batch)s, "
            "%(file)s, '', now(), now(), %(by)s, 1 FROM enterprises_enterprise e "
            "WHERE e.id = ANY (%(ids)s) ORDER BY e.id ON CONFLICT (enterprise_id, year) DO NOTHING",
            params,
        )
        created = cursor.rowcount
    return {
        "rows": len(ids),
        "created": 0,
        "updated": updated + created,
        "unchanged": len(ids) - updated - created,
        "failed": 0,
    }
