"""How a file of payment results differs from the orders: told at its cell, and what the file lacks beside it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from subsidies.wording import message, remedy
from tests.enterprises.books import code

from .book_cases import changed, counts, told
from .office import Office
from .payment_cases import (
    WAN,
    Clock,
    bounced,
    nothing_happened,
    ordered,
    report,
    row,
)

pytestmark = pytest.mark.django_db
OTHER = code(1)


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("A", "WZFBAW3DA9VN", "order_unknown"),
        ("A", "没有", "order_unknown"),
        ("A", None, "value_missing"),
        ("B", OTHER, "payment_code"),
        ("D", 100000.01, "payment_amount"),
        ("D", 10, "payment_amount"),
        ("D", None, "value_missing"),
        ("D", -100000, "negative"),
        ("E", "待到账", "choice_unknown"),
        ("F", "2020-01-01", "payment_before"),
        ("F", "2099-01-01", "date_future"),
        ("F", None, "value_missing"),
        ("G", None, "payment_receipt"),
    ],
)
def test_each_difference_is_told_at_its_cell_and_nothing_is_written(
    column: str, value: Any, expected: str, office: Office, clock: Clock
) -> None:
    pool = office.pool()
    first, second = ordered(office, clock, 10 * WAN, 15 * WAN)
    rows = changed(row(first), column, value), row(second)
    for dry_run in (True, False):
        result = report(office, *rows, dry_run=dry_run)
        assert told(result) == [(expected, "汇总", 2, column)], [message(p) for p in result.problems]
        assert remedy(result.problems[0]) and counts(result) == (0, 0, 0, 0)
        assert nothing_happened(pool, 25 * WAN)


def test_both_amounts_and_whose_order_it_is_are_said(office: Office, clock: Clock) -> None:
    office.pool()
    (first,) = ordered(office, clock, 25 * WAN)
    wrong = report(office, row(first, amount=2500, uscc=OTHER, name="别的企业有限公司"))
    said = {p.code: remedy(p) for p in wrong.problems}
    assert "2,500.00 元" in said["payment_amount"] and "250,000.00 元" in said["payment_amount"]
    assert (
        first.award.enterprise.name in said["payment_code"]
        and first.award.enterprise.uscc in said["payment_code"]
    )
    assert [p.severity for p in wrong.problems if p.code == "payment_name"] == ["warning"]


def test_what_came_back_needs_its_reason_and_a_reason_alone_is_no_result(
    office: Office, clock: Clock
) -> None:
    pool = office.pool()
    first, second = ordered(office, clock, 10 * WAN, 15 * WAN)
    unclear = row(second, outcome=None, receipt=None, reason="账号不存在")
    result = report(office, bounced(first, None), unclear)
    assert told(result) == [("payment_reason", "汇总", 2, "H"), ("outcome_unclear", "汇总", 3, "E")]
    assert nothing_happened(pool, 25 * WAN)


@pytest.mark.parametrize(
    ("said", "column"),
    [({"outcome": "退回", "reason": "错"}, "E"), ({"receipt": "回单 8"}, "G"), ({"on": "yesterday"}, "F")],
)
def test_an_order_with_another_result_is_told_with_what_was_recorded(
    said: dict[str, Any], column: str, office: Office, clock: Clock
) -> None:
    office.pool()
    (first,) = ordered(office, clock, 25 * WAN)
    report(office, row(first))
    if "on" in said:
        said = {"on": (timezone.localdate() - dt.timedelta(1)).isoformat()}
    result = report(office, row(first, **said))
    assert told(result) == [("payment_settled", "汇总", 2, column)]
    assert f"回单 {first.number} 1" in remedy(result.problems[0])


def test_the_same_order_twice_in_a_file_is_told_also_when_both_rows_say_the_same(
    office: Office, clock: Clock
) -> None:
    pool = office.pool()
    (first,) = ordered(office, clock, 25 * WAN)
    result = report(office, row(first), row(first))
    assert told(result) == [("order_twice", "汇总", 3, "A")] and "第 2 行" in remedy(result.problems[0])
    assert nothing_happened(pool, 25 * WAN)


def test_one_receipt_for_several_orders_is_warned_of_once_and_refused_for_two_days(
    office: Office, clock: Clock
) -> None:
    office.pool()
    first, second, third = ordered(office, clock, 10 * WAN, 9 * WAN, 6 * WAN)
    same = [row(each, receipt="批 1") for each in (first, second)]
    earlier = (timezone.localdate() - dt.timedelta(1)).isoformat()
    apart = report(office, *same, row(third, receipt="批 1", on=earlier))
    assert told(apart) == [("receipt_days", "汇总", 4, "G")]
    result = report(office, *same)
    assert [(p.code, p.severity, p.row) for p in result.problems] == [("receipt_shared", "warning", 3)]
    assert counts(result) == (2, 0, 0, 0)
    known = report(office, row(third, receipt="批 1"))
    assert [(p.code, p.severity, p.column) for p in known.problems] == [("receipt_known", "warning", "G")]
    assert counts(known) == (1, 0, 0, 0)
    assert first.number in remedy(known.problems[0]) or second.number in remedy(known.problems[0])


def test_orders_that_the_file_lacks_are_summed_and_listed_the_oldest_first(
    office: Office, clock: Clock
) -> None:
    office.pool()
    first, second, third, *rest = ordered(office, clock, 10 * WAN, 8 * WAN, *[100] * 52)
    report(office, row(first))
    result = report(office, row(first), row(second), row(third, amount=2), dry_run=True)
    found = result.compared
    assert found is not None
    assert (found.in_file.n, found.in_file.fen) == (3, 18 * WAN + 200)
    assert (found.settled.n, found.settled.fen) == (1, 10 * WAN)
    assert (found.matching.n, found.matching.fen) == (1, 8 * WAN)
    assert (found.absent.n, found.absent.fen) == (51, 51 * 100)
    assert [o.number for o in found.listed] == [o.number for o in rest[:50]]
    assert found.as_json()["more"] == 1


def test_an_order_whose_row_is_flawed_is_not_called_absent(office: Office, clock: Clock) -> None:
    office.pool()
    first, second = ordered(office, clock, 10 * WAN, 15 * WAN)
    found = report(office, row(first, on="去年"), row(second)).compared
    assert found is not None and (found.absent.n, found.in_file.n, found.matching.n) == (0, 2, 1)
