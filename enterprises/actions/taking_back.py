"""An import taken back whole: what it created goes, what it changed is as it was before.

The row history is the source: the version before the import's first change of a row. Whatever touched one
of its rows since stands in the way, and so do the upper floors' keys on enterprises that would go.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from enterprises.actions.entry import Refused
from enterprises.models import ImportBatch, Proposal
from enterprises.rules.fields import ENTERPRISE_FIELDS, FIGURE_FIELDS
from enterprises.turns import take_turn
from tenancy import audit
from tenancy.access import Actor, require

_ENTERPRISE = (
    "name", "name_key", "pinyin", "initials", "established_month_only",
    *(f.code for f in ENTERPRISE_FIELDS if f.code != "name"),
)  # fmt: skip
_FIGURES = tuple(f.code for f in FIGURE_FIELDS)
_SOURCE = ("import_batch_id", "source_file", "source_sheet", "source_row")

#: the rows that the batch touched: its first event of each, and whether anybody else came after
_TOUCHED = """
CREATE TEMP TABLE taken_{0} ON COMMIT DROP AS
SELECT t.id, t.first, t.created, EXISTS (
  SELECT FROM {1}event x WHERE x.pgh_obj_id = t.id AND x.pgh_id > t.first
    AND x.import_batch_id IS DISTINCT FROM %(batch)s
    AND NOT EXISTS (SELECT FROM enterprises_importbatch b
      WHERE b.id = x.import_batch_id AND b.state = 'taken_back')) AS built_on
FROM (SELECT pgh_obj_id AS id, min(pgh_id) AS first,
        (array_agg(pgh_label ORDER BY pgh_id))[1] = 'insert' AS created
      FROM {1}event WHERE import_batch_id = %(batch)s GROUP BY pgh_obj_id) t
"""
_RESTORE = """
UPDATE {table} r SET {columns}, {source}, updated_at = now(), updated_by_id = %(by)s, version = r.version + 1
FROM taken_{short} t
CROSS JOIN LATERAL (
  SELECT * FROM {table}event x WHERE x.pgh_obj_id = t.id AND x.pgh_id < t.first
  ORDER BY x.pgh_id DESC LIMIT 1) w
WHERE r.id = t.id AND NOT t.created
"""
_TABLES = (
    ("figures", "enterprises_annualfigures", _FIGURES),
    ("enterprise", "enterprises_enterprise", _ENTERPRISE),
)


def take_back(*, by: Actor, batch: ImportBatch) -> ImportBatch:
    """Undoes a written import, in one transaction. A second call changes nothing.

    Raises Refused `built_on` (with how many rows) when rows were changed since or somebody decided one of
    its proposals, `enterprise_in_use` when a later step holds one of its enterprises, and Denied without
    `enterprises.import`.
    """
    require(by, "enterprises.import", batch.region_id)
    with transaction.atomic():
        take_turn(batch.region_id)
        batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.state == ImportBatch.State.TAKEN_BACK:
            return batch
        if batch.state != ImportBatch.State.DONE:
            raise Refused("not_written")
        counts = _undo(by, batch)
        batch.state = ImportBatch.State.TAKEN_BACK
        batch.taken_back_at, batch.taken_back_by_id = timezone.now(), by.officer_id
        batch.save(update_fields=["state", "taken_back_at", "taken_back_by"])
        audit.record(
            by=by, action="enterprises.import.take_back", region=batch.region_id, subject=batch, detail=counts
        )
    return batch


def _undo(by: Actor, batch: ImportBatch) -> dict[str, int]:
    params: dict[str, Any] = {"batch": batch.pk, "by": by.officer_id}
    proposals = Proposal.objects.select_for_update().filter(batch_id=batch.pk)
    accepted = proposals.filter(state=Proposal.State.ACCEPTED).count()
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        # Locked before it is looked at, in the order in which an import locks.
        cursor.execute(
            "SELECT id FROM enterprises_enterprise WHERE id IN ("
            "SELECT pgh_obj_id FROM enterprises_enterpriseevent WHERE import_batch_id = %(batch)s "
            "UNION SELECT enterprise_id FROM enterprises_annualfiguresevent WHERE import_batch_id = %(batch)s) "
            "ORDER BY id FOR UPDATE",
            params,
        )
        for short, table, _codes in _TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.taken_{short}")
            cursor.execute(_TOUCHED.format(short, table), params)
            cursor.execute(f"CREATE INDEX ON taken_{short} (id)")
            cursor.execute(f"ANALYZE taken_{short}")
        cursor.execute(
            "SELECT (SELECT count(*) FROM taken_figures WHERE built_on) "
            "+ (SELECT count(*) FROM taken_enterprise WHERE built_on) "
            "+ (SELECT count(*) FROM enterprises_annualfigures f JOIN taken_enterprise t ON t.created AND "
            "f.enterprise_id = t.id WHERE f.import_batch_id IS DISTINCT FROM %(batch)s) "
            "+ (SELECT count(*) FROM enterprises_enterprisestate s JOIN taken_enterprise t "
            "ON t.created AND s.enterprise_id = t.id) "
            "+ (SELECT count(*) FROM enterprises_entrydraft d JOIN taken_enterprise t "
            "ON t.created AND d.enterprise_id = t.id)",
            params,
        )
        (built_on,) = cursor.fetchone()
        if built_on or accepted:
            raise Refused("built_on", count=built_on + accepted)
        for short, table, codes in _TABLES:
            cursor.execute(
                _RESTORE.format(
                    table=table,
                    short=short,
                    columns=", ".join(f"{code} = w.{code}" for code in codes),
                    source=", ".join(f"{code} = w.{code}" for code in _SOURCE),
                ),
                params,
            )
            counts[f"restored_{short}"] = cursor.rowcount
        # The name that the import took away is the enterprise's own again, no longer a former one.
        cursor.execute(
            "DELETE FROM enterprises_namehistory h USING taken_enterprise t, enterprises_enterprise e, "
            "enterprises_enterpriseevent x WHERE h.enterprise_id = t.id AND e.id = t.id AND x.pgh_id = t.first "
            "AND h.name = e.name AND h.recorded_at >= x.pgh_created_at"
        )
        cursor.execute(
            "DELETE FROM enterprises_annualfigures f USING taken_figures t WHERE f.id = t.id AND t.created"
        )
        counts["removed_figures"] = cursor.rowcount
        for table in ("enterprises_proposal", "enterprises_namehistory"):
            cursor.execute(
                f"DELETE FROM {table} c USING taken_enterprise t "  # noqa: S608
                "WHERE t.created AND c.enterprise_id = t.id"
            )
        try:
            with transaction.atomic():
                cursor.execute(
                    "DELETE FROM enterprises_enterprise e USING taken_enterprise t "
                    "WHERE e.id = t.id AND t.created"
                )
                counts["removed_enterprise"] = cursor.rowcount
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except IntegrityError as wrong:
            raise Refused("enterprise_in_use") from wrong
    counts["withdrawn"] = proposals.filter(state=Proposal.State.OPEN).update(
        state=Proposal.State.WITHDRAWN, decided_at=timezone.now(), decided_by_id=by.officer_id
    )
    return counts
