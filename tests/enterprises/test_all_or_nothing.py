"""The work on a workbook ends where it takes too much memory or time; killed anywhere, it leaves all or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection

from enterprises import tasks
from enterprises.actions import imports
from enterprises.models import AnnualFigures, Enterprise, ImportBatch
from tenancy import jobs, limits
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Job
from tests.enterprises.books import code
from tests.enterprises.test_questions import upload

ROWS = [[code(n), f"第{n}有限公司", 5, 6, 7, None, None] for n in range(30)]


def test_memory_beyond_the_limit_is_refused_and_afterwards_there_is_more() -> None:
    with limits.memory(64), pytest.raises(MemoryError):
        bytearray(300 << 20)
    assert len(bytearray(300 << 20)) == 300 << 20


@pytest.mark.django_db
@pytest.mark.parametrize("error", [MemoryError, SoftTimeLimitExceeded])
def test_too_much_ends_the_job_with_a_sentence_and_writes_nothing(
    county_bole: Actor, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    batch = upload(county_bole, ROWS)
    with acting(county_bole):
        job = jobs.start(
            by=county_bole, kind="import.write", region=batch.region_id,
            params={"batch": batch.pk, "all_or_nothing": False},
        )  # fmt: skip

    def too_much(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("enterprises.importing.workbooks.read", too_much)
    tasks.write_import(str(job.id))
    with nation():
        found = Job.objects.get(id=job.id)
        assert found.state == "failed" and "没有写入任何数据：文件太大" in found.error
        assert not Enterprise.objects.exists() and ImportBatch.objects.get().state == "checked"


class Killed(BaseException):
    """As when the process ends: nothing catches it."""


@pytest.mark.django_db
def test_a_write_that_dies_at_any_statement_leaves_nothing_and_can_be_started_again(
    county_bole: Actor,
) -> None:
    """E-20, the crash sweep: the n-th statement fails, for every n."""
    batch = upload(county_bole, ROWS)
    seen = 0

    def wrapper(fatal: int) -> Any:
        def execute(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == fatal:
                raise Killed
            return execute(sql, params, many, context)

        return execute

    def write(fatal: int) -> ImportBatch:
        nonlocal seen
        seen = 0
        with acting(county_bole), connection.execute_wrapper(wrapper(fatal)):
            return imports.write_batch(by=county_bole, batch=batch)

    fatal = 1
    while True:
        try:
            done = write(fatal)
            break
        except Killed:
            fatal += 1
        with nation():
            assert not Enterprise.objects.exists() and not AnnualFigures.objects.exists()
            assert ImportBatch.objects.get().state == "checked"
    assert fatal > 30 and done.state == "done" and done.counts["created"] == 30
    with nation():
        assert (Enterprise.objects.count(), AnnualFigures.objects.count()) == (30, 60)


@pytest.mark.django_db
def test_a_job_that_is_run_twice_writes_once(county_bole: Actor) -> None:
    batch = upload(county_bole, ROWS)
    with acting(county_bole):
        job = jobs.start(
            by=county_bole, kind="import.write", region=batch.region_id,
            params={"batch": batch.pk, "all_or_nothing": False},
        )  # fmt: skip
    tasks.write_import(str(job.id))
    with nation():
        Job.objects.filter(id=job.id).update(state="queued")
        versions = list(Enterprise.objects.order_by("pk").values_list("pk", "version"))
    tasks.write_import(str(job.id))
    with nation():
        assert list(Enterprise.objects.order_by("pk").values_list("pk", "version")) == versions
        assert Job.objects.get(id=job.id).state == "done"
