"""The embedded Redis: loopback and password; broker of the jobs and cache of the sign-in limits."""

import os
import socket
import time
from pathlib import Path

from . import ports, processes
from .postgres import sentence
from .programs import Programs
from .setup import Stop

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
daemonize yes
dir "{folder}"
pidfile "{folder}/redis.pid"
logfile "{folder}/redis.log"
save {save}
stop-writes-on-bgsave-error no
maxmemory 256mb
maxmemory-policy noeviction
"""


class Redis:
    def __init__(self, programs: Programs, data: Path, secrets: dict[str, str], *, throwaway: bool) -> None:
        self.programs = programs
        self.folder = data / "redis"
        self.configuration = self.folder / "redis.conf"
        self.password = secrets["redis"]
        self.throwaway = throwaway

    def port(self) -> int | None:
        """The port of the running server, or None; only ours knows the password."""
        port = self._last_port()
        return port if port and self._ask(port, "PING") == "+PONG" else None

    def _last_port(self) -> int | None:
        try:
            lines = self.configuration.read_text().splitlines()
        except OSError:
            return None
        return next((int(line.split()[1]) for line in lines if line.startswith("port ")), None)

    def _ask(self, port: int, command: str) -> str:
        """One command after signing in; the empty string when nobody or somebody else answers."""
        try:
            with socket.create_connection((ports.LOOPBACK, port), timeout=5) as link:
                link.sendall(f"AUTH {self.password}\r\n{command}\r\n".encode())
                said = b""
                while said.count(b"\r\n") < 2 and (chunk := link.recv(4096)):
                    said += chunk
        except OSError:
            return ""
        lines = said.decode(errors="replace").split("\r\n")
        return lines[1] if lines[0] == "+OK" and len(lines) > 1 else ""

    def start(self) -> int:
        """Start it where it is not up, and give its port. Call under the servers' lock."""
        running = self.port()
        if running:
            return running
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700)
            self._give(self.folder)
        processes.end(processes.working_in(self.folder), patience=0)
        for _ in range(5):
            last = self._last_port()
            port = last if last and ports.is_free(last) else ports.any_free()
            self._configure(port)
            done = self.programs.run(self.programs.redis, self.configuration)
            if done.returncode == 0 and self._wait(port):
                return port
            said = self._log_tail()
            if "Address already in use" not in said and "Failed listening" not in said:
                break
        raise Stop(
            f"Redis does not start: {sentence(said or done.stdout)} All of it is in {self.folder}/redis.log."
        )

    def _wait(self, port: int) -> bool:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._ask(port, "PING") == "+PONG":
                return True
            if time.monotonic() > deadline - 55 and not processes.working_in(self.folder):
                return False
            time.sleep(0.02)
        return False

    def _configure(self, port: int) -> None:
        save = '""' if self.throwaway else "60 1"
        text = CONFIGURATION.format(port=port, password=self.password, folder=self.folder, save=save)
        self.configuration.write_text(text)
        self.configuration.chmod(0o600)
        self._give(self.configuration)

    def _give(self, path: Path) -> None:
        if self.programs.user:
            os.chown(path, self.programs.user.uid, self.programs.user.gid)

    def stop(self) -> None:
        """Stop it, keeping what waits in its queues; end it when it does not answer."""
        port = self._last_port()
        if port:
            self._ask(port, "SHUTDOWN NOSAVE" if self.throwaway else "SHUTDOWN")
        processes.end(processes.working_in(self.folder), patience=20)

    def _log_tail(self) -> str:
        try:
            return (self.folder / "redis.log").read_text(errors="replace")[-2000:]
        except OSError:
            return ""
