"""The trail is append-only, chained, signed, and names its first break."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from tenancy import audit, keys
from tenancy.access import Actor, system_actor
from tenancy.context import acting
from tenancy.models import AuditEntry, AuditSeal
from tests.at_once import together
from tests.conftest import BOLE

pytestmark = pytest.mark.django_db


def _write(count: int, path: str = BOLE) -> list[int]:
    actor = system_actor(path)
    with acting(actor):
        return [audit.record(by=actor, action="test", region=path, detail={"n": n}).pk for n in range(count)]


def test_an_intact_chain_holds_and_a_second_sealing_adds_nothing() -> None:
    _write(5)
    assert audit.seal(BOLE) == 5
    assert audit.seal(BOLE) == 0
    assert audit.verify(BOLE) is None


def test_the_chain_grows_over_several_sealings() -> None:
    _write(2)
    audit.seal(BOLE)
    _write(3)
    audit.seal(BOLE)
    assert audit.verify(BOLE) is None
    with acting(system_actor(BOLE)):
        assert [s.position for s in AuditSeal.objects.order_by("position")] == [2, 5]


def test_an_entry_cannot_be_changed_or_deleted_by_an_office_or_the_owner() -> None:
    entry = _write(1)[0]
    for statement in (
        "UPDATE tenancy_auditentry SET action = 'x' WHERE id = %s",
        "DELETE FROM tenancy_auditentry WHERE id = %s",
    ):
        with acting(system_actor(BOLE)), pytest.raises(DatabaseError), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement, [entry])


def test_a_signature_by_another_key_is_named(settings: object, tmp_path: object) -> None:
    _write(2)
    audit.seal(BOLE)
    settings.KEYS_ROOT = tmp_path / "other"  # type: ignore[attr-defined,operator]
    found = audit.verify(BOLE)
    assert found is not None
    assert found.kind == "signature"


def test_a_cut_tail_is_named_by_the_head_kept_outside_the_database(settings: object) -> None:
    _write(3)
    audit.seal(BOLE)
    later = {"region": BOLE, "position": 4, "digest": "f" * 64}
    later["signature"] = keys.sign(f"{BOLE} 4 {'f' * 64}")
    with (settings.KEYS_ROOT / "audit-heads.jsonl").open("a") as file:  # type: ignore[attr-defined]
        file.write(json.dumps(later) + "\n")
    found = audit.verify(BOLE)
    assert found is not None
    assert (found.kind, found.position) == ("cut", 4)


def test_a_changed_row_is_named_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = _write(3)
    audit.seal(BOLE)
    real = audit._digest

    def as_if_changed(previous: str, entry: AuditEntry) -> str:
        if entry.id == ids[1]:
            entry.action = "another"
        return real(previous, entry)

    monkeypatch.setattr(audit, "_digest", as_if_changed)
    found = audit.verify(BOLE)
    assert found is not None
    assert (found.kind, found.position, found.entry_id) == ("changed", 2, ids[1])


def test_threads_that_make_a_key_at_once_share_it(tmp_path: Path) -> None:
    for n in range(20):
        makers = [partial(keys._once, tmp_path / f"{n}.key", bytes([who])) for who in range(4)]
        made = together(*makers)
        assert made[0] and len(set(made)) == 1
    assert len(list(tmp_path.iterdir())) == 20


def test_personal_fields_are_unreadable_once_their_key_is_destroyed(settings: object) -> None:
    actor = system_actor(BOLE)
    with acting(actor):
        entry = audit.record(
            by=actor, action="test", region=BOLE, after={"contact_phone": "13900000000", "name": "甲"}
        )
        stored = AuditEntry.objects.get(pk=entry.pk)
    assert "13900000000" not in json.dumps(stored.after)
    token = stored.after["contact_phone"]["personal"]
    assert keys.decrypt_personal(token, BOLE, stored.at.year) == "13900000000"
    keys._personal_path(BOLE, stored.at.year).unlink()
    assert keys.decrypt_personal(token, BOLE, stored.at.year) is None
    audit.seal(BOLE)
    assert audit.verify(BOLE) is None


def test_a_refused_act_leaves_its_trace_although_everything_else_is_rolled_back(
    client: object, county_bole: Actor
) -> None:
    from tests.tenancy.test_sign_in import sign_in

    sign_in(client, county_bole)
    assert client.get("/people/").status_code == 403  # type: ignore[attr-defined]
    with acting(county_bole):
        entry = AuditEntry.objects.get(action="access.refused")
    assert entry.detail["permission"] == "people.view"
    assert entry.subject == "/people/"
