"""For tests with several people at once: connections of their own, over rows that are really committed."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from subsidies.rules.workflow import Refused
from tenancy.access import Actor
from tenancy.models import Officer


@pytest.fixture
def committed(django_db_blocker: Any, template_database: str, django_db_setup: None) -> Iterator[None]:
    """A fresh database whose rows are really committed, so that other connections see them."""
    # Imported here: as a plugin this module is loaded before the settings are.
    from tests.conftest import create_database, drop_database, point_at

    before = connections["default"].settings_dict["NAME"]
    # A name of its own: the one before may not be gone yet, a vacuum worker can hold it.
    name = f"tidu_test_once_{uuid.uuid4().hex[:12]}"
    create_database(name, template=template_database)
    with django_db_blocker.unblock():
        point_at(name)
        try:
            yield
        finally:
            point_at(before)
            drop_database(name, beside=template_database)


def officer(name: str, role: str, path: str) -> Actor:
    made = Officer.objects.create_user(name, display_name=name)
    return Actor(made.pk, name, name, role, path)


def together(*works: Callable[[], Any]) -> list[Any]:
    """Runs each in a thread, all let go at one moment; what each gave."""
    gate, given = threading.Barrier(len(works)), [None] * len(works)

    def one(n: int) -> None:
        try:
            gate.wait(10)
            given[n] = works[n]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return given


def told(work: Callable[[], Any]) -> Callable[[], Any]:
    """The code of a refusal instead of the refusal."""

    def tried() -> Any:
        try:
            return work()
        except Refused as refused:
            return refused.code

    return tried


def statements_of(work: Callable[[], Any]) -> int:
    """How many statements the work takes."""
    asked: list[str] = []

    def counting(execute: Any, sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(counting):
        work()
    return len(asked)


@contextmanager
def broken_off(at: int) -> Iterator[None]:
    """One transaction that ends at its n-th statement, as when the database is gone."""
    left = [at]

    def dying(execute: Any, sql: str, *rest: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise DatabaseError("gone")
        return execute(sql, *rest)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.execute_wrapper(dying):
        yield
