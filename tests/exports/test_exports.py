"""Exports as acts: who may, how many, what is printed and kept, by a page or by a worker (F-11)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import uuid
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enterprises.actions import import_workbook
from enterprises.models import Enterprise
from portal import tasks
from portal.exports import actions as exports
from portal.exports.catalogue import PERMISSIONS, may_export
from portal.exports.queries import visible
from portal.exports.wanted import Wanted
from portal.models import ExportRecord, SavedColumns
from portal.pages import exports as pages
from tenancy import storage
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Job, Posting, StoredFile
from tenancy.rules.roles import ROLES
from tests.conftest import BOLE, BORTALA, JINGHE, XINJIANG
from tests.enterprises import books
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
PLACES = {"prefecture": BORTALA, "region": XINJIANG}


def _fill(actor: Actor, count: int, start: int = 0) -> None:
    with acting(actor):
        rows = books.plain(count, start, 从业人员=5)
        import_workbook(by=actor, region=actor.region_path, year=2025, file=books.xlsx(("表", rows)))


def _post(client: Client, listed: str, **more: Any) -> Any:
    return client.post(reverse("make_export"), {"list": listed, "format": "csv", **more})


def _lines(response: Any) -> list[list[str]]:
    assert response.status_code == 200, response.status_code
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


# --- who and what ----------------------------------------------------------------------------------


@pytest.mark.parametrize("listed", PERMISSIONS)
@pytest.mark.parametrize("role", [r for r in ROLES if r not in ("system", "enterprise")])
def test_a_role_exports_the_lists_that_it_may_read_and_no_other_d01(
    role: str, listed: str, client: Client, person: Callable[..., Actor]
) -> None:
    actor = person(f"{role}.x", role, PLACES.get(role, BOLE))
    sign_in(client, actor)
    allowed = actor.can("lists.export") and actor.can(PERMISSIONS[listed])
    assert may_export(actor, listed) == allowed
    answer = _post(client, listed)
    assert answer.status_code == (200 if allowed else 403)
    page = client.get(reverse("new_export"), {"list": listed})
    assert page.status_code == (200 if allowed else 403)
    if not allowed:
        with nation():
            refused = AuditEntry.objects.filter(action="access.refused", officer_id=actor.officer_id)
            assert refused.count() == 2
            assert not ExportRecord.objects.exists()


def test_an_enterprise_exports_nothing(
    client: Client, person: Callable[..., Actor], own_enterprise: int
) -> None:
    sign_in(client, person("enterprise.x", "enterprise", BOLE, own_enterprise))
    for listed in PERMISSIONS:
        assert _post(client, listed).status_code == 403
    assert client.get(reverse("exports")).status_code == 403


@pytest.mark.parametrize("listed", ["registry", "overview", "imports", "exports", "jobs"])
def test_no_row_and_no_count_of_a_neighbour_is_exported_a07(
    listed: str, client: Client, county_bole: Actor, county_jinghe: Actor
) -> None:
    _fill(county_jinghe, 2)
    sign_in(client, county_jinghe)
    _post(client, "registry")
    with acting(county_jinghe):
        theirs = Enterprise.objects.first()
        exports.jobs.start(by=county_jinghe, kind="test", region=JINGHE, params={})
    sign_in(client, county_bole)
    rows = _lines(_post(client, listed))
    assert "共 0 行" in rows[0][0] and len(rows) == 2, rows
    assert len(_lines(_post(client, listed, query="under=652722"))) <= (3 if listed == "exports" else 2)
    assert theirs is not None
    picked = _lines(_post(client, listed, id=[theirs.public_id, str(theirs.pk)]))
    assert theirs.name not in str(picked)


def test_every_enterprise_that_was_picked_is_exported_also_more_than_five_hundred(
    client: Client, county_bole: Actor
) -> None:
    _fill(county_bole, 510)
    with acting(county_bole):
        ids = list(Enterprise.objects.values_list("public_id", flat=True))
    sign_in(client, county_bole)
    rows = _lines(_post(client, "registry", id=ids[:505]))
    assert len(rows) == 507 and "所选 505 家" in rows[0][0] and "共 505 行" in rows[0][0]


def test_who_may_not_see_judgements_gets_no_column_of_them(
    client: Client, person: Callable[..., Actor]
) -> None:
    actor = person("finance.x", "finance", BOLE)
    codes = exports.lists.LISTS["overview"].codes
    assert "outcome" in codes(actor)
    assert not {"outcome", "score", "missing"} & set(codes(person("purchaser.x", "purchaser", BOLE)))


def test_the_list_of_people_holds_nothing_of_signing_in(client: Client, person: Callable[..., Actor]) -> None:
    sign_in(client, person("secadmin.x", "secadmin", BOLE))
    rows = _lines(_post(client, "people"))
    assert "secadmin.x" in str(rows) and "argon2" not in str(rows)


# --- what stands in the file -----------------------------------------------------------------------


def test_conditions_moment_and_number_are_printed_in_both_formats(client: Client, county_bole: Actor) -> None:
    _fill(county_bole, 3)
    sign_in(client, county_bole)
    query = "q=第1机械&tier=none&year=2025&sort=name"
    head = _lines(_post(client, "registry", query=query))[0][0]
    assert head.startswith("博乐市企业名录（2025 年度；导出：20")
    for words in (
        "名称或代码含“第1机械”",
        "未入梯度",
        "在业",
        "按名称拼音排列",
        "共 1 行",
        "county.652701 县级经办",
    ):
        assert words in head, words
    answer = _post(client, "registry", query=query, format="xlsx")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer)))
    assert book.sheetnames == ["企业名录", "导出说明"]
    printed = {row[0].value: row[1].value for row in book["导出说明"].iter_rows(min_row=3)}
    assert printed["行数"] == "1" and printed["地区"] == "博乐市" and "未入梯度" in printed["条件"]
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d（北京时间）", printed["数据时点"])


def test_columns_and_years_are_those_that_were_chosen(client: Client, county_bole: Actor) -> None:
    _fill(county_bole, 1)
    sign_in(client, county_bole)
    chosen = {
        "chosen": "1",
        "column": ["name", "employees", "password", "uscc"],
        "year": ["2025", "2023", "1066"],
    }
    rows = _lines(_post(client, "registry", query="year=2025", **chosen))
    assert rows[1] == ["统一社会信用代码", "企业名称", "2025年从业人员（人）", "2023年从业人员（人）"]
    assert rows[2][1:] == ["博乐第0机械有限公司", "5", ""]
    without = _lines(_post(client, "registry", chosen="1", column=["name", "employees"]))
    assert without[1] == ["企业名称"]
    nothing = _post(client, "registry", chosen="1", query="q=甲")
    assert nothing.status_code == 302 and nothing["Location"].startswith("/exports/new/?q=")


def test_the_list_as_its_page_shows_it_holds_values_and_words(client: Client, county_bole: Actor) -> None:
    from tests.test_query_counts import _fill as judged

    judged(county_bole, range(1, 3))
    sign_in(client, county_bole)
    rows = _lines(_post(client, "overview", query="sort=name&col=revenue&col=outcome&col=score"))
    assert rows[1] == ["企业名称", "统一社会信用代码", "营业收入（万元）", "评价结果", "得分"]
    assert {row[2] for row in rows[2:]} == {"4001", "4002"}
    assert all(row[3] in ("达标", "未达标", "待补数据") and row[4] for row in rows[2:])


# --- history, again, forgetting --------------------------------------------------------------------


def test_each_export_leaves_a_record_an_audit_entry_and_its_file(client: Client, county_bole: Actor) -> None:
    _fill(county_bole, 2)
    sign_in(client, county_bole)
    data = b"".join(_post(client, "registry", query="q=机械&page=3&size=20"))
    with acting(county_bole):
        record = ExportRecord.objects.select_related("file").get()
        entry = AuditEntry.objects.get(action="exports.make")
    assert (record.rows, record.bytes, record.query) == (2, len(data), "q=%E6%9C%BA%E6%A2%B0")
    assert record.sha256 == record.file.sha256 == entry.detail["sha256"]
    assert record.file.open().read() == data and entry.detail["rows"] == 2
    for page in (reverse("exports"), reverse("export_record", args=[record.public_id])):
        text = client.get(page).content.decode()
        assert record.sha256[:12] in text and "名称或代码含“机械”" in text
    kept = client.get(reverse("export_file", args=[record.public_id]))
    assert b"".join(kept) == data and kept["Content-Disposition"].startswith("attachment")
    with acting(county_bole):
        assert AuditEntry.objects.filter(action="exports.download").count() == 1


def test_the_history_cannot_be_changed(county_bole: Actor) -> None:
    from django.db import DatabaseError, transaction

    with acting(county_bole):
        record = exports.make(by=county_bole, wanted=Wanted("registry", "csv"))
        for act in (lambda: ExportRecord.objects.update(rows=9), record.delete):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()


def test_the_same_again_means_the_same_question_and_the_data_of_now(
    client: Client, county_bole: Actor
) -> None:
    _fill(county_bole, 1)
    sign_in(client, county_bole)
    chosen = {"chosen": "1", "column": ["uscc", "name", "employees"], "year": ["2025"]}
    first = _lines(_post(client, "registry", query="year=2025&sort=name", **chosen))
    _fill(county_bole, 1, start=1)
    with acting(county_bole):
        record = ExportRecord.objects.get()
    again = _lines(client.post(reverse("export_again", args=[record.public_id])))
    assert again[1] == first[1] and (len(first), len(again)) == (3, 4)


def test_who_exports_the_registry_sees_the_exports_of_the_place_others_their_own(
    client: Client, county_bole: Actor, person: Callable[..., Actor]
) -> None:
    colleague, above = person("county.b", "county", BOLE), person("prefecture.b", "prefecture", BORTALA)
    auditor, other = person("auditor.a", "auditor", BOLE), person("auditor.b", "auditor", BOLE)
    finance = person("finance.b", "finance", BOLE)
    for actor, listed in (
        (county_bole, "registry"),
        (county_bole, "imports"),
        (county_bole, "jobs"),
        (auditor, "audit"),
    ):
        with acting(actor):
            exports.make(by=actor, wanted=Wanted(listed, "csv"))

    def seen(actor: Actor) -> set[str]:
        with acting(actor):
            return set(visible(actor).values_list("listed", flat=True))

    assert seen(county_bole) == {"registry", "imports", "jobs"}
    assert seen(colleague) == seen(above) == {"registry", "imports"}
    assert seen(finance) == {"registry"}
    assert (seen(auditor), seen(other)) == ({"audit"}, set())
    with acting(auditor):
        public_id = visible(auditor).get().public_id
    for stranger in (other, county_bole):
        sign_in(client, stranger)
        assert client.get(reverse("export_file", args=[public_id])).status_code == 404


def test_a_download_asks_the_permission_again_a20(client: Client, county_bole: Actor) -> None:
    sign_in(client, county_bole)
    b"".join(_post(client, "registry"))
    with acting(county_bole):
        address = reverse("export_file", args=[ExportRecord.objects.get().public_id])
    with nation():
        Posting.objects.filter(pk=county_bole.posting_id).update(until_at=timezone.now())
    assert client.get(address)["Location"].startswith("/accounts/login/")
    with acting(county_bole):
        assert not AuditEntry.objects.filter(action="exports.download").exists()


def test_files_go_after_a_month_and_the_record_stays(client: Client, county_bole: Actor) -> None:
    sign_in(client, county_bole)
    b"".join(_post(client, "registry"))
    b"".join(_post(client, "overview"))
    with acting(county_bole):
        old = ExportRecord.objects.get(listed="registry")
        StoredFile.objects.filter(pk=old.file_id).update(created_at=timezone.now() - dt.timedelta(days=31))
        key = old.file.key
    for _again in range(2):
        _as_worker(tasks.forget_exports)
    assert not storage.exists(key)
    with acting(county_bole):
        kept = ExportRecord.objects.get(listed="overview")
        assert ExportRecord.objects.count() == 2 and kept.file.is_there
        assert AuditEntry.objects.get(action="exports.forget").detail == {"files": 1}
    assert client.get(reverse("export_file", args=[old.public_id])).status_code == 404
    assert "已经删除" in client.get(reverse("export_record", args=[old.public_id])).content.decode()
    assert "文件已到期" in client.get(reverse("exports")).content.decode()


# --- limits, workers -------------------------------------------------------------------------------


def _as_worker(task: Any, *arguments: str) -> None:
    """Tasks run with the worker's login, which may act on the whole country."""
    from django.db import connection, transaction

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE tidu_worker")
        task(*arguments)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE tidu_web")


def test_more_exports_than_an_hour_allows_are_refused_in_plain_words_and_audited_f11(
    client: Client, county_bole: Actor, settings: Any, person: Callable[..., Actor]
) -> None:
    settings.EXPORTS_AN_HOUR = 2
    sign_in(client, county_bole)
    assert [_post(client, "jobs").status_code for _ in range(3)] == [200, 200, 429]
    answer = _post(client, "registry")
    assert "以后可以再导" in answer.content.decode() and 3000 < int(answer["Retry-After"]) <= 3600
    with acting(county_bole):
        assert ExportRecord.objects.count() == 2
        refused = AuditEntry.objects.filter(action="access.refused")
        assert [e.detail["limit"] for e in refused] == ["exports", "exports"]
    sign_in(client, person("county.b", "county", BOLE))
    assert _post(client, "jobs").status_code == 200


def test_a_long_list_is_written_by_a_worker_and_found_under_its_job_f11(
    client: Client, county_bole: Actor, settings: Any
) -> None:
    settings.EXPORT_ROWS_AT_ONCE = 2
    _fill(county_bole, 3)
    sign_in(client, county_bole)
    answer = _post(client, "registry", query="sort=name")
    with acting(county_bole):
        job = Job.objects.get(kind="export")
        assert not ExportRecord.objects.exists()
    assert answer.status_code == 302 and answer["Location"] == f"/jobs/{job.pk}/"
    _as_worker(tasks.make_export, str(job.pk))
    with acting(county_bole):
        job.refresh_from_db()
        record = ExportRecord.objects.get()
        assert (job.state, job.error, record.rows, record.job_id) == ("done", "", 3, job.pk)
    assert job.result["url"] == reverse("export_record", args=[record.public_id])
    page = client.get(job.result["url"]).content.decode()
    assert reverse("export_file", args=[record.public_id]) in page


def test_jobs_that_wait_count_towards_the_limit_f11(
    client: Client, county_bole: Actor, settings: Any
) -> None:
    settings.EXPORT_ROWS_AT_ONCE, settings.EXPORTS_AN_HOUR = 0, 2
    _fill(county_bole, 1)
    sign_in(client, county_bole)
    assert [_post(client, "registry").status_code for _ in range(3)] == [302, 302, 429]


def test_a_job_that_died_after_its_work_makes_no_second_export_g03(county_bole: Actor) -> None:
    number = uuid.uuid4()
    with acting(county_bole):
        first = exports.make(by=county_bole, wanted=Wanted("registry", "csv"), job_id=number)
        second = exports.make(by=county_bole, wanted=Wanted("registry", "csv"), job_id=number)
        assert first.pk == second.pk and StoredFile.objects.filter(kind="export").count() == 1


def test_a_failure_in_the_middle_leaves_no_record_and_no_file(
    county_bole: Actor, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    _fill(county_bole, 3)

    def progress(stage: str, done: int, total: int) -> None:
        raise OSError("disk full")

    with acting(county_bole):
        before = StoredFile.objects.count()
        with pytest.raises(OSError, match="disk full"):
            exports.make(by=county_bole, wanted=Wanted("registry", "xlsx"), progress=progress)
        assert (StoredFile.objects.count(), ExportRecord.objects.count()) == (before, 0)
        assert not AuditEntry.objects.filter(action="exports.make").exists()
    assert not list(settings.FILES_ROOT.rglob("*.part"))


def test_a_job_of_somebody_whose_posting_ended_exports_nothing_a20(
    client: Client, county_bole: Actor, settings: Any
) -> None:
    settings.EXPORT_ROWS_AT_ONCE = 0
    _fill(county_bole, 1)
    sign_in(client, county_bole)
    _post(client, "registry")
    with nation():
        Posting.objects.filter(pk=county_bole.posting_id).update(until_at=timezone.now())
        job = Job.objects.get(kind="export")
    _as_worker(tasks.make_export, str(job.pk))
    with nation():
        job.refresh_from_db()
        assert job.state == "failed" and "岗位已变动" in job.error
        assert not ExportRecord.objects.exists()


def test_a_cancelled_download_closes_the_file_and_holds_nothing_f11(county_bole: Actor) -> None:
    _fill(county_bole, 3)
    with acting(county_bole):
        record = exports.make(by=county_bole, wanted=Wanted("registry", "xlsx"))
    response = pages._sent(record)  # sent when the transaction is over: nothing of the database is held
    file = response.file_to_stream
    assert next(iter(response))
    response.close()
    assert file.closed


# --- choices of columns ----------------------------------------------------------------------------


def test_a_choice_is_saved_used_with_one_click_renamed_and_deleted(
    client: Client, county_bole: Actor
) -> None:
    _fill(county_bole, 1)
    sign_in(client, county_bole)
    chosen = {"list": "registry", "query": "year=2025", "chosen": "1", "format": "csv"}
    saved = client.post(
        reverse("save_columns"),
        {**chosen, "column": ["name", "employees"], "year": "2024", "name": " 季度 报表 "},
    )
    with acting(county_bole):
        choice = SavedColumns.objects.get()
    assert (choice.name, choice.columns, choice.years) == ("季度 报表", ["name", "employees"], [1])
    assert f"saved={choice.public_id}" in saved["Location"]
    page = client.get(saved["Location"]).content.decode()
    assert "季度 报表" in page
    assert choice.public_id in client.get(reverse("registry")).content.decode()
    rows = _lines(_post(client, "registry", saved=choice.public_id, query="year=2025"))
    assert rows[1] == ["企业名称", "2024年从业人员（人）"]
    later = _lines(_post(client, "registry", saved=choice.public_id, query="year=2026"))
    assert later[1] == ["企业名称", "2025年从业人员（人）"]
    assert _post(client, "overview", saved=choice.public_id).status_code == 404
    client.post(reverse("save_columns"), {**chosen, "column": ["uscc"], "name": "第二个"})
    taken = client.post(reverse("rename_columns", args=[choice.public_id]), {"name": "第二个"}, follow=True)
    assert "已经有一个叫“第二个”的了" in taken.content.decode()
    client.post(reverse("rename_columns", args=[choice.public_id]), {"name": "年报"})
    client.post(reverse("save_columns"), {**chosen, "column": ["uscc", "name"], "name": "第二个"})
    with acting(county_bole):
        names = SavedColumns.objects.order_by("name").values_list("name", "columns")
        assert dict(names) == {"年报": ["name", "employees"], "第二个": ["uscc", "name"]}
    client.post(reverse("delete_columns", args=[choice.public_id]))
    nameless = client.post(reverse("save_columns"), {**chosen, "column": ["uscc"]}, follow=True)
    assert "没有存" in nameless.content.decode()
    with acting(county_bole):
        assert SavedColumns.objects.count() == 1


def test_a_choice_of_a_list_that_one_may_no_longer_export_is_refused(
    county_bole: Actor, person: Callable[..., Actor]
) -> None:
    with acting(county_bole):
        choice = exports.save_columns(by=county_bole, wanted=Wanted("registry", "csv", ("uscc",)), name="甲")
    with pytest.raises(Denied):
        exports.delete_columns(by=person("auditor.x", "auditor", BOLE), choice=choice)
