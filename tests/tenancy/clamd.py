"""A stand-in for ClamAV's daemon on a loopback socket."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def _exactly(talk: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        more = talk.recv(size - len(got))
        if not more:
            raise ConnectionError
        got += more
    return got


def _answer(talk: socket.socket, how: str) -> None:
    assert _exactly(talk, 10) == b"zINSTREAM\0"
    content = b""
    while size := struct.unpack(">I", _exactly(talk, 4))[0]:
        content += _exactly(talk, size)
    if how == "slow":
        time.sleep(1.5)
    if how == "garbage":
        talk.sendall(b"\xff\xfehello")
    elif how == "error":
        talk.sendall(b"INSTREAM size limit exceeded. ERROR\0")
    elif how != "silent":
        talk.sendall(b"stream: Eicar-Test FOUND\0" if EICAR in content else b"stream: OK\0")


@contextmanager
def clamd(how: str = "") -> Iterator[str]:
    """The address of a daemon that answers `how`: truly, slow, silent, garbage or error."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                talk, _ = server.accept()
            except OSError:
                return
            with talk:
                try:
                    _answer(talk, how)
                except (OSError, AssertionError):
                    continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(3)


def nobody() -> str:
    """An address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"tcp://127.0.0.1:{server.getsockname()[1]}"
