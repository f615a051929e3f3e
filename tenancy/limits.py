"""What a piece of work may take of the machine, where it runs in a worker's own process."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def memory(megabytes: int) -> Iterator[None]:
    """At most so much more memory than the process has now; MemoryError beyond it.

    The kernel counts private memory alone (RLIMIT_DATA), so shared libraries and mapped files are free.
    """
    before = resource.getrlimit(resource.RLIMIT_DATA)
    soft = _held() + megabytes * 1024 * 1024
    if before[1] != resource.RLIM_INFINITY:
        soft = min(soft, before[1])
    resource.setrlimit(resource.RLIMIT_DATA, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _held() -> int:
    """The private memory that the process has now, in bytes."""
    with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123  (a file of the kernel's)
        return 1024 * next(int(line.split()[1]) for line in file if line.startswith("VmData"))
