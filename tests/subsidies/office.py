"""The people of an award and one enterprise of 博乐市 with its title, for the tests of the acts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone

from enterprises.models import Enterprise
from subsidies import ledger
from subsidies.actions import (
    approve,
    clear,
    confirm_account,
    order,
    propose,
    publish,
    record_history,
    reserve,
    settle,
)
from subsidies.actions.proposing import Wanted
from subsidies.checking import check
from subsidies.models import Award, PaymentOrder, Pool
from subsidies.rules.accounts import ACCOUNTS
from subsidies.rules.history import read
from subsidies.steps import Done
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.conftest import BOLE, XINJIANG

#: name → (role, place); no two of them may do what the other one does
PEOPLE = {
    "proposer": ("county", BOLE),
    "taker": ("region", XINJIANG),
    "approver": ("region", XINJIANG),
    "second": ("region", XINJIANG),
    "payer": ("finance", XINJIANG),
}
WAN = 1_000_000
TITLE = {"id": "t1", "kind": "recognition", "title": "specialised", "on": "2025-03-01", "how": "new"}
CODE = "91652701L9ENYBC55H"


class Office:
    """Short words for what its people do, each in an own context."""

    def __init__(self, make: Callable[..., Actor], people: Mapping[str, tuple[str, str]] = PEOPLE) -> None:
        self.people = {name: make(name, role, place) for name, (role, place) in people.items()}

    def __getitem__(self, name: str) -> Actor:
        return self.people[name]

    def knows(self, *events: dict[str, Any], uscc: str = CODE, region: str = "652701") -> Enterprise:
        """The enterprise with these events (its title by default)."""
        line = read({"uscc": uscc, "region": region, "events": list(events or [TITLE])})
        by = self["proposer"]
        with acting(by):
            record_history(by=by, region=by.region_path, lines=[line])
        with nation():
            firm = Enterprise.objects.get(uscc=uscc)
            if firm.name == uscc:
                firm.set_name(f"甲{uscc[-8:]}科技有限公司")
                firm.save()
        return firm

    def pool(self, scheme: str = "A-13", fund: int = 1_000 * WAN, year: int | None = None) -> Pool:
        by = self["payer"]
        with acting(by):
            made = ledger.open_pool(by=by, scheme=scheme, year=year or timezone.localdate().year)
            if fund:
                ledger.post(
                    by=by, pool=made, key="fund", kind="fund", amount=fund, reason="新财建〔2026〕1号"
                )
        return made

    def do(self, who: str, act: Callable[..., Any], *awards: Award, **more: Any) -> Any:
        by = self[who]
        with acting(by):
            if awards:
                pks = [a.pk for a in awards]
                more["seen"] = dict(Award.objects.filter(pk__in=pks).values_list("pk", "step"))
            return act(by=by, **more)

    def proposed(self, firm: Enterprise, event: str = "t1", scheme: str = "A-13", **more: Any) -> Award:
        result = self.do("proposer", propose, wanted=[Wanted(firm.pk, event, scheme, **more)])
        assert not result.refused, result.refused
        return result.made[0]

    def approved(self, firm: Enterprise, **more: Any) -> Award:
        award = self.proposed(firm, **more)
        well(self.do("taker", reserve, award))
        well(self.do("approver", approve, award))
        return award

    def cleared(self, firm: Enterprise, clock: Callable[[dt.date], None], **more: Any) -> Award:
        """Approved, published and without objection; the day after the notice, with the account confirmed."""
        award = self.approved(firm, **more)
        notice, done = self.do("approver", publish, award, title="公示", contact="0991-1", workdays=5)
        well(done)
        clock(notice.closes_on + dt.timedelta(1))
        well(self.do("approver", clear, notice=notice))
        self.do("proposer", confirm_account, enterprise=firm, holder=firm.name, bank="工行博乐支行",
                number="6222 0000 1111 2222", document="开户许可证")  # fmt: skip
        return award

    def paid(self, firm: Enterprise, clock: Callable[[dt.date], None], **more: Any) -> Award:
        award = self.cleared(firm, clock, **more)
        well(self.do("payer", order, award))
        self.settled(award)
        return award

    def settled(self, award: Award, receipt: str = "国库回单 1") -> Any:
        with nation():
            last = PaymentOrder.objects.filter(award=award).latest("id")
        return self.do("payer", settle, order=last, outcome="paid", on=timezone.localdate(), receipt=receipt)

    def now(self, award: Award) -> str:
        with nation():
            return Award.objects.get(pk=award.pk).state

    def money(self, pool: Pool) -> dict[str, int]:
        """The balances of a pool in 万元 that are not zero."""
        with nation():
            found = Pool.objects.values(*ACCOUNTS).get(pk=pool.pk)
        return {name: fen // WAN for name, fen in found.items() if fen and name != "budget"}


def well(done: Done) -> None:
    assert not done.refused and done.done, done


def why(done: Done) -> str:
    """The one reason for which an act was refused."""
    assert not done.done
    (code,) = done.refused.values()
    return code


def whole() -> None:
    """The ledger is whole."""
    with nation():
        assert check().is_whole, check()
