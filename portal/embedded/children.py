"""Running a child to its end, handing on signals, so that what follows it (stopping servers) happens."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from . import processes
from .home import Home
from .servers import Services
from .setup import ROOT

PYTHON = str(ROOT / ".venv" / "bin" / "python")


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


def run(
    command: Sequence[str],
    env: dict[str, str],
    services: Services | None = None,
    *,
    quiet_stdout: bool = False,
) -> int:
    """Run a child and give its exit status (128 + n when signal n ended it).

    `quiet_stdout` sends its output to stderr. Ctrl-C reaches the child through the terminal; SIGTERM
    and SIGHUP are handed on.
    """
    with passing_signals_to() as pass_on:
        child = subprocess.Popen(
            command,
            env=env,
            cwd=ROOT,
            stdout=sys.stderr if quiet_stdout else None,
            pass_fds=services.descriptors if services else (),
            preexec_fn=processes.end_with_parent,
        )
        pass_on(child)
        status = child.wait()
    return 128 - status if status < 0 else status


@contextmanager
def passing_signals_to() -> Iterator["Receiver"]:
    receiver = Receiver()
    before = {
        number: signal.signal(number, receiver) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield receiver
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Receiver:
    """Signal handler that hands SIGTERM and SIGHUP to a child, also one that came before it was there."""

    def __init__(self) -> None:
        self.child: subprocess.Popen[bytes] | None = None
        self.pending: int | None = None

    def __call__(self, number: int | subprocess.Popen[bytes], frame: FrameType | None = None) -> None:
        if isinstance(number, subprocess.Popen):
            self.child = number
            if self.pending is not None:
                number.send_signal(self.pending)
        elif number != signal.SIGINT:
            self.pending = number
            if self.child is not None:
                self.child.send_signal(number)
