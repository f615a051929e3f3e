"""The round trip of a county's workbook and of a prefecture's, on the keyboard alone, at a desk and on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from tests.browser import journey_books as books
from tests.browser.conftest import Portal, connect
from tests.browser.keyboard import Keyboard, put_file
from tests.conftest import BOLE, JINGHE

BATCH = r"/data/imports/[^/]+/$"


def _registry(portal: Portal, region: str) -> dict[tuple[str, int, str], Any]:
    """Every fact that is registered in a county: code, year (0 for the enterprise itself), column → value."""
    connection = connect(portal)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.uscc, 0, to_jsonb(e) FROM enterprises_enterprise e WHERE e.region_id = %(region)s "
            "UNION ALL SELECT e.uscc, f.year, to_jsonb(f) FROM enterprises_enterprise e "
            "JOIN enterprises_annualfigures f ON f.enterprise_id = e.id WHERE e.region_id = %(region)s",
            {"region": region},
        )
        facts = {
            (uscc, year, column): value
            for uscc, year, row in cursor.fetchall()
            for column, value in row.items()
            if value is not None and column not in ("version", "updated_at")
        }
    connection.close()
    return facts


def _enterprises(facts: dict[tuple[str, int, str], Any]) -> set[str]:
    return {uscc for uscc, _year, _column in facts}


def _upload(keys: Keyboard, portal: Portal, path: Path, *, from_menu: bool = True) -> None:
    """From wherever one is: the navigation, the year, the file, the button; then the worker has read it."""
    if from_menu:
        keys.open("数据导入", "a", at="/data/imports/$")
    keys.content()
    keys.reach("数据年度", "select")
    keys.page.keyboard.type("2025")
    keys.reach("文件", "input")
    put_file(keys.page, path)
    keys.open("上传并试运行", "button", at=BATCH)


def _write(keys: Keyboard, rows: int, label: str = "写入") -> None:
    keys.content()
    keys.open(f"{label} {rows} 行…", "button", at=BATCH)
    assert "已写入" in keys.page.inner_text(".head")


def _figures(page: Any) -> dict[str, int]:
    """The strip of counts by its labels."""
    cells = page.locator(".figures > div:not(.downloads)").evaluate_all(
        "cells => cells.map(c => [c.querySelector('.l').innerText.trim(), c.querySelector('.v').innerText])"
    )
    return {label: int(re.sub(r"\D", "", value)) for label, value in cells}


def _problems(page: Any) -> list[str]:
    return page.locator("table.problems tbody tr:not(.group)").all_inner_texts()


def _save(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_county_brings_a_workbook_with_thirty_problems_in_and_takes_it_back(
    portal: Portal, page_as: Callable[..., Any], looks: Callable[[Any, str], None], tmp_path: Path
) -> None:
    page = page_as("county.652701")
    keys = Keyboard(page)
    _upload(keys, portal, _save(tmp_path / "已登记.xlsx", books.known()))
    assert "没有发现问题，可以写入" in page.inner_text("main")
    _write(keys, 3)
    before = _registry(portal, BOLE)

    # The dry run: thirty problems, each kind with its count, and nothing written.
    data, planted = books.thirty_problems()
    _upload(keys, portal, _save(tmp_path / "博乐市2025年度企业数据汇总（改3）.xlsx", data))
    batch = page.url.partition("#")[0]
    assert _figures(page) == {
        "共读取": 31, "新增": 8, "更新": 2, "无变化": 0, "有错误，不写入": 20, "待判断，先不写入": 1, "其中有警告": 8
    }  # fmt: skip
    assert len(_problems(page)) == 30 == planted.total()
    kinds = page.locator(".kinds a .pill").all_inner_texts()
    assert sorted(map(int, kinds)) == sorted(planted.values())
    looks(page, "dry run")
    passed = keys.round_trip()
    assert (
        passed.index("下载错误工作簿")
        < passed.index("数值无法识别 2")
        < passed.index("写入 10 行（新增 8、更新 2）")
    )

    # One kind alone, and still so after a reload.
    keys.content()
    keys.open("数值无法识别 2", "a")
    page.reload()
    rows = _problems(page)
    assert len(rows) == 2 and "约5千万" in rows[0] and rows[0].split()[:3] == ["企业汇总", "13", "G"]
    keys.content()
    keys.open("全部问题", "a")
    assert len(_problems(page)) == 30

    keys.content()
    returned = keys.download("下载错误工作簿", tmp_path / "错误工作簿.xlsx")
    hints = _hints(returned)
    assert set(hints) == {row for row, *_rest in books.FIRST}
    assert "不是数" in hints[13] and "11010519491231002X" not in json.dumps(hints, ensure_ascii=False)

    _look_at_the_differences(keys, looks)
    _write(keys, 10)
    first = page.url.partition("#")[0]
    assert first == batch and page.locator("text=收回这次导入").count()
    after_first = _registry(portal, BOLE)
    assert len(_enterprises(after_first) - _enterprises(before)) == 8

    # The workbook that came back, mended: only what failed is new, the rest has no change.
    books.mend(returned, tmp_path / "错误工作簿（已改）.xlsx")
    _upload(keys, portal, tmp_path / "错误工作簿（已改）.xlsx")
    assert _figures(page) == {
        "共读取": 31, "新增": 15, "更新": 0, "无变化": 10, "有错误，不写入": 5, "待判断，先不写入": 1, "其中有警告": 8
    }  # fmt: skip
    _mend_on_the_page(keys, looks)
    assert _figures(page)["有错误，不写入"] == 1
    assert _figures(page)["新增"] == 18
    assert _figures(page)["选择不写入"] == 1
    _write(keys, 19)
    assert len(_enterprises(_registry(portal, BOLE)) - _enterprises(after_first)) == 18

    # What is left is mended after the writing.
    keys.content()
    keys.open("在这里改", "a")
    keys.reach("企业汇总 第 26 行 B 列 单位名称")
    keys.type(books.MENDED_ON_THE_PAGE[26][1])
    keys.open("保存并写入改好的行", "button", at=BATCH)
    assert "已写入 20 行" in page.inner_text("main")
    assert len(_enterprises(_registry(portal, BOLE)) - _enterprises(after_first)) == 19

    keys.open("数据导入", "a", at="/data/imports/$")
    history = page.locator("table.t tbody tr").all_inner_texts()
    assert ["错误工作簿（已改）.xlsx" in history[0], "汇总（改3）.xlsx" in history[1]] == [True, True]
    assert "已写入" in history[0] and "孟克" in history[0]
    looks(page, "history")

    _take_back(keys, "错误工作簿（已改）.xlsx", looks)
    assert _registry(portal, BOLE) == after_first
    keys.open("数据导入", "a", at="/data/imports/$")
    _take_back(keys, "博乐市2025年度企业数据汇总（改3）.xlsx", None)
    assert _registry(portal, BOLE) == before


def _hints(returned: Path) -> dict[int, str]:
    """The column of hints of the first sheet: row → what it says; every hint's cell is marked."""
    sheet = openpyxl.load_workbook(returned)["企业汇总"]
    (column,) = [c.column for c in sheet[3] if c.value == "导入提示"]
    return {
        row: str(sheet.cell(row, column).value)
        for row in range(4, sheet.max_row + 1)
        if sheet.cell(row, column).value
    }


def _look_at_the_differences(keys: Keyboard, looks: Callable[[Any, str], None]) -> None:
    keys.content()
    keys.open("看前后差异", "a", at="/changes/$")
    rows = [text.split() for text in keys.page.locator("table.t tbody tr:not(.group)").all_inner_texts()]
    assert ["2025", "从业人员", "80", "88"] in rows
    assert ["2025", "营业收入", "3,000.00", "万元", "3,300.00", "万元"] in rows
    looks(keys.page, "differences")
    keys.round_trip()
    keys.content()
    keys.open("博乐市2025年度企业数据汇总（改3）.xlsx", "a", key="Shift+Tab", at=BATCH)


def _mend_on_the_page(keys: Keyboard, looks: Callable[[Any, str], None]) -> None:
    page = keys.page
    keys.content()
    keys.open("去判断", "a", at="/mend/$")
    assert "博乐市赛里木特种电缆有限公司" in page.inner_text(".question >> nth=0")
    looks(page, "questions and mending")
    keys.round_trip()
    keys.content()
    keys.reach("是同一家，写到已登记的这家企业", "input")
    keys.press("Space")
    # A group of radio buttons is one stop; the arrow keys choose in it.
    keys.reach("用前面那一行，这一行不写入", "input")
    for key, choice in (
        ("ArrowDown", "用这一行，前面那一行不写入"),
        ("ArrowUp", "用前面那一行，这一行不写入"),
    ):
        keys.press(key)
        chosen = keys.stop()
        assert chosen is not None and chosen.name == choice
    for row in (23, 24, 25):
        column, value = books.MENDED_ON_THE_PAGE[row]
        keys.reach(f"企业汇总 第 {row} 行 {column} 列…", "input")
        keys.type(value)
    keys.open("保存并重新试运行", "button", at=BATCH)


def _take_back(keys: Keyboard, name: str, looks: Callable[[Any, str], None] | None) -> None:
    page = keys.page
    keys.content()
    keys.open(name, "a", at=BATCH)
    keys.content()
    keys.reach("收回这次导入", "button")
    keys.press("Enter")
    harmless = keys.stop()
    assert harmless is not None and harmless.name == "不收回", "the focus starts on the harmless one"
    keys.press("Escape")
    back = keys.stop()
    assert back is not None and back.name == "收回这次导入", "the focus comes back"
    keys.press("Enter")
    keys.open("收回这次导入", "button", most=3)
    assert "数据恢复到导入前" in page.inner_text("main")
    if looks is not None:
        looks(page, "taken back")


def test_a_prefecture_fills_gaps_of_four_counties_and_three_values_wait_for_their_counties(
    portal: Portal, page_as: Callable[..., Any], looks: Callable[[Any, str], None], tmp_path: Path
) -> None:
    bole, jinghe = page_as("county.652701"), page_as("county.652722")
    for page, row in ((bole, books.BOLE_HAS), (jinghe, books.JINGHE_HAS)):
        keys = Keyboard(page)
        _upload(keys, portal, _save(tmp_path / "本县.xlsx", books.of_a_county(row)))
        _write(keys, 1)

    page = page_as("prefecture.6527")
    keys = Keyboard(page)
    _upload(keys, portal, _save(tmp_path / "四县汇总.xlsx", books.four_counties()))
    figures = _figures(page)
    assert (figures["新增"], figures["更新"], figures["将作为建议交县里"]) == (4, 2, 3)
    assert sum("作为建议交" in row for row in _problems(page)) == 3
    looks(page, "from above")
    _write(keys, 6)
    assert _figures(page)["已作为建议交县里"] == 3
    mine, code = _registry(portal, BOLE), books.BOLE_HAS[2]
    assert mine[code, 2025, "total_assets"] == 41_000_000, "a gap is filled"
    assert mine[code, 2025, "employees"] == 80, "what the county has is kept"

    # The prefecture reads along and decides nothing.
    keys.open("数据核定", "a", at="/data/proposals/$")
    assert page.locator("table.t tbody tr:not(.group)").count() == 3
    assert page.locator(".foot").count() == 0

    keys = Keyboard(bole)
    bole.goto(portal.url("/"))
    keys.content()
    assert "数据待核定：2 项" in bole.inner_text("main")
    looks(bole, "home with proposals")
    keys.open("去核定", "a", at="/data/proposals/$")
    text = bole.inner_text("main")
    assert books.BOLE_HAS[1] in text and books.JINGHE_HAS[1] not in text
    looks(bole, "open proposals")
    keys.round_trip()
    _decide(keys, f"{books.BOLE_HAS[1]} 2025 从业人员", "采纳", "已采纳 1 项")
    _decide(keys, f"{books.BOLE_HAS[1]} 2025 营业收入", "不采纳", "写明不采纳的理由")
    assert bole.locator("[data-pick]:checked").count() == 1, "what was ticked stays ticked"
    keys.content()
    keys.reach("不采纳的理由", "input")
    keys.type("以企业盖章的年报为准")
    keys.open("不采纳", "button", at="/data/proposals/$")
    assert "没有待核定的建议" in bole.inner_text("main")
    looks(bole, "no proposals")
    keys.content()
    keys.open("已办", "a")
    text = bole.inner_text("main")
    assert "已采纳" in text and "以企业盖章的年报为准" in text
    looks(bole, "decided proposals")
    mine = _registry(portal, BOLE)
    assert (mine[code, 2025, "employees"], mine[code, 2025, "revenue"]) == (85, 30_000_000)

    keys = Keyboard(jinghe)
    jinghe.goto(portal.url("/"))
    assert "数据待核定：1 项" in jinghe.inner_text("main")
    keys.open("数据核定", "a", at="/data/proposals/$")
    text = jinghe.inner_text("main")
    assert books.JINGHE_HAS[1] in text and books.BOLE_HAS[1] not in text
    _decide(keys, f"{books.JINGHE_HAS[1]} 2025 从业人员", "采纳", "已采纳 1 项")
    assert _registry(portal, JINGHE)[books.JINGHE_HAS[2], 2025, "employees"] == 55

    # The neighbour got a new enterprise and no proposal, open or decided.
    neighbour = page_as("county.652723")
    assert "数据待核定" not in neighbour.inner_text("main")
    for path in ("/data/proposals/", "/data/proposals/?state=decided"):
        neighbour.goto(portal.url(path))
        text = neighbour.inner_text("main")
        assert "怪石峪" not in text and "枸杞红" not in text and neighbour.locator("table").count() == 0
    neighbour.goto(portal.url("/registry/"))
    assert "温泉县圣泉饮品有限公司" in neighbour.inner_text("main")


def _decide(keys: Keyboard, proposal: str, how: str, answer: str) -> None:
    keys.content()
    keys.reach(proposal, "input")
    keys.press("Space")
    keys.open(how, "button", at="/data/proposals/")
    assert answer in keys.page.inner_text("main")


def test_a_check_of_a_list_is_recorded_and_taken_back_on_the_keyboard(
    portal: Portal, page_as: Callable[..., Any], looks: Callable[[Any, str], None], tmp_path: Path
) -> None:
    page = page_as("county.652723")
    keys = Keyboard(page)
    _upload(keys, portal, _save(tmp_path / "温泉.xlsx", books.of_hot_springs()))
    _write(keys, 2)
    keys.open("企业名录", "a", at="/registry/$")
    keys.content()
    keys.open("批量登记核查结果", "a", at="/registry/check/")
    looks(page, "a check")
    keys.round_trip()
    keys.content()
    keys.reach("是否列入经营异常名录…", "input")
    keys.press("Space")
    keys.reach("核查来源", "input")
    keys.type("国家企业信用信息公示系统")
    keys.open("给这…", "button", at=BATCH)
    assert "是否列入经营异常名录" in page.inner_text("main")
    looks(page, "a recorded check")
    keys.content()
    keys.reach("收回这次导入", "button")
    keys.press("Enter")
    keys.open("收回这次导入", "button", most=3)
    assert "数据恢复到导入前" in page.inner_text("main")


def test_a_refused_file_a_question_of_the_year_and_the_columns_are_clear_at_every_width(
    portal: Portal, page_as: Callable[..., Any], looks: Callable[[Any, str], None], tmp_path: Path
) -> None:
    page = page_as("county.652722")
    keys = Keyboard(page)
    _upload(keys, portal, _save(tmp_path / "坏.xlsx", b"<html><table></table></html>"))
    assert "没有写入任何数据" in page.inner_text("main")
    looks(page, "refused")
    keys.open("重新上传", "a", at="/data/imports/$")
    _upload(keys, portal, _save(tmp_path / "去年.xlsx", books.of_last_year()), from_menu=False)
    looks(page, "a question of the year")
    assert "先回答上面的年度问题" in page.inner_text(".foot")
    keys.content()
    keys.open("调整对应关系", "a", at="/columns/$")
    looks(page, "columns")
    keys.round_trip()
    keys.content()
    keys.open("不改了", "a", at=BATCH)
    keys.content()
    keys.open("就是 2025 年的", "button", at=BATCH)
    keys.content()
    keys.open("放弃本次导入", "button", at="/data/imports/$")
    assert "没有写入任何数据" in page.inner_text("main")
