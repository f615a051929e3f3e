"""Files that people bring along: what they are, how large, and whether the scanner passes them."""

from __future__ import annotations

from typing import BinaryIO

from cultivation.rules.evidence import MOST_BYTES, media_type
from cultivation.rules.workflow import Refused
from tenancy import files, scanner


def checked(name: str, file: BinaryIO) -> tuple[str, str]:
    """(harmless name, media type) of an upload that may be kept; the file stands at its beginning afterwards.

    Raises Refused for another kind of file, one too large, infected, or not scanned although it should be.
    """
    name = files.safe_name(name)
    head = file.read(16)
    size = file.seek(0, 2)
    file.seek(0)
    media = media_type(name, head)
    if not media:
        raise Refused("evidence_kind")
    if size > MOST_BYTES:
        raise Refused("evidence_size")
    found = scanner.scan(file)
    if found.state != "clean":
        raise Refused("evidence_infected" if found.state == "infected" else "evidence_unscanned")
    file.seek(0)
    return name, media
