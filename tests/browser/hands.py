"""What every journey does: press, follow, bring an enterprise in, let somebody speak for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.conftest import _owner_connect

from .conftest import Portal

_HEAD = (
    "统一社会信用代码,企业名称,行业代码,从业人员（人）,营业收入（万元）,主营业务收入（万元）,研发费用（万元）,资产总额（万元）,负债总额（万元）,"
    "Ⅰ类知识产权（项）,属于战略性新兴产业,是否列入经营异常名录,是否列入严重失信名单,近三年重大安全质量环境事故或偷漏税,产品属于禁止限制淘汰类\n"
)


def said(page: Any) -> str:
    return str(page.inner_text("main"))


def press(page: Any, text: str, *, inside: str = "main") -> None:
    """A button of the content, and the whole page that follows."""
    with page.expect_navigation(wait_until="load"):
        page.locator(inside).get_by_role("button", name=text, exact=True).click()


def follow(page: Any, link: Any) -> None:
    """A link, and the whole page that follows."""
    with page.expect_navigation(wait_until="load"):
        link.click()


def open_row(page: Any, portal: Portal, path: str, row: str) -> None:
    """A list, and in it the row that names something."""
    page.goto(portal.url(path))
    follow(page, page.locator("table.t tbody tr", has_text=row).first.locator("th a"))


def sheet(code: str, name: str) -> str:
    """An enterprise's figures, good enough to be judged."""
    return _HEAD + f"{code},{name},C3511,120,5000,4500,260,6000,2400,2,是,否,否,否,否\n"


def bring_in(page: Any, portal: Portal, folder: Path, code: str, name: str, year: int) -> None:
    """The county imports a file with one enterprise."""
    file = folder / f"{code}.csv"
    file.write_text(sheet(code, name), encoding="utf-8")
    page.goto(portal.url("/data/imports/"))
    page.select_option("#year", str(year))
    page.set_input_files("#file", str(file))
    page.click("main button.primary")
    page.wait_for_url("**/data/imports/*/", timeout=60_000)
    page.click(".foot button.primary")
    page.wait_for_selector(".head:has-text('已写入')", timeout=60_000)


def recognised(region: Any, portal: Portal, folder: Path, code: str, name: str) -> None:
    """The region enters an announced list with one enterprise."""
    file = folder / "名单.csv"
    file.write_text(f"企业名称,统一社会信用代码\n{name},{code}\n", encoding="utf-8-sig")
    region.goto(portal.url("/titles/lists/"))
    region.select_option("[name=tier]", "specialised")
    region.fill("[name=number]", f"新工信企业〔2025〕{code[-4:]}号")
    region.fill("[name=announced_on]", "2025-06-30")
    region.set_input_files("[name=file]", str(file))
    with region.expect_navigation(wait_until="load"):
        region.locator("main form button.primary").click()
    with region.expect_navigation(wait_until="load"):
        region.locator("main button.primary").first.click()
    assert "已认定 1 家" in said(region)


def speaks_for(portal: Portal, username: str, code: str) -> None:
    """An account for the enterprise with this code."""
    connection = _owner_connect(portal.database)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tenancy_officer (username, password, display_name, is_active, must_change_password, date_joined) "
            "SELECT %s, password, '企业经办', true, false, now() FROM tenancy_officer "
            "WHERE username = 'county.652701' RETURNING id",
            [username],
        )
        (officer,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO tenancy_posting (officer_id, role, region_id, enterprise_id, from_at) "
            "SELECT %s, 'enterprise', region_id, id, now() FROM enterprises_enterprise WHERE uscc = %s",
            [officer, code],
        )
    connection.close()
