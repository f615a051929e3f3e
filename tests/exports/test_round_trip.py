"""What the portal exports, it reads back to the last character (F-02)."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from enterprises.actions import import_workbook
from enterprises.models import AnnualFigures, Enterprise
from enterprises.rules.cells import CLEAR, Place, converter
from enterprises.rules.fields import BY_CODE, ENTERPRISE_FIELDS, FIGURE_FIELDS, NUMERIC_CHOICES, Field
from enterprises.rules.text import armed, disarmed
from enterprises.workbook import MAX_CELLS, MAX_ROWS
from portal.exports import actions as exports
from portal.exports import printed
from portal.exports.lists import LISTS
from portal.exports.wanted import Wanted
from portal.models import ExportRecord
from tenancy.access import Actor, system_actor
from tenancy.context import acting
from tenancy.models import Region
from tests.conftest import BOLE, BORTALA, XINJIANG
from tests.enterprises import books
from tests.enterprises.books import code

pytestmark = pytest.mark.django_db
YEARS = (2025, 2024, 2023)
TODAY = timezone.localdate()

HOSTILE = [
    "=1+1", "+86 909", "-10#柴油", "@丙", "'引号", "''=双", "'普通", "=cmd|' /C calc'!A0", '=HYPERLINK("http://a.b")',
    "_x000D_", "_x0041_x0042_", "a_x005F_x0041_b", "_x_", "__x0041__", "<r><t>甲</t></r>", "<b>&amp;\"'</b>", "]]>",
    "一,二;三，四\"五\"", "😀𠀀㙍䶮", "0012", "1.50", "2019-07", "TRUE", "1e5", "无", "是", "日杂<不含烟花爆竹>", "～！＠＃￥％",
    "合计", "说明：本表", "注", "单位：元", "2019年", "示例", "企业名称", "统一社会信用代码", "//", "a\u2028b", "𝟘", "Ａ股", "﷽",
]  # fmt: skip


def made(actor: Actor, suffix: str, **wanted: Any) -> tuple[io.BytesIO, ExportRecord]:
    record = exports.make(by=actor, wanted=Wanted("registry", suffix, **wanted))
    with record.file.open() as file:
        return io.BytesIO(file.read()), record


def back(actor: Actor, file: io.BytesIO, record: ExportRecord, year: int = 2025) -> Any:
    file.seek(0)
    return import_workbook(by=actor, region=BOLE, year=year, file=file, name=record.file.name)


def registry() -> list[dict[str, Any]]:
    """Everything that the registry knows, without ids, moments and provenance."""
    own = ("uscc", "region_id", "established_month_only", *(f.code for f in ENTERPRISE_FIELDS))
    figures = ("enterprise__uscc", "year", *(f.code for f in FIGURE_FIELDS))
    return [
        *Enterprise.objects.order_by("uscc").values(*own),
        *AnnualFigures.objects.order_by("enterprise__uscc", "year").values(*figures),
    ]


def differences(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Any]:
    """What changed, value by value; a row that is missing or new as a whole."""
    if len(before) != len(after):
        return [row for row in [*before, *after] if row not in before or row not in after]
    return [
        (key, old[key], new[key])
        for old, new in zip(before, after, strict=True)
        for key in old
        if old[key] != new[key]
    ]


@contextmanager
def emptied() -> Iterator[None]:
    """The registry without a row, until the end of the block."""
    with transaction.atomic():
        AnnualFigures.objects.all().delete()
        Enterprise.objects.all().delete()
        yield
        transaction.set_rollback(True)


# --- a registry of hostile values ------------------------------------------------------------------


def _stored(field: Field) -> Callable[[str], str | None]:
    """What the import makes of a text: what the registry can hold at all."""
    convert = converter(field, unit="", place=Place({}, TODAY))

    def stored(raw: str) -> str | None:
        value = convert(raw)
        return value if isinstance(value, str) else None

    return stored


_TEXTS = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40),
    st.builds(
        lambda a, b: a + b,
        st.sampled_from(["=", "+", "-", "@", "'", "_x0041_", "\ufffe"]),
        st.text(max_size=9),
    ),
).map(lambda text: text.replace("\0", ""))


def _money(low: int | None) -> st.SearchStrategy[Any]:
    most = 13 * 10**15 - 1
    return st.integers(0 if low == 0 else -most, most).map(lambda fen: Decimal(fen) / 100)


def _number(field: Field, places: int) -> st.SearchStrategy[Any]:
    return st.decimals(field.low or 0, field.high, places=places, allow_nan=False)


def _values(field: Field) -> st.SearchStrategy[Any]:
    if field.code == "industry_code":
        return st.sampled_from(["A0111", "B06", "C351", "C3511", "I65"])
    if field.kind == "text":
        return _TEXTS.map(lambda text: text[: field.max_length]).map(_stored(field))
    if field.kind == "date":
        last = TODAY if field.code == "established_on" else dt.date(2100, 12, 31)
        return st.dates(dt.date(1850, 1, 1), last)
    if field.kind == "money":
        return _money(field.low)
    if field.kind in ("percent", "score"):
        return st.one_of(_number(field, 12), _number(field, 2))
    if field.kind == "count":
        return st.integers(field.low or 0, field.high or 10**9)
    if field.kind == "yes_no":
        return st.booleans()
    words = [stored for stored, _word, _spellings in field.choices]
    return st.sampled_from([int(w) for w in words] if field.code in NUMERIC_CHOICES else words)


def _row(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({f.code: st.one_of(st.none(), _values(f)) for f in fields})


_NAME = _TEXTS.map(lambda text: text[:120]).map(_stored(BY_CODE["name"])).filter(bool)
_ENTERPRISE = st.tuples(
    _NAME,
    _row(tuple(f for f in ENTERPRISE_FIELDS if f.code != "name")),
    st.booleans(),
    st.tuples(*(_row(FIGURE_FIELDS) for _ in YEARS)),
)


def _keep(n: int, made: tuple[Any, ...]) -> None:
    name, own, month_only, figures = made
    day = own["established_on"]
    if day is not None and month_only:
        own = own | {"established_on": day.replace(day=1), "established_month_only": True}
    enterprise = Enterprise(region_id=BOLE, uscc=code(n) if n else "652701123456789", **own)
    enterprise.set_name(name)
    if not enterprise.name_key:
        return
    enterprise.save()
    for year, values in zip(YEARS, figures, strict=True):
        if any(value is not None for value in values.values()):
            AnnualFigures.objects.create(region_id=BOLE, enterprise=enterprise, year=year, **values)


@settings(
    max_examples=40,
    # Whole registries shrink for minutes; the differences that the test prints are small.
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
@given(rows=st.lists(_ENTERPRISE, min_size=1, max_size=3))
def test_every_field_of_three_years_comes_back_to_the_last_character_f02(
    rows: list[Any], county_bole: Actor
) -> None:
    with acting(county_bole), transaction.atomic():
        for n, each in enumerate(rows):
            _keep(n, each)
        before = registry()
        count = Enterprise.objects.count()
        for suffix in ("xlsx", "csv"):
            file, record = made(county_bole, suffix)
            result = back(county_bole, file, record)
            errors = [p for p in result.problems if p.is_error]
            assert (differences(before, registry()), errors) == ([], []), suffix
            assert (result.rows, result.unchanged) == (count, count), suffix
            with emptied():
                result = back(county_bole, file, record)
                assert (result.created, result.failed) == (count, 0), suffix
                assert differences(before, registry()) == [], suffix
        transaction.set_rollback(True)


def _filled(actor: Actor) -> None:
    head = [
        "统一社会信用代码", "企业名称", "成立日期", "主导产品", "联系电话", "国民经济行业代码", "规上", "创客中国名次", "高新技术企业有效期至",
        "营业收入（元）", "上年度净利润（元）", "从业人员", "细分市场占有率（%）", "主导产品领域", "研发机构级别", "数字化水平等级", "自主品牌",
    ]  # fmt: skip
    rows = [
        [code(1), "甲<棉>业有限公司", "2019-07", "-10#柴油", "+86 909", "A0111", "是", "50", "2027-01-01",
         "12345.67", "-0.01", 0, "12.345678901234", "六基", "无", "一级", "否"],
        [code(2), "䶮㙍乙食品有限公司", "2019-07-02", "=1+1", "0909-2222", "C35", "否", "500", "", "99999999999999.99", "", "", "", "", "", "", ""],
        [code(3), "@丙'公司", "", "'引号", "", "", "", "", "", "", "", "", "", "", "", "", ""],
    ]  # fmt: skip
    import_workbook(by=actor, region=BOLE, year=2025, file=books.xlsx(("表", [head, *rows])))


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_the_lines_that_are_printed_with_it_raise_no_question_at_the_import(
    suffix: str, county_bole: Actor
) -> None:
    with acting(county_bole):
        _filled(county_bole)
        file, record = made(county_bole, suffix)
        before = list(Enterprise.objects.order_by("id").values())
        result = back(county_bole, file, record)
        asked = {p.code for p in result.problems if not p.field}
        assert (result.rows, result.unchanged, asked) == (3, 3, set()), result.problems
        assert list(Enterprise.objects.order_by("id").values()) == before


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_a_search_for_a_year_or_a_unit_that_is_printed_in_the_file_changes_no_amount(
    suffix: str, county_bole: Actor
) -> None:
    with acting(county_bole):
        _filled(county_bole)
        Enterprise.objects.get(uscc=code(1)).set_name("单位：元 2019 年")
        found = Enterprise.objects.get(uscc=code(1))
        found.set_name("单位：元 2019 年")
        found.save()
        before = registry()
        file, record = made(county_bole, suffix, query="q=单位：元 2019")
        assert record.rows == 1 and "单位：元 2019" in record.conditions
        result = back(county_bole, file, record)
        assert (result.rows, result.unchanged) == (1, 1), result.problems
        assert not [p for p in result.problems if p.code in ("title_year", "unit_assumed")]
        assert registry() == before


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_a_chosen_year_without_its_own_title_comes_back_into_that_year(
    suffix: str, county_bole: Actor
) -> None:
    with acting(county_bole):
        _filled(county_bole)
        before = registry()
        file, record = made(
            county_bole, suffix, columns=("uscc", "name", "net_profit", "revenue"), years=(2024,)
        )
        assert record.years == [2024] and len(record.columns) == 4
        with emptied():
            back(county_bole, file, record)
            figures = AnnualFigures.objects.values_list("year", "net_profit", "revenue")
            assert list(figures) == [(2024, Decimal("-0.01"), None)]
        assert registry() == before


@pytest.mark.parametrize("hidden", ["\x0b", "\x01", "\u200b", "\ufffe"])
def test_a_word_for_unknown_with_a_hidden_character_is_not_kept_as_text(hidden: str) -> None:
    convert = converter(BY_CODE["leading_product"], unit="", place=Place({}, TODAY))
    assert [convert(word + hidden) for word in ("-", "N/A", "不详")] == [None, None, None]
    assert convert(f"清{hidden}除") is CLEAR


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", "'a", "''=1", "普通", "", "a=1"])
def test_disarming_is_reversible_f02(text: str) -> None:
    assert armed(disarmed(text)) == text
    assert not disarmed(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_the_widest_export_stays_within_the_columns_that_the_import_reads(county_bole: Actor) -> None:
    listed = LISTS["registry"]
    columns = listed.codes(county_bole)
    years = printed.years_of(listed, 2025)
    width = len(listed.resource(county_bole, Wanted("registry").asked, columns, years).columns)
    assert 250 < width < 400


def test_a_file_that_no_import_could_take_is_announced_as_such() -> None:
    assert printed.comes_back_whole(30_000, 150)
    assert not printed.comes_back_whole(MAX_ROWS + 1, 3)
    assert not printed.comes_back_whole(MAX_CELLS // 150 + 1, 150)


@pytest.mark.parametrize("top", [BORTALA, XINJIANG, "41/4107/"])
def test_the_code_of_a_place_leads_back_to_it_alone(top: str) -> None:
    from enterprises.importing import places_by_name

    with acting(system_actor(top)):
        names = places_by_name(top)
        for place in Region.objects.counties_under(top):
            assert names[place.code] == place.path, place


def test_a_narrow_csv_with_many_commas_in_its_text_comes_back(county_bole: Actor) -> None:
    with acting(county_bole):
        for n in range(3):
            made_up = Enterprise(region_id=BOLE, uscc=code(n), leading_product="，".join("零部件" * 5))
            made_up.set_name(f"第{n}公司")
            made_up.save()
        before = registry()
        file, record = made(county_bole, "csv", columns=("uscc", "name", "leading_product"), years=())
        result = back(county_bole, file, record)
        assert (result.rows, result.unchanged, differences(before, registry())) == (3, 3, [])
