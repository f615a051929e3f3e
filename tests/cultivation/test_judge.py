from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cultivation import editions
from cultivation.rules.judge import judge
from cultivation.rules.vocabulary import DECIMALS, KINDS

from . import naive

EDITION = editions.by_id("CN-MIIT-2022-63/T1")
GOLDEN = editions.read(editions.FOLDER / "innovative-2022-63.golden.yaml")
WAN = 1_000_000


def typed(facts):
    """Golden facts are written in 万元, dates in quotes or plain."""
    return {code: _typed(code.split("[")[0], value) for code, value in facts.items() if value is not None}


def _typed(fact, value):
    if KINDS[fact] == "money":
        return int(Decimal(str(value)) * WAN)
    if fact in DECIMALS:
        return Decimal(str(value))
    return date.fromisoformat(value) if KINDS[fact] == "date" and isinstance(value, str) else value


def agrees(judgement, expected):
    for key, value in expected.items():
        if key == "points":
            for code, mark in value.items():
                answer = judgement.answer(code)
                pair = mark if isinstance(mark, list) else [mark, mark]
                assert [answer.points, answer.points_max] == pair, code
        elif key == "answers":
            assert {code: judgement.answer(code).outcome for code in value} == value
        else:
            assert getattr(judgement, key) == value, key


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["name"])
def test_golden_case(case):
    facts = typed(GOLDEN["base"] | case["facts"])
    judgement = judge(EDITION, facts, GOLDEN["judged_on"])
    agrees(judgement, case["expect"])
    same_as_naive(judgement, facts, GOLDEN["judged_on"])


def test_the_golden_base_passes_by_its_score():
    agrees(judge(EDITION, typed(GOLDEN["base"]), GOLDEN["judged_on"]), GOLDEN["base_expect"])


OTHERS = {
    content["edition"]: content
    for path in sorted(editions.FOLDER.glob("*.golden.yaml"))
    if (content := editions.read(path))["edition"] != GOLDEN["edition"]
}


@pytest.mark.parametrize("edition_id", sorted(OTHERS))
def test_the_golden_base_of_every_edition_comes_out_as_written(edition_id):
    golden = OTHERS[edition_id]
    found = judge(editions.by_id(edition_id), typed(golden["base"]), golden["judged_on"])
    agrees(found, golden["base_expect"])


@pytest.mark.parametrize(
    ("edition_id", "case"),
    [(edition_id, case) for edition_id, golden in sorted(OTHERS.items()) for case in golden["cases"]],
    ids=lambda value: value if isinstance(value, str) else value["name"],
)
def test_golden_case_of_another_edition(edition_id, case):
    golden = OTHERS[edition_id]
    facts = typed(golden["base"] | case["facts"])
    agrees(judge(editions.by_id(edition_id), facts, golden["judged_on"]), case["expect"])


def test_every_edition_has_golden_cases():
    assert {each.id for each in editions.published()} == {GOLDEN["edition"], *OTHERS}


def same_as_naive(judgement, facts, on):
    expected = naive.judge(facts, on)
    assert {key: getattr(judgement, key) for key in expected} == expected


def test_an_enterprise_of_which_nothing_is_known_is_unknown_and_names_what_would_decide():
    judgement = judge(EDITION, {}, date(2026, 9, 30))
    assert (judgement.outcome, judgement.score, judgement.score_max) == ("unknown", 5, 100)
    assert judgement.missing == ["D1", "D2"]
    assert judgement.unknown == naive.judge({}, date(2026, 9, 30))["unknown"]


def near(limits):
    """Amounts at, just below and just above limits."""
    return st.sampled_from(sorted({limit + d for limit in limits for d in (-1, 0, 1)}))


BASE = 7_919 * WAN + 100  # divisible by 100, so that every percent boundary is a whole fen
ON = date(2026, 9, 30)
flag = st.sampled_from([None, False, True])
count = st.sampled_from([None, 0, 1, 2])


@st.composite
def enterprises(draw):
    def share(percents, base, extra=()):
        return draw(
            st.one_of(st.none(), near([base * p // 100 for p in percents]), st.sampled_from([*extra, 0]))
        )

    revenue = draw(st.sampled_from([None, 0, BASE, BASE, BASE, 40000 * WAN, 40000 * WAN - 100, 20000 * WAN]))
    main = share([50, 55, 60, 70], revenue or BASE)
    base_year = draw(st.sampled_from([None, 0, -5, BASE * 60 // 100, BASE * 60 // 100]))
    if base_year and base_year > 0 and draw(st.booleans()):
        main = draw(near([base_year * p // 100 for p in (100, 105, 110, 115)]))
    assets = draw(st.sampled_from([None, 0, BASE, BASE, 80000 * WAN, 120000 * WAN, 120000 * WAN - 100]))
    day = st.one_of(st.none(), st.sampled_from([ON, ON - timedelta(1), ON + timedelta(1)]))
    award = st.one_of(
        st.none(), st.sampled_from([date(2023, 9, 30), date(2023, 10, 1), ON, ON + timedelta(1)])
    )
    money = st.sampled_from([None, 0, 0, 200 * WAN, 300 * WAN, 300 * WAN - 1, 500 * WAN, 500 * WAN - 1])
    mostly_no = st.sampled_from([False, False, False, False, None, True])
    return {
        "uscc": draw(st.sampled_from(["91", "91", "91", "93", "92", "52"])) + "652701MA00000017"[:16],
        "industry_code": draw(st.sampled_from([None, *naive.LARGE, "C3985", "C3985", "M7310"])),
        "employees": draw(st.sampled_from([None, 0, 20, 199, 200, 299, 300, 999, 1000])),
        "revenue": revenue,
        "main_revenue": main,
        "main_revenue[Y-1]": base_year,
        "total_assets": assets,
        "total_liabilities": share([55, 75], assets or BASE),
        "rd_expense": share([1, 2, 3, 5], revenue or BASE),
        "equity_financing": draw(money),
        "equity_financing[Y-1]": draw(money),
        "equity_financing[Y-2]": draw(money),
        "ip1_high_value": draw(count),
        "ip1_self_developed": draw(count),
        "ip1": draw(count),
        "ip2": draw(count),
        "in_strategic_emerging": draw(flag),
        "rd_institution_level": draw(
            st.sampled_from([None, "none", "municipal", "below_municipal", "provincial", "national"])
        ),
        "on_abnormal_list": draw(mostly_no),
        "on_dishonesty_list": draw(mostly_no),
        "accident_3y": draw(mostly_no),
        "restricted_product": draw(mostly_no),
        "hnte_valid_until": draw(day),
        "ip_demonstration_valid_until": draw(st.one_of(st.none(), st.none(), day)),
        "tech_innovation_demo_valid_until": draw(st.one_of(st.none(), st.none(), day)),
        "provincial_award_on": draw(award),
        "national_award_on": draw(st.one_of(st.none(), award)),
    }


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(enterprises())
def test_two_calculations_never_differ(facts):
    same_as_naive(judge(EDITION, facts, ON), facts, ON)


@settings(max_examples=200, deadline=None)
@given(enterprises(), st.data())
def test_learning_a_fact_never_overturns_a_decided_outcome(facts, data):
    before = judge(EDITION, facts, ON)
    open_codes = sorted(code for code, value in facts.items() if value is None)
    if not open_codes:
        return
    code = data.draw(st.sampled_from(open_codes))
    learnt = data.draw(enterprises())[code]
    after = judge(EDITION, facts | {code: learnt}, ON)
    if before.outcome != "unknown" and not code.endswith(("_on", "_until")):
        assert after.outcome == before.outcome


def test_a_leap_day_looks_back_to_the_28th_of_february():
    facts = typed(GOLDEN["base"]) | {"provincial_award_on": date(2025, 2, 28)}
    assert judge(EDITION, facts, date(2028, 2, 29)).direct == []
    facts["provincial_award_on"] = date(2025, 3, 1)
    assert judge(EDITION, facts, date(2028, 2, 29)).direct == ["D1"]


def test_negative_figures_are_compared_by_their_sign():
    facts = typed(GOLDEN["base"]) | {"revenue": -100, "rd_expense": 50, "main_revenue": -90}
    judgement = judge(EDITION, facts, ON)
    assert (judgement.answer("I2").points, judgement.answer("I6").points) == (0, 20)
