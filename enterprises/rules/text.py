"""Text as people and Excel leave it, made comparable: full width, zero width, brackets, blanks."""

from __future__ import annotations

import re
import unicodedata

#: zero-width and direction characters, soft hyphen, byte-order mark
INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
#: C0 and C1 controls without tab, line feed and carriage return; and what no XML file can hold
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
#: what makes a spreadsheet take a text for a formula, and the apostrophe that says it is none
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_BLANKS = re.compile(r"\s+")
_BRACKETS = str.maketrans("〔〕【】［］[]｛｝{}", "()()()()()()")


def clean(text: str) -> str:
    """Text to store: no invisible or control characters, blanks of every kind collapsed, ends stripped.

    Nothing visible is changed: full-width letters and brackets stay as the enterprise writes them.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _BLANKS.sub(" ", CONTROL.sub("", INVISIBLE.sub("", text))).strip()


def half_width(text: str) -> str:
    """NFKC without invisible or control characters and blanks at the ends: for values, not for names."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return unicodedata.normalize("NFKC", CONTROL.sub("", INVISIBLE.sub("", text))).strip()


def key(text: str) -> str:
    """One canonical form for matching names: NFKC, one kind of bracket, no blanks, no case."""
    flat = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).translate(_BRACKETS)
    return _BLANKS.sub("", CONTROL.sub("", flat)).casefold()


def disarmed(text: str) -> str:
    """csv text that no spreadsheet evaluates: an apostrophe before what it would. `armed` takes it off."""
    return "'" + text if text.startswith(FORMULA) else text


def armed(text: str) -> str:
    """Takes off the apostrophe that `disarmed` puts before a formula's first character."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text


def visible(text: str) -> str:
    """Text without control characters: each is shown as the replacement character."""
    return CONTROL.sub("\ufffd", text)
