"""Workbooks of award data: recorded, only once, read leniently whatever they look like."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from enterprises.models import Enterprise
from subsidies.models import AwardEvent, Pool
from subsidies.wording import message
from tenancy.access import Actor
from tenancy.context import nation
from tenancy.models import AuditEntry, StoredFile
from tests.conftest import BOLE, XINJIANG

from .book_cases import (
    EVENT_HEAD,
    NOON,
    ONE,
    POOL_HEAD,
    RECEIVED_HEAD,
    THREE,
    TITLE,
    TITLE_HEAD,
    TWO,
    bring,
    counts,
    told,
    untouched,
)

pytestmark = pytest.mark.django_db


# --- good files --------------------------------------------------------------------------------------


def test_titles_are_recorded_and_an_unknown_enterprise_is_registered_by_its_name(county_bole: Actor) -> None:
    second = [TWO, "", "高企", "2023年7月1日", "复核", "2025/1/2", "其他政策", "GR2023"]
    result = bring(county_bole, "titles", TITLE_HEAD, TITLE, second)
    assert (told(result), counts(result), result.rows) == ([], (2, 0, 0, 2), 2)
    with nation():
        assert dict(Enterprise.objects.values_list("uscc", "name")) == {ONE: "博乐甲机械有限公司", TWO: TWO}
        first, other = AwardEvent.objects.order_by("id")
        assert (first.kind, first.title, first.on, first.how) == (
            "recognition", "little_giant", dt.date(2024, 5, 1), "new",
        )  # fmt: skip
        assert first.code.startswith("b-") and first.region_id == BOLE
        assert (other.code, other.how, other.revoked_on, other.other_policy) == (
            "GR2023", "renewal", dt.date(2025, 1, 2), "other",
        )  # fmt: skip
        assert StoredFile.objects.get().kind == "awards.book.titles"
        entry = AuditEntry.objects.get(action="awards.book")
        assert entry.detail["new"] == 2 and entry.detail["sha256"] == StoredFile.objects.get().sha256


def test_claims_are_recorded_with_what_was_decided(county_bole: Actor) -> None:
    result = bring(
        county_bole,
        "events",
        EVENT_HEAD,
        [ONE, "甲公司", "科研创新平台", "2024-05-01", 80.5, "采棉机平台", None, None, None],
        [ONE, "甲公司", "平台评价等次", "2024-06-01", None, None, "二等奖", "选本政策", "P-1"],
    )
    assert (told(result), counts(result)) == ([], (2, 0, 0, 1))
    with nation():
        platform, prize = AwardEvent.objects.order_by("on")
        assert (platform.title, platform.decided, platform.project) == (
            "talent_platform", Decimal("805000.00"), "采棉机平台",
        )  # fmt: skip
        assert (prize.prize, prize.other_policy, prize.decided, prize.code) == ("2", "ours", None, "P-1")


def test_what_was_received_is_for_equipment_unless_it_says_otherwise(county_bole: Actor) -> None:
    result = bring(
        county_bole,
        "subsidies_received",
        RECEIVED_HEAD,
        [ONE, "甲公司", None, "2024-05-01", 123456.78, None],
        [ONE, "甲公司", "国家重点实验室", "2024-05-01", "20万元", None],
    )
    assert (told(result), counts(result)) == ([], (2, 0, 0, 1))
    with nation():
        assert dict(AwardEvent.objects.values_list("title", "received")) == {
            "equipment": Decimal("123456.78"),
            "national_lab": Decimal("200000.00"),
        }


def test_a_budget_opens_the_pool_and_is_posted_once_for_each_document(finance: Actor) -> None:
    first = ["A-13", 2026, 500, "新财企〔2026〕12号", "是"]
    result = bring(
        finance, "pools", POOL_HEAD, first, ["Ａ-12", "2026年度", "1,200.5", "新财企〔2026〕13号", None]
    )
    assert (told(result), counts(result)) == ([], (2, 0, 0, 2))
    with nation():
        pool = Pool.objects.get(scheme="A-13")
        assert (pool.region_id, pool.year, pool.free, pool.published) == (XINJIANG, 2026, 500_000_000, True)
        assert Pool.objects.get(scheme="A-12").free == 1_200_500_000
        assert pool.postings.get().reason == "新财企〔2026〕12号"
    more = ["A-13", 2026, 100, "新财企〔2026〕20号", "是"]
    spelled = ["A-13", 2026, 500, " 新财企[2026]12号", None]
    result = bring(finance, "pools", POOL_HEAD, spelled, more)
    assert (told(result), counts(result)) == ([], (1, 0, 1, 0))
    with nation():
        assert Pool.objects.get(scheme="A-13").free == 600_000_000


def test_whether_the_places_below_see_a_pool_may_be_said_later(finance: Actor) -> None:
    row = ["A-13", 2026, 500, "12号", "否"]
    bring(finance, "pools", POOL_HEAD, row)
    result = bring(finance, "pools", POOL_HEAD, [*row[:4], "是"])
    assert (told(result), counts(result)) == ([], (0, 1, 1, 0))
    with nation():
        assert Pool.objects.get().published


# --- again -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "head", "row"),
    [
        ("titles", TITLE_HEAD, TITLE),
        ("events", EVENT_HEAD, [ONE, "", "设备补助", "2024-05-01", 1, "甲", None, None, None]),
        ("subsidies_received", RECEIVED_HEAD, [ONE, "", None, "2024-05-01", 5, "E1"]),
        ("pools", POOL_HEAD, ["A-13", 2026, 500, "12号", "否"]),
    ],
)
def test_the_same_file_twice_changes_nothing_also_from_a_colleague(
    kind: str, head: list[str], row: list[Any], person: Callable[..., Actor]
) -> None:
    place = XINJIANG if kind == "pools" else BOLE
    first, colleague = (person(name, "finance", place) for name in ("finance.first", "finance.second"))
    assert counts(bring(first, kind, head, row)) == (1, 0, 0, 1)
    for by in (first, colleague):
        again = bring(by, kind, head, row)
        assert (told(again), counts(again)) == ([], (0, 0, 1, 0))


def test_a_dry_run_tells_the_same_counts_and_leaves_nothing(county_bole: Actor, finance: Actor) -> None:
    titles = bring(county_bole, "titles", TITLE_HEAD, TITLE, dry_run=True)
    budget = bring(finance, "pools", POOL_HEAD, ["A-13", 2026, 500, "12号", None], dry_run=True)
    assert counts(titles) == counts(budget) == (1, 0, 0, 1)
    with nation():
        assert untouched() and not Enterprise.objects.exists()
        assert not AuditEntry.objects.filter(action__startswith="awards.").exists()


def test_a_column_that_the_file_lacks_leaves_alone_what_is_known(county_bole: Actor) -> None:
    bring(county_bole, "titles", TITLE_HEAD, [*TITLE[:5], "2025-01-01", "选本政策", None])
    short = bring(county_bole, "titles", TITLE_HEAD[:5], TITLE[:5])
    assert counts(short) == (0, 0, 1, 0)
    cleared = bring(county_bole, "titles", TITLE_HEAD, TITLE)
    assert counts(cleared) == (0, 1, 0, 0)
    with nation():
        assert AwardEvent.objects.get().revoked_on is None


def test_what_is_known_under_a_number_is_not_brought_in_again_without_one(county_bole: Actor) -> None:
    row = [ONE, "", "产业创新研究院", "2024-05-01", 500, "甲", None, None]
    bring(county_bole, "events", EVENT_HEAD, [*row, "Y-1"])
    assert counts(bring(county_bole, "events", EVENT_HEAD, [*row, None])) == (0, 0, 1, 0)
    both = bring(county_bole, "events", EVENT_HEAD, [*row, "Y-1"], [*row, None])
    assert counts(both) == (1, 0, 1, 0)
    assert counts(bring(county_bole, "events", EVENT_HEAD, [*row, "Y-1"], [*row, None])) == (0, 0, 2, 0)


# --- messy files -------------------------------------------------------------------------------------


def test_headers_are_matched_leniently_below_titles_with_feet_and_repeated_heads(county_bole: Actor) -> None:
    head = [
        "序 号",
        "统一社会\n信用代码",
        "单位名称",
        "荣誉称号（必填）",
        "认定时间\n（年/月/日）",
        "认定方式",
        "备注",
    ]
    result = bring(
        county_bole,
        "titles",
        ["2024 年称号汇总表"],
        ["填报单位：博乐市工信局"],
        head,
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"],
        [1, f" {ONE[:9]} {ONE[9:].lower()}", "甲公司", '专精特新"小巨人"', "2024/5/1", "首次", "x"],
        [],
        head,
        [2, ONE, "甲公司", "专精特新 中小企业", "20240501", "复核", None],
        ["合计", None, "2 项"],
        ["填表人：张三"],
    )
    assert told(result) == [("unknown_column", "汇总", 3, "G")]
    assert (result.rows, counts(result)) == (2, (2, 0, 0, 1))


def test_full_width_digits_and_every_costume_of_a_day_are_read(county_bole: Actor) -> None:
    wide = str.maketrans(
        "0123456789ABCDEFGHJKLMNPQRTUWXY", "０１２３４５６７８９ＡＢＣＤＥＦＧＨＪＫＬＭＮＰＱＲＴＵＷＸＹ"
    )
    days = ["２０２４－０５－０１", "2024年5月1日", NOON, 45413, "2024.5.1"]
    for n, day in enumerate(days):
        row = [ONE.translate(wide), "甲公司", "专板", day, "８０．５", None, None, None, None]
        assert counts(bring(county_bole, "events", EVENT_HEAD, row)) == (
            (1, 0, 0, 1) if not n else (0, 0, 1, 0)
        )
    with nation():
        assert AwardEvent.objects.get().decided == Decimal("805000.00")


@pytest.mark.parametrize(
    ("head", "above", "below", "cell", "yuan"),
    [
        ("核定金额（万元）", None, None, 1.5, "15000.00"),
        ("核定金额（元）", None, None, 1.5, "1.50"),
        ("核定金额", "单位：万元", None, 1.5, "15000.00"),
        ("核定金额", None, "元", 1.5, "1.50"),
        ("核定金额", None, None, "1.5万元", "15000.00"),
        ("核定金额（元）", None, None, "1.5 万元", "15000.00"),
    ],
)
def test_money_is_read_by_its_unit_wherever_it_is_said(
    county_bole: Actor, head: str, above: str | None, below: str | None, cell: Any, yuan: str
) -> None:
    rows = [["统一社会信用代码", "事项", "发生日期", head], [ONE, "专板", "2024-05-01", cell]]
    if above:
        rows.insert(0, [above])
    if below:
        rows.insert(-1, [None, None, None, below])
    result = bring(county_bole, "events", *rows)
    assert told(result) == []
    with nation():
        assert AwardEvent.objects.get().decided == Decimal(yuan)


def test_money_without_any_unit_is_told_at_its_header_and_nothing_is_written(county_bole: Actor) -> None:
    head = ["统一社会信用代码", "事项", "发生日期", "核定金额"]
    result = bring(
        county_bole, "events", head, [ONE, "专板", "2024-05-01", "1万元"], [TWO, "专板", "2024-05-01", 2]
    )
    assert told(result) == [("unit_missing", "汇总", 1, "D")]
    assert message(result.problems[0]).startswith("汇总 表第 1 行 D 列：未注明单位")
    assert untouched()


def test_a_number_that_only_counts_the_rows_names_no_event(county_bole: Actor) -> None:
    head = ["编号", "统一社会信用代码", "称号", "认定日期", "新认定/复核"]
    for n, uscc in enumerate((ONE, TWO)):
        result = bring(county_bole, "titles", head, [1, uscc, "高企", "2024-05-01", "新认定"],
                       [2, uscc, "高企", f"202{5 + n}-05-01", "复核"])  # fmt: skip
        assert told(result) == [("code_counts", "汇总", 1, "A")]
        assert counts(result) == (2, 0, 0, 1)


def test_a_title_merged_over_several_rows_holds_for_each_and_what_is_hidden_is_left_out(
    county_bole: Actor,
) -> None:
    def prepare(book: Any) -> None:
        book.active.merge_cells("C2:C3")
        book.active.row_dimensions[4].hidden = True
        book.create_sheet("旧表").sheet_state = "hidden"
        book["旧表"].append(["x"])

    rows = [[ONE, "", "高企", "2024-05-01", "新认定"], [TWO, "", None, "2024-05-01", "新认定"],
            [THREE, "", "高企", "2024-05-01", "新认定"]]  # fmt: skip
    result = bring(county_bole, "titles", TITLE_HEAD[:5], *rows, prepare=prepare)
    assert sorted(told(result)) == [("hidden_rows", "汇总", 4, ""), ("hidden_sheet", "旧表", None, "")]
    assert counts(result) == (2, 0, 0, 2)


def test_a_formula_like_text_is_told_or_kept_as_text(county_bole: Actor) -> None:
    bad = [ONE, "", '=HYPERLINK("http://x")', "2024-05-01", 1, "=1+1", None, None, None]
    result = bring(county_bole, "events", EVENT_HEAD, bad)
    assert told(result) == [("choice_unknown", "汇总", 2, "C")]
    assert result.problems[0].value.startswith("=HYPERLINK")
    assert counts(bring(county_bole, "events", EVENT_HEAD, [*bad[:2], "专板", *bad[3:]])) == (1, 0, 0, 1)
    with nation():
        assert AwardEvent.objects.get().project == "=1+1"
