"""bin/manage: one management command in a home that is ready for it."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import psycopg2

from . import children
from .home import Home, current
from .servers import Services, using
from .setup import ROOT, Stop, say

# Commands that a home needs not be migrated for, or that must work when it cannot be.
BARE = {"database_roles", "help", "--help", "--version", "check", "makemigrations", "migrate", "diffsettings"}


def manage(arguments: list[str]) -> int:
    """Prepare the home, run `manage.py` with the worker's login, give its exit status."""
    home = current().open()
    with using(home) as services:
        if arguments and arguments[0] not in BARE:
            compile_translations()
            prepare(home, services)
        if arguments[:1] == ["migrate"] and not any(part.startswith("--database") for part in arguments):
            arguments = [*arguments, "--database=owner"]
        env = children.environment(home, services, "worker")
        return children.run([children.PYTHON, children.MANAGE, *arguments], env, services)


def prepare(home: Home, services: Services) -> None:
    """Migrate and load the reference data unless the database says that it has just these.

    What has been done is noted in the database itself (a comment on Django's table of migrations), so
    a database that was dropped or restored is never taken for a finished one.
    """
    steps = {"schema": schema_fingerprint(), "reference": reference_fingerprint()}
    if noted(services.owner_url) == steps:
        return
    with home.lock("prepare.lock", "Another call is migrating this home; waiting for it …"):
        done = noted(services.owner_url)
        if done.get("schema") != steps["schema"]:
            say("Migrating the database …")
            step(home, services, "migrate", "--database=owner", "--verbosity=0", "--no-input")
            done = {"schema": steps["schema"]}
            note(services.owner_url, done)
        if done.get("reference") != steps["reference"]:
            say("Loading the reference data …")
            step(home, services, "load_reference")
            note(services.owner_url, steps)


def step(home: Home, services: Services, *arguments: str, **more: str) -> None:
    """Run a command of the preparation, its output on stderr."""
    env = children.environment(home, services, "worker", **more)
    status = children.run_step([children.PYTHON, children.MANAGE, *arguments], env, services)
    if status:
        raise Stop(
            f"The step {arguments[0]} failed (exit status {status}), see above. The next call tries it again."
        )


def compile_translations() -> None:
    """Make the .mo files that are missing or older than their .po."""
    for source in (ROOT / "locale").rglob("*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            command = [children.PYTHON, "-m", "portal.translations", "compile"]
            subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False)
            return


def schema_fingerprint() -> str:
    """Changes when a migration or an installed package does."""
    return fingerprint([ROOT / "requirements.lock", *ROOT.glob("*/migrations/*.py")])


def reference_fingerprint() -> str:
    return fingerprint(
        [
            ROOT / "requirements.lock",
            *(ROOT / "fixtures").rglob("*.yaml"),
            *ROOT.glob("tenancy/rules/divisions.py"),
        ]
    )


def fingerprint(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]


def noted(url: str) -> dict[str, str]:
    """The steps that this database has behind it; empty when it is new."""
    with connection(url) as cursor:
        cursor.execute("SELECT obj_description(to_regclass('public.django_migrations'), 'pg_class')")
        text = (cursor.fetchone() or [None])[0]
    return dict(part.split("=", 1) for part in (text or "").split() if "=" in part)


def note(url: str, steps: dict[str, str]) -> None:
    with connection(url) as cursor:
        text = " ".join(f"{name}={value}" for name, value in steps.items())
        cursor.execute("COMMENT ON TABLE public.django_migrations IS %s", [text])


class connection:
    """A short connection of the owner; one sentence when the database does not let it in."""

    def __init__(self, url: str) -> None:
        try:
            self.link = psycopg2.connect(url, connect_timeout=20)
        except psycopg2.OperationalError as error:
            raise Stop(
                f"The database does not let the owner in ({str(error).strip().splitlines()[-1]}): check "
                "DATABASE_OWNER_URL, and that the SQL of bin/manage database_roles has been run there."
            ) from error

    def __enter__(self):  # type: ignore[no-untyped-def]
        return self.link.cursor()

    def __exit__(self, *failure: object) -> None:
        if failure[0] is None:
            self.link.commit()
        self.link.close()
