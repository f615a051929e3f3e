"""Running a child to its end, handing on signals, so that what follows it (stopping servers) happens."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from . import processes
from .home import Home
from .servers import Services
from .setup import ROOT, Stop

PYTHON = str(ROOT / ".venv" / "bin" / "python")
MANAGE = str(ROOT / "manage.py")


def environment(home: Home, services: Services, login: str, **more: str) -> dict[str, str]:
    """What Django reads from the environment, on top of the caller's own variables."""
    return {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "TIDU_HOME": str(home.root),
        "SECRET_KEY": os.environ.get("SECRET_KEY") or home.secrets["secret_key"],
        **services.environment(login),
        **more,
    }


def run(command: Sequence[str], env: dict[str, str], services: Services | None = None) -> int:
    """Run a command of the user's to its end and give its exit status (128 + n when signal n ended it).

    It runs in the caller's folder, for the file names among its arguments. Ctrl-C reaches it through the
    terminal; SIGTERM and SIGHUP are handed on.
    """
    with PassingSignals(signal.SIGTERM, signal.SIGHUP) as signals:
        child = _start(command, env, services)
        signals.to(child)
        status = child.wait()
    return 128 - status if status < 0 else status


def run_step(command: Sequence[str], env: dict[str, str], services: Services) -> int:
    """Run a step of our own, its output on stderr. Ctrl-C ends it without a traceback of its own.

    Raises Stop when the caller was interrupted meanwhile.
    """
    with PassingSignals(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        child = _start(command, env, services, cwd=ROOT, stdout=sys.stderr, start_new_session=True)
        signals.to(child)
        status = child.wait()
    if signals.received:
        raise Stop("Interrupted. The next call goes on from here.")
    return 128 - status if status < 0 else status


def _start(
    command: Sequence[str], env: dict[str, str], services: Services | None, **more: Any
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=env,
        pass_fds=services.descriptors if services else (),
        preexec_fn=processes.end_with_parent,
        **more,
    )


class PassingSignals:
    """Ends a child by SIGTERM when one of `numbers` comes, also when it came before the child was there.

    Ctrl-C never ends the runner itself here: what follows the child, stopping servers, must happen.
    """

    def __init__(self, *numbers: int) -> None:
        self.numbers = numbers
        self.child: subprocess.Popen[bytes] | None = None
        self.received = False

    def __enter__(self) -> "PassingSignals":
        self.before = {
            number: signal.signal(number, self._on_signal) for number in {*self.numbers, signal.SIGINT}
        }
        return self

    def __exit__(self, *failure: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def to(self, child: subprocess.Popen[bytes]) -> None:
        self.child = child
        if self.received:
            child.terminate()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number in self.numbers:
            self.received = True
            if self.child is not None:
                self.child.terminate()
