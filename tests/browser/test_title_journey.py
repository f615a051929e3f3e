"""From the pool to the certificate, with a return and an objection, and the review three years later."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.conftest import Portal
from tests.browser.hands import bring_in, open_row, press, said, speaks_for
from tests.enterprises import books

NAME, CODE = "博乐市长路精密装备有限公司", books.code(7311)


def _decide(page: Any, portal: Portal, button: str, **fields: str) -> str:
    """Opens the application that waits for one's level and decides about it."""
    open_row(page, portal, "/applications/", NAME)
    for name, value in fields.items():
        field = page.locator(f"main [name={name}]").first
        field.select_option(value) if name == "to" else field.fill(value)
    press(page, button)
    return said(page)


def _round(page: Any, portal: Portal, title: str, today: dt.date, *, review: bool) -> None:
    page.goto(portal.url("/applications/rounds/"))
    page.fill("[name=title]", title)
    page.select_option("[name=tier]", "innovative")
    if review:
        page.check("[name=review]")
    page.fill("[name=opens_on]", today.isoformat())
    page.fill("[name=closes_on]", (today + dt.timedelta(20)).isoformat())
    press(page, "开放受理")
    assert f"“{title}”已开放受理" in said(page)


def _apply(page: Any, portal: Portal, title: str) -> None:
    """The enterprise begins its application in a round and sends it."""
    page.goto(portal.url("/applications/"))
    with page.expect_navigation(wait_until="load"):
        page.locator("main").get_by_role("link", name="申报", exact=True).first.click()
    with page.expect_navigation(wait_until="load"):
        page.locator("main tr", has_text=title).get_by_role("button").click()
    page.fill("[name=statement]", "主导产品为智能装备")
    press(page, "提交")


def _publish(page: Any, portal: Portal, title: str) -> str:
    """The region publishes what is approved; gives the notice's address."""
    page.goto(portal.url("/notices/"))
    with page.expect_navigation(wait_until="load"):
        page.locator("main tr", has_text=title).get_by_role("link", name="发布公示").click()
    page.fill("[name=contact]", "自治区工信厅 0991-1234567")
    press(page, "发布公示")
    assert "已公示 1 家" in said(page)
    return str(page.url)


def _recognise(page: Any, number: str) -> None:
    page.reload()
    page.fill("[name=number]", number)
    press(page, "认定")
    assert f"已按“{number}”认定" in said(page)


def test_from_the_pool_to_the_certificate_and_its_review_three_years_later(
    portal: Portal,
    browser: Any,
    page_as: Callable[..., Any],
    looks: Callable[[Any, str], None],
    clock: Callable[[int], dt.date],
    tmp_path: Path,
) -> None:
    today = clock(0)
    # The county brings the enterprise in, has it judged, and takes it into the pool.
    county = page_as("county.652701")
    bring_in(county, portal, tmp_path, CODE, NAME, today.year - 1)
    county.goto(portal.url("/evaluations/"))
    county.click("main .acts button")
    county.wait_for_url("**/evaluations/", timeout=60_000)
    county.goto(portal.url("/pool/"))
    county.locator("table.t tbody tr", has_text=NAME).locator("[data-pick]").check()
    county.fill("[name=reason]", "主导产品前景好")
    looks(county, "candidates of the pool")
    press(county, "入库")
    assert "已入库 1 家" in said(county)
    county.goto(portal.url("/pool/?view=reserve"))
    county.locator("table.t tbody tr", has_text=NAME).locator("[data-pick]").check()
    press(county, "转入提升")
    assert "已调整 1 家" in said(county)

    # The region opens a round, the enterprise applies.
    region = page_as("region.65")
    _round(region, portal, "长路第一批", today, review=False)
    speaks_for(portal, "boss", CODE)
    boss = page_as("boss")
    _apply(boss, portal, "长路第一批")
    assert "待县级推荐" in said(boss)

    # County, prefecture with one return, region.
    assert "已办 1 份" in _decide(page_as("county2.652701"), portal, "同意推荐", opinion="现场看过")
    prefecture = page_as("prefecture.6527")
    assert "已办 1 份" in _decide(prefecture, portal, "退回补正", reason="缺审计报告", to="draft")
    open_row(boss, portal, "/applications/", NAME)
    assert "缺审计报告" in said(boss) and "现场看过" not in said(boss)
    boss.fill("[name=platform_number]", "ZJTX-7311")
    press(boss, "提交")
    assert "待地州审核" in said(boss)
    open_row(prefecture, portal, "/applications/", NAME)
    assert "现场看过" in said(prefecture) and "ZJTX-7311" in said(prefecture)
    press(prefecture, "同意推荐")
    assert "已办 1 份" in _decide(region, portal, "审核通过")

    # The notice; somebody objects; the region answers and recognises.
    looks(region, "application approved")
    notice = _publish(region, portal, "长路第一批")
    looks(region, "notice")
    stranger = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 844}).new_page()
    stranger.goto(portal.url("/public/"))
    with stranger.expect_navigation(wait_until="load"):
        stranger.locator("table.t a", has_text="长路第一批").click()
    assert CODE not in said(stranger) and NAME in said(stranger)
    looks(stranger, "public notice")
    stranger.select_option("[name=entry]", label=NAME)
    stranger.fill("[name=name]", "张三")
    stranger.fill("[name=contact]", "13800000000")
    stranger.fill("[name=text]", "研发费用与实际不符")
    press(stranger, "提交异议")
    assert "异议已收到" in said(stranger) and "核实中" in said(stranger)
    receipt = stranger.url
    clock(20)
    region = page_as("region.65")
    region.goto(notice)
    assert "先答复全部异议" in said(region) and "张三" in said(region)
    looks(region, "objection")
    region.fill("[name=answer]", "经核实审计报告，数据属实")
    press(region, "异议不成立")
    _recognise(region, "新工信企业〔2026〕77号")
    stranger.goto(receipt)
    assert "经核实审计报告，数据属实" in said(stranger)

    # The enterprise's certificate, verified by anybody.
    boss = page_as("boss")
    open_row(boss, portal, "/titles/", NAME)
    looks(boss, "title")
    found = re.search(r"验证码\s*([2-9A-Z]{12})", said(boss))
    assert found is not None
    stranger.goto(portal.url("/public/"))
    stranger.fill("[name=code]", f"{found[1][:6]} {found[1][6:].lower()}")
    press(stranger, "验证")
    assert NAME in said(stranger) and "真实有效" in said(stranger)
    looks(stranger, "certificate")

    # Three years later: it comes due, a round of reviews, and the title goes on.
    today = clock(3 * 365 - 40)
    region = page_as("region.65")
    region.goto(portal.url("/titles/?view=due"))
    assert NAME in said(region)
    _round(region, portal, "长路复核", today, review=True)
    boss = page_as("boss")
    _apply(boss, portal, "长路复核")
    county2, prefecture = page_as("county2.652701"), page_as("prefecture.6527")
    assert "已办 1 份" in _decide(county2, portal, "同意推荐")
    assert "已办 1 份" in _decide(prefecture, portal, "同意推荐")
    assert "已办 1 份" in _decide(region, portal, "审核通过")
    notice = _publish(region, portal, "长路复核")
    assert "待确认" in said(region), "that year's holidays are not known yet"
    clock(3 * 365 - 20)
    region = page_as("region.65")
    region.goto(notice)
    _recognise(region, "新工信企业复核1号")
    boss = page_as("boss")
    boss.goto(portal.url("/titles/"))
    assert "已由新的认定接续" in said(boss) and "新工信企业复核1号" in said(boss)
    stranger.goto(portal.url(f"/public/certificates/{found[1]}/"))
    assert "已由新的认定接续" in said(stranger)
    stranger.context.close()
