from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from django.utils import translation
from python_calamine import CalamineWorkbook

from portal.reports.closed import Closed, Quarter
from portal.reports.content import ANNEX_ROWS, content
from portal.reports.pdf import Refused, render
from portal.reports.printing import print_report
from portal.reports.workbook import whole_list

AT = dt.datetime(2026, 10, 8, 2, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def row(number, **more):
    return {
        "uscc": f"91652701MA{number:08d}",
        "name": f"博乐市第{number}企业有限公司",
        "place": "博乐市",
        "section": "C",
        "size": "small",
        "tier": None,
        "group": "pass",
        "score": 60,
        "score_max": 70,
        "missing_count": 0,
        "lacks": [],
        "judged_on": "2026-09-30",
    } | more


def a_closed(rows, **more):
    count = len(rows)
    figures = {
        "enterprises": count,
        "tiers": {"innovative": 3, "none": count - 3},
        "sizes": {"small": count},
        "industries": {"C": count},
        "judging": {"judged": count, "pass": count},
        "lacked": {},
        "unknown_facts": {},
        "imports": {"batches": 1, "rows": 1234, "created": 1200, "failed": 34},
    }
    values = {
        "code": "652701",
        "name": "博乐市",
        "full_name": "博乐市",
        "kind": "county",
        "quarter": Quarter(2026, 3),
        "counted_at": AT,
        "late": False,
        "figures": figures,
        "compared": {"previous": None, "year_ago": None, "series": [["2026Q2", {"innovative": 2}]]},
        "annex": rows,
        "legend": {"elements": {}, "facts": {}, "editions": ["工信部企业〔2022〕63 号附件 1"]},
        "audit_head": {},
    }
    return Closed(**(values | more))


def text_of(pdf: bytes, tmp_path: Path) -> str:
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    ).stdout


def test_the_same_snapshot_prints_the_same_bytes():
    assert print_report(a_closed([row(1)])).sha256 == print_report(a_closed([row(1)])).sha256


def test_another_process_with_another_hash_seed_prints_the_same_bytes():
    program = (
        "import django; django.setup();"
        "from tests.quarters.test_printing import a_closed, row;"
        "from portal.reports.printing import print_report;"
        "print(print_report(a_closed([row(1), row(2)])).sha256)"
    )
    import os

    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": "portal.settings"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_figures_names_and_rare_characters_can_be_searched(tmp_path):
    pdf = print_report(
        a_closed([row(1, name="博州𬭩业㛃新材料有限公司", lacks=["创新能力不足 20 分"], group="near")])
    )
    text = text_of(pdf.content, tmp_path)
    for part in (
        "博州𬭩业㛃新材料有限公司",
        "91652701MA00000001",
        "1,234",
        "97.2%",
        "创新能力不足 20 分",
        "60–70",
    ):
        assert part in text, part
    assert re.search(r"— ?1 ?—", text)


def test_fonts_are_embedded_and_recorded():
    assert print_report(a_closed([row(1)])).fonts == [
        "Noto-Sans-CJK-SC",
        "Noto-Serif-CJK-SC",
        "Noto-Serif-CJK-SC-Bold",
    ]


def test_the_pdf_says_that_it_is_archivable():
    pdf = print_report(a_closed([row(1)])).content
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S)
    found = b"".join(zlib.decompressobj().decompress(s) for s in streams if s[:1] == b"x")
    assert re.search(rb"pdfaid:part[>=\"]+3", found + pdf)
    assert re.search(rb"pdfaid:conformance[>=\"]+U", found + pdf)


def test_the_printed_list_stops_at_five_hundred_and_says_so():
    with translation.override("zh-hans"):
        context = content(a_closed([row(n) for n in range(ANNEX_ROWS + 1)]))
    assert len(context["annex"]) == ANNEX_ROWS
    assert "共 501 家" in context["annex_note"]
    assert "印前 500 家" in context["annex_note"]


def test_the_whole_list_is_attached_as_text(tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(print_report(a_closed([row(1, name="=1+1 有限公司"), row(2)])).content)
    subprocess.run(["pdfdetach", "-saveall", "-o", tmp_path, path], check=True, capture_output=True)
    sheet = openpyxl.load_workbook(next(tmp_path.glob("*.xlsx"))).active
    assert [cell.value for cell in sheet[1]][:2] == ["企业名称", "统一社会信用代码"]
    assert {sheet.cell(r, 1).value for r in (2, 3)} == {"=1+1 有限公司", "博乐市第2企业有限公司"}
    assert all(cell.data_type == "s" for line in sheet.iter_rows(min_row=2) for cell in line)


def test_the_workbook_of_the_same_rows_has_the_same_bytes():
    rows = [row(n) for n in range(20)]
    assert whole_list(rows, title="名单", at=AT) == whole_list(rows, title="名单", at=AT)
    assert openpyxl.load_workbook(BytesIO(whole_list(rows, title="名单", at=AT))).active.max_row == 21


@pytest.mark.parametrize("name", ["<r><t>甲</t></r>", "_x0041_公司", "=1+1", "http://甲"])
def test_a_name_that_looks_like_the_format_itself_stands_in_the_workbook_as_it_is(name):
    made = BytesIO(whole_list([row(1, name=name)], title="名单", at=AT))
    assert CalamineWorkbook.from_filelike(made).get_sheet_by_index(0).to_python()[1][0] == name


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1/", "data:text/plain,x"])
def test_a_document_that_refers_to_anything_outside_is_refused(url):
    with pytest.raises(Refused):
        render(f'<p>x<img src="{url}"></p>', at=AT)


def test_markup_in_a_name_is_printed_as_it_stands(tmp_path):
    pdf = print_report(a_closed([row(1, name="<b>甲</b>&乙公司")]))
    assert "<b>甲</b>&乙公司" in text_of(pdf.content, tmp_path)


def test_a_region_without_enterprises_has_a_report_too(tmp_path):
    empty = a_closed([])
    empty.figures.update({"tiers": {}, "sizes": {}, "industries": {}, "judging": {}, "imports": {}})
    text = text_of(print_report(empty).content, tmp_path)
    assert "没有在册企业" in text
    assert "没有导入企业数据" in text


def test_the_prefecture_lists_its_counties_and_their_enterprises(tmp_path):
    below = [a_closed([row(1)]), a_closed([row(2, place="精河县")], code="652722", name="精河县")]
    whole = a_closed([], code="6527", name="博州", kind="prefecture", below=below, figures=below[0].figures)
    text = text_of(print_report(whole).content, tmp_path)
    assert "各县（市、区）情况" in text
    assert "精河县" in text
    assert [r["uscc"] for r in whole.rows] == ["91652701MA00000001", "91652701MA00000002"]


def test_the_order_of_the_list_is_fixed():
    rows = [
        row(1, group=None, score=None),
        row(2, group="unknown"),
        row(3, group="near", missing_count=2),
        row(4, group="near", missing_count=1),
        row(5),
    ]
    assert [r["uscc"][-1] for r in a_closed(rows).rows] == ["5", "4", "3", "2", "1"]
    assert json.dumps(a_closed(rows[::-1]).rows) == json.dumps(a_closed(rows).rows)


def test_the_print_is_chinese_in_every_language_of_the_page(tmp_path):
    with translation.override("en"):
        printed = print_report(a_closed([row(1)]))
    assert printed.sha256 == print_report(a_closed([row(1)])).sha256
    assert "总体情况" in text_of(printed.content, tmp_path)
