"""What an import costs for each row does not grow with the rows that it has written before."""

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


@pytest.mark.parametrize("first", [20, 100, 500, 1_000])
def test_keys_are_checked_by_number_however_small_the_table_was_at_first(
    first: int, county_bole: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL plans such a check once, by the rows of that moment, and keeps the plan."""
    monkeypatch.setattr(staging, "_CHUNK", 5 * first)
    looked = (
        "SELECT coalesce(sum(idx_tup_fetch + seq_tup_read), 0) FROM pg_stat_xact_user_tables "
        "WHERE relname = 'enterprises_enterprise'"
    )
    rows = 3_000
    with acting(county_bole), connection.cursor() as cursor:
        cursor.execute(looked)
        before = int(cursor.fetchone()[0])
        result = import_workbook(
            by=county_bole, region=BOLE, year=2025,
            file=books.xlsx(("表", books.plain(rows, 1, **{"营业收入（元）": 1, "从业人员": 2}))),
        )  # fmt: skip
        cursor.execute(looked)
        after = int(cursor.fetchone()[0])
    assert result.created == rows
    assert after - before < 5 * rows
