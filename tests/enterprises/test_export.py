import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from enterprises.actions import import_workbook
from enterprises.models import Enterprise
from enterprises.resources import EnterpriseResource
from enterprises.rules.text import armed, disarmed
from tenancy.access import Actor
from tenancy.context import acting
from tests.conftest import BOLE
from tests.enterprises import books
from tests.enterprises.books import code

HEAD = [
    "统一社会信用代码", "企业名称", "成立日期", "主导产品", "联系电话", "国民经济行业代码", "规上", "创客中国名次", "高新技术企业有效期至",
    "营业收入（元）", "上年度净利润（元）", "从业人员", "细分市场占有率（%）", "主导产品领域", "研发机构级别", "数字化水平等级", "自主品牌",
]  # fmt: skip
ROWS = [
    [code(1), "甲<棉>业有限公司", "2019-07", "-10#柴油", "+86 909", "A0111", "是", "50", "2027-01-01",
     "12345.67", "-0.01", 0, "12.345678901234", "六基", "无", "一级", "否"],
    [code(2), "䶮㙍乙食品有限公司", "2019-07-02", "=1+1", "0909-2222", "C35", "否", "500", "", "99999999999999.99", "", "", "", "", "", "", ""],
    [code(3), "@丙'公司", "", "'引号", "", "", "", "", "", "", "", "", "", "", "", "", ""],
]  # fmt: skip


def csv_of(resource: EnterpriseResource) -> io.BytesIO:
    return io.BytesIO(b"".join(resource.csv(Enterprise.objects.order_by("id"))))


def xlsx_of(resource: EnterpriseResource) -> io.BytesIO:
    file = io.BytesIO()
    assert resource.xlsx(Enterprise.objects.order_by("id"), file) == 3
    file.seek(0)
    return file


@pytest.mark.parametrize(("make", "name"), [(csv_of, "导出.csv"), (xlsx_of, "导出.xlsx")])
def test_f_02_what_was_exported_comes_back_unchanged(county_bole: Actor, make: Callable, name: str) -> None:
    with acting(county_bole):
        import_workbook(by=county_bole, region=BOLE, year=2025, file=books.xlsx(("表", [HEAD, *ROWS])))
        before = list(Enterprise.objects.order_by("id").values())
        assert len(before) == 3 and before[1]["leading_product"] == "=1+1"
        file = make(EnterpriseResource(years=(2025, 2024)))
        result = import_workbook(by=county_bole, region=BOLE, year=2025, file=file, name=name)
        assert (result.rows, result.unchanged, result.failed) == (3, 3, 0), result.problems
        assert not [p for p in result.problems if p.is_error]
        assert list(Enterprise.objects.order_by("id").values()) == before


def test_f_01_formulas_are_disarmed_in_csv_and_text_stays_text_in_xlsx(county_bole: Actor) -> None:
    with acting(county_bole):
        import_workbook(by=county_bole, region=BOLE, year=2025, file=books.xlsx(("表", [HEAD, *ROWS])))
        text = csv_of(EnterpriseResource(codes=["uscc", "leading_product", "contact_phone"])).read().decode()
        assert "'=1+1" in text and "'-10#柴油" in text and "'+86 909" in text
        cells = openpyxl.load_workbook(xlsx_of(EnterpriseResource(codes=["leading_product", "uscc"]))).active
        assert [c.data_type for c in cells["B"]][:4] == ["s"] * 4 and cells["B3"].value == "=1+1"
        assert cells["A2"].value == code(1)


def test_f_03_control_characters_are_shown_in_the_export(county_bole: Actor) -> None:
    with acting(county_bole):
        enterprise = Enterprise(region_id=BOLE, uscc=code(1), park="a\x0bb")
        enterprise.set_name("甲公司")
        enterprise.save()
        assert "a\ufffdb" in csv_of(EnterpriseResource(codes=["park"])).read().decode()


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", "'a", "''=1", "普通", "", "a=1"])
def test_disarming_is_reversible(text: str) -> None:
    assert armed(disarmed(text)) == text
    assert not disarmed(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_the_export_of_a_neighbour_holds_nothing(county_bole: Actor, county_jinghe: Actor) -> None:
    with acting(county_bole):
        import_workbook(by=county_bole, region=BOLE, year=2025, file=books.xlsx(("表", [HEAD, *ROWS])))
    with acting(county_jinghe):
        assert len(csv_of(EnterpriseResource()).read().decode().splitlines()) == 1


def test_the_number_of_queries_does_not_grow_with_the_rows(
    county_bole: Actor, django_assert_max_num_queries: Any
) -> None:
    with acting(county_bole):
        import_workbook(
            by=county_bole,
            region=BOLE,
            year=2025,
            file=books.xlsx(("表", books.plain(60, 从业人员=5))),
        )
        with django_assert_max_num_queries(6):
            assert len(list(EnterpriseResource(years=(2025,)).rows(Enterprise.objects.order_by("id")))) == 60
