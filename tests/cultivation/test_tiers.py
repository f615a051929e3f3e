"""Every edition but the innovative one against a second calculation, at and around its boundaries."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from cultivation import editions
from cultivation.rules.judge import judge
from cultivation.rules.vocabulary import JUDGEMENTS
from cultivation.stored import (
    AnswerTexts,
    answers_to_json,
    dumps,
    fact_codes,
    fact_texts,
    facts_from_json,
    facts_text,
    facts_to_json,
    money_codes,
)

from . import naive_tiers

WAN = naive_tiers.WAN
ON = date(2026, 9, 30)
#: all percents of all standards; amounts divisible by 400, so that each boundary is a whole fen
PERCENTS = [0, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90]
REVENUES = [1000, 1500, 5000, 10000, 20000, 40000]
YEARS = [""] + [f"[Y-{n}]" for n in (1, 2)]


def near(draw, *limits):
    return draw.choice(limits) + draw.choice((-1, 0, 0, 1))


def some(draw, value, unknown=0.08):
    return None if draw.random() < unknown else value


def case(draw):
    """An enterprise whose every figure lies at a boundary or beside it; some are unknown."""
    facts = {"uscc": draw.choice(["91", "91", "91", "93", "92", "52"]) + "652701MA00000017"}
    facts["industry_code"] = "C3985"
    revenue = near(draw, *REVENUES) * WAN
    for year in YEARS:
        facts[f"revenue{year}"] = some(draw, revenue if draw.random() < 0.7 else near(draw, *REVENUES) * WAN)
        base = facts[f"revenue{year}"] or revenue
        amounts = [near(draw, base * p // 100) for p in PERCENTS] + [
            near(draw, n * WAN) for n in (100, 200, 300, 400, 500, 600, 1000, 1200, 3000)
        ]
        facts[f"rd_expense{year}"] = some(draw, draw.choice(amounts))
        facts[f"main_revenue{year}"] = some(
            draw, near(draw, base * draw.choice((50, 60, 70, 80, 90, 100)) // 100)
        )
        facts[f"equity_financing{year}"] = some(
            draw, max(0, near(draw, *(n * WAN for n in (0, 0, 1000, 2000, 3000, 6000, 8000)))), 0.2
        )
    if draw.random() < 0.5 and facts["main_revenue[Y-2]"]:
        old = facts["main_revenue[Y-2]"] = facts["main_revenue[Y-2]"] // 400 * 400
        step = draw.choice((0, 4, 5, 6, 8, 10))
        middle = facts["main_revenue[Y-1]"] = old + old * step // 100
        facts["main_revenue"] = middle + near(draw, middle * step // 100)
    if draw.random() < 0.5 and facts["revenue[Y-2]"]:
        facts["revenue"] = near(draw, facts["revenue[Y-2]"] * 441 // 400)
    base = facts["revenue"] or revenue
    facts["net_profit"] = some(draw, near(draw, base * draw.choice((-5, 2, 4, 6, 8, 10)) // 100))
    facts["total_assets"] = some(draw, near(draw, 6000 * WAN, 20000 * WAN))
    assets = facts["total_assets"] or WAN
    facts["total_liabilities"] = some(draw, near(draw, assets * draw.choice((50, 60, 70, 75, 80)) // 100))
    facts["total_cost"] = some(draw, near(draw, base * 9 // 10), 0.5)
    if facts["total_cost"] and draw.random() < 0.3:
        facts["rd_expense"] = near(draw, facts["total_cost"] * draw.choice((10, 15, 20, 25, 30)) // 100)
    facts["employees"] = some(draw, near(draw, 100, 500, 1000))
    people = facts["employees"] or 100
    for code in ("rd_staff", "tech_staff"):
        facts[code] = some(draw, near(draw, people * draw.choice((5, 10, 15, 20, 25, 30, 50)) // 100), 0.3)
    facts["segment_years"] = some(draw, draw.randrange(13))
    for code in ("ip1", "ip1_high_value", "ip1_self_developed", "ip2", "ip1_applied"):
        facts[code] = some(draw, draw.randrange(6) if draw.random() < 0.7 else 0)
    facts["core_it_systems"] = some(draw, draw.randrange(3))
    facts["digital_level"] = some(draw, draw.randrange(1, 5))
    facts["domestic_rank"] = some(draw, draw.randrange(1, 6), 0.3)
    facts["segment_share"] = some(draw, Decimal(draw.choice(("9.99", "9.9999999", "10", "10.01", "35"))), 0.2)
    facts["local_feature_score"] = some(draw, Decimal(draw.choice(("0", "7", "7.5", "12.25", "15"))))
    for year in YEARS[:2]:
        facts[f"platform_score{year}"] = some(
            draw, Decimal(draw.choice(("49.99", "50", "59.9", "60", "71.5")))
        )
    fields = ["gap_closing", "six_foundations", "old_brand", "serves_chain_leader", "key_manufacturing"]
    facts["product_field"] = some(draw, draw.choice([*fields, "network_power", "other"]))
    facts["rd_institution_level"] = some(
        draw, draw.choice(["national", "provincial", "municipal", "below_municipal", "none"])
    )
    for code in ("quality_award", "quality_certificate", "own_brand", "standards", "management_certificate"):
        facts[code] = some(draw, draw.random() < 0.7)
    for code in ("foreign_product_certificate", *sorted(JUDGEMENTS)):
        facts[code] = some(draw, draw.random() < 0.7, 0.2)
    for code in ("on_abnormal_list", "on_dishonesty_list", "accident_3y", "restricted_product"):
        facts[code] = some(draw, draw.random() < 0.04, 0.04)
    for code in ("tech_sme", "innovative", "specialised", "hnte"):
        day = draw.choice([None, ON, ON, ON - timedelta(1), ON + timedelta(400)])
        facts[f"{code}_valid_until"] = day
    for level in ("provincial", "national"):
        facts[f"{level}_award_on"] = draw.choice([None, None, *edges(3), *edges(5)])
        facts[f"{level}_award_rank"] = some(draw, draw.randrange(1, 7), 0.2)
    facts["maker_china_on"] = draw.choice([None, None, *edges(3)])
    facts["maker_china_band"] = some(draw, draw.choice((50, 500)), 0.2)
    facts["led_standard_on"] = draw.choice([None, None, *edges(5)])
    return {code: value for code, value in facts.items() if value is not None}


def edges(years):
    start = ON.replace(year=ON.year - years)
    return [start, start + timedelta(1), ON, ON + timedelta(1)]


@pytest.mark.parametrize("edition_id", sorted(naive_tiers.STANDARDS))
def test_an_edition_agrees_with_a_second_calculation_at_its_boundaries(edition_id):
    edition, draw = editions.by_id(edition_id), random.Random(edition_id)
    outcomes = set()
    for _ in range(1500):
        facts = case(draw)
        if draw.random() < 0.5:  # nearly perfect, so that passing is not rare
            facts |= {"uscc": "91652701MA00000017", "employees": 300, "segment_years": 12}
            facts |= dict.fromkeys(("on_abnormal_list", "on_dishonesty_list"), False)
            facts |= dict.fromkeys(("accident_3y", "restricted_product"), False)
            facts |= {f"{code}_valid_until": ON for code in ("innovative", "specialised")}
            facts |= dict.fromkeys(JUDGEMENTS, True)
            good = {"ip1_applied": 5, "platform_score": Decimal(80), "total_liabilities": WAN}
            good |= {"revenue": 21000 * WAN, "main_revenue": 21000 * WAN, "rd_expense": 900 * WAN}
            good |= {"revenue[Y-1]": 10000 * WAN, "rd_expense[Y-1]": 400 * WAN, "domestic_rank": 1}
            facts |= {code: value for code, value in good.items() if draw.random() < 0.8}
        found = judge(edition, facts, ON)
        expected = naive_tiers.judge(edition_id, facts, ON)
        assert {key: getattr(found, key) for key in expected} == expected, facts
        outcomes.add(found.outcome)
    assert outcomes == {"pass", "fail", "unknown"}


def test_the_naive_calculation_knows_every_edition_but_the_innovative_one():
    assert {each.id for each in editions.published() if each.tier != "innovative"} == set(
        naive_tiers.STANDARDS
    )


def test_facts_with_decimals_survive_the_database_and_give_the_same_answer():
    edition, draw = editions.by_id("CN-MIIT-2022-63/T2"), random.Random(1)
    for _ in range(200):
        facts = case(draw)
        again = facts_from_json(facts_to_json(facts, fact_codes(edition)))
        first, second = judge(edition, facts, ON), judge(edition, again, ON)
        assert (first.outcome, first.score) == (second.outcome, second.score)
        money = money_codes(edition)
        assert answers_to_json(first.answers, money) == answers_to_json(second.answers, money)


@pytest.mark.parametrize("edition", editions.published(), ids=lambda each: each.id)
def test_answers_written_directly_are_the_same_json(edition):
    draw, money = random.Random(edition.id), money_codes(edition)
    texts = AnswerTexts(money)
    for _ in range(400):
        answers = judge(edition, case(draw), ON).answers
        assert json.loads(texts(answers)) == answers_to_json(answers, money)


@pytest.mark.parametrize("edition", editions.published(), ids=lambda each: each.id)
def test_facts_written_directly_are_the_same_text(edition):
    draw, codes = random.Random(edition.id), fact_codes(edition)
    for _ in range(200):
        facts = case(draw)
        assert facts_text(fact_texts(facts, codes), codes) == dumps(facts_to_json(facts, codes))


DAYS = [date(2022, 8, 1), date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1)]
DAYS += [date(2026, 3, 31), date(2026, 4, 1), date(2026, 12, 31), date(2027, 1, 1), date(2030, 6, 1)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tier", "review", "expected"),
    [
        ("innovative", False, ["CN-MIIT-2022-63/T1"] * 10),
        ("innovative", True, ["CN-MIIT-2022-63/T1"] * 10),
        ("tech_sme", False, ["CN-MOST-2017-115/T1"] * 10),
        ("tech_sme", True, ["CN-MOST-2017-115/T1"] * 10),
        ("specialised", False, ["CN-MIIT-2022-63/T2"] * 6 + ["CN-MIIT-2026-2/T2"] * 4),
        ("specialised", True, ["CN-MIIT-2022-63/T2"] * 6 + ["CN-MIIT-2026-2/T2-review"] * 4),
        (
            "little_giant",
            False,
            ["CN-MIIT-2022-63/T3"] * 2
            + ["CN-MIIT-2025-190/T3"] * 2
            + ["CN-MIIT-2022-63/T3"] * 2
            + ["CN-MIIT-2026-2/T3"] * 4,
        ),
        (
            "little_giant",
            True,
            ["CN-MIIT-2022-63/T3"] * 2
            + ["CN-MIIT-2025-190/T3-review"] * 2
            + ["CN-MIIT-2022-63/T3"] * 2
            + ["CN-MIIT-2026-117/T3-review"] * 2
            + ["CN-MIIT-2026-2/T3-review"] * 2,
        ),
    ],
)
def test_the_edition_follows_from_tier_day_and_kind(tier, review, expected):
    assert [editions.in_force(tier, day, region="65/", review=review).id for day in DAYS] == expected


@pytest.mark.django_db
def test_before_any_standard_there_is_no_edition():
    with pytest.raises(LookupError):
        editions.in_force("specialised", date(2022, 7, 31), region="65/")


def test_what_a_person_answers_is_left_out_of_the_outcome_by_facts():
    edition = editions.by_id("CN-MIIT-2026-2/T2")
    facts = {
        "uscc": "91652701MA00000017", "industry_code": "C3985", "employees": 100, "revenue": 5000 * WAN,
        "revenue[Y-1]": 4000 * WAN, "main_revenue": 4500 * WAN, "total_assets": 4000 * WAN,
        "total_liabilities": 1000 * WAN, "rd_expense": 200 * WAN, "rd_expense[Y-1]": 200 * WAN,
        "segment_years": 3, "ip1_applied": 1, "platform_score": Decimal(50), "innovative_valid_until": ON,
        **dict.fromkeys(("on_abnormal_list", "on_dishonesty_list", "accident_3y", "restricted_product"), False),
    }  # fmt: skip
    found = judge(edition, facts, ON)
    assert (found.outcome, found.outcome_by_facts, found.unknown) == ("unknown", "pass", ["segment_position"])
    assert (found.missing_count, found.missing_max) == (0, 1)
    refused = judge(edition, facts | {"segment_position": False}, ON)
    assert (refused.outcome, refused.outcome_by_facts, refused.lacking) == ("fail", "pass", ["POSITION"])
    assert judge(edition, facts | {"segment_position": True}, ON).outcome == "pass"
    assert judge(edition, facts | {"ip1_applied": 0}, ON).outcome_by_facts == "unknown"
