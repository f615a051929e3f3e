"""Imports into the real database, under row-level security."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enterprises.actions import import_workbook
from enterprises.models import AnnualFigures, Enterprise, ImportBatch, ImportProblem, NameHistory
from enterprises.queries import facts, registered_elsewhere
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, BORTALA, JINGHE
from tests.enterprises import books
from tests.enterprises.books import code

HEAD = [
    "统一社会信用代码",
    "企业名称",
    "营业收入（万元）",
    "上年度营业收入（万元）",
    "从业人员",
    "所在园区",
    "成立日期",
]
ROWS = [
    [code(1), "甲机械有限公司", 1000.5, 900, 20, "东园", "2019年7月"],
    [code(2), "乙食品（博乐）有限公司", 2000, None, None, None, dt.date(2001, 2, 3)],
    [code(3), "丙<棉>业有限公司", None, None, None, None, None],
]


def run(
    by: Actor, rows: list[list[Any]], *, region: str | None = None, head: list[str] = HEAD, **more: Any
) -> Any:
    with acting(by):
        return import_workbook(
            by=by, region=region or by.region_path, year=2025, file=books.xlsx(("表", [head, *rows])), **more
        )


def counts(result: Any) -> tuple[int, ...]:
    return (result.rows, result.created, result.updated, result.unchanged, result.failed)


def registry() -> list[tuple]:
    with nation():
        return [
            *Enterprise.objects.order_by("uscc").values_list(
                "uscc", "name", "region_id", "park", "version", "updated_at"
            ),
            *AnnualFigures.objects.order_by("enterprise__uscc", "year").values_list(
                "year", "revenue", "employees", "version"
            ),
        ]


def test_new_rows_are_created_with_their_figures_and_source(county_bole: Actor) -> None:
    result = run(county_bole, ROWS)
    assert counts(result) == (3, 3, 0, 0, 0) and result.exit_status == 0
    with acting(county_bole):
        first = Enterprise.objects.get(uscc=code(1))
        assert (first.region_id, first.park, first.established_on) == (BOLE, "东园", dt.date(2019, 7, 1))
        assert first.established_month_only and first.initials == "jjxyxgs" and first.source_row == 2
        assert {f.year: f.revenue for f in first.figures.all()} == {
            2025: Decimal("10005000.00"),
            2024: Decimal("9000000.00"),
        }
        figures = first.figures.get(year=2024)
        assert (figures.source_sheet, figures.source_row, figures.import_batch_id) == (
            "表",
            2,
            result.batch_id,
        )
        assert Enterprise.objects.get(uscc=code(3)).figures.count() == 0


def test_e_20_the_same_file_twice_changes_nothing(county_bole: Actor) -> None:
    run(county_bole, ROWS)
    before = registry()
    assert counts(run(county_bole, ROWS)) == (3, 0, 0, 3, 0)
    assert registry() == before


def test_an_empty_cell_never_erases_and_the_word_does(county_bole: Actor) -> None:
    run(county_bole, ROWS)
    assert counts(run(county_bole, [[code(1), "甲机械有限公司"]])) == (1, 0, 0, 1, 0)
    assert counts(run(county_bole, [[code(1), "甲机械有限公司", "清除", None, "—", "清除"]])) == (
        1,
        0,
        1,
        0,
        0,
    )
    with acting(county_bole):
        first = Enterprise.objects.get(uscc=code(1))
        figures = first.figures.get(year=2025)
        assert first.park is None and figures.revenue is None and figures.employees == 20
        assert first.figures.get(year=2024).revenue == 9_000_000


def test_what_is_right_is_imported_and_what_is_wrong_is_not(county_bole: Actor) -> None:
    result = run(county_bole, [*ROWS, [code(4), "丁公司", "约5千万"], [code(1), "又是甲"]])
    assert counts(result) == (5, 3, 0, 0, 2) and result.exit_status == 2
    assert [(p.row, p.column, p.code) for p in result.problems if p.is_error] == [
        (5, "C", "not_a_number"),
        (6, "A", "uscc_twice"),
    ]
    with acting(county_bole):
        batch = ImportBatch.objects.get(pk=result.batch_id)
        assert batch.state == "done" and batch.counts["created"] == 3
        stored = ImportProblem.objects.get(batch=batch, code="not_a_number")
        assert (stored.sheet, stored.row, stored.column, stored.value) == ("表", 5, "C", "约5千万")


def test_all_or_nothing_writes_nothing_when_a_row_fails(county_bole: Actor) -> None:
    result = run(county_bole, [*ROWS, [code(4), "丁公司", "约5千万"]], all_or_nothing=True)
    assert counts(result) == (4, 0, 0, 0, 1) and result.exit_status == 2 and registry() == []
    assert counts(run(county_bole, ROWS, all_or_nothing=True)) == (3, 3, 0, 0, 0)


def test_a_dry_run_gives_the_same_counts_and_writes_nothing_at_all(county_bole: Actor) -> None:
    run(county_bole, ROWS[:1])
    rows = [[code(1), "甲机械有限公司", 5], *ROWS[1:], [code(4), "", 1]]
    with nation():
        before = (ImportBatch.objects.count(), ImportProblem.objects.count(), AuditEntry.objects.count())
    dry = run(county_bole, rows, dry_run=True)
    with nation():
        assert before == (
            ImportBatch.objects.count(),
            ImportProblem.objects.count(),
            AuditEntry.objects.count(),
        )
    real = run(county_bole, rows)
    assert counts(dry) == counts(real) == (4, 2, 1, 0, 1)
    assert [p.code for p in dry.problems] == [p.code for p in real.problems]


def test_a_17_an_enterprise_registered_elsewhere_is_never_touched_and_never_shown(
    county_bole: Actor, county_jinghe: Actor
) -> None:
    run(county_jinghe, ROWS)
    before = registry()
    result = run(county_bole, [[code(1), "被抢的公司", 1], [code(9), "自己的公司", 2]])
    assert counts(result) == (2, 1, 0, 0, 1)
    problem = next(p for p in result.problems if p.is_error)
    assert (problem.row, problem.column, problem.code, problem.params) == (2, "A", "registered_elsewhere", {})
    assert "精河" not in str(result.as_json()) and "甲机械" not in str(result.as_json())
    assert [row for row in registry() if row in before] == before
    with acting(county_bole):
        assert Enterprise.objects.count() == 1
        assert registered_elsewhere([code(1), code(9), code(77)]) == {code(1)}
    with acting(county_jinghe):
        assert registered_elsewhere([code(1), code(9)]) == {code(9)}


def test_a_prefecture_imports_for_its_counties_and_never_beyond(
    prefecture_bortala: Actor, county_jinghe: Actor
) -> None:
    head = ["统一社会信用代码", "企业名称", "所属县（市、区）"]
    rows = [
        [code(1), "甲公司", "博乐市"],
        [code(2), "乙公司", 652722],
        [code(3), "丙公司", None],
        [code(4), "丁公司", "红旗区"],
    ]
    result = run(prefecture_bortala, rows, head=head)
    assert counts(result) == (4, 3, 0, 0, 1)
    assert [(p.row, p.column, p.code) for p in result.problems if p.is_error] == [(5, "C", "region_outside")]
    with acting(prefecture_bortala):
        assert dict(Enterprise.objects.values_list("uscc", "region_id")) == {
            code(1): BOLE,
            code(2): JINGHE,
            code(3): BORTALA,
        }
    # Narrowed to one county, the neighbour's enterprise is registered elsewhere even for the prefecture.
    assert [
        p.code for p in run(prefecture_bortala, [[code(2), "乙公司"]], region=BOLE).problems if p.is_error
    ] == ["registered_elsewhere"]
    # The place of registration is no fact of the workbook.
    moved = run(prefecture_bortala, [[code(1), "甲公司", "精河县"]], head=head)
    assert counts(moved) == (1, 0, 0, 1, 0) and [p.code for p in moved.problems] == ["region_differs"]


def test_permission_comes_first(county_bole: Actor, person: Any) -> None:
    auditor = person("auditor.652701", "auditor", BOLE)
    with pytest.raises(Denied):
        run(auditor, ROWS)
    with pytest.raises(Denied):
        run(county_bole, ROWS, region=JINGHE)
    assert registry() == []


def test_l_12_a_new_name_keeps_the_old_one_as_alias_and_an_old_list_does_not_rename_back(
    county_bole: Actor,
) -> None:
    run(county_bole, ROWS)
    assert counts(run(county_bole, [[code(1), "甲重工有限公司"]])) == (1, 0, 1, 0, 0)
    back = run(county_bole, [[code(1), "甲机械有限公司"]])
    assert counts(back) == (1, 0, 0, 1, 0) and [p.code for p in back.problems] == ["former_name"]
    with acting(county_bole):
        assert Enterprise.objects.get(uscc=code(1)).name == "甲重工有限公司"
        assert [h.name for h in NameHistory.objects.all()] == ["甲机械有限公司"]


def test_e_16_other_brackets_and_widths_are_the_same_name(county_bole: Actor) -> None:
    run(county_bole, ROWS)
    assert counts(run(county_bole, [[code(2), "乙食品(博乐)  有限公司"]])) == (1, 0, 0, 1, 0)
    with acting(county_bole):
        assert Enterprise.objects.get(uscc=code(2)).name == "乙食品（博乐）有限公司"


def test_l_05_the_same_name_under_another_code_is_a_warning(county_bole: Actor) -> None:
    run(county_bole, ROWS)
    result = run(county_bole, [[code(8), "甲机械有限公司"]])
    assert counts(result) == (1, 1, 0, 0, 0)
    assert [(p.severity, p.code, p.params["uscc"]) for p in result.problems] == [
        ("warning", "name_registered", code(1))
    ]


def test_every_version_is_in_the_row_history_and_cannot_be_changed(county_bole: Actor) -> None:
    run(county_bole, ROWS)
    run(county_bole, [[code(1), "甲机械有限公司", 7]])
    event = AnnualFigures.pgh_event_model
    with acting(county_bole):
        versions = event.objects.filter(enterprise__uscc=code(1), year=2025).order_by("pgh_id")
        assert [(v.pgh_label, v.revenue, v.region_id) for v in versions] == [
            ("insert", Decimal("10005000.00"), BOLE),
            ("update", Decimal("70000.00"), BOLE),
        ]
        assert Enterprise.pgh_event_model.objects.filter(uscc=code(1)).count() == 1
    with pytest.raises(Exception, match="permission denied|append-only"), acting(county_bole):
        event.objects.update(revenue=0)


def test_one_audit_row_per_import(county_bole: Actor) -> None:
    result = run(county_bole, [*ROWS, [code(1), "x"]])
    with acting(county_bole):
        entry = AuditEntry.objects.get(action="enterprises.import")
        assert (
            entry.detail["created"] == 3
            and entry.detail["failed"] == 1
            and str(result.batch_id) in entry.subject
        )


def test_e_19_a_personal_number_is_nowhere_in_clear_and_its_file_is_not_kept(county_bole: Actor) -> None:
    result = run(county_bole, [["11010519491231002X", "甲公司"]])
    assert counts(result) == (1, 0, 0, 0, 1)
    assert "194912" not in str(result.as_json())
    with acting(county_bole):
        batch = ImportBatch.objects.get(pk=result.batch_id)
        assert batch.file is None and "194912" not in str(list(ImportProblem.objects.values())) + str(
            batch.layout
        )


def test_the_number_of_queries_does_not_grow_with_the_rows(county_bole: Actor) -> None:
    def queries(count: int, start: int) -> int:
        with acting(county_bole), CaptureQueriesContext(connection) as seen:
            import_workbook(
                by=county_bole, region=BOLE, year=2025,
                file=books.xlsx(("表", books.plain(count, start, **{"营业收入（元）": 1, "从业人员": 2}))),
            )  # fmt: skip
        return len(seen)

    assert queries(200, 1000) <= queries(2, 1) <= 60


@pytest.mark.parametrize(("region", "tier"), [(BOLE, "county"), (BORTALA, "prefecture")])
def test_facts_are_the_judges_own_names_and_units(
    county_bole: Actor, prefecture_bortala: Actor, region: str, tier: str
) -> None:
    run(county_bole, ROWS)
    with (
        acting(county_bole if tier == "county" else prefecture_bortala),
        CaptureQueriesContext(connection) as seen,
    ):
        found = list(facts(region, 2025))
    assert len(seen) == 1
    assert [f.uscc for f in found] == [code(1), code(2), code(3)]
    assert found[0].facts == {
        "uscc": code(1), "name": "甲机械有限公司", "park": "东园", "established_on": dt.date(2019, 7, 1),
        "revenue": 1_000_500_000, "revenue[Y-1]": 900_000_000, "employees": 20,
    }  # fmt: skip
