"""An import is taken back whole until something builds on it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cultivation.actions import evaluate
from cultivation.models import Evaluation, LastJudged, Tier
from enterprises.actions.entry import Refused, save_by_hand
from enterprises.actions.proposals import decide
from enterprises.actions.taking_back import take_back
from enterprises.models import AnnualFigures, Enterprise, ImportBatch, NameHistory, Proposal
from enterprises.rules.fields import ENTERPRISE_FIELDS, FIGURE_FIELDS
from portal.pages.take_back import take_back_import
from portal.quarters import close_quarter
from portal.reports.closed import Quarter
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tests.conftest import BOLE
from tests.enterprises.books import code
from tests.enterprises.test_import import ROWS, counts, run
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db


def state() -> list[Any]:
    """Every fact of the registry, and the former names."""
    with nation():
        return [
            list(Enterprise.objects.order_by("uscc").values(
                "uscc", "region_id", "name_key", "pinyin", "initials", "established_month_only", "import_batch_id",
                "source_file", "source_row", *(f.code for f in ENTERPRISE_FIELDS))),
            list(AnnualFigures.objects.order_by("enterprise__uscc", "year").values(
                "enterprise__uscc", "year", "import_batch_id", "source_row", *(f.code for f in FIGURE_FIELDS))),
            list(NameHistory.objects.order_by("name").values_list("name", flat=True)),
        ]  # fmt: skip


def batch_of(result: Any) -> ImportBatch:
    with nation():
        return ImportBatch.objects.get(pk=result.batch_id)


CHANGED = [
    [code(1), "甲重工有限公司", 1, 2, 3, "清除", "2001-01-01"],
    [code(2), "乙食品（博乐）有限公司", 5, None, None, None, None],
    [code(8), "新来的有限公司", 5, 6, None, None, None],
]


def test_everything_is_as_it_was_before(county_bole: Actor) -> None:
    run(county_bole, ROWS)
    before = state()
    result = run(county_bole, CHANGED)
    assert counts(result) == (3, 1, 2, 0, 0) and state() != before
    with acting(county_bole):
        done = take_back(by=county_bole, batch=batch_of(result))
        assert done.state == "taken_back" and done.taken_back_by_id == county_bole.officer_id
        again = take_back(by=county_bole, batch=done)
    assert again.taken_back_at == done.taken_back_at and state() == before


def test_an_import_that_was_written_twice_is_taken_back_to_before_the_first(county_bole: Actor) -> None:
    from enterprises.actions.imports import write_batch
    from tests.enterprises.test_questions import upload

    run(county_bole, ROWS)
    before = state()
    batch = upload(county_bole, [[code(1), "甲机械有限公司", 7], [code(9), "己有限公司", "x"]])
    with acting(county_bole):
        batch = write_batch(by=county_bole, batch=batch)
        batch = write_batch(
            by=county_bole, batch=batch, mapping={"cells": {"表": {"2": {"C": "8"}, "3": {"C": "9"}}}}
        )
        assert AnnualFigures.objects.get(enterprise__uscc=code(9)).revenue == 90_000
        take_back(by=county_bole, batch=batch)
    assert state() == before


def test_the_same_workbook_can_be_imported_again_afterwards(county_bole: Actor) -> None:
    result = run(county_bole, ROWS)
    with acting(county_bole):
        take_back(by=county_bole, batch=batch_of(result))
    assert state() == [[], [], []]
    assert counts(run(county_bole, ROWS)) == (3, 3, 0, 0, 0)


def _by_hand(by: Actor) -> None:
    save_by_hand(
        by=by, region=BOLE, year=2025, values={"revenue": Decimal(77)},
        enterprise=Enterprise.objects.get(uscc=code(1)),
    )  # fmt: skip


def _another_year(by: Actor) -> None:
    save_by_hand(
        by=by, region=BOLE, year=2020, values={"revenue": Decimal(77)},
        enterprise=Enterprise.objects.get(uscc=code(1)),
    )  # fmt: skip


def _another_import(by: Actor) -> None:
    run(by, [[code(1), "甲机械有限公司", 4, None, None, None, None]])


@pytest.mark.parametrize("builds", [_by_hand, _another_year, _another_import])
def test_what_was_changed_since_stands_in_the_way_and_nothing_is_touched(
    county_bole: Actor, builds: Any
) -> None:
    result = run(county_bole, ROWS)
    with acting(county_bole):
        builds(county_bole)
    before = state()
    with acting(county_bole), pytest.raises(Refused) as refused:
        take_back(by=county_bole, batch=batch_of(result))
    assert refused.value.code == "built_on" and refused.value.params["count"] >= 1
    assert state() == before and batch_of(result).state == "done"


def test_judgements_by_the_timetable_do_not_stand_in_the_way(county_bole: Actor) -> None:
    result = run(county_bole, ROWS)
    with acting(county_bole):
        evaluate(by=county_bole, region=BOLE, tier=Tier.INNOVATIVE, year=2025, on=timezone.localdate())
        take_back_import(by=county_bole, batch=batch_of(result))
    with nation():
        assert not Enterprise.objects.exists() and not LastJudged.objects.exists()
        assert Evaluation.objects.count() == 3, "acts are never taken away"


def test_what_a_quarter_has_counted_stays(county_bole: Actor) -> None:
    result = run(county_bole, ROWS)
    with acting(county_bole):
        close_quarter(
            quarter=Quarter.of(timezone.localdate()).shift(-1), region=BOLE, by=county_bole,
            now=timezone.now() + dt.timedelta(minutes=1),
        )  # fmt: skip
        with pytest.raises(Refused) as refused:
            take_back_import(by=county_bole, batch=batch_of(result))
    assert refused.value.code == "counted_since"


def test_proposals_go_with_the_import_and_an_accepted_one_keeps_it(
    county_bole: Actor, prefecture_bortala: Actor
) -> None:
    run(county_bole, ROWS)
    head = ["统一社会信用代码", "企业名称", "营业收入（万元）", "从业人员"]
    result = run(prefecture_bortala, [[code(1), "甲机械有限公司", 1, 99]], head=head, region=BOLE)
    assert result.proposed == 2
    with acting(county_bole):
        with nation():
            one = Proposal.objects.get(field="employees")
        decide(by=county_bole, proposals=[one], accept=True)
    with acting(prefecture_bortala), pytest.raises(Refused):
        take_back(by=prefecture_bortala, batch=batch_of(result))
    other = run(prefecture_bortala, [[code(1), "甲机械有限公司", 3, None]], head=head, region=BOLE)
    with acting(prefecture_bortala):
        take_back(by=prefecture_bortala, batch=batch_of(other))
    with nation():
        assert Proposal.objects.get(field="revenue").state == "withdrawn"


def test_a_neighbour_takes_nothing_back(county_bole: Actor, county_jinghe: Actor, client: Client) -> None:
    batch = batch_of(run(county_bole, ROWS))
    with acting(county_jinghe), pytest.raises(Denied):
        take_back(by=county_jinghe, batch=batch)
    sign_in(client, county_jinghe)
    assert client.post(f"/data/imports/{batch.public_id}/take-back/").status_code == 404
    sign_in(client, county_bole)
    page = client.post(f"/data/imports/{batch.public_id}/take-back/", follow=True).content.decode()
    assert "已收回" in page and state() == [[], [], []]


def test_a_later_import_that_was_taken_back_stands_in_nobodys_way(county_bole: Actor) -> None:
    before = state()
    first = run(county_bole, ROWS)
    second = run(county_bole, CHANGED)
    with acting(county_bole):
        take_back(by=county_bole, batch=batch_of(second))
        take_back(by=county_bole, batch=batch_of(first))
    assert state() == before
