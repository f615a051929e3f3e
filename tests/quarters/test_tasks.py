from __future__ import annotations

from datetime import date

import pytest

from cultivation.models import Evaluation, Tier
from portal import tasks
from portal.models import QuarterlySnapshot, Report
from portal.quarters import QuarterNotEnded
from portal.reports.actions import ask_for_report
from portal.reports.closed import Quarter
from tenancy.access import Denied
from tenancy.context import acting, nation
from tenancy.models import Job
from tests.conftest import BOLE
from tests.cultivation.world import enterprise

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_worker(django_db_blocker):
    """Tasks run with the worker's login, which may act on the whole country."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE tidu_worker")


def test_the_report_of_a_county_is_made_by_a_job(county_bole):
    enterprise(1, BOLE)
    with acting(county_bole):
        job = ask_for_report(by=county_bole, region=BOLE, quarter=Quarter(2026, 2))
    tasks.make_report(str(job.id))
    with acting(county_bole):
        job = Job.objects.get(id=job.id)
        assert (job.state, job.error) == ("done", "")
        assert job.result["url"] == "/reports/2026Q2/?region=652701"
        report = Report.objects.get()
        with report.file.open() as file:
            assert file.read(5) == b"%PDF-"
        assert report.sha256 == report.file.sha256


def test_the_same_report_again_is_the_report_that_there_is(county_bole):
    for _again in range(2):
        with acting(county_bole):
            job = ask_for_report(by=county_bole, region=BOLE, quarter=Quarter(2026, 2))
        tasks.make_report(str(job.id))
    with acting(county_bole):
        assert Report.objects.count() == 1


def test_a_running_quarter_makes_no_job(county_bole):
    with pytest.raises(QuarterNotEnded), acting(county_bole):
        ask_for_report(by=county_bole, region=BOLE, quarter=Quarter(2199, 1))


def test_who_may_only_look_may_not_ask_for_a_report(person):
    auditor = person("auditor.652701", "auditor", BOLE)
    with pytest.raises(Denied), acting(auditor):
        ask_for_report(by=auditor, region=BOLE, quarter=Quarter(2026, 2))


def test_changed_figures_are_judged_by_themselves(county_bole):
    enterprise(1, BOLE)
    tasks.judge_changed()
    tasks.judge_changed()
    with acting(county_bole):
        judged = list(Evaluation.objects.values_list("tier", "judged_on"))
    assert sorted(tier for tier, _on in judged) == sorted(Tier.values)
    assert all(on > date(2026, 1, 1) for _tier, on in judged)


def test_the_timetable_closes_once_however_often_it_runs(monkeypatch):
    monkeypatch.setattr(tasks.quarters, "due", lambda now: [(BOLE, Quarter(2026, 2))])
    tasks.close_due_quarters()
    tasks.close_due_quarters()
    with nation():
        assert QuarterlySnapshot.objects.filter(quarter="2026Q2").count() == 1
