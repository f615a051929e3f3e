"""What a run found, kept with its batch: counts, layout, problems at their cells, changes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.utils import timezone

from enterprises.importing import ImportResult
from enterprises.models import ImportBatch, ImportChange, ImportProblem
from enterprises.rules.problems import Problem

#: every error is kept, and of warnings as many as anybody reads
_MOST_WARNINGS = 20_000
#: how long an upload with a personal identity number may lie
PERSONAL_FOR = dt.timedelta(days=7)

#: one statement each, however many there are
_STORE_PROBLEMS = """
INSERT INTO enterprises_importproblem
  (region_id, batch_id, severity, code, sheet, "row", "column", field, header, value, subject, params)
SELECT %s, %s, p.* FROM json_to_recordset(%s) AS p
  (severity text, code text, sheet text, "row" int, "column" text, field text, header text, value text,
   subject text, params jsonb)
"""
_STORE_CHANGES = """
INSERT INTO enterprises_importchange (region_id, batch_id, uscc, name, sheet, "row", changes)
SELECT %s, %s, c.* FROM json_to_recordset(%s) AS c
  (uscc text, name text, sheet text, "row" int, changes jsonb)
"""


def keep(batch: ImportBatch, result: ImportResult) -> None:
    """Stores counts, problems and changes with the batch, in place of what an earlier run left.

    What earlier runs of the same batch have written is added up in `total_created`, `total_updated`.
    """
    before = batch.counts or {}
    written = batch.state == ImportBatch.State.DONE
    totals = {
        f"total_{name}": before.get(f"total_{name}", 0) + (getattr(result, name) if written else 0)
        for name in ("created", "updated")
    }
    batch.counts = result.counts | totals | {"problems": len(result.problems)}
    batch.layout = result.layout
    if any(problem.code == "uscc_personal_id" for problem in result.problems):
        batch.personal_until = batch.personal_until or timezone.now() + PERSONAL_FOR
    batch.save()
    ImportProblem.objects.filter(batch=batch).delete()
    _store(
        batch,
        _STORE_PROBLEMS,
        [
            {
                "severity": p.severity,
                "code": p.code,
                "sheet": p.sheet[:100],
                "row": p.row,
                "column": p.column,
                "field": p.field,
                "header": p.header[:200],
                "value": p.value,
                "subject": p.subject,
                "params": p.params,
            }
            for p in _kept(result.problems)
        ],
    )
    if not written or result.updated:
        ImportChange.objects.filter(batch=batch).delete()
        _store(batch, _STORE_CHANGES, result.changes)


def _kept(problems: list[Problem]) -> Iterator[Problem]:
    warnings = 0
    for problem in problems:
        warnings += not problem.is_error
        if problem.is_error or warnings <= _MOST_WARNINGS:
            yield problem


def _store(batch: ImportBatch, statement: str, lines: list[dict[str, Any]]) -> None:
    if lines:
        with connection.cursor() as cursor:
            cursor.execute(
                statement, [batch.region_id, batch.pk, json.dumps(lines, ensure_ascii=False, default=str)]
            )
