from __future__ import annotations

import copy
import json
from datetime import date
from fractions import Fraction

import pytest

from cultivation import editions
from cultivation.rules.edition import EditionError, load
from cultivation.rules.judge import judge
from cultivation.stored import fact_codes

CONTENT = editions.read(editions.FOLDER / "innovative-2022-63.yaml")
SIZES = editions.sizes()
ON = date(2026, 9, 30)


def changed(path, value):
    content = copy.deepcopy(CONTENT)
    place = content
    *steps, last = path
    for step in steps:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return content


@pytest.mark.parametrize(
    ("path", "value", "where", "code"),
    [
        (("tier",), None, "edition", "key_missing"),
        (("surprise",), 1, "edition", "key_unknown"),
        (("valid_from",), "2022-13-01", "valid_from", "date_needed"),
        (
            ("conditions", 2, "test"),
            {"fact": "nonsense", "is": False},
            "conditions[2].test.fact",
            "unknown_fact",
        ),
        (
            ("conditions", 2, "test"),
            {"fact": "on_abnormal_list", "ge": 1},
            "conditions[2].test.ge",
            "does_not_fit",
        ),
        (
            ("conditions", 2, "test"),
            {"fact": "on_abnormal_list"},
            "conditions[2].test",
            "one_operation_needed",
        ),
        (("conditions", 2, "test"), {"any": []}, "conditions[2].test.any", "empty"),
        (("conditions", 2, "test"), "__import__('os')", "conditions[2].test", "not_a_mapping"),
        (("conditions", 9, "test", "ge"), 500, "conditions[9].test.ge", "threshold_needs_its_unit"),
        (("conditions", 0, "group"), "other", "conditions[0].group", "unknown_value"),
        (("conditions", 0, "code"), 'E"1', "conditions[0].code", "unknown_value"),
        (
            ("conditions", 0, "confidence", "sources"),
            ["S99"],
            "conditions[0].confidence.sources",
            "unknown_source",
        ),
        (
            ("indicators", 1, "points", "ge"),
            [["1%", 5], ["5%", 20]],
            "indicators[1].points.ge",
            "best_band_first",
        ),
        (("indicators", 1, "max"), 15, "indicator I2", "max_differs"),
        (
            ("indicators", 4, "points", "options"),
            {True: 10},
            "indicators[4].points.options",
            "true_and_false_needed",
        ),
        (("classes", "growth", "max"), 31, "class growth", "max_differs"),
        (("passes",), {"all": ["E1", "E9"]}, "passes", "unknown_code"),
        (("passes",), {"all": ["E1", {"any": ["E1", "D1"]}]}, "passes", "code_twice"),
        (("passes",), {"any": ["SCORE", {"all": ["MIN_GROWTH", "E1"]}]}, "passes", "lines_stand_together"),
        (("size_standard",), "OTHER", "size_standard", "unknown_value"),
        (("lines", 1, "class"), "other", "line MIN_INNOVATION", "unknown_class"),
    ],
)
def test_what_lies_outside_the_vocabulary_is_refused_with_its_place(path, value, where, code):
    with pytest.raises(EditionError) as refused:
        load(changed(path, value), SIZES)
    assert (refused.value.where, refused.value.code) == (where, code)


def test_the_content_survives_the_database():
    stored = json.loads(json.dumps(editions.plain(CONTENT)))
    again, first = load(stored, SIZES), load(CONTENT, SIZES)
    assert (again.conditions, again.indicators, again.lines) == (
        first.conditions,
        first.indicators,
        first.lines,
    )
    assert (again.passes, again.valid_from) == (first.passes, first.valid_from)


def test_an_edition_says_which_facts_it_reads():
    codes = fact_codes(load(CONTENT, SIZES))
    assert "main_revenue[Y-1]" in codes
    assert "equity_financing[Y-2]" in codes
    assert "controlled_by_large" not in codes


def test_every_criterion_carries_its_clause_its_certainty_and_both_languages():
    edition = load(CONTENT, SIZES)
    for element in (*edition.conditions, *edition.indicators):
        assert element.confidence.sources
        assert element.clause.zh
        assert element.label.zh != element.label.en


def test_layout_and_comments_do_not_change_the_fingerprint(tmp_path):
    text = (editions.FOLDER / "innovative-2022-63.yaml").read_text(encoding="utf-8")
    (tmp_path / "same.yaml").write_text(
        "# another comment\n" + text.replace("group: entry\n", "group:   entry\n"), "utf-8"
    )
    assert editions.content_hash(editions.read(tmp_path / "same.yaml")) == editions.content_hash(CONTENT)


@pytest.mark.django_db
def test_the_edition_of_a_day_is_the_one_in_force():
    assert editions.in_force("innovative", ON, region="65/").id == "CN-MIIT-2022-63/T1"
    with pytest.raises(LookupError):
        editions.in_force("innovative", date(2022, 7, 31), region="65/")


# --- the vocabulary beyond the first tier --------------------------------------------------------------

LABEL = {"zh": "甲", "en": "A"}
SURE = {"mark": "verified", "sources": []}


def other_tier():
    """A tier as the second one is shaped: required conditions, and the score or a direct condition."""

    def condition(code, group, test):
        return {
            "code": code,
            "group": group,
            "label": LABEL,
            "standard": LABEL,
            "clause": LABEL,
            "confidence": SURE,
            "test": test,
        }

    return load(
        {
            "id": "X/T2",
            "tier": "specialised",
            "title": LABEL,
            "document": {"number": "X", "part": LABEL},
            "valid_from": "2022-08-01",
            "classes": {"refinement": {"zh": "精细化", "en": "Refinement", "max": 10}},
            "conditions": [
                condition("C1", "required", {"fact": "segment_years", "ge": 2}),
                condition(
                    "C2",
                    "required",
                    {"all": [{"fact": "rd_expense", "ge": "100 万元"}, {"fact": "rd_ratio", "ge": "3%"}]},
                ),
                condition("C4a", "direct", {"fact": "equity_financing_2y", "ge": "6000 万元"}),
            ],
            "indicators": [
                {
                    "code": "I6",
                    "class": "refinement",
                    "max": 5,
                    "label": LABEL,
                    "clause": LABEL,
                    "confidence": SURE,
                    "points": {
                        "count": [
                            {"fact": code, "is": True}
                            for code in ("quality_award", "quality_certificate", "own_brand", "standards")
                        ],
                        "each": 3,
                        "cap": 5,
                    },
                },
                {
                    "code": "I13",
                    "class": "refinement",
                    "max": 5,
                    "label": LABEL,
                    "clause": LABEL,
                    "confidence": SURE,
                    "points": {
                        "fact": "rd_institution_level",
                        "options": {"national": 5, "provincial": 3, "none": 0},
                    },
                },
            ],
            "lines": [{"code": "SCORE", "label": LABEL, "clause": LABEL, "score_ge": 6}],
            "passes": {"all": ["C1", "C2", {"any": ["SCORE", "C4a"]}]},
            "counted": {"C1": "C1", "C2": "C2", "SCORE": {"any": ["SCORE", "C4a"]}},
        },
        {},
    )


FACTS = {
    "segment_years": 2,
    "rd_expense": 300_000_000,
    "revenue": 10_000_000_000,
    "quality_award": True,
    "quality_certificate": False,
    "own_brand": False,
    "standards": False,
    "rd_institution_level": "provincial",
    "equity_financing": 0,
    "equity_financing[Y-1]": 0,
}


@pytest.mark.parametrize(
    ("change", "outcome", "score", "unknown", "missing"),
    [
        ({}, "pass", (6, 6), [], (0, 0)),
        ({"segment_years": 1}, "fail", (6, 6), [], (1, 1)),
        ({"quality_award": False}, "fail", (3, 3), [], (1, 1)),
        ({"quality_award": None}, "unknown", (3, 6), ["quality_award"], (0, 1)),
        ({"own_brand": None}, "pass", (6, 8), [], (0, 0)),
        ({"own_brand": True, "standards": None}, "pass", (8, 8), [], (0, 0)),
        ({"rd_institution_level": None}, "unknown", (3, 8), ["rd_institution_level"], (0, 1)),
        ({"rd_expense": 99_999_999}, "fail", (6, 6), [], (1, 1)),
        ({"rd_expense": None, "revenue": None}, "unknown", (6, 6), ["rd_expense", "revenue"], (0, 1)),
        ({"quality_award": None, "equity_financing": 6_000_000_000}, "pass", (3, 6), [], (0, 0)),
        (
            {"quality_award": False, "rd_institution_level": "none", "own_brand": None, "standards": None},
            "fail",
            (0, 5),
            [],
            (1, 1),
        ),
    ],
)
def test_counts_choices_and_a_line_beside_a_direct_condition(change, outcome, score, unknown, missing):
    judgement = judge(other_tier(), FACTS | change, ON)
    assert judgement.outcome == outcome
    assert (judgement.score, judgement.score_max) == score
    assert judgement.unknown == unknown
    assert (judgement.missing_count, judgement.missing_max) == missing


def test_a_fact_that_only_moves_points_without_tipping_the_outcome_is_not_named():
    change = {
        "quality_award": None,
        "own_brand": None,
        "rd_institution_level": "none",
        "equity_financing": None,
    }
    judgement = judge(other_tier(), FACTS | change, ON)
    # At most 5 points are possible: only the financing can still decide.
    assert judgement.unknown == ["equity_financing"]


def test_thresholds_are_exact():
    edition = load(CONTENT, SIZES)
    assert edition.element("I2").points.steps[0] == (Fraction(1, 20), 20)
    assert edition.element("D4").test.operand == 500_000_000
