"""The ledger: double entry, append-only, once for a key, never above the budget, chained, and checked (I1 to I13)."""

from __future__ import annotations

from collections.abc import Callable

import psycopg2
import pytest
from django.db import DatabaseError, connection, connections, transaction

from subsidies import ledger
from subsidies.ledger import Concerning
from subsidies.models import Entry, Pool
from subsidies.rules.accounts import ACCOUNTS
from tenancy.access import Actor, Denied
from tenancy.context import acting
from tests.conftest import BOLE, HONGQI, JINGHE, _owner_connect

from .till import ABOUT, MILLION, ROLES, Till, owner, refused, run


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
def test_i2_no_entry_is_written_changed_or_deleted_but_by_the_function(till: Till) -> None:
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


def test_i2_the_owner_of_the_database_is_refused_as_well(shared: Till) -> None:
    shared.post("reserve", 5, "1")
    by_hand = _owner_connect(connections["default"].settings_dict["NAME"])
    with by_hand.cursor() as cursor:
        for sql in (
            "UPDATE subsidies_entry SET amount = 1",
            "DELETE FROM subsidies_entry",
            "TRUNCATE subsidies_entry",
        ):
            with pytest.raises(psycopg2.Error):
                cursor.execute(sql)
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


@pytest.mark.django_db
def test_a_level_above_takes_nothing_from_a_pool_below_not_even_by_the_function_itself(
    till: Till, person: Callable[..., Actor]
) -> None:
    own = person("finance.bole", "finance", BOLE)
    with acting(own):
        pool = ledger.open_pool(by=own, scheme="C-37", year=2025)
    above = till.people["finance"]
    with acting(above):
        with pytest.raises(Denied):
            ledger.post(by=above, pool=pool, key="k", kind="fund", amount=1, reason="甲")
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT subsidies_post(%s, 'k', 'fund', 1, '甲', %s)", [pool.pk, above.officer_id])
