"""Workbooks of award data: read leniently, told at the cell, written whole or not at all, and only once."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from enterprises.models import Enterprise, NameHistory
from enterprises.rules.fields import FIELDS
from enterprises.rules.headers import squashed
from enterprises.rules.sheet import Broken, Percent, Scaled, Sheet, Workbook
from subsidies import book_template, ledger
from subsidies.actions import BookResult, take_book
from subsidies.actions.books import KINDS
from subsidies.books import shape_of
from subsidies.models import AwardEvent, Entry, Pool
from subsidies.rules.book_headers import names_of, recognise
from subsidies.rules.book_tables import read
from subsidies.rules.books import SHAPES
from subsidies.rules.schemes import CLAIMS, TITLES
from subsidies.rules.words import CLAIMS as CLAIM_WORDS
from subsidies.rules.words import TITLES as TITLE_WORDS
from subsidies.rules.words import WORDS
from subsidies.wording import book_help, book_name, message, remedy, title_name
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, StoredFile
from tests.conftest import BOLE, JINGHE, XINJIANG
from tests.cultivation.world import enterprise
from tests.enterprises.books import code, csv, xlsx

ONE, TWO, THREE = code(1), code(2), code(3)
TITLE_HEAD = [
    "统一社会信用代码",
    "企业名称",
    "称号",
    "认定日期",
    "新认定/复核",
    "撤销日期",
    "其他政策",
    "编号",
]
EVENT_HEAD = [
    "统一社会信用代码",
    "企业名称",
    "事项",
    "发生日期",
    "核定金额（万元）",
    "项目",
    "等次",
    "其他政策",
    "编号",
]
RECEIVED_HEAD = ["统一社会信用代码", "企业名称", "事项", "到账日期", "到账金额（元）", "编号"]
POOL_HEAD = ["奖补项目代码", "年度", "金额（万元）", "下达文号", "对下公开"]
TITLE = [ONE, "博乐甲机械有限公司", "专精特新“小巨人”企业", dt.date(2024, 5, 1), "新认定", None, None, None]
DAY = dt.date(2026, 6, 1)
#: as Excel gives a day: without a zone
_NOON = dt.datetime(2024, 5, 1, 12)  # noqa: DTZ001


def bring(by: Actor, kind: str, *rows: list[Any], sheet: str = "汇总", **more: Any) -> BookResult:
    """One sheet of rows as that officer brings it in."""
    return take(by, kind, xlsx((sheet, list(rows)), prepare=more.pop("prepare", None)), **more)


def take(
    by: Actor, kind: str, file: Any, *, region: str = "", name: str = "", dry_run: bool = False
) -> BookResult:
    with acting(by):
        return take_book(
            by=by,
            region=region or by.region_path,
            kind=kind,
            name=name or file.name,
            data=file.getvalue(),
            dry_run=dry_run,
        )


def told(result: BookResult) -> list[tuple[str, str, int | None, str]]:
    return [(p.code, p.sheet, p.row, p.column) for p in result.problems]


def counts(result: BookResult) -> tuple[int, int, int, int]:
    return result.new, result.changed, result.unchanged, result.created


def untouched() -> bool:
    with nation():
        kept = StoredFile.objects.filter(kind__startswith="awards.")
        return not (
            AwardEvent.objects.exists() or Pool.objects.exists() or Entry.objects.exists() or kept.exists()
        )


# --- without a database ------------------------------------------------------------------------------


def test_every_title_and_claim_has_its_word_and_no_spelling_means_two_things() -> None:
    assert [c for c, _w, _m in TITLE_WORDS] == list(TITLES)
    assert [c for c, _w, _m in CLAIM_WORDS] == list(CLAIMS)
    for choices in (TITLE_WORDS, CLAIM_WORDS):
        owners = {squashed(s): c for c, word, more in choices for s in (word, *more)}
        assert all(owners[squashed(s)] == c for c, word, more in choices for s in (word, *more))
    assert all(title_name(each) == WORDS[each] for each in (*TITLES, *CLAIMS))
    assert title_name("unheard_of") == "unheard_of"


def test_every_kind_has_its_shape_name_and_help_and_its_columns_are_told_apart() -> None:
    assert set(KINDS) == set(SHAPES)
    for kind, shape in SHAPES.items():
        assert book_name(kind) != kind and book_help(kind)
        spelled = [s for f in shape.fields for s in {squashed(f.header), *map(squashed, f.synonyms)}]
        assert len(spelled) == len(set(spelled)), kind
        assert shape.needs <= {f.code for f in shape.fields}


@pytest.mark.parametrize(
    ("text", "field", "unit"),
    [
        ("核定金额（万元）", "decided", "万元"),
        (" 核 定\n金 额 【单位：元】", "decided", "元"),
        ("3、核定金额/万元", "decided", "万元"),
        ("核定金额万元", "decided", "万元"),
        ("审定金额", "decided", ""),
        ("核定金额（必填，元）", "decided", "元"),
        ("核定金额（预计）", None, ""),
        ("发生日期\n（年/月/日）", "on", ""),
        ("发生日期\n格式：2024-05-01", "on", ""),
        ("①统一社会信用代码", "uscc", ""),
        ("县市区", "region", ""),
        ("编　号", "code", ""),
        ("项目（万元）", None, ""),
        ("x" * 900, None, ""),
    ],
)
def test_a_header_is_known_by_its_meaning(text: str, field: str | None, unit: str) -> None:
    found, said = recognise(text, names_of(SHAPES["events"]))
    assert (found.code if found else None, said) == (field, unit)


_CELLS = st.one_of(
    st.sampled_from(
        ["", None, *(w for _c, w, _m in CLAIM_WORDS), *TITLE_HEAD, *EVENT_HEAD, *RECEIVED_HEAD, *POOL_HEAD, ONE, "A-13",
         "2026", 2026.0, "￥5,000", "5000元", "1.5万元", "约5千万", "=1+1", "合计", "清除", "单位：万元", "(1)", "万元",
         _NOON, dt.date(2999, 1, 1), dt.timedelta(1), True, float("nan"), float("inf"), 1e300, -0.0,
         Broken(""), Broken("#REF!"), Percent(0.5), Scaled(1.0), "2024年5月1日", "\x00", "①", "９１"]
    ),
    st.text(max_size=20),
    st.floats(),
    st.integers(),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted(SHAPES)),
    st.lists(st.lists(_CELLS, max_size=9), max_size=8),
    st.booleans(),
    st.booleans(),
    st.frozensets(st.integers(1, 9), max_size=2),
)
def test_any_table_of_cells_gives_rows_or_problems_and_never_an_exception(
    kind: str, rows: list[list[Any]], headed: bool, text_only: bool, hidden: frozenset[int]
) -> None:
    shape = SHAPES[kind].offering("scheme", ("A-13", "A-21"))
    head = [[f.header for f in shape.fields]] if headed else []
    merged = ((2, 1, 4, 1), (1, 0, 3, 2), (3, 3, 99, 3))
    sheet = Sheet("表", head + rows, text_only=text_only, hidden_rows=hidden, merged=merged)
    reading = read(Workbook("a", "xlsx", [sheet]), shape, regions={"652701": BOLE, "x": None}, today=DAY)
    assert reading.rows or reading.problems
    for row in reading.rows:
        assert all(row.values.get(needed) is not None for needed in shape.needs)
    for problem in reading.problems:
        assert message(problem.shown()) and remedy(problem)


pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(person: Callable[..., Actor]) -> Actor:
    return person("finance.65", "finance", XINJIANG)


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
    days = ["２０２４－０５－０１", "2024年5月1日", _NOON, 45413, "2024.5.1"]
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


# --- bad cells ---------------------------------------------------------------------------------------

_EVENT = [ONE, "甲公司", "专板", "2024-05-01", 1, "项目", None, None, "E1"]


def _with(row: list[Any], column: str, value: Any) -> list[Any]:
    return [value if n == ord(column) - 65 else v for n, v in enumerate(row)]


@pytest.mark.parametrize(
    ("kind", "column", "value", "expected"),
    [
        ("titles", "A", "91652701", "uscc_length"),
        ("titles", "A", None, "uscc_missing"),
        ("titles", "A", 9.1652701e17, "uscc_scientific"),
        ("titles", "A", "11010519491231002X", "uscc_personal_id"),
        ("titles", "B", "清除", "clear_refused"),
        ("titles", "B", 5, "name_unreadable"),
        ("titles", "C", "巨人", "choice_unknown"),
        ("titles", "C", None, "value_missing"),
        ("titles", "D", "2024-02-30", "date_impossible"),
        ("titles", "D", "2024年5月", "date_incomplete"),
        ("titles", "D", "去年", "date_unreadable"),
        ("titles", "D", "2099-01-01", "date_future"),
        ("titles", "D", None, "value_missing"),
        ("titles", "E", "又一次", "choice_unknown"),
        ("titles", "E", "不详", "value_missing"),
        ("titles", "F", "2024-04-30", "revoked_before"),
        ("titles", "F", "2099-01-01", "date_future"),
        ("titles", "G", "两个都要", "choice_unknown"),
        ("titles", "H", "长" * 65, "text_too_long"),
        ("titles", "H", "=f:#REF!", "cell_error"),
        ("titles", "H", "清除", "clear_refused"),
        ("events", "C", "补贴", "choice_unknown"),
        ("events", "E", "约5千万", "not_a_number"),
        ("events", "E", "五万", "number_in_words"),
        ("events", "E", 0, "money_zero"),
        ("events", "E", -5, "negative"),
        ("events", "E", 1e9, "money_range"),
        ("events", "E", 0.0000005, "money_rounded"),
        ("events", "E", "5000人民币", "money_unit_unclear"),
        ("events", "E", "5美元", "money_currency"),
        ("events", "F", "长" * 121, "text_too_long"),
        ("events", "G", "特等", "choice_unknown"),
        ("subsidies_received", "E", None, "value_missing"),
        ("subsidies_received", "C", "补贴", "choice_unknown"),
        ("pools", "A", "Z-99", "choice_unknown"),
        ("pools", "A", "D-10", "choice_unknown"),
        ("pools", "A", "B-16", "choice_unknown"),
        ("pools", "A", None, "value_missing"),
        ("pools", "B", "明年", "not_a_number"),
        ("pools", "B", 1999, "number_range"),
        ("pools", "B", 2026.5, "not_whole"),
        ("pools", "C", 0, "money_zero"),
        ("pools", "D", None, "value_missing"),
        ("pools", "D", "长" * 81, "text_too_long"),
        ("pools", "E", "也许", "yes_no_unreadable"),
    ],
)
def test_a_bad_cell_is_told_with_its_sheet_row_and_column_and_nothing_is_written(
    kind: str, column: str, value: Any, expected: str, person: Callable[..., Actor]
) -> None:
    head, good = {
        "titles": (TITLE_HEAD, [*TITLE[:7], "N-1"]),
        "events": (EVENT_HEAD, _EVENT),
        "subsidies_received": (RECEIVED_HEAD, [ONE, "甲公司", "设备补助", "2024-05-01", 5, "E1"]),
        "pools": (POOL_HEAD, ["A-13", 2026, 500, "12号", "否"]),
    }[kind]
    by = person("finance.own", "finance", XINJIANG if kind == "pools" else BOLE)

    def prepare(book: Any) -> None:
        if value == "=f:#REF!":
            book.active[f"{column}3"].value = "#REF!"
            book.active[f"{column}3"].data_type = "e"

    other = _with(good, "D", "13号") if kind == "pools" else _with(good, "A", TWO)
    result = bring(
        by, kind, ["汇总表"], head, _with(good, column, value), other, sheet="企业汇总", prepare=prepare
    )
    assert [p for p in told(result) if p[0] == expected] == [(expected, "企业汇总", 3, column)]
    assert result.errors == 1 and counts(result) == (0, 0, 0, 0) and result.rows == 2
    assert untouched()
    problem = next(p for p in result.problems if p.code == expected)
    assert problem.header == head[ord(column) - 65]
    said = message(problem)
    assert said.startswith(f"企业汇总 表第 3 行 {column} 列") and expected not in said
    with nation():
        assert not Enterprise.objects.exists()


def test_the_sentence_names_place_value_and_what_to_do(county_bole: Actor) -> None:
    result = bring(county_bole, "events", EVENT_HEAD, _with(_EVENT, "E", "约5千万"), sheet="企业汇总")
    assert message(result.problems[0]) == "企业汇总 表第 2 行 E 列“约5千万”不是数，改填 5,000.00 这样的数"
    other = bring(county_bole, "events", EVENT_HEAD, _with(_EVENT, "D", None))
    assert message(other.problems[0]) == "汇总 表第 2 行 D 列：没有填发生日期，补填后重传"


def test_two_rows_of_one_event_and_two_of_one_document_are_told_apart_or_refused(
    county_bole: Actor, finance: Actor
) -> None:
    result = bring(county_bole, "titles", TITLE_HEAD, TITLE, _with(TITLE, "E", "复核"))
    assert told(result) == [("line_twice", "汇总", 3, "A")]
    assert "汇总 表第 2 行重复" in message(result.problems[0])
    numbered = bring(county_bole, "titles", TITLE_HEAD, _with(TITLE, "H", "X"), _with(TITLE, "H", "X"))
    assert told(numbered) == [("line_twice", "汇总", 3, "H")]
    row = ["A-13", 2026, 500, "〔2026〕12号", "否"]
    budget = bring(finance, "pools", POOL_HEAD, row, [*row[:3], "(2026)12号", "是"])
    assert told(budget) == [("line_twice", "汇总", 3, "A")]
    published = bring(finance, "pools", POOL_HEAD, row, [*row[:3], "13号", "是"])
    assert told(published) == [("published_twice", "汇总", 3, "E")]
    assert untouched()


def test_another_amount_under_a_document_and_one_that_was_reversed_are_told(finance: Actor) -> None:
    row = ["A-13", 2026, 500, "12号", None]
    bring(finance, "pools", POOL_HEAD, row)
    result = bring(finance, "pools", POOL_HEAD, _with(row, "C", 501), ["A-12", 2026, 5, "14号", None])
    assert told(result) == [("document_amount", "汇总", 2, "C")]
    assert "已下达 5,000,000.00 元" in message(result.problems[0])
    with acting(finance):
        pool = Pool.objects.get()
        ledger.reverse(by=finance, pool=pool, key="back", entry=pool.postings.get().pk, reason="录错")
    assert told(bring(finance, "pools", POOL_HEAD, row)) == [("document_reversed", "汇总", 2, "D")]
    with nation():
        assert Pool.objects.get().free == 0


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["甲", "乙"], ["1", "2"]], [("sheet_without_table", "汇总", None, ""), ("no_table", "", None, "")]),
        ([TITLE_HEAD], [("table_empty", "", None, "")]),
        ([TITLE_HEAD[:4], TITLE[:4]], [("columns_missing", "汇总", 1, "")]),
        ([[*TITLE_HEAD, "统一信用代码"], [*TITLE, TWO]], [("column_twice", "汇总", 1, "I")]),
    ],
)
def test_a_table_that_cannot_be_understood_says_what_it_lacks(
    county_bole: Actor, rows: list[list[Any]], expected: list[Any]
) -> None:
    result = bring(county_bole, "titles", *rows)
    assert sorted(told(result)) == sorted(expected)
    assert all(message(p) and p.code not in message(p) for p in result.problems)
    assert bool(result.errors) == (expected[0][0] != "column_twice")


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"PK\x03\x04broken", "a.xlsx", "file_damaged"),
        (b"", "a.xlsx", "file_empty"),
        (b"%PDF-1.7", "a.pdf", "file_not_a_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "file_old_xls"),
        ('统一社会信用代码,称号\n"x'.encode(), "a.csv", "file_quotes"),
    ],
)
def test_a_broken_file_is_refused_in_words(county_bole: Actor, data: bytes, name: str, expected: str) -> None:
    result = take(county_bole, "titles", io.BytesIO(data), name=name)
    assert [p.code for p in result.problems] == [expected] and result.errors == 1
    assert remedy(result.problems[0]) and untouched()


def test_a_csv_of_the_office_is_read_and_a_comma_too_many_slides_no_amount(county_bole: Actor) -> None:
    head = EVENT_HEAD[:6]
    good = csv([head, _EVENT[:6]], encoding="gb18030")
    assert counts(take(county_bole, "events", good)) == (1, 0, 0, 1)
    text = ",".join(head) + f"\n{ONE},甲公司,专板,2024-06-01,1,000.00,项目\n"
    file = io.BytesIO(text.encode())
    file.name = "a.csv"
    slid = take(county_bole, "events", file)
    assert ("row_slid", "a", 2, "G") in told(slid) and counts(slid) == (0, 0, 0, 0)


def test_more_than_twenty_thousand_rows_are_refused(county_bole: Actor) -> None:
    line = ",".join([ONE, "", "高企", "2024-05-01", "新认定"])
    file = io.BytesIO("\n".join([",".join(TITLE_HEAD[:5]), *[line] * 20_001]).encode())
    result = take(county_bole, "titles", file, name="a.csv")
    assert [p.code for p in result.problems] == ["book_too_long"] and result.rows == 20_001
    assert "有 20,001 行，一次最多 20,000 行" in message(result.problems[0])


# --- places and people -------------------------------------------------------------------------------


def test_a_neighbours_code_is_told_without_saying_where(
    county_bole: Actor, prefecture_bortala: Actor
) -> None:
    enterprise(1, JINGHE, uscc=ONE, name="精河甲机械有限公司")
    result = bring(county_bole, "titles", TITLE_HEAD, TITLE, _with(TITLE, "A", TWO))
    assert told(result) == [("registered_elsewhere", "汇总", 2, "A")]
    assert not any(word in message(result.problems[0]) for word in ("精河", "652722"))
    assert untouched()
    above = bring(prefecture_bortala, "titles", TITLE_HEAD, TITLE)
    assert [p.code for p in above.problems] == ["name_differs"] and counts(above) == (1, 0, 0, 0)


def test_the_answer_elsewhere_is_limited_as_in_the_registry(county_bole: Actor, settings: Any) -> None:
    settings.ELSEWHERE_ANSWERS_A_DAY = 1
    for n, uscc in enumerate((ONE, TWO)):
        enterprise(n, JINGHE, uscc=uscc)
    rows = [TITLE, _with(TITLE, "A", TWO)]
    for dry_run in (True, False):
        result = bring(county_bole, "titles", TITLE_HEAD, *rows, dry_run=dry_run)
        assert told(result) == [("elsewhere_total", "", None, ""), ("registered_elsewhere", "汇总", 2, "A")]


def test_above_the_counties_an_unknown_enterprise_needs_its_place(prefecture_bortala: Actor) -> None:
    plain = bring(prefecture_bortala, "titles", TITLE_HEAD, TITLE)
    assert told(plain) == [("place_needed", "汇总", 2, "A")]
    head = [*TITLE_HEAD, "县（市、区）代码"]
    rows = [[*TITLE, "652701"], [*_with(TITLE, "A", TWO), "精河县"], [*_with(TITLE, "A", THREE), None]]
    some = bring(prefecture_bortala, "titles", head, *rows)
    assert told(some) == [("place_needed", "汇总", 4, "I")]
    outside = bring(prefecture_bortala, "titles", head, [*TITLE, "650105"], [*_with(TITLE, "A", TWO), "6527"])
    assert told(outside) == [("region_outside", "汇总", 2, "I"), ("region_outside", "汇总", 3, "I")]
    twice = bring(
        prefecture_bortala, "titles", head, [*TITLE, "652701"], [*_with(TITLE, "D", "2023-05-01"), "652722"]
    )
    assert told(twice) == [("place_twice", "汇总", 3, "I")]
    assert untouched()
    assert counts(bring(prefecture_bortala, "titles", head, *rows[:2])) == (2, 0, 0, 2)
    with nation():
        assert set(AwardEvent.objects.values_list("enterprise__uscc", "region_id")) == {
            (ONE, BOLE),
            (TWO, JINGHE),
        }
    later = bring(prefecture_bortala, "titles", head, [*TITLE, "652722"])
    assert [(p.code, p.severity) for p in later.problems] == [("region_differs", "warning")]
    assert counts(later) == (0, 0, 1, 0)


def test_a_name_that_is_not_the_registered_one_is_asked_about_a_former_one_is_known(
    county_bole: Actor,
) -> None:
    known = enterprise(1, BOLE, uscc=ONE, name="博乐新名机械有限公司")
    with nation():
        NameHistory.objects.create(
            region_id=BOLE, enterprise=known, name="博乐旧名", name_key="博乐旧名", initials="", until_on=DAY
        )
    result = bring(county_bole, "titles", TITLE_HEAD, TITLE, [*_with(TITLE, "B", "博乐旧名")[:7], "N"])
    assert told(result) == [("name_differs", "汇总", 2, "B"), ("former_name", "汇总", 3, "B")]
    assert result.errors == 0 and counts(result) == (2, 0, 0, 0)


def test_a_check_digit_that_fails_only_warns(county_bole: Actor) -> None:
    wrong = ONE[:17] + ("0" if ONE[17] != "0" else "1")
    result = bring(county_bole, "titles", TITLE_HEAD, _with(TITLE, "A", wrong))
    assert [(p.code, p.severity) for p in result.problems] == [("uscc_check_digit", "warning")]
    assert counts(result) == (1, 0, 0, 1)


def test_budgets_are_finances_and_of_its_own_level_alone(
    county_bole: Actor, region_xinjiang: Actor, finance: Actor, person: Callable[..., Actor]
) -> None:
    row = ["A-13", 2026, 500, "12号", None]
    for by in (county_bole, region_xinjiang):
        with pytest.raises(Denied):
            bring(by, "pools", POOL_HEAD, row)
    with pytest.raises(Denied):
        bring(finance, "pools", POOL_HEAD, row, region=BOLE)
    for by, place in ((county_bole, JINGHE), (person("commissioner.own", "commissioner", BOLE), BOLE)):
        with pytest.raises(Denied):
            bring(by, "titles", TITLE_HEAD, TITLE, region=place)
    with pytest.raises(KeyError):
        bring(county_bole, "unheard_of", TITLE_HEAD, TITLE)
    assert untouched()


# --- the template ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_template_of_a_kind_is_read_back_with_its_own_example(
    kind: str, person: Callable[..., Actor]
) -> None:
    by = person("finance.own", "finance", XINJIANG if kind == "pools" else BOLE)
    with acting(by):
        shape = shape_of(kind, by.region_path)
        book = load_workbook(io.BytesIO(book_template.write(shape)))
    page, notes = book.worksheets
    head = [cell.value for cell in page[1]]
    assert head == [f.header for f in shape.fields] and page.max_row == 1
    assert notes.title == "填表说明"
    lines = {row[0].value: [c.value for c in row[1:4]] for row in notes.iter_rows(min_row=5) if row[0].value}
    assert all(lines[f.header][0] for f in shape.fields)
    for n, header in enumerate(head, 1):
        page.cell(2, n, lines[header][2])
    out = io.BytesIO()
    book.save(out)
    with acting(by):
        result = take_book(by=by, region=by.region_path, kind=kind, name="模板.xlsx", data=out.getvalue())
    assert [p for p in result.problems if p.is_error and p.code != "uscc_characters"] == [], told(result)
    assert result.new == 1
    assert FIELDS
