"""The ledger: double entry, append-only, once for a key, never above the budget, chained, and checked (I1 to I13)."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, Error, connection, connections, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from subsidies import ledger
from subsidies.checking import check
from subsidies.ledger import Concerning, Refused
from subsidies.models import Entry, Pool
from subsidies.rules.accounts import ACCOUNTS, APART, MOVES, OF_THE_POOL, SOURCES
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tests.at_once import officer, together
from tests.conftest import BOLE, HONGQI, JINGHE, XINJIANG, _owner_connect

ABOUT = Concerning(award=1, enterprise=11, place=BOLE)
MILLION = 100_000_000


def refused(code: str, act: Callable[[], Any]) -> None:
    with pytest.raises(Refused) as told:
        act()
    assert told.value.code == code


class Till:
    """One pool with its people, and short words for what they do there."""

    def __init__(self, people: dict[str, Actor], fund: int = MILLION) -> None:
        self.people = people
        with acting(people["finance"]):
            self.pool = ledger.open_pool(by=people["finance"], scheme="A-13", year=2025)
        if fund:
            self.post("fund", fund, "fund", who="finance", about=None)

    def post(
        self,
        kind: str,
        amount: int,
        key: str,
        *,
        who: str = "",
        about: Concerning | None = ABOUT,
        **more: Any,
    ) -> Any:
        by = self.people[who or {"reserve": "proposer", "commit": "approver"}.get(kind, "payer")]
        with acting(by):
            return ledger.post(
                by=by,
                pool=self.pool,
                key=key,
                kind=kind,
                amount=amount,
                reason=more.pop("reason", "依据 A-13"),
                concerning=about,
                **more,
            )

    def reverse(self, entry: int, key: str, who: str = "finance") -> Any:
        by = self.people[who]
        with acting(by):
            return ledger.reverse(by=by, pool=self.pool, key=key, entry=entry, reason="更正")

    @property
    def now(self) -> dict[str, int]:
        with nation():
            return Pool.objects.values(*ACCOUNTS).get(pk=self.pool.pk)


ROLES = {"finance": "finance", "proposer": "region", "approver": "region", "payer": "finance"}


@pytest.fixture
def till(person: Callable[..., Actor]) -> Till:
    return Till({name: person(name, role, XINJIANG) for name, role in ROLES.items()})


def run(*args: str) -> tuple[Any, int]:
    out, before, status = StringIO(), sys.stdout, 0
    sys.stdout = out
    try:
        call_command("check_ledger", "--json", *args)
    except SystemExit as ended:
        status = int(ended.code or 0)
    finally:
        sys.stdout = before
    return json.loads(out.getvalue()), status


@pytest.mark.django_db
def test_an_award_goes_from_the_budget_to_paid_through_three_people(till: Till) -> None:
    for kind in ("reserve", "commit", "order", "pay"):
        till.post(kind, 25_000_000, f"1:{kind}")
    assert till.now == dict.fromkeys(ACCOUNTS, 0) | {
        "budget": -MILLION, "free": MILLION - 25_000_000, "paid": 25_000_000
    }  # fmt: skip
    told, status = run()
    assert (told, status) == ({"entries": 5, "chain": "whole", "balances": "whole", "invariants": "whole"}, 0)


@pytest.mark.django_db
def test_i4_nothing_is_taken_that_is_not_there(till: Till) -> None:
    refused("pool_balance", lambda: till.post("reserve", MILLION + 1, "1"))
    till.post("reserve", MILLION, "1")
    refused("pool_balance", lambda: till.post("reserve", 1, "2"))
    refused("award_balance", lambda: till.post("commit", MILLION + 1, "3"))
    refused("award_balance", lambda: till.post("commit", 1, "4", about=Concerning(2, 12, BOLE)))
    refused("pool_balance", lambda: till.post("cut", 1, "5", who="finance", about=None))


@pytest.mark.django_db
def test_i6_the_same_key_is_the_same_posting_and_another_body_is_refused(till: Till) -> None:
    first = till.post("reserve", 500, "k")
    again = till.post("reserve", 500, "k")
    assert (again.id, again.digest, again.repeated, first.repeated) == (first.id, first.digest, True, False)
    for change in (
        {"amount": 501},
        {"reason": "别的"},
        {"about": Concerning(2, 11, BOLE)},
        {"who": "approver"},
    ):
        words = {"kind": "reserve", "amount": 500, "key": "k"} | change
        refused("key_reused", lambda words=words: till.post(**words))  # type: ignore[misc]
    assert till.now["reserved"] == 500


@pytest.mark.django_db
@pytest.mark.parametrize("amount", [0, -1, 10**13 + 1, 10**18])
def test_i3_an_amount_is_above_zero_and_below_all_the_money_there_is(till: Till, amount: int) -> None:
    refused("amount", lambda: till.post("reserve", amount, "1"))


@pytest.mark.django_db
def test_i7_a_reversal_mirrors_one_entry_once(till: Till) -> None:
    made = till.post("reserve", 700, "1")
    back = till.reverse(made.id, "r1")
    assert till.now["reserved"] == 0 and till.now["free"] == MILLION
    refused("reversal", lambda: till.reverse(made.id, "r2"))
    refused("reversal", lambda: till.reverse(back.id, "r3"))
    assert till.reverse(made.id, "r1").repeated
    refused("reversal", lambda: till.reverse(10**9, "r4"))
    second = till.post("reserve", 100, "2")
    till.post("commit", 60, "3")
    # What went on cannot be taken back from where it was.
    refused("award_balance", lambda: till.reverse(second.id, "r5"))
    refused("reversal", lambda: till.post("reverse", 99, "r6", who="finance", reverses=second.id))


@pytest.mark.django_db
def test_i8_a_closed_quarter_takes_nothing(till: Till) -> None:
    finance = till.people["finance"]
    with connection.cursor() as cursor:
        cursor.execute("""SELECT to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY"Q"Q')""")
        (quarter,) = cursor.fetchone()
    with acting(finance):
        refused("quarter_open", lambda: ledger.close_quarter(by=finance, quarter=quarter))
        first = ledger.close_quarter(by=finance, quarter="2026Q1")
        assert ledger.close_quarter(by=finance, quarter="2026Q1").pk == first.pk
        assert Pool.objects.get().closed_through == "2026Q1"
        assert ledger.open_pool(by=finance, scheme="A-12", year=2025).closed_through == "2026Q1"
        Pool.objects.update(closed_through=quarter)
    refused("quarter_closed", lambda: till.post("reserve", 1, "1"))
    # What was posted before is still answered.
    assert till.post("fund", MILLION, "fund", who="finance", about=None).repeated


@pytest.mark.django_db
def test_i9_the_enterprise_lies_below_the_pool(till: Till) -> None:
    refused("place", lambda: till.post("reserve", 1, "1", about=Concerning(1, 11, HONGQI)))


@pytest.mark.django_db
def test_i12_who_proposed_does_not_approve_and_who_did_either_does_not_pay(till: Till) -> None:
    refused("reason", lambda: till.post("reserve", 9, "0", reason="  "))
    till.post("reserve", 9, "1")
    refused("same_person", lambda: till.post("commit", 9, "2", who="proposer"))
    till.post("commit", 9, "2")
    for who in ("proposer", "approver"):
        refused("same_person", lambda who=who: till.post("order", 9, "3", who=who))  # type: ignore[misc]
    till.post("order", 9, "3")
    refused("same_person", lambda: till.post("pay", 9, "4", who="approver"))
    assert till.post("pay", 9, "4").number == 5


@pytest.mark.django_db
def test_a_county_touches_no_pool_of_the_region_and_sees_it_where_it_is_published(
    till: Till, person: Callable[..., Actor], county_bole: Actor, county_jinghe: Actor
) -> None:
    with acting(county_bole):
        assert not Pool.objects.exists()
        with pytest.raises(Denied):
            ledger.post(
                by=county_bole,
                pool=till.pool,
                key="1",
                kind="reserve",
                amount=1,
                reason="甲",
                concerning=ABOUT,
            )
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM subsidies_post(%s, 'x', 'fund', 1, 'x', 1)", [till.pool.pk])
    with acting(till.people["finance"]):
        Pool.objects.filter(pk=till.pool.pk).update(published=True)
    with acting(county_bole):
        assert Pool.objects.get().free == MILLION
        assert not Entry.objects.exists()
    own = Till(
        {name: person(f"{name}.b", role.replace("region", "county"), BOLE) for name, role in ROLES.items()}
    )
    with acting(county_jinghe):
        assert set(Pool.objects.values_list("pk", flat=True)) == {till.pool.pk}
        assert not Entry.objects.filter(pool=own.pool).exists()


@pytest.mark.django_db
def test_i2_no_entry_is_written_changed_or_deleted_but_by_the_function_also_by_the_owner(till: Till) -> None:
    till.post("reserve", 5, "1")
    finance = till.people["finance"]
    with acting(finance):
        entry = Entry.objects.values().order_by("-id")[0]
        entry.pop("id")
        for act in (
            lambda: Entry.objects.create(**entry | {"number": 99, "key": "x"}),
            lambda: Entry.objects.update(amount=1),
            Entry.objects.all().delete,
            lambda: Pool.objects.update(free=10**9),
            lambda: Pool.objects.update(head="0" * 64),
            Pool.objects.all().delete,
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()


@pytest.mark.django_db
def test_an_enterprise_reads_its_own_entries_without_the_names(
    till: Till, person: Callable[..., Actor]
) -> None:
    till.post("reserve", 5, "1")
    for pk, n in ((11, 1), (12, 0)):
        with acting(person(f"of{pk}", "enterprise", BOLE, enterprise_id=pk)):
            assert Entry.objects.filter(amount=5).values_list("kind").count() == n
            with pytest.raises(DatabaseError), transaction.atomic():
                list(Entry.objects.values_list("by_id"))


@contextmanager
def owner() -> Iterator[Any]:
    """What the database's owner could do by hand: the triggers off, then anything."""
    by_hand = _owner_connect(connections["default"].settings_dict["NAME"])
    with by_hand.cursor() as cursor:
        cursor.execute("ALTER TABLE subsidies_entry DISABLE TRIGGER USER")
        yield cursor
        cursor.execute("ALTER TABLE subsidies_entry ENABLE TRIGGER USER")
    by_hand.close()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("UPDATE subsidies_entry SET amount = amount + 1 WHERE id = %s", "changed"),
        ("UPDATE subsidies_entry SET reason = '改' WHERE id = %s", "changed"),
        ("UPDATE subsidies_entry SET at = at - interval '1 microsecond' WHERE id = %s", "changed"),
        ("UPDATE subsidies_entry SET by_id = by_id + 1 WHERE id = %s", "changed"),
        ("DELETE FROM subsidies_entry WHERE id = %s", "missing"),
    ],
)
def test_i11_one_row_changed_by_the_owner_is_named(shared: Till, change: str, what: str) -> None:
    for n in range(4):
        made = shared.post("reserve", 100 + n, f"{n}")
    entries = [made.id - 2, made.id - 1]
    with owner() as cursor:
        cursor.execute(change, [entries[0]])
    told, status = run()
    first = told["chain"][0]
    assert status == 1 and first["what"] == what
    assert first["entry"] == entries[0 if what == "changed" else 1]


def test_a_tail_that_was_cut_off_and_a_balance_that_was_turned_are_named(shared: Till) -> None:
    made = shared.post("reserve", 100, "1")
    with owner() as cursor:
        cursor.execute("DELETE FROM subsidies_entry WHERE id = %s", [made.id])
    told, _status = run()
    assert told["chain"] == [{"entry": None, "pool": shared.pool.pk, "number": 2, "what": "cut"}]
    assert {b["account"] for b in told["balances"]} == {"free", "reserved"}
    with owner() as cursor:
        cursor.execute("UPDATE subsidies_pool SET interest = 7 WHERE id = %s", [shared.pool.pk])
    told, _status = run()
    assert {"pool": shared.pool.pk, "account": "interest", "kept": 7, "summed": 0} in told["balances"]


@pytest.mark.django_db
def test_a_pool_of_a_scheme_and_year_is_opened_once(till: Till, county_bole: Actor) -> None:
    finance = till.people["finance"]
    with acting(finance):
        refused("pool_known", lambda: ledger.open_pool(by=finance, scheme="A-13", year=2025))
    with acting(county_bole), pytest.raises(Denied):
        ledger.open_pool(by=county_bole, scheme="A-13", year=2025)
    assert JINGHE


# --- at once, and in the middle ------------------------------------------------------------------------------------


@pytest.fixture
def shared(committed: None) -> Till:
    return Till({name: officer(name, role, XINJIANG) for name, role in ROLES.items()}, fund=1_000)


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

    statements: list[str] = []

    def counting(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(counting):
        pay(1)
    for n in range(1, len(statements) + 1):
        left = [n]

        def dying(execute: Any, sql: str, *rest: Any, left: list[int] = left) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise DatabaseError("gone")
            return execute(sql, *rest)

        with pytest.raises(DatabaseError), transaction.atomic(), connection.execute_wrapper(dying):
            pay(n + 1)
        pay(n + 1)
        with nation():
            kinds = list(Entry.objects.filter(award=n + 1).order_by("number").values_list("kind", flat=True))
        assert kinds == ["reserve", "commit", "order", "pay"], n
    assert till.now["paid"] == 100 * (len(statements) + 1)
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


# --- against a model -----------------------------------------------------------------------------------------------


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
