"""From the upload to the writing on the page: the dry run, its problems, one's own files alone, long ones as jobs."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from portal.tasks import take_award_book
from subsidies.actions import books as book_actions
from subsidies.models import AwardEvent, Pool
from tenancy import scanner
from tenancy.access import Actor
from tenancy.context import nation
from tenancy.models import Job, StoredFile
from tests.conftest import BOLE, JINGHE, XINJIANG
from tests.enterprises.books import code, xlsx
from tests.tenancy.test_sign_in import sign_in

from .book_cases import POOL_HEAD, TITLE, TITLE_HEAD

pytestmark = pytest.mark.django_db
PAGE = "/awards/books/"


def upload(client: Client, kind: str, *rows: list[Any], **more: Any) -> Any:
    data = more.pop("data", None) or xlsx(("汇总", list(rows))).getvalue()
    return client.post(PAGE, {"kind": kind, "file": SimpleUploadedFile("称号.xlsx", data)}, **more)


def waiting() -> StoredFile:
    with nation():
        return StoredFile.objects.get(kind__startswith="awards.upload.", deleted_at=None)


def test_from_the_upload_over_the_dry_run_to_the_writing(county_bole: Actor, client: Client) -> None:
    sign_in(client, county_bole)
    assert "还没有导入过" in client.get(PAGE).content.decode()
    seen = upload(client, "titles", TITLE_HEAD, TITLE).content.decode()
    assert "试运行，还没有写入" in seen and "写入 1 行" in seen and "新登记企业" in seen
    with nation():
        assert not AwardEvent.objects.exists()
    file = str(waiting().pk)
    for said in ("“称号.xlsx”已写入 1 行", "“称号.xlsx”已导入过，没有新的变化"):
        page = client.post(PAGE, {"act": "write", "file": file}, follow=True).content.decode()
        assert said in page
    assert "已导入的文件" in page and page.count("称号.xlsx") >= 2
    with nation():
        assert AwardEvent.objects.count() == 1
    again = upload(client, "titles", TITLE_HEAD, TITLE).content.decode()
    assert "这份文件已导入过，没有新的变化" in again and "写入 0 行" not in again


def test_every_problem_stands_at_its_cell_and_the_file_is_let_go_of(
    county_bole: Actor, client: Client
) -> None:
    sign_in(client, county_bole)
    page = upload(client, "titles", TITLE_HEAD, [*TITLE[:2], "<b>巨人</b>", *TITLE[3:]]).content.decode()
    assert "没有写入任何数据" in page and "有 1 处错误" in page and 'value="write"' not in page
    assert "&lt;b&gt;巨人&lt;/b&gt;" in page and '<td data-l="列"><b>C</b></td>' in page
    with nation():
        assert StoredFile.objects.get(kind="awards.upload.titles").deleted_at is not None


def test_what_is_given_up_and_what_is_uploaded_anew_is_let_go_of(county_bole: Actor, client: Client) -> None:
    sign_in(client, county_bole)
    upload(client, "titles", TITLE_HEAD, TITLE)
    first = waiting()
    upload(client, "titles", TITLE_HEAD, TITLE)
    assert waiting().pk != first.pk
    page = client.post(PAGE, {"act": "drop", "file": str(waiting().pk)}, follow=True).content.decode()
    assert "已放弃“称号.xlsx”" in page
    with nation():
        assert not StoredFile.objects.filter(deleted_at=None, kind__startswith="awards.").exists()


def test_a_file_is_its_officers_alone_and_of_the_place_where_it_was_uploaded(
    county_bole: Actor, person: Callable[..., Actor], client: Client
) -> None:
    sign_in(client, county_bole)
    upload(client, "titles", TITLE_HEAD, TITLE)
    file = str(waiting().pk)
    for name, place in (("county.colleague", BOLE), ("county.neighbour", JINGHE)):
        sign_in(client, person(name, "county", place))
        assert client.post(PAGE, {"act": "write", "file": file}).status_code == 404
    for wrong in ("x", str(uuid.uuid4())):
        assert client.post(PAGE, {"act": "write", "file": wrong}).status_code == 404
        assert client.get(f"{PAGE}?job={wrong}").status_code == 404
    with nation():
        assert not AwardEvent.objects.exists()


def test_a_county_is_offered_no_budgets_and_finance_is(
    county_bole: Actor, person: Callable[..., Actor], client: Client
) -> None:
    sign_in(client, county_bole)
    assert "资金预算" not in client.get(PAGE).content.decode()
    refused = upload(client, "pools", POOL_HEAD, ["A-13", 2026, 500, "12号", None])
    assert refused.status_code == 422
    assert client.get(f"{PAGE}template/pools/").status_code == 403
    assert client.get(f"{PAGE}template/none/").status_code == 404
    sign_in(client, person("finance.65", "finance", XINJIANG))
    seen = upload(client, "pools", POOL_HEAD, ["A-13", 2026, 500, "12号", None]).content.decode()
    assert "新设资金池" in seen and "500.00 <small>万元</small>" in seen
    client.post(PAGE, {"act": "write", "file": str(waiting().pk)})
    with nation():
        assert Pool.objects.get().free == 500_000_000
    answer = client.get(f"{PAGE}template/pools/")
    book = load_workbook(io.BytesIO(b"".join(answer)))
    assert [c.value for c in book.worksheets[0][1]] == POOL_HEAD


def test_a_long_file_is_looked_at_and_written_by_jobs(
    county_bole: Actor, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(book_actions.KINDS["titles"], at_once=10)
    monkeypatch.setitem(book_actions.KINDS, "titles", short)
    sign_in(client, county_bole)
    rows = [[code(n), *TITLE[1:]] for n in range(3)]
    assert upload(client, "titles", TITLE_HEAD, *rows).status_code == 302
    file = str(waiting().pk)
    for write, said in ((False, "写入 3 行"), (True, "已写入 3 行。")):
        if write:
            assert client.post(PAGE, {"act": "write", "file": file}).status_code == 302
        with nation():
            job = Job.objects.order_by("-created_at").first()
            assert job is not None and job.params == {"file": file, "write": write}
        assert client.get(f"{PAGE}?job={job.pk}").status_code == 302
        take_award_book(str(job.pk))
        with nation():
            job.refresh_from_db()
        assert json.dumps(job.result) and job.result["url"] == f"{PAGE}?job={job.pk}", job.error
        assert said in client.get(job.result["url"]).content.decode()
    with nation():
        assert AwardEvent.objects.count() == 3


@pytest.mark.parametrize(("state", "said"), [("infected", "文件带病毒"), ("unavailable", "病毒扫描没有应答")])
def test_what_the_scanner_does_not_pass_is_not_kept(
    state: Any, said: str, county_bole: Actor, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "scan", lambda file: scanner.Verdict(state, "Eicar"))
    sign_in(client, county_bole)
    answer = upload(client, "titles", TITLE_HEAD, TITLE)
    assert answer.status_code == 422 and said in answer.content.decode()
    with nation():
        assert not StoredFile.objects.filter(kind__startswith="awards.").exists()


def test_a_broken_or_too_large_upload_is_told_in_words(
    county_bole: Actor, client: Client, settings: Any
) -> None:
    sign_in(client, county_bole)
    assert "文件不完整或已损坏" in upload(client, "titles", data=b"PK\x03\x04").content.decode()
    settings.UPLOAD_MAX_BYTES = 3
    assert "请拆成几份再传" in upload(client, "titles", data=b"PK\x03\x04").content.decode()
    assert client.post(PAGE, {"kind": "titles"}).status_code == 422
