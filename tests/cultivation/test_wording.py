from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from django.utils import translation

from cultivation.number_words import money, percent
from cultivation.rules.judge import judge
from cultivation.wording import explain

from .test_judge import EDITION, GOLDEN, ON, typed
from .test_steps import SILICON


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


def told(facts, year=2025):
    return explain(EDITION, facts, judge(EDITION, facts, ON), year)


def row(explanation, code):
    return next(each for each in explanation.rows if each.code == code)


def test_the_conclusion_comes_first_and_counts_what_is_missing():
    told_ = told(SILICON)
    assert told_.sentence == "只差 1 项：创新能力 15 分，最低 20 分。未知数据补报后最多 70 分，结论不变。"
    assert told_.score == "60–70"
    assert told_.basis == "依据：工信部企业〔2022〕63 号附件 1，2025 年度数据，2026-09-30 计算"


def test_the_next_band_is_told_in_points_and_money():
    told_ = told(SILICON)
    assert row(told_, "I2").next == "差 0.36 个百分点，17.51 万元（+5）"
    assert row(told_, "I2").have == "2.64%"
    assert row(told_, "I2").tag == "2%–3%"
    assert row(told_, "I1").next == "有 1 项Ⅰ类得 10 分（+5）"
    assert row(told_, "I4").next == "缺“负债总额”"
    assert row(told_, "I4").points == "0–10 / 10"
    assert row(told_, "I6").next == "已满分"


def test_the_shortest_ways_are_sentences():
    assert told(SILICON).steps == [
        "Ⅰ类知识产权增加到 1 项，即达标",
        "研发费用再多 17.51 万元，研发费用占比到 3%，即达标",
        "高新技术企业有效期续到今天以后，直接达标",
    ]


def test_a_direct_condition_passes_without_the_score():
    facts = typed(GOLDEN["base"]) | {"hnte_valid_until": date(2027, 1, 1)}
    assert told(facts).sentence == "达标：满足直通条件“高新技术企业等称号有效”，不看得分。"


def test_an_unknown_outcome_names_the_facts_that_decide():
    facts = typed(GOLDEN["base"]) | {"rd_expense": None}
    assert told(facts).sentence == "还不能判定：缺“研发费用”。"
    facts = typed(GOLDEN["base"]) | {"main_revenue[Y-1]": None}
    assert told(facts).sentence == "还不能判定：缺“2024 年主营业务收入”。"


def test_an_expired_title_tells_how_long():
    assert row(told(SILICON), "D2").have == "已过期 30 天"
    assert row(told(SILICON), "D4").next == "差 300.00 万元"


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [(Fraction(299999, 10_000_000), "2.999990"), (Fraction(264, 10_000), "2.64"), (Fraction(3, 100), "3.00")],
)
def test_a_ratio_is_never_rounded_onto_its_threshold(ratio, shown):
    assert percent(ratio, [Fraction(n, 100) for n in (5, 3, 2, 1)]) == shown


def test_money_is_shown_in_ten_thousand_yuan_and_distances_are_rounded_up():
    assert money(17_509_000) == "17.51 万元"
    assert money(17_500_001, up=True) == "17.51 万元"
    assert money(-1_234_500_000) == "−1,234.50 万元"


def test_every_golden_case_can_be_told():
    for case in GOLDEN["cases"]:
        told_ = told(typed(GOLDEN["base"] | case["facts"]))
        assert told_.sentence
        assert all(each.label and each.tag for each in told_.rows)
