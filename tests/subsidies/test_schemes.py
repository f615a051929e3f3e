"""The five policies as data, and the arbiter on both sides of every boundary."""

from __future__ import annotations

import copy
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from subsidies import schemes
from subsidies.rules.arbiter import Event, arbitrate, half_up, split
from subsidies.rules.schemes import SchemeError, fen, load

#: the rows of the five policies that are about money
ROWS = [
    "A-10",
    "A-11",
    "A-12",
    "A-13",
    "A-14",
    "A-21",
    "A-22",
    "A-38",
    "A-40",
    "A-51",
    "A-54",
    "A-56",
    "A-57",
    "B-14",
    "B-15",
    "B-16",
    "B-17",
    "B-18",
    "B-19",
    "B-27",
    "B-42",
    "B-46",
    "B-61",
    "C-15",
    "C-25",
    "C-36",
    "C-37",
    "C-38",
    "C-39",
    "C-41",
    "C-42",
    "C-44",
    "C-45",
    "C-46",
    "C-47",
    "D-09",
    "D-10",
    "D-11",
    "D-25",
    "D-34",
    "D-35",
    "D-38",
    "E-26",
    "E-44",
    "E-45",
]
VALID = schemes.valid_years()
BY_REGION = {policy.region: policy for policy in schemes.policies()}
REGION, PREFECTURE, DISTRICT, CITY = (BY_REGION[c] for c in ("65", "6527", "650105", "4107"))


def recognised(title: str, on: date, id: str = "e1", how: str = "new", **more: Any) -> Event:
    return Event(id, "recognition", title, on, how, **more)


def claim(title: str, on: date, id: str = "c1", **more: Any) -> Event:
    return Event(id, "claim", title, on, **more)


def said(policy: Any, events: list[Event], on: date = date(2025, 6, 30)) -> dict[tuple[str, str], Any]:
    """(event, scheme) → the amount, or the reason."""
    answer = arbitrate([policy], events, on, VALID)
    return {(d.event, d.scheme): d.amount for d in answer.due} | {
        (r.event, r.scheme): r.reason for r in answer.refused
    }


def test_every_row_about_money_stands_in_one_policy() -> None:
    found = [s.code for p in schemes.policies() for s in p.schemes]
    found += [code for p in schemes.policies() for code in p.without_money]
    assert sorted(found) == sorted(ROWS)


def test_every_title_of_a_scheme_has_its_validity() -> None:
    assert {s.event for p in schemes.policies() for s in p.schemes if s.kind == "recognition"} <= set(VALID)


@pytest.mark.parametrize(
    ("day", "answer"),
    [
        (date(2022, 12, 31), "window"),
        (date(2023, 1, 1), 25_000_000),
        (date(2025, 12, 31), 25_000_000),
        (date(2026, 1, 1), "window"),
    ],
)
def test_the_window_holds_its_first_and_last_day(day: date, answer: Any) -> None:
    assert said(REGION, [recognised("specialised", day)], max(day, date(2025, 1, 1)))["e1", "A-13"] == answer


def test_the_regions_money_is_paid_later_and_the_citys_only_while_in_force() -> None:
    event = recognised("specialised", date(2025, 12, 1))
    assert said(REGION, [event], date(2026, 6, 1))["e1", "A-13"] == 25_000_000
    assert said(CITY, [event], date(2025, 12, 31))["e1", "D-10"] == 30_000_000
    assert said(CITY, [event], date(2026, 1, 1))["e1", "D-10"] == "window"


def test_a_renewal_is_no_first_recognition_but_for_the_scheme_that_pays_for_it() -> None:
    events = [recognised("hnte", date(2017, 5, 1)), recognised("hnte", date(2020, 5, 1), "e2", "renewal")]
    assert said(DISTRICT, events, date(2020, 6, 1)) == {
        ("e1", "C-37"): 20_000_000,
        ("e2", "C-37"): "not_first",
        ("e1", "C-38"): "not_first",
        ("e2", "C-38"): 5_000_000,
    }


def test_a_title_is_paid_for_once_and_the_earliest_counts_also_outside_the_window() -> None:
    events = [
        recognised("specialised", date(2022, 5, 1)),
        recognised("specialised", date(2024, 5, 1), "e2"),
        recognised("specialised", date(2025, 5, 1), "e3"),
    ]
    assert [said(REGION, events)[e, "A-13"] for e in ("e1", "e2", "e3")] == [
        "window",
        "once_per_title",
        "once_per_title",
    ]


@pytest.mark.parametrize(
    ("revoked", "on", "answer"),
    [
        (None, date(2026, 5, 1), 25_000_000),  # the last day of three years
        (None, date(2026, 5, 2), "expired"),
        (date(2025, 6, 30), date(2025, 6, 29), 25_000_000),
        (date(2025, 6, 30), date(2025, 6, 30), "revoked"),
    ],
)
def test_a_title_that_has_lapsed_or_was_revoked_is_not_paid_for(
    revoked: date | None, on: date, answer: Any
) -> None:
    event = recognised("specialised", date(2023, 5, 1), revoked_on=revoked)
    assert said(REGION, [event], on)["e1", "A-13"] == answer


def test_a_renewal_keeps_the_title_alive() -> None:
    events = [
        recognised("specialised", date(2023, 5, 1)),
        recognised("specialised", date(2026, 4, 1), "e2", "renewal"),
    ]
    assert said(REGION, events, date(2026, 6, 1))["e1", "A-13"] == 25_000_000


@pytest.mark.parametrize(
    ("decided", "answer"),
    [(None, None), (49_999_999_99 // 100, "out_of_range"), (50_000_000, 50_000_000),
     (100_000_000, 100_000_000), (100_000_001, "out_of_range")],
)  # fmt: skip
def test_what_a_person_decides_lies_within_its_bounds(decided: int | None, answer: Any) -> None:
    events = [
        recognised("specialised", date(2023, 5, 1)),
        claim("ipo_filing", date(2024, 5, 1), decided=decided),
    ]
    assert said(REGION, events)["c1", "A-56"] == answer


def test_a_listing_subsidy_needs_the_title_on_the_day_of_the_event() -> None:
    title = recognised("specialised", date(2024, 5, 2))
    for day, answer in ((date(2024, 5, 1), "no_title"), (date(2024, 5, 2), 60_000_000)):
        assert said(REGION, [title, claim("ipo_filing", day, decided=60_000_000)])["c1", "A-56"] == answer


def test_what_the_prefecture_repeats_is_not_paid_twice() -> None:
    event = recognised("little_giant", date(2024, 5, 1))
    assert said(PREFECTURE, [event]) == {("e1", "B-16"): "repeats_region"}
    answer = arbitrate([REGION, PREFECTURE], [event], date(2025, 1, 1), VALID)
    assert [(d.scheme, d.amount) for d in answer.due] == [("A-12", 100_000_000)]


def test_of_a_years_awards_the_highest_alone_and_the_matching_stands_beside() -> None:
    events = [
        recognised("specialised", date(2024, 2, 1)),
        recognised("little_giant", date(2024, 9, 1), "e2"),
        recognised("platform_provincial", date(2025, 3, 1), "e3"),
        claim("prize", date(2024, 5, 1), prize="1"),
        claim("equipment", date(2024, 10, 1), "c2", received=100_01),
    ]
    found = said(CITY, events)
    assert found == {
        ("e1", "D-10"): "highest_only",
        ("e2", "D-09"): 50_000_000,
        ("e3", "D-35"): 20_000_000,
        ("c1", "D-38"): "highest_only",
        ("c2", "D-11"): 25_00,
    }


def test_a_matter_chosen_under_another_policy_drops_out_before_the_comparison() -> None:
    events = [
        recognised("specialised", date(2024, 2, 1)),
        recognised("little_giant", date(2024, 9, 1), "e2", other_policy="other"),
    ]
    assert said(CITY, events) == {("e1", "D-10"): 30_000_000, ("e2", "D-09"): "same_matter"}


def test_laboratories_are_paid_once_for_a_project_and_prizes_once_a_year() -> None:
    labs = [
        claim("national_lab", date(2018, n, 1), f"l{n}", project=p)
        for n, p in ((1, "甲"), (2, "乙"), (3, "甲"))
    ]
    assert list(said(DISTRICT, labs, date(2019, 1, 1)).values()) == [20_000_000, 20_000_000, "once_per_title"]
    prizes = [
        claim("prize", date(2023, 5, 1), "p1", prize="3"),
        claim("prize", date(2023, 6, 1), "p2", prize="1"),
        claim("prize", date(2024, 5, 1), "p3", prize="2"),
    ]
    assert said(CITY, prizes) == {
        ("p1", "D-38"): 5_000_000,
        ("p2", "D-38"): "once_per_title",
        ("p3", "D-38"): 10_000_000,
    }


def test_what_lies_behind_the_day_is_not_looked_at() -> None:
    assert said(REGION, [recognised("specialised", date(2025, 7, 1))], date(2025, 6, 30)) == {}


@given(st.integers(1, 10**12), st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_shares_add_up_to_the_fen_and_are_their_part_rounded_down_or_one_more(
    amount: int, parts: list[int]
) -> None:
    shares = [(f"l{n}", part) for n, part in enumerate(parts)]
    found = split(amount, shares)
    assert sum(fen_ for _level, fen_ in found) == amount
    for (_level, given_), part in zip(found, parts, strict=True):
        assert given_ - amount * part // sum(parts) in (0, 1)


def test_a_hundred_fen_for_three_counties() -> None:
    assert [n for _level, n in split(100, [("a", 1), ("b", 1), ("c", 1)])] == [34, 33, 33]


def test_a_half_fen_goes_up_and_a_leap_day_ends_on_the_28th() -> None:
    assert [half_up(Fraction(n, 4)) for n in (1, 2, 3, 5, 6)] == [0, 1, 1, 1, 2]
    title = recognised("specialised", date(2024, 2, 29))
    for day, answer in ((date(2027, 2, 28), 25_000_000), (date(2027, 3, 1), "expired")):
        assert said(REGION, [title], day)["e1", "A-13"] == answer


def test_an_amount_carries_its_unit() -> None:
    assert (fen("50 万元"), fen("0.01元"), fen("1.5 亿元")) == (50_000_000, 1, 15_000_000_000)
    for text in ("50", "0.001 元", "五十万元", "-1 元", ""):
        with pytest.raises(SchemeError):
            fen(text)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schemes", 0, "event"), {"recognition": "giant", "how": "new"}),
        (("schemes", 0, "event"), {"recognition": "specialised"}),
        (("schemes", 0, "once"), "twice"),
        (("schemes", 0, "amount"), {"fixed": 500000}),
        (("schemes", 0, "amount"), {"fixed": "0 元"}),
        (("schemes", 0, "amount"), {"of_received": "0%"}),
        (("schemes", 0, "amount"), {"prizes": {}}),
        (("schemes", 0, "window"), {"from": date(2025, 1, 2), "until": date(2025, 1, 1)}),
        (("in_force", "until"), date(2022, 12, 31)),
        (("schemes", 0, "amount"), {"between": ["2 元", "1 元"]}),
        (("schemes", 0, "amount"), {"formula": "1+1"}),
        (("schemes", 0, "shares"), {"county": 0}),
        (("schemes", 0, "shares"), {}),
        (("schemes", 1, "code"), "A-11"),
        (("pays",), "never"),
        (("stacking",), {}),
        (("more",), 1),
    ],
)
def test_a_policy_that_says_something_else_is_refused(path: tuple[Any, ...], value: Any) -> None:
    data = yaml.safe_load((schemes.FOLDER / "xinjiang-2023.yaml").read_text(encoding="utf-8"))
    wrong = copy.deepcopy(data)
    place = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    load(data)
    with pytest.raises(SchemeError):
        load(wrong)
