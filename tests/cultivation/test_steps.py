from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation
from hypothesis import given, settings

from cultivation import editions
from cultivation.rules.judge import PASS, judge
from cultivation.rules.steps import gaps, shortest
from cultivation.wording.conclusions import step_sentence

from .test_judge import EDITION, GOLDEN, ON, OTHERS, enterprises, typed

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


def _spoilt(facts):
    """The facts with one of them worse or unknown, each in turn."""
    for code, value in facts.items():
        if isinstance(value, bool):
            yield facts | {code: not value}
            yield facts | {code: None}
        elif isinstance(value, int):
            yield facts | {code: value // 2}
            yield facts | {code: value * 4}
            yield facts | {code: 0}


@pytest.mark.parametrize("edition_id", sorted(OTHERS))
def test_each_step_of_every_tier_leads_to_a_pass_alone_and_reads_as_a_sentence(edition_id):
    golden, edition = OTHERS[edition_id], editions.by_id(edition_id)
    on = golden["judged_on"]
    named = set()
    for facts in _spoilt(typed(golden["base"])):
        for step in shortest(edition, facts, on, judge(edition, facts, on)):
            assert judge(edition, facts | {step.fact: step.value}, on).outcome == PASS
            assert step.value != facts.get(step.fact) and "[" not in step.fact
            for language in ("zh-hans", "en"):
                with translation.override(language):
                    assert step_sentence(edition, facts, step).strip()
            named.add(step.code)
    assert len(named) >= 2


@pytest.mark.parametrize(
    ("short", "code", "fact"),
    [
        ({"segment_years": 2}, "SEGMENT", "segment_years"),
        ({"total_liabilities": 9_000_000_00}, "DEBT", "total_liabilities"),
        ({"main_revenue": 5_000_000_00}, "MAIN", "main_revenue"),
        ({"chain_role": None}, "CHAIN", "chain_role"),
    ],
)
def test_an_upper_tier_names_the_one_figure_that_is_short_to_the_fen(short, code, fact):
    golden = OTHERS["CN-MIIT-2026-2/T3"]
    edition, on = editions.by_id("CN-MIIT-2026-2/T3"), golden["judged_on"]
    facts = typed(golden["base"]) | short
    if fact == "total_liabilities":
        facts["total_assets"] = 10_000_000_00
    judgement = judge(edition, facts, on)
    found = {step.fact: step for step in shortest(edition, facts, on, judgement)}
    assert fact in found
    step = found[fact]
    if isinstance(step.value, bool):
        return
    worse = step.value + (1 if step.value < (step.now or 0) else -1)
    assert judge(edition, facts | {fact: worse}, on).outcome != PASS
