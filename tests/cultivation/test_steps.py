from __future__ import annotations

from datetime import date

from hypothesis import given, settings

from cultivation.rules.judge import PASS, judge
from cultivation.rules.steps import gaps, shortest

from .test_judge import EDITION, GOLDEN, ON, enterprises, typed

# the enterprise of the reference picture: 60 of 100 points, innovation 15 of at least 20
SILICON = typed(
    GOLDEN["base"]
    | {
        "revenue": 4862.30,
        "rd_expense": 128.36,
        "ip1_self_developed": 0,
        "ip1": 0,
        "total_liabilities": None,
        "main_revenue": 3987.09,
        "main_revenue[Y-1]": 3566.27,
        "equity_financing": 200,
        "hnte_valid_until": date(2026, 8, 31),
    }
)


def test_the_next_band_is_named_in_money_to_the_fen():
    judgement = judge(EDITION, SILICON, ON)
    nearest = gaps(EDITION, SILICON, judgement)["I2"][0]
    assert (nearest.fact, nearest.change, nearest.points) == ("rd_expense", 17_509_000, 15)


def test_an_open_indicator_has_no_distance():
    assert gaps(EDITION, SILICON, judge(EDITION, SILICON, ON))["I4"] == []


def test_the_shortest_ways_each_lead_to_a_pass_alone():
    judgement = judge(EDITION, SILICON, ON)
    found = shortest(EDITION, SILICON, ON, judgement)
    assert [(step.code, step.fact) for step in found] == [
        ("I1", "ip1"),
        ("I2", "rd_expense"),
        ("D2", "hnte_valid_until"),
        ("D4", "equity_financing"),
    ]
    for step in found:
        assert judge(EDITION, SILICON | {step.fact: step.value}, ON).outcome == PASS


def test_a_passing_enterprise_needs_no_step():
    facts = typed(GOLDEN["base"])
    assert shortest(EDITION, facts, ON, judge(EDITION, facts, ON)) == []


@settings(max_examples=100, deadline=None)
@given(enterprises())
def test_a_gap_reaches_its_band_exactly_and_not_one_fen_earlier(facts):
    judgement = judge(EDITION, facts, ON)
    for code, nearest in gaps(EDITION, facts, judgement).items():
        for gap in nearest:
            if code not in ("I2", "I6"):
                continue
            assert judge(EDITION, facts | {gap.fact: gap.value}, ON).answer(code).points >= gap.points
            assert judge(EDITION, facts | {gap.fact: gap.value - 1}, ON).answer(code).points < gap.points
