"""Text as people and Excel leave it, made comparable: full width, zero width, brackets, blanks."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: zero-width and direction characters, soft hyphen, byte-order mark
INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
#: what only chooses a glyph; taken away for comparing, never for storing. A set of its own: one that mixes
#: planes is searched ten times as slowly
_SELECTOR = re.compile("[\ufe00-\ufe0f]|[\U000e0100-\U000e01ef]")
#: raised, circled and broken digits: a mark at a number, which NFKC would make a digit of it
MARKED = re.compile(
    "[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u209c\u2150-\u215f\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]"
)
#: what Excel writes where a formula failed or a column is too narrow; a csv carries it as text
EXCEL_ERROR = re.compile(
    r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!|FIELD!|#+)", re.IGNORECASE
)
#: C0 and C1 controls without tab, line feed and carriage return; and what no XML file can hold
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
#: what makes a spreadsheet take a text for a formula, and the apostrophe that says it is none
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_BLANKS = re.compile(r"\s+")
#: common characters that no form changes: most texts are made of these alone
_PLAIN = re.compile("[!-~\u3007\u4e00-\u9fff]*")
_PLAIN_NAME = re.compile("[0-9A-Za-z()\u3007\u4e00-\u9fff]*")
_BRACKETS = str.maketrans("〔〕【】［］[]｛｝{}", "()()()()()()")


def clean(text: str) -> str:
    """Text to store: no invisible or control characters, blanks of every kind collapsed, ends stripped.

    Nothing visible is changed: full-width letters and brackets stay as the enterprise writes them.
    """
    if _PLAIN.fullmatch(text):
        return text
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _BLANKS.sub(" ", CONTROL.sub("", INVISIBLE.sub("", text))).strip()


def _seen(text: str) -> str:
    text = INVISIBLE.sub("", text)
    return _SELECTOR.sub("", text) if _SELECTOR.search(text) else text


def half_width(text: str) -> str:
    """NFKC without invisible or control characters and blanks at the ends: for values, not for names."""
    if _PLAIN.fullmatch(text):
        return text
    if text.isascii() and text.isprintable():
        return text.strip()
    return unicodedata.normalize("NFKC", CONTROL.sub("", _seen(text))).strip()


@lru_cache(maxsize=16_384)
def key(text: str) -> str:
    """One canonical form for matching names: NFKC, one kind of bracket, no blanks, no case."""
    if _PLAIN_NAME.fullmatch(text):
        return text.casefold()
    flat = unicodedata.normalize("NFKC", _seen(text)).translate(_BRACKETS)
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
