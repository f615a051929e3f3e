from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from cultivation import batch, editions
from cultivation.actions import EditionChanged, evaluate, evaluate_all, load_editions
from cultivation.models import Edition, Evaluation, LastJudged, Tier
from cultivation.queries import latest, latest_of, stale
from cultivation.replay import replay
from enterprises.models import AnnualFigures
from tenancy.access import Denied
from tenancy.context import acting, nation
from tests.conftest import BOLE, JINGHE

from .world import ON, YEAR, enterprise

pytestmark = pytest.mark.django_db


def run(actor, on=ON, region=None, **more):
    with acting(actor):
        return evaluate(
            by=actor, region=region or actor.region_path, tier="innovative", year=YEAR, on=on, **more
        )


def test_a_second_run_stores_nothing(county_bole):
    enterprise(1, BOLE)
    enterprise(2, BOLE, figures={"rd_expense": None})
    assert run(county_bole).stored == 2
    assert run(county_bole).stored == 0


def test_another_day_with_the_same_answer_stores_nothing_but_an_earlier_day_does(county_bole):
    enterprise(1, BOLE)
    assert run(county_bole).stored == 1
    assert run(county_bole, ON + timedelta(40)).stored == 0
    assert run(county_bole, ON - timedelta(40)).stored == 1


def test_changed_figures_and_their_return_are_each_stored(county_bole):
    found = enterprise(1, BOLE)
    run(county_bole)
    for amount in (10_000, 1_500_000):
        with nation():
            AnnualFigures.objects.filter(enterprise=found, year=YEAR).update(rd_expense=Decimal(amount))
        assert run(county_bole).stored == 1
    with acting(county_bole):
        assert list(Evaluation.objects.order_by("id").values_list("score", flat=True)) == [85, 70, 85]
        assert latest("innovative", ON).get().score == 85


def test_the_answer_holds_the_facts_and_every_element(county_bole):
    found = enterprise(1, BOLE, hnte_valid_until=date(2026, 12, 31))
    run(county_bole)
    with acting(county_bole):
        stored = latest_of(found.pk, "innovative", ON)
    assert (stored.outcome, stored.direct, stored.size_class) == ("pass", ["D2"], "small")
    assert stored.facts["rd_expense"] == 150_000_000
    assert stored.facts["hnte_valid_until"] == "2026-12-31"
    answers = {each["code"]: each for each in stored.answers}
    assert answers["I2"] == {
        "code": "I2",
        "outcome": "scored",
        "value": "3/100",
        "points": 15,
        "points_max": 15,
    }
    assert answers["D4"]["value"] == "0.00"
    assert answers["E1"]["outcome"] == "pass"


def test_a_run_covers_the_region_and_below_and_nothing_else(prefecture_bortala, county_jinghe):
    enterprise(1, BOLE)
    enterprise(2, JINGHE)
    assert run(prefecture_bortala).judged == 2
    assert run(county_jinghe).judged == 1
    with pytest.raises(Denied), acting(county_jinghe):
        evaluate(by=county_jinghe, region=BOLE, tier="innovative", year=YEAR, on=ON)


def test_the_neighbour_sees_no_evaluation(county_bole, county_jinghe):
    enterprise(1, BOLE)
    run(county_bole)
    with acting(county_jinghe):
        assert not Evaluation.objects.exists()


def test_an_evaluation_is_never_changed(county_bole):
    enterprise(1, BOLE)
    run(county_bole)
    with pytest.raises(DatabaseError), acting(county_bole), transaction.atomic():
        Evaluation.objects.update(score=100)
    with pytest.raises(DatabaseError), nation(), transaction.atomic():
        Evaluation.objects.all().delete()


def test_changed_figures_are_found_until_they_are_judged_again(county_bole):
    found = enterprise(1, BOLE)
    with acting(county_bole):
        assert stale("innovative", BOLE, ON) == [(BOLE, YEAR, [found.pk])]
    run(county_bole)
    with nation():
        LastJudged.objects.update(judged_at="2026-11-01T00:00Z")
        AnnualFigures.objects.update(updated_at="2026-10-01T00:00Z")
        type(found).objects.update(updated_at="2026-10-01T00:00Z")
    with acting(county_bole):
        assert stale("innovative", BOLE, ON) == []
    with nation():
        AnnualFigures.objects.filter(year=YEAR - 1).update(updated_at="2026-11-02T00:00Z")
    with acting(county_bole):
        assert stale("innovative", BOLE, ON) == [(BOLE, YEAR, [found.pk])]


def test_stored_evaluations_replay_to_the_same_answers(county_bole):
    enterprise(1, BOLE)
    enterprise(2, BOLE, figures={"rd_expense": None, "total_liabilities": Decimal("33000000.01")})
    enterprise(3, BOLE, uscc="92652701MA00000003", provincial_award_on=date(2023, 10, 1))
    run(county_bole)
    with acting(county_bole):
        result = replay()
    assert (result.replayed, result.differences) == (3, [])


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_changed_file_of_a_published_edition_is_refused(monkeypatch):
    content = editions.read(editions.files()[0])
    content["note"] = {"zh": "改了", "en": "changed"}
    monkeypatch.setattr(editions, "read", lambda path: content)
    with pytest.raises(EditionChanged):
        load_editions()


@pytest.mark.django_db(databases=["default", "owner"])
def test_loading_editions_twice_changes_nothing():
    assert load_editions() == 0
    assert Edition.objects.filter(code="CN-MIIT-2022-63/T1").exists()


def test_a_day_before_the_first_edition_has_no_judgement(county_bole):
    with pytest.raises(LookupError):
        run(county_bole, date(2022, 7, 31))


def test_a_title_that_ran_out_since_is_judged_again(county_bole):
    found = enterprise(1, BOLE, hnte_valid_until=ON)
    run(county_bole)
    with nation():
        LastJudged.objects.update(judged_at="2026-11-01T00:00Z")
        AnnualFigures.objects.update(updated_at="2026-09-01T00:00Z")
        type(found).objects.update(updated_at="2026-09-01T00:00Z")
    with acting(county_bole):
        assert stale("innovative", BOLE, ON) == []
        assert stale("innovative", BOLE, ON + timedelta(1)) == [(BOLE, YEAR, [found.pk])]
    run(county_bole, ON + timedelta(1))
    with acting(county_bole):
        assert [e.direct for e in Evaluation.objects.order_by("id")] == [["D2"], []]


def test_single_enterprises_can_be_judged_alone(county_bole):
    found = enterprise(1, BOLE)
    enterprise(2, BOLE)
    assert run(county_bole, enterprise_ids=[found.pk]).judged == 1
    assert run(county_bole).stored == 1


def test_all_tiers_in_one_reading_store_what_each_tier_alone_would(county_bole):
    for n in range(1, 8):
        enterprise(n, BOLE, figures={"rd_expense": None if n % 2 else Decimal(n * 100_000)})
    with acting(county_bole):
        together = evaluate_all(by=county_bole, region=BOLE, tiers=Tier.values, year=YEAR, on=ON)
        stored = {
            (e.enterprise_id, e.tier): (e.edition_id, e.content_hash, e.answers)
            for e in Evaluation.objects.all()
        }
    assert len(stored) == 7 * len(Tier.values)
    assert {tier: done.stored for tier, done in together.items()} == dict.fromkeys(Tier.values, 7)
    for tier in Tier.values:
        with acting(county_bole):
            assert evaluate(by=county_bole, region=BOLE, tier=tier, year=YEAR, on=ON).stored == 0
    with acting(county_bole):
        assert Evaluation.objects.count() == len(stored)


def test_pages_of_facts_leave_nobody_out_and_judge_nobody_twice(county_bole, monkeypatch):
    monkeypatch.setattr(batch, "PAGE", 3)
    for n in range(1, 11):
        enterprise(n, BOLE)
    seen = []
    found = run(county_bole, each=lambda uscc, _edition, _judgement: seen.append(uscc))
    assert (found.judged, found.stored) == (10, 10)
    assert len(set(seen)) == len(seen) == 10


def test_a_failure_in_the_middle_leaves_nothing_behind(county_bole, monkeypatch):
    monkeypatch.setattr(batch, "PAGE", 2)
    for n in range(1, 8):
        enterprise(n, BOLE)
    calls = []

    def fails(uscc, _edition, _judgement):
        calls.append(uscc)
        if len(calls) == 5:
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError), transaction.atomic():
        run(county_bole, each=fails)
    with acting(county_bole):
        assert Evaluation.objects.count() == LastJudged.objects.count() == 0
    assert run(county_bole).stored == 7
