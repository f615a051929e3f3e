"""The embedded PostgreSQL: made with initdb, started and stopped with pg_ctl, reached by TCP alone.

Loopback with SCRAM passwords serves root and an ordinary user alike, and no socket file has to fit into
a short path or survive a cleaner of /tmp.
"""

import os
import shutil
import time
from pathlib import Path

from . import ports, processes
from .programs import Programs
from .setup import DISK_FULL, Stop, say

DATABASE = "tidu"
ROLES = Path(__file__).with_name("roles.sql")
LEAST_FREE_BYTES = 400_000_000

CONFIGURATION = """\
# Written at each start by the runner; changes here are lost.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
shared_buffers = 256MB
maintenance_work_mem = 128MB
work_mem = 16MB
random_page_cost = 1.1
jit = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 1GB
password_encryption = 'scram-sha-256'
datestyle = 'iso, ymd'
timezone = 'Asia/Shanghai'
log_timezone = 'Asia/Shanghai'
log_destination = 'stderr'
log_line_prefix = '%m [%p] %u '
lc_messages = 'C'
"""
# A throw-away cluster of the tests need not survive a power cut.
CARELESS = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
ACCESS = "host all all 127.0.0.1/32 scram-sha-256\n"


def shared_memory() -> str:
    """Where parallel queries share memory: files of the cluster where a bare chroot lacks /dev/shm.

    initdb would choose POSIX segments all the same, and the server would not start.
    """
    try:
        usable = SHARED_MEMORY.stat().st_mode & 0o777 == 0o777
        room = shutil.disk_usage(SHARED_MEMORY).free > 64_000_000
    except OSError:
        usable = room = False
    return "" if usable and room else "dynamic_shared_memory_type = mmap\n"


class Postgres:
    def __init__(self, programs: Programs, data: Path, secrets: dict[str, str], *, throwaway: bool) -> None:
        self.programs = programs
        self.parent = data
        self.folder = data / "postgres"
        self.log = data / "postgres.log"
        self.secrets = secrets
        self.throwaway = throwaway

    # --- state -----------------------------------------------------------------------------------------

    def port(self) -> int | None:
        """The port of the running server, or None when it does not take connections."""
        lines = self._pid_lines()
        if len(lines) < 8 or lines[7].strip() != "ready":
            return None
        pid, port = int(lines[0]), int(lines[3])
        if not self._is_ours(pid) or not ports.is_postgres(port):
            return None
        return port

    def _pid_lines(self) -> list[str]:
        try:
            return (self.folder / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _is_ours(self, pid: int) -> bool:
        return pid in processes.working_in(self.folder)

    # --- start and stop ----------------------------------------------------------------------------------

    def start(self) -> int:
        """Make the cluster where missing, start it, and give its port. Call under the servers' lock."""
        port = self._wait_for_answer()
        if port is None:
            if not (self.folder / "PG_VERSION").exists():
                self._create()
            self._clear_leftovers()
            port = self._start()
        self._create_roles(port)
        return port

    def _wait_for_answer(self, seconds: float = 90) -> int | None:
        """The port, waiting for a server that lives but is busy or recovering; others may be using it."""
        deadline = time.monotonic() + seconds
        while (port := self.port()) is None and time.monotonic() < deadline:
            lines = self._pid_lines()
            if not lines or not lines[0].strip().isdigit() or not self._is_ours(int(lines[0])):
                return None
            time.sleep(0.1)
        return port

    def _create(self) -> None:
        """initdb beside the final place: a cluster is there completely or not at all."""
        if shutil.disk_usage(self.parent).free < LEAST_FREE_BYTES:
            raise Stop(
                f"The disk of {self.parent} is full: free {LEAST_FREE_BYTES // 1_000_000} MB "
                "or set TIDU_HOME to another disk."
            )
        part = self.parent / "postgres.part"
        processes.end(processes.working_in(part), patience=0)
        self.programs.run("rm", "-rf", part, self.folder)
        say("Making the database cluster …")
        password = self.parent / "postgres.password"
        self._write_file(password, self.secrets["postgres"] + "\n")
        done = self.programs.run(
            self.programs.postgres / "initdb",
            "--pgdata", part,
            "--username=postgres",
            "--auth=scram-sha-256",
            f"--pwfile={password}",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            *(["--no-sync"] if self.throwaway else []),
        )  # fmt: skip
        password.unlink()
        if done.returncode:
            raise Stop(f"The database cluster cannot be made: {sentence(done.stderr or done.stdout)}")
        self.programs.run("mv", part, self.folder)

    def _clear_leftovers(self) -> None:
        """End what a killed server left behind, and drop a pid file whose number another process has now.

        PostgreSQL itself takes a pid file for stale only when its process is gone.
        """
        left = processes.working_in(self.folder)
        if left:
            processes.end(left, patience=30)
        lines = self._pid_lines()
        if lines and not self._is_ours(int(lines[0])):
            (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def _start(self) -> int:
        self._write("postgresql.conf", CONFIGURATION + shared_memory() + (CARELESS if self.throwaway else ""))
        self._write("pg_hba.conf", ACCESS)
        for _ in range(5):
            self._shorten_log()
            port = self._port_to_try()
            begin = self.log.stat().st_size if self.log.exists() else 0
            done = self.programs.run(
                self.programs.postgres / "pg_ctl", "start", "--wait", "--timeout=150", "--silent",
                "--pgdata", self.folder, "--log", self.log, "--options", f"-p {port}",
            )  # fmt: skip
            if done.returncode == 0:
                return port
            said = self._said_since(begin)
            if "Address already in use" not in said and "could not create any TCP/IP sockets" not in said:
                break
        raise Stop(
            f"PostgreSQL does not start: {sentence(said or done.stderr)} The whole story is in {self.log}."
        )

    def _port_to_try(self) -> int:
        try:
            last = int((self.folder / "postmaster.opts").read_text().rpartition('"-p" "')[2].split('"')[0])
        except (OSError, ValueError):
            return ports.any_free()
        return last if ports.is_free(last) else ports.any_free()

    def stop(self) -> None:
        """Stop it if it runs; a server that does not want to is ended at once."""
        if not self._pid_lines():
            return
        pg_ctl = self.programs.postgres / "pg_ctl"
        for mode in ("fast", "immediate"):
            done = self.programs.run(
                pg_ctl, "stop", "--wait", "--timeout=60", "--mode", mode, "--pgdata", self.folder
            )
            if done.returncode == 0 or not processes.working_in(self.folder):
                return
        processes.end(processes.working_in(self.folder), patience=0)

    # --- roles -------------------------------------------------------------------------------------------

    def _create_roles(self, port: int) -> None:
        """Run roles.sql unless this very text has been run in this cluster."""
        text = ROLES.read_text()
        done_before = self.folder / "tidu-roles.sql"
        if done_before.exists() and done_before.read_text() == text:
            return
        names = ["owner", "web", "worker", "backup", *(["test"] if self.throwaway else [])]
        settings = [f"{name}_password={self.secrets[name]}" for name in names] + [f"database={DATABASE}"]
        # Passwords go in by stdin: arguments of a process can be read by every user of the machine.
        variables = "".join("\\set {} '{}'\n".format(*setting.split("=", 1)) for setting in settings)
        done = self.programs.run(
            self.programs.postgres / "psql", "--no-psqlrc", "--quiet", "--host", ports.LOOPBACK,
            "--port", str(port), "--username", "postgres", "--dbname", "postgres",
            input=variables + text,
            env={"PGPASSWORD": self.secrets["postgres"]},
        )  # fmt: skip
        if done.returncode:
            raise Stop(f"The database roles cannot be made: {sentence(done.stderr)}")
        self._write("tidu-roles.sql", text)

    # --- files -------------------------------------------------------------------------------------------

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        if not path.exists() or path.read_text() != text:
            self._write_file(path, text)

    def _write_file(self, path: Path, text: str) -> None:
        """Write a file of mode 0600 that belongs to whoever the server runs as."""
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(text)
        if self.programs.user:
            os.chown(path, self.programs.user.uid, self.programs.user.gid)

    def _shorten_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > 20_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))

    def _said_since(self, begin: int) -> str:
        try:
            with self.log.open("rb") as stream:
                stream.seek(begin)
                return stream.read().decode(errors="replace")
        except OSError:
            return ""


def sentence(text: str) -> str:
    """What to do about the server's own words, or its last complaint."""
    if "No space left on device" in text:
        return f"the disk is full: {DISK_FULL}"
    if "could not map anonymous shared memory" in text or "Cannot allocate memory" in text:
        return "there is too little memory: stop other programs and try again."
    complaints = [
        line for line in text.splitlines() if any(w in line for w in ("FATAL", "PANIC", "ERROR", "error"))
    ]
    words = complaints or text.strip().splitlines() or ["no reason given."]
    return words[-1].strip()
