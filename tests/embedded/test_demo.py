"""The parts of bin/demo that need no running portal."""

from __future__ import annotations

import json
import socket
import stat
from collections.abc import Callable

import pytest

from portal.embedded import demo
from portal.embedded.home import Home
from portal.embedded.setup import Stop


def test_a_taken_port_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        monkeypatch.setenv("TIDU_PORT", str(holder.getsockname()[1]))
        with pytest.raises(Stop, match="is taken: set TIDU_PORT to another one"):
            demo.listening()


def test_a_port_that_is_no_number_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDU_PORT", "http")
    with pytest.raises(Stop, match="a number between 1 and 65535"):
        demo.listening()


def test_without_a_wish_two_demos_get_two_ports_from_8000_on() -> None:
    with demo.listening() as one, demo.listening() as other:
        assert 8000 <= one.getsockname()[1] < other.getsockname()[1]


def test_a_second_demo_of_a_home_learns_where_the_first_runs(new_home: Callable[[], Home]) -> None:
    home = new_home().open()
    with demo.OnlyDemo(home):
        demo.note_address(home, "http://127.0.0.1:8123")
        with pytest.raises(Stop, match="http://127.0.0.1:8123"), demo.OnlyDemo(home):
            pass
    with demo.OnlyDemo(home):
        pass


def test_the_address_is_written_beside_the_accounts(new_home: Callable[[], Home]) -> None:
    home = new_home().open()
    path = home.root / "demo.json"
    account = {"username": "county.652701", "password": "x", "role": "county", "region": "652701"}
    path.write_text(json.dumps({"accounts": [account]}))
    assert demo.note_address(home, "http://127.0.0.1:8000") == [account]
    assert json.loads(path.read_text()) == {"address": "http://127.0.0.1:8000", "accounts": [account]}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
