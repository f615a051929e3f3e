"""Rows mended on the page, corrections remembered for the next workbook, and what an import changes."""

from typing import Any

import pytest
from django.test import Client

from enterprises.actions import imports
from enterprises.models import AnnualFigures, Enterprise, ImportBatch, ImportChange, RememberedLayout
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.enterprises import books
from tests.enterprises.books import code
from tests.enterprises.test_questions import answered, upload
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
BAD = [
    [code(1), "甲有限公司", "约5千万", None, None, None, None],
    [code(2), "乙有限公司", 7, None, "三十", None, "2019-13-01"],
    [code(3), "丙有限公司", 8, None, None, None, None],
]


def test_mended_cells_are_read_instead_of_what_the_workbook_says(county_bole: Actor) -> None:
    batch = upload(county_bole, BAD)
    assert (batch.counts["failed"], batch.counts["created"]) == (2, 1)
    done = answered(
        county_bole, batch, cells={"表": {"2": {"C": "5,000"}, "3": {"E": "30", "G": "2019年7月"}}}
    )
    assert (done.counts["failed"], done.counts["created"]) == (0, 3)
    with nation():
        assert AnnualFigures.objects.get(enterprise__uscc=code(1)).revenue == 50_000_000
        second = Enterprise.objects.get(uscc=code(2))
        assert second.established_month_only and second.source_row == 3


def test_a_written_import_takes_its_failed_rows_later_and_leaves_the_others(county_bole: Actor) -> None:
    batch = upload(county_bole, BAD)
    with acting(county_bole):
        batch = imports.write_batch(by=county_bole, batch=batch)
        version = Enterprise.objects.get(uscc=code(3)).version
        batch = imports.write_batch(
            by=county_bole, batch=batch, mapping={"cells": {"表": {"2": {"C": "5000"}}}}
        )
        assert (batch.state, batch.counts["created"], batch.counts["unchanged"]) == ("done", 1, 1)
        assert (batch.counts["failed"], batch.counts["total_created"]) == (1, 2)
        assert Enterprise.objects.get(uscc=code(3)).version == version


@pytest.mark.parametrize(
    "cells",
    [{"表": {"0": {"C": "5"}}}, {"表": {"x": {"C": "5"}}}, {"表": {"99999": {"C": "5"}}}, {"表": {"2": "5"}},
     {"表": {"2": {"": "5", "ZZZZZZ": "6", "C": 7}}}, {"没有": {"2": {"C": "5"}}}],
)  # fmt: skip
def test_mended_cells_that_are_nowhere_change_nothing(county_bole: Actor, cells: Any) -> None:
    batch = upload(county_bole, BAD)
    done = answered(county_bole, batch, cells=cells)
    assert (done.counts["failed"], done.counts["created"]) == (2, 1)


def test_the_page_shows_each_failed_cell_and_takes_the_new_text(
    client: Client, county_bole: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = upload(county_bole, BAD)
    started: list[dict[str, Any]] = []

    def start(**job: Any) -> str:
        started.append(job)
        return "/jobs/"

    monkeypatch.setattr("enterprises.views.mending.jobs.start", start)
    sign_in(client, county_bole)
    address = f"/data/imports/{batch.public_id}/mend/"
    text = client.get(address).content.decode()
    assert 'name="c-0-2-C"' in text and 'value="约5千万"' in text and "甲有限公司" in text
    assert 'name="c-0-3-E"' in text and 'name="c-0-3-G"' in text and 'name="c-0-4-C"' not in text
    client.post(address, {"c-0-2-C": "5000", "c-0-3-E": "三十", "c-0-4-C": "1", "c-9-1-A": "x"})
    assert started[0]["params"]["mapping"] == {"cells": {"表": {"2": {"C": "5000"}}}}
    client.post(address, {"c-0-2-C": "约5千万"})
    assert len(started) == 1, "nothing was changed, so nothing is started"


def test_a_question_is_answered_on_the_page(
    client: Client, county_bole: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = upload(county_bole, [[code(1), "甲有限公司", 5], [code(1), "甲有限公司", 6]])
    started: list[dict[str, Any]] = []
    monkeypatch.setattr("enterprises.views.mending.jobs.start", lambda **job: started.append(job) or "/jobs/")
    sign_in(client, county_bole)
    address = f"/data/imports/{batch.public_id}/mend/"
    text = client.get(address).content.decode()
    assert "用这一行，前面那一行不写入" in text and "表 表第 2 行" in text.replace("  ", " ")
    client.post(address, {"a-0-3": "instead:表!2"})
    assert started[0]["params"]["mapping"]["answers"] == {"表!2": "skip", "表!3": "ok"}


HEADS = ["信用代码", "企业名称", "{year}年产值（千元）", "说明"]
CHOSEN = {"C": {"field": "revenue", "unit": "千元", "year": 2025}, "D": None}


def test_corrections_are_remembered_for_the_next_workbook_of_that_shape(county_bole: Actor) -> None:
    heads = [head.format(year=2025) for head in HEADS]
    batch = upload(county_bole, [[code(1), "甲有限公司", 5, "好"]], head=heads)
    answered(county_bole, batch, sheets={"表": {"columns": CHOSEN}})
    heads = [head.format(year=2026) for head in HEADS]
    batch = upload(county_bole, [[code(2), "乙有限公司", 6, "好"]], head=heads, year=2026)
    (sheet,) = batch.layout
    assert sheet["remembered"]
    assert [(c["field"], c["year"], c["unit"]) for c in sheet["columns"]][2:] == [
        ("revenue", 2026, "千元"),
        ("", None, ""),
    ]
    with nation():
        assert not batch.problems.filter(code="unknown_column").exists()


def test_a_neighbour_does_not_inherit_corrections(county_bole: Actor, county_jinghe: Actor) -> None:
    heads = [head.format(year=2025) for head in HEADS]
    answered(
        county_bole,
        upload(county_bole, [[code(1), "甲有限公司", 5, ""]], head=heads),
        sheets={"表": {"columns": CHOSEN}},
    )
    batch = upload(county_jinghe, [[code(2), "乙有限公司", 5, ""]], head=heads)
    assert not batch.layout[0]["remembered"]
    with nation():
        assert RememberedLayout.objects.count() == 1


def test_what_was_there_before_is_shown_before_and_after(client: Client, county_bole: Actor) -> None:
    head = ["统一社会信用代码", "企业名称", "营业收入（万元）", "所在园区", "自主品牌"]
    with acting(county_bole):
        imports.import_workbook(
            by=county_bole, region=county_bole.region_path, year=2025,
            file=books.xlsx(("表", [head, [code(1), "甲有限公司", 5, "东园", "是"], [code(2), "乙有限公司", 5]])),
        )  # fmt: skip
    rows = [
        [code(1), "甲股份有限公司", 5.5, "清除", None],
        [code(2), "乙有限公司", 5],
        [code(3), "丙有限公司"],
    ]
    batch = upload(county_bole, rows, head=head)
    with nation():
        (change,) = ImportChange.objects.filter(batch=batch)
    assert (change.uscc, change.sheet, change.row) == (code(1), "表", 2)
    assert change.changes == [
        ["name", None, "甲有限公司", "甲股份有限公司"],
        ["park", None, "东园", None],
        ["revenue", 2025, "50000.00", "55000.00"],
    ]
    sign_in(client, county_bole)
    text = client.get(f"/data/imports/{batch.public_id}/changes/").content.decode()
    assert "5.50 万元" in text and "5.00 万元" in text and "清除" in text and "丙有限公司" not in text
    with acting(county_bole):
        assert Enterprise.objects.get(uscc=code(1)).name == "甲有限公司", "a dry run writes nothing"
        imports.write_batch(by=county_bole, batch=batch)
    with nation():
        assert ImportChange.objects.get(batch=batch).changes == change.changes


def test_new_figures_of_a_known_enterprise_are_a_change_from_nothing(county_bole: Actor) -> None:
    answered(county_bole, upload(county_bole, [[code(1), "甲有限公司", 5]]))
    batch = upload(county_bole, [[code(1), "甲有限公司", 6]], year=2024)
    with nation():
        assert ImportChange.objects.get(batch=batch).changes == [["revenue", 2024, None, "60000.00"]]
        assert ImportBatch.objects.get(pk=batch.pk).counts["updated"] == 1
