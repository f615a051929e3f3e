"""Headers matched by meaning: which fact a column holds, of which year, in which unit.

A header may carry its unit and year in front, behind, in brackets, or in a second header row; brackets
that say something else ("预计", "占比") make it another column, which is reported and left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from enterprises.rules.fields import FEN, FIELDS, Field
from enterprises.rules.text import half_width

_LONGEST = 120
_GROUP = re.compile(r"\(([^()]*)\)")
_NO_WORD = re.compile(r"[^\w%]+|_")
_YEAR = r"(?P<abs>20\d\d)(?:年度末?|年末|年底|年)?"
_RELATIVE = {
    1: (
        "上一年度",
        "上一年末",
        "上一年",
        "上年度末",
        "上年度",
        "上年末",
        "上年",
        "去年",
        "前一年度",
        "前一年",
    ),
    2: ("前两年度", "前两年", "前二年", "前2年", "上上年度", "上上年", "前年"),
    0: ("本年度", "本年末", "本年", "当年度", "当年", "今年", "报告年度", "报告期"),
}
_OFFSETS = {word: offset for offset, words in _RELATIVE.items() for word in words}
_WORDS = "|".join(sorted(_OFFSETS, key=len, reverse=True))
_IN_FRONT = re.compile(rf"(?:{_YEAR}|(?P<rel>{_WORDS}))(?:的|全年)?(?=\D|$)")
_BEHIND = re.compile(rf"(?<=\D)(?:{_YEAR}|(?P<rel>{_WORDS}))$")
_MONEY_UNITS = "|".join(sorted((*FEN, "百万", "万", "亿"), key=len, reverse=True))
_UNIT = re.compile(rf"(?:金额)?(?:单位)?[::]?(?:人民币)?({_MONEY_UNITS}|%|人|项|年|件|个|名|分)(?:人民币)?")
_UNIT_BEHIND = re.compile(rf"(?:[/,:、-]|单位[::]?)({_MONEY_UNITS}|%|人|项|年|件|个|名)$")
_BARE_UNIT_BEHIND = re.compile(r"(万元|千元|百万元|亿元|元)$")
_SHORT = {"万": "万元", "百万": "百万元", "亿": "亿元"}
_NOTE = re.compile(
    r"(?:必填|选填|如|例|格式|填|请|注|按|可|下拉|单选|全称|18位|yyyy|年月|年/月|是/否|是或否|有/无|√|y/n|1/0|"
    r"人工判定|人工填写|新三年|没有).*|",
    re.IGNORECASE,
)
_SHEET_UNIT = re.compile(rf"单位[::]?[^()]{{0,12}}?({_MONEY_UNITS})(?:[^\w]|$)")
_TITLE_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
ORDINALS = frozenset({"序号", "编号", "行号", "no", "顺序号", "序"})
#: headers of the columns that a returned workbook adds; read again, they are passed over in silence
RETURNED_NOTE = "导入提示"
RETURNED_ROW = "原行号"
_PASSED_OVER = ORDINALS | {RETURNED_NOTE, RETURNED_ROW}


@dataclass(frozen=True, slots=True)
class Header:
    """What one header text says. `year` is absolute, `offset` counts back from Y."""

    text: str
    field: Field | None = None
    year: int | None = None
    offset: int | None = None
    unit: str = ""

    @property
    def says_year(self) -> bool:
        return self.year is not None or self.offset is not None

    @property
    def ordinal(self) -> bool:
        """Whether the column only numbers the rows, or was added by us: left out without a word."""
        return squashed(self.text) in _PASSED_OVER


def squashed(text: str) -> str:
    """Letters, digits and Chinese characters alone; class I written in one way."""
    flat = _NO_WORD.sub("", half_width(text)).casefold()
    return flat.replace("一类", "i类").replace("1类", "i类").replace("二类", "ii类").replace("2类", "ii类")


def _names() -> dict[str, Field]:
    names: dict[str, Field] = {}
    for field in FIELDS:
        flat = half_width(field.header)
        spellings = {flat, _GROUP.sub("", flat), *field.synonyms}
        if field.unit:
            spellings.discard(flat)
        if field.kind == "yes_no":
            spellings |= {"是否" + s.removeprefix("是否") for s in spellings} | {
                s.removeprefix("是否") for s in spellings
            }
        for spelling in spellings:
            known = names.setdefault(squashed(spelling), field)
            if known is not field:
                raise ValueError(f"{spelling}: {known.code} or {field.code}")
    return names


NAMES = _names()


@lru_cache(maxsize=4096)
def recognise(text: str) -> Header:
    """What a single header text means; `field` is None when it is no known fact."""
    flat = re.sub(r"[\s*]", "", half_width(text))
    if not flat or len(flat) > _LONGEST:
        return Header(text)
    whole = NAMES.get(squashed(flat))
    if whole is not None:
        return Header(text, whole)
    year = offset = None
    unit = ""
    kept = ""
    foreign = False
    for inner in _GROUP.findall(flat):
        said_unit = _UNIT.fullmatch(inner)
        said_year = _IN_FRONT.fullmatch(inner)
        if said_unit:
            unit = _SHORT.get(said_unit[1], said_unit[1])
        elif said_year:
            year, offset = _when(said_year)
        elif not _NOTE.fullmatch(inner):
            foreign = True
            kept += inner
    base = _GROUP.sub("", flat).rstrip(":;,、")
    behind = _UNIT_BEHIND.search(base)
    if behind and not unit:
        unit = _SHORT.get(behind[1], behind[1])
        base = base[: behind.start()]
    front = _IN_FRONT.match(base)
    if front and not (year or offset is not None):
        year, offset = _when(front)
        base = base[front.end() :]
    else:
        back = _BEHIND.search(base)
        if back and not (year or offset is not None):
            year, offset = _when(back)
            base = base[: back.start()]
    field = NAMES.get(squashed(base + kept))
    if field is None and not foreign:
        field = NAMES.get(squashed(base))
    if field is None and not foreign and not unit:
        bare = _BARE_UNIT_BEHIND.search(base)
        if bare and squashed(base[: bare.start()]) in NAMES:
            unit, field = bare[1], NAMES[squashed(base[: bare.start()])]
    if field is not None and not field.by_year and (year or offset is not None):
        field = None
    return Header(text, field, year, offset, unit)


def _when(found: re.Match[str]) -> tuple[int | None, int | None]:
    if found["abs"]:
        return int(found["abs"]), None
    return None, _OFFSETS[found["rel"]]


def combine(top: str, bottom: str) -> Header:
    """What two header rows mean: the lower text, with year and unit from the upper where it has none."""
    above, below = recognise(top), recognise(bottom)
    if below.ordinal:
        return below
    text = f"{top} {bottom}".strip()
    if not bottom.strip():
        return replace(above, text=text)
    if below.field is not None:
        unit = below.unit or (above.unit if below.field.kind == "money" and above.unit in FEN else "")
        if not below.field.by_year or below.says_year:
            return replace(below, text=text, unit=unit)
        return replace(below, text=text, year=above.year, offset=above.offset, unit=unit)
    if above.field is not None and above.field.by_year and _only_when(bottom):
        return replace(above, text=text, year=below.year, offset=below.offset, unit=above.unit or below.unit)
    if above.field is not None and _only_unit(bottom):
        return replace(above, text=text, unit=below.unit or unit_of(bottom))
    both = recognise(top + bottom)
    return replace(both, text=text)


def _only_when(text: str) -> bool:
    flat = re.sub(r"\s", "", half_width(text))
    return bool(_IN_FRONT.fullmatch(re.sub(rf"\((?:{_MONEY_UNITS})\)$", "", flat)))


def _only_unit(text: str) -> bool:
    return bool(unit_of(text))


def unit_of(text: str) -> str:
    """The unit that a cell consists of: `万元`, `（万元）`, `单位：万元`; empty when it is something else."""
    flat = re.sub(r"\s", "", half_width(text)).strip("()")
    found = _UNIT.fullmatch(flat) if len(flat) <= 12 else None
    return _SHORT.get(found[1], found[1]) if found else ""


def sheet_unit(text: str) -> str:
    """The money unit that a title or unit line says for the whole sheet, or nothing."""
    flat = re.sub(r"\s", "", half_width(text[:300]))
    found = _SHEET_UNIT.search(flat)
    return _SHORT.get(found[1], found[1]) if found else ""


def title_years(text: str) -> set[int]:
    """The years that a title names."""
    return {int(year) for year in _TITLE_YEAR.findall(half_width(text[:300]))}
