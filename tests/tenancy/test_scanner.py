"""Uploads are scanned before they are read; what was not scanned waits (E-21)."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from enterprises.models import ImportBatch, ImportProblem
from enterprises.tasks import read_import
from tenancy import jobs, scanner
from tenancy.access import Actor
from tenancy.context import nation
from tenancy.models import AuditEntry, Job
from tests.enterprises import books
from tests.tenancy.clamd import EICAR, clamd, nobody
from tests.tenancy.test_sign_in import sign_in


def test_without_a_scanner_everything_is_clean(settings: Any) -> None:
    settings.CLAMD_URL = ""
    assert scanner.scan(io.BytesIO(EICAR)).state == "clean"


def test_a_virus_is_named_and_a_harmless_file_passes(settings: Any) -> None:
    with clamd() as settings.CLAMD_URL:
        assert scanner.scan(io.BytesIO(b"a" * 300_000)) == scanner.Verdict("clean")
        assert scanner.scan(io.BytesIO(b"a" * 300_000 + EICAR)) == scanner.Verdict("infected", "Eicar-Test")


@pytest.mark.parametrize("how", ["slow", "silent", "garbage", "error"])
def test_any_other_answer_is_none(settings: Any, how: str) -> None:
    settings.CLAMD_SECONDS = 0.3
    with clamd(how) as settings.CLAMD_URL:
        assert scanner.scan(io.BytesIO(b"a")).state == "unavailable"


@pytest.mark.parametrize("url", ["unix:///nowhere/clamd.sock", "http://127.0.0.1:1", "tcp://", "rubbish"])
def test_an_address_that_leads_nowhere_is_no_scanner_that_answers(settings: Any, url: str) -> None:
    settings.CLAMD_URL = url
    assert scanner.scan(io.BytesIO(b"a")).state == "unavailable"


def _upload(client: Client, data: bytes, name: str) -> tuple[ImportBatch, Job]:
    answer = client.post(
        reverse("enterprises:imports"), {"file": SimpleUploadedFile(name, data), "year": "2025"}
    )
    assert answer.status_code == 302
    with nation():
        return ImportBatch.objects.latest("id"), Job.objects.latest("created_at")


@pytest.mark.django_db
def test_an_infected_upload_is_refused_deleted_and_audited_e21(
    client: Client, county_bole: Actor, settings: Any
) -> None:
    sign_in(client, county_bole)
    batch, job = _upload(client, EICAR, "企业.csv")
    with clamd() as settings.CLAMD_URL:
        read_import(str(job.id))
    with nation():
        batch.refresh_from_db()
        job.refresh_from_db()
        assert (job.state, batch.state) == (Job.State.DONE, "refused")
        assert not batch.file.is_there and batch.file.deleted_at is not None
        assert ImportProblem.objects.get(batch=batch).code == "file_infected"
        found = AuditEntry.objects.get(action="enterprises.import.infected")
        assert found.detail["virus"] == "Eicar-Test" and found.username == county_bole.username
    page = client.get(job.result["url"]).content.decode()
    assert "没有写入任何数据" in page and "文件带病毒（Eicar-Test），已删除" in page


@pytest.mark.django_db
def test_while_the_scanner_is_down_an_upload_waits_and_is_read_once_it_answers_e21(
    client: Client, county_bole: Actor, settings: Any
) -> None:
    sign_in(client, county_bole)
    batch, job = _upload(client, books.xlsx(("表", books.plain(1))).getvalue(), "企业.xlsx")
    settings.CLAMD_URL = nobody()
    # More often than a failing job is tried: waiting for the scanner does not count.
    for _try in range(jobs.MAX_TRIES + 2):
        read_import(str(job.id))
        with nation():
            batch.refresh_from_db()
            job.refresh_from_db()
            assert (batch.state, batch.counts, job.state) == ("uploaded", {}, Job.State.QUEUED)
            assert batch.file.is_there
    assert "病毒扫描没有应答" in client.get(reverse("job", args=[job.id])).content.decode()
    with nation():
        Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - dt.timedelta(seconds=30))
        assert (job.id, "import.read") in jobs.waiting()
    with clamd() as settings.CLAMD_URL:
        read_import(str(job.id))
    with nation():
        batch.refresh_from_db()
        job.refresh_from_db()
    assert (batch.state, job.state, job.error) == ("checked", Job.State.DONE, "")
