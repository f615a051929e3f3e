"""bin/demo: web server, worker and beat on a prepared home, until Ctrl-C."""

import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from . import children, manage, processes
from .home import Home, current, write_private
from .ports import LOOPBACK
from .servers import Services, revive, using
from .setup import ROOT, Stop, say

FIRST_PORT, LAST_PORT = 8000, 8999
PATIENCE = 20  # seconds that a piece has for ending in order


def demo(arguments: list[str]) -> int:
    """Prepare, start, say where and as whom to sign in, wait, stop everything."""
    if arguments:
        raise Stop("bin/demo takes no arguments; TIDU_PORT and TIDU_HOME say where it runs.")
    home = current().open()
    with OnlyDemo(home), listening() as door, using(home) as services:
        manage.prepare(home, services)
        load_world(home, services)
        collect_static(home, services)
        address = f"http://{LOOPBACK}:{door.getsockname()[1]}"
        accounts = note_address(home, address)
        with Pieces(home, services, door) as pieces:
            wait_for_answer(door.getsockname()[1], pieces)
            welcome(home, address, accounts)
            return pieces.run_until_stopped()


class OnlyDemo:
    """One demo per home: a second one says where the first runs."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def __enter__(self) -> None:
        self.handle = os.open(self.home.root / "demo.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self.handle)
            where = read_accounts(self.home).get("address") or "another terminal"
            raise Stop(
                f"The demo of {self.home.root} already runs at {where}: stop it there with Ctrl-C, "
                "or set TIDU_HOME to another folder for a second one."
            ) from None

    def __exit__(self, *failure: object) -> None:
        os.close(self.handle)


# --- preparation -----------------------------------------------------------------------------------------


def load_world(home: Home, services: Services) -> None:
    """The demo world, once per home and version of it; accounts are noted in demo.json."""
    version = manage.fingerprint((ROOT / "portal" / "demo").rglob("*.py"))
    done = manage.noted(services.owner_url)
    if done.get("demo") == version and read_accounts(home).get("accounts"):
        return
    say("Loading the demo world (a minute or two the first time) …")
    with home.lock("prepare.lock", "Another call is preparing this home; waiting for it …"):
        manage.step(home, services, "load_demo", TIDU_DEMO="1")
        manage.note(services.owner_url, {**manage.noted(services.owner_url), "demo": version})


def collect_static(home: Home, services: Services) -> None:
    """Static files with far-future names, collected again only when one of them changed."""
    manage.compile_translations()
    assets = [path for path in (ROOT / "portal" / "assets").rglob("*") if path.is_file()]
    version = manage.fingerprint([ROOT / "requirements.lock", ROOT / "portal" / "assets_storage.py", *assets])
    stamp = home.root / "static.version"
    if stamp.exists() and stamp.read_text() == version and (home.root / "static").exists():
        return
    stamp.unlink(missing_ok=True)
    say("Collecting the static files …")
    manage.step(home, services, "collectstatic", "--no-input", "--clear", "--verbosity=0", TIDU_DEMO="1")
    write_private(stamp, version)


def read_accounts(home: Home) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads((home.root / "demo.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found


def note_address(home: Home, address: str) -> list[dict[str, str]]:
    """Write the address beside the accounts that load_demo left in demo.json."""
    known = read_accounts(home)
    accounts: list[dict[str, str]] = known.get("accounts") or []  # type: ignore[assignment]
    if known.get("address") != address:
        write_private(
            home.root / "demo.json",
            json.dumps({"address": address, "accounts": accounts}, ensure_ascii=False, indent=1) + "\n",
        )
    return accounts


def listening() -> socket.socket:
    """The web server's open door: bound here, so that two demos starting at once never share a port."""
    wanted = os.environ.get("TIDU_PORT", "")
    if wanted and not (wanted.isdigit() and 0 < int(wanted) < 65536):
        raise Stop(f"TIDU_PORT is {wanted!r}: set it to a number between 1 and 65535, or leave it out.")
    for port in [int(wanted)] if wanted else range(FIRST_PORT, LAST_PORT + 1):
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((LOOPBACK, port))
            door.listen(512)
        except PermissionError:
            door.close()
            raise Stop(f"Port {port} may not be used by you: set TIDU_PORT to one above 1023.") from None
        except OSError:
            door.close()
            continue
        return door
    if wanted:
        raise Stop(
            f"Port {wanted} is taken: set TIDU_PORT to another one, or leave it out for the next free one."
        )
    raise Stop(f"All ports from {FIRST_PORT} to {LAST_PORT} are taken: set TIDU_PORT to a free one.")


# --- running ---------------------------------------------------------------------------------------------


@dataclass
class Piece:
    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)


class Pieces:
    """Web server, worker and beat; each is started again when it dies, and all end together."""

    def __init__(self, home: Home, services: Services, door: socket.socket) -> None:
        self.home = home
        self.services = services
        self.door = door
        self.stopping = False
        self.killing = False
        logs = home.root / "log"
        logs.mkdir(exist_ok=True, mode=0o700)
        binaries = ROOT / ".venv" / "bin"
        celery = [str(binaries / "celery"), "-A", "portal"]
        node = f"tidu-{os.getpid()}@%h"
        schedule = str(home.root / "beat.schedule")
        web = children.environment(home, services, "web", TIDU_DEMO="1")
        worker = children.environment(home, services, "worker", TIDU_DEMO="1")
        if services.presence is not None:
            # What serves requests never holds the owner's password.
            del web["DATABASE_OWNER_URL"], worker["DATABASE_OWNER_URL"]
        self.pieces = [
            Piece(
                "web",
                [
                    str(binaries / "gunicorn"), "portal.wsgi:application", "--bind", f"fd://{door.fileno()}",
                    "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--timeout", "120",
                    "--graceful-timeout", "10", "--no-control-socket",
                ],
                web,
                logs / "web.log",
            ),
            Piece(
                "worker",
                [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO", "--hostname", node],
                worker,
                logs / "worker.log",
            ),
            Piece(
                "beat",
                [*celery, "beat", "--loglevel", "INFO", "--pidfile=", "--schedule", schedule],
                worker,
                logs / "beat.log",
            ),
        ]  # fmt: skip

    def __enter__(self) -> "Pieces":
        self.before = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        for piece in self.pieces:
            self._start(piece)
        return self

    def _on_signal(self, number: int, frame: object) -> None:
        self.killing = self.stopping
        self.stopping = True

    def _start(self, piece: Piece) -> None:
        if piece.log.exists() and piece.log.stat().st_size > 20_000_000:
            piece.log.replace(piece.log.with_suffix(".log.1"))
        piece.starts.append(time.monotonic())
        with piece.log.open("ab") as log:
            piece.process = subprocess.Popen(
                piece.command,
                env=piece.env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(*self.services.descriptors, self.door.fileno()),
                start_new_session=True,
                preexec_fn=processes.end_with_parent,
            )

    def tend(self) -> None:
        """Start again what died; give up on a piece that keeps dying."""
        for piece in self.pieces:
            if piece.process is None or piece.process.poll() is None or self.stopping:
                continue
            recent = [start for start in piece.starts if start > time.monotonic() - 60]
            if len(recent) >= 4:
                raise Stop(f"The {piece.name} process ends again and again: look into {piece.log}.")
            say(f"The {piece.name} process ended (status {piece.process.returncode}); starting it again.")
            self._start(piece)

    def run_until_stopped(self) -> int:
        looked = time.monotonic()
        while not self.stopping:
            self.tend()
            if self.services.presence is not None and time.monotonic() > looked + 3:
                if revive(self.home):
                    say("A server had died; it runs again.")
                looked = time.monotonic()
            time.sleep(0.2)
        return 0

    def __exit__(self, *failure: object) -> None:
        say("Stopping …")
        self.stopping = True
        running = [piece.process for piece in self.pieces if piece.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + PATIENCE
        while any(process.poll() is None for process in running):
            if time.monotonic() > deadline or self.killing:
                break
            time.sleep(0.05)
        for process in running:
            with suppress(ProcessLookupError):
                # The group too: a killed parent may have left children.
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for number, handler in self.before.items():
            signal.signal(number, handler)


def wait_for_answer(port: int, pieces: Pieces) -> None:
    """Until the sign-in page is there; the first request waits for the application to load."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not pieces.stopping:
        pieces.tend()
        link = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
        try:
            link.request("GET", "/accounts/login/")
            status = link.getresponse().status
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
            continue
        finally:
            link.close()
        if status >= 500:
            raise Stop(f"The portal answers with an error ({status}): look into {pieces.pieces[0].log}.")
        return
    if not pieces.stopping:
        raise Stop(f"The portal did not answer within two minutes: look into {pieces.pieces[0].log}.")


def welcome(home: Home, address: str, accounts: list[dict[str, str]]) -> None:
    """The address and one account per role on stdout."""
    first: dict[str, dict[str, str]] = {}
    for account in accounts:
        first.setdefault(account["role"], account)
    width = max((len(account["username"]) for account in first.values()), default=0)
    print(f"\nTidu runs at {address}\n\nOne account per role (all of them: {home.root / 'demo.json'}):")
    for account in first.values():
        print(f"  {account['username']:<{width}}  {account['password']}")
    for sample in home.root.glob("*.xlsx"):
        print(f"\nA workbook to try the import with (as the county's official): {sample}")
    print(f"\nLogs are in {home.root / 'log'}. Ctrl-C stops everything.", flush=True)
