"""Files of payment results: settled as they say, whatever differs told at its cell, in both directions."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from subsidies import book_template
from subsidies.books import shape_of
from subsidies.models import Award, AwardStep, Entry, PaymentOrder, PaymentResult, Pool
from subsidies.rules.orders import numbers_in
from subsidies.wording import remedy
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Message, StoredFile
from tests.at_once import broken_off, statements_of
from tests.conftest import BOLE, BORTALA, XINJIANG
from tests.enterprises.books import code

from .book_cases import bring, counts, told
from .office import Office
from .payment_cases import (
    HEAD,
    WAN,
    Clock,
    bounced,
    instalments,
    nothing_happened,
    ordered,
    outcomes,
    report,
    row,
    whole,
)

pytestmark = pytest.mark.django_db
OTHER = code(1)


# --- good files --------------------------------------------------------------------------------------


def test_a_good_file_settles_its_orders_and_tells_the_enterprise_and_the_trail(
    office: Office, clock: Clock
) -> None:
    pool = office.pool()
    first, second, third = ordered(office, clock, 10 * WAN, 9 * WAN, 6 * WAN)
    result = report(office, row(first), bounced(second))
    assert (told(result), counts(result), result.rows) == ([], (2, 0, 0, 0), 2)
    assert outcomes() == [("paid", f"回单 {first.number} 1"), ("bounced", "")]
    assert office.money(pool) == {"free": 975, "committed": 9, "ordered": 6, "paid": 10}
    with nation():
        award = Award.objects.get()
        steps = AwardStep.objects.filter(award=award).order_by("number")
        assert [s.decision for s in steps][-2:] == ["paid", "bounced"]
        assert [s.number for s in steps] == list(range(1, award.step + 1))
        assert steps.last().reason == "账号不存在" and steps.last().by_id == office["payer"].officer_id
        assert AuditEntry.objects.filter(action__in=["awards.paid", "awards.bounced"]).count() == 2
        assert AuditEntry.objects.get(action="awards.book").detail["new"] == 2
        assert Message.objects.filter(kind="award.paid", key=first.number).count() == 2
        assert StoredFile.objects.get().kind == "awards.book.payments"
        assert not hasattr(PaymentOrder.objects.get(pk=third.pk), "result")
    whole()


def test_the_same_file_again_changes_nothing_and_so_does_what_was_settled_by_hand(
    office: Office, clock: Clock
) -> None:
    pool = office.pool()
    first, second = ordered(office, clock, 10 * WAN, 15 * WAN)
    office.settled(first.award, receipt="回单 9")
    rows = [row(first), row(second, receipt="回单 9", outcome=None)]
    assert counts(report(office, rows[1])) == (0, 0, 1, 0)
    assert counts(report(office, *rows)) == (1, 0, 1, 0)
    before, trail = office.money(pool), AuditEntry.objects.count
    with nation():
        entries, lines = Entry.objects.count(), trail()
    again = report(office, *rows)
    assert (told(again), counts(again)) == ([], (0, 0, 2, 0))
    assert again.compared is not None and again.compared.settled.n == 2
    with nation():
        assert (Entry.objects.count(), trail()) == (entries, lines + 1)
    assert office.money(pool) == before
    whole()


def test_a_banks_list_is_read_by_the_number_inside_its_text_and_without_a_unit(
    office: Office, clock: Clock
) -> None:
    office.pool()
    first, second = ordered(office, clock, 10 * WAN, 15 * WAN)
    day = f"{timezone.localdate():%Y-%m-%d} 10:22:31"
    head = ["序号", "交易时间", "对方户名", "交易金额", "摘要", "交易流水号", "交易状态"]
    result = report(
        office,
        ["1", day, first.holder, "100,000.00", f"奖补 拨付单 {first.number}", "2026093000001", "交易成功"],
        [
            "2",
            day,
            second.holder,
            150000,
            f"拨付单号：{second.number.lower()}（奖补）",
            "2026093000002",
            None,
        ],
        ["合计", None, None, 250000, None, None, None],
        head=head,
    )
    assert (told(result), counts(result)) == ([], (2, 0, 0, 0))
    assert [receipt for _o, receipt in outcomes()] == ["2026093000001", "2026093000002"]


def test_a_text_without_the_number_or_with_two_is_told_at_the_text(office: Office, clock: Clock) -> None:
    office.pool()
    first, second = ordered(office, clock, 10 * WAN, 15 * WAN)
    day = timezone.localdate().isoformat()
    rows = [[text, 100000, day, "1"] for text in ("货款", f"{first.number} {second.number}", None)]
    result = report(office, *rows, head=["附言", "金额", "日期", "回单号"])
    assert told(result) == [
        ("order_not_in_text", "汇总", 2, "A"), ("orders_several", "汇总", 3, "A"), ("value_missing", "汇总", 4, "A"),
    ]  # fmt: skip
    assert "拨付单号" in remedy(result.problems[0])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("奖补 拨付单 WZFBAW3DA9VN", ["WZFBAW3DA9VN"]),
        ("ｗｚｆｂａｗ３ｄａ９ｖｎ", ["WZFBAW3DA9VN"]),
        ("拨付单WZFBAW3DA9VN 流水 KKKKAW3DA9VN", ["WZFBAW3DA9VN"]),
        ("234567892345 WZFBAW3DA9VN", ["WZFBAW3DA9VN"]),
        ("代码 91652701L9ENYBC55H", []),
        ("WZFBAW3DA9V", []),
        ("WZFBAW3DA9VNX", []),
        ("WZFBAW3DA9VN/KKKKAW3DA9VN", ["WZFBAW3DA9VN", "KKKKAW3DA9VN"]),
        ("", []),
    ],
)
def test_the_number_of_an_order_is_found_in_a_text(text: str, found: list[str]) -> None:
    assert numbers_in(text) == found


# --- who ---------------------------------------------------------------------------------------------


def test_another_levels_order_looks_like_one_that_nobody_has_made(
    office: Office, clock: Clock, person: Callable[..., Actor]
) -> None:
    pool = office.pool()
    (first,) = ordered(office, clock, 25 * WAN)
    for place in (BORTALA, BOLE):
        by = person(f"finance{place[-7:-1]}", "finance", place)
        results = [
            bring(by, "payments", HEAD, row(first, **said)) for said in ({}, {"order": "WZFBAW3DA9VN"})
        ]
        assert [told(r) for r in results] == [[("order_unknown", "汇总", 2, "A")]] * 2
        assert len({remedy(r.problems[0]) for r in results}) == 1
        assert all(r.compared and r.compared.absent.n == 0 for r in results)
    assert nothing_happened(pool, 25 * WAN)


def test_a_county_may_not_nor_finance_for_another_level(
    office: Office, clock: Clock, county_bole: Actor, person: Callable[..., Actor]
) -> None:
    pool = office.pool()
    (first,) = ordered(office, clock, 25 * WAN)
    for by, place in (
        (county_bole, ""), (office["taker"], ""), (office["payer"], BOLE), (person("audit", "auditor", XINJIANG), ""),
    ):  # fmt: skip
        with pytest.raises(Denied):
            bring(by, "payments", HEAD, row(first), region=place)
    assert nothing_happened(pool, 25 * WAN)


def test_who_had_another_part_in_the_award_is_told_before_anything_is_written(
    office: Office, clock: Clock
) -> None:
    pool = office.pool()
    (first,) = ordered(office, clock, 25 * WAN)
    approver = office["approver"]
    office.people["payer"] = Actor(
        approver.officer_id, approver.username, approver.display_name, "finance", XINJIANG
    )
    assert told(report(office, row(first))) == [("same_person", "汇总", 2, "A")]
    assert nothing_happened(pool, 25 * WAN)


# --- money -------------------------------------------------------------------------------------------


def test_what_bounced_is_committed_again_and_ordered_anew(office: Office, clock: Clock) -> None:
    pool = office.pool()
    (first,) = ordered(office, clock, 25 * WAN)
    report(office, bounced(first))
    assert office.money(pool) == {"free": 975, "committed": 25}
    (second,) = instalments(office, first.award, 25 * WAN)
    result = report(office, bounced(first), row(second))
    assert (told(result), counts(result)) == ([], (1, 0, 1, 0))
    assert office.money(pool) == {"free": 975, "paid": 25}
    whole()


def test_a_crash_at_any_statement_leaves_nothing_and_the_file_again_is_the_run_without(
    office: Office, clock: Clock
) -> None:
    pool = office.pool()
    first, second = ordered(office, clock, 10 * WAN, 15 * WAN)
    rows = row(first), row(second)
    statements = statements_of(lambda: report(office, *rows, dry_run=True))
    for n in range(1, statements + 1):
        with broken_off(n):
            report(office, *rows)
        assert nothing_happened(pool, 25 * WAN), n
    assert counts(report(office, *rows)) == (2, 0, 0, 0)
    whole()


def test_a_file_of_hundreds_asks_no_more_questions_than_one_of_a_few(office: Office, clock: Clock) -> None:
    office.pool()
    every = ordered(office, clock, *[100] * 60)

    def asked(*orders: PaymentOrder) -> int:
        n = [0]

        def counting(execute: Any, sql: str, *rest: Any) -> Any:
            n[0] += 1
            return execute(sql, *rest)

        with connection.execute_wrapper(counting):
            assert counts(report(office, *map(row, orders)))[0] == len(orders)
        return n[0]

    few = asked(*every[:3])
    assert asked(*every[3:]) <= few < 70


AMOUNTS = st.lists(
    st.tuples(st.integers(1, 3 * WAN), st.sampled_from(["到账", "退回", ""])), min_size=1, max_size=6
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(AMOUNTS, st.randoms(use_true_random=False))
def test_whatever_amounts_in_whatever_order_the_ledger_has_paid_what_the_file_says(
    office: Office, clock: Clock, ready: Award, amounts: list[tuple[int, str]], random: Any
) -> None:
    with transaction.atomic():
        made = instalments(office, ready, *(amount for amount, _outcome in amounts))
        said = [(o, outcome) for o, (_amount, outcome) in zip(made, amounts, strict=True)]
        rows = [bounced(o) if outcome == "退回" else row(o) for o, outcome in said if outcome]
        random.shuffle(rows)
        half = random.randint(0, len(rows))
        for part in (rows[:half], rows, rows):
            if part:
                assert told(report(office, *part)) == []
        paid = sum(amount for amount, outcome in amounts if outcome == "到账")
        with nation():
            now = Pool.objects.get()
            assert (now.paid, now.ordered) == (paid, sum(a for a, outcome in amounts if not outcome))
            results = PaymentResult.objects.filter(outcome="paid").values_list("order__amount", flat=True)
            assert sum(results) == paid
        whole()
        transaction.set_rollback(True)


@pytest.fixture
def ready(office: Office, clock: Clock) -> Award:
    """An award of 25 万元 that waits for its orders."""
    office.pool()
    return office.cleared(office.knows(), clock)


# --- the template ------------------------------------------------------------------------------------


def test_the_template_is_read_back_and_asks_for_no_text_of_the_bank(office: Office, clock: Clock) -> None:
    office.pool()
    (first,) = ordered(office, clock, 25 * WAN)
    with acting(office["payer"]):
        data = book_template.write(shape_of("payments", XINJIANG))
    page, notes = load_workbook(io.BytesIO(data)).worksheets
    assert [cell.value for cell in page[1]] == HEAD
    assert "到账的必填" in str([[c.value for c in r] for r in notes.iter_rows()])
    assert counts(report(office, row(first), head=[str(c.value) for c in page[1]])) == (1, 0, 0, 0)
