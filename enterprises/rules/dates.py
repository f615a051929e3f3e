"""Dates in every costume that Excel and people give them."""

from __future__ import annotations

import datetime as dt
import re

from enterprises.rules.sheet import Month
from enterprises.rules.text import MARKED, half_width

_MARKS = r"[-./,、·\\—–_]"
_FULL = re.compile(
    rf"(\d{{4}})\s*(?:{_MARKS}|年|\s)\s*(\d{{1,2}})\s*(?:(?:{_MARKS}|月份?|\s)\s*(?:(\d{{1,2}})\s*[日号]?)?)?"
    r"(?:\s*星期[一二三四五六日天])?(?:[\sT]*(?:上午|AM\s)?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?",
    re.ASCII,
)
_YEAR_ONLY = re.compile(r"(\d{4})年?(度)?", re.ASCII)
_DIGITS = re.compile(r"\d+(\.\d+)?", re.ASCII)
_DAY_FIRST = re.compile(r"\d{1,2}[-./]\d{1,2}[-./](\d{4}|\d{2})", re.ASCII)
#: 二〇一九年七月一日, as a date format of Excel shows it and a csv carries it
_IN_WORDS = re.compile(
    "([零〇○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月(?:([一二三四五六七八九十]{1,3})[日号])?"
)
_NUMERALS = {character: n for n, character in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
FIRST_YEAR, LAST_YEAR = 1850, 2100
_EPOCH = dt.date(1899, 12, 30)
_EPOCH_1904 = dt.date(1904, 1, 1)
#: serials below look like a year, serials above lie behind 2100
_SERIALS = range(2101, 73416)
#: five digits that rather begin with a year (20197) than count the days of the fifties
_LIKE_YEAR = range(19_000, 21_000)


class NotADate(ValueError):
    """Carries the code of the problem."""

    def __init__(self, code: str = "date_unreadable") -> None:
        super().__init__(code)
        self.code = code


def read(raw: object, *, month_is_enough: bool, date1904: bool = False) -> dt.date:
    """The date in a cell; a Month where the day is missing and need not be known. Raises NotADate."""
    found = _read(raw, month_is_enough, date1904)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise NotADate("date_range")
    return found


def _read(raw: object, month_is_enough: bool, date1904: bool) -> dt.date:
    if isinstance(raw, dt.datetime):
        return raw.date()
    if isinstance(raw, dt.date):
        return raw
    if isinstance(raw, bool):
        raise NotADate
    if isinstance(raw, (int, float)):
        return _number(float(raw), f"{raw:.15g}", month_is_enough, date1904, exact_text=False)
    if not isinstance(raw, str) or len(raw) > 60 or (not raw.isascii() and MARKED.search(raw)):
        raise NotADate
    text = half_width(raw).replace("。", ".").strip("'")
    if _DIGITS.fullmatch(text):
        return _number(float(text), text, month_is_enough, date1904, exact_text=True)
    if _YEAR_ONLY.fullmatch(text):
        raise NotADate("date_incomplete")
    found = _FULL.fullmatch(text)
    if found is not None:
        return _made(found[1], found[2], found[3], month_is_enough)
    words = _IN_WORDS.fullmatch(text)
    if words is None:
        raise NotADate("date_order" if _DAY_FIRST.fullmatch(text) else "date_unreadable")
    year = "".join(str(_NUMERALS[digit]) for digit in words[1])
    return _made(year, _below_hundred(words[2]), words[3] and _below_hundred(words[3]), month_is_enough)


def _below_hundred(words: str) -> str:
    tens, ten, ones = words.rpartition("十")
    return str((_NUMERALS.get(tens, 1) if ten else 0) * 10 + (_NUMERALS.get(ones, 99) if ones else 0))


def _number(value: float, text: str, month_is_enough: bool, date1904: bool, *, exact_text: bool) -> dt.date:
    whole, _, part = text.partition(".")
    if not part:
        if len(whole) == 8:
            return _made(whole[:4], whole[4:6], whole[6:], month_is_enough)
        if len(whole) == 6:
            return _made(whole[:4], whole[4:], None, month_is_enough)
        if len(whole) == 4 and FIRST_YEAR <= int(whole) <= LAST_YEAR:
            raise NotADate("date_incomplete")
    elif len(whole) == 4 and FIRST_YEAR <= int(whole) <= LAST_YEAR and len(part) <= 2:
        if part == "1" and not exact_text:
            raise NotADate("date_ambiguous")  # 2019.10 typed as a number is stored as 2019.1
        return _made(whole, part, None, month_is_enough)
    if int(value) not in _SERIALS or int(value) in _LIKE_YEAR:
        raise NotADate
    return (_EPOCH_1904 if date1904 else _EPOCH) + dt.timedelta(days=int(value))


def _made(year: str, month: str, day: str | None, month_is_enough: bool) -> dt.date:
    try:
        if day is not None:
            return dt.date(int(year), int(month), int(day))
        first = Month(int(year), int(month), 1)
    except ValueError as wrong:
        raise NotADate("date_impossible") from wrong
    if not month_is_enough:
        raise NotADate("date_incomplete")
    return first
