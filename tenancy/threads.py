"""Threads that take turns at Python's lock while C code (a reader, the database) works without it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")

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


class DatabaseThread:
    """One thread that holds a cursor of this thread's connection and does what it is given, in order.

    While it works nobody else uses the connection; what it does belongs to the caller's transaction. To be
    made and left in the thread of the connection.
    """

    def __init__(self, name: str) -> None:
        self._cursor = connection.cursor()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    def do(self, work: Callable[..., T], *args: Any) -> Future[T]:
        """Queues `work(cursor, *args)`."""
        return self._thread.submit(work, self._cursor, *args)

    def close(self) -> None:
        """Ends the thread, whatever happened: waits for what runs, drops what waits."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._cursor.close()
