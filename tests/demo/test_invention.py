"""Invented enterprises and their workbooks, without a database."""

from __future__ import annotations

import io

import pytest

from enterprises.rules.uscc import check
from portal.demo import messy, sheets
from portal.demo.invention import invent


def test_the_same_world_is_drawn_in_every_home() -> None:
    assert invent("652701", "博乐市", 20) == invent("652701", "博乐市", 20)
    assert invent("652701", "博乐市", 20)[:5] == invent("652701", "博乐市", 5)
    assert invent("652701", "博乐市", 5) != invent("652722", "精河县", 5)


@pytest.mark.parametrize(
    ("code", "place"), [("652701", "博乐市"), ("410702", "红旗区"), ("540102", "城关区")]
)
def test_every_code_holds_and_no_name_stands_twice(code: str, place: str) -> None:
    firms = invent(code, place, 200)
    assert all(check(firm.uscc).code == "" for firm in firms)
    # Subject codes are issued as digits or from M on; these begin with another letter.
    assert all(firm.uscc[8] in "DEFGHJKL" for firm in firms)
    assert len({firm.name for firm in firms}) == len({firm.uscc for firm in firms}) == 200


def test_figures_agree_with_each_other() -> None:
    for firm in invent("652701", "博乐市", 300):
        known = {**firm.forgotten, **firm.facts}
        for before in (0, 1, 2):
            assert known["main_revenue", before] <= known["revenue", before]
            assert known["rd_expense", before] >= 0
        assert known["ip1_high_value", 0] <= known["ip1_self_developed", 0] <= known["ip1", 0]
        assert known["rd_staff", 0] <= known["employees", 0]


def test_workbooks_are_the_same_bytes_at_every_call() -> None:
    firms = invent("652701", "博乐市", 12)
    assert sheets.plain(firms, "t", "s") == sheets.plain(firms, "t", "s")
    assert sheets.two_rows(firms, "t", "s") == sheets.two_rows(firms, "t", "s")
    assert sheets.text(firms, "s") == sheets.text(firms, "s")
    assert messy.sample() == messy.sample()


def test_the_csv_is_what_office_software_of_the_country_writes() -> None:
    firms = invent("652701", "博乐市", 3)
    text = io.StringIO(sheets.text(firms, "s").decode("gb18030"))
    assert text.readline().startswith("统一社会信用代码,企业名称,")
