"""A pool that was put back to an earlier day, with the people who accept it, for the tests of losses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from subsidies import heads, nightly
from subsidies.actions import confirm_loss, propose_loss
from subsidies.losses import Loss, losses
from subsidies.models import Acceptance, Pool
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.at_once import officer
from tests.conftest import XINJIANG

from .test_heads import put_back, row
from .till import Till, owner, run

ROLES = ("auditor", "sysadmin", "secadmin")


class Lost:
    """Three entries were signed, then five; the backup of before holds three."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.people: dict[str, Actor] = {
            "finance": till.people["finance"],
            **{role: officer(f"{role}.x", role, XINJIANG) for role in ROLES},
        }
        for n in range(2):
            till.post("reserve", 1, f"{n}")
        run("--sign")
        self.before = row(till)
        for n in range(2, 4):
            till.post("reserve", 1, f"{n}")
        run("--sign")
        self.put_back()

    def put_back(self) -> None:
        with owner() as cursor:
            put_back(cursor, self.before)

    @property
    def pool(self) -> int:
        return int(self.till.pool.pk)

    def now(self) -> dict[str, Any]:
        with nation():
            return Pool.objects.values().get(pk=self.pool)

    def losses(self, who: str = "finance") -> list[Loss]:
        by = self.people[who]
        with acting(by):
            return losses(heads.read(by.region_path), by.region_path)

    def propose(self, who: str = "finance", **more: Any) -> Acceptance:
        by = self.people[who]
        found = self.losses(who)
        said = {"pool": self.pool, "seen": found[0].seen if found else "", "reason": "磁盘损坏，备份之后的找不回",
                "document": "新财发〔2026〕3号"} | more  # fmt: skip
        with acting(by):
            return propose_loss(by=by, **said)

    def confirm(self, made: Acceptance, who: str = "auditor") -> Any:
        by = self.people[who]
        with acting(by):
            return confirm_loss(by=by, acceptance=made)

    def sign(self) -> int:
        with nation():
            return nightly.sign_accepted(now=timezone.now(), origin="x")

    def accepted(self) -> Acceptance:
        made = self.propose()
        self.confirm(made)
        assert self.sign() == 1
        return made


@contextmanager
def by_hand(*tables: str) -> Iterator[Any]:
    """What the database's owner could do to these tables: their triggers off, then anything."""
    with owner() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
