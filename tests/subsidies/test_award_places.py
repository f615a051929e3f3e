"""Who sees an award, who touches it, and where it goes with its enterprise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from cultivation.models import NoticeEntry
from enterprises.models import Enterprise
from portal.hindrance import hindrance
from subsidies.actions import (
    approve,
    publish,
    reclaim,
    refuse,
    reserve,
    withdraw,
)
from subsidies.models import (
    Award,
    AwardStep,
    Entry,
    PaymentOrder,
    PaymentResult,
    Portion,
)
from subsidies.rules.workflow import Refused
from tenancy.access import Actor, Denied, system_actor
from tenancy.context import acting, nation
from tests.conftest import BOLE, BORTALA, HONGQI, JINGHE, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .office import CODE, WAN, Office, well, whole, why

pytestmark = pytest.mark.django_db
NOBODY = system_actor(XINJIANG, origin="203.0.113.7")


def test_the_enterprise_reads_its_own_and_the_neighbour_nothing(
    office: Office,
    person: Callable[..., Actor],
    county_jinghe: Actor,
    clock: Callable[[dt.date], None],
) -> None:
    firm = office.knows()
    office.pool()
    office.paid(firm, clock)
    every = (Award, Portion, AwardStep, PaymentOrder, PaymentResult)
    with acting(person("speaker", "enterprise", BOLE, firm.pk)):
        assert all(model.objects.exists() for model in every)
        assert Entry.objects.only("amount").count() == 4
    for stranger in (
        county_jinghe, person("sibling", "enterprise", BOLE, firm.pk + 1), person("henan", "region", "41/"),
    ):  # fmt: skip
        with acting(stranger):
            assert not any(model.objects.exists() for model in every)
            assert not Entry.objects.only("amount").exists()
    with acting(person("above", "prefecture", BORTALA)):
        assert Award.objects.exists()
        assert Entry.objects.filter(award__isnull=False).count() == 4
        # The region's pool itself is not the prefecture's to read.
        assert not Entry.objects.filter(award__isnull=True).exists()


def test_another_level_than_the_one_that_pays_decides_nothing(
    office: Office, person: Callable[..., Actor]
) -> None:
    award = office.proposed(office.knows())
    office.pool()
    middle = person("middle", "prefecture", BORTALA)
    with acting(middle):
        assert why(reserve(by=middle, seen={award.pk: award.step})) == "not_here"
        with pytest.raises(Refused):
            raise Refused(why(approve(by=middle, seen={award.pk: award.step})))
    with acting(middle):
        with pytest.raises(Denied):
            refuse(by=middle, seen={award.pk: award.step}, reason="停")


def test_what_was_proposed_cannot_be_made_another_amount(office: Office) -> None:
    award = office.proposed(office.knows())
    with acting(office["taker"]), pytest.raises(DatabaseError), transaction.atomic():
        Award.objects.filter(pk=award.pk).update(amount=1)
    with acting(office["taker"]), pytest.raises(DatabaseError), transaction.atomic():
        Portion.objects.filter(award=award).update(amount=1)


def test_an_award_moves_along_with_its_enterprise(office: Office) -> None:
    firm = office.knows()
    office.pool()
    award = office.approved(firm)
    with nation():
        Enterprise.objects.filter(pk=firm.pk).update(region_id=JINGHE)
        moved = Award.objects.get(pk=award.pk)
        assert moved.region_id == JINGHE
        assert set(AwardStep.objects.values_list("region_id", flat=True)) == {JINGHE}
        assert set(Entry.objects.filter(award=award.pk).values_list("place_id", flat=True)) == {BOLE}
    notice, done = office.do("approver", publish, award, title="公示", contact="0991", workdays=5)
    well(done)
    with nation():
        assert NoticeEntry.objects.get(notice=notice).region_id == JINGHE
    assert firm.uscc == CODE


def test_an_enterprise_with_an_award_under_way_does_not_leave_the_region_that_pays_it(
    office: Office, clock: Callable[[dt.date], None], client: Client
) -> None:
    firm, _pool = office.knows(), office.pool()
    with nation():
        assert hindrance(firm.pk, HONGQI) == ""
    award = office.proposed(firm)
    sign_in(client, office["proposer"])
    given = {"to": "410702", "moved_on": timezone.localdate().isoformat(), "document": "通知书"}
    page = client.post(f"/enterprises/{firm.public_id}/move/", given)
    assert "还有没办完的奖补" in page.content.decode()
    with nation():
        assert (hindrance(firm.pk, JINGHE), hindrance(firm.pk, HONGQI)) == ("", "awards")
    well(office.do("proposer", withdraw, award, reason="外迁"))
    with nation():
        assert hindrance(firm.pk, HONGQI) == ""
    award = office.paid(firm, clock)
    with nation():
        assert hindrance(firm.pk, HONGQI) == ""
        seen = Award.objects.get(pk=award.pk).step
    office.do("approver", reclaim, award=award, level="region", seen=seen, amount=WAN, kind="mistake", reason="多付",
              document="1 号")  # fmt: skip
    with nation():
        assert hindrance(firm.pk, HONGQI) == "awards"


def test_the_money_of_an_award_that_left_its_place_is_still_recovered(
    office: Office, clock: Callable[[dt.date], None]
) -> None:
    """Inside the region: the entry keeps the place of its posting, the award has moved along."""
    firm, pool = office.knows(), office.pool()
    award = office.paid(firm, clock)
    with nation():
        Enterprise.objects.filter(pk=firm.pk).update(region_id=JINGHE)
        seen = Award.objects.get(pk=award.pk).step
    office.do("approver", reclaim, award=award, level="region", seen=seen, amount=25 * WAN, kind="mistake",
              reason="多付", document="1 号")  # fmt: skip
    assert office.money(pool) == {"free": 975, "recovering": 25}
    whole()
