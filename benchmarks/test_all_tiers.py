"""All tiers judged and stored for a hundred thousand enterprises, against reading and copying alone.

One side is the run that the product makes: facts read, judged by the edition of each tier, answers stored and
audited. The other reads the same facts with the same statements and writes the same rows with COPY.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections

from benchmarks.conftest import create_database, drop_database
from cultivation.actions import evaluate_all
from cultivation.models import Evaluation, Tier
from tenancy.access import system_actor
from tenancy.context import acting
from tests.conftest import BOLE, _owner_connect, point_at

N, YEAR, ON = 100_000, 2025, dt.date(2026, 9, 30)
_FIGURES = """
INSERT INTO enterprises_annualfigures (enterprise_id, region_id, year, employees, rd_staff, revenue, main_revenue,
       total_assets, total_liabilities, net_profit, rd_expense, equity_financing, ip1, ip1_self_developed,
       ip1_high_value, ip1_applied, ip2, in_strategic_emerging, rd_institution_level, segment_years, own_brand,
       core_it_systems, management_certificate, platform_score, on_abnormal_list, on_dishonesty_list, accident_3y,
       restricted_product, source_file, source_sheet, created_at, updated_at, version)
SELECT e.id, e.region_id, y, 20 + e.id % 900, e.id % 90, 1000000 + e.id * 977 %% 90000000, 900000 + e.id * 811 %% 80000000,
       2000000 + e.id * 599 %% 90000000, e.id * 571 %% 60000000, e.id * 13 %% 900000 - 200000, e.id * 613 %% 4000000, 0,
       e.id %% 3, e.id %% 2, CASE WHEN e.id %% 17 = 0 THEN 0 END, e.id %% 5, e.id %% 5, e.id %% 2 = 0, 'none', e.id %% 12,
       e.id %% 3 > 0, e.id %% 3, e.id %% 2 = 0, e.id %% 100, false, false, false, false, '', '', now(), now(), 1
  FROM enterprises_enterprise e CROSS JOIN generate_series(%(last)s - 2, %(last)s) y
"""


@pytest.fixture(scope="module")
def hundred_thousand(django_db_blocker: Any, template_database: str, django_db_setup: None) -> Iterator[None]:
    name, before = f"tidu_bench_tiers_{os.getpid()}", connections["default"].settings_dict["NAME"]
    create_database(name, template=template_database)
    owner = _owner_connect(name)
    with owner.cursor() as cursor:
        for table in ("enterprises_enterprise", "enterprises_annualfigures"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            "INSERT INTO enterprises_enterprise (region_id, public_id, uscc, name, name_key, pinyin, initials, "
            "industry_code, state, source_file, source_sheet, created_at, updated_at, version, "
            "established_month_only, innovative_valid_until) "
            "SELECT %s, lpad(g::text, 26, '0'), '91' || lpad(g::text, 16, '0'), '企业' || g, '企业' || g, '', '', "
            "'C3511', 'active', '', '', now(), now(), 1, false, CASE WHEN g %% 3 = 0 THEN date '2027-06-30' END "
            "FROM generate_series(1, %s) g",
            [BOLE, N],
        )
        cursor.execute(_FIGURES.replace(" % ", " %% "), {"last": YEAR})
        cursor.execute("VACUUM ANALYZE enterprises_enterprise, enterprises_annualfigures")
    owner.close()
    with django_db_blocker.unblock():
        point_at(name)
        yield
        point_at(before)
    drop_database(name, beside=template_database)


def test_all_tiers_against_reading_and_copying(hundred_thousand: None) -> None:
    actor = system_actor(BOLE)
    begin = time.perf_counter()
    with acting(actor):
        evaluate_all(by=actor, region=BOLE, tiers=Tier.values, year=YEAR, on=ON)
    judging = time.perf_counter() - begin
    columns = [field.column for field in Evaluation._meta.concrete_fields if field.name != "created_at"]
    listed = ", ".join(columns)
    rows = io.BytesIO()
    with acting(actor), connection.cursor() as cursor:
        cursor.copy_expert(f"COPY (SELECT {listed} FROM cultivation_evaluation) TO STDOUT", rows)
    rows.seek(0)
    begin = time.perf_counter()
    with acting(actor), connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.*, f0.*, f1.*, f2.* FROM enterprises_enterprise e "
            + " ".join(
                f"LEFT JOIN enterprises_annualfigures f{n} ON f{n}.enterprise_id = e.id AND f{n}.year = {YEAR - n}"
                for n in range(3)
            )
        )
        assert len(cursor.fetchall()) == N
        cursor.execute(
            f"CREATE TEMPORARY TABLE copied ON COMMIT DROP AS SELECT {listed} FROM cultivation_evaluation LIMIT 0"
        )
        cursor.copy_expert("COPY copied FROM STDIN", rows, 1 << 20)
        assert cursor.rowcount == N * len(Tier.values)
    plain = time.perf_counter() - begin
    print(
        f"\n{N:,} enterprises judged for all tiers / reading facts and COPYing rows   {judging / plain:6.2f} times"
        f"   ({judging:.1f} s : {plain:.1f} s)   bound 3",
        flush=True,
    )
