"""A move at the same moment as another act: one holds, the other is told."""

from __future__ import annotations

import pytest
from django.utils import timezone

from cultivation.actions import file
from cultivation.models import Application
from cultivation.rules.workflow import Refused as NotFiled
from enterprises.actions import moving
from enterprises.actions.entry import Refused
from enterprises.models import Enterprise, FormerRegion, Move
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Region
from tests.at_once import officer, together
from tests.conftest import BOLE, HONGQI, JINGHE, XINJIANG
from tests.cultivation.test_applications import opened
from tests.cultivation.world import enterprise


def _offer(by: Actor, of: Enterprise, to: str) -> str:
    with acting(by):
        try:
            place = Region.objects.get(path=to)
            moving.offer_move(by=by, enterprise=of, to=place, moved_on=timezone.localdate(), document="甲")
        except Refused as refused:
            return refused.code
    return "offered"


@pytest.mark.usefixtures("committed")
def test_of_two_offers_one_is_made() -> None:
    by, of = officer("bole", "county", BOLE), enterprise(1, BOLE)
    given = together(lambda: _offer(by, of, JINGHE), lambda: _offer(by, of, HONGQI))
    assert sorted(given) == ["move_open", "offered"]


@pytest.mark.usefixtures("committed")
def test_of_two_who_take_it_one_does_and_two_workers_carry_it_once() -> None:
    by, of = officer("bole", "county", BOLE), enterprise(1, BOLE)
    _offer(by, of, JINGHE)
    with nation():
        move = Move.objects.get()
    two = [officer(name, "county", JINGHE) for name in ("one", "two")]

    def take(who: Actor) -> str:
        with acting(who):
            try:
                moving.decide_move(by=who, move=move, accept=True)
            except Refused as refused:
                return refused.code
        return "taken"

    def carry() -> bool:
        with nation():
            return moving.hand_over(by=two[0], move=move)

    assert sorted(together(lambda: take(two[0]), lambda: take(two[1]))) == ["move_decided", "taken"]
    assert sorted(together(carry, carry)) == [False, True]
    with nation():
        assert FormerRegion.objects.count() == 1


@pytest.mark.usefixtures("committed")
def test_an_application_filed_at_the_moment_of_the_offer_is_refused_or_ties_it() -> None:
    region, by = officer("region", "region", XINJIANG), officer("bole", "county", BOLE)
    batch = opened(region)
    for n in range(1, 6):
        of = enterprise(n, BOLE)

        def apply(of: Enterprise = of) -> str:
            with acting(by):
                try:
                    file(by=by, batch=batch, enterprise=of)
                except NotFiled as refused:
                    return refused.code
            return "filed"

        filed, offered = together(apply, lambda of=of: _offer(by, of, HONGQI))
        assert offered == "offered" and filed in ("filed", "moving")
        with nation():
            assert Application.objects.filter(enterprise=of).exists() == (filed == "filed")
