"""The database of the tests and their standing cast.

The tests connect with a login of their own that may take each of the real roles; a test begins as the
bare web login, exactly like a request before its context. Every worker gets a copy of one migrated
template database; nothing is flushed, each test is rolled back.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import gettempdir

import psycopg2
import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connections
from django.db.backends.signals import connection_created
from psycopg2 import sql as pg

from tenancy.access import Actor
from tenancy.context import nation
from tenancy.models import Officer, Posting

pytest_plugins = ["tests.matrix_objects", "tests.at_once"]
ROOT = Path(__file__).resolve().parent.parent
BOLE, JINGHE, WENQUAN, BORTALA, XINJIANG = (
    "65/6527/652701/",
    "65/6527/652722/",
    "65/6527/652723/",
    "65/6527/",
    "65/",
)
HONGQI = "41/4107/410702/"


def _owner_connect(database: str) -> psycopg2.extensions.connection:
    owner = settings.DATABASES["owner"]
    connection = psycopg2.connect(
        host=owner["HOST"] or None,
        port=owner["PORT"] or None,
        user=owner["USER"],
        password=owner["PASSWORD"] or None,
        dbname=database,
    )
    connection.autocommit = True
    return connection


def _schema_stamp() -> str:
    """Changes when a migration or the reference data change, so that an old template is not reused."""
    digest = hashlib.sha256()
    for pattern in (
        "*/migrations/*.py",
        "fixtures/**/*.yaml",
        "tenancy/rls.py",
        "tenancy/rules/divisions.py",
    ):
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def create_database(name: str, template: str | None = None) -> None:
    with_template = pg.SQL(" TEMPLATE {}").format(pg.Identifier(template)) if template else pg.SQL("")
    connection = _owner_connect(settings.DATABASES["owner"]["TEST"]["NAME"])
    with connection.cursor() as cursor:
        cursor.execute(pg.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(pg.Identifier(name)))
        cursor.execute(pg.SQL("CREATE DATABASE {}").format(pg.Identifier(name)) + with_template)
    connection.close()


def drop_database(name: str, *, beside: str) -> None:
    """Best effort: a vacuum worker in it may not be ours to end, and the cluster is thrown away anyhow."""
    connection = _owner_connect(beside)
    with suppress(psycopg2.Error), connection.cursor() as cursor:
        cursor.execute(pg.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(pg.Identifier(name)))
    connection.close()


def _exists(name: str) -> bool:
    connection = _owner_connect(settings.DATABASES["owner"]["TEST"]["NAME"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        found = cursor.fetchone() is not None
    connection.close()
    return found


def point_at(database: str) -> None:
    for alias in ("default", "owner"):
        connections[alias].close()
        settings.DATABASES[alias]["NAME"] = database
        connections[alias].settings_dict["NAME"] = database


@pytest.fixture(scope="session")
def template_database(django_db_blocker: object) -> str:
    """The migrated database with reference data that all others are copied from."""
    name = f"tidu_template_{_schema_stamp()}"
    lock = Path(gettempdir()) / f"tidu-tests-{os.getuid()}.lock"
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not _exists(name):
            draft = name + "_draft"
            create_database(draft)
            _grant_schema(draft)
            point_at(draft)
            with django_db_blocker.unblock():  # type: ignore[attr-defined]
                call_command("migrate", database="owner", verbosity=0)
                call_command("load_reference", verbosity=0)
                for alias in ("default", "owner"):
                    connections[alias].close()
            connection = _owner_connect(settings.DATABASES["owner"]["TEST"]["NAME"])
            with connection.cursor() as cursor:
                cursor.execute(
                    pg.SQL("ALTER DATABASE {} RENAME TO {}").format(pg.Identifier(draft), pg.Identifier(name))
                )
            connection.close()
    return name


def _grant_schema(database: str) -> None:
    connection = _owner_connect(database)
    with connection.cursor() as cursor:
        cursor.execute("GRANT USAGE, CREATE ON SCHEMA public TO tidu_definer")
    connection.close()


@pytest.fixture(scope="session")
def django_db_setup(template_database: str) -> Iterator[None]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"tidu_test_{worker}_{os.getpid()}"
    create_database(name, template=template_database)
    point_at(name)
    connection_created.connect(_as_bare_web_login, dispatch_uid="tests")
    yield
    for alias in ("default", "owner"):
        connections[alias].close()
    drop_database(name, beside=template_database)


def _as_bare_web_login(sender: object, connection: object, **_: object) -> None:
    if connection.alias == "default" and connection.settings_dict["USER"] == "tidu_test":  # type: ignore[attr-defined]
        with connection.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute("SET ROLE tidu_web")


@pytest.fixture
def person(db: None) -> Callable[..., Actor]:
    """Makes an officer with one posting and returns the Actor."""

    def make(username: str, role: str, path: str, enterprise_id: int | None = None) -> Actor:
        officer = Officer.objects.create_user(username, display_name=username)
        with nation():
            posting = Posting.objects.create(
                officer=officer, role=role, region_id=path, enterprise_id=enterprise_id
            )
        return Actor(officer.pk, username, username, role, path, enterprise_id, posting.pk)

    return make


@pytest.fixture
def county_bole(person: Callable[..., Actor]) -> Actor:
    return person("county.652701", "county", BOLE)


@pytest.fixture
def county_jinghe(person: Callable[..., Actor]) -> Actor:
    return person("county.652722", "county", JINGHE)


@pytest.fixture
def prefecture_bortala(person: Callable[..., Actor]) -> Actor:
    return person("prefecture.6527", "prefecture", BORTALA)


@pytest.fixture
def region_xinjiang(person: Callable[..., Actor]) -> Actor:
    return person("region.65", "region", XINJIANG)


@pytest.fixture(scope="session", autouse=True)
def _own_cache() -> None:
    """A database of Redis for each worker: a test that empties its cache must not empty its neighbour's.
    The portals that the browser opens take theirs from 8 on."""
    number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 7
    server, _, _number = settings.CACHES["default"]["LOCATION"].rpartition("/")
    settings.CACHES["default"]["LOCATION"] = f"{server}/{number}"
    with suppress(AttributeError):  # one that was made before
        del caches["default"]
    assert caches["default"]._cache._servers == [f"{server}/{number}"]


@pytest.fixture(autouse=True)
def _places(settings: object, tmp_path: Path) -> None:
    """Files and keys of a test lie in its own folder."""
    settings.FILES_ROOT = tmp_path / "files"  # type: ignore[attr-defined]
    settings.KEYS_ROOT = tmp_path / "keys"  # type: ignore[attr-defined]
