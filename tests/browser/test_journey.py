"""The journey of the first issue in a real browser: a county's workbook in, judged, the report out."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Portal, connect

GOOD, POOR, OPEN = "91652701L9ENYBC55H", "91652701MA0000001K", "91652701MA0000002Y"


def _messy_workbook() -> bytes:
    """Title and unit rows, another order and other names of the columns, two bad rows, a foot."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "企业汇总"
    sheet.append(["博乐市2025年度企业数据汇总表"])
    sheet.append(["单位：万元"])
    head = ["序号", "单位名称", "社会信用代码", "行业代码", "从业人数", "营业收入", "主营收入", "上年度主营业务收入", "研发费用", "资产总计",
            "负债合计", "Ⅰ类知识产权（项）", "属于战略性新兴产业", "是否列入经营异常名录", "是否列入严重失信名单",
            "近三年重大安全质量环境事故或偷漏税", "产品属于禁止限制淘汰类", "新增股权融资", "2024年新增股权融资", "2023年新增股权融资",
            "研发机构级别", "备注"]  # fmt: skip
    sheet.append(head)
    clean = ["否", "否", "否", "否", 0, 0, 0, "无", ""]
    sheet.append(
        [
            1,
            "博乐市晨光装备有限公司",
            GOOD,
            "C3511",
            120,
            "5,000.00",
            4500,
            3900,
            260,
            6000,
            2400,
            2,
            "是",
            *clean,
        ]
    )
    sheet.append(
        [2, "博乐市落后加工<有限>公司", POOR, "C1711", 60, 3000, 2000, 2100, 10, 5000, 4500, 0, "否", *clean]
    )
    sheet.append(
        [3, "博乐市待补数据有限公司", OPEN, "C3511", 90, 4000, 3600, 3000, None, 6000, 2000, 1, "是", *clean]
    )
    sheet.append(
        [
            4,
            "坏数字有限公司",
            "91652701MA0000003A",
            "C3511",
            10,
            "约5千万",
            100,
            90,
            1,
            100,
            10,
            0,
            "否",
            *clean,
        ]
    )
    sheet.append([5, "坏代码有限公司", "9.16527E+17", "C3511", 10, 100, 100, 90, 1, 100, 10, 0, "否", *clean])
    sheet.append(["填表人：", "某某"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("books") / "博乐市2025年度企业数据汇总（改3）.xlsx"
    path.write_bytes(_messy_workbook())
    return path


def _import(page: Any, portal: Portal, workbook: Path) -> None:
    page.goto(portal.url("/data/imports/"))
    page.select_option("#year", "2025")
    page.set_input_files("#file", str(workbook))
    page.click("main button.primary")
    page.wait_for_url("**/data/imports/*/", timeout=60_000)


def test_a_county_brings_a_workbook_in_sees_the_judgement_and_takes_the_report_out(
    portal: Portal, page_as: Callable[..., Any], workbook: Path, tmp_path: Path
) -> None:
    page = page_as("county.652701")
    _import(page, portal, workbook)
    text = page.inner_text("main")
    assert "约5千万" in text
    assert "9.16527E+17" in text
    rows = page.locator("table.t tbody tr:not(.group)").all_inner_texts()
    bad_number = next(r for r in rows if "约5千万" in r)
    assert bad_number.split()[:3] == ["企业汇总", "7", "F"]
    page.click(".foot button.primary")
    page.wait_for_selector(".foot:has-text('已写入')", timeout=60_000)

    page.goto(portal.url("/evaluations/"))
    page.click("main .acts button")
    page.wait_for_url("**/evaluations/", timeout=60_000)
    page.goto(portal.url("/registry/"))
    listed = page.inner_text("table.t")
    assert "博乐市落后加工<有限>公司" in listed
    for name, outcome in (("博乐市晨光装备有限公司", "达标"), ("博乐市待补数据有限公司", "待补数据")):
        row = page.locator("table.t tbody tr", has_text=name)
        assert outcome in row.inner_text()

    page.click("text=博乐市落后加工")
    page.click("nav.tabs >> text=评价")
    assert "未达标" in page.inner_text(".answer")
    assert "研发费用占比" in page.inner_text("table.elements")
    page.fill("#w-rd_expense", "200")
    page.wait_for_selector("#tried .moves")
    assert "→" in page.inner_text("#tried")

    page.goto(portal.url("/reports/"))
    page.click("main .acts button.primary")
    page.wait_for_url("**/reports/*Q*/**", timeout=120_000)
    with page.expect_download() as download:
        page.click("text=下载 PDF 报告")
    pdf = tmp_path / "report.pdf"
    download.value.save_as(pdf)
    found = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "博乐市" in found
    assert "博乐市晨光装备有限公司" in found.replace("\n", "").replace(" ", "")


def test_the_neighbouring_county_sees_none_of_it(
    portal: Portal, page_as: Callable[..., Any], workbook: Path
) -> None:
    bole = page_as("county.652701")
    _import(bole, portal, workbook)
    connection = connect(portal)
    with connection.cursor() as cursor:
        cursor.execute("SELECT public_id FROM enterprises_enterprise WHERE uscc = %s", [GOOD])
        found = cursor.fetchone()
    connection.close()
    page = page_as("county.652722")
    for path in (
        "/",
        "/registry/",
        "/registry/?q=晨光",
        "/data/imports/",
        "/evaluations/",
        "/reports/",
        "/jobs/",
    ):
        page.goto(portal.url(path))
        assert "晨光" not in page.inner_text("main").replace("“晨光”", ""), path
    if found:
        for tail in ("", "judgement/", "figures/", "history/"):
            answer = page.goto(portal.url(f"/enterprises/{found[0]}/{tail}"))
            assert answer.status == 404


def test_the_keyboard_alone_signs_in_and_reaches_the_content(portal: Portal, browser: Any) -> None:
    from tests.browser.conftest import PASSWORD

    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(portal.url("/accounts/login/"))
    page.focus("#id_login")
    page.keyboard.type("county.652701")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(portal.url("/"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    context.close()


PAGES = {
    "county.652701": ["/", "/registry/", "/data/imports/", "/data/entry/", "/evaluations/", "/reports/", "/jobs/", "/help/",
                      "/evaluations/standard/CN-MIIT-2022-63/T1/"],
    "prefecture.6527": ["/", "/registry/", "/reports/"],
    "region.65": ["/"],
    "auditor.65": ["/audit/", "/access/"],
    "secadmin.65": ["/people/", "/"],
    "sysadmin.65": ["/", "/jobs/all/"],
    "purchaser.652701": ["/"],
    "commissioner.652701": ["/", "/registry/"],
    "finance.65": ["/"],
}  # fmt: skip


@pytest.mark.parametrize("username", PAGES)
def test_every_page_passes_wcag_and_fits_desk_and_phone(
    username: str, portal: Portal, page_as: Callable[..., Any]
) -> None:
    for width, height in ((1366, 768), (390, 844)):
        page = page_as(username, width=width, height=height)
        for path in PAGES[username]:
            answer = page.goto(portal.url(path))
            assert answer.status == 200, path
            overflow = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, f"{path} at {width}: {overflow} px too wide"
            found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
            assert found.violations_count == 0, f"{path} at {width}: {found.generate_report()}"


def test_the_english_switch_leaves_no_chinese_in_what_is_not_data(
    portal: Portal, page_as: Callable[..., Any]
) -> None:
    page = page_as("secadmin.65")
    page.click("button[value=en]")
    page.wait_for_load_state()
    for path in ("/access/", "/help/"):
        page.goto(portal.url(path))
        text = page.evaluate(
            "(() => { const m = document.body.cloneNode(true);"
            " m.querySelectorAll('.place, .right, .print-foot, script').forEach(e => e.remove()); return m.innerText; })()"
        )
        chinese = [line for line in text.splitlines() if any("\u4e00" <= c <= "\u9fff" for c in line)]
        assert chinese == [], path


def test_a_security_administrator_resets_a_password_with_the_real_login(
    portal: Portal, page_as: Callable[..., Any]
) -> None:
    page = page_as("secadmin.65")
    page.goto(portal.url("/people/?q=purchaser.652701"))
    with page.expect_navigation() as answer:
        page.click("text=重设密码")
    assert answer.value.status == 200
    assert "purchaser.652701" in page.inner_text("main")
