"""In the browser: a scheme is tried before it is in force; an innovation voucher goes from its issue to the receipt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.conftest import Portal
from tests.browser.hands import bring_in, follow, press, recognised, said, speaks_for
from tests.enterprises import books

# An enterprise of its own: the journeys share the portal, and the same file brings nothing in twice.
NAME, CODE = "博乐市云桥检测科技有限公司", books.code(7312)


def test_a_scheme_that_is_tried_and_a_voucher_from_its_issue_to_the_receipt(
    portal: Portal,
    browser: Any,
    page_as: Callable[..., Any],
    looks: Callable[[Any, str], None],
    clock: Callable[[int], dt.date],
    tmp_path: Path,
) -> None:
    today = clock(0)
    county, office, finance = page_as("county.652701"), page_as("region.65"), page_as("finance.65")
    bring_in(county, portal, tmp_path, CODE, NAME, 2025)
    recognised(office, portal, tmp_path, CODE, NAME)

    # The county tries what a title of its own would cost, and a wrong value.
    county.goto(portal.url("/awards/totals/"))
    follow(county, county.get_by_role("link", name="试算"))
    looks(county, "nothing chosen yet")
    with county.expect_navigation(wait_until="load"):
        county.select_option("[name=scheme]", "A-13")
    looks(county, "present values")
    county.fill("[name=fixed]", "三十")
    press(county, "试算")
    assert "按万元填，如 25 或 80.5，须大于 0" in said(county)
    looks(county, "a wrong value")
    county.fill("[name=fixed]", "30")
    county.fill("[name=county]", "1")
    press(county, "试算")
    row = county.locator("main tbody tr", has_text=NAME).inner_text()
    assert "25 万元 → 30 万元" in row and "+5" in row and "现行：25 万元" in said(county)
    looks(county, "tried")

    # Finance opens the pool, the office registers a provider and issues.
    finance.goto(portal.url("/awards/budgets/"))
    finance.select_option("[name=scheme]", "A-14")
    finance.fill("[name=year]", str(today.year))
    press(finance, "设立")
    finance.fill("[name=amount]", "100")
    finance.fill("[name=document]", "新财建〔2026〕2号")
    press(finance, "记账")
    office.goto(portal.url("/awards/vouchers/"))
    looks(office, "no vouchers yet")
    follow(office, office.get_by_role("main").get_by_role("link", name="服务机构"))
    office.fill("[name=name]", "乌鲁木齐检测院")
    office.fill("[name=uscc]", "91650100MA77M3XY5G")
    office.get_by_label("检验检测").check()
    press(office, "登记")
    looks(office, "providers")
    office.goto(portal.url("/awards/vouchers/issue/"))
    looks(office, "whom to issue to")
    office.locator("table.t tbody tr", has_text=NAME).locator("[data-pick]").check()
    office.select_option("[name=face]", label="2 万元")
    press(office, "每家发放一张")
    assert "已发放 1 张创新券" in said(office)

    # The enterprise asks, another of the office approves, finance pays.
    speaks_for(portal, "yunqiao", CODE)
    firm = page_as("yunqiao")
    firm.goto(portal.url("/awards/vouchers/"))
    looks(firm, "its own vouchers")
    follow(firm, firm.locator("table.t tbody a").first)
    page = firm.url
    firm.locator("[name=provider]").select_option(index=1)
    firm.fill("[name=price]", "3")
    firm.fill("[name=invoice]", "24652000000012345678")
    press(firm, "申请兑付")
    assert "1.5" in said(firm)
    looks(firm, "asked")
    follow(firm, firm.get_by_role("main").get_by_role("link", name="收款账户"))
    firm.fill("[name=holder]", NAME)
    firm.fill("[name=bank]", "工行博乐支行")
    firm.fill("[name=number]", "6222000011112222")
    press(firm, "确认收款账户")
    second = page_as("region2.65")
    second.goto(page)
    looks(second, "to approve")
    press(second, "同意兑付 1.5 万元")
    finance.goto(page)
    finance.fill("[name=receipt]", "国库 1")
    press(finance, "登记兑付 1.5 万元")
    assert "已登记兑付" in said(finance)
    looks(finance, "paid")
    firm.goto(page)
    assert "余额" in said(firm) and "0.5 万元，已用 1.5 万元" in said(firm)
