"""Downloads of what goes back, and uploads with personal numbers that give way to a masked copy (E-19, E-20)."""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.serializers import serialize
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enterprises.actions import abandon, check_upload, personal, recheck, write_batch
from enterprises.actions.imports import receive_upload
from enterprises.models import Enterprise, ImportBatch, ImportProblem
from enterprises.tasks import forget_personal, return_import
from enterprises.views import files as views
from tenancy import storage
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Job, StoredFile
from tests.conftest import BOLE, JINGHE
from tests.enterprises import books
from tests.enterprises.sent import NUMBER
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
HEAD = ["统一社会信用代码", "企业名称", "营业收入（万元）"]


def upload(by: Actor, rows: list[list[Any]], name: str = "企业汇总.xlsx") -> ImportBatch:
    file = books.csv([HEAD, *rows]) if name.endswith(".csv") else books.xlsx(("表", [HEAD, *rows]))
    with acting(by):
        return check_upload(by=by, region=by.region_path, year=2025, name=name, chunks=[file.getvalue()])


def good_and_bad() -> list[list[Any]]:
    return [[books.code(1), "甲公司", 5], [books.code(2), "乙公司", "约5千万"], [books.code(3), "丙公司", 7]]


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def address(name: str, batch: ImportBatch) -> str:
    return reverse(f"enterprises:{name}", args=[batch.public_id])


def test_the_annotated_workbook_and_the_failed_rows_are_handed_out(
    client: Client, county_bole: Actor
) -> None:
    batch = upload(county_bole, good_and_bad())
    sign_in(client, county_bole)
    answer = client.get(address("returned", batch))
    assert answer.status_code == 200 and answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert unquote(answer["Content-Disposition"]) == "attachment; filename*=utf-8''企业汇总 错误工作簿.xlsx"
    page = openpyxl.load_workbook(io.BytesIO(body(answer)))["表"]
    assert "营业收入" in page["D3"].value and page["D2"].value is None
    answer = client.get(address("failed", batch))
    assert unquote(answer["Content-Disposition"]) == "attachment; filename*=utf-8''企业汇总 未写入的行.xlsx"
    page = openpyxl.load_workbook(io.BytesIO(body(answer)))["表"]
    assert [row[0] for row in page.iter_rows(values_only=True)] == [HEAD[0], books.code(2)]
    with nation():
        assert AuditEntry.objects.filter(action="enterprises.import.return").count() == 2


def test_uploading_the_mended_failed_rows_touches_only_what_failed_e20(
    client: Client, county_bole: Actor
) -> None:
    batch = upload(county_bole, good_and_bad())
    with acting(county_bole):
        write_batch(by=county_bole, batch=batch)
        before = dict(Enterprise.objects.values_list("uscc", "version"))
    sign_in(client, county_bole)
    failed = body(client.get(address("failed", batch)))
    with acting(county_bole):
        again = check_upload(by=county_bole, region=BOLE, year=2025, name="a.xlsx", chunks=[failed])
    assert (again.counts["rows"], again.counts["failed"], again.counts["created"]) == (1, 1, 0)
    book = openpyxl.load_workbook(io.BytesIO(failed))
    book["表"]["C2"] = 5000
    out = io.BytesIO()
    book.save(out)
    with acting(county_bole):
        mended = check_upload(by=county_bole, region=BOLE, year=2025, name="a.xlsx", chunks=[out.getvalue()])
        write_batch(by=county_bole, batch=mended)
        assert mended.counts["failed"] == 0
        after = dict(Enterprise.objects.values_list("uscc", "version"))
    assert {code: after[code] for code in before} == before and set(after) - set(before) == {books.code(2)}


def test_a_neighbour_gets_neither_file_and_a_worker_makes_the_long_ones(
    client: Client, county_bole: Actor, county_jinghe: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = upload(county_bole, good_and_bad())
    monkeypatch.setattr(views, "MOST_AT_ONCE", 2)
    sign_in(client, county_bole)
    first = client.get(address("returned", batch))
    assert (
        first.status_code == 302 and client.get(address("returned", batch))["Location"] == first["Location"]
    )
    with nation():
        job = Job.objects.get(kind="import.return")
    assert first["Location"] == f"/jobs/{job.pk}/"
    return_import(str(job.pk))
    with nation():
        job.refresh_from_db()
        assert (job.state, StoredFile.objects.get(kind="returned").region_id) == (Job.State.DONE, BOLE)
    answer = client.get(job.result["url"])
    assert unquote(answer["Content-Disposition"]).endswith("企业汇总 错误工作簿.xlsx")
    assert "导入提示" in [c.value for c in openpyxl.load_workbook(io.BytesIO(body(answer)))["表"][1]]
    sign_in(client, county_jinghe)
    for path in (address("returned", batch), address("failed", batch), job.result["url"]):
        assert client.get(path).status_code == 404


def test_an_upload_that_is_gone_or_unreadable_is_said_in_words(client: Client, county_bole: Actor) -> None:
    gone = upload(county_bole, good_and_bad())
    with acting(county_bole):
        abandon(by=county_bole, batch=gone)
        wrong = check_upload(by=county_bole, region=BOLE, year=2025, name="a.xlsx", chunks=[b"<html></html>"])
        waiting = receive_upload(by=county_bole, region=BOLE, year=2025, name="a.csv", chunks=[b"x"])
    sign_in(client, county_bole)
    for batch, words in ((gone, "上传的文件已删除"), (wrong, "读不出表格"), (waiting, "还没有读取")):
        for name in ("returned", "failed"):
            answer = client.get(address(name, batch), follow=True)
            assert answer.redirect_chain == [(address("batch", batch), 302)]
            assert words in answer.content.decode()


def test_the_template_has_the_counties_of_the_officers_own_region(
    client: Client, county_bole: Actor, prefecture_bortala: Actor
) -> None:
    year = timezone.localdate().year - 1
    for actor, known in ((county_bole, {"博乐市"}), (prefecture_bortala, {"博乐市", "精河县", "温泉县"})):
        sign_in(client, actor)
        answer = client.get(reverse("enterprises:template", args=[year]))
        notes = openpyxl.load_workbook(io.BytesIO(body(answer)))["填表说明"]
        places = {cell.value for (cell,) in notes["E2:E40"] if cell.value}
        assert known <= places and (actor is not county_bole or places == known)
    assert client.get(reverse("enterprises:template", args=[1999])).status_code == 404


# --- personal identity numbers -----------------------------------------------------------------------


def personal_batch(by: Actor, name: str = "企业汇总.xlsx") -> ImportBatch:
    spaced = f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}"
    batch = upload(by, [*good_and_bad(), [NUMBER, "丁公司", 9], [spaced, f"戊（{NUMBER}）", 9]], name)
    assert batch.personal_until is not None
    return batch


def everything_kept() -> str:
    """Every file under FILES_ROOT and every row of the database's tables, as text."""
    texts = []
    for path in Path(settings.FILES_ROOT).rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            texts.append(data.decode("utf-8", "replace"))
            if data.startswith(b"PK"):
                book = openpyxl.load_workbook(io.BytesIO(data))
                texts += [str(c.value) for page in book for row in page.iter_rows() for c in row]
    with nation():
        for model in (AuditEntry, ImportBatch, ImportProblem, Job, StoredFile):
            texts.append(serialize("json", model.objects.all()))
    return "\n".join(texts)


@pytest.mark.parametrize("name", ["企业汇总.xlsx", "企业汇总.csv"])
@pytest.mark.parametrize("which", ["returned", "failed"])
def test_after_the_error_file_was_fetched_the_number_is_nowhere_and_the_import_goes_on_e19(
    client: Client, county_bole: Actor, caplog: pytest.LogCaptureFixture, name: str, which: str
) -> None:
    sign_in(client, county_bole)
    with caplog.at_level(logging.DEBUG):
        batch = personal_batch(county_bole, name)
        original = batch.file
        assert storage.exists(original.key)
        made = body(client.get(address(which, batch)))
        pages = client.get(address("batch", batch)).content.decode()
        pages += client.get(address("columns", batch)).content.decode()
        body(client.get(address(which, batch)))  # a second time from the masked copy
        with acting(county_bole):
            batch = ImportBatch.objects.get(pk=batch.pk)
            assert batch.personal_until is None and batch.file_id != original.pk
            assert not storage.exists(original.key) and batch.file.is_there
            recheck(by=county_bole, batch=batch)
            assert (batch.state, batch.counts["created"]) == ("checked", 2)
            assert batch.problems.filter(code="not_a_number").count() == 1
            write_batch(by=county_bole, batch=batch)
            assert Enterprise.objects.count() == 2
    book = openpyxl.load_workbook(io.BytesIO(made))
    cells = {str(c.value) for page in book for row in page.iter_rows() for c in row}
    assert "*" * 14 + "002X" in cells
    for text in (everything_kept(), pages, caplog.text, "".join(cells)):
        assert NUMBER not in text and NUMBER[:14] not in text and NUMBER[6:14] not in text
    with nation():
        assert AuditEntry.objects.filter(action="enterprises.import.forget_personal").count() == 1


def test_the_command_shows_no_personal_number_either_e19(
    county_bole: Actor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(books.csv([HEAD, [NUMBER, "丁公司", 9]]).getvalue())
    with pytest.raises(SystemExit):
        call_command(
            "import_enterprises", str(path), region="652701", year=2025, by=county_bole.username, json=True
        )
    said = capsys.readouterr()
    assert json.loads(said.out)["problems"] and NUMBER not in said.out + said.err


@pytest.mark.parametrize("state", ["checked", "done", "abandoned"])
def test_after_seven_days_the_original_is_gone_in_any_case(
    county_bole: Actor, county_jinghe: Actor, state: str
) -> None:
    batch, other = personal_batch(county_bole), personal_batch(county_jinghe)
    original = batch.file
    with acting(county_bole):
        if state == "done":
            write_batch(by=county_bole, batch=batch)
        elif state == "abandoned":
            abandon(by=county_bole, batch=batch)
    forget_personal()
    with nation():
        batch.refresh_from_db()
        assert batch.personal_until is not None  # not yet
        ImportBatch.objects.filter(pk=batch.pk).update(
            personal_until=timezone.now() - dt.timedelta(minutes=1)
        )
    forget_personal()
    forget_personal()
    with nation():
        batch.refresh_from_db()
        other.refresh_from_db()
        assert batch.personal_until is None and not storage.exists(original.key)
        assert batch.file.is_there == (state != "abandoned")
        assert other.personal_until is not None and other.file.is_there
        assert (
            AuditEntry.objects.filter(action="enterprises.import.forget_personal", region_id=BOLE).count()
            == 1
        )
        assert not AuditEntry.objects.filter(
            action="enterprises.import.forget_personal", region_id=JINGHE
        ).exists()


def test_the_original_goes_even_where_no_masked_copy_can_be_made(
    county_bole: Actor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    batch = personal_batch(county_bole)

    def fail(*_: object, **__: object) -> bytes:
        raise ValueError(f"cannot read {NUMBER}")

    monkeypatch.setattr(personal.returned, "masked_copy", fail)
    with acting(county_bole):
        personal.after_fetch(by=county_bole, batch=batch)
        batch.refresh_from_db()
        assert batch.personal_until is None and not batch.file.is_there
    assert "ValueError" in caplog.text and NUMBER not in caplog.text


def test_the_timetable_looks_for_them_every_hour() -> None:
    from portal.celery import app

    entry = app.conf.beat_schedule["forget-personal"]
    assert entry["task"] == "enterprises.tasks.forget_personal" and len(entry["schedule"].hour) == 24


def test_questions_to_the_database_do_not_grow_with_the_problems(client: Client, county_bole: Actor) -> None:
    from django.test.utils import CaptureQueriesContext

    sign_in(client, county_bole)

    def count(rows: int) -> int:
        batch = upload(county_bole, [[books.code(n), "甲公司", "坏"] for n in range(rows)])
        with CaptureQueriesContext(connection) as seen:
            body(client.get(address("returned", batch)))
        return len(seen)

    count(1)
    assert count(200) <= count(2) <= 30


def test_what_was_made_for_a_download_goes_after_a_day(county_bole: Actor) -> None:
    import datetime as dt

    from enterprises import tasks
    from enterprises.actions import returning
    from tenancy.context import acting, nation
    from tenancy.models import StoredFile
    from tests.enterprises.test_questions import upload

    batch = upload(county_bole, [["x", "坏的一行"]], head=["统一社会信用代码", "企业名称"])
    with acting(county_bole):
        kept = [
            returning.keep_back(by=county_bole, batch=batch, only_failed=True, name="a.xlsx") for _ in "ab"
        ]
    with nation():
        StoredFile.objects.filter(pk=kept[0].pk).update(created_at=kept[0].created_at - dt.timedelta(days=2))
    for _ in range(2):
        tasks.forget_returned()
    assert [storage.exists(stored.key) for stored in kept] == [False, True]
    with nation():
        assert StoredFile.objects.filter(kind="returned", deleted_at__isnull=True).count() == 1
