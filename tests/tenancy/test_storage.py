"""Files lie on the disk or in a bucket; everything above sees no difference."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from enterprises.actions.imports import check_upload, write_batch
from enterprises.models import Enterprise
from tenancy import files, storage
from tenancy.access import Actor
from tenancy.context import acting
from tenancy.models import StoredFile
from tests.conftest import BOLE
from tests.enterprises import books
from tests.tenancy import bucket
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(settings: Any) -> Iterator[bucket.Store]:
    with bucket.running() as server:
        settings.FILES_BUCKET, settings.FILES_S3_URL = bucket.BUCKET, server.url
        settings.FILES_S3_REGION, settings.FILES_S3_KEY = "cn-test-1", "key"
        settings.FILES_S3_SECRET = "secret"
        yield server


def keep(by: Actor, *chunks: bytes) -> StoredFile:
    with acting(by):
        return files.store(by=by, region=BOLE, kind="x", name="a.bin", media_type="x/y", chunks=chunks)


@pytest.mark.parametrize("where", ["disk", "bucket"])
def test_what_is_kept_is_read_again_from_its_beginning_and_forgotten(
    where: str, county_bole: Actor, request: pytest.FixtureRequest
) -> None:
    if where == "bucket":
        request.getfixturevalue("store")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "甲" * 5000)
    data = packed.getvalue()
    kept = keep(county_bole, data[:100], data[100:])
    assert (kept.size, kept.is_there) == (len(data), True)
    with kept.open() as file:
        assert file.read(4) == data[:4]
        file.seek(0)
        assert zipfile.ZipFile(file).read("a.txt").decode() == "甲" * 5000
    with acting(county_bole):
        files.forget(kept)
        files.forget(kept)
    assert not kept.is_there
    with pytest.raises(FileNotFoundError):
        storage.fetch(kept.key)


def test_a_workbook_in_a_bucket_is_read_written_and_given_back(
    client: Client, county_bole: Actor, store: bucket.Store, settings: Any
) -> None:
    data = books.xlsx(("表", books.plain(3))).getvalue()
    with acting(county_bole):
        batch = check_upload(by=county_bole, region=BOLE, year=2025, name="企业.xlsx", chunks=[data])
    assert list(store.objects.values()) == [data]
    assert all("Signature=" in each for each in store.signed)
    assert not Path(settings.FILES_ROOT).exists()
    with acting(county_bole):
        write_batch(by=county_bole, batch=batch)
        assert Enterprise.objects.count() == 3
    sign_in(client, county_bole)
    answer = client.get(f"/data/imports/{batch.public_id}/returned.xlsx")
    assert answer.status_code in (200, 302), answer.status_code


def test_a_bucket_that_does_not_answer_is_told_like_a_full_disk(
    county_bole: Actor, store: bucket.Store, settings: Any
) -> None:
    kept = keep(county_bole, b"abc")
    store.broken = True
    with pytest.raises(OSError):
        keep(county_bole, b"def")
    with pytest.raises(OSError):
        kept.open()
    with acting(county_bole):
        assert StoredFile.objects.count() == 1
    store.broken = False
    assert kept.open().read() == b"abc"


def test_a_draft_leaves_nothing_behind_when_the_upload_breaks_off(county_bole: Actor, settings: Any) -> None:
    def broken() -> Iterator[bytes]:
        yield b"abc"
        raise ConnectionError("gone")

    with acting(county_bole), pytest.raises(ConnectionError):
        files.store(by=county_bole, region=BOLE, kind="x", name="a", media_type="x", chunks=broken())
    assert [each for each in Path(settings.FILES_ROOT).rglob("*") if each.is_file()] == []
