"""Headers of a book, matched as the registry's are: synonyms, blanks, full width, line breaks, notes and units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from enterprises.rules.fields import FEN, Field
from enterprises.rules.headers import is_note, sheet_unit, squashed, unit_of
from enterprises.rules.text import half_width
from subsidies.rules.books import Shape

_MOST_COLUMNS = 200
_BRACKETS = str.maketrans("〔〕【】[]｛｝{}", "()()()()()")
_GROUP = re.compile(r"\(([^()]*)\)")
_NUMBERING = re.compile(r"^(?:\(?\d{1,2}[)、.]|[一二三四五六七八九十]{1,3}、)(?=\D)")
_CIRCLED = re.compile("[①-⑳❶-❿]")
_UNIT_BEHIND = re.compile(rf"(?:[/,:、-]|单位:?)?({'|'.join(sorted(FEN, key=len, reverse=True))})$")


def names_of(shape: Shape) -> dict[str, Field]:
    """Squashed spelling of a header → its field."""
    names: dict[str, Field] = {}
    for each in shape.fields:
        flat = half_width(each.header)
        for spelling in (_GROUP.sub("", flat) if each.unit else flat, *each.synonyms):
            names.setdefault(squashed(spelling), each)
    return names


def matched(row: Sequence[Any], names: Mapping[str, Field]) -> list[tuple[Field | None, str]]:
    """What each cell of a row would mean as a header."""
    return [recognise(v, names) if isinstance(v, str) else (None, "") for v in row[:_MOST_COLUMNS]]


def recognise(text: str, names: Mapping[str, Field]) -> tuple[Field | None, str]:
    """(field, unit) of one header; a note on a line of its own counts as if it stood in brackets."""
    if len(text) > 200:
        return None, ""
    found = _recognise(text, names)
    first, line, rest = text.strip().partition("\n")
    return _recognise(f"{first}({rest})", names) if line and found[0] is None else found


def _recognise(text: str, names: Mapping[str, Field]) -> tuple[Field | None, str]:
    flat = re.sub(r"[\s*]", "", half_width(_CIRCLED.sub("", text)).translate(_BRACKETS))
    flat = _NUMBERING.sub("", flat)
    if (whole := names.get(squashed(flat))) is not None:
        return whole, ""
    unit = ""

    def inside(group: re.Match[str]) -> str:
        nonlocal unit
        left = ""
        for part in filter(None, re.split("[,;、]", group[1])):
            if (said := unit_of(part)) in FEN:
                unit = unit or said
            elif not (is_note(part) or is_note(re.sub("[/.-]", "", part))):
                left += part
        return left

    base = _GROUP.sub(inside, flat).rstrip(":,、")
    if not unit and squashed(base) not in names and (behind := _UNIT_BEHIND.search(base)):
        unit, base = behind[1], base[: behind.start()]
    known = names.get(squashed(base))
    return (None, "") if known is None or (unit and known.kind != "money") else (known, unit)


def unit_above(text: str) -> str:
    """The money unit that a text above the table says for all of it."""
    unit = sheet_unit(text) or unit_of(text)
    return unit if unit in FEN else ""
