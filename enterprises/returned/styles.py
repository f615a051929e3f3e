"""The cell styles of a workbook, with clones of them in the colours of a finding."""

from __future__ import annotations

import re
from typing import Literal

from enterprises.returned.notes import ERROR_COLOUR, WARNING_COLOUR

#: "" keeps the style; "text" marks an error in a column of codes, so that what is typed next stays text
Kind = Literal["", "error", "warning", "text", "note", "head"]
_COLOURS: dict[str, str] = {"error": ERROR_COLOUR, "warning": WARNING_COLOUR, "text": ERROR_COLOUR}
_FILLS = re.compile(rb"<fills\b([^>]*[^/])?>(.*?)</fills>", re.DOTALL)
_FILL = re.compile(rb"<fill\b[^>]*/>|<fill\b[^>]*>.*?</fill>", re.DOTALL)
_FORMATS = re.compile(rb"<cellXfs\b([^>]*[^/])?>(.*?)</cellXfs>", re.DOTALL)
_FORMAT = re.compile(rb"<xf\b[^>]*/>|<xf\b[^>]*>.*?</xf>", re.DOTALL)
_NOTE = (
    b'<xf numFmtId="49" fontId="0" fillId="0" borderId="0"%s applyNumberFormat="1" applyAlignment="1">'
    b'<alignment vertical="top" wrapText="1"/></xf>'
)
_HEAD = (
    b'<xf numFmtId="49" fontId="0" fillId="0" borderId="0"%s applyNumberFormat="1" applyAlignment="1">'
    b'<alignment vertical="center"/></xf>'
)


class Unpatchable(Exception):
    """The file's XML is spelt in a way that is not edited in place; it is written anew instead."""


class Styles:
    """Appends to the list of cell formats and fills; what is there keeps its number."""

    def __init__(self, data: bytes) -> None:
        fills, formats = _FILLS.search(data), _FORMATS.search(data)
        if fills is None or formats is None or b"<!" in data:
            raise Unpatchable("styles")
        self._data = data
        self._fills = _FILL.findall(fills[2])
        self._known_fills = len(self._fills)
        self._formats = _FORMAT.findall(formats[2])
        self._known = len(self._formats)
        self._base = b' xfId="0"' if b"<cellStyleXfs" in data else b""
        self._clones: dict[tuple[int, str], int] = {}
        self._filled: dict[str, int] = {}
        self.stale = self._stale()

    def _stale(self) -> dict[int, int]:
        """Formats in our colours, from an earlier return → the same without colour."""
        colours = [colour.encode() for colour in (ERROR_COLOUR, WARNING_COLOUR)]
        ours = {n for n, fill in enumerate(self._fills) if any(colour in fill for colour in colours)}
        found = {}
        if ours:
            for n, form in enumerate(self._formats[:]):
                said = re.match(rb'<xf\b[^>]*\sfillId="(\d+)"', form)
                if said and int(said[1]) in ours:
                    found[n] = self._append(_set(form, b"fillId", b"0"))
        return found

    def clone(self, base: int | None, kind: Kind) -> int:
        """The number of the format that is `base` in the colour of `kind`."""
        base = 0 if base is None else base
        at = (base, kind)
        if at in self._clones:
            return self._clones[at]
        if base >= len(self._formats):
            raise Unpatchable("style")
        if kind == "note":
            form = _NOTE % self._base
        elif kind == "head" and base == 0:
            form = _HEAD % self._base
        elif kind == "head":
            form = self._formats[base]
        else:
            form = _set(self._formats[base], b"fillId", str(self._fill(_COLOURS[kind])).encode())
            form = _set(form, b"applyFill", b"1")
            if kind == "text":
                form = _set(_set(form, b"numFmtId", b"49"), b"applyNumberFormat", b"1")
        self._clones[at] = base if kind == "head" and base else self._append(form)
        return self._clones[at]

    def _append(self, form: bytes) -> int:
        self._formats.append(form)
        return len(self._formats) - 1

    def _fill(self, colour: str) -> int:
        if colour not in self._filled:
            self._fills.append(
                b'<fill><patternFill patternType="solid"><fgColor rgb="%s"/><bgColor indexed="64"/>'
                b"</patternFill></fill>" % colour.encode()
            )
            self._filled[colour] = len(self._fills) - 1
        return self._filled[colour]

    def data(self) -> bytes:
        """styles.xml with everything that was asked for."""
        if len(self._formats) > 64_000:
            raise Unpatchable("styles")
        data = _grown(self._data, _FORMATS, b"cellXfs", self._formats, self._known)
        return _grown(data, _FILLS, b"fills", self._fills, self._known_fills)


def _grown(data: bytes, pattern: re.Pattern[bytes], tag: bytes, items: list[bytes], known: int) -> bytes:
    """The list with the new items behind the known ones, which stay as they were spelt."""
    found = pattern.search(data)
    assert found is not None
    attributes = re.sub(rb'\scount="\d*"', b"", found[1] or b"") + b' count="%d"' % len(items)
    body = found[2] + b"".join(items[known:])
    return data[: found.start()] + b"<%s%s>%s</%s>" % (tag, attributes, body, tag) + data[found.end() :]


def _set(element: bytes, name: bytes, value: bytes) -> bytes:
    """The element with one attribute of its opening tag set."""
    end = element.index(b">")
    if element[end - 1 : end] == b"/":
        end -= 1
    tag, rest = element[:end], element[end:]
    pattern = rb'(\s%s=")[^"]*"' % name
    if re.search(pattern, tag):
        return re.sub(pattern, lambda m: m[1] + value + b'"', tag) + rest
    return tag + b' %s="%s"' % (name, value) + rest
