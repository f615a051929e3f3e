"""Threads that take turns at Python's lock while C code (a reader, the database) works without it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: seconds; Python's own five milliseconds are long for one that waits after each answer of the database
_INTERVAL = 0.0005


@contextmanager
def short_turns() -> Iterator[None]:
    """Inside, a thread whose C code has ended waits half a millisecond for the lock, not five."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_INTERVAL)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
