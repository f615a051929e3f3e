"""Reports of major changes: within three months, by who files, decided once, and never rewritten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError
from django.test import Client
from django.utils import timezone

from cultivation.actions import decide_change, report_change
from cultivation.models import ChangeReport
from cultivation.rules.updates import report_by
from cultivation.rules.workflow import Refused
from enterprises.models import Enterprise
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tests.conftest import BOLE, JINGHE

from ..tenancy.test_sign_in import sign_in
from .test_updates import titled
from .world import enterprise

DAY = dt.date


@pytest.mark.parametrize(
    ("happened", "until"),
    [
        (DAY(2025, 1, 15), DAY(2025, 4, 15)),
        (DAY(2025, 11, 30), DAY(2026, 2, 28)),
        (DAY(2023, 11, 30), DAY(2024, 2, 29)),
        (DAY(2025, 9, 30), DAY(2025, 12, 30)),
        (DAY(2025, 10, 1), DAY(2026, 1, 1)),
        (DAY(2025, 12, 31), DAY(2026, 3, 31)),
    ],
)
def test_three_months_end_on_the_same_day_of_the_month_or_its_last(happened: dt.date, until: dt.date) -> None:
    assert report_by(happened) == until


@pytest.fixture
def own(db: None) -> Enterprise:
    made = enterprise(1, BOLE)
    titled(made, timezone.localdate() - dt.timedelta(400))
    return made


def told(by: Actor, made: Enterprise, **more: Any) -> ChangeReport:
    asked: dict[str, Any] = {
        "kind": "rename",
        "happened_on": timezone.localdate(),
        "text": "更名为某某公司",
    } | more
    with acting(by):
        return report_change(by=by, enterprise=made, **asked)


def test_it_is_reported_once_by_who_files_and_with_words(
    own: Enterprise, county_bole: Actor, county_jinghe: Actor, person: Callable[..., Actor]
) -> None:
    first = told(county_bole, own)
    assert told(person("boss", "enterprise", BOLE, own.pk), own, text="又报一次").pk == first.pk
    for wrong, code in (
        ({"text": "  "}, "change_words"),
        ({"kind": "mood"}, "change_words"),
        ({"happened_on": timezone.localdate() + dt.timedelta(1)}, "date_future"),
    ):
        with pytest.raises(Refused) as refused:
            told(county_bole, own, **wrong)
        assert refused.value.code == code
    for other in (
        county_jinghe,
        person("sibling", "enterprise", BOLE, enterprise(2, BOLE).pk),
        person("auditor", "auditor", BOLE),
    ):
        with pytest.raises(Denied):
            told(other, own)
    with pytest.raises(Refused) as refused:
        told(county_bole, enterprise(3, BOLE))
    assert refused.value.code == "change_no_title"


def test_the_authority_decides_once_and_nothing_is_rewritten(
    own: Enterprise, county_bole: Actor, region_xinjiang: Actor
) -> None:
    made = told(county_bole, own)
    with acting(county_bole), pytest.raises(Denied):
        decide_change(by=county_bole, report=made, outcome="keeps", reason="不影响")
    with acting(region_xinjiang):
        for outcome, reason in (("maybe", "x"), ("keeps", " ")):
            with pytest.raises(Refused):
                decide_change(by=region_xinjiang, report=made, outcome=outcome, reason=reason)
        decide_change(by=region_xinjiang, report=made, outcome="keeps", reason="主营不变")
        with pytest.raises(Refused) as refused:
            decide_change(by=region_xinjiang, report=made, outcome="lost", reason="再想想")
        assert refused.value.code == "change_decided"
        for change in (
            "UPDATE cultivation_changereport SET text = 'x'",
            "UPDATE cultivation_changereport SET reason = 'x'",
            "DELETE FROM cultivation_changereport",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)
    with nation():
        Enterprise.objects.filter(pk=own.pk).update(region_id=JINGHE)
        assert ChangeReport.objects.get().region_id == JINGHE


def test_from_the_report_to_the_decision_on_the_pages(
    own: Enterprise,
    county_bole: Actor,
    county_jinghe: Actor,
    region_xinjiang: Actor,
    person: Callable[..., Actor],
    client: Client,
) -> None:
    boss = person("boss", "enterprise", BOLE, own.pk)
    sign_in(client, boss)
    assert "报告变化" in client.get(f"/enterprises/{own.public_id}/").content.decode()
    long_ago = (timezone.localdate() - dt.timedelta(200)).isoformat()
    said = {"kind": "merger", "happened_on": long_ago, "text": "与某公司合并"}
    assert client.post(f"/enterprises/{own.public_id}/change/", said | {"text": ""}).status_code == 200
    page = client.post(f"/enterprises/{own.public_id}/change/", said, follow=True).content.decode()
    assert "与某公司合并" in page and "超过三个月" in page and "待核定" in page
    with nation():
        made = ChangeReport.objects.get()
    sign_in(client, region_xinjiang)
    address = f"/titles/changes/{made.public_id}/decide/"
    assert "请选择结论" in client.post(address, follow=True).content.decode()
    client.post(address, {"outcome": "check", "reason": "请补合并协议"})
    sign_in(client, boss)
    own_page = client.get("/titles/changes/?view=done").content.decode()
    assert "请补合并协议" in own_page and region_xinjiang.display_name not in own_page
    with acting(boss), pytest.raises(ProgrammingError), transaction.atomic():
        list(ChangeReport.objects.values_list("decided_by_id"))
    sign_in(client, county_jinghe)
    assert client.post(address).status_code == 404
    assert "与某公司合并" not in client.get("/titles/changes/?view=done").content.decode()
    sign_in(client, county_bole)
    assert client.post(address).status_code == 403
