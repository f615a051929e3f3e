"""The servers start only with a login that row-level security binds."""

from __future__ import annotations

import pytest

from tenancy import checks


@pytest.fixture
def _kept_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection of a test is the test's transaction; it is not closed in between."""
    for alias in ("default", "owner"):
        monkeypatch.setattr(checks.connections[alias], "close", lambda: None)


@pytest.mark.django_db
@pytest.mark.usefixtures("_kept_open")
def test_the_login_of_the_servers_is_bound() -> None:
    assert checks.unbound_login() is None
    checks.refuse_unbound_login()


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.usefixtures("_kept_open")
def test_a_server_with_the_login_of_the_owner_does_not_start() -> None:
    assert checks.unbound_login("owner") is not None
    with pytest.raises(SystemExit, match="所有者"):
        checks.refuse_unbound_login("owner")
