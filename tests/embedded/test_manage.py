"""bin/manage from the outside, and what it notes in the database."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator

import psycopg2
import pytest

from portal.embedded import manage
from portal.embedded.home import Home
from portal.embedded.servers import Services, embedded
from portal.embedded.setup import ROOT


@pytest.fixture(scope="module")
def home(new_home: Callable[[], Home]) -> Home:
    return new_home().open()


@pytest.fixture(scope="module")
def services(home: Home) -> Iterator[Services]:
    with embedded(home) as found:
        yield found


def call(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "bin" / "manage", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "TIDU_HOME": str(home.root)},
        timeout=120,
    )


def test_stdout_is_the_commands_own_and_its_exit_status_is_passed_on(home: Home, services: Services) -> None:
    done = call(home, "database_roles")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (ROOT / "portal" / "embedded" / "roles.sql").read_text()
    refused = call(home, "check", "--tag", "no-such-tag")
    assert refused.returncode == 1 and refused.stdout == ""


def test_what_has_been_prepared_is_noted_in_the_database_itself(services: Services) -> None:
    assert manage.noted(services.owner_url) == {}
    link = psycopg2.connect(services.owner_url)
    with link, link.cursor() as cursor:
        cursor.execute("CREATE TABLE django_migrations ()")
    manage.note(services.owner_url, {"schema": "a", "reference": "b"})
    assert manage.noted(services.owner_url) == {"schema": "a", "reference": "b"}
    with link, link.cursor() as cursor:
        cursor.execute("DROP TABLE django_migrations")
    link.close()
    assert manage.noted(services.owner_url) == {}


def test_the_fingerprint_of_the_schema_follows_the_migrations() -> None:
    assert manage.schema_fingerprint() == manage.schema_fingerprint()
    files = sorted((ROOT / "tenancy" / "migrations").glob("*.py"))
    assert manage.fingerprint(files) != manage.fingerprint(files[:-1])
