"""The unified social credit code (GB 32100-2015), and what people type in its place.

A failing check digit is a warning: real enterprises carry such codes. A personal identity number is
refused and never shown in full.
"""

from __future__ import annotations

import datetime as dt
import re
from operator import mul
from typing import NamedTuple

from stdnum.cn import ric

from enterprises.rules.severity import Severity
from enterprises.rules.text import MARKED, half_width

SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
_WEIGHTS = tuple(pow(3, n, 31) for n in range(17))
_VALUES = {character: n for n, character in enumerate("0123456789ABCDEFGHJKLMNPQRTUWXY")}
LEGACY = re.compile(r"[0-9]{15}")
#: the registration numbers before 2007; they have no place in the registry
_OLDER = re.compile(r"[0-9]{13}")
#: a personal number that was masked, by us or by the officer
_MASKED = re.compile(r"(?:\*{14}|[1-9][0-9]{5}\*{8})[0-9]{3}[0-9X]")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]{1,3}", re.IGNORECASE)
_PLACES = (
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 "
    "50 51 52 53 54 61 62 63 64 65 71 81 82 83 91"
)
_PROVINCES = frozenset(_PLACES.split())
#: beyond this a double cannot hold every whole number, and Excel shows 15 digits at most
_EXACT = 10**15


class Checked(NamedTuple):
    """The code to store (empty when it cannot be), and the finding if there is one."""

    value: str
    severity: Severity | None = None
    code: str = ""


def normalise(text: str) -> str:
    """Half width, upper case, without blanks, hyphens, invisible characters and Excel's apostrophe."""
    if text.isalnum() and text.isascii():
        return text.upper()
    flat = half_width(text).strip("'’‘`\"")
    return re.sub(r"[\s\-‐‑‒–—―−_.·]", "", flat).upper() if not _SCIENTIFIC.fullmatch(flat) else flat.upper()


def check_digit_holds(code: str) -> bool:
    """Whether the eighteenth character is the one that GB 32100 computes from the other seventeen."""
    if not SHAPE.fullmatch(code):
        return False
    total = sum(map(mul, _WEIGHTS, map(_VALUES.__getitem__, code)))
    return (31 - total) % 31 == _VALUES[code[17]]


def is_personal_id(code: str) -> bool:
    """Whether 18 characters are a personal identity number (GB 11643) rather than a credit code.

    Place and birth date must be possible and the checksum must hold; where it fails, GB 32100 must fail
    too (a mistyped personal number is one still). Codes that begin with 9 and satisfy GB 32100 are an
    enterprise's.
    """
    if (
        len(code) != 18
        or not code.isascii()
        or not code[:17].isdigit()
        or not (code[17].isdigit() or code[17] == "X")
    ):
        return False
    if code[:2] not in _PROVINCES:
        return False
    try:
        born = dt.date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return False
    if not 1900 <= born.year <= 2100:
        return False
    enterprise_like = check_digit_holds(code)
    if ric.calc_check_digit(code) == code[17]:
        return not (code[0] == "9" and enterprise_like)
    return code[0] != "9" and not enterprise_like


def check(raw: object) -> Checked:
    """The code in a cell. Errors: missing, ruined by Excel, a personal number, length, characters."""
    if isinstance(raw, str) and raw[:1] == "9" and check_digit_holds(raw):
        return Checked(raw)  # an enterprise's code as it should be: most of them
    if isinstance(raw, bool):
        return Checked("", "error", "uscc_length")
    if isinstance(raw, (int, float)):
        if raw != int(raw) or abs(raw) >= _EXACT:
            return Checked("", "error", "uscc_scientific")
        raw = str(int(raw))
    if not isinstance(raw, str):
        return Checked("", "error", "uscc_length")
    if not raw.isascii() and MARKED.search(raw):
        return Checked("", "error", "uscc_characters")
    code = normalise(raw)
    if not code:
        return Checked("", "error", "uscc_missing")
    if _SCIENTIFIC.fullmatch(code):
        return Checked("", "error", "uscc_scientific")
    if is_personal_id(code) or ("*" in code and _MASKED.fullmatch(code)):
        return Checked("", "error", "uscc_personal_id")
    if LEGACY.fullmatch(code):
        return Checked(code, "warning", "uscc_legacy")
    if _OLDER.fullmatch(code):
        return Checked("", "error", "uscc_older")
    if len(code) != 18:
        return Checked("", "error", "uscc_length")
    if not SHAPE.fullmatch(code):
        return Checked("", "error", "uscc_characters")
    if not check_digit_holds(code):
        return Checked(code, "warning", "uscc_check_digit")
    return Checked(code)
