"""After a loss that is for good two people accept what there is; nothing else explains a signed head that is less."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from subsidies import heads, nightly
from subsidies.actions import confirm_loss, decline_loss, propose_loss
from subsidies.checking import proofs
from subsidies.models import Acceptance, AcceptanceStep, Entry, Pool
from subsidies.rules.heads import ABSENT, Accepted, Head, Line, follows, parsed
from subsidies.rules.workflow import Refused
from subsidies.tasks import check_ledger
from tenancy import keys
from tenancy.access import Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Message
from tests.at_once import officer, together
from tests.conftest import BOLE, BORTALA, HONGQI, JINGHE, XINJIANG

from .losses import Lost, by_hand
from .test_heads import WHOLE, chain_anew, head, lines
from .till import ABOUT, Till, owner, refused, run

ROWS = ("subsidies_acceptance", "subsidies_acceptancestep")


@pytest.fixture
def lost(shared: Till) -> Lost:
    return Lost(shared)


def told() -> list[tuple[str, int]]:
    """What the command says is less or other, where the ledger holds in itself."""
    found, status = run()
    assert found["balances"] == found["invariants"] == "whole"
    assert (status == 0) == (found["chain"] == "whole")
    return [] if status == 0 else [(fault["what"], fault["number"]) for fault in found["chain"]]


def test_what_two_people_accept_is_whole_again_and_new_postings_are_signed(lost: Lost) -> None:
    assert told() == [("behind_signed", 5)]
    (loss,) = lost.losses()
    assert (loss.what, loss.before.entries, loss.after.entries, loss.kept) == ("behind_signed", 5, 3, 3)
    made = lost.propose()
    assert told() == [("behind_signed", 5)]
    lost.confirm(made)
    assert lost.sign() == 1
    assert run() == ({"entries": 3} | WHOLE, 0)
    line = lines()[-1]
    assert (line["entries"], line["digest"], line["accepts"]) == (3, lost.now()["head"], made.public_id)
    lost.till.post("reserve", 1, "new")
    check_ledger()
    assert [(line["entries"], "accepts" in line) for line in lines()] == [
        (3, False), (5, False), (3, True), (4, False)
    ]  # fmt: skip
    assert run() == ({"entries": 4} | WHOLE, 0) and lost.losses() == []
    # A second loss is told again, and accepted again.
    lost.put_back()
    assert told() == [("behind_signed", 4)]
    assert lost.losses()[0].kept == 3
    lost.accepted()
    assert told() == []


def test_both_acts_stand_in_the_trail_and_who_confirms_is_told(lost: Lost) -> None:
    made = lost.propose("sysadmin")
    lost.confirm(made, "secadmin")
    with nation():
        made.refresh_from_db()
        acts = list(
            AuditEntry.objects.filter(action__startswith="awards.accept").order_by("id").values_list(
                "action", "region_id", "officer_id"
            )
        )  # fmt: skip
        notes = set(Message.objects.filter(kind="ledger.loss").values_list("region_id", "role", "key"))
    assert acts == [
        (heads.PROPOSED, XINJIANG, lost.people["sysadmin"].officer_id),
        (heads.CONFIRMED, XINJIANG, lost.people["secadmin"].officer_id),
    ]
    assert notes == {(XINJIANG, role, made.public_id) for role in ("auditor", "secadmin")}
    assert (made.kept, made.before["entries"], made.after["entries"]) == (3, 5, 3)


def test_only_the_right_roles_of_the_place_itself_may(lost: Lost) -> None:
    (loss,) = lost.losses()
    said: dict[str, Any] = {"pool": lost.pool, "seen": loss.seen, "reason": "因", "document": "文"}
    for role, path in (("auditor", XINJIANG), ("secadmin", XINJIANG), ("region", XINJIANG)):
        by = officer(f"p.{role}", role, path)
        with acting(by), pytest.raises(Denied):
            propose_loss(by=by, **said)
    for path in (BORTALA, BOLE, HONGQI, "41/"):
        by = officer(f"p.{path}", "finance", path)
        with acting(by):
            refused("loss_nothing", lambda by=by: propose_loss(by=by, **said))  # type: ignore[misc]
    made = lost.propose()
    for role, path in (
        ("finance", XINJIANG), ("sysadmin", XINJIANG), ("region", XINJIANG), ("auditor", BOLE), ("secadmin", HONGQI)
    ):  # fmt: skip
        by = officer(f"c.{role}", role, path)
        with acting(by), pytest.raises(Denied):
            confirm_loss(by=by, acceptance=made)
    with nation():
        assert not AcceptanceStep.objects.exists()


def test_a_level_above_decides_nothing_about_a_pool_below(committed: None) -> None:
    people = {name: officer(f"{name}.b", role, BOLE) for name, role in
              {"finance": "finance", "proposer": "county", "approver": "county", "payer": "finance"}.items()}  # fmt: skip
    own = Till(people, fund=1_000)
    run("--sign")
    with owner() as cursor:
        cursor.execute("DELETE FROM subsidies_entry")
        cursor.execute("UPDATE subsidies_pool SET entries = 0, head = repeat('0', 64), free = 0, budget = 0")
    above, below = officer("f.x", "finance", XINJIANG), people["finance"]
    with acting(above):
        refused(
            "loss_nothing",
            lambda: propose_loss(by=above, pool=own.pool.pk, seen="", reason="因", document="文"),
        )
    with acting(below):
        from subsidies.losses import losses

        (loss,) = losses(heads.read(BOLE), BOLE)
        made = propose_loss(by=below, pool=own.pool.pk, seen=loss.seen, reason="因", document="文")
    by = officer("a.x", "auditor", XINJIANG)
    with acting(by), pytest.raises(Denied):
        confirm_loss(by=by, acceptance=made)
    by = officer("a.b", "auditor", BOLE)
    with acting(by):
        confirm_loss(by=by, acceptance=made)
    check_ledger()
    assert told() == [] and lines()[-1]["entries"] == 0


def test_the_same_person_is_refused_in_two_roles_too_and_by_the_database(lost: Lost) -> None:
    made = lost.propose()
    both = replace(lost.people["finance"], role="auditor")
    with acting(both):
        refused("loss_same_person", lambda: confirm_loss(by=both, acceptance=made))
        with pytest.raises(DatabaseError, match="the same person"), transaction.atomic():
            AcceptanceStep.objects.create(
                region_id=XINJIANG, acceptance=made, decision="confirm", by_id=both.officer_id
            )
    assert told() == [("behind_signed", 5)]


def test_a_neighbour_and_a_place_below_see_nothing(lost: Lost) -> None:
    made = lost.propose()
    lost.confirm(made)
    for path, seen in ((XINJIANG, 1), (BORTALA, 0), (BOLE, 0), (JINGHE, 0), ("41/", 0)):
        with acting(officer(f"a.{path}", "auditor", path)):
            assert (Acceptance.objects.count(), AcceptanceStep.objects.count()) == (seen, seen)


def test_nothing_of_it_is_ever_changed(lost: Lost) -> None:
    lost.confirm(lost.propose())
    for act in (
        lambda: Acceptance.objects.update(reason="改"),
        lambda: AcceptanceStep.objects.all().delete(),
    ):
        with nation(), pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_twice_is_refused_and_signed_once(lost: Lost) -> None:
    made = lost.propose()
    refused("loss_open", lost.propose)
    lost.confirm(made)
    refused("loss_decided", lambda: lost.confirm(made, "secadmin"))
    refused("loss_overtaken", lost.propose)
    assert [lost.sign(), lost.sign()] == [1, 0]
    refused("loss_decided", lambda: lost.confirm(made, "secadmin"))
    refused("loss_nothing", lost.propose)
    assert len(lines()) == 3


def test_two_confirmations_and_two_signings_at_once_give_one_of_each(lost: Lost) -> None:
    made = lost.propose()

    def confirm(who: str) -> str:
        try:
            lost.confirm(made, who)
        except Refused as wrong:
            return wrong.code
        return "done"

    assert sorted(together(lambda: confirm("auditor"), lambda: confirm("secadmin"))) == [
        "done",
        "loss_decided",
    ]
    assert sorted(together(lost.sign, lost.sign)) == [0, 1]
    with nation():
        assert AcceptanceStep.objects.count() == 1
    assert len(lines()) == 3 and told() == []


def test_a_proposal_that_was_given_back_counts_for_nothing_and_another_may_be_made(lost: Lost) -> None:
    made = lost.propose()
    by = lost.people["auditor"]
    with acting(by):
        refused("reason_missing", lambda: decline_loss(by=by, acceptance=made, reason=" "))
        decline_loss(by=by, acceptance=made, reason="再找备份")
    refused("loss_decided", lambda: lost.confirm(made))
    assert lost.sign() == 0 and told() == [("behind_signed", 5)]
    again = lost.propose("sysadmin")
    by = lost.people["finance"]
    with acting(by), pytest.raises(Denied):
        decline_loss(by=by, acceptance=again, reason="因")
    by = lost.people["sysadmin"]
    with acting(by):
        decline_loss(by=by, acceptance=again, reason="收回")
    lost.accepted()


def test_words_and_what_was_seen_are_asked_for(lost: Lost) -> None:
    refused("loss_words", lambda: lost.propose(reason=" "))
    refused("loss_words", lambda: lost.propose(document=""))
    refused("loss_overtaken", lambda: lost.propose(seen="5:x:2:y"))
    (loss,) = lost.losses()
    lost.till.post("reserve", 1, "meanwhile")
    refused("loss_overtaken", lambda: lost.propose(seen=loss.seen))


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE subsidies_entry SET reason = '改' WHERE number = 2",
        "DELETE FROM subsidies_entry WHERE number = 2",
        "UPDATE subsidies_pool SET head = repeat('a', 64)",
        "UPDATE subsidies_pool SET free = free + 1",
        "UPDATE subsidies_entry SET by_id = (SELECT max(id) FROM tenancy_officer), kind = 'commit' WHERE number = 3",
    ],
)
def test_it_is_refused_while_the_pool_does_not_hold_in_itself(lost: Lost, wrong: str) -> None:
    made = lost.propose()
    (loss,) = lost.losses()
    with owner() as cursor:
        cursor.execute(wrong)
        if "kind" in wrong:
            chain_anew(cursor, lost.pool)
    for act in (lambda: lost.confirm(made), lambda: lost.propose(seen=loss.seen)):
        with pytest.raises(Refused) as said:
            act()
        assert said.value.code in ("loss_not_whole", "loss_overtaken")
    refused("loss_not_whole", lost.propose)


def test_what_was_accepted_is_not_signed_when_the_pool_has_changed_since(lost: Lost) -> None:
    lost.confirm(lost.propose())
    with owner() as cursor:
        cursor.execute("UPDATE subsidies_pool SET free = free + 1")
    assert lost.sign() == 0
    with owner() as cursor:
        cursor.execute("UPDATE subsidies_pool SET free = free - 1")
        put = lost.now()["head"]
        cursor.execute("UPDATE subsidies_entry SET reason = '改' WHERE number = 3")
        chain_anew(cursor, lost.pool)
    assert put != lost.now()["head"] and lost.sign() == 0


def test_it_is_refused_where_the_file_itself_does_not_hold(lost: Lost) -> None:
    made = lost.propose()
    whole = heads.heads_file().read_text()
    heads.heads_file().write_text(whole.replace('"entries": 5', '"entries": 6'))
    refused("loss_file", lambda: lost.confirm(made))
    heads.heads_file().write_text(whole)
    lost.confirm(made)
    heads.heads_file().write_text(whole + "{}\n")
    assert lost.sign() == 0


def test_postings_before_and_after_the_confirmation_do_no_harm(lost: Lost) -> None:
    made = lost.propose()
    lost.till.post("reserve", 1, "between")
    lost.confirm(made)
    lost.till.post("reserve", 1, "after")
    check_ledger()
    assert [line["entries"] for line in lines()] == [3, 5, 3, 5]
    assert told() == []


def test_another_entry_in_the_place_of_a_lost_one_is_accepted_too(lost: Lost) -> None:
    for n in range(3):
        lost.till.post("reserve", 2, f"other {n}")
    assert told() == [("other_than_signed", 5)]
    (loss,) = lost.losses()
    assert (loss.what, loss.after.entries, loss.kept) == ("other_than_signed", 6, 3)
    lost.accepted()
    assert told() == [] and lines()[-1]["entries"] == 6


def test_a_pool_that_is_gone_is_accepted_as_gone_and_its_number_may_serve_again(lost: Lost) -> None:
    with owner() as cursor:
        cursor.execute("DELETE FROM subsidies_entry")
        cursor.execute("DELETE FROM subsidies_pool")
    assert told() == [("gone", 5)]
    made = lost.accepted()
    with nation():
        made.refresh_from_db()
    assert (made.after["digest"], made.kept) == (ABSENT, 0)
    assert told() == [] and lost.losses() == []
    with owner() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('subsidies_pool', 'id'), %s, false)", [lost.pool]
        )
    people = {name: officer(f"{name}.b", role, BOLE) for name, role in
              {"finance": "finance", "proposer": "county", "approver": "county", "payer": "finance"}.items()}  # fmt: skip
    own = Till(people, fund=1_000)
    assert own.pool.pk == lost.pool
    check_ledger()
    assert told() == [] and lines()[-1]["region"] == BOLE


def test_a_number_that_serves_another_place_before_the_loss_was_accepted(lost: Lost) -> None:
    with owner() as cursor:
        cursor.execute("DELETE FROM subsidies_entry")
        cursor.execute("UPDATE subsidies_pool SET region_id = %s, entries = 0, head = repeat('0', 64), free = 0, "
                       "budget = 0, reserved = 0", [BOLE])  # fmt: skip
    assert told() == [("behind_signed", 5)]
    lost.accepted()
    check_ledger()
    assert told() == [] and lines()[-1]["region"] == BOLE


def forge(line: Line) -> None:
    """A line that is signed with the key and stands in its place, as somebody on the server could write it."""
    signed = replace(line, previous=lines()[-1]["signature"])
    signed = replace(signed, signature=keys.sign(signed.message))
    with heads.heads_file().open("a") as file:
        file.write(signed.text)


def now(lost: Lost, **more: Any) -> Line:
    pool = lost.now()
    known = {"entries": pool["entries"], "digest": pool["head"]}
    return Line(Head(lost.pool, XINJIANG, "A-13", 2025, **known), timezone.now().isoformat(), "", **more)


@pytest.mark.parametrize("accepts", ["", "0" * 26])
def test_a_forged_line_alone_is_told_and_nothing_is_signed(lost: Lost, accepts: str) -> None:
    forge(now(lost, accepts=accepts))
    assert told() == [("unaccepted", 3)]
    lost.till.post("reserve", 1, "more")
    check_ledger()
    assert len(lines()) == 3 and told() == [("unaccepted", 3)]
    # The audit pack of an award of this pool tells it too.
    with nation():
        (proof,) = proofs([ABOUT.award], heads.read())
    assert [(f["what"], f["from"]) for f in proof["faults"]] == [("unaccepted", 3)]
    # What follows it makes it no better.
    forge(now(lost))
    assert told() == [("unaccepted", 3)]
    (loss,) = lost.losses()
    assert loss.what == "unaccepted"
    # Two people may accept what there is after all; the forged lines stay to be read.
    lost.accepted()
    assert told() == [] and len(lines()) == 5


def forged_rows(lost: Lost, **other: Any) -> str:
    """An acceptance and its confirmation, written by the database's owner."""
    (loss,) = lost.losses()
    before, after = asdict(loss.before) | other, asdict(loss.after)
    with by_hand(*ROWS) as cursor:
        cursor.execute(
            "INSERT INTO subsidies_acceptance (region_id, public_id, pool, before, after, kept, reason, document, by_id, at) "
            "VALUES (%s, 'forged', %s, %s, %s, 3, '因', '文', %s, now()) RETURNING id",
            [XINJIANG, lost.pool, json.dumps(before), json.dumps(after), lost.people["finance"].officer_id],
        )
        cursor.execute(
            "INSERT INTO subsidies_acceptancestep (region_id, acceptance_id, decision, reason, by_id, at) "
            "VALUES (%s, %s, 'confirm', '', %s, now())",
            [XINJIANG, cursor.fetchone()[0], lost.people["auditor"].officer_id],
        )
    return "forged"


def test_forged_rows_alone_are_no_acceptance_and_make_no_line_hold(lost: Lost) -> None:
    code = forged_rows(lost)
    assert lost.sign() == 0 and told() == [("behind_signed", 5)]
    check_ledger()
    assert len(lines()) == 2
    forge(now(lost, accepts=code))
    assert told() == [("unaccepted", 3)]


def test_entries_of_the_trail_alone_are_no_acceptance(lost: Lost) -> None:
    made = lost.propose()
    with nation():
        from tenancy import audit

        audit.record(by=lost.people["auditor"], action=heads.CONFIRMED, region=XINJIANG, subject=made,
                     detail=heads.as_told(made))  # fmt: skip
    assert lost.sign() == 0 and told() == [("behind_signed", 5)]
    forge(now(lost, accepts=made.public_id))
    assert told() == [("unaccepted", 3)]


@pytest.mark.parametrize("action", [heads.PROPOSED, heads.CONFIRMED])
def test_a_line_whose_acceptance_the_trail_has_lost_does_not_hold(lost: Lost, action: str) -> None:
    lost.accepted()
    with by_hand("tenancy_auditentry") as cursor:
        cursor.execute("DELETE FROM tenancy_auditentry WHERE action = %s", [action])
    assert told() == [("unaccepted", 3)]


def test_a_line_of_other_heads_than_were_accepted_does_not_hold(lost: Lost) -> None:
    made = lost.propose()
    lost.confirm(made)
    lost.till.post("reserve", 1, "more")
    forge(now(lost, accepts=made.public_id))
    assert told() == [("unaccepted", 4)]
    assert lost.sign() == 0


def test_an_acceptance_serves_once(lost: Lost) -> None:
    made = lost.accepted()
    lost.till.post("reserve", 1, "a")
    lost.till.post("reserve", 1, "b")
    run("--sign")
    lost.put_back()
    forge(now(lost, accepts=made.public_id))
    assert told() == [("unaccepted", 3)]


def test_a_crash_after_the_confirmation_is_mended_by_the_next_run(lost: Lost) -> None:
    made = lost.propose()
    lost.confirm(made)
    found, status = run()
    assert status == 1 and found["chain"][0]["accepted"] == made.public_id
    assert len(lines()) == 2
    assert run("--sign") == ({"entries": 3} | WHOLE, 0)
    assert len(lines()) == 3 and told() == []


def test_a_crash_after_the_line_leaves_a_file_that_is_longer_than_the_trail_says_and_whole(
    lost: Lost,
) -> None:
    lost.confirm(lost.propose())
    with pytest.raises(ZeroDivisionError), nation():
        assert nightly.sign_accepted(now=timezone.now(), origin="x") == 1
        raise ZeroDivisionError
    assert len(lines()) == 3 and told() == []
    lost.till.post("reserve", 1, "more")
    check_ledger()
    assert len(lines()) == 4 and told() == []


def test_a_backup_of_before_the_acceptance_that_is_put_back_is_told_and_accepted_once_more(
    lost: Lost,
) -> None:
    lost.accepted()
    lost.till.post("reserve", 1, "more")
    run("--sign")
    lost.put_back()
    with by_hand(*ROWS, "tenancy_auditentry") as cursor:
        cursor.execute("DELETE FROM subsidies_acceptancestep")
        cursor.execute("DELETE FROM subsidies_acceptance")
        cursor.execute("DELETE FROM tenancy_auditentry WHERE action LIKE 'awards.accept%'")
    assert told() == [("unaccepted", 3), ("behind_signed", 4)]
    lost.accepted()
    assert told() == []
    with nation():
        assert Pool.objects.get().entries == Entry.objects.count() == 3


def test_lines_follow_when_they_go_further_or_are_explained() -> None:
    before, less = head(1, 5), head(1, 3)
    known = {"a": Accepted("a", before, less)}

    def line(of: Head, accepts: str = "") -> Line:
        return Line(of, "t", "p", accepts=accepts)

    assert follows(None, line(less), {}) and follows(before, line(head(1, 6)), {})
    assert not any(follows(before, line(of), known) for of in (less, before, head(1, 6, region=BOLE)))
    assert follows(before, line(less, "a"), known)
    wrong = ((before, less, "b"), (head(1, 5, digest="x"), less, "a"), (before, head(1, 2), "a"), (None, less, "a"),
             (before, head(1, 3, digest="x"), "a"), (head(1, 5, year=2024), less, "a"))  # fmt: skip
    assert not any(follows(a, line(b, accepts), known) for a, b, accepts in wrong)
    assert follows(head(1, 0, digest=ABSENT), line(head(1, 1, region=BOLE)), {})


def test_a_line_with_an_acceptance_reads_as_it_was_written_and_the_acceptance_is_signed() -> None:
    line = Line(head(1, 2), "2026-11-27T02:10:00+08:00", "ab", "cd", "ef")
    assert parsed(line.text) == line and '"accepts": "ef"' in line.text
    assert replace(line, accepts="").message != line.message != replace(line, accepts="x").message
    assert "accepts" not in replace(line, accepts="").text
