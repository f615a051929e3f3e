"""A job is done once, survives a lost message and a dead worker, and stops after three tries (G-01, G-03, G-08)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenancy import jobs
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Job, Posting
from tests.conftest import BOLE
from tests.tenancy.test_sign_in import sign_in

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
            Job.objects.filter(id=job.id).update(started_at=timezone.now() - timedelta(minutes=4))
        assert jobs.claim(str(job.id)) is None
        assert jobs.given_up() == 1
        job.refresh_from_db()
        assert job.state == Job.State.FAILED


def test_a_job_that_gives_signs_of_life_is_left_to_its_worker(county_bole: Actor) -> None:
    with acting(county_bole):
        job = _start(county_bole)
        jobs.claim(str(job.id))
        Job.objects.filter(id=job.id).update(started_at=timezone.now() - timedelta(minutes=30))
        jobs.progress(job.id, "write", 5, 10)
        assert jobs.claim(str(job.id)) is None
        assert jobs.waiting() == []
        assert jobs.told(job.id) == ("write", 5, 10)


def test_work_is_done_as_the_one_who_started_it_and_its_result_is_kept(county_bole: Actor) -> None:
    with acting(county_bole):
        job = _start(county_bole)
    seen: list[Actor] = []

    def work(found: Job, actor: Actor, progress: jobs.Progress) -> dict[str, str]:
        seen.append(actor)
        return {"url": "/done/"}

    jobs.run(str(job.id), work)
    assert (seen[0].username, seen[0].region_path) == (county_bole.username, BOLE)
    with acting(county_bole):
        job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.DONE, {"url": "/done/"})


def test_who_asks_for_a_job_that_has_ended_is_led_to_its_result(client: Client, county_bole: Actor) -> None:
    sign_in(client, county_bole)
    with acting(county_bole):
        job = _start(county_bole)
    page = reverse("job", args=[job.id])
    assert client.get(page).status_code == client.get(page, HTTP_HX_REQUEST="true").status_code == 200
    jobs.run(str(job.id), lambda found, actor, progress: {"url": "/registry/"})
    assert client.get(page)["Location"] == "/registry/"
    assert client.get(page, HTTP_HX_REQUEST="true")["HX-Redirect"] == "/registry/"


def test_work_that_fails_writes_nothing_and_says_so(county_bole: Actor) -> None:
    with acting(county_bole):
        job = _start(county_bole)

    def work(found: Job, actor: Actor, progress: jobs.Progress) -> dict[str, str]:
        jobs.start(by=actor, kind="half", region=BOLE, params={})
        raise RuntimeError("in the middle")

    jobs.run(str(job.id), work)
    with acting(county_bole):
        job.refresh_from_db()
        assert job.state == Job.State.FAILED
        assert "in the middle" not in job.error
        assert Job.objects.filter(kind="half").count() == 0


def test_a_job_of_somebody_whose_posting_has_ended_is_not_done_a20(county_bole: Actor) -> None:
    with acting(county_bole):
        job = _start(county_bole)
    with nation():
        Posting.objects.filter(pk=county_bole.posting_id).update(until_at=timezone.now())
    done: list[bool] = []
    jobs.run(str(job.id), lambda found, actor, progress: done.append(True) or {})
    assert done == []
    with nation():
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
