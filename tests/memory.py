"""The memory of a process, for the tests that start one to ask it."""

from __future__ import annotations

from pathlib import Path


def peak_memory() -> int:
    """The most memory that this process held, in bytes; getrusage would count its parent's before the exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
