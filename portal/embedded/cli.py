"""The commands behind bin/: manage, demo, test and bench."""

import errno
import io
import signal
import sys
from types import FrameType

from .setup import DISK_FULL, Stop, say


def main(arguments: list[str]) -> int:
    """Run one command; what is in the way is said in one sentence, never in a traceback."""
    command, *rest = arguments
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A Chinese file name must not end the demo on a terminal of another alphabet.
        sys.stdout.reconfigure(errors="backslashreplace")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        if command == "manage":
            from .manage import manage

            return manage(rest)
        if command == "demo":
            from .demo import demo

            return demo(rest)
        if command == "test":
            from .testing import test

            return test(rest)
        if command == "bench":
            from .testing import bench

            return bench(rest)
    except Stop as stop:
        say(str(stop))
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        say(f"The disk is full ({error.filename or 'while writing'}): {DISK_FULL}")
        return 1
    except KeyboardInterrupt:
        return 130
    say(f"There is no command {command}.")
    return 2


def _end(number: int, frame: FrameType | None) -> None:
    """Leave through all `finally` on the way: the servers are stopped in order."""
    raise SystemExit(128 + number)
