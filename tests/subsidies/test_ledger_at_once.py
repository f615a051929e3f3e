"""The ledger with many at once, and cut off in the middle."""

from __future__ import annotations

import pytest
from django.db import Error, connection, connections

from subsidies import ledger
from subsidies.ledger import Concerning, Refused
from subsidies.models import Entry, Pool
from subsidies.rules.accounts import ACCOUNTS
from tenancy.context import acting, nation
from tests.at_once import broken_off, statements_of, together
from tests.conftest import BOLE, XINJIANG

from .till import Till, run


def test_h_01_thirty_two_at_once_over_one_pool_reserve_exactly_what_is_there(shared: Till) -> None:
    def one(n: int) -> str:
        try:
            shared.post("reserve", 100, f"a{n}", about=Concerning(n, n, BOLE))
        except Refused as told:
            return told.code
        return "reserved"

    given = together(*[lambda n=n: one(n) for n in range(32)])  # type: ignore[misc]
    assert sorted(given) == ["pool_balance"] * 22 + ["reserved"] * 10
    assert (shared.now["free"], shared.now["reserved"]) == (0, 1_000)
    assert run()[1] == 0


def test_h_02_one_award_sent_thirty_times_at_once_is_posted_once(shared: Till) -> None:
    given = together(*[lambda: shared.post("reserve", 100, "once")] * 30)
    assert len({g.id for g in given}) == 1 and sum(not g.repeated for g in given) == 1
    assert shared.now["reserved"] == 100 and run()[1] == 0


def test_workers_that_die_between_their_steps_and_try_again_end_where_undisturbed_ones_do(
    shared: Till,
) -> None:
    """Eight workers pay eight awards; each is cut off at another place, by a connection that is gone, and begins anew."""

    def work(n: int) -> None:
        about = Concerning(n, n, BOLE)
        for attempt in range(6):
            try:
                for step, kind in enumerate(("reserve", "commit", "order", "pay")):
                    by = shared.people[{"reserve": "proposer", "commit": "approver"}.get(kind, "payer")]
                    with acting(by):
                        ledger.post(
                            by=by, pool=shared.pool, key=f"{n}:{kind}", kind=kind, amount=100, reason="甲",
                            concerning=about,
                        )  # fmt: skip
                        if attempt < 4 and (n + attempt) % 4 == step:
                            connections["default"].connection.close()
                            connections["default"].cursor().execute("SELECT 1")
                return
            except Error:
                connections["default"].close()

    together(*[lambda n=n: work(n) for n in range(1, 9)])  # type: ignore[misc]
    assert shared.now == dict.fromkeys(ACCOUNTS, 0) | {"budget": -1_000, "free": 200, "paid": 800}
    told, status = run()
    assert (told["entries"], status) == (33, 0)


@pytest.mark.django_db
def test_h_13_a_crash_at_every_statement_of_paying_and_the_same_again_is_the_run_without(till: Till) -> None:
    def pay(award: int) -> None:
        for kind in ("reserve", "commit", "order", "pay"):
            till.post(kind, 100, f"{award}:{kind}", about=Concerning(award, award, BOLE))

    statements = statements_of(lambda: pay(1))
    for n in range(1, statements + 1):
        with broken_off(n):
            pay(n + 1)
        pay(n + 1)
        with nation():
            kinds = list(Entry.objects.filter(award=n + 1).order_by("number").values_list("kind", flat=True))
        assert kinds == ["reserve", "commit", "order", "pay"], n
    assert till.now["paid"] == 100 * (statements + 1)
    assert run()[1] == 0


def test_h_07_a_quarter_that_closes_while_a_posting_is_under_way_waits_for_it(shared: Till) -> None:
    finance = shared.people["finance"]

    def close() -> str:
        with acting(finance), connection.cursor() as cursor:
            # As close_quarter does, of the quarter that runs.
            cursor.execute("""SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY"Q"Q')""")
            (quarter,) = cursor.fetchone()
            Pool.objects.filter(region_id=XINJIANG, closed_through__lt=quarter).update(closed_through=quarter)
        return "closed"

    def one(n: int) -> str:
        try:
            shared.post("reserve", 1, f"a{n}", about=Concerning(n, n, BOLE))
        except Refused as told:
            return told.code
        return "reserved"

    given = together(close, *[lambda n=n: one(n) for n in range(16)])  # type: ignore[misc]
    assert given[0] == "closed" and set(given[1:]) <= {"reserved", "quarter_closed"}
    assert shared.now["reserved"] == given.count("reserved")
    assert run()[0]["balances"] == "whole"
