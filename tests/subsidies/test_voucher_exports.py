"""The innovation vouchers and their redemptions as files: what stands in them, for whom, and how many questions they ask."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from subsidies.actions import approve_redemption, pay_redemption, refuse_redemption
from subsidies.models import VoucherStep
from tenancy.access import Actor
from tenancy.context import nation
from tests.conftest import BOLE, JINGHE
from tests.tenancy.test_sign_in import sign_in

from .desk import PROVIDER, TODAY, Desk
from .office import WAN

OTHER = "91652701MA0000001K"
pytestmark = pytest.mark.django_db


def export(client: Client, listed: str, **more: Any) -> list[dict[str, str]]:
    answer = client.post("/exports/make/", {"list": listed, "format": "csv", **more})
    assert answer.status_code == 200, listed
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    _line, head, *rows = csv.reader(io.StringIO(text, newline=""))
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_the_vouchers_stand_in_the_file_as_on_the_page(desk: Desk, client: Client) -> None:
    firm, other = desk.knows(), desk.knows(uscc=OTHER)
    desk.programme()
    desk.account(firm)
    used, fresh = desk.issued(firm), desk.issued(other, WAN)
    desk.redeemed(used, 2 * WAN)
    desk.asked(used, WAN, "2")
    sign_in(client, desk["payer"])
    page = client.get("/awards/vouchers/").content.decode()
    assert 'name="list" value="vouchers"' in page and 'name="list" value="redemptions"' in page
    first, second = sorted(export(client, "vouchers"), key=lambda row: row["面额（元）"], reverse=True)
    assert first == {
        "券号": used.number, "企业名称": firm.name, "统一社会信用代码": firm.uscc, "县（市、区）": "博乐市",
        "面额（元）": "50000.00", "已用，含待兑付（元）": "15000.00", "已兑付（元）": "10000.00",
        "余额（元）": "35000.00", "发放日期": TODAY.isoformat(), "有效期到": used.expires_on.isoformat(),
        "进展": "待兑付",
    }  # fmt: skip
    assert second["券号"] == fresh.number and second["余额（元）"] == "10000.00"
    assert [row["券号"] for row in export(client, "vouchers", query="view=usable")] == [fresh.number]
    assert [row["券号"] for row in export(client, "vouchers", query=f"q={firm.uscc}")] == [used.number]
    chosen = export(client, "vouchers", chosen="1", column=["number", "left"])
    assert list(chosen[0]) == ["券号", "余额（元）"]


def test_the_redemptions_tell_who_approved_what_was_paid_where_and_why_one_was_refused(
    desk: Desk, client: Client
) -> None:
    firm, other = desk.knows(), desk.knows(uscc=OTHER)
    desk.programme()
    desk.account(firm)
    voucher, next_one = desk.issued(firm), desk.issued(other, WAN)
    paid = desk.redeemed(voucher, 2 * WAN)
    no = desk.asked(voucher, WAN, "2")
    desk.do("approver", refuse_redemption, redemption=no, reason="合同不全")
    yes = desk.asked(next_one, WAN, "3")
    desk.do("second", approve_redemption, redemption=yes)
    with nation():
        step = VoucherStep.objects.get(redemption=paid, decision="approve")
    approved_on = timezone.localtime(step.at).date().isoformat()
    sign_in(client, desk["payer"])
    found = {row["编号"]: row for row in export(client, "redemptions")}
    assert found[paid.public_id] == {
        "券号": voucher.number, "企业名称": firm.name, "统一社会信用代码": firm.uscc, "县（市、区）": "博乐市",
        "服务机构": "乌鲁木齐检测院", "服务机构代码": PROVIDER, "发票号码": "24650001",
        "合同金额（元）": "20000.00", "兑付金额（元）": "10000.00", "申请日期": TODAY.isoformat(), "进展": "已兑付",
        "审批人": desk["approver"].display_name, "审批日期": approved_on, "兑付日期": TODAY.isoformat(),
        "回单号": "国库 1", "户名": firm.name, "开户银行": "工行", "账号后四位": "2222",
        "银行退回次数": "0", "退回日期": "", "退回的回单号": "", "退回原因": "", "不予兑付的理由": "", "编号": paid.public_id,
    }  # fmt: skip
    refused, approved = found[no.public_id], found[yes.public_id]
    assert (refused["进展"], refused["不予兑付的理由"], refused["户名"]) == ("不予兑付", "合同不全", "")
    assert (approved["进展"], approved["审批人"]) == ("待拨付", desk["second"].display_name)
    assert (approved["兑付日期"], approved["账号后四位"]) == ("", "")
    waiting = export(client, "redemptions", query="view=asked")
    assert [row["编号"] for row in waiting] == [yes.public_id]
    assert "6222000011112222" not in str(found)


def test_a_payment_that_came_back_stands_in_the_file_as_returned_not_as_paid(
    desk: Desk, client: Client
) -> None:
    firm = desk.knows()
    desk.programme()
    desk.account(firm)
    made = desk.redeemed(desk.issued(firm), 2 * WAN)
    desk.returned(made)
    sign_in(client, desk["payer"])
    (row,) = export(client, "redemptions")
    assert (row["进展"], row["兑付日期"], row["回单号"], row["户名"]) == ("被退回，待重新拨付", "", "", "")
    assert (row["银行退回次数"], row["退回日期"], row["退回的回单号"], row["退回原因"]) == (
        "1", TODAY.isoformat(), "退 0", "账号有误",
    )  # fmt: skip
    assert [v["已兑付（元）"] for v in export(client, "vouchers")] == ["0.00"]
    desk.do("payer", pay_redemption, redemption=made, receipt="国库 2", on=TODAY, turn=1)
    (row,) = export(client, "redemptions")
    assert (row["进展"], row["回单号"], row["银行退回次数"]) == ("已兑付", "国库 2", "1")
    assert [v["已兑付（元）"] for v in export(client, "vouchers")] == ["10000.00"]


def test_a_neighbour_and_an_enterprise_export_no_voucher(
    desk: Desk, client: Client, person: Callable[..., Actor]
) -> None:
    firm = desk.knows()
    desk.programme()
    voucher = desk.issued(firm)
    desk.asked(voucher, WAN)
    for who, n in (("county", BOLE), 1), (("county", JINGHE), 0), (("region", "54/"), 0):
        sign_in(client, person(f"{who[0]}.{n}.{who[1][:2]}", *who))
        for listed in ("vouchers", "redemptions"):
            assert len(export(client, listed)) == n
            found = export(client, listed, id=[voucher.public_id], query=f"q={firm.uscc}")
            assert len(found) == n
    sign_in(client, person("own", "enterprise", BOLE, firm.pk))
    for listed in ("vouchers", "redemptions"):
        assert client.post("/exports/make/", {"list": listed, "format": "csv"}).status_code == 403
    assert "/exports/make/" not in client.get("/awards/vouchers/").content.decode()


def test_an_export_asks_as_many_questions_for_many_vouchers_as_for_a_few(desk: Desk, client: Client) -> None:
    desk.programme(10_000 * WAN)
    sign_in(client, desk["payer"])
    asked = []
    for numbers in (range(1, 3), range(3, 20)):
        for n in numbers:
            firm = desk.knows(uscc=f"91652701MA{n:07d}{'0123456789ABCDEFGHJKLMNPQRTUWXY'[n]}")
            desk.account(firm)
            desk.redeemed(desk.issued(firm), WAN, f"{n}")
        counted = []
        for listed in ("vouchers", "redemptions"):
            export(client, listed)
            with CaptureQueriesContext(connection) as queries:
                export(client, listed)
            counted.append(len(queries))
        asked.append(counted)
    assert asked[0] == asked[1] and max(asked[0]) <= 40, asked
