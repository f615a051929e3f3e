"""Orders, what became of them, and the account that they go to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from subsidies.actions import (
    clear,
    confirm_account,
    order,
    publish,
    refuse,
    settle,
)
from subsidies.models import (
    PaymentOrder,
    PaymentResult,
)
from subsidies.rules.workflow import Refused
from tenancy.access import Actor, Denied, system_actor
from tenancy.context import acting, nation
from tests.conftest import BOLE, XINJIANG

from .office import WAN, Office, well, whole, why

pytestmark = pytest.mark.django_db
NOBODY = system_actor(XINJIANG, origin="203.0.113.7")


def test_instalments_add_up_and_what_comes_back_is_ordered_anew(
    office: Office,
    clock: Callable[[dt.date], None],
) -> None:
    firm, pool = office.knows(), office.pool()
    award = office.cleared(firm, clock)
    for amount in (0, -1, 25 * WAN + 1):
        assert why(office.do("payer", order, award, amounts={award.pk: amount})) == "instalment"
    well(office.do("payer", order, award, amounts={award.pk: 10 * WAN}))
    with nation():
        first = PaymentOrder.objects.get()
    today = timezone.localdate()

    def told(**more: Any) -> PaymentResult:
        return office.do(
            "payer", settle, order=first, **({"outcome": "bounced", "on": today, "reason": "账号有误"} | more)
        )

    for wrong, code in (
        ({"reason": ""}, "reason_missing"), ({"outcome": "paid", "reason": ""}, "receipt_missing"),
        ({"outcome": "lost"}, "outcome"), ({"on": today + dt.timedelta(1)}, "paid_on"),
        ({"on": timezone.localtime(first.ordered_at).date() - dt.timedelta(1)}, "paid_on"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=code):
            told(**wrong)
    assert told().pk == told().pk
    with pytest.raises(Refused, match="settled"):
        told(outcome="paid", receipt="回单 1")
    assert office.money(pool) == {"free": 975, "committed": 25}
    well(office.do("payer", order, award))
    office.settled(award)
    assert office.money(pool) == {"free": 975, "paid": 25}
    assert why(office.do("payer", order, award)) == "nothing_left"
    whole()


def test_an_order_that_is_under_way_keeps_the_award_from_being_ended(
    office: Office,
    clock: Callable[[dt.date], None],
) -> None:
    award = office.cleared((office.knows(), office.pool())[0], clock)
    well(office.do("payer", order, award))
    assert why(office.do("approver", refuse, award, reason="停")) == "order_open"


def test_the_account_is_the_enterprises_own_and_younger_than_the_proposal(
    office: Office,
    person: Callable[..., Actor],
    clock: Callable[[dt.date], None],
) -> None:
    firm = office.knows()
    speaker = person("speaker", "enterprise", BOLE, firm.pk)
    other = person("other", "enterprise", BOLE, firm.pk + 1)
    good = {"holder": firm.name, "bank": "工行", "number": "6222-0000 1111 2222"}

    def confirmed(by: Actor, **more: str) -> Any:
        with acting(by):
            return confirm_account(by=by, enterprise=firm, **(good | more))

    for wrong, code in (
        ({"holder": "别的企业有限公司"}, "account_holder"), ({"number": "62A2"}, "account_number"),
        ({"number": "１２３４５６７８"}, "account_number"), ({"bank": " "}, "account_bank"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=code):
            confirmed(speaker, **wrong)
    with pytest.raises(Refused, match="account_document"):
        confirmed(office["proposer"])
    for by in (other, office["payer"]):
        with pytest.raises(Denied):
            confirmed(by)
    confirmed(speaker)
    office.pool()
    award = office.approved(firm)
    notice, _done = office.do("approver", publish, award, title="公示", contact="0991", workdays=1)
    clock(notice.closes_on + dt.timedelta(1))
    well(office.do("approver", clear, notice=notice))
    assert why(office.do("payer", order, award)) == "account_missing"
    confirmed(speaker)
    well(office.do("payer", order, award))
