"""Hostile and merely unusual text of enterprises on every page, fragment, file and report (C-03…C-05, F-01, F-04)."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from enterprises.actions import entry
from enterprises.actions.imports import check_upload
from enterprises.models import Enterprise
from tenancy.access import Actor
from tenancy.context import acting
from tests.conftest import BOLE
from tests.enterprises import books
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "日杂<不含烟花爆竹>公司",
    "'\"><script>alert(1)</script>",
    "<b hx-get=/people/ hx-trigger=load hx-on:click=alert(1)>",
    "{{ 7|add:7 }}{% now 'Y' %}公司",
    "=cmd|'/c calc'!A1公司",
    "<a rel=attachment href=file:///etc/hostname>http://169.254.169.254/</a>",
)
RAW = re.compile(r"<img src=x|<script>alert|<b hx-get|<不含|<a rel=attachment")


def _made(by: Actor, name: str) -> Enterprise:
    with acting(by):
        first = entry.save_by_hand(
            by=by,
            region=BOLE,
            year=2025,
            values={"uscc": books.code(1), "name": "旧" + name, "leading_product": name},
        )
        entry.rename(by=by, enterprise=first, name=name)
        first.refresh_from_db()
        return first


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_shown_exactly_and_does_nothing_c03_c04_c05(
    client: Client, county_bole: Actor, name: str
) -> None:
    made = _made(county_bole, name)
    sign_in(client, county_bole)
    from django.utils.html import escape

    pages = [reverse(n, args=[made.public_id]) for n in ("enterprise", "figures", "history", "judgement")]
    pages += [
        reverse("registry"),
        reverse("registry") + "?q=" + "%E5%85%AC%E5%8F%B8%3Cimg%20src=x%3E",
        reverse("enterprises:edit", args=[made.public_id]),
        reverse("home"),
    ]
    for page in pages:
        text = client.get(page).content.decode()
        assert not RAW.search(text), page
        if page in pages[:5] or page == pages[6]:
            assert escape(made.name) in text, page
    fragment = client.get(
        reverse("enterprises:check"), {"name": made.name}, HTTP_HX_REQUEST="true"
    ).content.decode()
    assert escape(made.name) in fragment
    assert not RAW.search(fragment)


def test_hostile_cells_sheet_and_file_names_do_nothing_on_the_pages_of_an_import_c03_e22(
    client: Client, county_bole: Actor
) -> None:
    bad = HOSTILE[0]
    rows: list[list[Any]] = [
        ["统一社会信用代码", "企业名称", "营业收入", bad],
        [books.code(1), bad, bad, bad],
        [bad, bad, "1", ""],
        [books.code(2), "甲公司", "<r>_x0041_</r>", ""],
        [books.code(3), "乙公司", "a\x0bb", ""],
    ]
    file = books.csv(rows)
    with acting(county_bole):
        batch = check_upload(
            by=county_bole, region=BOLE, year=2025, name="../../x\r\nY: z‮" + bad + "企" * 300 + ".csv",
            chunks=[file.read()],
        )  # fmt: skip
    sign_in(client, county_bole)
    for name in ("batch", "columns"):
        text = client.get(reverse(f"enterprises:{name}", args=[batch.public_id])).content.decode()
        assert "&lt;img src=x" in text
        assert not RAW.search(text)
    assert not RAW.search(client.get(reverse("enterprises:imports")).content.decode())
    assert "/" not in batch.name and "\r" not in batch.name and "‮" not in batch.name
    answer = client.get(reverse("enterprises:problems", args=[batch.public_id]))
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    data = b"".join(answer.streaming_content)
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert all(cell.data_type != "f" and cell.hyperlink is None for row in sheet for cell in row)
    listed = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    with acting(county_bole):
        stored = set(batch.problems.values_list("value", flat=True))
    assert "<r>_x0041_</r>" in stored and stored == {line[6] for line in listed[1:]}


def test_exports_hold_hostile_names_as_text_c03_f01(client: Client, county_bole: Actor) -> None:
    with acting(county_bole):
        for n, name in enumerate(HOSTILE):
            entry.save_by_hand(
                by=county_bole, region=BOLE, year=2025, values={"uscc": books.code(n), "name": name}
            )
        kept = set(Enterprise.objects.values_list("name", flat=True))
    sign_in(client, county_bole)
    answer = client.post(reverse("make_export"), {"list": "registry", "format": "xlsx"})
    data = b"".join(answer.streaming_content)
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(data)).active for cell in row]
    assert kept <= {cell.value for cell in cells}
    assert all(cell.data_type != "f" and cell.hyperlink is None for cell in cells)
    assert not [n for n in zipfile.ZipFile(io.BytesIO(data)).namelist() if "external" in n.lower()]
    answer = client.post(reverse("make_export"), {"list": "registry", "format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "'=cmd|" in text
    assert re.search(r'(^|,)"?=cmd', text, re.MULTILINE) is None


def test_what_else_officials_type_is_inert_c03(client: Client, county_bole: Actor) -> None:
    made = _made(county_bole, "甲公司")
    sign_in(client, county_bole)
    answer = client.post(
        reverse("enterprises:state", args=[made.public_id]),
        {"state": "moved", "on": "2026-01-01", "note": HOSTILE[0], "merged_into": ""},
    )
    assert answer.status_code == 302
    draft = client.post(reverse("enterprises:new"), {"draft": "1", "name": HOSTILE[2], "uscc": HOSTILE[0]})
    for page in (reverse("enterprise", args=[made.public_id]), reverse("enterprises:new"), draft["Location"]):
        assert not RAW.search(client.get(page).content.decode()), page
    wrong = client.post(
        reverse("enterprises:new"), {"name": HOSTILE[0], "revenue": HOSTILE[2], "uscc": HOSTILE[0]}
    )
    assert wrong.status_code == 422
    assert not RAW.search(wrong.content.decode())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_printed_report_fetches_and_attaches_nothing_for_a_name_f04(name: str) -> None:
    from portal.reports.printing import print_report
    from tests.quarters.test_printing import a_closed, row

    pdf = print_report(a_closed([row(1, name=name, lacks=[name])], name=name, full_name=name)).content
    files = re.findall(rb"/Type\s*/Filespec", pdf)
    assert len(files) <= 1  # our own list
    for word in (b"/hostname", b"/JavaScript", b"/Launch", b"/URI"):
        assert word not in pdf
