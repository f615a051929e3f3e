"""Virus scanning of uploads by ClamAV's daemon (`CLAMD_URL`), through its INSTREAM command.

What was not scanned is not accepted: where a scanner is set up and does not answer, the upload waits.
"""

from __future__ import annotations

import re
import socket
import struct
from dataclasses import dataclass
from typing import BinaryIO, Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from tenancy.jobs import Postponed

_CHUNK = 1 << 16
_MOST_ANSWER = 4096
_FOUND = re.compile(r"stream: (.+) FOUND")


class ScannerUnavailable(Postponed):
    """The scanner did not answer; the work is tried again by the timetable."""

    def __init__(self) -> None:
        super().__init__(_("病毒扫描没有应答，文件还没有读取，稍后自动再试；一直这样，请告诉系统管理员。"))


@dataclass(frozen=True)
class Verdict:
    """`name` is the virus's name where one was found, or why there was no answer."""

    state: Literal["clean", "infected", "unavailable"]
    name: str = ""


def scan(file: BinaryIO) -> Verdict:
    """What the scanner says of the file's content; clean where no scanner is set up.

    Takes at most CLAMD_SECONDS for each step of the talk.
    """
    if not settings.CLAMD_URL:
        return Verdict("clean")
    try:
        with _connected() as talk:
            talk.sendall(b"zINSTREAM\0")
            while chunk := file.read(_CHUNK):
                talk.sendall(struct.pack(">I", len(chunk)) + chunk)
            talk.sendall(struct.pack(">I", 0))
            answer = b""
            while not answer.endswith(b"\0") and len(answer) < _MOST_ANSWER and (more := talk.recv(4096)):
                answer += more
    except (OSError, ValueError) as wrong:
        return Verdict("unavailable", str(wrong))
    said = answer.rstrip(b"\0\n").decode("utf-8", "replace")
    if said == "stream: OK":
        return Verdict("clean")
    found = _FOUND.fullmatch(said)
    return Verdict("infected", found[1]) if found else Verdict("unavailable", said[:200])


def _connected() -> socket.socket:
    url = urlsplit(settings.CLAMD_URL)
    if url.scheme == "unix":
        talk = socket.socket(socket.AF_UNIX)
        talk.settimeout(settings.CLAMD_SECONDS)
        talk.connect(url.path)
        return talk
    if url.scheme != "tcp" or not url.hostname:
        raise ValueError(f"CLAMD_URL: {url.scheme}")
    return socket.create_connection((url.hostname, url.port or 3310), timeout=settings.CLAMD_SECONDS)
