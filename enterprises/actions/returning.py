"""Files that go back to the officer: the annotated workbook and the failed rows alone."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator

from enterprises import returned
from enterprises.actions import personal
from enterprises.models import ImportBatch, ImportProblem
from enterprises.rules.problems import Problem
from tenancy import audit, files
from tenancy.access import Actor, require
from tenancy.models import StoredFile

RETURNED = "returned"
#: how long a file that a worker made waits for its download
KEPT_FOR = dt.timedelta(days=1)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Progress = Callable[[str, int, int], None]


class UploadGone(FileNotFoundError):
    """The upload was deleted: given up, infected, or it held personal numbers and its time was over."""


def give_back(*, by: Actor, batch: ImportBatch, only_failed: bool) -> bytes:
    """The workbook to hand out. Raises UploadGone, and WorkbookRefused for what no reader understands.

    An upload with personal numbers gives way to its masked copy at once. Reads the upload twice.
    """
    require(by, "enterprises.import", batch.region_id)
    if batch.file is None or not batch.file.is_there:
        raise UploadGone(batch.name)
    with batch.file.open() as file:
        data = file.read()
    problems = list(_problems(batch))
    more = max(0, (batch.counts or {}).get("problems", 0) - len(problems))
    make = returned.failed_rows if only_failed else returned.annotated
    made = make(data, batch.name, problems, layout=batch.layout or [], mapping=batch.mapping, left_out=more)
    if batch.personal_until is not None:
        personal.after_fetch(by=by, batch=batch)
    audit.record(
        by=by,
        action="enterprises.import.return",
        region=batch.region_id,
        subject=batch,
        detail={
            "only_failed": only_failed,
            "problems": len(problems),
            "bytes": len(made),
            "sha256": hashlib.sha256(made).hexdigest(),
        },
    )
    return made


def keep_back(*, by: Actor, batch: ImportBatch, only_failed: bool, name: str) -> StoredFile:
    """The same, stored for a download a moment later."""
    made = give_back(by=by, batch=batch, only_failed=only_failed)
    return files.store(
        by=by, region=batch.region_id, kind=RETURNED, name=name, media_type=XLSX, chunks=[made]
    )


def _problems(batch: ImportBatch) -> Iterator[Problem]:
    for found in ImportProblem.objects.filter(batch=batch).order_by("id").iterator(2000):
        yield found.as_problem()


def forget_old(*, by: Actor, region: str, now: dt.datetime) -> int:
    """Deletes what a worker made for a download of exactly this region more than a day ago; how many."""
    require(by, "enterprises.import", region)
    return files.forget_older(RETURNED, region, now - KEPT_FOR)
