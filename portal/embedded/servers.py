"""Starting, sharing and stopping the embedded servers.

Users are counted by shared locks (see locks.Presence); starting and stopping happen under one more
lock, so a newcomer waits for a start or stop in progress, and the last one to leave stops them.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from .home import Home, forget_lost_homes
from .locks import Presence
from .ports import LOOPBACK
from .postgres import DATABASE, Postgres
from .programs import Programs
from .redis_server import Redis
from .setup import DISK_FULL, Stop

GIVEN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
WAITING = "Another call is starting or stopping the servers of this home; waiting for it …"


@dataclass(frozen=True)
class Services:
    """Addresses of the servers, and the descriptor whose holders count as their users."""

    web_url: str
    worker_url: str
    owner_url: str
    test_url: str
    redis_url: str
    presence: int | None = None

    def environment(self, login: str) -> dict[str, str]:
        """The variables for a child that signs in as `login`: web, worker, owner or test."""
        urls = {
            "web": self.web_url,
            "worker": self.worker_url,
            "owner": self.owner_url,
            "test": self.test_url,
        }
        return {
            "DATABASE_URL": urls[login],
            "DATABASE_OWNER_URL": self.owner_url,
            "REDIS_URL": self.redis_url,
        }

    @property
    def descriptors(self) -> tuple[int, ...]:
        return () if self.presence is None else (self.presence,)


@contextmanager
def using(home: Home) -> Iterator[Services]:
    """Be a user of this home's servers: those given by the environment, or the embedded ones."""
    given = {name: os.environ[name] for name in GIVEN if os.environ.get(name)}
    if given and not home.throwaway:
        if len(given) < len(GIVEN):
            missing = ", ".join(name for name in GIVEN if name not in given)
            raise Stop(
                f"{', '.join(given)} is set, but not {missing}: "
                "set all three, or none for the embedded servers."
            )
        url = given["DATABASE_URL"]
        worker = os.environ.get("DATABASE_WORKER_URL") or url
        yield Services(url, worker, given["DATABASE_OWNER_URL"], url, given["REDIS_URL"])
        return
    with embedded(home) as services:
        yield services


@contextmanager
def embedded(home: Home) -> Iterator[Services]:
    try:
        programs = Programs.find(home.service_user)
        postgres = Postgres(programs, home.data, home.secrets, throwaway=home.throwaway)
        redis = Redis(programs, home.data, home.secrets, throwaway=home.throwaway)
        with home.lock("servers.lock", WAITING):
            if home.service_user:
                forget_lost_homes()
            presence = home.presence()
            try:
                services = addresses(home.secrets, postgres.start(), redis.start(), presence)
            except BaseException:
                if presence.leave():
                    postgres.stop()
                    redis.stop()
                raise
    except OSError as error:
        raise Stop(
            f"The servers cannot be started ({error.strerror}: {error.filename}).{advice(error)}"
        ) from error
    try:
        yield services
    finally:
        with home.lock("servers.lock", WAITING):
            if presence.leave():
                # The home of a test may have been deleted under us.
                with suppress(FileNotFoundError):
                    redis.stop()
                    postgres.stop()


def revive(home: Home) -> bool:
    """Start again what of the embedded servers has died; whether anything had. For a user of them."""
    programs = Programs.find(home.service_user)
    postgres = Postgres(programs, home.data, home.secrets, throwaway=home.throwaway)
    redis = Redis(programs, home.data, home.secrets, throwaway=home.throwaway)
    if postgres.port() is not None and redis.port() is not None:
        return False
    with home.lock("servers.lock", WAITING):
        postgres.start()
        redis.start()
    return True


def addresses(secrets: dict[str, str], postgres_port: int, redis_port: int, presence: Presence) -> Services:
    def login(name: str) -> str:
        return f"postgres://tidu_{name}:{secrets[name]}@{LOOPBACK}:{postgres_port}/{DATABASE}"

    return Services(
        web_url=login("web"),
        worker_url=login("worker"),
        owner_url=login("owner"),
        test_url=login("test"),
        redis_url=f"redis://:{secrets['redis']}@{LOOPBACK}:{redis_port}/0",
        presence=presence.handle,
    )


def advice(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f" The disk is full: {DISK_FULL}"
    return " Set TIDU_HOME to a folder of your own."
