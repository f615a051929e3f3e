"""GB/T 4754-2017 codes as officials write them: with or without the letter, with a lost leading zero."""

from __future__ import annotations

import re

#: first division of each section; the next one's ends it
_STARTS = "A01 B06 C13 D44 E47 F51 G53 H61 I63 J66 K70 L71 M73 N76 O80 P83 Q84 R86 S91 T97"
_SECTIONS = _STARTS.split()
_LAST_DIVISION = 97
#: the four-digit classes of divisions 01–09: what a three-digit number with a lost zero may have been
_DIGITS = (
    "111 112 113 119 121 122 123 131 132 133 134 141 142 143 149 151 152 153 154 159 161 162 163 164 "
    "169 171 179 181 182 190 211 212 220 231 232 241 242 251 252 311 312 313 314 315 319 321 322 323 "
    "329 330 391 392 399 411 412 421 422 511 512 513 514 515 519 521 522 523 529 531 532 539 541 549 "
    "610 620 690 711 712 721 722 810 820 890 911 912 913 914 915 916 917 919 921 922 929 931 932 933 939"
)
_ZERO_CLASSES = frozenset(_DIGITS.split())
_CODE = re.compile(r"([A-T])?(\d{1,4})(?!\d)(\D*)", re.ASCII)


def section_of(digits: str) -> str | None:
    """The letter of a code's section, None when there is no such division."""
    division = int(digits[:2])
    if not 1 <= division <= _LAST_DIVISION:
        return None
    letter = ""
    for section in _SECTIONS:
        if division < int(section[1:]):
            break
        letter = section[0]
    return letter


def read(text: str, *, zero_may_be_lost: bool) -> tuple[str, bool] | None:
    """(letter and digits, whether a zero was put back), or None when it is no code.

    `zero_may_be_lost`: the cell was a number or came from a csv, so `111` is rather 0111 than group 111.
    A letter settles it: A111 can only be A0111, B111 only group 111.
    """
    found = _CODE.fullmatch(re.sub(r"[\s.,_-]", "", text).upper())
    if found is None:
        return None
    letter, digits = found[1], found[2]
    candidates = []
    if len(digits) == 1:
        candidates = ["0" + digits]
    elif len(digits) == 3:
        with_zero = digits in _ZERO_CLASSES
        if with_zero and (zero_may_be_lost or digits.endswith("0")):
            candidates = ["0" + digits, digits]
        else:
            candidates = [digits] + (["0" + digits] if with_zero else [])
    else:
        candidates = [digits]
    for candidate in candidates:
        section = section_of(candidate)
        if section is not None and letter in (None, section):
            return section + candidate, candidate != digits
    return None
