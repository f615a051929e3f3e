"""The demo world in a database: built once, a second build changes nothing."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password

from cultivation.models import Evaluation
from enterprises.models import Enterprise, ImportBatch
from portal.demo import people, world
from portal.models import QuarterlySnapshot
from tenancy.access import actor_for
from tenancy.context import nation
from tenancy.models import AuditEntry, Officer, Posting

SMALL = {
    "652701": 40,
    "652702": 6,
    "652722": 8,
    "652723": 4,
    "650105": 8,
    "410702": 5,
    "410771": 4,
    "540102": 5,
}


def counts() -> dict[str, int]:
    officers = Officer.objects.count()
    with nation():
        models = (Posting, Enterprise, ImportBatch, Evaluation, QuarterlySnapshot, AuditEntry)
        return {"Officer": officers, **{model.__name__: model.objects.count() for model in models}}


@pytest.fixture
def home(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.HOME = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(world, "COUNTS", SMALL)
    return tmp_path


@pytest.fixture
def built(db: None, home: Path) -> Path:
    world.build(say=lambda text: None)
    return home


def test_a_second_build_changes_nothing(built: Path) -> None:
    before, listed = counts(), (built / "demo.json").read_text()
    world.build(say=lambda text: None)
    assert counts() == before
    assert (built / "demo.json").read_text() == listed


def test_every_tenant_has_its_accounts_and_the_list_opens_them(built: Path) -> None:
    assert stat.S_IMODE((built / "demo.json").stat().st_mode) == 0o600
    accounts = json.loads((built / "demo.json").read_text())["accounts"]
    names = {account["username"] for account in accounts}
    named = (
        "county.652701 prefecture.6527 region.65 finance.65 auditor.65 commissioner.652701 purchaser.652701 "
        "enterprise.652701 sysadmin.65 secadmin.65 county.652722 county.650105 prefecture.6501 county.410702 "
        "county.410771 prefecture.4107 region.41 region.54 prefecture.5401 county.540102"
    )
    assert set(named.split()) <= names
    assert [account["role"] for account in accounts[:3]] == ["county", "prefecture", "region"]
    for account in (accounts[0], accounts[-1]):
        officer = Officer.objects.get(username=account["username"])
        assert check_password(account["password"], officer.password)
        assert not officer.must_change_password
        actor = actor_for(account["username"])
        assert (actor.role, actor.region_path.rstrip("/").split("/")[-1]) == (
            account["role"],
            account["region"],
        )


def test_an_enterprises_user_belongs_to_an_enterprise_of_the_county(built: Path) -> None:
    actor = actor_for("enterprise.652701")
    with nation():
        assert Enterprise.objects.get(pk=actor.enterprise_id).region_id == "65/6527/652701/"


def test_the_second_quarter_is_closed_and_the_third_is_open_with_data_of_its_own(built: Path) -> None:
    with nation():
        assert set(QuarterlySnapshot.objects.values_list("quarter", flat=True)) == {"2026Q2"}
        bole = QuarterlySnapshot.objects.get(region_id="65/6527/652701/")
        assert bole.late is False
        assert bole.figures["enterprises"] == 32
        assert bole.figures["imports"]["failed"] == 6
        assert Enterprise.objects.filter(region_id="65/6527/652701/").count() == 40
        prefecture = QuarterlySnapshot.objects.get(region_id="65/6527/")
        assert prefecture.figures["enterprises"] == 32 + 6 + 3
        assert Evaluation.objects.filter(judged_on__gt=prefecture.ends_on).exists()


def test_what_the_offices_got_wrong_is_there_to_be_seen(built: Path) -> None:
    with nation():
        batches = ImportBatch.objects.filter(region_id="65/6527/652701/").order_by("created_at")
        codes = [sorted(batch.problems.values_list("code", flat=True)) for batch in batches]
    assert len(codes) == 2 and "name_missing" in codes[0] and "registered_elsewhere" in codes[1]


def test_passwords_follow_the_secret_key_of_the_home(settings: Any) -> None:
    account = people.Account("county.652701", "county", "652701", "65/6527/652701/")
    settings.SECRET_KEY = "one"
    first = account.password
    settings.SECRET_KEY = "other"
    assert account.password != first
    assert len(first) == 19
