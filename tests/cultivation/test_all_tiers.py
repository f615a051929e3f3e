"""Every tier through the command, the tables and the replay."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from cultivation.actions import evaluate
from cultivation.models import Evaluation
from cultivation.queries import latest_of
from cultivation.replay import replay
from enterprises.models import AnnualFigures
from tenancy.context import acting, nation
from tests.conftest import BOLE

from .world import ON, YEAR, enterprise

pytestmark = pytest.mark.django_db

CLASSES = {
    "innovative": {"innovation", "growth", "specialisation"},
    "tech_sme": {"staff", "rd", "results"},
    "specialised": set(),
    "little_giant": set(),
}
EDITIONS = {
    ("tech_sme", False): "CN-MOST-2017-115/T1",
    ("specialised", False): "CN-MIIT-2026-2/T2",
    ("specialised", True): "CN-MIIT-2026-2/T2-review",
    ("little_giant", False): "CN-MIIT-2026-2/T3",
    ("little_giant", True): "CN-MIIT-2026-117/T3-review",
}


def giant(number: int) -> int:
    """An enterprise with all that the editions of the upper tiers ask for; returns its id."""
    found = enterprise(
        number,
        BOLE,
        figures={
            "revenue": Decimal(60_000_000), "main_revenue": Decimal(58_000_000), "segment_years": 5,
            "rd_expense": Decimal(8_000_000), "ip1_applied": 4, "segment_share": Decimal("10.5"),
            "platform_score": Decimal("60.25"), "local_feature_score": Decimal("7.5"), "chain_role": True,
            "segment_position": True, "rd_institution_level": "provincial",
        },
        specialised_valid_until=date(2027, 1, 1),
        innovative_valid_until=date(2027, 1, 1),
    )  # fmt: skip
    with nation():
        AnnualFigures.objects.filter(enterprise=found, year=YEAR - 1).update(
            revenue=Decimal(55_000_000), rd_expense=Decimal(7_000_000), platform_score=Decimal(40)
        )
        AnnualFigures.objects.filter(enterprise=found, year=YEAR - 2).update(revenue=Decimal(50_000_000))
    return found.pk


def answers(capsys, *arguments):
    call_command("evaluate", "--region", "652701", "--year", str(YEAR), "--json", *arguments)
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("tier", "review"), EDITIONS)
def test_the_command_judges_every_tier_for_applications_and_reviews(tier, review, capsys):
    giant(1)
    enterprise(2, BOLE)
    found = answers(capsys, "--tier", tier, "--on", "2026-09-30", *(["--review"] if review else []))
    assert {each["edition"] for each in found} == {EDITIONS[tier, review]}
    for each in found:
        assert each["outcome_by_facts"] in ("pass", "fail", "unknown")
        assert set(each["class_scores"]) == CLASSES[tier]
        assert 0 <= each["missing_count"] <= each["missing_max"]
    if tier != "tech_sme" and not (tier == "little_giant" and review):
        assert found[0]["outcome"] == "pass"
    assert found[1]["outcome"] != "pass"


def test_a_score_of_the_province_keeps_its_decimals_from_the_workbook_to_the_answer(capsys, county_bole):
    pk = giant(1)
    found = answers(capsys, "--tier", "specialised", "--on", "2026-03-31")[0]
    assert found["edition"] == "CN-MIIT-2022-63/T2"
    assert found["class_scores"]["local_feature"] == 7.5
    assert found["score"] % 1 == 0.5
    with acting(county_bole):
        stored = latest_of(pk, "specialised", date(2026, 3, 31))
        assert float(stored.score) == found["score"]
        assert stored.class_scores["local_feature"] == 7.5


def test_a_review_stands_beside_the_judgement_of_an_application(county_bole):
    pk = giant(1)

    def run(review):
        with acting(county_bole):
            return evaluate(
                by=county_bole, region=BOLE, tier="little_giant", year=YEAR, on=ON, review=review
            ).stored

    assert [run(False), run(True), run(False), run(True)] == [1, 1, 0, 0]
    with acting(county_bole):
        assert Evaluation.objects.filter(enterprise=pk, review=True).count() == 1
        assert latest_of(pk, "little_giant", ON).edition.code == "CN-MIIT-2026-2/T3"


def test_every_evaluation_of_every_tier_judged_again_by_its_own_edition_gives_the_same_answer(county_bole):
    giant(1)
    enterprise(2, BOLE, figures={"revenue": None, "segment_share": Decimal("9.99")})
    for tier in CLASSES:
        for review in (False, True):
            for on in (date(2025, 6, 1), date(2026, 3, 31), ON):
                with acting(county_bole):
                    evaluate(by=county_bole, region=BOLE, tier=tier, year=YEAR, on=on, review=review)
    with acting(county_bole):
        found = replay(BOLE)
    assert found.replayed >= 16
    assert found.differences == []
