"""bin/test and bin/bench: a throw-away cluster, the static checks, pytest or the benchmarks."""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import children, locks, processes
from .home import Home
from .manage import compile_translations
from .servers import Services, embedded
from .setup import ROOT, missing_for_the_browser, say

BIN = ROOT / ".venv" / "bin"
PREFIX = "tidu-test-"
APPS = ("tenancy", "enterprises", "cultivation", "subsidies", "procurement", "services", "portal")


def test(arguments: list[str]) -> int:
    """Static checks, then pytest; its summary is the last line. Paths given: only pytest, on these."""
    long = "--long" in arguments
    rest = [argument for argument in arguments if argument != "--long"]
    compile_translations()
    os.chdir(ROOT)
    with throwaway() as (home, services):
        failed = [] if rest else static_checks(home, services)
        workers = str(min(os.cpu_count() or 1, 2))
        left_out = [] if long else ["not long"]
        if missing := missing_for_the_browser():
            left_out.append("not browser")
            say(f"The browser tests are SKIPPED. Type: sudo apt-get install -y {' '.join(missing)}")
        marks = ["-m", " and ".join(left_out)] if left_out else []
        command = [str(BIN / "pytest"), "-n", workers, *marks, *rest]
        env = testing_environment(home, services)
        if failed:
            say(f"Failed before the tests: {', '.join(failed)}.")
        status = children.run(command, env, services)
    return status or (1 if failed else 0)


def bench(arguments: list[str]) -> int:
    """The timing cases of benchmarks/, each a ratio measured side by side in one run. Paths: only these."""
    os.chdir(ROOT)
    with throwaway() as (home, services):
        env = testing_environment(home, services)
        where = [] if any(not argument.startswith("-") for argument in arguments) else ["benchmarks"]
        return children.run([str(BIN / "pytest"), *where, "-s", *arguments], env, services)


def testing_environment(home: Home, services: Services) -> dict[str, str]:
    """As `tidu_test`, which may take every role; the real logins are for tests that run real servers."""
    logins = {"TIDU_WEB_URL": services.web_url, "TIDU_WORKER_URL": services.worker_url}
    return children.environment(home, services, "test", TIDU_TESTING="1", **logins)


@contextmanager
def throwaway() -> Iterator[tuple[Home, Services]]:
    """A home of its own beside any running demo, removed at the end, also after Ctrl-C or SIGTERM."""
    remove_abandoned()
    # Not mkdtemp: the service user must be able to pass through it.
    home = Home(Path(tempfile.gettempdir()).resolve() / f"{PREFIX}{secrets.token_hex(6)}", throwaway=True)
    try:
        with embedded(home.open()) as services:
            yield home, services
    finally:
        home.remove()


def remove_abandoned() -> None:
    """Remove the homes of killed runs: nobody holds their users' lock."""
    for root in Path(tempfile.gettempdir()).resolve().glob(f"{PREFIX}*"):
        try:
            status = root.stat()
            if status.st_uid != os.geteuid() or status.st_mtime > time.time() - 60:
                continue
            if (root / "users.lock").exists() and not locks.Presence(root / "users.lock").leave():
                continue
        except OSError:
            continue
        for part in ("postgres", "redis"):
            processes.end(processes.working_in(root / "data" / part), patience=0)
        Home(root, throwaway=True).remove()


# --- static checks -------------------------------------------------------------------------------------


def static_checks(home: Home, services: Services) -> list[str]:
    """Run every check, also after one failed, and name those that did."""
    plain = children.environment(home, services, "test")
    production = {**plain, "ALLOWED_HOSTS": "tidu.example.org", "SECRET_KEY": secrets.token_urlsafe(64)}
    manage = [children.PYTHON, "manage.py"]
    checks: list[tuple[str, list[str], dict[str, str]]] = [
        ("ruff check", [str(BIN / "ruff"), "check", "."], plain),
        ("ruff format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."], plain),
        ("mypy", [str(BIN / "mypy"), *APPS], plain),
        ("lint-imports", [str(BIN / "lint-imports"), "--no-cache"], plain),
        ("djlint", [str(BIN / "djlint"), "templates", "--lint", "--quiet"], plain),
        ("translations", [children.PYTHON, "-m", "portal.translations", "check"], plain),
        ("makemigrations --check", [*manage, "makemigrations", "--check", "--dry-run"], plain),
        ("check --deploy", [*manage, "check", "--deploy", "--fail-level", "WARNING"], production),
    ]
    return [name for name, command, env in checks if not passes(name, command, env)]


def passes(name: str, command: list[str], env: dict[str, str]) -> bool:
    begin = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    verdict = "ok" if done.returncode == 0 else f"FAILED (exit status {done.returncode})"
    print(f"{name:<24} {verdict} ({time.monotonic() - begin:.1f} s)", flush=True)
    if done.returncode:
        sys.stdout.write(done.stdout + done.stderr)
        sys.stdout.flush()
    return done.returncode == 0
