"""The answer "registered elsewhere" is audited and limited; beyond the limit there is a total alone."""

from typing import Any

import pytest

from enterprises.actions.elsewhere import told_of
from enterprises.actions.entry import Refused, save_by_hand
from enterprises.models import ElsewhereAnswer
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.conftest import BOLE
from tests.enterprises.books import code
from tests.enterprises.test_import import counts, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def neighbours(county_jinghe: Actor) -> None:
    run(county_jinghe, [[code(n), f"精河第{n}有限公司"] for n in range(8)])


def rows(*numbers: int) -> list[list[Any]]:
    return [[code(n), f"博乐第{n}有限公司"] for n in numbers]


@pytest.fixture
def five_a_day(settings: Any) -> None:
    settings.ELSEWHERE_ANSWERS_A_DAY = 5


def test_within_the_limit_every_row_is_named_and_each_answer_is_kept(
    county_bole: Actor, neighbours: None
) -> None:
    result = run(county_bole, rows(1, 2, 50))
    assert counts(result) == (3, 1, 0, 0, 2)
    assert [(p.code, p.row) for p in result.problems] == [
        ("registered_elsewhere", 2),
        ("registered_elsewhere", 3),
    ]
    with nation():
        assert set(ElsewhereAnswer.objects.values_list("officer_id", "uscc", "region_id")) == {
            (county_bole.officer_id, code(n), BOLE) for n in (1, 2)
        }


def test_beyond_the_limit_only_the_total_is_told(
    county_bole: Actor, neighbours: None, five_a_day: None
) -> None:
    result = run(county_bole, rows(*range(8)))
    assert counts(result) == (8, 0, 0, 0, 8)
    assert [p.row for p in result.problems if p.code == "registered_elsewhere"] == [2, 3, 4, 5, 6]
    (total,) = [p for p in result.problems if p.code == "elsewhere_total"]
    assert (total.params["count"], total.row, total.value) == (3, None, "")


def test_the_same_codes_again_cost_nothing_and_a_dry_run_counts(
    county_bole: Actor, neighbours: None, five_a_day: None
) -> None:
    for _ in range(3):
        result = run(county_bole, rows(0, 1, 2), dry_run=True)
        assert len(result.problems) == 3
    result = run(county_bole, rows(0, 1, 2, 3, 4, 5))
    assert [p.row for p in result.problems if p.row] == [2, 3, 4, 5, 6]


def test_entering_by_hand_counts_and_stops_at_the_limit(
    county_bole: Actor, neighbours: None, five_a_day: None
) -> None:
    run(county_bole, rows(0, 1, 2, 3))
    with acting(county_bole):
        for n, said in ((4, "registered_elsewhere"), (5, "elsewhere_limit"), (4, "registered_elsewhere")):
            with pytest.raises(Refused) as refused:
                save_by_hand(
                    by=county_bole,
                    region=BOLE,
                    year=2025,
                    values={"uscc": code(n), "name": f"博乐第{n}有限公司"},
                )
            assert refused.value.code == said


def test_another_officer_has_a_limit_of_their_own(
    county_bole: Actor, neighbours: None, five_a_day: None, person: Any
) -> None:
    run(county_bole, rows(*range(8)))
    colleague = person("county.colleague", "county", BOLE)
    assert sum(p.code == "registered_elsewhere" for p in run(colleague, rows(*range(8))).problems) == 5


def test_the_limit_holds_for_all_places_of_an_officer_together(
    county_bole: Actor, county_jinghe: Actor, neighbours: None, five_a_day: None
) -> None:
    from dataclasses import replace

    from tests.conftest import WENQUAN

    run(county_bole, rows(0, 1, 2, 3))
    there = replace(county_bole, region_path=WENQUAN)
    with acting(there):
        assert told_of(by=there, region=WENQUAN, codes=[code(6), code(7)]) == {code(6)}


def test_a_whole_day_is_counted_by_the_clock_of_the_office(
    county_bole: Actor, neighbours: None, five_a_day: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datetime as dt

    run(county_bole, rows(*range(8)))
    tomorrow = dt.date.today() + dt.timedelta(days=2)  # noqa: DTZ011
    monkeypatch.setattr("enterprises.actions.elsewhere.timezone.localdate", lambda: tomorrow)
    with acting(county_bole):
        assert len(told_of(by=county_bole, region=BOLE, codes=[code(6), code(7)])) == 2


def test_the_answer_of_the_form_is_kept_although_the_form_is_refused(
    client: Any, county_bole: Actor, neighbours: None
) -> None:
    from tests.tenancy.test_sign_in import sign_in

    sign_in(client, county_bole)
    page = client.post("/data/entry/", {"uscc": code(3), "name": "博乐第3有限公司", "year": "2025"})
    assert page.status_code == 422 and "已在其他县（市）登记" in page.content.decode()
    with nation():
        assert list(ElsewhereAnswer.objects.values_list("uscc", flat=True)) == [code(3)]
