"""What a place settles beside the policies: top-ups that follow their base, matching under 就高, shares of the levels."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies import schemes
from subsidies.rules.accounts import MOST
from subsidies.rules.arbiter import Arbitrated, Event, arbitrate
from subsidies.rules.local import Settled, base_of, is_top_up, settle, wrong
from subsidies.rules.schemes import Policy

VALID = schemes.valid_years()
TODAY = dt.date(2025, 12, 1)
HALF = Settled(1, "652701", "county", "CN-65-2023", "博政办〔2025〕1号", "三", dt.date(2023, 1, 1),
               base="A-13", share=Fraction(1, 2))  # fmt: skip
TITLE = Event("t", "recognition", "specialised", dt.date(2025, 3, 1), how="new")


def judged(settled: list[Settled], *events: Event, on: dt.date = TODAY) -> Arbitrated:
    policies = [p for p in settle(schemes.policies(), settled, on) if p.region in ("65", "6527", "652701")]
    return arbitrate(policies, events, on, VALID)


def due(answer: Arbitrated) -> dict[str, int | None]:
    return {d.scheme: d.amount for d in answer.due}


def refused(answer: Arbitrated) -> dict[str, str]:
    return {r.scheme: r.reason for r in answer.refused}


def test_a_top_up_is_paid_beside_its_base_by_its_own_level() -> None:
    answer = judged([HALF], TITLE)
    assert due(answer) == {"A-13": 25_000_000, "A-13+652701": 12_500_000}
    assert next(d.shares for d in answer.due if is_top_up(d.scheme)) == (("county", 12_500_000),)
    fixed = replace(HALF, share=None, fixed=7)
    assert due(judged([fixed], TITLE))["A-13+652701"] == 7


@pytest.mark.parametrize(
    ("settled", "event", "reason"),
    [
        (HALF, replace(TITLE, revoked_on=TODAY), "revoked"),
        (HALF, replace(TITLE, how="renewal"), "not_first"),
        (HALF, replace(TITLE, on=dt.date(2022, 12, 31)), "window"),
        (replace(HALF, since=dt.date(2025, 3, 2)), TITLE, "window"),
        (replace(HALF, until=dt.date(2025, 2, 28)), TITLE, "window"),
        (replace(HALF, ended=TODAY - dt.timedelta(1)), TITLE, "window"),
    ],
)
def test_a_top_up_has_its_own_reasons_first_then_those_of_its_base(
    settled: Settled, event: Event, reason: str
) -> None:
    assert refused(judged([settled], event))["A-13+652701"] == reason


@pytest.mark.parametrize("change", [{"since": TITLE.on}, {"until": TITLE.on}, {"ended": TODAY}])
def test_the_ends_of_its_days_count(change: dict[str, Any]) -> None:
    assert due(judged([replace(HALF, **change)], TITLE))["A-13+652701"] == 12_500_000


def test_what_its_base_refuses_it_refuses_for_the_same_reason() -> None:
    city = replace(HALF, policy="CN-4107-2022", place="410702", base="D-10")
    both = [TITLE, Event("g", "recognition", "little_giant", dt.date(2025, 7, 1), how="new")]
    policies = [p for p in settle(schemes.policies(), [city], TODAY) if p.region.startswith("4107")]
    found = refused(arbitrate(policies, both, TODAY, VALID))
    assert found["D-10"] == found["D-10+410702"] == "highest_only"
    other = [replace(TITLE, other_policy="other")]
    found = refused(arbitrate(policies, other, TODAY, VALID))
    assert found["D-10"] == found["D-10+410702"] == "same_matter"


def test_a_top_up_of_what_a_person_decides_waits_for_the_decision() -> None:
    talent = replace(HALF, base="A-21", share=Fraction(1, 3))
    event = Event("c", "claim", "talent_platform", dt.date(2025, 5, 1))
    assert due(judged([talent], event)) == {"A-21": None, "A-21+652701": None}
    assert due(judged([talent], replace(event, decided=100)))["A-21+652701"] == 33
    assert refused(judged([talent], replace(event, decided=1)))["A-21+652701"] == "out_of_range"
    assert refused(judged([talent], replace(event, decided=10**12)))["A-21+652701"] == "out_of_range"


def test_of_several_for_one_base_the_last_that_counts_is_judged_by_and_none_is_paid_twice() -> None:
    old = replace(HALF, ended=dt.date(2025, 6, 30))
    new = replace(HALF, number=2, share=Fraction(1, 5))
    assert due(judged([old, new], TITLE, on=dt.date(2025, 6, 30)))["A-13+652701"] == 5_000_000
    assert due(judged([new, old], TITLE))["A-13+652701"] == 5_000_000
    assert due(judged([old, replace(new, ended=dt.date(2025, 5, 1))], TITLE, on=dt.date(2025, 6, 1))) == {
        "A-13": 25_000_000,
        "A-13+652701": 12_500_000,
    }
    answer = judged([old, replace(new, ended=dt.date(2025, 7, 1))], TITLE)
    assert refused(answer)["A-13+652701"] == "window"
    assert len([r for r in answer.refused if is_top_up(r.scheme)]) == 1


@given(percent=st.integers(1, 100_000), decided=st.integers(1, 200_000_000))
def test_a_part_of_the_base_is_rounded_half_up_to_the_fen(percent: int, decided: int) -> None:
    share = Fraction(percent, 100_000)
    event = Event("c", "claim", "talent_platform", dt.date(2025, 5, 1), decided=decided)
    exact = decided * share
    found = due(judged([replace(HALF, base="A-21", share=share)], event)).get("A-21+652701", 0)
    assert found is not None and abs(found - exact) <= Fraction(1, 2)
    assert found - exact != Fraction(-1, 2)


def test_matching_takes_part_in_the_highest_only_from_the_day_it_is_settled() -> None:
    events = [
        Event("g", "recognition", "little_giant", dt.date(2025, 2, 1), how="new"),
        Event("e", "claim", "equipment", dt.date(2025, 10, 1), received=100_000_000, project="机床"),
    ]
    switch = Settled(
        1, "4107", "prefecture", "CN-4107-2022", "新财〔2025〕9号", "", dt.date(2025, 11, 1), in_highest=True
    )

    def at(day: dt.date, *settled: Settled) -> dict[str, int | None]:
        policies = [p for p in settle(schemes.policies(), settled, day) if p.region == "4107"]
        return due(arbitrate(policies, events, day, VALID))

    both = {"D-09": 50_000_000, "D-11": 25_000_000}
    assert at(dt.date(2025, 10, 31), switch) == both == at(dt.date(2025, 11, 1))
    assert at(dt.date(2025, 11, 1), switch) == {"D-09": 50_000_000}
    back = replace(switch, number=2, since=dt.date(2025, 12, 1), in_highest=False)
    assert at(dt.date(2025, 11, 30), switch, back) == {"D-09": 50_000_000}
    assert at(dt.date(2025, 12, 1), switch, back) == both
    assert at(dt.date(2025, 12, 1), replace(switch, ended=dt.date(2025, 11, 30))) == both


def test_the_shares_that_a_place_settles_split_every_award_of_its_policy_to_the_fen() -> None:
    parts = Settled(1, "4107", "prefecture", "CN-4107-2022", "新财〔2025〕10号", "", dt.date(2025, 1, 1),
                    parts=(("prefecture", 2), ("county", 1)))  # fmt: skip
    policies = [p for p in settle(schemes.policies(), [parts], TODAY) if p.region == "4107"]
    (answer,) = arbitrate(policies, [TITLE], TODAY, VALID).due
    assert answer.shares == (("prefecture", 20_000_000), ("county", 10_000_000))
    assert all(s.shares == parts.parts for s in policies[0].schemes)


def test_what_is_settled_elsewhere_or_later_changes_nothing() -> None:
    later = Settled(
        1, "4107", "prefecture", "CN-4107-2022", "x", "", TODAY + dt.timedelta(1), in_highest=True
    )
    assert settle(schemes.policies(), [later], TODAY) == list(schemes.policies())
    assert settle(schemes.policies(), [], TODAY) == list(schemes.policies())
    unknown = replace(HALF, base="Z-99")
    assert settle(schemes.policies(), [unknown], TODAY) == list(schemes.policies())


CITY = Settled(1, "4107", "prefecture", "CN-4107-2022", "新财〔2025〕9号", "", TODAY)


@pytest.mark.parametrize(
    ("settled", "code"),
    [
        (HALF, ""),
        (replace(HALF, share=Fraction(1)), ""),
        (replace(HALF, share=Fraction(101, 100)), "rule_share"),
        (replace(HALF, share=Fraction(0)), "rule_share"),
        (replace(HALF, share=None), "rule_amount"),
        (replace(HALF, share=None, fixed=0), "rule_amount"),
        (replace(HALF, share=None, fixed=1), ""),
        (replace(HALF, share=None, fixed=MOST), ""),
        (replace(HALF, share=None, fixed=MOST + 1), "rule_amount"),
        (replace(HALF, fixed=1), "rule_amount"),
        (replace(HALF, base="A-14"), "rule_base"),
        (replace(HALF, policy="CN-6527-2023", base="B-17"), "rule_base"),
        (replace(HALF, base="A-13+652701"), "rule_base"),
        (replace(HALF, place="65"), "rule_base"),
        (replace(HALF, policy="none"), "rule_policy"),
        (replace(HALF, document=""), "rule_document"),
        (replace(HALF, until=HALF.since), ""),
        (replace(HALF, until=HALF.since - dt.timedelta(1)), "rule_days"),
        (replace(CITY, in_highest=True), ""),
        (replace(CITY, in_highest=False), ""),
        (replace(CITY, in_highest=True, place="410702"), "rule_policy"),
        (replace(CITY, in_highest=True, policy="CN-65-2023", place="65"), "rule_highest"),
        (replace(CITY, parts=(("prefecture", 1), ("county", 1))), ""),
        (replace(CITY, parts=(("prefecture", 0),)), "rule_parts"),
        (replace(CITY, parts=(("region", 1), ("prefecture", 1))), "rule_parts"),
        (CITY, "rule_parts"),
    ],
)
def test_only_what_the_policies_leave_to_a_place_is_settled_there(settled: Settled, code: str) -> None:
    assert wrong(settled, schemes.policies()) == code


def test_the_code_of_a_top_up_leads_to_its_base() -> None:
    (policy,) = [
        p for p in settle(schemes.policies(), [HALF], TODAY) if isinstance(p, Policy) and is_top_up(p.id)
    ]
    (scheme,) = policy.schemes
    assert (scheme.code, base_of(scheme.code), base_of("A-13")) == ("A-13+652701", "A-13", "A-13")
    assert len(scheme.code) <= 12
