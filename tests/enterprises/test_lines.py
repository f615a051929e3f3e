"""Lines for COPY say exactly what was read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enterprises.lines import _amounts
from enterprises.models import AnnualFigures
from enterprises.rules.sheet import CLEAR

MOST = 10**18 - 1


@pytest.mark.django_db
@given(st.lists(st.integers(-MOST, MOST), min_size=1, max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_amount_reaches_the_database_to_the_fen_however_large(amounts: list[int]) -> None:
    column = AnnualFigures._meta.get_field("revenue").db_type(connection)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT unnest(%s::{column}[])", [_amounts(amounts)])
        assert [value for (value,) in cursor.fetchall()] == [Decimal(fen).scaleb(-2) for fen in amounts]


def test_unknown_and_erased_amounts_are_null() -> None:
    assert _amounts([None, CLEAR, 0]) == ["\\N", "\\N", "0e-2"]
