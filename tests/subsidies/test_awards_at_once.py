"""Awards with many workers at once, killed in the middle, and broken off at every statement."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from enterprises.models import Enterprise
from subsidies.actions import (
    approve,
    clear,
    confirm_account,
    order,
    propose,
    publish,
    reserve,
    settle,
)
from subsidies.actions.proposing import Wanted
from subsidies.models import Award, Entry, PaymentOrder, PaymentResult, Pool
from subsidies.rules.workflow import Refused
from tenancy.context import nation
from tests.at_once import broken_off, officer, statements_of, together

from .office import TITLE, WAN, Office, well, whole

WORKERS = 32


@pytest.fixture
def shared(committed: None) -> Office:
    return Office(officer)


def some(office: Office, **which: Any) -> list[Award]:
    with nation():
        return list(Award.objects.filter(**which).order_by("pk"))


def drive(office: Office, firms: list[Enterprise], until: str, seed: int) -> None:
    """What one worker does until nothing is left: the next act for whatever it finds, again and again."""
    draw = random.Random(seed)
    today = timezone.localdate()
    for _round in range(400):
        states = {firm.pk: "" for firm in firms}
        for award in some(office, state__in=Award.LIVE):
            states[award.enterprise_id] = award.state
        with nation():
            paid = set(PaymentResult.objects.values_list("enterprise_id", flat=True))
            full = not Pool.objects.filter(free__gte=25 * WAN).exists()
        left = [f for f in firms if not _is_over(office, f, states, paid, full, until)]
        if not left:
            return
        firm = draw.choice(left)
        try:
            _step(office, firm, draw, today)
        except Refused:
            continue
    raise AssertionError("never came to an end")


def _is_over(
    office: Office, firm: Enterprise, states: dict[int, str], paid: set[int], full: bool, until: str
) -> bool:
    if until == "paid":
        return firm.pk in paid or states[firm.pk] != "cleared"
    if states[firm.pk] == "noticed":
        return True
    with nation():
        return (
            full
            and Award.objects.filter(enterprise=firm.pk, state="open", portions__state="waiting").exists()
        )


def _step(office: Office, firm: Enterprise, draw: random.Random, today: dt.date) -> None:
    (award,) = some(office, enterprise=firm.pk, state__in=Award.LIVE) or (None,)
    if award is None:
        office.do("proposer", propose, wanted=[Wanted(firm.pk, "t1", "A-13")])
    elif award.state == "open":
        act: Callable[..., Any] = draw.choice([reserve, approve, publish])
        more = {"title": "公示", "contact": "0991", "workdays": 1} if act is publish else {}
        office.do({reserve: "taker", approve: "approver", publish: "approver"}[act], act, award, **more)
    elif award.state == "cleared":
        with nation():
            waiting = PaymentOrder.objects.filter(award=award, result__isnull=True).first()
        if waiting is None:
            office.do("payer", order, award)
        else:
            office.do(
                "payer", settle, order=waiting, outcome="paid", on=today, receipt=f"回单 {waiting.number}"
            )


def killed_now_and_then(work: Callable[[int], None], workers: int, kills: int) -> None:
    """Runs `work` in so many processes; kills some of them in the middle and begins those anew until all are done."""
    connections.close_all()
    forked = multiprocessing.get_context("fork")
    draw = random.Random(11)

    def begin(n: int) -> Any:
        process = forked.Process(target=work, args=(n,))
        process.start()
        return process

    running = {n: begin(n) for n in range(workers)}
    end = time.monotonic() + 240
    while running and time.monotonic() < end:
        time.sleep(0.05)
        for n, process in list(running.items()):
            if not process.is_alive():
                process.join()
                if process.exitcode == 0:
                    del running[n]
                else:
                    running[n] = begin(n + 1_000 * abs(process.exitcode))
        if kills and running:
            kills -= 1
            running[draw.choice(list(running))].kill()
    for process in running.values():
        process.kill()
    assert not running, "did not come to an end"


@pytest.mark.parametrize(("firms", "fund", "expected"), [(1, 1_000, 1), (6, 110, 4)])
def test_h_01_thirty_two_workers_that_are_killed_pay_nobody_twice_and_nothing_above_the_ceiling(
    shared: Office, monkeypatch: pytest.MonkeyPatch, firms: int, fund: int, expected: int
) -> None:
    """Over one pool: one enterprise, and six of which the money is enough for four."""
    known = [shared.knows(uscc=f"91652701MA{n:07d}X") for n in range(firms)]
    pool = shared.pool(fund=fund * WAN)
    killed_now_and_then(lambda n: drive(shared, known, "noticed", n), WORKERS, kills=20)
    for award in some(shared, state="noticed"):
        firm = next(f for f in known if f.pk == award.enterprise_id)
        shared.do("proposer", confirm_account, enterprise=firm, holder=firm.name, bank="工行", number="6222000011112222",
                  document="开户许可证")  # fmt: skip
    with nation():
        notices = {a.notice for a in Award.objects.filter(state="noticed").select_related("notice")}
    day = max(n.closes_on for n in notices) + dt.timedelta(1)
    monkeypatch.setattr(timezone, "localdate", lambda *_: day)
    for notice in notices:
        shared.do("approver", clear, notice=notice)
    killed_now_and_then(lambda n: drive(shared, known, "paid", n), WORKERS, kills=20)
    with nation():
        paid = PaymentResult.objects.values_list("enterprise_id", flat=True)
        assert len(paid) == len(set(paid)) == expected
        assert Award.objects.count() == firms
        kinds = list(
            Entry.objects.filter(award__isnull=False).order_by("number").values_list("kind", flat=True)
        )
    assert sorted(kinds) == sorted(["reserve", "commit", "order", "pay"] * expected)
    assert shared.money(pool)["paid"] == 25 * expected
    assert shared.money(pool).get("free", 0) == fund - 25 * expected
    whole()


def test_thirty_two_who_propose_the_same_at_once_make_one_award(shared: Office) -> None:
    firm = shared.knows()

    def one() -> int:
        return len(shared.do("proposer", propose, wanted=[Wanted(firm.pk, "t1", "A-13")]).made)

    assert sorted(together(*[one] * WORKERS)) == [0] * (WORKERS - 1) + [1]


def test_two_approvals_at_once_commit_once(shared: Office) -> None:
    firm, pool = shared.knows(), shared.pool()
    award = shared.proposed(firm)
    well(shared.do("taker", reserve, award))
    given = together(
        *[lambda who=who: shared.do(who, approve, award) for who in ("approver", "second")] * 8  # type: ignore[misc]
    )
    assert sum(len(done.done) for done in given) == 1
    assert shared.money(pool) == {"free": 975, "committed": 25}


def test_sixteen_orders_and_results_at_once_pay_once(shared: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def clock(day: dt.date) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *_: day)

    firm, pool = shared.knows(), shared.pool()
    award = shared.cleared(firm, clock)
    given = together(*[lambda: shared.do("payer", order, award)] * 16)
    assert sum(len(done.done) for done in given) == 1
    with nation():
        made = PaymentOrder.objects.get()

    def told() -> int:
        return int(
            shared.do(
                "payer", settle, order=made, outcome="paid", on=timezone.localdate(), receipt="回单 1"
            ).pk
        )

    assert len(set(together(*[told] * 16))) == 1
    assert shared.money(pool) == {"free": 975, "paid": 25}
    whole()


def test_acts_over_two_pools_in_opposite_orders_never_wait_for_each_other(shared: Office) -> None:
    """The pools of one act are held in one order, however its awards lie."""
    giant = TITLE | {"id": "t2", "title": "little_giant", "on": "2025-06-01"}
    firms = [shared.knows(TITLE, giant, uscc=f"91652701MA{n:07d}X") for n in range(8)]
    for scheme in ("A-13", "A-12"):
        shared.pool(scheme)
    pairs = []
    for n, firm in enumerate(firms):
        first, second = (("t1", "A-13"), ("t2", "A-12")) if n % 2 else (("t2", "A-12"), ("t1", "A-13"))
        pairs.append([shared.proposed(firm, *first), shared.proposed(firm, *second)])
    given = together(*[lambda pair=pair: shared.do("taker", reserve, *pair) for pair in pairs])  # type: ignore[misc]
    assert [len(done.done) for done in given] == [2] * 8
    whole()


@pytest.mark.django_db
def test_h_13_a_crash_at_every_statement_of_ordering_and_paying_and_the_same_again_is_the_run_without(
    office: Office, clock: Callable[[dt.date], None]
) -> None:
    def pay(award: Award) -> None:
        well(office.do("payer", order, award))
        office.settled(award)

    pool = office.pool(fund=100_000 * WAN)
    ready = [office.cleared(office.knows(uscc=f"91652701MA{n:07d}X"), clock) for n in range(2)]
    statements = statements_of(lambda: pay(ready[0]))
    award = ready[1]
    for n in range(1, statements + 1):
        # One transaction, as a request is: what is broken off leaves nothing.
        with broken_off(n):
            pay(award)
        with nation():
            assert not PaymentOrder.objects.filter(award=award).exists(), n
            assert list(Entry.objects.filter(award=award.pk).values_list("kind", flat=True)) == [
                "reserve",
                "commit",
            ]
    pay(award)
    with nation():
        kinds = list(Entry.objects.filter(award=award.pk).order_by("number").values_list("kind", flat=True))
    assert kinds == ["reserve", "commit", "order", "pay"]
    assert office.money(pool)["paid"] == 50
    whole()
