"""Hostile files through the page and the worker: refused with a sentence, never a failure (E-01…E-08, E-10, E-11, E-19, E-22)."""

from __future__ import annotations

import io
import logging
import time
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from enterprises.models import Enterprise, ImportBatch, ImportProblem
from enterprises.tasks import read_import
from tenancy.access import Actor
from tenancy.context import nation
from tenancy.models import Job
from tests.enterprises import books, mutations
from tests.enterprises.test_workbook import changed, sheet_xml
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
SST = "<?xml version='1.0'?>"


def _plain() -> io.BytesIO:
    return books.xlsx(("甲", books.plain(1)))


def _many_entries() -> bytes:
    out = io.BytesIO(_plain().getvalue())
    with zipfile.ZipFile(out, "a") as archive:
        for n in range(2500):
            archive.writestr(f"../../tidu-{n}.xml", "")
    return out.getvalue()


FILES = {
    "blanks_e01": lambda: (changed(_plain(), xl__extra_xml=b" " * (330 << 20)), "a.xlsx"),
    "far_cell_e05": lambda: (
        changed(
            _plain(),
            xl__worksheets__sheet1_xml=sheet_xml(
                '<sheetData><row r="99999999"><c r="ZZZZ99999999"><v>1</v></c></row></sheetData>'
            ),
        ),
        "a.xlsx",
    ),
    "far_apart_e02": lambda: (
        changed(
            _plain(),
            xl__worksheets__sheet1_xml=sheet_xml(
                '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="100000"><c r="EU100000"><v>1</v></c></row></sheetData>'
            ),
        ),
        "a.xlsx",
    ),
    "laughs_e06": lambda: (
        changed(_plain(), xl__sharedStrings_xml=SST + '<!DOCTYPE a [<!ENTITY b "c">]><sst/>'),
        "a.xlsx",
    ),
    "outside_e07": lambda: (
        changed(_plain(), xl__sharedStrings_xml=SST + '<!DOCTYPE a SYSTEM "file:///etc/hostname"><sst/>'),
        "a.xlsx",
    ),
    "entries_e08": lambda: (_many_entries(), "a.xlsx"),
    "macros_e10": lambda: (changed(_plain(), xl__vbaProject_bin=b"x"), "a.xlsx"),
    "html_e11": lambda: (b"<html><table></table></html>", "a.xlsx"),
    "old_e11": lambda: (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xlsx"),
    "truncated_e11": lambda: (_plain().getvalue()[:700], "a.xlsx"),
    "program_e22": lambda: (b"MZ\x90\0" + b"\0" * 99, "a.xlsx.exe"),
    "nothing_e22": lambda: (b"x", "CON"),
}


def _upload(client: Client, data: bytes, name: str) -> Job:
    answer = client.post(
        reverse("enterprises:imports"), {"file": SimpleUploadedFile(name, data), "year": "2025"}
    )
    assert answer.status_code == 302
    with nation():
        job = Job.objects.latest("created_at")
    read_import(str(job.id))
    with nation():
        job.refresh_from_db()
    return job


@pytest.mark.parametrize("kind", FILES)
def test_a_hostile_file_is_refused_with_a_sentence(client: Client, county_bole: Actor, kind: str) -> None:
    data, name = FILES[kind]()
    sign_in(client, county_bole)
    began = time.monotonic()
    job = _upload(client, data, name)
    assert time.monotonic() - began < 5
    assert job.state == Job.State.DONE, job.error
    page = client.get(job.result["url"])
    assert page.status_code == 200
    assert "没有写入任何数据" in page.content.decode()
    with nation():
        batch = ImportBatch.objects.get()
        assert batch.state == "refused"
        assert Enterprise.objects.count() == 0
        # the stored name is a generated one
        assert name not in batch.file.key


def test_a_personal_number_among_the_codes_is_not_kept_in_clear_e19(
    client: Client, county_bole: Actor, caplog: pytest.LogCaptureFixture
) -> None:
    number = "11010519491231002X"
    sign_in(client, county_bole)
    with caplog.at_level(logging.DEBUG):
        job = _upload(
            client, books.csv([["统一社会信用代码", "企业名称"], [number, "甲公司"]]).read(), "a.csv"
        )
    assert job.state == Job.State.DONE
    page = client.get(job.result["url"]).content.decode()
    assert "身份证号" in page
    assert number not in page
    assert number not in caplog.text
    with nation():
        assert number not in "".join(ImportProblem.objects.values_list("value", flat=True))


def test_forged_corrections_of_columns_end_in_words_d03(client: Client, county_bole: Actor) -> None:
    sign_in(client, county_bole)
    _upload(client, _plain().getvalue(), "a.xlsx")
    with nation():
        batch = ImportBatch.objects.get()
    for forged in (
        {"year": "999999999"},
        {"row-0": "999999999", "use-0": "on"},
        {"row-0": "0", "use-0": "on"},
        {"use-0": "on", "field-0-A": "name", "field-0-B": "name"},
        {"use-0": "on", "field-0-A": "revenue", "unit-0-A": "亿元", "year-0-A": "999999999"},
        {},
    ):
        answer = client.post(reverse("enterprises:columns", args=[batch.public_id]), forged)
        assert answer.status_code == 302
        with nation():
            job = Job.objects.order_by("-created_at").first()
        if answer["Location"].startswith("/jobs/"):
            read_import(answer["Location"].split("/")[2])
            with nation():
                job = Job.objects.get(pk=answer["Location"].split("/")[2])
            assert job.state == Job.State.DONE, (forged, job.error)
        assert client.get(reverse("enterprises:batch", args=[batch.public_id])).status_code == 200


def test_six_million_cells_in_a_small_file_are_refused_in_seconds_e02(
    client: Client, county_bole: Actor
) -> None:
    row = '<row r="{}">' + "<c><v>1</v></c>" * 60 + "</row>"
    body = "<sheetData>" + "".join(row.format(n) for n in range(1, 100_001)) + "</sheetData>"
    data = changed(_plain(), xl__worksheets__sheet1_xml=sheet_xml(body))
    assert len(data) < 1_000_000
    sign_in(client, county_bole)
    began = time.monotonic()
    job = _upload(client, data, "a.xlsx")
    assert time.monotonic() - began < 5
    assert job.state == Job.State.DONE, job.error
    with nation():
        assert ImportBatch.objects.get().state == "refused"


def test_mutated_files_end_in_words_and_never_in_half_a_row(client: Client, county_bole: Actor) -> None:
    sign_in(client, county_bole)
    for n in range(7000, 7024):
        name, data = mutations.mutated(n)
        if not data:
            continue
        job = _upload(client, data, name)
        assert job.state == Job.State.DONE, (n, job.error)
        assert client.get(job.result["url"]).status_code == 200, n
        with nation():
            assert Enterprise.objects.count() == 0
