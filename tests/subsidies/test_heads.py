"""The signed heads of the ledger: what is whole in itself but less or other than it was, is told (H-12)."""

from __future__ import annotations

import datetime as dt
import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django.utils.translation import override

from portal.told import told
from subsidies import heads, ledger, nightly
from subsidies.checking import check
from subsidies.models import Pool
from subsidies.rules.heads import Head, Line, Standing, compare, parsed, unsigned
from subsidies.tasks import check_ledger
from tenancy import inbox
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Message
from tests.at_once import officer, together
from tests.conftest import BOLE, HONGQI, JINGHE, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .office import Office
from .till import ROLES, Till, owner, run

COUNTY_ROLES = {name: role.replace("region", "county") for name, role in ROLES.items()}
WHOLE = {"chain": "whole", "balances": "whole", "invariants": "whole"}


def lines() -> list[dict[str, Any]]:
    file = heads.heads_file()
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def faults(*args: str) -> list[dict[str, Any]]:
    """What the command says of the chain, where nothing else is wrong."""
    found, status = run(*args)
    assert status == 1 and found["balances"] == found["invariants"] == "whole"
    return found["chain"]  # type: ignore[no-any-return]


def row(till: Till) -> dict[str, Any]:
    with nation():
        return Pool.objects.values().get(pk=till.pool.pk)


def put_back(cursor: Any, before: dict[str, Any]) -> None:
    """The pool and its entries as a backup holds them."""
    cursor.execute(
        "DELETE FROM subsidies_entry WHERE pool_id = %s AND number > %s", [before["id"], before["entries"]]
    )
    names = [name for name in before if name != "id"]
    cursor.execute(
        f"UPDATE subsidies_pool SET {', '.join(f'{name} = %s' for name in names)} WHERE id = %s",  # noqa: S608
        [*(before[name] for name in names), before["id"]],
    )


def chain_anew(cursor: Any, pool: int) -> None:
    """Computes every digest of a pool again, as somebody with the owner's login could."""
    cursor.execute("SELECT entries FROM subsidies_pool WHERE id = %s", [pool])
    previous = "0" * 64
    for number in range(1, cursor.fetchone()[0] + 1):
        cursor.execute(
            "UPDATE subsidies_entry SET previous = %s, digest = subsidies_digest(%s, pool_id, region_id, number, key, "
            "kind, taken_from, given_to, amount, award, enterprise_id, place_id, reverses_id, quarter, reason, by_id, "
            "at) WHERE pool_id = %s AND number = %s RETURNING digest",
            [previous, previous, pool, number],
        )
        previous = cursor.fetchone()[0]
    cursor.execute("UPDATE subsidies_pool SET head = %s WHERE id = %s", [previous, pool])


def change_line(number: int, change: Any) -> None:
    """Changes one line of the file, or takes it out where `change` gives nothing."""
    file = heads.heads_file()
    kept = file.read_text().splitlines()
    kept[number - 1 : number] = [text for text in [change(kept[number - 1])] if text]
    file.write_text("".join(f"{text}\n" for text in kept))


@pytest.fixture
def signed(till: Till) -> Till:
    """Three nights with a posting before each."""
    for n in range(3):
        till.post("reserve", 100 + n, f"{n}")
        assert run("--sign")[1] == 0
    return till


@pytest.mark.django_db
def test_a_whole_ledger_signs_its_heads_and_a_second_night_without_postings_writes_nothing(
    till: Till,
) -> None:
    till.post("reserve", 100, "1")
    check_ledger()
    (line,) = lines()
    pool = row(till)
    assert (line["pool"], line["region"], line["scheme"], line["year"]) == (
        pool["id"], XINJIANG, "A-13", 2025
    )  # fmt: skip
    assert (line["entries"], line["digest"]) == (2, pool["head"])
    assert heads.heads_file().stat().st_mode & 0o777 == 0o600
    check_ledger()
    assert run("--sign") == ({"entries": 2} | WHOLE, 0)
    assert lines() == [line]
    with nation():
        entry = AuditEntry.objects.get(action=heads.SIGNED)
        assert (entry.region_id, entry.origin) == (XINJIANG, "timetable check-ledger")
        assert entry.detail == {"line": 1, "signature": line["signature"], "pools": 1}
        assert not Message.objects.exists()


@pytest.mark.django_db
def test_without_the_option_the_command_writes_nothing(till: Till) -> None:
    assert run()[1] == 0
    assert not heads.heads_file().parent.exists()
    with nation():
        assert not AuditEntry.objects.filter(action=heads.SIGNED).exists()


@pytest.mark.django_db
def test_only_the_pools_that_went_on_are_written_again(till: Till) -> None:
    finance = till.people["finance"]
    with acting(finance):
        empty = ledger.open_pool(by=finance, scheme="A-12", year=2025)
    run("--sign")
    till.post("reserve", 100, "1")
    run("--sign")
    assert [(line["pool"], line["entries"]) for line in lines()] == [
        (till.pool.pk, 1), (empty.pk, 0), (till.pool.pk, 2)
    ]  # fmt: skip


def test_h12_a_backup_that_was_put_back_is_told_with_the_numbers_that_are_missing(shared: Till) -> None:
    shared.post("reserve", 100, "1")
    run("--sign")
    yesterday = row(shared)
    for n in range(2, 5):
        shared.post("reserve", 100, f"{n}")
    run("--sign")
    with owner() as cursor:
        put_back(cursor, yesterday)
    pool = shared.pool.pk
    told_of = {
        "entry": None, "pool": pool, "number": 5, "region": XINJIANG, "what": "behind_signed",
        "missing_from": 3, "missing_to": 5,
    }  # fmt: skip
    assert faults() == faults("--sign") == [told_of]
    assert len(lines()) == 2


def test_a_posting_in_the_place_of_one_that_was_lost_is_told_as_another(shared: Till) -> None:
    yesterday = row(shared)
    shared.post("reserve", 100, "1")
    run("--sign")
    with owner() as cursor:
        put_back(cursor, yesterday)
    shared.post("reserve", 100, "1")
    assert [(fault["what"], fault["number"]) for fault in faults()] == [("other_than_signed", 2)]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_row_changed_together_with_a_chain_computed_anew_is_told(shared: Till, number: int) -> None:
    for n in range(2):
        shared.post("reserve", 100, f"{n}")
    run("--sign")
    shared.post("reserve", 100, "after")
    with owner() as cursor:
        cursor.execute("UPDATE subsidies_entry SET reason = '改' WHERE number = %s", [number])
        chain_anew(cursor, shared.pool.pk)
    pool = shared.pool.pk
    assert faults() == [
        {"entry": None, "pool": pool, "number": 3, "region": XINJIANG, "what": "other_than_signed"}
    ]


def test_a_pool_that_is_gone_or_was_made_another_years_is_told(shared: Till) -> None:
    run("--sign")
    with owner() as cursor:
        cursor.execute("UPDATE subsidies_pool SET year = 2026")
    assert [fault["what"] for fault in faults()] == ["other_than_signed"]
    with owner() as cursor:
        cursor.execute("DELETE FROM subsidies_entry")
        cursor.execute("DELETE FROM subsidies_pool")
    (gone,) = faults()
    assert gone["what"] == "gone" and (gone["missing_from"], gone["missing_to"]) == (1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "change", "what", "at"),
    [
        (2, lambda text: text.replace('"entries": 3', '"entries": 2'), "signature", 2),
        (1, lambda text: text.replace("2025", "2026"), "signature", 1),
        (3, lambda text: text.replace('"signature": "', '"signature": "0'), "signature", 3),
        (2, lambda text: text[:-5], "signature", 2),
        (2, lambda text: "[]", "signature", 2),
        (1, lambda text: "", "signature_missing", 1),
        (2, lambda text: "", "signature_missing", 2),
        (3, lambda text: "", "signature_missing", 3),
    ],
)
def test_a_line_that_was_changed_or_taken_out_is_told_with_its_number(
    signed: Till, line: int, change: Any, what: str, at: int
) -> None:
    before = heads.heads_file().read_text()
    change_line(line, change)
    assert heads.heads_file().read_text() != before
    found = [fault for fault in faults() if fault["line"] == at]
    assert [fault["what"] for fault in found] == [what]
    # It is put right by putting the file back, and nothing was signed meanwhile.
    run("--sign")
    heads.heads_file().write_text(before)
    assert run() == ({"entries": 4} | WHOLE, 0)


@pytest.mark.django_db
def test_signatures_of_another_key_do_not_hold(signed: Till, settings: Any, tmp_path: Path) -> None:
    text = heads.heads_file().read_text()
    settings.KEYS_ROOT = tmp_path / "other"
    settings.KEYS_ROOT.mkdir()
    heads.heads_file().write_text(text)
    assert [(fault["what"], fault["line"]) for fault in faults()] == [("signature", n) for n in (1, 2, 3)]


@pytest.mark.django_db
def test_a_file_that_is_missing_after_heads_were_signed_is_told_by_the_trail(signed: Till) -> None:
    heads.heads_file().unlink()
    told_of = {
        "entry": None,
        "pool": None,
        "number": None,
        "region": None,
        "what": "signature_missing",
        "line": 1,
    }
    assert faults() == faults("--sign") == [told_of]
    assert not heads.heads_file().exists()


@pytest.mark.django_db
def test_another_branch_of_the_file_does_not_pass_for_it(signed: Till) -> None:
    whole = heads.heads_file().read_text()
    change_line(3, lambda text: "")
    with nation():
        found = check()
        assert heads.sign(found.signed, found.pools, now=timezone.now(), origin="x") == 1
    assert run()[1] == 0
    heads.heads_file().write_text(whole)
    assert [(fault["what"], fault["line"]) for fault in faults()] == [("signature", 3)]


@pytest.mark.django_db
def test_what_a_crash_has_torn_off_says_nothing_and_is_written_again(signed: Till) -> None:
    whole = heads.heads_file().read_bytes()
    heads.heads_file().write_bytes(whole + b'{"pool": 1, "reg')
    assert run()[1] == 0
    signed.post("reserve", 9, "more")
    assert run("--sign")[1] == 0
    assert heads.heads_file().read_bytes().startswith(whole + b'{"pool"') and len(lines()) == 4
    assert run() == ({"entries": 5} | WHOLE, 0)


@pytest.mark.django_db
def test_who_finds_the_file_longer_or_shorter_than_it_was_read_writes_nothing(till: Till) -> None:
    now = timezone.now()
    with nation():
        first, second = check(), check()
        assert [nightly.sign(found, now=now, origin="x") for found in (first, second)] == [1, 0]
    till.post("reserve", 9, "more")
    with nation():
        third = check()
        whole = heads.heads_file().read_bytes()
        os.truncate(heads.heads_file(), 5)
        assert nightly.sign(third, now=now, origin="x") == 0
        heads.heads_file().write_bytes(whole)
        assert nightly.sign(third, now=now, origin="x") == 1


@pytest.mark.django_db
def test_heads_whose_entry_in_the_trail_was_lost_with_a_crash_are_whole(signed: Till) -> None:
    signed.post("reserve", 9, "more")
    with pytest.raises(ZeroDivisionError), nation():
        assert nightly.sign(check(), now=timezone.now(), origin="x") == 1
        raise ZeroDivisionError
    out = StringIO()
    call_command("check_ledger", "--sign", stdout=out)
    assert len(lines()) == 4 and "chain: whole" in out.getvalue() and "signed: 0" in out.getvalue()
    signed.post("reserve", 9, "yet more")
    assert run("--sign")[1] == run()[1] == 0
    assert len(lines()) == 5


def test_two_nights_at_once_write_one_line_for_a_pool(shared: Till) -> None:
    shared.post("reserve", 9, "1")

    def night() -> bool:
        check_ledger()
        return True

    assert together(night, night) == [True, True]
    assert [line["entries"] for line in lines()] == [2]
    assert run() == ({"entries": 2} | WHOLE, 0)


def seen(actor: Actor) -> list[tuple[str, int]]:
    with acting(actor):
        return [(m.region_id, m.params["n"]) for m in inbox.of(actor) if m.kind == "ledger.broken"]


def test_the_night_tells_finance_and_auditors_of_the_place_once_a_day_and_no_neighbour(shared: Till) -> None:
    own = Till({name: officer(f"{name}.b", role, BOLE) for name, role in COUNTY_ROLES.items()}, fund=1_000)
    for n in range(25):
        own.post("reserve", 1, f"{n}")
    check_ledger()
    with owner() as cursor:
        cursor.execute("UPDATE subsidies_entry SET reason = '改' WHERE region_id = %s", [BOLE])
    check_ledger()
    check_ledger()
    finance, auditor = own.people["finance"], officer("auditor.b", "auditor", BOLE)
    # Every one of them is counted, though the command names the first twenty.
    assert seen(finance) == seen(auditor) == [(BOLE, 26)]
    assert len(run()[0]["chain"]) == 20
    # The levels above have it in their scope, as everything of their counties.
    assert seen(shared.people["finance"]) == [(BOLE, 26)]
    for name, role, path in (
        ("f.j", "finance", JINGHE),
        ("a.j", "auditor", JINGHE),
        ("f.h", "finance", HONGQI),
        ("c.b", "county", BOLE),
    ):
        assert seen(officer(name, role, path)) == []
    with nation():
        assert Message.objects.filter(kind="ledger.broken").count() == 2
        nightly.look(now=timezone.now() + dt.timedelta(days=1), origin="x")
    assert seen(auditor) == [(BOLE, 26)] * 2
    assert len(lines()) == 2


def test_a_state_that_its_entries_do_not_say_is_told_to_the_place_of_their_pool(committed: None) -> None:
    office = Office(officer)
    office.pool()
    office.approved(office.knows())
    with owner() as cursor:
        cursor.execute("UPDATE subsidies_portion SET state = 'reserved'")
    check_ledger()
    assert seen(office["payer"]) == [(XINJIANG, 1)]


def test_entries_that_are_missing_are_told_to_the_place_of_their_pool(shared: Till) -> None:
    yesterday = row(shared)
    shared.post("reserve", 100, "1")
    check_ledger()
    with owner() as cursor:
        put_back(cursor, yesterday)
    check_ledger()
    assert seen(shared.people["finance"]) == [(XINJIANG, 1)]


@pytest.mark.django_db
def test_what_is_wrong_with_the_file_is_told_in_every_place_with_a_pool_and_in_both_languages(
    signed: Till, person: Any, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    own = Till({name: person(f"{name}.b", role, BOLE) for name, role in COUNTY_ROLES.items()})
    check_ledger()
    change_line(1, lambda text: text.replace("2025", "2026"))
    check_ledger()
    assert "signature" in caplog.text
    for actor, address in (
        (own.people["finance"], "/awards/ledger/"),
        (person("auditor.b", "auditor", BOLE), "/awards/ledger/"),
    ):
        assert seen(actor) == [(BOLE, 1)]
        for language, word in (("zh-hans", "1 处不符"), ("en", "1 fault")):
            with acting(actor), override(language):
                (line,) = told(actor, inbox.of(actor))
                assert word in line.title and line.note and line.url == address
        sign_in(client, actor)
        assert client.get(f"/inbox/{line.message.pk}/", follow=True).status_code == 200
    assert sorted(seen(signed.people["finance"])) == [(XINJIANG, 1), (BOLE, 1)]


def test_the_timetable_looks_at_the_ledger_at_ten_past_two_every_night() -> None:
    from portal.celery import app

    entry = app.conf.beat_schedule["check-ledger"]
    at = entry["schedule"]
    assert entry["task"] == check_ledger.name
    assert (at.hour, at.minute, len(at.day_of_week), len(at.day_of_month)) == ({2}, {10}, 7, 31)


def head(pool: int, entries: int, **more: Any) -> Head:
    return Head(**{"region": XINJIANG, "scheme": "A-13", "year": 2025, "digest": f"{pool}:{entries}"} | more,
                pool=pool, entries=entries)  # fmt: skip


def test_a_line_reads_as_it_was_written_and_everything_in_it_is_signed() -> None:
    line = Line(head(1, 2), "2026-11-27T02:10:00+08:00", "ab", "cd")
    assert parsed(line.text) == line
    told_of = json.loads(line.text)
    for name, value in told_of.items():
        other = parsed(json.dumps(told_of | {name: 7 if isinstance(value, str) else str(value)}))
        assert other is not None and (other.message == line.message) == (name == "signature")
    for text in ("", "{}", "[]", "null", "{", '"a"', json.dumps(told_of | {"more": 1}), "[" * 100_000):
        assert parsed(text) is None


def test_heads_are_compared_pool_by_pool() -> None:
    signed = {n: head(n, 3) for n in range(1, 7)}
    today = [
        Standing(head(1, 3), 3, "1:3"),  # as it was
        Standing(head(2, 5), 5, "2:3"),  # went on
        Standing(head(3, 1), 1, None),  # put back
        Standing(head(4, 3, digest="x"), 3, "x"),
        Standing(head(5, 3, region=BOLE), 3, "5:3"),
        Standing(head(7, 0), 0, None),  # new
    ]
    assert [(f["pool"], f["what"]) for f in compare(signed, today)] == [
        (3, "behind_signed"), (4, "other_than_signed"), (5, "other_than_signed"), (6, "gone")
    ]  # fmt: skip
    assert [h.pool for h in unsigned(signed, today)] == [2, 7]
    assert compare({7: head(7, 0)}, today) == []
