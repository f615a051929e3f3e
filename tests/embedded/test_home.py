from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.embedded.home import Home, current, write_private
from portal.embedded.service_user import ServiceUser
from portal.embedded.setup import ROOT, Stop

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has a service user")
as_plain = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_home_is_var_unless_tidu_home_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TIDU_HOME", str(tmp_path / "x"))
    assert current().root == tmp_path / "x"
    monkeypatch.delenv("TIDU_HOME")
    assert current().root == ROOT / "var"


def test_secrets_are_made_once_per_home_and_only_for_its_owner(new_home: Callable[[], Home]) -> None:
    one, other = new_home().open(), new_home().open()
    assert mode(one.root / "secrets.json") == 0o600
    assert Home(one.root).secrets == one.secrets
    assert not set(one.secrets.values()) & set(other.secrets.values())
    assert all(len(value) >= 32 for value in one.secrets.values())


def test_a_private_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), mode(path), [p.name for p in tmp_path.iterdir()]) == (
        "new",
        0o600,
        ["demo.json"],
    )


@as_plain
def test_a_home_of_somebody_else_is_one_sentence() -> None:
    with pytest.raises(Stop, match="set TIDU_HOME to a folder of your own"):
        Home(Path("/root/tidu") if Path("/root").exists() else Path("/proc/tidu")).open()


@as_root
def test_data_of_another_user_are_left_alone(new_home: Callable[[], Home]) -> None:
    home = new_home()
    home.root.mkdir()
    cluster = home.root / "data" / "postgres"
    cluster.mkdir(parents=True)
    os.chown(cluster, 65534, 65534)
    with pytest.raises(Stop, match="belong to nobody: run this as nobody"):
        home.open()


@as_root
def test_a_closed_home_keeps_its_permissions_and_names_where_the_data_lie(tmp_path: Path) -> None:
    root = tmp_path / "closed"
    root.mkdir(mode=0o700)
    home = Home(root, throwaway=True).open()
    place = Path((root / "location").read_text().strip())
    try:
        assert place == home.data and not place.is_relative_to(root)
        assert mode(root) == 0o700 and mode(place) == 0o700
        user = ServiceUser.get()
        assert place.stat().st_uid == user.uid
        assert Home(root).data == place
    finally:
        home.remove()
    assert not place.exists() and not root.exists()


@as_root
def test_an_open_home_keeps_the_data_inside(new_home: Callable[[], Home]) -> None:
    home = new_home().open()
    assert home.data == home.root / "data"
    assert home.data.stat().st_uid == ServiceUser.get().uid
