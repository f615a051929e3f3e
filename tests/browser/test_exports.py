"""A list out of the portal in a real browser: one click, chosen columns, a saved choice, the history."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from tests.browser.conftest import Portal
from tests.conftest import BOLE, point_at

#: where to put pictures of the pages, for somebody who wants to look at them
PICTURES = os.environ.get("TIDU_PICTURES")


@pytest.fixture(scope="module")
def filled(portal: Portal, django_db_blocker: Any) -> Iterator[Portal]:
    from django.db import connections

    from enterprises.actions import import_workbook
    from tenancy.access import actor_for
    from tenancy.context import acting
    from tests.enterprises import books

    before = settings.DATABASES["default"]["NAME"]
    with django_db_blocker.unblock():
        point_at(portal.database)
        with connections["default"].cursor() as cursor:
            cursor.execute("SET ROLE tidu_web")
        actor = actor_for("county.652701")
        with acting(actor):
            rows = books.plain(30, 400, 从业人员=lambda n: 10 + n, 营业收入=lambda n: 1000 + n)
            import_workbook(by=actor, region=BOLE, year=2025, file=books.xlsx(("表", rows)))
        for alias in ("default", "owner"):
            connections[alias].close()
        point_at(before)
    yield portal


def _book(download: Any) -> Any:
    # The browser keeps a download under a name without a suffix.
    return openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))


def _look(page: Any, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
    found = Axe().run(page)
    serious = [v for v in found.response["violations"] if v["impact"] in ("serious", "critical")]
    assert not serious, [(v["id"], v["nodes"][0]["html"]) for v in serious]


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_an_official_exports_with_one_click_and_with_chosen_columns(
    filled: Portal, page_as: Callable[..., Any], tmp_path: Path, width: int, height: int
) -> None:
    page = page_as("county.652701", width=width, height=height)
    page.goto(filled.url("/registry/?q=机械&sort=name"))
    page.click("details.menu summary:has-text('导出')")
    _look(page, f"menu-{width}")
    with page.expect_download() as download:
        page.click("form:has(input[value=registry]) button[value=xlsx]")
    assert download.value.suggested_filename.endswith(".xlsx")
    book = _book(download)
    assert book.sheetnames == ["企业名录", "导出说明"] and book.active.max_row == 31
    page.click("a:has-text('选列和年度')")
    page.wait_for_url("**/exports/new/**")
    page.uncheck("label:has-text('荣誉与资质') input")
    assert page.locator("[value=hnte_valid_until]").is_checked() is False
    page.fill("#name", f"报表 {width}")
    _look(page, f"new-{width}")
    page.click("button[formaction]:has-text('存')")
    page.wait_for_url("**saved=**")
    assert page.locator("[value=hnte_valid_until]").is_checked() is False
    _look(page, f"saved-{width}")
    with page.expect_download() as download:
        page.click(f"button[aria-label='按“报表 {width}”导出']")
    heads = [cell.value for cell in _book(download).active[1]]
    assert "高新技术企业有效期至" not in heads and "2025年从业人员（人）" in heads
    page.goto(filled.url("/exports/"))
    _look(page, f"exports-{width}")
    page.click("table.t tbody tr >> nth=0 >> th a")
    assert "SHA-256" in page.inner_text("main")
    _look(page, f"record-{width}")
    with page.expect_download() as download:
        page.click("text=下载文件")
    assert download.value.suggested_filename.endswith(".xlsx")


def test_the_rows_that_were_ticked_are_exported(filled: Portal, page_as: Callable[..., Any]) -> None:
    page = page_as("county.652701")
    page.goto(filled.url("/registry/?q=机械"))
    for n in range(3):
        page.check(f"[data-pick] >> nth={n}")
    with page.expect_download() as download:
        page.click("text=导出所选")
    assert _book(download).active.max_row == 4
