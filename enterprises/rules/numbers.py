"""Numbers as officials write them, exactly: separators, brackets for minus, full width, own units."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import NamedTuple

from enterprises.rules.text import MARKED, half_width

_NUMBER = re.compile(r"([+-]?)([0-9][0-9,]*)?(\.[0-9]*)?(E[+-]?[0-9]{1,2})?(\D*)", re.IGNORECASE)
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+|[0-9]{1,4}(,[0-9]{4})+")
#: other characters for the same units
_UNITS = str.maketrans("圆萬億仟佰", "元万亿千百")
_OWN_CURRENCY = ("人民币", "RMB", "CNY", "¥", "￥")
_IN_WORDS = re.compile(
    "(?=.*[零〇○一二两三四五六七八九十壹贰叁肆伍陆柒捌玖拾])[零〇○一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億元圆角分整正点]+"
)
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
#: what a foreign currency is called in a cell; the first that fits names it, so longer words come first
_CURRENCIES = (
    "美元|美金|日元|日圆|日币|円|港元|港币|港纸|欧元|英镑|韩元|韩币|韩圜|新西兰元|新西兰币|澳门元|澳门币|澳元|澳币|新台币|台币"
    "|加元|加币|加拿大元|新加坡元|新加坡币|坡币|瑞士法郎|法国法郎|法郎|卢布|坚戈|卢比|泰铢|瑞典克朗|丹麦克朗|挪威克朗|克朗|德国马克"
    "|马克|荷兰盾|越南盾|印尼盾|林吉特|令吉|迪拉姆|里亚尔|比索|兰特|雷亚尔|里拉|第纳尔|图格里克|索姆|苏姆|索莫尼|马纳特|格里夫纳"
    "|福林|兹罗提|谢克尔|澳大利亚元|外币"
)
_FOREIGN = re.compile(
    rf"({_CURRENCIES}|USD|EUR|HKD|JPY|GBP|KRW|AUD|CAD|SGD|TWD|MOP|CHF|RUB|KZT|US\$|HK\$|\$|€|£|₩|₽|₸)",
    re.IGNORECASE,
)
_PLACES = {10**n: n for n in range(11)}
_SURE = {n: 10.0 ** (15 - n) for n in range(11)}
_COUNTING_WORDS = "人 名 项 件 个 个人 位 家 年 台 套 种 分"
_COUNTED = frozenset(_COUNTING_WORDS.split())


class NotANumber(ValueError):
    """Carries the code of the problem, and what its sentence names."""

    def __init__(self, code: str = "not_a_number", **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class Written(NamedTuple):
    number: Decimal
    suffix: str


def of_float(value: float) -> Decimal:
    """The decimal that Excel shows: it keeps 15 significant digits, a double's noise lies behind them."""
    return Decimal(f"{value:.15g}")


def parse(text: str) -> Written:
    """A number and what stands behind it. Raises NotANumber."""
    if len(text) > _LONGEST or (not text.isascii() and MARKED.search(text)):
        raise NotANumber
    flat = half_width(text).replace("−", "-").replace("–", "-")
    flat = re.sub(r"\s|'", "", flat)
    for mark in _OWN_CURRENCY:
        flat = flat.replace(mark, "")
    flat = flat.lstrip(":")
    negative = False
    bracketed = re.fullmatch(r"\((.+)\)(\D*)", flat)
    if bracketed:
        flat, negative = bracketed[1] + bracketed[2], True
    found = _NUMBER.fullmatch(flat)
    if found is None:
        raise NotANumber(_word_for(flat))
    sign, whole, part, exponent, suffix = found.groups()
    if not whole and not (part and len(part) > 1):
        raise NotANumber(_word_for(flat))
    if whole and "," in whole and not _GROUPED.fullmatch(whole):
        raise NotANumber("number_grouping")
    if suffix and suffix[0] in ".,+-":
        raise NotANumber
    try:
        number = Decimal((whole or "0").replace(",", "") + (part or "") + (exponent or ""))
    except InvalidOperation as wrong:
        raise NotANumber from wrong
    return Written(-number if negative != (sign == "-") else number, suffix.strip("()"))


def _word_for(flat: str) -> str:
    return "number_in_words" if _IN_WORDS.fullmatch(flat) else "not_a_number"


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
    foreign = _FOREIGN.search(half_width(text[:_LONGEST]))
    if foreign:
        raise NotANumber("money_currency", currency=foreign[1])
    number, suffix = parse(text)
    if suffix:
        suffix = suffix.translate(_UNITS)
        own = _AMOUNTS.get(suffix) or _AMOUNTS.get(suffix.rstrip("整正"))
        if own is None:
            raise NotANumber
        factor = own
    return fen(number, factor)


def unit_unclear(text: str) -> bool:
    """Whether an amount names the currency and no unit: `5000人民币` may be yuan or the column's unit."""
    flat = half_width(text).upper()
    return any(mark in flat for mark in _OWN_CURRENCY) and not parse(text).suffix


def whole_of_text(text: str) -> Decimal:
    """A number with nothing but a counting word behind it. Raises NotANumber."""
    number, suffix = parse(text.strip().removeprefix("第"))
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
