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


@pytest.mark.parametrize(
    ("raw", "fen"),
    [
        ("5000(万元)", 5_000_000_000), ("5000（万元）", 5_000_000_000), ("5000万人民币元", 5_000_000_000), ("5000万元人民币", 5_000_000_000),
        ("人民币5000万元", 5_000_000_000), ("人民币：5000万元", 5_000_000_000), ("RMB5000万", 5_000_000_000), ("5000.00万元整", 5_000_000_000),
        ("1,000.00万元人民币", 1_000_000_000), ("5000000.00人民币元", 500_000_000), ("5000圆", 500_000), ("5000萬元", 5_000_000_000), ("5仟元", 500_000),
        ("1.5E+03万元", 1_500_000_000), ("0.5亿元", 5_000_000_000), ("5 000.00", 5_000_000_000), ("5000 元人民币", 500_000), ("n/a", None), ("——", None),
    ],
)  # fmt: skip
def test_e_15_more_notations_of_an_amount(raw: str, fen: int | None) -> None:
    assert read("revenue", raw) == fen


@pytest.mark.parametrize(
    ("raw", "currency"),
    [
        ("5000万美元", "美元"), ("5000万日元", "日元"), ("5000(万美元)", "美元"), ("US$5000", "US$"), ("$5000", "$"), ("USD5000", "USD"), ("5000万港币", "港币"),
        ("5000万円", "円"), ("5000万新加坡元", "新加坡元"), ("5000万瑞典克朗", "瑞典克朗"), ("5000万泰铢", "泰铢"), ("5000万坚戈", "坚戈"), ("€5000", "€"),
    ],
)  # fmt: skip
def test_e_15_a_foreign_currency_is_an_error_that_names_it(raw: str, currency: str) -> None:
    assert read("revenue", raw) == Flawed(None, "error", "money_currency", {"currency": currency})


@pytest.mark.parametrize("raw", ["¥12", "5000人民币", "5000(CNY)", "￥5,000.00"])
def test_e_15_a_currency_without_a_unit_is_never_silently_the_columns(raw: str) -> None:
    found = read("net_profit", raw)
    assert (found.severity, found.code, found.params) == ("warning", "money_unit_unclear", {"unit": "万元"})
    assert not isinstance(read("net_profit", raw, unit="元"), Flawed)


@pytest.mark.parametrize("raw", ["壹仟万元整", "伍佰万元整", "五千万", "一百二十三", "人民币壹仟万元整"])
def test_e_15_an_amount_in_words_is_an_error_of_its_own(raw: str) -> None:
    assert flaw("revenue", raw) == ("error", "number_in_words")


@pytest.mark.parametrize(
    ("code", "raw"), [("revenue", "5000①"), ("employees", "12²"), ("segment_share", "3½"), ("employees", "③")]
)
def test_a_mark_at_a_number_is_no_digit_of_it(code: str, raw: str) -> None:
    assert flaw(code, raw) == ("error", "not_a_number")


@pytest.mark.parametrize(
    "raw",
    [
        "2019年7月1日星期一",
        "二〇一九年七月一日",
        "2019、7、1",
        "2019·7·1",
        "2019—7—1",
        "2019 7 1",
        "2019_07_01",
        "2019-07-01T00:00:00",
        "2019\\7\\1",
    ],
)
def test_e_14_more_costumes_of_a_date(raw: str) -> None:
    assert read("hnte_valid_until", raw) == dt.date(2019, 7, 1)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("13/7/2019", "date_order"),
        ("1-7-19", "date_order"),
        ("20197", "date_unreadable"),
        (20197.0, "date_unreadable"),
        ("二〇一九年十三月一日", "date_impossible"),
    ],
)
def test_e_14_what_could_be_two_dates_is_none(raw: Any, code: str) -> None:
    assert flaw("hnte_valid_until", raw) == ("error", code)


@pytest.mark.parametrize(
    "raw",
    [12345.0, "2019-07-01", dt.date(2019, 7, 1), True, Percent(0.5), "91652701L9ENYBC55H", "=1+1", "#N/A"],
)
def test_l_08_what_can_be_no_name_is_an_error(raw: Any) -> None:
    assert flaw("name", raw)[0] == "error"


@pytest.mark.parametrize(
    "raw",
    [
        "**************1234",
        "**************123X",
        "**************123x",
        "＊＊＊＊＊＊＊＊＊＊＊＊＊＊1234",
        "110105********002X",
    ],
)
def test_e_19_a_masked_personal_number_is_one_still(raw: str) -> None:
    assert flaw("uscc", raw) == ("error", "uscc_personal_id")


@given(st.text(st.characters(categories=["Nd", "No", "Nl"]), min_size=1, max_size=18))
def test_digits_of_every_script_get_an_answer(text: str) -> None:
    for field in FIELDS:
        found = read(field.code, text)
        if field.kind == "code" and isinstance(found, str):
            assert found.isascii()
