"""In the browser: a county settles a top-up, an enterprise claims with its paper, another checks, both awards are proposed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser.conftest import Portal
from tests.browser.hands import bring_in, follow, press, said, speaks_for
from tests.enterprises import books

NAME, CODE = "博乐市晨岳装备科技有限公司", books.code(7313)


def test_a_claim_from_its_paper_to_the_proposal_beside_a_top_up(
    portal: Portal,
    browser: Any,
    page_as: Callable[..., Any],
    looks: Callable[[Any, str], None],
    clock: Callable[[int], dt.date],
    tmp_path: Path,
) -> None:
    today = clock(0)
    county, second, neighbour = page_as("county.652701"), page_as("county2.652701"), page_as("county.652722")
    bring_in(county, portal, tmp_path, CODE, NAME, 2025)

    # One person drafts the top-up, another puts it in force.
    county.goto(portal.url("/awards/rules/"))
    looks(county, "no local rules")
    follow(county, county.get_by_role("link", name="本地配套").first)
    press(county, "拟订")
    assert "还有几处要改" in said(county)
    looks(county, "a wrong top-up")
    county.select_option("[name=base]", "A-51")
    county.fill("[name=fixed]", "5")
    county.fill("[name=since]", "2025-01-01")
    county.fill("[name=document]", "博政办〔2025〕1号")
    press(county, "拟订")
    assert "你拟订的，由他人启用" in said(county)
    second.goto(portal.url("/awards/rules/"))
    looks(second, "a drafted rule")
    with second.expect_navigation(wait_until="load"):
        second.locator("button[value=accept]").click()
    assert "已启用" in said(second)
    looks(second, "a rule in force")

    # The enterprise sees what can be claimed, and claims with a paper.
    speaks_for(portal, "chenyue", CODE)
    firm = page_as("chenyue")
    firm.goto(portal.url("/awards/claims/"))
    looks(firm, "nothing claimed yet")
    follow(firm, firm.get_by_role("main").get_by_role("link", name="申领").first)
    assert "定额 20 万元" in said(firm) and "定额 5 万元" in said(firm)
    looks(firm, "what can be claimed")
    follow(firm, firm.locator("table.t tbody tr", has_text="进入专精特新专板").locator("a"))
    press(firm, "提交申领")
    looks(firm, "a claim without anything")
    paper = tmp_path / "入板通知.pdf"
    paper.write_bytes(b"%PDF-1.7\n" + b"x" * 300)
    firm.fill("[name=on]", (today - dt.timedelta(30)).isoformat())
    firm.set_input_files("[name=files]", str(paper))
    press(firm, "提交申领")
    assert "入板通知.pdf" in said(firm) and "等县里核实" in said(firm)
    looks(firm, "a claim that waits")
    page = firm.url

    # The county opens the paper and accepts; what is due is proposed.
    county.goto(portal.url("/awards/claims/"))
    looks(county, "claims to check")
    county.goto(page)
    with county.expect_download() as saved:
        county.get_by_role("link", name="入板通知.pdf").click()
    assert Path(saved.value.path()).read_bytes() == paper.read_bytes()
    assert "采纳后按政策" in said(county)
    looks(county, "a claim to check")
    press(county, "采纳")
    follow(county, county.get_by_role("link", name="去提出"))
    rows = county.locator("table.t tbody tr", has_text=NAME)
    assert rows.count() == 2 and "A-51+652701" in said(county)
    for n in range(2):
        rows.nth(n).locator("[data-pick]").check()
    with county.expect_navigation(wait_until="load"):
        county.locator(".bulk button").last.click()
    assert "已提出 2 项" in said(county)
    firm.goto(page)
    assert "已提出 20 万元" in said(firm) and "已提出 5 万元" in said(firm)
    looks(firm, "a claim that was proposed")

    # The neighbour sees nothing of it.
    neighbour.goto(portal.url("/awards/claims/?view=all"))
    assert NAME not in neighbour.content() and "还没有企业申领过" in said(neighbour)
