"""Free ports of the loopback address."""

import socket
import struct

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def any_free() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def is_postgres(port: int, seconds: float = 5) -> bool:
    """Whether a PostgreSQL server answers there, which a dying one no longer does.

    Asks for TLS, the first message of the protocol; the open door alone would be the kernel's answer.
    """
    try:
        with socket.create_connection((LOOPBACK, port), timeout=seconds) as link:
            link.sendall(struct.pack("!ii", 8, 80877103))
            return link.recv(1) in (b"N", b"S")
    except OSError:
        return False
