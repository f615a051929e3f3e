"""Redis is gone: pages answer, a job waits in its row, sign-in works (G-06, K-04)."""

from __future__ import annotations

import time

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tenancy import jobs
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Job, Officer
from tests.conftest import BOLE
from tests.enterprises import books
from tests.tenancy.test_sign_in import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def no_redis(settings: object) -> None:
    """Neither cache nor broker answers."""
    from portal.celery import app

    caches = {**settings.CACHES["default"], "LOCATION": NOWHERE}  # type: ignore[attr-defined]
    settings.CACHES = {"default": caches}  # type: ignore[attr-defined]
    before, app.conf.broker_url = app.conf.broker_url, NOWHERE
    app.conf.broker_write_url = NOWHERE
    app.amqp._producer_pool = None
    app._pool = None
    yield
    app.conf.broker_url = app.conf.broker_write_url = before
    app.amqp._producer_pool = None
    app._pool = None


def test_signing_in_works_without_the_cache_k04(client: Client, county_bole: Actor, no_redis: None) -> None:
    officer = Officer.objects.get(pk=county_bole.officer_id)
    officer.set_password(PASSWORD)
    officer.save()
    client.raise_request_exception = False
    assert client.get("/accounts/login/").status_code == 200
    wrong = client.post("/accounts/login/", {"login": officer.username, "password": "wrong-wrong-wrong"})
    assert wrong.status_code == 200
    right = client.post("/accounts/login/", {"login": officer.username, "password": PASSWORD})
    assert right.status_code == 302


def test_an_upload_is_kept_and_its_job_waits_when_the_broker_is_down_g06(
    client: Client, county_bole: Actor, no_redis: None, django_capture_on_commit_callbacks: object
) -> None:
    sign_in(client, county_bole)
    client.raise_request_exception = False
    began = time.monotonic()
    with django_capture_on_commit_callbacks(execute=False) as callbacks:  # type: ignore[operator]
        answer = client.post(
            reverse("enterprises:imports"), {"file": books.xlsx(("表", books.plain(2))), "year": "2025"}
        )
    assert answer.status_code == 302
    assert len(callbacks) == 1
    with pytest.raises(Exception, match="refused"):
        callbacks[0]()
    assert time.monotonic() - began < 5
    with nation():
        job = Job.objects.get()
    assert (job.kind, job.state) == ("import.read", "queued")
    assert client.get(answer["Location"]).status_code == 200


def test_a_running_job_goes_on_when_the_cache_is_gone_k04(
    client: Client, county_bole: Actor, no_redis: None
) -> None:
    with acting(county_bole):
        job = jobs.start(by=county_bole, kind="test", region=BOLE, params={})

    def work(found: Job, actor: Actor, progress: jobs.Progress) -> dict[str, str]:
        progress("read", 1, 2)
        return {"url": "/"}

    jobs.run(str(job.id), work)
    with nation():
        job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert cache.get("x") is None
