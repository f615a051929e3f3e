from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.utils import translation

from cultivation.actions import evaluate
from enterprises.models import ImportBatch
from portal.models import QuarterlySnapshot
from portal.quarters import QuarterNotEnded, close_quarter, closed, due
from portal.reports.closed import Quarter, add
from portal.reports.content import content
from tenancy.access import Denied
from tenancy.context import acting, nation
from tests.conftest import BOLE, BORTALA, JINGHE
from tests.cultivation.world import YEAR, enterprise

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


Q3 = Quarter(2026, 3)
IN_TIME = datetime(2026, 10, 8, 2, 30, tzinfo=UTC)
LATE = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)


@pytest.fixture
def world(prefecture_bortala):
    enterprise(1, BOLE, innovative_valid_until=date(2027, 6, 30))
    enterprise(2, BOLE, specialised_valid_until=date(2026, 9, 30), innovative_valid_until=date(2027, 1, 1))
    enterprise(3, BOLE, figures={"rd_expense": Decimal(0), "ip1_self_developed": 0, "ip1": 0})
    enterprise(4, BOLE, figures={"rd_expense": None})
    enterprise(5, JINGHE, figures={"on_abnormal_list": True}, little_giant_valid_until=date(2026, 9, 29))
    enterprise(6, JINGHE, state="deregistered")
    with acting(prefecture_bortala):
        evaluate(by=prefecture_bortala, region=BORTALA, tier="innovative", year=YEAR, on=date(2026, 9, 30))
    enterprise(7, JINGHE)
    return prefecture_bortala


def close(actor, now=IN_TIME, quarter=Q3, region=None):
    with acting(actor):
        return {
            c.snapshot.region_id: c
            for c in close_quarter(quarter=quarter, region=region or actor.region_path, by=actor, now=now)
        }


def test_a_county_counts_titles_sizes_and_judgements(world):
    figures = close(world)[BOLE].snapshot.figures
    assert figures["enterprises"] == 4
    assert figures["tiers"] == {"innovative": 1, "specialised": 1, "none": 2}
    assert figures["sizes"] == {"small": 4}
    assert figures["industries"] == {"C": 4}
    assert figures["judging"] == {"pass": 2, "near": 1, "unknown": 1, "judged": 4}
    assert figures["lacked"] == {"MIN_INNOVATION": 1}
    assert figures["unknown_facts"] == {"rd_expense": 1}


def test_an_entry_condition_keeps_from_being_nearly_qualified_and_titles_end_with_their_day(world):
    figures = close(world)[JINGHE].snapshot.figures
    assert figures["judging"] == {"fail": 1, "not_judged": 1, "judged": 1}
    assert figures["tiers"] == {"none": 2}
    assert figures["states"] == {"active": 2, "deregistered": 1}


def test_the_prefecture_is_the_sum_of_its_counties(world):
    found = close(world)
    counties = [c.snapshot.figures for path, c in found.items() if path.count("/") == 3]
    assert len(counties) == 4
    total = counties[0]
    for each in counties[1:]:
        total = add(total, each)
    assert found[BORTALA].snapshot.figures == total
    assert found[BORTALA].snapshot.figures["enterprises"] == 6


def test_a_second_closing_counts_nothing_again(world):
    first = close(world)
    enterprise(8, BOLE)
    second = close(world, LATE)
    assert all(c.created for c in first.values())
    assert not any(c.created for c in second.values())
    assert second[BOLE].snapshot.figures["enterprises"] == 4


def test_a_county_closed_before_keeps_its_snapshot_and_the_prefecture_sums_it(world, county_bole):
    assert close(county_bole)[BOLE].created
    enterprise(8, BOLE)
    found = close(world)
    assert not found[BOLE].created
    assert found[BORTALA].snapshot.figures["enterprises"] == 6


def test_a_running_quarter_is_refused_by_the_clock_of_shanghai(world):
    with pytest.raises(QuarterNotEnded):
        close(world, datetime(2026, 9, 30, 15, 59, tzinfo=UTC))
    assert close(world, datetime(2026, 9, 30, 16, 0, tzinfo=UTC))


def test_the_neighbour_may_not_close(county_jinghe):
    with pytest.raises(Denied), acting(county_jinghe):
        close_quarter(quarter=Q3, region=BOLE, by=county_jinghe, now=IN_TIME)


def test_a_snapshot_is_never_changed(world):
    close(world)
    with pytest.raises(DatabaseError), nation(), transaction.atomic():
        QuarterlySnapshot.objects.update(late=True)


def test_a_quarter_caught_up_late_is_marked_and_says_what_is_unsafe(world):
    snapshot = close(world, LATE)[BOLE].snapshot
    assert snapshot.late
    with acting(world):
        late = content(closed(snapshot))["late"]
    assert "2026 年 11 月 22 日补计" in late
    assert "仅供参考" in late
    assert "可以比较" in late


def test_an_evaluation_of_a_later_day_does_not_count(prefecture_bortala):
    enterprise(1, BOLE)
    with acting(prefecture_bortala):
        evaluate(by=prefecture_bortala, region=BORTALA, tier="innovative", year=YEAR, on=date(2026, 10, 1))
    assert close(prefecture_bortala)[BOLE].snapshot.figures["judging"] == {"not_judged": 1, "judged": 0}


def test_imports_count_by_the_day_in_shanghai(world):
    with nation():
        for at, rows in (
            ("2026-06-30T15:59Z", 1),
            ("2026-06-30T16:00Z", 10),
            ("2026-09-30T15:59Z", 100),
            ("2026-09-30T16:00Z", 1000),
        ):
            ImportBatch.objects.create(
                region_id=BOLE,
                name="a.xlsx",
                sha256="0" * 64,
                year=YEAR,
                state="done",
                created_at=at,
                finished_at=at,
                counts={"rows": rows, "created": rows, "updated": 0, "unchanged": 0, "failed": 0},
            )
    imports = close(world)[BOLE].snapshot.figures["imports"]
    assert (imports["batches"], imports["rows"]) == (2, 110)


def test_the_next_quarter_compares_with_the_one_before(world):
    close(world, datetime(2026, 7, 2, tzinfo=UTC), Quarter(2026, 2))
    enterprise(8, BOLE)
    snapshot = close(world)[BOLE].snapshot
    assert snapshot.compared["previous"]["figures"]["enterprises"] == 4
    with acting(world):
        context = content(closed(snapshot))
    assert context["main"].rows[0] == ["在册企业", "家", "5", "4", "+1", "—"]
    assert "比二季度末增加 1 家" in context["overall"]


def test_what_is_due_is_every_quarter_since_the_last_one_closed(world):
    now = datetime(2026, 11, 22, tzinfo=UTC)
    with nation():
        assert ("65/", Q3) in due(now)
    with nation():
        QuarterlySnapshot.objects.bulk_create(
            [
                QuarterlySnapshot(
                    region_id="65/",
                    quarter="2026Q1",
                    ends_on=date(2026, 3, 31),
                    counted_at=now,
                    late=True,
                    figures={},
                    compared={},
                    annex=[],
                    legend={},
                    audit_head={},
                )
            ]
        )
        assert [q for path, q in due(now) if path == "65/"] == [Quarter(2026, 2), Q3]


@pytest.mark.parametrize("text", ["2026Q0", "2026Q5", "26Q3", "2026-3", "2026Q33", "２０２６Q3", ""])
def test_what_is_no_quarter_is_refused(text):
    with pytest.raises(ValueError):
        Quarter.parse(text)


def test_quarters_know_their_days():
    assert (Quarter(2026, 4).starts_on, Quarter(2026, 4).ends_on) == (date(2026, 10, 1), date(2026, 12, 31))
    assert Quarter(2026, 1).shift(-1) == Quarter(2025, 4)
    assert Quarter.of(date(2026, 9, 30)) == Q3
