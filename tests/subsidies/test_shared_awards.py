"""An award that three levels of finance bear: each level decides and pays its own part, and they add up to the fen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from subsidies import awarded, ledger, schemes
from subsidies.actions import (
    approve,
    clear,
    confirm_account,
    order,
    publish,
    refuse,
    release,
    reserve,
    settle,
)
from subsidies.checking import check
from subsidies.models import Award, PaymentOrder, Pool, Portion
from subsidies.rules.amounts import in_wan
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.conftest import BOLE, BORTALA, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .office import PEOPLE, WAN, Office, well, why

pytestmark = pytest.mark.django_db
LEVELS = {
    "region": ("", XINJIANG, "region"),
    "prefecture": ("p.", BORTALA, "prefecture"),
    "county": ("c.", BOLE, "county"),
}
SHARES = (("region", 1), ("prefecture", 1), ("county", 1))


@pytest.fixture
def office(person: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch) -> Office:
    """With the region's scheme for 专精特新 borne by three levels in equal parts."""
    policies = tuple(
        replace(p, schemes=tuple(replace(s, shares=SHARES) if s.code == "A-13" else s for s in p.schemes))
        for p in schemes.policies()
    )
    known = {scheme.code: (policy, scheme) for policy in policies for scheme in policy.schemes}
    monkeypatch.setattr(schemes, "policies", lambda: policies)
    monkeypatch.setattr(schemes, "by_code", lambda: known)
    people = dict(PEOPLE)
    for before, path, role in LEVELS.values():
        for name, who in (("taker", role), ("approver", role), ("payer", "finance")):
            people[before + name] = (who, path)
    return Office(person, people)


def funded(office: Office) -> dict[str, Pool]:
    made = {}
    for level, (before, _path, _role) in LEVELS.items():
        by = office[before + "payer"]
        with acting(by):
            made[level] = ledger.open_pool(by=by, scheme="A-13", year=2030)
            ledger.post(by=by, pool=made[level], key="f", kind="fund", amount=100 * WAN, reason="文号")
    return made


def stage(office: Office, who: str, award: Award) -> str:
    with acting(office[who]):
        return str(awarded.awards(office[who]).get(pk=award.pk).stage)


def test_three_levels_reserve_approve_and_pay_their_parts_and_the_owner_publishes(
    office: Office, clock: Callable[[dt.date], None], client: Client
) -> None:
    firm = office.knows()
    pools = funded(office)
    award = office.proposed(firm)
    with nation():
        parts = dict(Portion.objects.values_list("level", "amount"))
    assert parts == {"region": 8_333_334, "prefecture": 8_333_333, "county": 8_333_333}
    well(office.do("taker", reserve, award))
    well(office.do("approver", approve, award))
    assert (stage(office, "taker", award), stage(office, "p.taker", award)) == ("waiting", "waiting")
    assert (
        why(office.do("approver", publish, award, title="公示", contact="0991", workdays=5)[1])
        == "not_approved"
    )
    for before in ("p.", "c."):
        well(office.do(f"{before}taker", reserve, award))
        well(office.do(f"{before}approver", approve, award))
    notice, done = office.do("approver", publish, award, title="公示", contact="0991", workdays=5)
    well(done)
    clock(notice.closes_on + dt.timedelta(1))
    well(office.do("approver", clear, notice=notice))
    office.do("proposer", confirm_account, enterprise=firm, holder=firm.name, bank="工行", number="62220000",
              document="证")  # fmt: skip
    for level, (before, _path, _role) in LEVELS.items():
        payer = f"{before}payer"
        # Its page offers the part of its own level, not what the others have still to pay.
        sign_in(client, office[payer])
        assert (
            f"未拨付 {in_wan(parts[level])} 万元"
            in client.get(f"/awards/{award.public_id}/").content.decode()
        )
        well(office.do(payer, order, award))
        with nation():
            last = PaymentOrder.objects.latest("id")
        assert last.amount == parts[level]
        office.do(
            payer, settle, order=last, outcome="paid", on=notice.closes_on + dt.timedelta(1), receipt=level
        )
    with nation():
        assert sum(Pool.objects.get(pk=pool.pk).paid for pool in pools.values()) == award.amount
        assert check().is_whole, check()
    assert stage(office, "proposer", award) == "paid"
    with acting(office["taker"]):
        by_level = dict(awarded.totals(XINJIANG, "level"))
        assert {path: sums["paid"] for path, sums in by_level.items()} == {
            XINJIANG: 8_333_334, BORTALA: 8_333_333, BOLE: 8_333_333
        }  # fmt: skip
        assert sum(sums["paid"] for _key, sums in awarded.totals(XINJIANG, "scheme")) == award.amount


def test_when_the_owner_ends_it_each_level_lets_its_own_part_go(office: Office) -> None:
    firm = office.knows()
    pools = funded(office)
    award = office.proposed(firm)
    for before in ("", "p.", "c."):
        well(office.do(f"{before}taker", reserve, award))
    assert why(office.do("p.approver", release, award)) == "not_here"
    well(office.do("approver", refuse, award, reason="材料不全"))
    for before in ("p.", "c."):
        well(office.do(f"{before}approver", release, award))
    for pool in pools.values():
        assert office.money(pool) == {"free": 100}
    with nation():
        assert check().is_whole, check()


def test_no_level_touches_anothers_part(office: Office) -> None:
    award = office.proposed(office.knows())
    funded(office)
    well(office.do("p.taker", reserve, award))
    with nation():
        states: dict[str, Any] = dict(Portion.objects.values_list("level", "state"))
    assert states == {"region": "waiting", "prefecture": "reserved", "county": "waiting"}
