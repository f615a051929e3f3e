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

_LONGEST = 500
_GROUP = re.compile(r"\(([^()]*)\)")
_BRACKETS = str.maketrans("〔〕【】［］[]｛｝{}<>《》〈〉「」", "()()()()()()()()()()")
_NO_WORD = re.compile(r"[^\w%]+|_")
_DIGITS_IN_WORDS = re.compile("二[〇零○][一二三四五六七八九零〇○]{2}(?=年)")
_IN_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
#: 1. 1、 (1) 一、 ① before a header
_NUMBERING = re.compile(
    r"(?:\(?\d{1,2}[)、.．]|[一二三四五六七八九十]{1,3}、)(?=\D)|其中:?|#|★|☆|※|▲|△|●|■|◆"
)
_CIRCLED = re.compile("[①-⑳❶-❿]")
_YEAR = r"(?:截至|截止)?(?P<abs>20\d\d)(?:年(?:度末?|末|底|0?1月?[-—–~至到]12月|12月31日)?)?"
_SHORT_YEAR = re.compile(r"(?<!\d)(?:截至|截止)?([12]\d)年(?=度|末|底|[^\d年月内以])")
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
        "y-1年",
        "y-1",
        "n-1年",
        "n-1",
    ),
    2: (
        "前两年度",
        "前两年",
        "前二年",
        "前2年",
        "上上年度",
        "上上年",
        "前年",
        "y-2年",
        "y-2",
        "n-2年",
        "n-2",
    ),
    0: (
        "本年度",
        "本年末",
        "本年",
        "当年度",
        "当年",
        "今年",
        "报告年度",
        "报告期",
        "期末数",
        "期末",
        "年末数",
        "年末",
        "年底数",
        "年底",
    ),
}
_OFFSETS = {word: offset for offset, words in _RELATIVE.items() for word in words}
_WORDS = "|".join(sorted(_OFFSETS, key=len, reverse=True))
_IN_FRONT = re.compile(rf"(?:{_YEAR}|(?P<rel>{_WORDS}))(?:的|全年)?(?=\D|$)", re.IGNORECASE)
_BEHIND = re.compile(rf"(?<=\D)(?:{_YEAR}|(?P<rel>{_WORDS}))$", re.IGNORECASE)
_MONEY_UNITS = "|".join(sorted((*FEN, "百万", "万", "亿"), key=len, reverse=True))
_OWN = "(?:人民币|rmb|cny)?"
_UNIT = re.compile(
    rf"(?:金额)?(?:计量)?(?:单位)?:?{_OWN}:?({_MONEY_UNITS}|%|人|项|年|件|个|名|分){_OWN}", re.IGNORECASE
)
_UNIT_BEHIND = re.compile(rf"(?:[/,:、-]|单位:?)({_MONEY_UNITS}|%|人|项|年|件|个|名)$")
_BARE_UNIT_BEHIND = re.compile(r"(万元|千元|百万元|亿元|元|%)$")
_SHORT = {"万": "万元", "百万": "百万元", "亿": "亿元"}
_SPELLINGS = str.maketrans("萬億仟圆", "万亿千元")
_NOTE = re.compile(
    r"(?:必填|选填|如|例|格式|填|请|注|按|可|下拉|单选|全称|18位|yyyy|年月|年/月|是/否|是或否|有/无|√|y/n|1/0|"
    r"人工判定|人工填写|新三年|没有|盖章|公章|加盖|(?:与|同|以|按)?营业执照|保留|两位小数|小数|精确|整数|数字|文本|数值|\d+位|"
    r"中文|姓名|审计|年报|决算|gb/?t|大类|中类|小类|人民币|rmb|截至|截止|大写字母|亏损).*|",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[,，;；、/。 ]")
#: units that a number of each kind may have; with another one the column is another fact
_UNITS_OF = {
    "money": frozenset(FEN),
    "count": frozenset("人项年件个名"),
    "percent": frozenset("%"),
    "score": frozenset("分"),
}
_SHEET_UNIT = re.compile(rf"单位:?[^()]{{0,12}}?({_MONEY_UNITS})(?:[^\w]|$)")
_TITLE_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
#: dates of filling in and numbers of documents name no reporting year
_NO_TITLE_YEAR = re.compile(
    r"20\d\d年\d{1,2}月\d{1,2}日|20\d\d([-./])\d{1,2}\1\d{1,2}|(?:日期|时间):?20\d\d[年./-]\d{1,2}月?|[(\[]20\d\d[)\]](?:第)?\d+号"
)
ORDINALS = frozenset({"序号", "编号", "行号", "no", "顺序号", "序"})
#: headers of the columns that a returned workbook adds; read again, they are passed over in silence
RETURNED_NOTE = "导入提示"
RETURNED_ROW = "原行号"
_PASSED_OVER = ORDINALS | {RETURNED_NOTE, RETURNED_ROW}


#: what brackets say that name no year, no unit and no other fact
NOTE = (None, None)


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
    flat = _NO_WORD.sub("", half_width(text)).casefold().replace("近3年", "近三年")
    return flat.replace("一类", "i类").replace("1类", "i类").replace("二类", "ii类").replace("2类", "ii类")


def _names() -> dict[str, Field]:
    names: dict[str, Field] = {}
    for field in FIELDS:
        flat = half_width(field.header)
        spellings = {flat, _GROUP.sub("", flat), *field.synonyms}
        if field.unit:
            spellings.discard(flat)
        if field.kind == "yes_no":
            bare = {s.removeprefix("是否") for s in spellings}
            spellings |= bare | {
                ask + s.removeprefix("属于")
                for s in bare
                for ask in ("是否", "是否属于", "是否有", "有无", "是否为")
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
    if len(text) > _LONGEST:
        return Header(text)
    found = _recognise(text, text)
    if found.field is None and "\n" in text.strip():
        # A note on a line of its own, without brackets.
        first, _, rest = text.strip().partition("\n")
        noted = _recognise(text, f"{first}({_PARTS.sub(' ', rest)})")
        found = noted if noted.field is not None else found
    return found


def _flat(text: str) -> str:
    flat = half_width(_CIRCLED.sub("", text)).translate(_BRACKETS).replace("—", "-").replace("–", "-")
    return re.sub(r"[\s*]", "", _DIGITS_IN_WORDS.sub(lambda m: m[0].translate(_IN_DIGITS), flat))


def _recognise(text: str, spelled: str) -> Header:
    flat = _flat(spelled)
    if not flat:
        return Header(text)
    flat = _NUMBERING.sub("", flat, count=1) if _NUMBERING.match(flat) else flat
    whole = NAMES.get(squashed(flat))
    if whole is not None:
        return Header(text, whole)
    year = offset = None
    unit = ""
    foreign = False

    def inside(group: re.Match[str]) -> str:
        """Takes note of what brackets say and leaves what belongs to the name."""
        nonlocal year, offset, unit, foreign
        left = ""
        # As a whole, or part by part: （年/月/日）, （2025年，万元）, （必填，万元）.
        said = _said(group[1])
        noted = said == NOTE
        for part in filter(None, _PARTS.split(group[1])) if noted or said is None else (group[1],):
            said = _said(part)
            if isinstance(said, str) and (not noted or said in FEN):
                unit = unit or said
            elif isinstance(said, tuple) and said != NOTE and (not noted or "年" in part):
                year, offset = said
            elif said is None and not noted:
                foreign = True
                left += part
        return left

    base = _GROUP.sub(inside, flat).rstrip(":;,、")
    behind = _UNIT_BEHIND.search(base)
    if behind and not unit:
        unit = _SHORT.get(behind[1], behind[1])
        base = base[: behind.start()]
    base = _SHORT_YEAR.sub(r"20\1年", base, count=1)
    front = _IN_FRONT.match(base)
    if front and not (year or offset is not None):
        year, offset = _when(front)
        base = base[front.end() :]
    else:
        back = _BEHIND.search(base)
        if back and not (year or offset is not None):
            year, offset = _when(back)
            base = base[: back.start()]
    base = _NUMBERING.sub("", base, count=1) if _NUMBERING.match(base) else base
    field = NAMES.get(squashed(base))
    if field is None and not foreign and not unit:
        bare = _BARE_UNIT_BEHIND.search(base)
        if bare and squashed(base[: bare.start()]) in NAMES:
            unit, field = bare[1], NAMES[squashed(base[: bare.start()])]
    if field is not None and not field.by_year and (year or offset is not None):
        field = None
    if field is not None and unit and unit not in _UNITS_OF.get(field.kind, {unit}):
        field = None
    return Header(text, field, year, offset, unit)


def _said(inner: str) -> str | tuple[int | None, int | None] | None:
    """What brackets, or a part of them, say: a unit, a year, nothing of weight, or None for another fact."""
    unit = _UNIT.fullmatch(inner.translate(_SPELLINGS))
    if unit:
        return _SHORT.get(unit[1], unit[1])
    when = _IN_FRONT.fullmatch(_SHORT_YEAR.sub(r"20\1年", inner + "|").rstrip("|"))
    if when:
        return _when(when)
    return NOTE if _NOTE.fullmatch(inner) else None


def _when(found: re.Match[str]) -> tuple[int | None, int | None]:
    if found["abs"]:
        return int(found["abs"]), None
    return None, _OFFSETS[found["rel"].lower()]


def combine(*texts: str) -> Header:
    """What header rows above each other mean, from the top: a lower text says the fact, upper ones add
    the year and the unit where it has none."""
    found = recognise(texts[0])
    for bottom in texts[1:]:
        found = _below(found, bottom)
    return found


def _below(above: Header, bottom: str) -> Header:
    below = recognise(bottom)
    if below.ordinal:
        return below
    text = f"{above.text} {bottom}".strip()
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
    both = recognise(above.text + bottom)
    return replace(both, text=text)


def _only_when(text: str) -> bool:
    flat = _SHORT_YEAR.sub(r"20\1年", re.sub(rf"\((?:{_MONEY_UNITS})\)$", "", _flat(text)) + "|")
    return bool(_IN_FRONT.fullmatch(flat.rstrip("|")))


def _only_unit(text: str) -> bool:
    return bool(unit_of(text))


def unit_of(text: str) -> str:
    """The unit that a cell consists of: `万元`, `（万元）`, `单位：万元`; empty when it is something else."""
    flat = _flat(text[:60]).strip("()").translate(_SPELLINGS)
    found = _UNIT.fullmatch(flat) if len(flat) <= 12 else None
    return _SHORT.get(found[1], found[1]) if found else ""


def sheet_unit(text: str) -> str:
    """The money unit that a title or unit line says for the whole sheet, or nothing."""
    flat = _flat(text[:300]).translate(_SPELLINGS)
    found = _SHEET_UNIT.search(flat)
    return _SHORT.get(found[1], found[1]) if found else ""


def title_years(text: str) -> set[int]:
    """The years that a title names; dates and numbers of documents are passed over."""
    flat = _NO_TITLE_YEAR.sub("", _flat(text[:300]))
    return {int(year) for year in _TITLE_YEAR.findall(flat)}


def is_note(text: str) -> bool:
    """Whether a cell below a header only says how to fill it in: `必填`, `18位`, `保留两位小数`."""
    return all(_NOTE.fullmatch(part) for part in _PARTS.split(_flat(text[:200])))
