"""The demo's accounts, `ROLE.REGIONCODE`, with passwords made from the secret key of the home."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password

from portal.demo.invention import person
from portal.embedded.home import write_private
from tenancy import audit
from tenancy.access import system_actor
from tenancy.context import nation
from tenancy.models import Officer, Posting, Region

#: counties of the demo that show every role of a county
SHOWN = ("652701", "650105", "410702", "540102")
#: the chain that the README's first journey follows comes first in every list
_FIRST = ("652701", "6527", "65")
_ROLES = (
    "county", "prefecture", "region", "finance", "commissioner", "purchaser", "enterprise", "auditor",
    "sysadmin", "secadmin",
)  # fmt: skip
_STAFF = ("finance", "auditor", "sysadmin", "secadmin")
_SINCE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Account:
    username: str
    role: str
    code: str
    path: str

    @property
    def password(self) -> str:
        """Four groups of four; the same at every call in one home, another in the next."""
        digest = hmac.new(
            settings.SECRET_KEY.encode(), f"demo:{self.username}".encode(), hashlib.sha256
        ).digest()
        letters = base64.b32encode(digest).decode().lower()[:16]
        return "-".join(letters[start : start + 4] for start in range(0, 16, 4))

    @property
    def display_name(self) -> str:
        return person(random.Random(f"tidu-demo-person-{self.username}"), self.code)


def officials() -> list[Account]:
    """The accounts of every tenant, and of the region above Xinxiang."""
    regions = Region.objects.filter(is_tenant=True) | Region.objects.filter(code="41")
    return [account for region in regions for account in _of(region)]


def in_order(accounts: Iterable[Account]) -> list[Account]:
    """One account of each role around 博乐市, then by place, highest first."""

    def place(account: Account) -> tuple[bool, int, int, str, str]:
        # The second official of a county comes behind the first of every role.
        near = account.code in _FIRST and account.username == f"{account.role}.{account.code}"
        role = _ROLES.index(account.role)
        return not near, role if near else account.path.count("/"), role, account.path, account.username

    return sorted(accounts, key=place)


def _of(region: Region) -> Iterator[Account]:
    roles: tuple[str, ...]
    if region.kind == Region.Kind.REGION:
        roles = ("region", *_STAFF)
    elif region.kind == Region.Kind.PREFECTURE:
        roles = ("prefecture", *(_STAFF if region.code in {"6527", "4107"} else ()))
    else:
        roles = ("county", *(("commissioner", "finance", "purchaser") if region.code in SHOWN else ()))
    for role in roles:
        yield Account(f"{role}.{region.code}", role, region.code, region.path)
    if region.code == "65":  # who proposes a standard does not put it in force
        yield Account("region2.65", "region", region.code, region.path)
    if region.code in SHOWN:  # who files an application does not recommend it
        yield Account(f"county2.{region.code}", "county", region.code, region.path)


def enrol(accounts: Iterable[Account], enterprises: dict[str, int] | None = None) -> None:
    """Make the accounts and postings that are missing; an account that is there keeps its password.

    `enterprises` maps a username of role enterprise to the id of its enterprise. Argon2 takes most of
    the time, so two threads share it.
    """
    wanted = {account.username: account for account in accounts}
    there = set(Officer.objects.filter(username__in=wanted).values_list("username", flat=True))
    new = [account for name, account in wanted.items() if name not in there]
    with ThreadPoolExecutor(2) as threads:
        hashes = list(threads.map(lambda account: make_password(account.password), new))
    Officer.objects.bulk_create(
        [
            Officer(
                username=account.username,
                display_name=account.display_name,
                password=encoded,
                date_joined=_SINCE,
            )
            for account, encoded in zip(new, hashes, strict=True)
        ],
        ignore_conflicts=True,
    )
    ids = dict(Officer.objects.filter(username__in=wanted).values_list("username", "id"))
    with nation():
        posted = set(Posting.objects.filter(officer_id__in=ids.values()).values_list("officer_id", flat=True))
        for name, account in wanted.items():
            if ids[name] in posted:
                continue
            posting = Posting.objects.create(
                officer_id=ids[name],
                role=account.role,
                region_id=account.path,
                enterprise_id=(enterprises or {}).get(name),
                from_at=_SINCE,
            )
            audit.record(
                by=system_actor(account.path, origin="load_demo"),
                action="people.post",
                region=account.path,
                subject=f"posting:{posting.pk}",
                after={"officer": ids[name], "role": account.role},
            )


def write_list(accounts: Iterable[Account]) -> None:
    """TIDU_HOME/demo.json, with the address that bin/demo last wrote there."""
    path = settings.HOME / "demo.json"
    try:
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        known = {}
    known["accounts"] = [
        {
            "username": account.username,
            "password": account.password,
            "role": account.role,
            "region": account.code,
        }
        for account in in_order(accounts)
    ]
    write_private(path, json.dumps(known, ensure_ascii=False, indent=1) + "\n")
