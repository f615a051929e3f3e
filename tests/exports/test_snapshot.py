"""An export while rows change shows one moment and prints it (F-08). Real transactions, a database of its own."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse

from enterprises.models import AnnualFigures, Enterprise
from enterprises.resources import ListResource
from portal.exports import actions as exports
from portal.exports.wanted import Wanted
from portal.pages import exports as pages
from tenancy.access import Actor, actor_for, system_actor
from tenancy.context import acting
from tenancy.models import Officer
from tests.conftest import BOLE, _owner_connect, create_database, drop_database, point_at
from tests.enterprises.books import code
from tests.tenancy.test_sign_in import sign_in


@pytest.fixture
def other(
    django_db_setup: None, template_database: str, django_db_blocker: Any
) -> Iterator[psycopg2.extensions.connection]:
    """A second connection to a database in which commits are real."""
    name, before = f"tidu_own_{os.getpid()}", settings.DATABASES["default"]["NAME"]
    create_database(name, template=template_database)
    with django_db_blocker.unblock():
        point_at(name)
        second = _owner_connect(name)
        yield second
        second.close()
        point_at(before)
    drop_database(name, beside=template_database)


@pytest.fixture
def officer(other: psycopg2.extensions.connection) -> Actor:
    Officer.objects.create_user("county.652701", display_name="孟克")
    with other.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tenancy_posting (officer_id, role, region_id, from_at) "
            "SELECT id, 'county', %s, now() FROM tenancy_officer",
            [BOLE],
        )
    with acting(system_actor(BOLE)):
        for n in range(6):
            made = Enterprise(region_id=BOLE, uscc=code(n), park="旧园")
            made.set_name(f"第{n}公司")
            made.save()
            AnnualFigures.objects.create(region_id=BOLE, enterprise=made, year=2025, employees=1)
    return actor_for("county.652701")


def _change(other: psycopg2.extensions.connection) -> None:
    """Every kind of change that others may commit meanwhile."""
    with other.cursor() as cursor:
        cursor.execute("UPDATE enterprises_enterprise SET park = '新园'")
        cursor.execute("UPDATE enterprises_annualfigures SET employees = 2")
        cursor.execute("UPDATE enterprises_enterprise SET state = 'moved' WHERE uscc = %s", [code(5)])
        cursor.execute(
            "UPDATE enterprises_enterprise SET region_id = '65/6527/652722/' WHERE uscc = %s", [code(4)]
        )


def _parks_and_people(data: bytes) -> list[tuple[str, str]]:
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    at = rows[1].index("所在园区"), rows[1].index("2025年从业人员（人）")
    assert "共 6 行" in rows[0][0]
    return [(row[at[0]], row[at[1]]) for row in rows[2:]]


def test_a_worker_writes_one_snapshot_page_after_page_f08(
    other: psycopg2.extensions.connection, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ListResource, "page", 2)
    told = iter([_change])

    def progress(stage: str, done: int, total: int) -> None:
        next(told, lambda other: None)(other)

    with acting(officer, snapshot=True):
        record = exports.make(
            by=officer, wanted=Wanted("registry", "csv", query="year=2025"), progress=progress
        )
        with record.file.open() as file:
            assert _parks_and_people(file.read()) == [("旧园", "1")] * 6
    with other.cursor() as cursor:
        cursor.execute("SELECT max(updated_at) < now() FROM portal_exportrecord, enterprises_enterprise")
        assert cursor.fetchone() == (True,)
    with acting(officer):
        assert set(Enterprise.objects.values_list("park", flat=True)) == {"新园"}


def test_the_page_writes_one_snapshot_as_well_f08(
    other: psycopg2.extensions.connection, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ListResource, "page", 2)
    fetch = exports.lists.LISTS["registry"].resource(officer, Wanted("registry").asked, ["uscc"], []).fetch
    kept = type(fetch.__self__).fetch
    levels = []

    def changed(self: Any, rows: Any, keys: list[Any]) -> list[Any]:
        if not levels:
            with connection.cursor() as cursor:
                cursor.execute("SHOW transaction_isolation")
                levels.append(cursor.fetchone()[0])
            found = kept(self, rows, keys)
            _change(other)
            return found
        return kept(self, rows, keys)

    monkeypatch.setattr(type(fetch.__self__), "fetch", changed)
    client = Client()
    sign_in(client, officer)
    for view in (pages.make, pages.again):
        assert getattr(view, "one_snapshot", False)
    answer = client.post(reverse("make_export"), {"list": "registry", "format": "csv", "query": "year=2025"})
    assert _parks_and_people(b"".join(answer)) == [("旧园", "1")] * 6
    assert levels == ["repeatable read"]


def test_another_page_reads_as_it_always_did(
    other: psycopg2.extensions.connection, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = []
    made = pages.queries.visible

    def looked(actor: Actor) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")
            levels.append(cursor.fetchone()[0])
        return made(actor)

    monkeypatch.setattr(pages.queries, "visible", looked)
    client = Client()
    sign_in(client, officer)
    assert client.get(reverse("exports")).status_code == 200
    assert set(levels) == {"read committed"}
