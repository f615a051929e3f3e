"""close_quarter as it is called from a shell: real processes, real commits, a database of their own."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.conf import settings

from tests.conftest import ROOT, create_database

EXPECTED = {
    "6527-2026Q3.pdf",
    "652701-2026Q3.pdf",
    "652702-2026Q3.pdf",
    "652722-2026Q3.pdf",
    "652723-2026Q3.pdf",
}
ENTERPRISE = """
SET ROLE tidu_owner;
INSERT INTO enterprises_enterprise (region_id, public_id, uscc, name, name_key, pinyin, initials, state, source_file,
       source_sheet, created_at, updated_at, version, established_month_only)
SELECT '65/6527/652701/', 'p' || n, '91652701MA' || lpad(n::text, 8, '0'), '第' || n || '企业', 'k' || n, 'p', 'p', 'active',
       '', '', now(), now(), 1, false
  FROM generate_series(1, 40) n
"""


def _url(variable: str, user: str, database: str) -> str:
    given = os.environ.get(variable)
    if given:
        return urlunsplit(urlsplit(given)._replace(path="/" + database))
    default = settings.DATABASES["default"]
    return f"postgres://{user}@{default['HOST']}:{default['PORT'] or 5432}/{database}"


@pytest.fixture
def shell(template_database: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a command on a fresh copy of the migrated database."""
    name = f"tidu_command_{secrets.token_hex(4)}"
    create_database(name, template=template_database)
    owner = settings.DATABASES["owner"]
    connection = psycopg2.connect(
        host=owner["HOST"] or None,
        port=owner["PORT"] or None,
        user=owner["USER"],
        password=owner["PASSWORD"] or None,
        dbname=name,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(ENTERPRISE)
    connection.close()
    yield os.environ | {
        "DATABASE_URL": _url("TIDU_WORKER_URL", "tidu_worker", name),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "TIDU_HOME": str(tmp_path / "home"),
    }
    connection = psycopg2.connect(
        host=owner["HOST"] or None,
        port=owner["PORT"] or None,
        user=owner["USER"],
        password=owner["PASSWORD"] or None,
        dbname=template_database,
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    connection.close()


@pytest.fixture
def close(shell: dict[str, str]) -> Callable[..., subprocess.Popen[str]]:
    def begin(out: Path, quarter: str = "2026Q3") -> subprocess.Popen[str]:
        command = [
            sys.executable,
            "manage.py",
            "close_quarter",
            quarter,
            "--region",
            "6527",
            "--out",
            str(out),
            "--json",
        ]
        return subprocess.Popen(
            command, cwd=ROOT, env=shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return begin


def files(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_every_call_leaves_the_whole_set_with_the_same_bytes(close, tmp_path):
    first = close(tmp_path / "a")
    out, err = first.communicate()
    assert first.returncode == 0, err
    answer = json.loads(out)
    assert answer["quarter"] == "2026Q3"
    assert [s["region"] for s in answer["snapshots"]] == ["6527", "652701", "652702", "652722", "652723"]
    assert all(s["created"] for s in answer["snapshots"])
    assert answer["snapshots"][0]["figures"]["enterprises"] == 40
    assert {Path(r["file"]).name: r["sha256"] for r in answer["reports"]} == files(tmp_path / "a")
    assert set(files(tmp_path / "a")) == EXPECTED
    again = json.loads(close(tmp_path / "a").communicate()[0])
    assert not any(s["created"] for s in again["snapshots"])
    assert {Path(r["file"]).name: r["sha256"] for r in again["reports"]} == files(tmp_path / "a")
    assert [s["figures"] for s in again["snapshots"]] == [s["figures"] for s in answer["snapshots"]]


def test_two_at_once_count_once_and_leave_the_same_files(close, tmp_path):
    both = [close(tmp_path / "a"), close(tmp_path / "a"), close(tmp_path / "b")]
    answers = [json.loads(each.communicate()[0]) for each in both]
    assert sum(s["created"] for a in answers for s in a["snapshots"]) == 5
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert set(files(tmp_path / "a")) == EXPECTED


@pytest.mark.parametrize("seconds", [0.8, 1.6, 3.0, 5.0])
def test_after_a_kill_the_next_call_leaves_everything(close, tmp_path, seconds):
    killed = close(tmp_path / "a")
    time.sleep(seconds)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    before = files(tmp_path / "a") if (tmp_path / "a").exists() else {}
    done = close(tmp_path / "a")
    _, err = done.communicate()
    assert done.returncode == 0, err
    after = files(tmp_path / "a")
    assert set(after) == EXPECTED
    assert {name: digest for name, digest in before.items() if name in EXPECTED}.items() <= after.items()


def test_a_quarter_that_has_not_ended_is_refused(close, tmp_path):
    refused = close(tmp_path / "a", "2199Q1")
    out, err = refused.communicate()
    assert refused.returncode == 3
    assert json.loads(out)["error"] == "quarter_not_ended"
    assert "has not ended" in err
