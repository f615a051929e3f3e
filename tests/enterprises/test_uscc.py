import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric
from stdnum.cn import uscc as gb32100

from enterprises.rules import uscc
from enterprises.rules.problems import masked

VALID = [
    "914403001922038216",
    "9144030071526726XG",
    "91110000600037341L",
    "91652701L9ENYBC55H",
    "91652702UDMWB8TG2B",
    "91652722BCPPCHCU63",
    "91652723PB5WD9HY26",
    "91650105YW9BWWNB9P",
    "91410781HBU6EKPE92",
    "91540102UDWKU50F2E",
]
LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("code", VALID)
def test_l_01_valid_codes_are_accepted(code: str) -> None:
    assert uscc.check(code) == (code, None, "")


@pytest.mark.parametrize(
    "typed",
    [
        "９１652701L9ENYBC55H",
        "91652701l9enybc55h",
        "91652701-L9ENYBC55H",
        " 9165 2701\u3000L9EN\u200bYBC55H\u00a0",
        "'91652701L9ENYBC55H",
    ],
)
def test_e_17_l_03_spelling_is_mended_and_stored_as_ascii(typed: str) -> None:
    assert uscc.check(typed).value == "91652701L9ENYBC55H"
    assert uscc.check(typed).severity is None


def test_a_failing_check_digit_is_only_a_warning() -> None:
    assert uscc.check("91652701L9ENYBC55J") == ("91652701L9ENYBC55J", "warning", "uscc_check_digit")


def test_a_fifteen_digit_legacy_number_is_only_a_warning_also_when_it_is_a_number() -> None:
    assert uscc.check("652701050001234") == ("652701050001234", "warning", "uscc_legacy")
    assert uscc.check(652701050001234.0) == ("652701050001234", "warning", "uscc_legacy")


@pytest.mark.parametrize("typed", ["9.13E+17", "9.1652E17", 9.13e17, 914403001922038216.0, "９.13E＋17"])
def test_e_14_a_code_ruined_by_excel_is_an_error(typed: object) -> None:
    assert uscc.check(typed) == ("", "error", "uscc_scientific")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("9165270", "uscc_length"),
        ("91652701L9ENYBC55", "uscc_length"),
        ("91652701L9ENYBC55I", "uscc_characters"),
        ("9165270AL9ENYBC55H", "uscc_characters"),
        ("", "uscc_missing"),
        (True, "uscc_length"),
    ],
)
def test_what_is_no_code_is_an_error(typed: object, code: str) -> None:
    assert uscc.check(typed) == ("", "error", code)


@pytest.mark.parametrize("number", ["11010519491231002X", "11010519491231002x", "１１0105194912310021"])
def test_e_19_a_personal_number_is_refused_even_mistyped(number: str) -> None:
    assert uscc.check(number) == ("", "error", "uscc_personal_id")


@given(
    st.sampled_from(["110105", "652701", "410702", "511123"]),
    st.dates(
        min_value=__import__("datetime").date(1930, 1, 1), max_value=__import__("datetime").date(2010, 1, 1)
    ),
    st.integers(1, 999),
)
def test_e_19_every_personal_number_is_refused_and_masked(place: str, born: object, sequence: int) -> None:
    number = f"{place}{born:%Y%m%d}{sequence:03}0"
    number = number[:17] + ric.calc_check_digit(number)
    assert uscc.check(number).code == "uscc_personal_id"
    assert number[:14] not in masked(f"代码 {number}。") and masked(number).endswith(number[14:])


@given(
    st.text(LETTERS, min_size=9, max_size=9),
    st.sampled_from(["91652701", "91410702", "93540102", "92650105"]),
)
def test_every_computed_check_digit_is_accepted_and_every_other_warned_of(subject: str, front: str) -> None:
    digit = gb32100.calc_check_digit(front + subject)
    assert uscc.check(front + subject + digit).severity is None
    for other in LETTERS:
        if other != digit:
            assert uscc.check(front + subject + other).severity in ("warning", "error")


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text: str) -> None:
    found = uscc.check(text)
    assert (found.severity == "error") == (found.value == "")
