"""Questions about rows: both sides are shown, the row waits, and the answer is kept to."""

import datetime as dt
from typing import Any

import pytest

from enterprises.actions import imports
from enterprises.actions.entry import set_state
from enterprises.models import AnnualFigures, Enterprise, ImportBatch
from enterprises.rules.answers import OK, SAME, SKIP, place_of
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.enterprises import books
from tests.enterprises.books import code
from tests.enterprises.test_import import HEAD, run

pytestmark = pytest.mark.django_db


def upload(by: Actor, rows: list[list[Any]], *, head: list[str] = HEAD, year: int = 2025) -> ImportBatch:
    file = books.xlsx(("表", [head, *rows]))
    with acting(by):
        return imports.check_upload(
            by=by, region=by.region_path, year=year, name="企业汇总.xlsx", chunks=[file.getvalue()]
        )


def answered(by: Actor, batch: ImportBatch, **more: Any) -> ImportBatch:
    with acting(by):
        batch = imports.recheck(by=by, batch=batch, mapping={**batch.mapping, **more})
        return imports.write_batch(by=by, batch=batch)


def names() -> list[str]:
    with nation():
        return list(Enterprise.objects.order_by("pk").values_list("name", flat=True))


def twin_of(n: int) -> str:
    """Another code with the same organisation code inside, as after a move to another registration."""
    from stdnum.cn import uscc

    body = "93" + code(n)[2:17]
    return body + uscc.calc_check_digit(body)


TWINS = {
    "name_registered": [code(7), "甲机械有限公司"],
    "name_alike": [code(7), "甲乙丙丁机械有限责任公司"],
    "same_organisation": [twin_of(1), "另一个名字有限公司"],
}


@pytest.mark.parametrize("kind", TWINS)
def test_a_row_that_may_be_a_registered_enterprise_waits_with_both_sides(
    county_bole: Actor, kind: str
) -> None:
    registered = "甲乙丙丁机械有限公司" if kind == "name_alike" else "甲机械有限公司"
    run(county_bole, [[code(1), registered, 5, None, None, None, dt.date(2019, 7, 1)]])
    batch = upload(county_bole, [[*TWINS[kind], 9, None, None, None, None], [code(9), "戊有限公司"]])
    assert (batch.counts["created"], batch.counts["waiting"], batch.counts["failed"]) == (1, 1, 0)
    with acting(county_bole):
        (found,) = batch.problems.filter(code=kind)
        assert (found.severity, found.sheet, found.row, found.column) == ("warning", "表", 2, "B")
        assert (found.params["uscc"], found.params["name"]) == (code(1), registered)
        assert found.params["own"]["name"] == TWINS[kind][1]
        assert found.params["established_on"] == "2019-07-01"
        written = imports.write_batch(by=county_bole, batch=batch)
    assert written.state == "done" and written.counts["waiting"] == 1
    assert names() == [registered, "戊有限公司"]


def test_the_same_enterprise_gets_the_row_under_its_registered_code(county_bole: Actor) -> None:
    run(county_bole, [[code(1), "甲机械有限公司", 5, None, None, None, None]])
    batch = upload(county_bole, [[code(7), "甲机械有限公司", 9, None, 30, None, None]])
    done = answered(county_bole, batch, answers={place_of("表", 2): SAME + code(1)})
    assert (done.counts["updated"], done.counts["created"], done.counts["waiting"]) == (1, 0, 0)
    with nation():
        (enterprise,) = Enterprise.objects.all()
        figures = AnnualFigures.objects.get(enterprise=enterprise, year=2025)
    assert enterprise.uscc == code(1)
    assert (figures.revenue, figures.employees, figures.source_row) == (90_000, 30, 2)


def test_another_enterprise_of_the_same_name_is_new_and_a_row_left_out_is_not_written(
    county_bole: Actor,
) -> None:
    run(county_bole, [[code(1), "甲机械有限公司", 5, None, None, None, None]])
    rows = [[code(7), "甲机械有限公司", 9], [code(8), "甲机械有限公司", 9]]
    batch = upload(county_bole, rows)
    done = answered(county_bole, batch, answers={place_of("表", 2): OK, place_of("表", 3): SKIP})
    assert (done.counts["created"], done.counts["left_out"], done.counts["waiting"]) == (1, 1, 0)
    with nation():
        assert Enterprise.objects.filter(uscc=code(7)).exists()
        assert not Enterprise.objects.filter(uscc=code(8)).exists()


def test_a_closed_enterprise_waits_and_is_written_when_the_officer_says_so(county_bole: Actor) -> None:
    run(county_bole, [[code(1), "甲机械有限公司", 5, None, None, None, None]])
    with acting(county_bole):
        set_state(
            by=county_bole,
            enterprise=Enterprise.objects.get(),
            state="deregistered",
            on=dt.date(2026, 3, 1),
        )
    batch = upload(county_bole, [[code(1), "甲机械有限公司", 6, None, None, None, None]])
    assert (batch.counts["waiting"], batch.counts["updated"]) == (1, 0)
    with acting(county_bole):
        assert batch.problems.get(code="enterprise_closed").params["state"] == "注销"
    done = answered(county_bole, batch, answers={place_of("表", 2): OK})
    assert (done.counts["waiting"], done.counts["updated"]) == (0, 1)


def test_of_two_rows_with_one_code_the_officer_may_take_the_later_one(county_bole: Actor) -> None:
    rows = [[code(1), "甲机械有限公司", 5], [], [code(1), "甲机械有限公司", 6]]
    batch = upload(county_bole, rows)
    assert (batch.counts["created"], batch.counts["failed"]) == (1, 1)
    with acting(county_bole):
        pairs = batch.problems.get(code="uscc_twice").params["pairs"]
    assert ["营业收入（万元）", "5", "6"] in pairs
    done = answered(county_bole, batch, answers={place_of("表", 2): SKIP, place_of("表", 4): OK})
    assert (done.counts["created"], done.counts["failed"], done.counts["left_out"]) == (1, 0, 1)
    with nation():
        assert AnnualFigures.objects.get(year=2025).revenue == 60_000


def test_another_year_in_the_title_is_a_question_before_anything_is_written(county_bole: Actor) -> None:
    file = books.xlsx(("表", [["博乐市2024年度企业情况"], HEAD, [code(1), "甲有限公司", 5]]))
    with acting(county_bole):
        batch = imports.check_upload(
            by=county_bole, region=county_bole.region_path, year=2025, name="a.xlsx", chunks=[file.getvalue()]
        )
        assert imports.write_batch(by=county_bole, batch=batch).state == "checked"
        imports.answer(by=county_bole, batch=batch, mapping={"answers": {"year": OK}})
        assert imports.write_batch(by=county_bole, batch=batch).state == "done"
    assert names() == ["甲有限公司"]


def test_without_a_page_a_question_is_a_warning_and_the_row_is_written(county_bole: Actor) -> None:
    run(county_bole, [[code(1), "甲机械有限公司"]])
    result = run(county_bole, [[code(7), "甲机械有限公司"]])
    assert (result.created, result.waiting, result.exit_status) == (1, 0, 0)


@pytest.mark.parametrize("answer", ["same:x", "drop table", "", 5, None, "same:" + "9" * 40])
def test_what_is_no_answer_settles_nothing(county_bole: Actor, answer: Any) -> None:
    run(county_bole, [[code(1), "甲机械有限公司"]])
    batch = upload(county_bole, [[code(7), "甲机械有限公司"]])
    done = answered(county_bole, batch, answers={place_of("表", 2): answer})
    assert done.counts["waiting"] == 1 and names() == ["甲机械有限公司"]
