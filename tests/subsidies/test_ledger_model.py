"""The ledger against a model in a few lines: any sequence of acts, every invariant after each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from subsidies import ledger
from subsidies.checking import check
from subsidies.ledger import Concerning
from subsidies.rules.accounts import ACCOUNTS, APART, MOVES, OF_THE_POOL, SOURCES
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tests.conftest import BOLE, XINJIANG

from .till import ROLES, Till, refused


class Machine(RuleBasedStateMachine):
    """Any sequence of postings, repetitions and reversals, beside a model in a few lines."""

    keys = Bundle("keys")
    tills: Iterator[Till]

    @initialize()
    def begin(self) -> None:
        self.till = next(self.tills)
        self.balance: dict[str, int] = defaultdict(int)
        self.of_award: dict[tuple[int, str], int] = defaultdict(int)
        self.done: dict[str, tuple[Any, ...]] = {}
        self.ids: dict[str, int] = {}
        self.did: dict[int, set[tuple[str, str]]] = defaultdict(set)
        self.reversed: set[str] = set()

    def _expected(self, kind: str, amount: int, who: str, award: int | None) -> str:
        source, _target = MOVES[kind]
        if award is not None and source not in ("free", *SOURCES) and self.of_award[award, source] < amount:
            return "award_balance"
        if award is not None and any((k, who) in self.did[award] for k in APART.get(kind, ())):
            return "same_person"
        if source not in SOURCES and self.balance[source] < amount:
            return "pool_balance"
        return ""

    def _apply(self, source: str, target: str, amount: int, award: int | None) -> None:
        for account, change in ((source, -amount), (target, amount)):
            self.balance[account] += change
            if award is not None:
                self.of_award[award, account] += change

    @rule(
        target=keys,
        kind=st.sampled_from(sorted(MOVES)),
        amount=st.integers(1, 60),
        award=st.integers(1, 2),
        who=st.sampled_from(sorted(ROLES)),
    )
    def post(self, kind: str, amount: int, award: int, who: str) -> str:
        of = None if kind in OF_THE_POOL else award
        key = f"k{len(self.done)}"
        about = None if of is None else Concerning(of, of, BOLE)
        role = ROLES[who]
        if of is None and role != "finance":
            with pytest.raises(Denied):
                self.till.post(kind, amount, key, who=who, about=about)
            return ""
        wrong = self._expected(kind, amount, who, of)
        if wrong:
            refused(wrong, lambda: self.till.post(kind, amount, key, who=who, about=about))
            return ""
        self.ids[key] = self.till.post(kind, amount, key, who=who, about=about).id
        self._apply(*MOVES[kind], amount, of)
        if of is not None:
            self.did[of].add((kind, who))
        self.done[key] = (kind, amount, of, who)
        return key

    @rule(key=keys)
    def again(self, key: str) -> None:
        if key:
            kind, amount, of, who = self.done[key]
            about = None if of is None else Concerning(of, of, BOLE)
            assert self.till.post(kind, amount, key, who=who, about=about).id == self.ids[key]
            refused("key_reused", lambda: self.till.post(kind, amount + 1, key, who=who, about=about))

    @rule(key=keys)
    def take_back(self, key: str) -> None:
        if not key:
            return
        kind, amount, of, _who = self.done[key]
        target, source = MOVES[kind]
        name = f"r{key}{len(self.reversed)}{sum(self.balance.values())}{self.balance['free']}"
        if key in self.reversed:
            refused("reversal", lambda: self.till.reverse(self.ids[key], f"{name}x"))
        elif of is not None and source not in ("free", *SOURCES) and self.of_award[of, source] < amount:
            refused("award_balance", lambda: self.till.reverse(self.ids[key], name))
        elif source not in SOURCES and self.balance[source] < amount:
            refused("pool_balance", lambda: self.till.reverse(self.ids[key], name))
        else:
            self.till.reverse(self.ids[key], name)
            self._apply(source, target, amount, of)
            self.reversed.add(key)

    @invariant()
    def everything_holds(self) -> None:
        if not hasattr(self, "till"):
            return
        now = self.till.now
        assert now == {account: self.balance[account] for account in ACCOUNTS}
        assert sum(now.values()) == 0
        assert all(now[a] >= 0 for a in ACCOUNTS if a not in SOURCES)
        with nation():
            assert check().is_whole


@pytest.mark.django_db
def test_any_sequence_of_acts_agrees_with_a_model_and_keeps_every_invariant(
    person: Callable[..., Actor],
) -> None:
    people = {name: person(name, role, XINJIANG) for name, role in ROLES.items()}

    def tills() -> Iterator[Till]:
        n = 0
        while True:
            n += 1
            made = Till.__new__(Till)
            made.people = people
            with acting(people["finance"]):
                made.pool = ledger.open_pool(by=people["finance"], scheme=f"S-{n}", year=2025)
            yield made

    Machine.tills = tills()
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
