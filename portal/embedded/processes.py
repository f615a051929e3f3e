"""What the kernel knows about processes, and how ours end with their parent."""

import ctypes
import os
import signal
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent() -> None:
    """Run in a child before its program: it gets SIGTERM when the runner dies, even by kill -9."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def working_in(folder: Path) -> list[int]:
    """The processes whose working folder is `folder`: PostgreSQL and Redis live in their data."""
    wanted = folder.resolve()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == wanted:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def end(pids: list[int], *, patience: float) -> None:
    """Give processes `patience` seconds to go by themselves, then kill them."""
    deadline = time.monotonic() + patience
    while any(alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            deadline = time.monotonic() + 10
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie, which its parent has yet to collect, does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}
