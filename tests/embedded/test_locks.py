from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from portal.embedded.locks import Presence, held
from portal.embedded.setup import Stop


def test_only_the_last_to_leave_is_told_so(tmp_path: Path) -> None:
    first, second = Presence(tmp_path / "users"), Presence(tmp_path / "users")
    assert first.leave() is False
    assert second.leave() is True


def test_a_child_that_outlives_its_parent_still_counts(tmp_path: Path) -> None:
    parent, other = Presence(tmp_path / "users"), Presence(tmp_path / "users")
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[parent.handle]
    )
    assert parent.leave() is False
    assert other.leave() is False  # the child is left
    assert child.stdin
    child.stdin.close()
    child.wait()
    assert Presence(tmp_path / "users").leave() is True


def test_a_user_killed_without_a_word_does_not_count(tmp_path: Path) -> None:
    presence = Presence(tmp_path / "users")
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[presence.handle]
    )
    assert presence.leave() is False
    child.kill()
    child.wait()
    assert Presence(tmp_path / "users").leave() is True


def test_a_newcomer_waits_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = []

    def newcomer() -> None:
        with held(tmp_path / "lock", waiting="Somebody stops the servers; waiting …"):
            order.append("newcomer")

    with held(tmp_path / "lock", waiting=""):
        thread = threading.Thread(target=newcomer)
        thread.start()
        time.sleep(1.3)
        order.append("first")
    thread.join()
    assert order == ["first", "newcomer"]
    assert "Somebody stops the servers" in capsys.readouterr().err


def test_waiting_ends_with_a_sentence(tmp_path: Path) -> None:
    with held(tmp_path / "lock", waiting=""), pytest.raises(Stop, match="end the process that holds"):
        with held(tmp_path / "lock", waiting="Waiting.", seconds=0.2):
            pass
