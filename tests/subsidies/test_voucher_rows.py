"""Vouchers as rows: the file of their enterprise, no neighbour's, never changed, looked at by night."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction

from enterprises.models import Enterprise
from portal.hindrance import hindrance
from subsidies.actions import (
    approve_redemption,
    ask_redemption,
)
from subsidies.checking import check
from subsidies.models import Voucher, VoucherProvider, VoucherRedemption, VoucherStep
from subsidies.rules.workflow import Refused
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tests.conftest import BOLE, HONGQI, JINGHE, XINJIANG

from .desk import TODAY, Desk, whole
from .office import WAN

OTHER = "91652701MA0000001K"
pytestmark = pytest.mark.django_db


def test_vouchers_are_the_enterprises_file_and_no_neighbours(
    desk: Desk, county_jinghe: Actor, person: Callable[..., Actor]
) -> None:
    firm = desk.knows()
    desk.programme()
    voucher = desk.issued(firm)
    made = desk.asked(voucher, WAN)
    desk.do("approver", approve_redemption, redemption=made)
    tables = (Voucher, VoucherRedemption, VoucherStep)
    for actor, seen in (
        (county_jinghe, 0), (person("r54", "region", "54/"), 0), (desk["proposer"], 1), (desk["payer"], 1),
        (person("own", "enterprise", BOLE, enterprise_id=firm.pk), 1),
        (person("sibling", "enterprise", BOLE, enterprise_id=firm.pk + 1), 0),
    ):  # fmt: skip
        with acting(actor):
            assert [table.objects.count() for table in tables] == [seen] * 3, actor
    with acting(county_jinghe):
        assert VoucherProvider.objects.count() == 1
        with pytest.raises((Denied, Refused)):
            ask_redemption(by=county_jinghe, voucher=voucher, provider=desk.register, price=WAN, invoice="9")
    with acting(person("r41", "county", HONGQI)):
        assert not VoucherProvider.objects.exists()
    own = person("own2", "enterprise", BOLE, enterprise_id=firm.pk)
    with acting(own):
        second = ask_redemption(by=own, voucher=voucher, provider=desk.register, price=WAN, invoice="7")
        assert second.asked_by_id == own.officer_id
        provider = VoucherProvider.objects.only("id", "name", "uscc").get()
        assert provider.name == "乌鲁木齐检测院"
    sibling = person("sibling2", "enterprise", BOLE, enterprise_id=firm.pk + 1)
    with acting(sibling), pytest.raises(Denied):
        ask_redemption(by=sibling, voucher=voucher, provider=desk.register, price=WAN, invoice="8")
    with nation():
        assert (hindrance(firm.pk, JINGHE), hindrance(firm.pk, HONGQI)) == ("", "awards")
        Enterprise.objects.update(region_id=JINGHE)
    for table in tables:
        with acting(county_jinghe):
            assert table.objects.count() >= 1
    desk.do("approver", approve_redemption, redemption=second)
    with nation():
        Enterprise.objects.update(region_id=HONGQI)
        left = Voucher.objects.get()
    hongqi = person("hongqi", "county", HONGQI)
    with acting(hongqi), pytest.raises(Refused, match="voucher_away"):
        ask_redemption(by=hongqi, voucher=left, provider=desk.register, price=WAN, invoice="10")


def test_entries_that_are_not_what_the_redemptions_say_are_found_at_night(desk: Desk) -> None:
    firm = desk.knows()
    desk.programme()
    voucher = desk.issued(firm)
    made = desk.asked(voucher, WAN)
    whole(desk)
    with nation():
        VoucherStep.objects.create(region_id=BOLE, redemption=made, enterprise_id=firm.pk, payer_id=XINJIANG,
                                   decision="approve", invoice="1", by_id=desk["approver"].officer_id)  # fmt: skip
        assert [each["invariant"] for each in check().invariants] == ["vouchers"]


def test_what_was_done_is_not_changed_afterwards(desk: Desk) -> None:
    firm = desk.knows()
    desk.programme()
    voucher = desk.issued(firm)
    made = desk.asked(voucher, WAN)
    for table, pk, change in (
        (Voucher, voucher.pk, {"face": 1}),
        (Voucher, voucher.pk, {"expires_on": TODAY}),
        (VoucherRedemption, made.pk, {"amount": 1}),
        (VoucherProvider, desk.register.pk, {"name": "别的"}),
    ):
        with acting(desk["taker"]), pytest.raises(DatabaseError), transaction.atomic():
            table.objects.filter(pk=pk).update(**change)
