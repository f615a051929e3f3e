"""Ratios measured side by side in one run. Nothing here fails because a machine is slow."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.conf import settings

from tests.conftest import (  # noqa: F401  the same template database as the tests
    _owner_connect,
    create_database,
    django_db_setup,
    drop_database,
    template_database,
)

Pair = tuple[Callable[[], object], Callable[[], object]]


def side_by_side(name: str, pair: Pair, *, rounds: int = 15, bound: float | None = None) -> float:
    """Runs both in turn, A B A B …, after a warm-up; prints medians and the median of the ratios."""
    ours, theirs = pair
    ours(), theirs()
    times: list[tuple[float, float]] = []
    for _round in range(rounds):
        times.append((_clock(ours), _clock(theirs)))
    ratio = statistics.median(a / b for a, b in times)
    a, b = (statistics.median(column) for column in zip(*times, strict=True))
    limit = f"   bound {bound}" if bound else ""
    print(f"{name:<64} {ratio:6.2f} times   ({1000 * a:9.2f} ms : {1000 * b:9.2f} ms){limit}", flush=True)
    return ratio


def _clock(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def login(variable: str, user: str, database: str) -> psycopg2.extensions.connection:
    """A connection with one of the real logins; bin/bench hands the addresses over."""
    base = os.environ.get(variable)
    if base is None:
        own = settings.DATABASES["owner"]
        base = f"postgres://{user}@{own['HOST']}:{own['PORT']}/x"
    return psycopg2.connect(urlunsplit(urlsplit(base)._replace(path="/" + database)))


@pytest.fixture(scope="session")
def million(template_database: str) -> Iterator[str]:  # noqa: F811
    """A database of its own with a million enterprises, spread over all counties of the country."""
    name = f"tidu_bench_{os.getpid()}"
    create_database(name, template=template_database)
    connection = _owner_connect(name)
    with connection.cursor() as cursor:
        for table in ("enterprises_enterprise", "enterprises_annualfigures"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(
            """
            WITH county AS (SELECT path, row_number() OVER (ORDER BY path) - 1 AS n, count(*) OVER () AS all_of
                              FROM tenancy_region WHERE kind IN ('county', 'zone') AND valid_until IS NULL)
            INSERT INTO enterprises_enterprise (region_id, public_id, uscc, name, name_key, pinyin, initials, state,
                   source_file, source_sheet, created_at, updated_at, version, established_month_only,
                   innovative_valid_until)
            SELECT c.path, lpad(g::text, 26, '0'), '91' || lpad(g::text, 16, '0'), '第' || g || '企业有限公司', '第' || g || '企业有限公司',
                   lpad((g * 7919 % 1000003)::text, 8, '0'), 'dqyyxgs', 'active', '', '', now(),
                   now() - (g * 104729 % 31536000) * interval '1 second', 1, false,
                   CASE WHEN g % 10 = 0 THEN date '2027-06-30' END
              FROM generate_series(1::bigint, 1000000) g JOIN county c ON c.n = g % c.all_of
            """
        )
        cursor.execute("VACUUM ANALYZE enterprises_enterprise")
    connection.close()
    yield name
    drop_database(name, beside=template_database)
