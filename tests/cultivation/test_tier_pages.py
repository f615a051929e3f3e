"""Every tier's judgement on the enterprise's page: which one, by which edition, and judging it now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cultivation.actions import evaluate
from cultivation.models import Evaluation, Tier
from cultivation.queries import stale
from enterprises.models import AnnualFigures, Enterprise
from portal.tasks import judge_changed
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.conftest import BOLE
from tests.tenancy.test_sign_in import sign_in

from .world import YEAR, enterprise

pytestmark = pytest.mark.django_db


def page(client: Client, of: Enterprise, query: str = "") -> str:
    answer = client.get(reverse("judgement", args=[of.public_id]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_one_button_judges_every_tier_and_the_reviews_of_titles_held(
    client: Client, county_bole: Actor
) -> None:
    of = enterprise(1, BOLE, innovative_valid_until=dt.date(2027, 1, 1))
    sign_in(client, county_bole)
    assert "这个层级还没有评价" in page(client, of, "?tier=specialised")
    client.post(reverse("judge_now", args=[of.public_id]) + "?tier=specialised")
    with nation():
        judged = set(Evaluation.objects.values_list("tier", "review"))
    assert judged == {(tier, False) for tier in Tier.values} | {("innovative", True)}
    client.post(reverse("judge_now", args=[of.public_id]))
    with nation():
        assert Evaluation.objects.count() == len(judged)


@pytest.mark.parametrize("tier", Tier.values)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_tier_is_explained_with_its_edition_and_why_it_holds(
    tier: str, language: str, client: Client, county_bole: Actor
) -> None:
    of = enterprise(1, BOLE)
    sign_in(client, county_bole)
    client.post(reverse("judge_now", args=[of.public_id]))
    client.post(reverse("set_language"), {"language": language})
    text = page(client, of, f"?tier={tier}")
    with nation():
        edition = Evaluation.objects.get(tier=tier, review=False).edition
    assert reverse("cultivation:standard", args=[edition.code]) in text
    assert "施行" in text if language == "zh-hans" else "in force" in text
    tried = client.get(reverse("try_out", args=[of.public_id]), {"tier": tier, "revenue": "9000"})
    assert tried.status_code == 200


def test_a_standard_without_points_shows_no_score(client: Client, county_bole: Actor) -> None:
    of = enterprise(1, BOLE)
    sign_in(client, county_bole)
    client.post(reverse("judge_now", args=[of.public_id]))
    text = page(client, of, "?tier=little_giant")
    assert "/ 100" not in text and "及格线" not in text and "必备条件" in text


def test_the_standard_of_an_upper_tier_shows_its_required_conditions(
    client: Client, county_bole: Actor
) -> None:
    sign_in(client, county_bole)
    answer = client.get(reverse("cultivation:standard", args=["CN-MIIT-2026-2/T3"]))
    assert "必备条件" in answer.content.decode()


@pytest.mark.parametrize("query", ["?tier=x", "?tier=", "?review=7", "?tier=innovative&review="])
def test_an_unknown_tier_is_the_first_one(query: str, client: Client, county_bole: Actor) -> None:
    of = enterprise(1, BOLE)
    sign_in(client, county_bole)
    client.post(reverse("judge_now", args=[of.public_id]))
    assert "/ 100" in page(client, of, query)


def test_the_enterprise_sees_every_tier_and_has_no_button(
    client: Client, person: Callable[..., Actor]
) -> None:
    of = enterprise(1, BOLE)
    sign_in(client, person("boss", "enterprise", BOLE, of.pk))
    text = page(client, of, "?tier=specialised")
    assert "专精特新中小企业" in text and "重新评价" not in text
    assert client.post(reverse("judge_now", args=[of.public_id])).status_code == 403


def test_without_figures_nothing_is_judged_and_the_page_says_so(client: Client, county_bole: Actor) -> None:
    of = enterprise(1, BOLE)
    with nation():
        AnnualFigures.objects.all().delete()
    sign_in(client, county_bole)
    answer = client.post(reverse("judge_now", args=[of.public_id]), follow=True)
    assert "先报数据再评价" in answer.content.decode()


def test_the_timetable_judges_every_tier_once(county_bole: Actor) -> None:
    enterprise(1, BOLE)
    judge_changed()
    with nation():
        assert sorted(Evaluation.objects.values_list("tier", flat=True)) == sorted(Tier.values)
        before = Evaluation.objects.count()
    judge_changed()
    with nation():
        assert Evaluation.objects.count() == before


def _quiet(tier: str, on: dt.date, of: Enterprise, by: Actor) -> None:
    """Judged on a day, with nothing changed since."""
    with acting(by):
        evaluate(by=by, region=BOLE, tier=tier, year=YEAR, on=on)
    with nation():
        Enterprise.objects.filter(pk=of.pk).update(updated_at="2025-01-01T00:00Z")
        AnnualFigures.objects.filter(enterprise=of).update(updated_at="2025-01-01T00:00Z")


def test_a_date_makes_stale_the_tiers_alone_whose_standard_tests_it(county_bole: Actor) -> None:
    on = dt.date(2026, 9, 30)
    of = enterprise(1, BOLE, specialised_valid_until=on)
    for tier in ("innovative", "little_giant"):
        _quiet(tier, on, of, county_bole)
    with acting(county_bole):
        assert stale("little_giant", BOLE, on) == []
        assert stale("little_giant", BOLE, on + dt.timedelta(1)) == [(BOLE, YEAR, [of.pk])]
        assert stale("innovative", BOLE, on + dt.timedelta(1)) == []


def test_an_award_that_becomes_three_years_old_makes_stale(county_bole: Actor) -> None:
    on = dt.date(2026, 9, 30)
    of = enterprise(1, BOLE, national_award_on=dt.date(2023, 10, 1), national_award_rank=1)
    _quiet("innovative", on, of, county_bole)
    with acting(county_bole):
        assert stale("innovative", BOLE, on) == []
        assert stale("innovative", BOLE, on + dt.timedelta(1)) == [(BOLE, YEAR, [of.pk])]


def test_a_new_standard_makes_stale_what_was_judged_before_it(county_bole: Actor) -> None:
    of = enterprise(1, BOLE)
    _quiet("specialised", dt.date(2026, 3, 31), of, county_bole)
    with acting(county_bole):
        assert stale("specialised", BOLE, dt.date(2026, 3, 31)) == []
        assert stale("specialised", BOLE, dt.date(2026, 4, 1)) == [(BOLE, YEAR, [of.pk])]
    assert timezone.localdate() >= dt.date(2026, 4, 1)


@pytest.mark.parametrize("tier", Tier.values)
def test_the_registry_and_the_overview_show_the_chosen_tier(
    tier: str, client: Client, county_bole: Actor
) -> None:
    enterprise(1, BOLE)
    enterprise(2, BOLE, figures={"rd_expense": None})
    judge_changed()
    with nation():
        outcomes = list(Evaluation.objects.filter(tier=tier).values_list("outcome", flat=True))
    sign_in(client, county_bole)
    for view in ("pass", "fail", "unknown"):
        listed = client.get(reverse("registry"), {"standard": tier, "view": view}).content.decode()
        assert listed.count('data-l="评价结果"') == outcomes.count(view)
    for sort in ("score", "missing"):
        assert client.get(reverse("registry"), {"standard": tier, "sort": sort}).status_code == 200
    overview = client.get(reverse("cultivation:overview"), {"tier": tier}).content.decode()
    assert f"view=pass&amp;standard={tier}" in overview


def test_the_size_class_is_shown_whatever_the_tier(client: Client, county_bole: Actor) -> None:
    enterprise(1, BOLE)
    judge_changed()
    sign_in(client, county_bole)
    for tier in Tier.values:
        listed = client.get(reverse("registry"), {"standard": tier, "size_class": "small"}).content.decode()
        assert '<td data-l="划型">小型</td>' in listed
