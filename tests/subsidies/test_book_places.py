"""Whose book it is: neighbours, places, names, levels; and each kind's template."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook

from enterprises.models import NameHistory
from subsidies import book_template
from subsidies.actions import take_book
from subsidies.actions.books import KINDS
from subsidies.books import shape_of
from subsidies.models import AwardEvent
from subsidies.wording import message
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tests.conftest import BOLE, JINGHE, XINJIANG
from tests.cultivation.world import enterprise

from .book_cases import (
    DAY,
    ONE,
    POOL_HEAD,
    THREE,
    TITLE,
    TITLE_HEAD,
    TWO,
    bring,
    changed,
    counts,
    told,
    untouched,
)

pytestmark = pytest.mark.django_db


# --- places and people -------------------------------------------------------------------------------


def test_a_neighbours_code_is_told_without_saying_where(
    county_bole: Actor, prefecture_bortala: Actor
) -> None:
    enterprise(1, JINGHE, uscc=ONE, name="精河甲机械有限公司")
    result = bring(county_bole, "titles", TITLE_HEAD, TITLE, changed(TITLE, "A", TWO))
    assert told(result) == [("registered_elsewhere", "汇总", 2, "A")]
    assert not any(word in message(result.problems[0]) for word in ("精河", "652722"))
    assert untouched()
    above = bring(prefecture_bortala, "titles", TITLE_HEAD, TITLE)
    assert [p.code for p in above.problems] == ["name_differs"] and counts(above) == (1, 0, 0, 0)


def test_the_answer_elsewhere_is_limited_as_in_the_registry(county_bole: Actor, settings: Any) -> None:
    settings.ELSEWHERE_ANSWERS_A_DAY = 1
    for n, uscc in enumerate((ONE, TWO)):
        enterprise(n, JINGHE, uscc=uscc)
    rows = [TITLE, changed(TITLE, "A", TWO)]
    for dry_run in (True, False):
        result = bring(county_bole, "titles", TITLE_HEAD, *rows, dry_run=dry_run)
        assert told(result) == [("elsewhere_total", "", None, ""), ("registered_elsewhere", "汇总", 2, "A")]


def test_above_the_counties_an_unknown_enterprise_needs_its_place(prefecture_bortala: Actor) -> None:
    plain = bring(prefecture_bortala, "titles", TITLE_HEAD, TITLE)
    assert told(plain) == [("place_needed", "汇总", 2, "A")]
    head = [*TITLE_HEAD, "县（市、区）代码"]
    rows = [[*TITLE, "652701"], [*changed(TITLE, "A", TWO), "精河县"], [*changed(TITLE, "A", THREE), None]]
    some = bring(prefecture_bortala, "titles", head, *rows)
    assert told(some) == [("place_needed", "汇总", 4, "I")]
    outside = bring(
        prefecture_bortala, "titles", head, [*TITLE, "650105"], [*changed(TITLE, "A", TWO), "6527"]
    )
    assert told(outside) == [("region_outside", "汇总", 2, "I"), ("region_outside", "汇总", 3, "I")]
    twice = bring(
        prefecture_bortala, "titles", head, [*TITLE, "652701"], [*changed(TITLE, "D", "2023-05-01"), "652722"]
    )
    assert told(twice) == [("place_twice", "汇总", 3, "I")]
    assert untouched()
    assert counts(bring(prefecture_bortala, "titles", head, *rows[:2])) == (2, 0, 0, 2)
    with nation():
        assert set(AwardEvent.objects.values_list("enterprise__uscc", "region_id")) == {
            (ONE, BOLE),
            (TWO, JINGHE),
        }
    later = bring(prefecture_bortala, "titles", head, [*TITLE, "652722"])
    assert [(p.code, p.severity) for p in later.problems] == [("region_differs", "warning")]
    assert counts(later) == (0, 0, 1, 0)


def test_a_name_that_is_not_the_registered_one_is_asked_about_a_former_one_is_known(
    county_bole: Actor,
) -> None:
    known = enterprise(1, BOLE, uscc=ONE, name="博乐新名机械有限公司")
    with nation():
        NameHistory.objects.create(
            region_id=BOLE, enterprise=known, name="博乐旧名", name_key="博乐旧名", initials="", until_on=DAY
        )
    result = bring(county_bole, "titles", TITLE_HEAD, TITLE, [*changed(TITLE, "B", "博乐旧名")[:7], "N"])
    assert told(result) == [("name_differs", "汇总", 2, "B"), ("former_name", "汇总", 3, "B")]
    assert result.errors == 0 and counts(result) == (2, 0, 0, 0)


def test_a_check_digit_that_fails_only_warns(county_bole: Actor) -> None:
    wrong = ONE[:17] + ("0" if ONE[17] != "0" else "1")
    result = bring(county_bole, "titles", TITLE_HEAD, changed(TITLE, "A", wrong))
    assert [(p.code, p.severity) for p in result.problems] == [("uscc_check_digit", "warning")]
    assert counts(result) == (1, 0, 0, 1)


def test_budgets_are_finances_and_of_its_own_level_alone(
    county_bole: Actor, region_xinjiang: Actor, finance: Actor, person: Callable[..., Actor]
) -> None:
    row = ["A-13", 2026, 500, "12号", None]
    for by in (county_bole, region_xinjiang):
        with pytest.raises(Denied):
            bring(by, "pools", POOL_HEAD, row)
    with pytest.raises(Denied):
        bring(finance, "pools", POOL_HEAD, row, region=BOLE)
    for by, place in ((county_bole, JINGHE), (person("commissioner.own", "commissioner", BOLE), BOLE)):
        with pytest.raises(Denied):
            bring(by, "titles", TITLE_HEAD, TITLE, region=place)
    with pytest.raises(KeyError):
        bring(county_bole, "unheard_of", TITLE_HEAD, TITLE)
    assert untouched()


# --- the template ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"payments"}))  # which needs an order
def test_the_template_of_a_kind_is_read_back_with_its_own_example(
    kind: str, person: Callable[..., Actor]
) -> None:
    by = person("finance.own", "finance", XINJIANG if kind == "pools" else BOLE)
    with acting(by):
        shape = shape_of(kind, by.region_path)
        book = load_workbook(io.BytesIO(book_template.write(shape)))
    page, notes = book.worksheets
    head = [cell.value for cell in page[1]]
    assert head == [f.header for f in shape.fields] and page.max_row == 1
    assert notes.title == "填表说明"
    lines = {row[0].value: [c.value for c in row[1:4]] for row in notes.iter_rows(min_row=5) if row[0].value}
    assert all(lines[f.header][0] for f in shape.fields)
    for n, header in enumerate(head, 1):
        page.cell(2, n, lines[header][2])
    out = io.BytesIO()
    book.save(out)
    with acting(by):
        result = take_book(by=by, region=by.region_path, kind=kind, name="模板.xlsx", data=out.getvalue())
    assert [p for p in result.problems if p.is_error and p.code != "uscc_characters"] == [], told(result)
    assert result.new == 1
