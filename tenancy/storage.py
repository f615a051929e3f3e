"""Where files lie: on the disk under FILES_ROOT, or in the S3-compatible bucket that the deployment names."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage


class Draft(File):
    """A finished temporary file; the disk takes it over by renaming it, a bucket reads it."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        super().__init__(file, name=path.name)
        self._path = path

    def temporary_file_path(self) -> str:
        return str(self._path)


def key_of(identifier: uuid.UUID) -> str:
    """The generated name of a file: 256 folders, so that none grows beyond what tools like."""
    return f"{identifier.hex[:2]}/{identifier.hex}"


def drafts() -> Path | None:
    """Where a file is put together: beside the others on the disk, so that it is renamed and not copied."""
    return None if settings.FILES_BUCKET else Path(settings.FILES_ROOT)


def put(key: str, draft: Path) -> None:
    """Raises OSError when the disk is full or the bucket does not answer."""
    with draft.open("rb") as file, _as_os_error():
        kept = _store().save(key, Draft(draft, file))
    assert kept == key, kept


def exists(key: str) -> bool:
    with _as_os_error():
        return _store().exists(key)


def fetch(key: str) -> BinaryIO:
    """The content, from its beginning and seekable. Raises OSError, FileNotFoundError for what is not there."""
    with _as_os_error():
        found = _store().open(key)
        if settings.FILES_BUCKET:
            found.seek(0)  # the library fetches at the first touch, so a failure shows here
        return cast("BinaryIO", found)


def drop(key: str) -> None:
    """Deletes the content; one that is gone already is no error."""
    with _as_os_error():
        _store().delete(key)


def _store() -> Storage:
    if not settings.FILES_BUCKET:
        return FileSystemStorage(location=settings.FILES_ROOT)
    return _bucket(
        settings.FILES_BUCKET,
        settings.FILES_S3_URL,
        settings.FILES_S3_REGION,
        settings.FILES_S3_KEY,
        settings.FILES_S3_SECRET,
    )


@lru_cache(maxsize=2)
def _bucket(name: str, url: str, region: str, key: str, secret: str) -> Storage:
    # boto3 takes half a second to load, and most deployments have a disk.
    from botocore.config import Config
    from storages.backends.s3 import S3Storage

    return S3Storage(
        bucket_name=name,
        endpoint_url=url or None,
        region_name=region or None,
        access_key=key or None,
        secret_key=secret or None,
        default_acl=None,
        file_overwrite=True,
        querystring_auth=True,
        client_config=Config(
            connect_timeout=3,
            read_timeout=30,
            retries={"max_attempts": 3},
            s3={"addressing_style": "path" if url else "auto"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


@contextmanager
def _as_os_error() -> Iterator[None]:
    """What a bucket answers wrongly is told like a disk that does."""
    if not settings.FILES_BUCKET:
        yield
        return
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as wrong:
        raise OSError(str(wrong)[:200]) from wrong
