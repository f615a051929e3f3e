"""TIDU_HOME: where one installation keeps its data, secrets and locks.

home.lock, servers.lock, users.lock, prepare.lock
                                  who opens, starts or stops, uses, and migrates
secrets.json                      passwords of this home, the secret key (0600)
data/                             PostgreSQL and Redis (of the service user when run as root),
                                  or a file `location` that names the folder that holds them
files/ keys/ static/              what the portal itself writes
"""

import hashlib
import json
import os
import pwd
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import locks, processes
from .service_user import SERVICE_ROOT, ServiceUser
from .setup import ROOT, Stop, user_name

SECRETS = ("postgres", "owner", "web", "worker", "backup", "test", "redis")


@dataclass
class Home:
    """One installation. `throwaway` homes of tests may lose data in a power cut, and are removed."""

    root: Path
    throwaway: bool = False

    def open(self) -> "Home":
        """Make what is missing; stop with a sentence where the folder belongs to somebody else."""
        try:
            if not self.root.exists():
                # The service user passes through to its own folder; everything else is closed to it.
                self.root.mkdir(parents=True)
                self.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
            owner = self.root.stat().st_uid
            if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
                raise Stop(
                    f"{self.root} belongs to {name_of(owner)}, not to {user_name()}: "
                    "set TIDU_HOME to a folder of your own."
                )
            for name in ("files", "keys", "static"):
                (self.root / name).mkdir(exist_ok=True, mode=0o700)
            self.secrets  # noqa: B018  made now, under no other lock than its own
            self._check_owner_of_data()
        except (PermissionError, NotADirectoryError, FileNotFoundError) as error:
            raise Stop(
                f"{self.root} cannot be used by {user_name()} ({error.strerror}: {error.filename}): "
                "set TIDU_HOME to a folder of your own."
            ) from error
        return self

    def _check_owner_of_data(self) -> None:
        cluster = self.data / "postgres"
        runs_as = self.service_user.uid if self.service_user else os.geteuid()
        if cluster.exists() and cluster.stat().st_uid != runs_as:
            owner = name_of(cluster.stat().st_uid)
            raise Stop(
                f"The data in {self.root} belong to {owner}: run this as {owner}, "
                "or set TIDU_HOME to another folder."
            )

    @cached_property
    def service_user(self) -> ServiceUser | None:
        """Whom the servers run as when the caller is root; otherwise they run as the caller."""
        return ServiceUser.get() if os.geteuid() == 0 else None

    @cached_property
    def data(self) -> Path:
        """The folder of the servers' data, made where missing."""
        user = self.service_user
        pointer = self.root / "location"
        with self.lock("home.lock", "Another call is opening this home; waiting for it …"):
            if pointer.exists():
                place = Path(pointer.read_text().strip())
            elif (self.root / "data").exists() or user is None or user.can_enter(self.root):
                place = self.root / "data"
            else:
                place = SERVICE_ROOT / "homes" / hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
                write_private(pointer, f"{place}\n")
            if not place.exists():
                place.mkdir(parents=True, mode=0o700)
                if user:
                    os.chown(place, user.uid, user.gid)
                    if pointer.exists():
                        for folder in (SERVICE_ROOT, SERVICE_ROOT / "homes"):
                            folder.chmod(0o755)
                        write_private(place / "home", f"{self.root}\n")
        return place

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Passwords of the database logins and of Redis, and the secret key; made once per home."""
        path = self.root / "secrets.json"
        with self.lock("home.lock", "Another call is opening this home; waiting for it …"):
            known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
            missing = [name for name in (*SECRETS, "secret_key") if name not in known]
            for name in missing:
                known[name] = secrets.token_urlsafe(48 if name == "secret_key" else 24)
            if missing:
                write_private(path, json.dumps(known, indent=1))
        return known

    def lock(self, name: str, waiting: str):  # type: ignore[no-untyped-def]
        return locks.held(self.root / name, waiting=waiting)

    def presence(self) -> locks.Presence:
        return locks.Presence(self.root / "users.lock")

    def remove(self) -> None:
        """Delete everything of a home, also what lies elsewhere; only for throw-away homes."""
        assert self.throwaway
        pointer = self.root / "location"
        if pointer.exists():
            shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)


def current() -> Home:
    """The home of this call: TIDU_HOME, by default var/ in the project."""
    return Home(Path(os.environ.get("TIDU_HOME") or ROOT / "var").resolve())


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 in one step: a reader sees the old text or the new one."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def forget_lost_homes() -> None:
    """Remove service data whose home was a temporary folder and is gone, so that they do not pile up."""
    for place in (SERVICE_ROOT / "homes").glob("*"):
        try:
            home = Path((place / "home").read_text().strip())
        except OSError:
            continue
        temporary = any(home.is_relative_to(folder) for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp"))
        if temporary and not (home / "location").exists():
            for part in ("postgres", "redis"):
                processes.end(processes.working_in(place / part), patience=0)
            shutil.rmtree(place, ignore_errors=True)
