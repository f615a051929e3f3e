from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from portal.embedded import children
from portal.embedded.servers import Services
from portal.embedded.setup import Stop

NONE = Services("", "", "", "", "")


def later(number: int) -> None:
    threading.Timer(0.5, os.kill, [os.getpid(), number]).start()


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_the_exit_status_is_passed_on_and_a_signal_counts_as_shells_count_it() -> None:
    assert children.run(python("raise SystemExit(3)"), dict(os.environ)) == 3
    assert children.run(python("import os; os.kill(os.getpid(), 9)"), dict(os.environ)) == 137


def test_sigterm_is_handed_on_and_the_runner_lives_to_stop_the_servers() -> None:
    later(signal.SIGTERM)
    assert children.run(python("import time; time.sleep(30)"), dict(os.environ)) == 143


def test_a_command_runs_in_the_callers_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert children.run(python("open('report', 'w')"), dict(os.environ)) == 0
    assert (tmp_path / "report").exists()


def test_ctrl_c_in_a_step_is_one_sentence() -> None:
    later(signal.SIGINT)
    with pytest.raises(Stop, match="Interrupted"):
        children.run_step(python("import time; time.sleep(30)"), dict(os.environ), NONE)


def test_a_child_ends_with_a_runner_that_is_killed() -> None:
    code = (
        "import os, sys; from portal.embedded import children;"
        "print(os.getpid(), flush=True);"
        "children.run([sys.executable, '-c', 'import os, time; print(os.getpid(), flush=True); time.sleep(30)'], dict(os.environ))"
    )
    runner = subprocess.Popen(python(code), stdout=subprocess.PIPE, text=True)
    assert runner.stdout
    runner.stdout.readline()
    child = int(runner.stdout.readline())
    runner.kill()
    runner.wait()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and children.processes.alive(child):
        time.sleep(0.05)
    assert not children.processes.alive(child)
