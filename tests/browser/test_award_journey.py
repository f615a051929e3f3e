"""In the browser: an award from the recognition to the receipt through its four people, with the public notice, what the
enterprise and its neighbour see, and the recovery after the title was taken away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.conftest import Portal
from tests.browser.hands import bring_in, follow, open_row, press, recognised, said, speaks_for

NAME, CODE = "博乐市天工智能装备有限公司", "91652701MA0000009W"


def _pick(page: Any, button: str) -> None:
    page.locator("table.t tbody tr", has_text=NAME).locator("[data-pick]").check()
    press(page, button)


def test_an_award_from_the_recognition_to_the_receipt_and_back(
    portal: Portal,
    browser: Any,
    page_as: Callable[..., Any],
    looks: Callable[[Any, str], None],
    clock: Callable[[int], dt.date],
    tmp_path: Path,
) -> None:
    today = clock(0)
    county, region, finance = page_as("county.652701"), page_as("region.65"), page_as("finance.65")
    bring_in(county, portal, tmp_path, CODE, NAME, 2025)
    recognised(region, portal, tmp_path, CODE, NAME)

    # Finance opens the pool and funds it.
    finance.goto(portal.url("/awards/budgets/"))
    looks(finance, "no pools yet")
    finance.select_option("[name=scheme]", "A-13")
    finance.fill("[name=year]", str(today.year))
    press(finance, "设立")
    finance.fill("[name=amount]", "１００")
    finance.fill("[name=document]", "新财建〔2026〕1号")
    press(finance, "记账")
    looks(finance, "pool")
    assert "100 万元" in said(finance)

    # The county proposes what the arbiter has found.
    county.goto(portal.url("/awards/due/"))
    looks(county, "due")
    _pick(county, "提出")
    assert "已提出 1 项" in said(county)
    speaks_for(portal, "tiangong", CODE)
    firm = page_as("tiangong")
    firm.goto(portal.url("/awards/"))
    assert "确认收款账户" in said(firm) and "25" in said(firm)
    looks(firm, "own awards")

    # Two people of the region, and the notice.
    region.goto(portal.url("/inbox/"))
    follow(region, region.locator("main tr", has_text="奖补等你受理").get_by_role("link"))
    looks(region, "to be taken up")
    _pick(region, "受理并预留资金")
    second = page_as("region2.65")
    open_row(second, portal, "/awards/?view=reserved", NAME)
    looks(second, "to be approved")
    second.fill("[name=reason] >> nth=0", "依据充分")
    press(second, "审批同意")
    follow(second, second.get_by_role("link", name="去公示"))
    second.fill("[name=contact]", "自治区工信厅 0991-1234567")
    looks(second, "new notice of awards")
    press(second, "发布公示")
    notice = second.url
    looks(second, "notice of awards")
    stranger = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844}).new_page()
    stranger.goto(portal.url("/public/"))
    follow(stranger, stranger.locator("table.t a", has_text="奖补资金"))
    assert NAME in said(stranger) and "25 万元" in said(stranger) and CODE not in said(stranger)
    looks(stranger, "public notice of awards")
    stranger.context.close()

    # The account, and after the notice the payment.
    follow(firm, firm.locator("main .acts").get_by_role("link", name="确认收款账户"))
    firm.fill("[name=bank]", "工商银行博乐支行")
    firm.fill("[name=number]", "6222 0000 1111 2222")
    looks(firm, "account")
    press(firm, "确认收款账户")
    clock(20)
    second = page_as("region2.65")
    second.goto(notice)
    press(second, "公示无异议，1 项可以拨付")
    finance = page_as("finance.65")
    open_row(finance, portal, "/awards/?view=cleared", NAME)
    looks(finance, "to be ordered")
    press(finance, "拨付")
    finance.fill("[name=receipt]", "国库回单 0042")
    looks(finance, "ordered")
    press(finance, "登记到账")
    assert "已登记到账" in said(finance)

    # The enterprise reads where its money is and why; the neighbour finds nothing.
    firm = page_as("tiangong")
    firm.goto(portal.url("/inbox/"))
    assert "奖补 25 万元已到账" in said(firm)
    follow(firm, firm.locator("main tr", has_text="已到账").get_by_role("link"))
    address = firm.url
    assert (
        "国库回单 0042" in said(firm)
        and "定额 25 万元" in said(firm)
        and "每家企业每项称号一次" in said(firm)
    )
    assert "与自治区的奖补是同一笔资金" in said(firm) and "赵敏" not in said(firm)
    looks(firm, "own award")
    neighbour = page_as("county.652722")
    assert neighbour.goto(address).status == 404
    for path in ("/awards/", "/awards/due/", "/awards/totals/?by=county", "/awards/notices/"):
        neighbour.goto(portal.url(path))
        assert NAME not in said(neighbour) and "博乐市" not in said(neighbour)

    # The title is taken away: what was paid is taken back.
    region = page_as("region.65")
    open_row(region, portal, "/titles/", NAME)
    region.select_option("[name=kind]", "false_data")
    region.fill("[name=reason]", "研发费用造假")
    region.fill("[name=evidence]", "新工信罚〔2026〕3号")
    press(region, "取消认定")
    open_row(region, portal, "/awards/?view=recover", NAME)
    region.select_option("[name=kind]", "false_data")
    region.fill("[name=reason] >> nth=-1", "称号因造假取消")
    region.fill("[name=document]", "新工信罚〔2026〕3号")
    looks(region, "to be recovered")
    press(region, "决定追回")
    finance = page_as("finance.65")
    open_row(finance, portal, "/awards/?view=recovering", NAME)
    finance.fill("[name=interest]", "0.5")
    finance.fill("[name=receipt]", "缴款书 7")
    looks(finance, "recovery")
    press(finance, "登记收回")
    assert "另利息 0.5 万元" in said(finance) and "已追回" in said(finance)
    finance.goto(portal.url("/awards/totals/"))
    looks(finance, "totals")
    finance.goto(portal.url("/awards/"))
    looks(finance, "awards")
    firm.goto(portal.url("/inbox/"))
    assert "决定追回奖补 25 万元" in said(firm)
