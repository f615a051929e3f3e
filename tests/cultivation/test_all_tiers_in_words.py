"""Whatever an enterprise has, every edition is explained without a gap and without a word of ours."""

from __future__ import annotations

import random
import re
from decimal import Decimal

import pytest
from django.utils import translation

from cultivation import editions
from cultivation.fact_names import fact_name
from cultivation.rules.judge import judge
from cultivation.stored import fact_codes
from cultivation.wording import explain

from .test_tiers import ON, case

EDITIONS = [edition.id for edition in editions.published()]
#: a code with an underscore, Python's own marks, or an unknown value that is shown as if it were one
OURS = re.compile(r"[a-z0-9]+_[a-z]|[{}\[\]]|\bNone, |True|False|Decimal|Fraction|datetime|\dE[+-]?\d")


def texts(explained):
    yield from (explained.sentence, explained.nearest, explained.basis, explained.score, *explained.steps)
    for row in explained.rows:
        yield from (row.label, row.clause, row.tag, row.have, row.standard, row.points, row.next, row.note)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("code", EDITIONS)
def test_every_edition_is_explained_in_words_of_the_field(code, language):
    edition, draw = editions.by_id(code), random.Random(code)
    with translation.override(language):
        for _n in range(150):
            facts = case(draw)
            explained = explain(edition, facts, judge(edition, facts, ON), 2025)
            for text in texts(explained):
                assert isinstance(text, str) and not OURS.search(text), text


@pytest.mark.parametrize("code", EDITIONS)
def test_every_fact_of_every_edition_has_a_name(code):
    for fact in fact_codes(editions.by_id(code)):
        assert not OURS.search(fact_name(fact, 2025)), fact


@pytest.mark.parametrize("code", EDITIONS)
def test_an_element_that_is_unknown_names_what_is_lacking(code):
    edition = editions.by_id(code)
    facts = dict.fromkeys(fact_codes(edition))
    explained = explain(edition, facts, judge(edition, facts, ON), 2025)
    for row in explained.rows:
        if row.outcome == "unknown" and row.group != "line":
            assert row.next, row.code


def row_of(code, element, **facts):
    edition = editions.by_id(code)
    known = dict.fromkeys(fact_codes(edition)) | facts
    explained = explain(edition, known, judge(edition, known, ON), 2025)
    return next(row for row in explained.rows if row.code == element)


T1, T2, T3 = "CN-MOST-2017-115/T1", "CN-MIIT-2022-63/T2", "CN-MIIT-2022-63/T3"
WAN = 1_000_000


def test_a_condition_of_several_figures_tells_the_way_that_is_met():
    row = row_of(T2, "C2", rd_expense=400 * WAN, revenue=10_000 * WAN)
    assert (row.outcome, row.have) == ("pass", "研发费用 400.00 万元；研发费用占比 4.00%")


def test_a_condition_of_several_figures_tells_the_nearest_way_and_its_distance():
    row = row_of(
        T2, "C3", revenue=900 * WAN, **{"equity_financing": 100 * WAN, "equity_financing[Y-1]": 200 * WAN}
    )
    assert (row.outcome, row.have, row.next) == ("fail", "营业收入 900.00 万元", "营业收入 差 100.00 万元")


def test_a_ratio_that_is_too_high_says_by_how_much_rounded_up():
    row = row_of(T3, "DEBT", total_liabilities=700_001, total_assets=1_000_000)
    assert (row.have, row.next) == ("70.0001%", "高出 0.01 个百分点")


def test_one_of_several_certificates_is_named_and_none_is_said():
    both = {"management_certificate": False, "foreign_product_certificate": True}
    assert row_of(T3, "CERTIFICATE", **both).have == "发达国家产品认证"
    assert row_of(T3, "CERTIFICATE", **dict.fromkeys(both, False)).have == "没有"
    assert row_of(T3, "CERTIFICATE").have == "—"


def test_growth_over_two_years_is_told_as_the_compound_growth_of_one():
    row = row_of(
        "CN-MIIT-2026-2/T3", "GROWTH", **{"revenue": 1_102_500 * WAN, "revenue[Y-2]": 1_000_000 * WAN}
    )
    assert (row.outcome, row.have) == ("pass", "5.00%")
    row = row_of(
        "CN-MIIT-2026-2/T3", "GROWTH", **{"revenue": 1_040_400 * WAN, "revenue[Y-2]": 1_000_000 * WAN}
    )
    assert (row.outcome, row.have, row.next) == ("fail", "2.00%", "差 3.00 个百分点")


def test_a_code_that_does_not_decide_is_left_to_a_person():
    row = row_of(T3, "E1", uscc="52652701MA00000017")
    assert (row.outcome, row.next) == ("unknown", "凭“统一社会信用代码”还不能判定，须人工确认")


def test_a_score_with_decimals_is_short_by_decimals():
    row = row_of(T2, "SCORE", local_feature_score=Decimal("12.25"))
    assert row.next == f"差 {Decimal('47.75')} 分"


def test_a_tiny_distance_is_written_out_and_staff_is_counted_in_persons():
    row = row_of(T2, "I7", revenue=20_000 * WAN, net_profit=1_600 * WAN - 1)
    assert row.next.startswith("差 0.000000005")
    row = row_of(T1, "I1", employees=100, rd_staff=27)
    assert (row.have, row.next) == ("27.00%", "差 3.00 个百分点，3（+4）")


def test_a_choice_names_the_next_better_one():
    assert row_of(T2, "I13", rd_institution_level="municipal").next == "“省级”得 8 分（+4）"
