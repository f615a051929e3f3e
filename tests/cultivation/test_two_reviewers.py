"""Two people at once, on connections of their own, over committed data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from cultivation.actions import Decided, decide, file, open_batch
from cultivation.models import Application, ReviewStep
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.at_once import officer, together
from tests.conftest import BOLE, XINJIANG

from .world import enterprise


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
