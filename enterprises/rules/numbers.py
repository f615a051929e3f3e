"""Numbers as officials write them, exactly: separators, brackets for minus, full width, own units."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import NamedTuple

from enterprises.rules.text import half_width

_NUMBER = re.compile(r"([+-]?)(\d[\d,]*)?(\.\d*)?(E[+-]?\d{1,2})?(\D*)", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+|\d{1,4}(,\d{4})+")
_LONGEST = 60

#: what may stand behind an amount, as a factor in fen
_AMOUNTS = {
    "元": 10**2,
    "千": 10**5,
    "千元": 10**5,
    "万": 10**6,
    "万元": 10**6,
    "百万": 10**8,
    "百万元": 10**8,
    "千万": 10**9,
    "千万元": 10**9,
    "亿": 10**10,
    "亿元": 10**10,
}
_FOREIGN = re.compile(
    "美|日元|港|欧|英镑|韩|澳|台币|加元|法郎|卢布|坚戈|USD|EUR|HKD|JPY|\\$|€|£",
    re.IGNORECASE,
)
_PLACES = {10**n: n for n in range(11)}
_SURE = {n: 10.0 ** (15 - n) for n in range(11)}
_COUNTING_WORDS = "人 名 项 件 个 个人 位 家 年 台 套 种 分"
_COUNTED = frozenset(_COUNTING_WORDS.split())


class NotANumber(ValueError):
    """Carries the code of the problem."""

    def __init__(self, code: str = "not_a_number") -> None:
        super().__init__(code)
        self.code = code


class Written(NamedTuple):
    number: Decimal
    suffix: str


def of_float(value: float) -> Decimal:
    """The decimal that Excel shows: it keeps 15 significant digits, a double's noise lies behind them."""
    return Decimal(f"{value:.15g}")


def parse(text: str) -> Written:
    """A number and what stands behind it. Raises NotANumber."""
    if len(text) > _LONGEST:
        raise NotANumber
    flat = half_width(text).replace("−", "-").replace("–", "-")
    flat = re.sub(r"\s|'", "", flat)
    for mark in ("人民币", "RMB", "CNY", "¥", "￥"):
        flat = flat.replace(mark, "")
    negative = False
    bracketed = re.fullmatch(r"\((.+)\)(\D*)", flat)
    if bracketed:
        flat, negative = bracketed[1] + bracketed[2], True
    found = _NUMBER.fullmatch(flat)
    if found is None:
        raise NotANumber
    sign, whole, part, exponent, suffix = found.groups()
    if not whole and not (part and len(part) > 1):
        raise NotANumber
    if whole and "," in whole and not _GROUPED.fullmatch(whole):
        raise NotANumber("number_grouping")
    if suffix and suffix[0] in ".,+-":
        raise NotANumber
    try:
        number = Decimal((whole or "0").replace(",", "") + (part or "") + (exponent or ""))
    except InvalidOperation as wrong:
        raise NotANumber from wrong
    return Written(-number if negative != (sign == "-") else number, suffix.strip("()"))


def fen(value: Decimal, factor: int) -> tuple[int, bool]:
    """(whole fen rounded half up, whether something finer than a fen was lost)."""
    exact = value * factor
    whole = exact.to_integral_value(ROUND_HALF_UP)
    return int(whole), whole != exact


def sure_places(factor: int) -> tuple[int, float]:
    """(decimals, bound): a double below the bound that equals its own rounding is that decimal exactly."""
    places = _PLACES[factor]
    return places, _SURE[places]


def fen_of_float(value: float, factor: int) -> tuple[int, bool]:
    """As `fen`, for a cell's number. What has no digit finer than a fen goes without decimals."""
    places, sure = sure_places(factor)
    # Within 15 digits, a double that equals its own rounding is that decimal, and its product is sure.
    if -sure < value < sure and round(value, places) == value:
        return round(value * factor), False
    return fen(of_float(value), factor)


def fen_of_text(text: str, factor: int) -> tuple[int, bool]:
    """As `fen`, for text; a unit behind the number wins over the column's. Raises NotANumber."""
    number, suffix = parse(text)
    if suffix:
        own = _AMOUNTS.get(suffix) or _AMOUNTS.get(suffix.removesuffix("整"))
        if own is None:
            raise NotANumber("money_currency" if _FOREIGN.search(suffix) else "not_a_number")
        factor = own
    elif _FOREIGN.search(text):
        raise NotANumber("money_currency")
    return fen(number, factor)


def whole_of_text(text: str) -> Decimal:
    """A number with nothing but a counting word behind it. Raises NotANumber."""
    flat = half_width(text)
    if flat.startswith("第"):
        flat = flat[1:]
    number, suffix = parse(flat)
    if suffix and suffix not in _COUNTED:
        raise NotANumber
    return number


def percent_points(text: str) -> Decimal:
    """`3.5%` and `3.5` are 3.5. Raises NotANumber."""
    number, suffix = parse(text)
    if suffix not in ("", "%"):
        raise NotANumber
    return number


def shorten(value: Decimal) -> Decimal:
    """At most 12 decimals, cut off and not rounded, so that nothing rises to a threshold."""
    if value.as_tuple().exponent < -12:  # type: ignore[operator]
        value = value.quantize(Decimal("1e-12"), ROUND_DOWN)
    return value
