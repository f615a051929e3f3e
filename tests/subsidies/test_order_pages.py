"""The list of payment orders and its file: whose orders, whose account numbers, and the way back in."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from portal.models import ExportRecord
from subsidies.models import PaymentOrder
from tenancy.access import Actor
from tenancy.context import nation
from tests.conftest import BORTALA, JINGHE, XINJIANG
from tests.enterprises.books import xlsx
from tests.tenancy.test_sign_in import sign_in

from .book_cases import bring, counts, told
from .office import Office
from .payment_cases import HEAD, WAN, Clock, bounced, instalments, ordered, report, row

pytestmark = pytest.mark.django_db
PAGE, ACCOUNT = "/awards/orders/", "6222000011112222"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def export(client: Client, format_: str = "csv", **more: Any) -> bytes:
    answer = client.post("/exports/make/", {"list": "orders", "format": format_, **more})
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def lines(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_orders_are_shown_by_what_became_of_them_with_counts_and_sums(
    office: Office, clock: Clock, client: Client
) -> None:
    office.pool()
    first, second, third = ordered(office, clock, 10 * WAN, 9 * WAN, 6 * WAN)
    report(office, row(first), bounced(second))
    sign_in(client, office["payer"])
    page = text(client.get(PAGE))
    assert third.number in page and first.number not in page and second.number not in page
    tabs = page.split('class="tabs"')[1].split("</nav>")[0]
    for said in ("待到账", "6 万元", "已到账", "10 万元", "被退回", "9 万元", "全部", "25 万元"):
        assert said in tabs
    assert f"/awards/{first.award.public_id}/" in page and "/awards/books/?kind=payments" in page
    assert ACCOUNT not in page and "…2222" in page
    assert f"回单 {first.number} 1" in text(client.get(PAGE, {"view": "paid"}))
    assert "账号不存在" in text(client.get(PAGE, {"view": "bounced"}))
    every = text(client.get(PAGE, {"view": "all", "q": first.number[:6].lower()}))
    assert first.number in every and third.number not in every
    for q in (first.award.enterprise.name, first.award.enterprise.uscc):
        assert third.number in text(client.get(PAGE, {"q": q}))
    assert "没有符合条件的拨付单" in text(client.get(PAGE, {"q": "没有这家"}))
    assert 'href="/awards/orders/"' in page.split("<main")[0]


def test_who_does_not_pay_sees_the_orders_of_the_place_and_who_pays_those_of_the_own_level(
    office: Office, clock: Clock, client: Client, person: Callable[..., Actor], county_bole: Actor
) -> None:
    office.pool()
    (first,) = ordered(office, clock, 25 * WAN)
    for who, shown in (
        (county_bole, True), (person("above", "prefecture", BORTALA), True), (office["taker"], True),
        (person("money", "finance", BORTALA), False), (person("near", "county", JINGHE), False),
        (person("far", "finance", "41/"), False),
    ):  # fmt: skip
        sign_in(client, who)
        page = text(client.get(PAGE))
        assert (first.number in page) is shown
        assert ("/awards/books/?kind=payments" in page) is (who.role == "finance")
        assert (first.number in str(lines(export(client)))) is shown


def test_the_whole_account_stands_in_the_file_of_finance_alone(
    office: Office, clock: Clock, client: Client, county_bole: Actor
) -> None:
    office.pool()
    ordered(office, clock, 25 * WAN)
    sign_in(client, office["payer"])
    _line, head, first = lines(export(client, query="view=open"))
    assert head.index("账号") == 5 and ACCOUNT in first[5] and first[6] == "250000.00"
    sheet = load_workbook(io.BytesIO(export(client, "xlsx"))).worksheets[0]
    cell = next(c for r in sheet.iter_rows() for c in r if c.value == ACCOUNT)
    assert cell.data_type == "s"
    with nation():
        files = [str(record.public_id) for record in ExportRecord.objects.filter(listed="orders")]
    for who in (county_bole, office["taker"]):
        sign_in(client, who)
        found = str(lines(export(client)))
        assert ACCOUNT not in found and "2222" in found and "账号后四位" in found
        assert ACCOUNT not in str(lines(export(client, columns=["order", "account"])))
        for file in files:
            assert client.get(f"/exports/{file}/file/").status_code == 404
            assert client.get(f"/exports/{file}/").status_code == 404


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_the_file_goes_out_is_filled_in_and_comes_back(
    format_: str, office: Office, clock: Clock, client: Client
) -> None:
    office.pool()
    first, second = ordered(office, clock, 10 * WAN, 15 * WAN)
    report(office, row(first))
    sign_in(client, office["payer"])
    data = export(client, format_, query="view=all")
    if format_ == "csv":
        table = lines(data)
    else:
        table = [list(r) for r in load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True)]
    head = next(r for r in table if r[0] == "拨付单号")
    mine = next(r for r in table if r[0] == second.number)
    mine[head.index("到账或退回日期")] = timezone.localdate().isoformat()
    mine[head.index("回单号")] = "回单 2"
    result = bring(office["payer"], "payments", *table)
    assert [p.code for p in result.problems if p.is_error] == [], told(result)
    assert counts(result) == (1, 0, 1, 0)
    with nation():
        assert PaymentOrder.objects.get(pk=second.pk).result.receipt == "回单 2"


def test_the_dry_run_shows_both_directions_beside_the_problems(
    office: Office, clock: Clock, client: Client
) -> None:
    office.pool()
    first, second = ordered(office, clock, 10 * WAN, 15 * WAN)
    sign_in(client, office["payer"])
    assert '<option value="payments" selected>' in text(client.get("/awards/books/?kind=payments"))

    def upload(*rows: list[Any]) -> str:
        file = SimpleUploadedFile("到账.xlsx", xlsx(("回单", [HEAD, *rows])).getvalue())
        return text(client.post("/awards/books/", {"kind": "payments", "file": file}))

    page = upload(row(first, amount=99))
    assert "有 1 处错误" in page and "99.00 元" in page and "100,000.00 元" in page
    assert "与拨付单核对" in page and second.number in page and "150,000.00" in page
    page = upload(row(first))
    assert "新登记" in page and "写入 1 行" in page and second.number in page and "新登记企业" not in page
    file = page.split('name="file" value="')[1].split('"')[0]
    assert "已写入 1 行" in text(client.post("/awards/books/", {"act": "write", "file": file}, follow=True))
    assert "没有新的变化" in upload(row(first))


def test_a_receipt_of_another_order_is_told_when_one_is_settled_by_hand(
    office: Office, clock: Clock, client: Client
) -> None:
    office.pool()
    first, second = ordered(office, clock, 10 * WAN, 15 * WAN)
    sign_in(client, office["payer"])
    given = {"outcome": "paid", "on": timezone.localdate().isoformat(), "receipt": "回单 5"}
    assert "请核对" not in text(client.post(f"{PAGE}{first.number}/", given, follow=True))
    page = text(client.post(f"{PAGE}{second.number}/", given, follow=True))
    assert "已登记到账" in page and f"拨付单 {first.number} 已登记过回单号 回单 5，请核对" in page


def test_the_page_asks_as_many_questions_for_many_orders_as_for_a_few(
    office: Office, clock: Clock, client: Client
) -> None:
    office.pool()
    made = ordered(office, clock, 100, 100)
    report(office, row(made[0]))
    sign_in(client, office["payer"])

    def asked(view: str) -> int:
        client.get(PAGE, {"view": view})
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE, {"view": view})
        return len(queries)

    few = [asked(view) for view in ("open", "all")]
    report(office, *map(row, instalments(office, made[0].award, *[100] * 20)))
    instalments(office, made[0].award, *[100] * 20)
    assert [asked(view) for view in ("open", "all")] == few and max(few) < 16
    assert office["payer"].region_path == XINJIANG
