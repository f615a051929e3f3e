"""File locks that a dead process cannot keep: the kernel releases them."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .setup import Stop, say


@contextmanager
def held(path: Path, *, waiting: str, seconds: float = 300) -> Iterator[None]:
    """Hold `path` alone; say `waiting` when somebody else has it, give up after `seconds`."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + seconds
        told = False
        while not _try(handle, fcntl.LOCK_EX):
            if not told and time.monotonic() > deadline - seconds + 1:
                told = True
                say(waiting)
            if time.monotonic() > deadline:
                raise Stop(
                    f"{waiting} That took over {seconds:.0f} seconds: end the process that holds {path}."
                )
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)


class Presence:
    """A user of the servers: a shared lock that lives as long as a process holds the descriptor.

    The descriptor is handed to children, so a command outliving its killed runner still counts, and a
    dead one does not, whatever process has its number now. `leave` tells whether nobody is left; call
    both under the lock of the servers.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try(self.handle, fcntl.LOCK_SH):
            raise Stop(f"{path} is locked by a process that is not Tidu: end it and try again.")

    def leave(self) -> bool:
        os.close(self.handle)
        handle = os.open(self.path, os.O_RDWR)
        try:
            return _try(handle, fcntl.LOCK_EX)
        finally:
            os.close(handle)


def _try(handle: int, mode: int) -> bool:
    try:
        fcntl.flock(handle, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
