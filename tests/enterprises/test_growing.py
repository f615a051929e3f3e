"""What an import costs for each row does not grow with the rows that it has written before.

PostgreSQL plans the check of a foreign key once, by the rows of that moment, and keeps the plan.
"""

from __future__ import annotations

import pytest
from django.db import connection

from enterprises import staging
from enterprises.actions.imports import import_workbook
from tenancy.access import Actor
from tenancy.context import acting
from tests.conftest import BOLE
from tests.enterprises import books

pytestmark = pytest.mark.django_db


def looked_at() -> int:
    """How many rows of enterprises this transaction has looked at."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(idx_tup_fetch + seq_tup_read), 0) FROM pg_stat_xact_user_tables "
            "WHERE relname = 'enterprises_enterprise'"
        )
        return int(cursor.fetchone()[0])


def imported(by: Actor, count: int, start: int) -> None:
    rows = books.plain(count, start, **{"营业收入（元）": 1, "从业人员": 2})
    result = import_workbook(by=by, region=BOLE, year=2025, file=books.xlsx(("表", rows)))
    assert result.created == count


@pytest.mark.parametrize("first", [100, 500, 1_000])
def test_keys_are_checked_by_number_however_small_the_first_chunk_is(
    first: int, county_bole: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_CHUNK", 5 * first)
    with acting(county_bole):
        before = looked_at()
        imported(county_bole, 3_000, 1)
        assert looked_at() - before < 30 * 3_000


def test_a_session_that_knew_a_handful_of_rows_plans_anew_for_thousands(
    county_bole: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_CHUNK", 5_000)
    scans = ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")
    with acting(county_bole), connection.cursor() as cursor:
        for scan in scans:  # as a table of a handful would be planned
            cursor.execute(f"SET LOCAL {scan} = off")
        imported(county_bole, 20, 1)
        for scan in scans:
            cursor.execute(f"SET LOCAL {scan} TO DEFAULT")
        before = looked_at()
        imported(county_bole, 3_000, 1_000)
        assert looked_at() - before < 200 * 3_000
