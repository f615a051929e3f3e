"""What can be claimed by the schemes of a place, and what a claim has to say."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from subsidies import schemes
from subsidies.rules.claims import MOST_FILES, Matter, Said, matters, wrong

TODAY = dt.date(2025, 6, 1)
BY_REGION = {policy.region: policy for policy in schemes.policies()}


def of(region: str, code: str, day: dt.date = TODAY) -> Matter:
    (found,) = [m for m in matters([BY_REGION[region]], day) if m.code == code]
    return found


@pytest.mark.parametrize(
    ("region", "day", "codes"),
    [
        ("65", dt.date(2022, 12, 31), []),
        ("65", dt.date(2023, 1, 1), ["board", "ipo_filing", "ipo_application", "talent_platform", "talent_institute"]),
        ("65", dt.date(2030, 1, 1), ["board", "ipo_filing", "ipo_application", "talent_platform", "talent_institute"]),
        ("4107", dt.date(2022, 1, 27), []),
        ("4107", dt.date(2022, 1, 28), ["prize", "equipment"]),
        ("4107", dt.date(2025, 12, 31), ["prize", "equipment"]),
        ("4107", dt.date(2026, 1, 1), []),
        ("650105", dt.date(2020, 12, 31), ["national_lab"]),
        ("650105", dt.date(2021, 1, 1), []),
        ("6527", TODAY, []),
        ("54", TODAY, []),
    ],
)  # fmt: skip
def test_a_matter_can_be_claimed_while_its_policy_may_pay(
    region: str, day: dt.date, codes: list[str]
) -> None:
    assert [m.code for m in matters([BY_REGION[region]], day)] == codes


def test_a_matter_asks_for_what_its_schemes_count_with() -> None:
    board, equipment, prize = of("65", "board"), of("4107", "equipment"), of("4107", "prize")
    lab = of("650105", "national_lab", dt.date(2019, 1, 1))
    assert [m.asks_project for m in (board, equipment, prize, lab)] == [False, True, False, True]
    assert [m.asks_received for m in (board, equipment, prize, lab)] == [False, True, False, False]
    assert prize.prizes == ("1", "2", "3") and board.prizes == ()


def test_two_policies_that_pay_for_one_matter_are_one_matter() -> None:
    policy = BY_REGION["65"]
    (found,) = [m for m in matters([policy, replace(policy, id="other")], TODAY) if m.code == "board"]
    assert len(found.schemes) == 2


@pytest.mark.parametrize(
    ("region", "said", "files", "code"),
    [
        ("65", Said("board", TODAY), 1, ""),
        ("65", Said("board", TODAY), MOST_FILES, ""),
        ("65", Said("board", TODAY), MOST_FILES + 1, "claim_files"),
        ("65", Said("board", TODAY), 0, "claim_files"),
        ("65", Said("board", TODAY + dt.timedelta(1)), 1, "claim_on"),
        ("65", Said("board", TODAY, project="甲"), 1, "claim_project"),
        ("65", Said("board", TODAY, prize="1"), 1, "claim_prize"),
        ("65", Said("board", TODAY, received=Decimal(1)), 1, "claim_received"),
        ("65", Said("talent_platform", TODAY, project="平台"), 1, ""),
        ("65", Said("talent_platform", TODAY), 1, "claim_project"),
        ("4107", Said("prize", TODAY, prize="3"), 1, ""),
        ("4107", Said("prize", TODAY, prize="4"), 1, "claim_prize"),
        ("4107", Said("prize", TODAY), 1, "claim_prize"),
        ("4107", Said("equipment", TODAY, "机床", received=Decimal("0.01")), 1, ""),
        ("4107", Said("equipment", TODAY, "机床", received=Decimal(0)), 1, "claim_received"),
        ("4107", Said("equipment", TODAY, "机床", received=Decimal(-1)), 1, "claim_received"),
        ("4107", Said("equipment", TODAY, "机床", received=Decimal("1e11")), 1, "claim_received"),
        ("4107", Said("equipment", TODAY, "机床"), 1, "claim_received"),
    ],
)
def test_a_claim_says_all_that_its_matter_asks_and_nothing_else(
    region: str, said: Said, files: int, code: str
) -> None:
    assert wrong(said, of(region, said.matter), TODAY, files) == code


def test_a_matter_that_nobody_pays_for_is_refused() -> None:
    assert wrong(Said("board", TODAY), None, TODAY, 1) == "claim_matter"
