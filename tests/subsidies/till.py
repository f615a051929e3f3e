"""A pool with its people, for the tests of the ledger."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from subsidies import ledger
from subsidies.ledger import Concerning, Refused
from subsidies.models import Pool
from subsidies.rules.accounts import ACCOUNTS
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.conftest import BOLE, _owner_connect

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


@contextmanager
def owner() -> Iterator[Any]:
    """What the database's owner could do by hand: the triggers off, then anything."""
    by_hand = _owner_connect(connections["default"].settings_dict["NAME"])
    with by_hand.cursor() as cursor:
        cursor.execute("ALTER TABLE subsidies_entry DISABLE TRIGGER USER")
        yield cursor
        cursor.execute("ALTER TABLE subsidies_entry ENABLE TRIGGER USER")
    by_hand.close()
