"""Rows of a table that are no enterprise: blank ones, sums, signatures, notes, repeated headers."""

from __future__ import annotations

import re
from typing import Any

from enterprises.rules.headers import recognise
from enterprises.rules.sheet import Broken, shown
from enterprises.rules.text import half_width

_SUM = re.compile(
    r"[^\d:]{0,12}(?:合计|总计|小计|共计|累计|平均)(?:值|数|户数)?(?:[(:\d、,].*)?|汇总(?:[(:\d].*)?|共计?\d+[家户].*"
)
_FOOT = re.compile(
    r"(?:填表人|填报人|制表人?|编制人?|审核人?|复核人?|审批人?|经办人|负责人|单位负责人|分管领导|主管领导|联系人|"
    r"联系电话|填表日期|填报日期|制表日期|填表时间|填报时间|日期|填报单位|填表单位|单位名称|单位)"
    r"(?:[(][^)]*[)])?[:：].*|"
    r"(?:填表人|填报人|制表人|审核人|复核人|经办人|单位负责人)|"
    r"(?:填表)?说明(?:[:：\d、(.].*)?|注(?:释|意)?[:：\d].*|注|备注(?:[:：].*)?|\*+.*|以上数据.*|此表.*|本表.*"
)
_MASKED = re.compile(r"[0-9*]{14}[0-9]{3}[0-9Xx]")
_HEADING = re.compile(r"[一二三四五六七八九十]+[、.]|\([一二三四五六七八九十]+\)|\d+[、.]")
_EXAMPLE = re.compile(r"(?:示例|样例|例)(?:行)?(?:[:：].*)?")
_EXAMPLE_NAME = re.compile(r"(?:示例|样例|例)[:：].*")
_FIRM = re.compile("公司|企业|厂|社|中心|集团|店|院|所|行|部|场|站|矿|队|园")


def is_blank(value: Any) -> bool:
    if isinstance(value, Broken):
        return False
    return value is None or value == "" or (isinstance(value, str) and not value.strip())


def is_foot(value: Any) -> bool:
    """Whether a row that begins with this value is a sum, a signature or a note."""
    words = _words(value)
    return bool(_SUM.fullmatch(words) or _FOOT.fullmatch(words))


class Sorter:
    """Tells, row by row from top to bottom, whether a row is an enterprise's.

    Notes may run over several rows: once a foot has begun, a row without anything like a code belongs
    to it.
    """

    def __init__(self, uscc: int, name: int, known: frozenset[int], ordinals: frozenset[int]) -> None:
        self._uscc, self._name, self._known, self._ordinals = uscc, name, known, ordinals
        self._in_foot = False
        #: whether the row that was asked for last repeats the header
        self.header_again = False

    def is_enterprise(self, row: list[Any]) -> bool:
        plain = row[self._uscc]
        if (
            not self._in_foot
            and type(plain) is str
            and len(plain) == 18
            and plain.isalnum()
            and plain.isascii()
        ):
            return not self._is_example(row)
        filled = [n for n, value in enumerate(row) if not is_blank(value)]
        # What only numbers a row says nothing about it, unless it is a word (合计 in the first column).
        told = [n for n in filled if n not in self._ordinals]
        if not told:
            return False
        code = row[self._uscc]
        text = half_width(code) if isinstance(code, str) else ""
        if (isinstance(code, (int, float, Broken)) and code != "") or _like_code(text):
            return not (self._in_foot and len(filled) == 1 and len(text) not in (15, 18)) and not (
                self._is_example(row)
            )
        first, name, text = _words(row[filled[0]]), _words(row[self._name]), _words(row[self._uscc])
        if any(_SUM.fullmatch(words) for words in (first, name, text)):
            return False
        if _FOOT.fullmatch(first) or _FOOT.fullmatch(text):
            self._in_foot = True
            return False
        self.header_again = self._repeats_header(shown(row[self._uscc]), shown(row[self._name]))
        if self.header_again or (self._in_foot and not _FIRM.search(name)):
            return False
        if len(filled) == 1:
            if filled[0] == self._name:
                return bool(_FIRM.search(name)) and not _HEADING.match(name)
            return filled[0] == self._uscc and first.isascii()
        if set(told) == {self._uscc} and not text.isascii():
            return False
        return any(n in self._known for n in filled)

    def _is_example(self, row: list[Any]) -> bool:
        name = row[self._name]
        if isinstance(name, str) and "例" in name[:4] and _EXAMPLE_NAME.match(half_width(name)):
            return True
        return any(
            isinstance(row[n], str) and bool(_EXAMPLE.fullmatch(half_width(row[n])))
            for n in range(min(len(row), self._uscc + 1))
            if n not in (self._uscc, self._name)
        )

    def _repeats_header(self, code: str, name: str) -> bool:
        above, beside = recognise(code).field, recognise(name).field
        return above is not None and above.code == "uscc" and beside is not None and beside.code == "name"


def _words(value: Any) -> str:
    """A cell's text without blanks inside: 合　计 is 合计."""
    return re.sub(r"\s", "", half_width(shown(value)))


def _like_code(text: str) -> bool:
    """Anything an officer may have meant as a code: mostly letters and digits, or a masked number."""
    return (
        bool(_MASKED.fullmatch(text))
        or sum(c.isascii() and c.isalnum() for c in text) >= 6
        and not re.search("[\u4e00-\u9fff]", text)
    )
