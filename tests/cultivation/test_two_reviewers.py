"""Two people at once, on connections of their own, over committed data."""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from cultivation.actions import Decided, decide, file, open_batch
from cultivation.models import Application, ReviewStep
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Officer
from tests.conftest import BOLE, XINJIANG, create_database, drop_database, point_at

from .world import enterprise


@pytest.fixture
def committed(django_db_blocker: Any, template_database: str, django_db_setup: None) -> Iterator[None]:
    """A fresh database whose rows are really committed, so that other connections see them."""
    before = connections["default"].settings_dict["NAME"]
    name = f"tidu_test_two_{os.getpid()}"
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


def test_of_two_decisions_at_once_one_holds_and_the_other_is_told(committed: None) -> None:
    region, filer = officer("region", "region", XINJIANG), officer("filer", "county", BOLE)
    first, second = officer("first", "county", BOLE), officer("second", "county", BOLE)
    today = timezone.localdate()
    with acting(region):
        batch = open_batch(
            by=region,
            region=XINJIANG,
            tier="innovative",
            title="一",
            opens_on=today,
            closes_on=today + dt.timedelta(9),
        )
    for n in range(1, 9):
        with acting(filer):
            application = file(by=filer, batch=batch, enterprise=enterprise(n, BOLE))
        with acting(filer):
            decide(by=filer, seen={application.pk: 0}, decision="submit")

        def work(by: Actor, decision: str, pk: int = application.pk) -> Callable[[], Decided]:
            def run() -> Decided:
                with acting(by):
                    return decide(by=by, seen={pk: 1}, decision=decision, reason="不符合")  # type: ignore[arg-type]

            return run

        given = together(work(first, "recommend"), work(second, "reject"))
        won = [g for g in given if g.done]
        lost = [g for g in given if g.refused]
        assert len(won) == len(lost) == 1
        assert lost[0].refused == {application.pk: "overtaken"}
        winner = first if won[0] is given[0] else second
        assert lost[0].meanwhile[application.pk][0] == winner.officer_id
        with nation():
            assert ReviewStep.objects.filter(application_id=application.pk).count() == 2


def test_two_filings_at_once_are_one_application(committed: None) -> None:
    region = officer("region", "region", XINJIANG)
    today = timezone.localdate()
    with acting(region):
        batch = open_batch(
            by=region, region=XINJIANG, tier="innovative", title="一", opens_on=today, closes_on=today
        )
    people = [officer(f"o{n}", "county", BOLE) for n in range(2)]
    for n in range(1, 6):
        of = enterprise(n, BOLE)

        def work(by: Actor, of: Any = of) -> Callable[[], int]:
            def run() -> int:
                with acting(by):
                    return file(by=by, batch=batch, enterprise=of).pk

            return run

        given = together(*(work(by) for by in people))
        assert given[0] == given[1] and given[0] is not None
    with nation():
        assert Application.objects.count() == 5
