"""A job is done once, survives a lost message and a dead worker, and stops after three tries (G-01, G-03, G-08)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tenancy import jobs
from tenancy.access import Actor
from tenancy.context import acting
from tenancy.models import Job
from tests.conftest import BOLE

pytestmark = pytest.mark.django_db


def _start(actor: Actor) -> Job:
    return jobs.start(by=actor, kind="test", region=BOLE, params={})


def test_of_two_deliveries_one_works_g01(county_bole: Actor) -> None:
    with acting(county_bole):
        job = _start(county_bole)
        assert jobs.claim(str(job.id)) is not None
        assert jobs.claim(str(job.id)) is None


def test_a_job_whose_worker_died_is_claimed_again_and_stops_after_three_tries_g03(county_bole: Actor) -> None:
    with acting(county_bole):
        job = _start(county_bole)
        for _try in range(3):
            assert jobs.claim(str(job.id)) is not None
            Job.objects.filter(id=job.id).update(beat_at=timezone.now() - timedelta(minutes=4))
        assert jobs.claim(str(job.id)) is None
        assert jobs.given_up() == 1
        job.refresh_from_db()
        assert job.state == Job.State.FAILED


def test_a_job_that_the_broker_lost_is_sent_again_g08(county_bole: Actor) -> None:
    with acting(county_bole):
        job = _start(county_bole)
        assert jobs.waiting() == []
        Job.objects.filter(id=job.id).update(created_at=timezone.now() - timedelta(seconds=30))
        assert jobs.waiting() == [(job.id, "test")]
        jobs.finish(job.id, {})
        assert jobs.waiting() == []


def test_a_finished_job_is_not_done_again(county_bole: Actor) -> None:
    with acting(county_bole):
        job = _start(county_bole)
        jobs.claim(str(job.id))
        jobs.finish(job.id, {"url": "/"})
        assert jobs.claim(str(job.id)) is None


def test_the_timetable_runs_on_the_clock_of_shanghai() -> None:
    from portal.celery import app

    assert app.conf.timezone == "Asia/Shanghai"
    assert app.conf.accept_content == ["json"]
    assert str(app.now().tzinfo) == "Asia/Shanghai"
