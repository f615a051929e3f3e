import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprises.rules.cells import CLEAR, Flawed, Place, converter
from enterprises.rules.fields import BY_CODE, FEN, FIELDS
from enterprises.rules.sheet import Broken, Month, Percent

TODAY = dt.date(2026, 11, 22)
REGIONS = {"博乐市": "65/6527/652701/", "652701": "65/6527/652701/", "新华区": None}


def read(code: str, raw: Any, unit: str = "万元", **place: Any) -> Any:
    return converter(BY_CODE[code], unit=unit, place=Place(REGIONS, TODAY, **place))(raw)


def flaw(code: str, raw: Any, **more: Any) -> tuple[str, str]:
    found = read(code, raw, **more)
    assert isinstance(found, Flawed), found
    return found.severity, found.code


@given(st.decimals(-(10**6), 10**6, places=4), st.sampled_from(sorted(FEN)))
def test_money_is_whole_fen_rounded_half_up_in_every_unit(amount: Decimal, unit: str) -> None:
    exact = amount * FEN[unit]
    expected = int(exact.to_integral_value(ROUND_HALF_UP))
    for raw in (f"{amount:,}", f"{amount}", f"{amount}{unit}"):
        found = read("net_profit", raw, unit=unit)
        value = found.value if isinstance(found, Flawed) else found
        assert value == expected
        assert isinstance(found, Flawed) == (exact != expected)


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(sorted(FEN)))
def test_a_cell_number_of_fifteen_digits_is_exact(fen: int, unit: str) -> None:
    amount = Decimal(fen) / FEN[unit]
    found = read("net_profit", float(amount), unit=unit)
    value = found.value if isinstance(found, Flawed) else found
    assert value == int((Decimal(f"{float(amount):.15g}") * FEN[unit]).to_integral_value(ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("raw", "fen"),
    [
        ("1,000.00", 1_000_000_000),
        ("１，０００．５", 1_000_500_000),
        ("1000.5万元", 1_000_500_000),
        ("1.2亿", 12_000_000_000),
        ("5000元", 500_000),
        ("12（万元）", 12_000_000),
        ("12万人民币元", 12_000_000),
        ("1E-06万人民币", 1),
        ("(3.5)", -3_500_000),
        ("-3.5", -3_500_000),
        ("−3.5", -3_500_000),
        (0.1 + 0.2, 300_000),
        (1e6, 10**12),
        ("", None),
        ("—", None),
        ("/", None),
        ("N/A", None),
        ("不详", None),
        ("无", None),
        ("-", None),
        ("清除", CLEAR),
    ],
)
def test_e_15_money_in_its_notations(raw: Any, fen: Any) -> None:
    assert read("net_profit", raw) == fen


@pytest.mark.parametrize(
    "raw", ["约5千万", "212..35", "abc", "1,00", "12美元", "5万美元", "1e999", True, "二十"]
)
def test_what_is_no_amount_is_an_error(raw: Any) -> None:
    assert flaw("revenue", raw)[0] == "error"


def test_money_finer_than_a_fen_is_rounded_with_a_warning() -> None:
    assert read("revenue", "0.0000005") == Flawed(1, "warning", "money_rounded", {"yuan": "0.01"})
    assert read("revenue", 1.23456789).severity == "warning"


def test_financing_and_counts_are_never_negative_other_money_only_seldom() -> None:
    assert flaw("equity_financing", -1.0) == ("error", "negative")
    assert flaw("employees", "-3") == ("error", "negative")
    assert flaw("main_revenue", -1.0) == ("warning", "negative_unusual")
    assert read("net_profit", -1.0) == -1_000_000


@pytest.mark.parametrize(
    ("raw", "points"),
    [("3.5%", "3.5"), (3.5, "3.5"), (Percent(0.035), "3.5"), ("３.５％", "3.5"), (Percent(0.1), "10")],
)
def test_percents_are_read_three_ways(raw: Any, points: str) -> None:
    assert read("segment_share", raw) == Decimal(points)


def test_a_percent_is_cut_and_never_rises_to_a_threshold() -> None:
    assert read("segment_share", "9.99999999999999") < 10
    assert flaw("segment_share", "101") == ("error", "number_range")


@pytest.mark.parametrize(
    "raw",
    [
        dt.date(2019, 7, 1), dt.datetime.fromisoformat("2019-07-01T08:30"), 43647.0, "43647", "2019-07-01", "2019/7/1", "2019.7.1",
        "2019年7月1日", "２０１９年７月１日", "20190701", 20190701.0, "2019-07-01 00:00:00", "2019 年 7 月 1 日", "2019。7。1",
    ],
)  # fmt: skip
def test_e_14_dates_in_every_costume(raw: Any) -> None:
    assert read("hnte_valid_until", raw) == dt.date(2019, 7, 1)


@pytest.mark.parametrize("raw", ["2019年7月", "2019-07", "2019.7", 2019.7, "201907", "2019/7"])
def test_year_and_month_are_enough_for_the_founding_alone(raw: Any) -> None:
    found = read("established_on", raw)
    assert found == dt.date(2019, 7, 1) and isinstance(found, Month)
    assert flaw("hnte_valid_until", raw) == ("error", "date_incomplete")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("2019", "date_incomplete"), ("2019-13-01", "date_impossible"), ("2019-02-30", "date_impossible"),
        ("去年", "date_unreadable"), ("1/7/2019", "date_order"), (2019.1, "date_ambiguous"),
        ("2027-01-01", "date_future"), ("1066-01-01", "date_range"),
    ],
)  # fmt: skip
def test_what_is_no_date_is_an_error(raw: Any, code: str) -> None:
    assert flaw("established_on", raw) == ("error", code)


def test_serials_of_1904_are_four_years_later() -> None:
    assert read("hnte_valid_until", 42185.0, date1904=True) == dt.date(2019, 7, 1)


@pytest.mark.parametrize("raw", ["是", "有", "√", "Y", "y", "1", 1.0, True, "Ｙ"])
def test_words_for_yes(raw: Any) -> None:
    assert read("own_brand", raw) is True


@pytest.mark.parametrize("raw", ["否", "无", "N", "0", 0.0, False, "×"])
def test_words_for_no(raw: Any) -> None:
    assert read("own_brand", raw) is False


def test_a_yes_no_that_is_neither_is_an_error() -> None:
    assert flaw("own_brand", "可能") == ("error", "yes_no_unreadable")


@pytest.mark.parametrize(
    ("code", "raw", "value"),
    [
        ("product_field", "补短板、锻长板、填空白", "gap_closing"), ("product_field", "六基", "six_foundations"),
        ("product_field", "无", None), ("rd_institution_level", "无", "none"), ("rd_institution_level", "省级", "provincial"),
        ("rd_institution_level", "—", None), ("digital_level", "三级", 3), ("digital_level", 3.0, 3),
        ("maker_china_band", "50", 50), ("maker_china_band", "500强", 500),
    ],
)  # fmt: skip
def test_choices_by_their_chinese_words(code: str, raw: Any, value: Any) -> None:
    assert read(code, raw) == value


def test_a_choice_outside_the_list_is_an_error_that_names_the_list() -> None:
    assert flaw("digital_level", "五级") == ("error", "choice_unknown")


@pytest.mark.parametrize(
    ("raw", "more", "value"),
    [
        ("C3511", {}, "C3511"), ("3511", {}, "C3511"), (3511.0, {}, "C3511"), ("c35", {}, "C35"), ("01", {}, "A01"),
        ("C1711 棉纺纱加工", {}, "C1711"), ("C131", {}, "C131"), ("351", {}, "C351"), ("131", {}, "C131"),
    ],
)  # fmt: skip
def test_industry_codes_get_their_letter(raw: Any, more: dict, value: str) -> None:
    assert read("industry_code", raw, **more) == value


@pytest.mark.parametrize(
    ("raw", "more", "value"),
    [
        (111.0, {}, "A0111"), ("111", {"text_only": True}, "A0111"), ("A111", {}, "A0111"), ("610", {}, "B0610"),
        (1.0, {}, "A01"),
    ],
)  # fmt: skip
def test_e_14_a_lost_leading_zero_is_put_back_with_a_warning(raw: Any, more: dict, value: str) -> None:
    found = read("industry_code", raw, **more)
    assert (found.value, found.severity, found.code) == (value, "warning", "industry_zero_restored")


@pytest.mark.parametrize("raw", ["制造业", "A3511", "99", "00", "123456", "C"])
def test_what_is_no_industry_code_is_an_error(raw: str) -> None:
    assert flaw("industry_code", raw) == ("error", "industry_unreadable")


def test_regions_resolve_by_name_or_code_within_the_importers_own_area() -> None:
    assert read("region", "博乐市") == read("region", 652701.0) == "65/6527/652701/"
    assert flaw("region", "精河县") == ("error", "region_outside")
    assert flaw("region", "新华区") == ("error", "region_ambiguous")


def test_a_formula_without_a_value_and_an_error_value_fail() -> None:
    assert flaw("revenue", Broken("")) == ("error", "formula_without_value")
    assert flaw("revenue", Broken("#DIV/0!")) == ("error", "cell_error")


def test_names_keep_what_is_visible_and_lose_what_is_not() -> None:
    assert read("name", " 博乐\u200b市<甲>（中国）\x0b公司\n") == "博乐市<甲>（中国）公司"
    assert flaw("name", "甲" * 121) == ("error", "text_too_long")
    assert flaw("name", "—") == ("error", "name_missing")
    assert flaw("name", "清除") == ("error", "clear_refused")
    assert read("contact_phone", 13812345678.0) == "13812345678"
    assert read("park", "无") == "无"


@given(
    st.sampled_from(FIELDS), st.text(max_size=80) | st.floats() | st.booleans() | st.dates() | st.integers()
)
def test_any_cell_gets_an_answer(field: Any, raw: Any) -> None:
    read(field.code, raw)


@pytest.mark.parametrize("text", ["9" * 100_000, "(" * 100_000, "1," * 50_000, " " * 100_000, "年" * 100_000])
def test_hostile_strings_are_answered_at_once(text: str) -> None:
    for field in FIELDS:
        read(field.code, text)
