"""As root the servers run as the ordinary user `tidu`: PostgreSQL refuses to run as root."""

import fcntl
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .setup import Stop

NAME = "tidu"
SERVICE_ROOT = Path("/var/lib/tidu")


@dataclass(frozen=True)
class ServiceUser:
    uid: int
    gid: int

    @classmethod
    def get(cls) -> "ServiceUser":
        """The service user, made where missing."""
        for attempt in (1, 2):
            try:
                entry = pwd.getpwnam(NAME)
            except KeyError:
                if attempt == 2:
                    break
                subprocess.run(
                    ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
                     "--shell", "/usr/sbin/nologin", NAME],
                    capture_output=True,
                    env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                )  # fmt: skip
            else:
                if entry.pw_uid == 0:
                    break
                return cls(entry.pw_uid, entry.pw_gid)
        raise Stop(
            f"PostgreSQL does not run as root, and there is no user {NAME}. Type: useradd --system {NAME}"
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this user may pass through to `folder`, asked of the kernel as this user."""
        tried = subprocess.run(
            ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)], capture_output=True, **self.become()
        )
        return tried.returncode == 0

    def become(self) -> dict[str, Any]:
        """The arguments of subprocess that make a child this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": [], "cwd": "/"}


def readable_copy(name: str, sources: dict[str, Path]) -> Path:
    """A copy of the servers' programs where the service user can run them, made once per version."""
    place = SERVICE_ROOT / name
    if place.exists():
        return place
    SERVICE_ROOT.mkdir(parents=True, exist_ok=True)
    SERVICE_ROOT.chmod(0o755)
    with os.fdopen(os.open(SERVICE_ROOT / "lock", os.O_RDWR | os.O_CREAT, 0o600), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if place.exists():
            return place
        part = place.with_name(f"{name}.part")
        shutil.rmtree(part, ignore_errors=True)
        for target, source in sources.items():
            if source.is_dir():
                shutil.copytree(
                    source, part / target, ignore=shutil.ignore_patterns("*.a", "include", "__pycache__")
                )
            else:
                (part / target).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, part / target)
        for folder, _, files in os.walk(part):
            Path(folder).chmod(0o755)
            for file in files:
                path = Path(folder, file)
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        part.rename(place)
    return place
