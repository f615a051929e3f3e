"""In the browser, with the real logins and a real worker: a region's own standard by two people, an enterprise that moves
from one county to another, and the messages that lead there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Portal
from .hands import bring_in, follow, press

pytestmark = pytest.mark.browser
CODE, NAME = "91652701MA0000004X", "博乐市迁行精密机械有限公司"


def _done(page: Any, portal: Portal, path: str) -> None:
    """The page of a job leads on by itself once it is done."""
    page.wait_for_url(lambda url: "/jobs/" not in url, timeout=60_000)
    page.goto(portal.url(path))


def test_a_regions_own_standard_is_composed_by_one_and_put_in_force_by_another(
    portal: Portal, page_as: Callable[..., Any], looks: Callable[[Any, str], None]
) -> None:
    region = page_as("region.65")
    region.goto(portal.url("/evaluations/standards/"))
    looks(region, "standards")
    follow(region, region.locator("main").get_by_text("拟订地方标准").first)
    looks(region, "bases")
    region.locator("main tr", has_text="CN-MIIT-2022-63/T1").get_by_role("link").first.click()
    region.fill("[name=title_zh]", "自治区创新型评价标准")
    region.fill("[name=number]", "新工信〔2026〕9 号")
    region.fill("[name=part_zh]", "附件 1")
    region.uncheck("[name=applies_to][value=review]")
    # Far from the days of the other journeys, which share this portal.
    region.fill("[name=valid_from]", "2040-01-01")
    region.fill("[name=valid_until]", "2040-01-31")
    looks(region, "head")
    press(region, "下一步")
    draft = region.url.removeprefix(portal.address)
    looks(region, "draft")
    follow(region, region.locator("main").get_by_text("加一个条件").first)
    for field, value in (
        ("label_zh", "营业收入"),
        ("standard_zh", "不低于 6000 万元"),
        ("clause_zh", "第二条"),
        ("source", "新工信〔2026〕9 号"),
        ("value0", "6000"),
    ):
        region.fill(f"[name={field}]", value)
    region.select_option("[name=fact0]", "revenue")
    region.select_option("[name=op0]", "ge")
    looks(region, "condition")
    press(region, "保存")
    assert "“6000”要带单位" in region.inner_text("main")
    looks(region, "condition with a fault")
    region.fill("[name=value0]", "6000 万元")
    press(region, "保存")
    assert "新加" in region.inner_text("main")
    follow(region, region.locator("main tr.group").first.get_by_role("link"))
    looks(region, "indicators")
    region.goto(portal.url(draft))
    press(region, "测算")
    _done(region, portal, draft)
    assert "家在业企业" in region.inner_text("#effect")
    press(region, "提请启用")
    looks(region, "proposed")
    second = page_as("region2.65")
    second.goto(portal.url("/inbox/"))
    looks(second, "inbox")
    follow(second, second.locator("main tr", has_text="标准草案等你启用").get_by_role("link"))
    second.wait_for_url(f"**{draft}")
    looks(second, "to be put in force")
    press(second, "启用")
    assert "已启用" in second.inner_text("main")
    county = page_as("county.652701")
    county.goto(portal.url("/inbox/"))
    follow(county, county.locator("main tr", has_text="启用了地方标准").get_by_role("link"))
    county.wait_for_url("**/evaluations/standard/**")
    assert "不低于 6000 万元" in county.inner_text("main")


def test_an_enterprise_moves_to_the_next_county_which_takes_it(
    portal: Portal, page_as: Callable[..., Any], looks: Callable[[Any, str], None], tmp_path: Path
) -> None:
    bole = page_as("county.652701")
    bring_in(bole, portal, tmp_path, CODE, NAME, 2025)
    bole.goto(portal.url(f"/registry/?q={CODE}"))
    follow(bole, bole.locator("main tbody tr", has_text=NAME).locator("th a"))
    follow(bole, bole.locator("main").get_by_role("link", name="迁出"))
    looks(bole, "offer")
    bole.fill("[name=to]", "652722")
    bole.fill("[name=document]", "迁移通知书 17 号")
    press(bole, "提出迁出")
    assert "等待接收" in bole.inner_text("main")
    looks(bole, "moves, offered")
    jinghe = page_as("county.652722")
    assert "迁入待接收" in jinghe.inner_text("main")
    jinghe.goto(portal.url("/inbox/"))
    follow(jinghe, jinghe.locator("main tr", has_text="等你接收").get_by_role("link"))
    looks(jinghe, "moves, to be taken")
    with jinghe.expect_navigation(wait_until="load"):
        jinghe.locator("main tr", has_text=NAME).get_by_role("button", name="接收").first.click()
    _done(jinghe, portal, "/registry/moves/?view=done")
    assert "已移交" in jinghe.inner_text("main")
    jinghe.goto(portal.url(f"/registry/?q={CODE}"))
    follow(jinghe, jinghe.locator("main tbody tr", has_text=NAME).locator("th a"))
    assert "原属 博乐市" in jinghe.inner_text("main")
    bole.goto(portal.url(f"/registry/?q={CODE}"))
    assert NAME not in bole.inner_text("main")
    bole.goto(portal.url("/inbox/"))
    assert f"{NAME}已迁出" in bole.inner_text("main")
    # What one has opened is read from then on.
    follow(bole, bole.locator("main tr", has_text="已迁出").get_by_role("link"))
    bole.goto(portal.url("/inbox/"))
    assert f"{NAME}已迁出" not in bole.inner_text("main")
    bole.goto(portal.url("/accounts/mail/"))
    looks(bole, "mail")
