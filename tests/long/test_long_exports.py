"""F-11: an export of two hundred thousand enterprises stays within bounded memory, and says how far it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from tests.conftest import BOLE, ROOT, _owner_connect, create_database, drop_database

pytestmark = pytest.mark.long
COUNT = 200_000

#: a process of its own, as a worker's child is one
PROGRAM = """
import django; django.setup()
import json, sys
from django.conf import settings
from django.db import connection
from portal.exports import actions as exports
from portal.exports.wanted import Wanted
from tenancy.access import system_actor
from tenancy.context import acting
from tests.memory import peak_memory
with connection.cursor() as cursor:
    cursor.execute("SET ROLE tidu_worker")
told = []
actor = system_actor(sys.argv[1])
with acting(actor, snapshot=True):
    wanted = Wanted("registry", sys.argv[2], query="sort=name&year=2025")
    record = exports.make(by=actor, wanted=wanted, progress=lambda stage, done, total: told.append(done))
print(json.dumps({"rows": record.rows, "bytes": record.bytes, "megabytes": peak_memory() >> 20, "told": len(told)}))
"""


@pytest.fixture
def crowded(django_db_setup: None, template_database: str) -> Iterator[str]:
    """A database of its own with two hundred thousand enterprises and their figures of three years."""
    name = f"tidu_long_{os.getpid()}"
    create_database(name, template=template_database)
    connection = _owner_connect(name)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO enterprises_enterprise (public_id, uscc, name, name_key, pinyin, initials, state, region_id,
              source_file, source_sheet, created_at, updated_at, version, established_month_only, park)
            SELECT 'x' || lpad(n::text, 25, '0'), '91652701MA' || lpad(n::text, 8, '0'), '企业' || n, 'k' || n,
              'p' || md5(n::text), 'q', 'active', %s, '', '', now(), now(), 1, false, '=园区' || n
            FROM generate_series(1, %s) n
            """,
            [BOLE, COUNT],
        )
        cursor.execute(
            """
            INSERT INTO enterprises_annualfigures (enterprise_id, region_id, year, employees, revenue, own_brand,
              source_file, source_sheet, created_at, updated_at, version)
            SELECT id, region_id, year, 10, 123456.78, true, '', '', now(), now(), 1
            FROM enterprises_enterprise, generate_series(2023, 2025) year
            """
        )
        cursor.execute("ANALYZE")
    connection.close()
    yield name
    drop_database(name, beside=template_database)


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_two_hundred_thousand_rows_are_written_within_bounded_memory_f11(
    suffix: str, crowded: str, tmp_path: Any
) -> None:
    own = settings.DATABASES["default"]
    url = f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{crowded}"
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM, BOLE, suffix],
        cwd=ROOT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "DATABASE_URL": url,
            "TIDU_FILES": str(tmp_path / "f"),
            "TIDU_KEYS": str(tmp_path / "k"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )
    assert said.returncode == 0, said.stderr[-3000:]
    found = json.loads(said.stdout)
    assert found["rows"] == COUNT and found["told"] >= COUNT // 1000
    assert found["megabytes"] < 300, found
