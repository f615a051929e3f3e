"""One cell's value → the fact to store, or what is wrong with it.

A converter is made once per column and called once per cell. It returns the value (None is empty or
unknown), CLEAR, or a Flawed value with its finding. Money becomes whole fen, percents percent points.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

from enterprises.rules import dates, industry, numbers, uscc
from enterprises.rules.fields import FEN, NUMERIC_CHOICES, REQUIRED, SELDOM_NEGATIVE, Field
from enterprises.rules.problems import Severity
from enterprises.rules.sheet import CLEAR, Broken, Clear, Percent, Scaled, shown
from enterprises.rules.text import EXCEL_ERROR, armed, clean, half_width, key

_UNKNOWN = frozenset({"/", "//", "\\", "\\\\", "N/A", "NA", "不详", "未知", "不明"})
_DASHES = re.compile(r"[-—–―‐‑‒−_]+")
_YES_WORDS = "是 有 √ ✓ ✔ ☑ Y YES 1 1.0 TRUE T 对 属于 已列入"
_NO_WORDS = "否 无 N NO 0 0.0 FALSE F 没有 不是 不属于 未列入 × ✗ ✘ ☒"
_TICK_WORDS = "√ ✓ ✔ ☑"
_YES = frozenset(_YES_WORDS.split())
_NO = frozenset(_NO_WORDS.split())
TICKS = frozenset(_TICK_WORDS.split())
_MAX_COUNT = 1_000_000_000
#: a hundred and thirty trillion yuan; a mobile number in a money column of 万元 lies beyond it
_MAX_FEN = 13 * 10**15
_BY_WORD_NONE = "rd_institution_level"


class Flawed(NamedTuple):
    """A value with a finding: `value` is stored when the finding is a warning."""

    value: Any
    severity: Severity
    code: str
    params: dict[str, Any]


Converter = Callable[[Any], Any]
ColumnConverter = Callable[[Sequence[Any]], list[Any]]


@dataclass(frozen=True)
class Place:
    """What a converter must know of its surroundings."""

    #: matching key of a region's name or code → path, or None where several regions share it
    regions: Mapping[str, str | None]
    today: dt.date
    date1904: bool = False
    text_only: bool = False


def _wrong(code: str, **params: Any) -> Flawed:
    return Flawed(None, "error", code, params)


def _unknown(text: str, kind: str) -> bool:
    upper = text.upper()
    if upper in _UNKNOWN or _DASHES.fullmatch(text):
        return True
    return upper == "无" and kind not in ("text", "yes_no", "region")


def converter(field: Field, *, unit: str, place: Place) -> Converter:
    """The converter of a column. `unit` is its money unit; it matters for money alone."""
    convert = _MAKERS[field.kind](field, unit, place)
    required = field.code in ("uscc", "name")

    def cell(raw: Any) -> Any:
        if type(raw) is float:
            return convert(raw) if isfinite(raw) else _wrong("cell_error")
        if raw == "" or raw is None:
            if isinstance(raw, Broken):
                return _wrong("formula_without_value")
            return _wrong(f"{field.code}_missing") if required else None
        if isinstance(raw, Broken):
            return _wrong("cell_error")
        if isinstance(raw, str):
            flat = half_width(raw)
            if not flat:
                return _wrong(f"{field.code}_missing") if required else None
            if flat == CLEAR.value:
                return _wrong("clear_refused") if required or field.kind == "region" else CLEAR
            if flat[0] == "#" and EXCEL_ERROR.fullmatch(flat):
                return _wrong("cell_error")
            if _unknown(flat, field.kind) and not (flat == "无" and field.code == _BY_WORD_NONE):
                return _wrong(f"{field.code}_missing") if required else None
        return convert(raw)

    return cell


#: types whose equal values mean the same in every cell: not True and 1.0, not a percent and its number
_PLAIN = frozenset({str, float})
_MOST_REMEMBERED = 5_000


class _Remembered(dict[Any, Any]):
    """What plain texts and numbers became; a cell that repeats costs one look."""

    def __init__(self, convert: Converter) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, raw: Any) -> Any:
        value = self._convert(raw)
        if len(self) < _MOST_REMEMBERED:
            self[raw] = value
        return value


def column_converter(convert: Converter, field: Field, *, unit: str) -> ColumnConverter:
    """`convert` for many cells of a column at once, with a short way for those that are most of a workbook.

    Plain amounts of money become fen in place; other values are remembered, since they repeat. Codes and
    names seldom do.
    """
    if field.kind == "money":
        factor = FEN[unit]
        sure = numbers.sure_places(factor)[1]
        highest = min(sure, (_MAX_FEN - 1) / factor) * (1 - 1e-9)
        lowest = 0.0 if field.low == 0 or field.code in SELDOM_NEGATIVE else -highest

        def money(cells: Sequence[Any]) -> list[Any]:
            # Within 15 digits whole fen divided again give the same double only where nothing was finer.
            return [
                fen
                if type(raw) is float
                and lowest <= raw <= highest
                and (fen := round(raw * factor)) / factor == raw
                else convert(raw)
                for raw in cells
            ]

        return money
    if field.code in REQUIRED:
        return lambda cells: [convert(raw) for raw in cells]
    remembered = _Remembered(convert)

    def column(cells: Sequence[Any]) -> list[Any]:
        if _PLAIN.issuperset(map(type, cells)):
            return [remembered[raw] for raw in cells]
        return [remembered[raw] if type(raw) in _PLAIN else convert(raw) for raw in cells]

    return column


def _text(field: Field, unit: str, place: Place) -> Converter:
    is_name = field.code == "name"

    def convert(raw: Any) -> Any:
        if is_name and not _may_be_a_name(raw):
            return _wrong("name_unreadable")
        if isinstance(raw, str):
            value = clean(armed(raw) if place.text_only else raw)
        elif isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
            value = str(int(raw))
        else:
            value = shown(raw)
        if len(value) > field.max_length:
            return _wrong("text_too_long", max=field.max_length, length=len(value))
        return value or None

    return convert


def _may_be_a_name(raw: Any) -> bool:
    """A number, a date or a credit code in the name's column comes from cells that slid sideways."""
    if not isinstance(raw, str):
        return False
    if not raw.isascii():
        return raw[0].isalpha() or any(map(str.isalpha, raw))
    return not uscc.SHAPE.fullmatch(raw.strip().upper()) and any(map(str.isalpha, raw))


def _code(field: Field, unit: str, place: Place) -> Converter:
    if field.code == "uscc":

        def code(raw: Any) -> Any:
            checked = uscc.check(raw)
            if checked.severity is None:
                return checked.value
            return Flawed(checked.value or None, checked.severity, checked.code, {})

        return code

    def convert(raw: Any) -> Any:
        number = isinstance(raw, float)
        text = shown(raw) if number else half_width(str(raw)).strip("'")
        read = industry.read(text, zero_may_be_lost=number or place.text_only) if len(text) <= 60 else None
        if read is None:
            return _wrong("industry_unreadable")
        value, restored = read
        return Flawed(value, "warning", "industry_zero_restored", {"to": value}) if restored else value

    return convert


def _date(field: Field, unit: str, place: Place) -> Converter:
    established = field.code == "established_on"

    def convert(raw: Any) -> Any:
        try:
            value = dates.read(raw, month_is_enough=established, date1904=place.date1904)
        except dates.NotADate as wrong:
            return _wrong(wrong.code)
        if established and value > place.today:
            return _wrong("date_future")
        return value

    return convert


def _money(field: Field, unit: str, place: Place) -> Converter:
    factor = FEN[unit]
    seldom_negative = field.code in SELDOM_NEGATIVE
    never_negative = field.low == 0

    def convert(raw: Any) -> Any:
        unclear = False
        try:
            if isinstance(raw, str):
                value, finer = numbers.fen_of_text(raw, factor)
                unclear = factor != FEN["元"] and numbers.unit_unclear(raw)
            elif isinstance(raw, Scaled):
                return _wrong("number_scaled", stored=shown(raw))
            elif isinstance(raw, (int, float)) and not isinstance(raw, (bool, Percent)):
                value, finer = numbers.fen_of_float(raw, factor)
            else:
                return _wrong("not_a_number")
        except numbers.NotANumber as wrong:
            return _wrong(wrong.code, **wrong.params)
        except (OverflowError, ValueError, ArithmeticError):
            return _wrong("not_a_number")
        if not -_MAX_FEN < value < _MAX_FEN:
            return _wrong("money_range")
        if value < 0:
            if never_negative:
                return _wrong("negative")
            if seldom_negative:
                return Flawed(value, "warning", "negative_unusual", {})
        if unclear:
            return Flawed(value, "warning", "money_unit_unclear", {"unit": unit})
        if finer:
            return Flawed(value, "warning", "money_rounded", {"yuan": f"{value / 100:,.2f}"})
        return value

    return convert


def _in_range(field: Field, value: Decimal | int) -> Flawed | None:
    if field.low is None and value < 0 or field.low == 0 and value < 0:
        return _wrong("negative")
    if field.low is not None and value < field.low or field.high is not None and value > field.high:
        return _wrong("number_range", low=field.low or 0, high=field.high)
    return None


def _count(field: Field, unit: str, place: Place) -> Converter:
    def convert(raw: Any) -> Any:
        if isinstance(raw, str):
            try:
                number = numbers.whole_of_text(raw)
            except numbers.NotANumber as wrong:
                return _wrong(wrong.code, **wrong.params)
            if not number.is_finite() or abs(number) > _MAX_COUNT:
                return _wrong("number_range", low=0, high=_MAX_COUNT)
            if number != number.to_integral_value():
                return _wrong("not_whole")
            value = int(number)
        elif isinstance(raw, Scaled):
            return _wrong("number_scaled", stored=shown(raw))
        elif isinstance(raw, (int, float)) and not isinstance(raw, (bool, Percent)):
            if not -_MAX_COUNT <= raw <= _MAX_COUNT:
                return _wrong("number_range", low=0, high=_MAX_COUNT)
            value = round(raw)
            if value != raw and f"{raw:.15g}" != str(value):
                return _wrong("not_whole")
        else:
            return _wrong("not_a_number")
        return _in_range(field, value) or value

    return convert


def _percent(field: Field, unit: str, place: Place) -> Converter:
    def convert(raw: Any) -> Any:
        try:
            if isinstance(raw, str):
                value = numbers.percent_points(raw)
            elif isinstance(raw, Percent):
                value = numbers.of_float(float(raw)) * 100
            elif isinstance(raw, (int, float)) and not isinstance(raw, bool):
                value = numbers.of_float(float(raw))
            else:
                return _wrong("not_a_number")
        except numbers.NotANumber as wrong:
            return _wrong(wrong.code)
        except (ArithmeticError, ValueError):
            return _wrong("not_a_number")
        return _in_range(field, value) or numbers.shorten(value)

    return convert


def _score(field: Field, unit: str, place: Place) -> Converter:
    def convert(raw: Any) -> Any:
        try:
            if isinstance(raw, str):
                value = numbers.whole_of_text(raw)
            elif isinstance(raw, (int, float)) and not isinstance(raw, (bool, Percent)):
                value = numbers.of_float(float(raw))
            else:
                return _wrong("not_a_number")
        except numbers.NotANumber as wrong:
            return _wrong(wrong.code)
        except (ArithmeticError, ValueError):
            return _wrong("not_a_number")
        return _in_range(field, value) or numbers.shorten(value)

    return convert


def _yes_no(field: Field, unit: str, place: Place) -> Converter:
    def convert(raw: Any) -> Any:
        if isinstance(raw, bool):
            return raw
        word = shown(raw) if isinstance(raw, (int, float)) else half_width(str(raw)).upper()
        if word in _YES:
            return True
        if word in _NO:
            return False
        return _wrong("yes_no_unreadable")

    return convert


def _choice(field: Field, unit: str, place: Place) -> Converter:
    words: dict[str, Any] = {}
    for stored, word, spellings in field.choices:
        value = int(stored) if field.code in NUMERIC_CHOICES else stored
        digits = (f"{stored}.0",) if field.code in NUMERIC_CHOICES else ()
        for spelling in (stored, word, *spellings, *digits):
            words[_squashed(spelling)] = value
    allowed = "、".join(word for _, word, _ in field.choices)

    def convert(raw: Any) -> Any:
        word = _squashed(shown(raw) if isinstance(raw, (int, float)) else str(raw)[:100])
        if word in words:
            return words[word]
        return _wrong("choice_unknown", allowed=allowed)

    return convert


def _squashed(text: str) -> str:
    return re.sub(r"[\s、,，;；/+和及_\-]", "", half_width(text)).casefold()


def _region(field: Field, unit: str, place: Place) -> Converter:
    def convert(raw: Any) -> Any:
        name = key(shown(raw) if isinstance(raw, (int, float)) else str(raw)[:200])
        if name not in place.regions:
            return _wrong("region_outside")
        path = place.regions[name]
        return _wrong("region_ambiguous") if path is None else path

    return convert


_MAKERS: dict[str, Callable[[Field, str, Place], Converter]] = {
    "text": _text,
    "code": _code,
    "date": _date,
    "money": _money,
    "count": _count,
    "percent": _percent,
    "score": _score,
    "yes_no": _yes_no,
    "choice": _choice,
    "region": _region,
}

__all__ = [
    "CLEAR",
    "Clear",
    "ColumnConverter",
    "Converter",
    "Flawed",
    "Place",
    "TICKS",
    "column_converter",
    "converter",
]
