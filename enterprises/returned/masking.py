"""Personal identity numbers in the parts of a workbook: the first fourteen characters become asterisks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any
from xml.sax.saxutils import escape

from enterprises.rules.problems import masked
from enterprises.rules.uscc import is_personal_id

_HIDDEN = "*" * 14
_LIKE = re.compile(rb"(?<![0-9.])([1-9]\d{13})(\d{3}[0-9Xx])(?![0-9.])")
#: bytes without which no text can be a personal number: some digits, a full-width sign, a character reference
_HINT = re.compile(rb"\d\d|\xef\xbc|&#")
_ITEM = re.compile(rb"<si>.*?</si>", re.DOTALL)
_TEXT = re.compile(rb"<t(?:\s[^>]*)?>([^<]*)</t>")
_PHONETIC = re.compile(rb"<rPh\b.*?</rPh>", re.DOTALL)
_LONGEST = 1 << 26


def hidden_number(value: float) -> str | None:
    """What stands in place of a number that was once a personal one; None for any other number."""
    if not 1e17 <= value < 1e18:
        return None
    digits = str(int(value))
    return _HIDDEN + digits[14:] if is_personal_id(digits) else None


def shown_masked(value: Any) -> Any:
    """A cell's value, as the reader gives it, without personal numbers."""
    if isinstance(value, str):
        text = masked(value)
        return value if text == value else text
    if type(value) is float or type(value) is int:
        return hidden_number(float(value)) or value
    return value


class Masker:
    """Masks a workbook's parts as they stream by, and remembers whether there was anything to mask."""

    def __init__(self) -> None:
        self.found = False

    def text(self, raw: bytes) -> bytes | None:
        """The XML text with its personal number masked, or None where there is none."""
        if len(raw) < 18 or not _HINT.search(raw):
            return None
        text = unescape(raw.decode("utf-8"))
        safe = masked(text)
        if safe == text:
            return None
        self.found = True
        return escape(safe).encode()

    def number(self, raw: bytes) -> bytes | None:
        """A numeric cell's digits, masked, when they are a personal number."""
        if raw.isdigit() and len(raw) == 18 and is_personal_id(raw.decode()):
            self.found = True
            return (_HIDDEN + raw.decode()[14:]).encode()
        try:
            safe = hidden_number(float(raw))
        except ValueError:
            return None
        self.found |= safe is not None
        return None if safe is None else safe.encode()

    def shared_strings(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The table of shared strings; an item in which a number was masked loses its inner formats."""
        for piece in cut_behind(chunks, b"</si>"):
            yield _ITEM.sub(self._item, piece)

    def _item(self, item: re.Match[bytes]) -> bytes:
        body = item[0]
        if len(body) < 30 or not (_HINT.search(body) or b"<r>" in body or b"<r " in body):
            return body
        texts = _TEXT.findall(_PHONETIC.sub(b"", body))
        safe = self.text(b"".join(texts))
        return body if safe is None else b'<si><t xml:space="preserve">' + safe + b"</t></si>"

    def anything(self, chunks: Iterable[bytes], filler: bytes = b"*") -> Iterator[bytes]:
        """Any other XML: equally long, so that nothing around it moves. `filler` is 0 among numbers."""

        def cover(found: re.Match[bytes]) -> bytes:
            if not is_personal_id((found[1] + found[2]).decode().upper()):
                return found[0]
            self.found = True
            return filler * 14 + found[2]

        for piece in cut_behind(chunks, b">", b" "):
            yield _LIKE.sub(cover, piece)


def cut_behind(chunks: Iterable[bytes], *marks: bytes) -> Iterator[bytes]:
    """The stream in pieces that end behind the last of the marks, so that nothing is torn."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        for mark in marks:
            cut = rest.rfind(mark)
            if cut >= 0:
                cut += len(mark)
                yield rest[:cut]
                rest = rest[cut:]
                break
        else:
            if len(rest) > _LONGEST:
                raise ValueError("no end in sight")
    yield rest
