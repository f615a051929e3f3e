"""What a voucher's programme may say, and what a redemption pays: never beyond share, face value or year."""

from __future__ import annotations

import copy
import datetime as dt
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies import schemes
from subsidies.rules import vouchers as rules
from subsidies.rules.schemes import SchemeError

from .desk import TODAY
from .office import WAN

FILE = schemes.read_terms("vouchers.yaml")


@given(
    st.integers(1, 10**12), st.fractions(Fraction(1, 100), 1), st.integers(-5, 10**9), st.integers(-5, 10**9)
)
def test_a_redemption_never_pays_more_than_its_share_the_face_value_or_the_year(
    price: int, share: Fraction, face_left: int, cap_left: int
) -> None:
    paid = rules.pays(price, share, face_left, cap_left)
    assert 0 <= paid <= max(0, min(face_left, cap_left))
    assert abs(paid - price * share) <= Fraction(1, 2) or paid in (0, face_left, cap_left)
    assert paid <= price * share + Fraction(1, 2) and paid <= price


@given(st.lists(st.integers(1, 10**8), max_size=12), st.integers(1, 10**8), st.integers(1, 10**8))
def test_whatever_is_asked_the_sums_stay_within_face_value_and_year(
    prices: list[int], face: int, cap: int
) -> None:
    taken = 0
    for price in prices:
        taken += rules.pays(price, Fraction(1, 2), face - taken, cap - taken)
    assert taken <= min(face, cap)
    whole = sum(rules.pays(price, Fraction(1, 2), 10**18, 10**18) for price in prices)
    assert taken == min(face, cap, whole)


@pytest.mark.parametrize(
    ("issued", "months", "last"),
    [
        (dt.date(2026, 11, 27), 12, dt.date(2027, 11, 27)),
        (dt.date(2024, 2, 29), 12, dt.date(2025, 2, 28)),
        (dt.date(2026, 8, 31), 6, dt.date(2027, 2, 28)),
        (dt.date(2026, 12, 1), 1, dt.date(2027, 1, 1)),
    ],
)
def test_the_last_day_is_the_same_day_so_many_months_later(
    issued: dt.date, months: int, last: dt.date
) -> None:
    assert rules.last_day(issued, months) == last


def test_the_file_says_what_is_inferred_and_where_it_comes_from() -> None:
    (terms,) = rules.load(FILE)
    assert terms.faces == (WAN, 2 * WAN, 5 * WAN) and terms.share == Fraction(1, 2)
    assert terms.cap == 10 * WAN and "推断" in terms.certainty and terms.scheme == "A-14"
    younger = copy.deepcopy(FILE) + [FILE[0] | {"from": dt.date(2027, 1, 1), "share": "40%"}]
    found = rules.load(younger)
    assert rules.in_force(found, "65", TODAY).share == Fraction(1, 2)
    assert rules.in_force(found, "65", dt.date(2027, 1, 1)).share == Fraction(2, 5)
    for region, on in (("54", TODAY), ("65", dt.date(2022, 12, 31))):
        with pytest.raises(LookupError):
            rules.in_force(found, region, on)


@pytest.mark.parametrize(
    "wrong",
    [{"share": "101%"}, {"share": "0%"}, {"share": "half"}, {"face_values": []}, {"face_values": ["11 万元"]},
     {"yearly_cap": "10"}, {"months": 0}, {"priority": ["giant"]}],
)  # fmt: skip
def test_terms_that_say_something_else_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SchemeError):
        rules.load([FILE[0] | wrong])


def test_the_order_of_priority_is_that_of_the_file_and_others_come_last() -> None:
    priority = ("specialised", "little_giant")
    found = [
        rules.rank(t, priority) for t in ({"specialised", "little_giant"}, {"little_giant"}, {"hnte"}, ())
    ]
    assert found == [0, 1, 2, 2]
