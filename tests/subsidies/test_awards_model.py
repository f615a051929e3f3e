"""Any sequence of acts about awards: beside a model in a few lines, every invariant after each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from enterprises.models import Enterprise
from subsidies.actions import (
    approve,
    clear,
    confirm_account,
    order,
    propose,
    publish,
    receive,
    reclaim,
    refuse,
    release,
    reserve,
    settle,
    withdraw,
)
from subsidies.actions.proposing import Wanted
from subsidies.checking import check
from subsidies.models import Award, Entry, PaymentOrder, Pool, Portion, Recovery
from subsidies.rules.workflow import Refused
from tenancy.access import Actor, Denied
from tenancy.context import nation
from tests.conftest import JINGHE

from .office import TITLE, WAN, Office

PEOPLE = st.sampled_from(["proposer", "taker", "approver", "second", "payer", "neighbour"])
FIRMS, FUND = 2, 40


class Machine(RuleBasedStateMachine):
    """Everybody tries everything with everybody's award; what is refused must leave nothing behind."""

    worlds: Iterator[tuple[Office, list[Enterprise], Pool]]

    @initialize()
    def begin(self) -> None:
        self.office, self.firms, self.pool = next(self.worlds)
        self.day = timezone.localdate()

    def _try(self, who: str, act: Callable[..., Any], *awards: Award, **more: Any) -> Any:
        try:
            return self.office.do(who, act, *awards, **more)
        except (Refused, Denied):
            return None

    def _award(self, n: int) -> Award | None:
        with nation():
            return Award.objects.filter(enterprise=self.firms[n].pk).order_by("-pk").first()

    @rule(n=st.integers(0, FIRMS - 1), steps=st.integers(1, 6))
    def go_on(self, n: int, steps: int) -> None:
        """The next steps by the right people, so that sequences come far."""
        for _step in range(steps):
            award = self._award(n)
            if award is None or award.state not in Award.LIVE:
                self.propose("proposer", n)
            elif award.state == "noticed":
                self.clear("approver")
            elif award.state == "cleared":
                self.account("proposer", n)
                self.order("payer", n, 0)
                self.settle("payer", n, "paid")
            else:
                with nation():
                    (stands,) = Portion.objects.filter(award=award).values_list("state", flat=True)
                if stands == "waiting":
                    self.decide("taker", n, reserve)
                elif stands == "reserved":
                    self.decide("approver", n, approve)
                else:
                    self.publish("second")

    @rule(who=PEOPLE, n=st.integers(0, FIRMS - 1))
    def propose(self, who: str, n: int) -> None:
        self._try(who, propose, wanted=[Wanted(self.firms[n].pk, "t1", "A-13")])

    @rule(
        who=PEOPLE,
        n=st.integers(0, FIRMS - 1),
        act=st.sampled_from([reserve, approve, approve, reserve, refuse, withdraw, release]),
    )
    def decide(self, who: str, n: int, act: Any) -> None:
        award = self._award(n)
        if award is not None:
            more = {"reason": "理由"} if act in (refuse, withdraw) else {}
            self._try(who, act, award, **more)

    @rule(who=PEOPLE)
    def publish(self, who: str) -> None:
        with nation():
            awards = list(Award.objects.filter(enterprise__in=[f.pk for f in self.firms], state="open"))
        if awards:
            self._try(who, publish, *awards, title="公示", contact="0991", workdays=1)

    @rule(who=PEOPLE)
    def clear(self, who: str) -> None:
        with nation():
            award = (
                Award.objects.filter(enterprise__in=[f.pk for f in self.firms], state="noticed")
                .select_related("notice")
                .first()
            )
        if award is not None:
            self.day = max(self.day, award.notice.closes_on + dt.timedelta(1))
            self.clock(self.day)
            self._try(who, clear, notice=award.notice)

    @rule(who=PEOPLE, n=st.integers(0, FIRMS - 1))
    def account(self, who: str, n: int) -> None:
        firm = self.firms[n]
        self._try(
            who,
            confirm_account,
            enterprise=firm,
            holder=firm.name,
            bank="工行",
            number="62220000",
            document="证",
        )

    @rule(who=PEOPLE, n=st.integers(0, FIRMS - 1), amount=st.integers(0, 30))
    def order(self, who: str, n: int, amount: int) -> None:
        award = self._award(n)
        if award is not None:
            self._try(who, order, award, amounts={award.pk: amount * WAN} if amount else None)

    @rule(who=PEOPLE, n=st.integers(0, FIRMS - 1), outcome=st.sampled_from(["paid", "paid", "bounced"]))
    def settle(self, who: str, n: int, outcome: str) -> None:
        with nation():
            last = (
                PaymentOrder.objects.filter(enterprise_id=self.firms[n].pk)
                .select_related("award", "portion")
                .order_by("-pk")
                .first()
            )
        if last is not None:
            said = {"outcome": outcome, "on": self.day, "receipt": "回单", "reason": "退"}
            first = self._try(who, settle, order=last, **said)
            if first is not None:
                assert self._try(who, settle, order=last, **said).pk == first.pk

    @rule(revoked=st.booleans(), n=st.integers(0, FIRMS - 1))
    def take_the_title_away(self, revoked: bool, n: int) -> None:
        self.office.knows(TITLE | {"revoked_on": "2026-01-05" if revoked else None}, uscc=self.firms[n].uscc)

    @rule(who=PEOPLE, n=st.integers(0, FIRMS - 1), amount=st.integers(1, 30))
    def reclaim(self, who: str, n: int, amount: int) -> None:
        award = self._award(n)
        if award is not None:
            self._try(who, reclaim, award=award, level="region", seen=award.step, amount=amount * WAN, kind="mistake",
                      reason="多付", document="1 号")  # fmt: skip

    @rule(who=PEOPLE, n=st.integers(0, FIRMS - 1), amount=st.integers(1, 30), interest=st.integers(0, 3))
    def receive(self, who: str, n: int, amount: int, interest: int) -> None:
        with nation():
            last = (
                Recovery.objects.filter(enterprise_id=self.firms[n].pk)
                .select_related("portion__award")
                .last()
            )
            if last is None:
                return
            receipt = f"缴款书 {last.receipts.count()}"
        self._try(
            who, receive, recovery=last, amount=amount * WAN, interest=interest, receipt=receipt, on=self.day
        )

    @invariant()
    def everything_holds(self) -> None:
        if not hasattr(self, "pool"):
            return
        with nation():
            told = check()
            assert told.is_whole, told
            pool = Pool.objects.get(pk=self.pool.pk)
            ids = [f.pk for f in self.firms]
            awards = list(Award.objects.filter(enterprise__in=ids))
            live = [a.enterprise_id for a in awards if a.state in Award.LIVE]
            people = {
                (e.award, e.kind): e.by_id for e in Entry.objects.filter(pool=self.pool, award__isnull=False)
            }
            held = sum(
                p.amount for p in Portion.objects.filter(pool=self.pool, state__in=["reserved", "approved"])
            )
        assert len(live) == len(set(live)), "two live awards for one matter"
        with_firms = (
            pool.reserved + pool.committed + pool.ordered + pool.paid + pool.recovering + pool.recovered
        )
        assert with_firms + pool.free == FUND * WAN and pool.free >= 0
        # What was let go again is what the pool has back, unless it was paid before.
        assert held <= with_firms <= FUND * WAN
        for award in awards:
            if (award.pk, "commit") in people:
                assert people[award.pk, "commit"] != people[award.pk, "reserve"]
                assert people[award.pk, "commit"] != award.proposed_by_id
            if (award.pk, "pay") in people:
                by = people[award.pk, "pay"]
                assert by not in (
                    people[award.pk, "commit"],
                    people[award.pk, "reserve"],
                    award.proposed_by_id,
                )


@pytest.mark.django_db
def test_any_sequence_of_acts_by_anybody_keeps_every_invariant(
    person: Callable[..., Actor], clock: Callable[[dt.date], None]
) -> None:
    office = Office(person)
    office.people["neighbour"] = person("neighbour", "county", JINGHE)
    scheme = [0]

    def worlds() -> Iterator[tuple[Office, list[Enterprise], Pool]]:
        while True:
            scheme[0] += 1
            base = scheme[0] * FIRMS
            firms = [office.knows(uscc=f"91652701MA{base + n:07d}X") for n in range(FIRMS)]
            # A year of its own, so that each world has its own pool; the newest is the one that is taken.
            pool = office.pool(fund=FUND * WAN, year=2026 + scheme[0])
            yield office, firms, pool

    Machine.worlds = worlds()
    Machine.clock = staticmethod(clock)  # type: ignore[attr-defined]
    # The right people alone come as far as the payment, so that the sequences have something to disturb.
    undisturbed = Machine()
    undisturbed.begin()
    for n in range(FIRMS):
        undisturbed.go_on(n, 6)
    undisturbed.everything_holds()
    assert office.money(undisturbed.pool) == {"free": 15, "paid": 25}
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=20, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
