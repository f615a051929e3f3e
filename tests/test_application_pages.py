"""The pages of applications, as each role: from the round to the region's decision, with a return."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cultivation.actions import decide, declare_conflict, file
from cultivation.models import Application, ApplicationBatch, ReviewStep
from enterprises.models import Enterprise
from portal.models import ExportRecord
from portal.pages import many_applications
from portal.tasks import decide_applications
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Job
from tests.conftest import BOLE, JINGHE
from tests.cultivation.world import enterprise
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(person: Callable[..., Actor]) -> Actor:
    return person("second.652701", "county", BOLE)


@pytest.fixture
def batch(client: Client, region_xinjiang: Actor) -> ApplicationBatch:
    sign_in(client, region_xinjiang)
    today = timezone.localdate()
    answer = client.post(
        reverse("rounds"),
        {
            "title": "2026年第一批",
            "tier": "innovative",
            "opens_on": today,
            "closes_on": today + dt.timedelta(20),
        },
    )
    assert answer.status_code == 302
    with nation():
        return ApplicationBatch.objects.get()


@pytest.fixture
def filed(client: Client, batch: ApplicationBatch, county_bole: Actor) -> Application:
    of = enterprise(1, BOLE)
    sign_in(client, county_bole)
    answer = client.post(reverse("file_application", args=[of.public_id]), {"batch": batch.public_id})
    with nation():
        made = Application.objects.get()
    assert answer["Location"] == reverse("application", args=[made.public_id])
    return made


def press(client: Client, application: Application, decision: str, **more: str) -> str:
    """What the form of the application's page sends, and what the next page says."""
    with nation():
        step = Application.objects.get(pk=application.pk).step
    answer = client.post(
        reverse("decide_applications"),
        {"pick": f"{application.public_id}:{step}", "decision": decision, **more},
        follow=True,
    )
    return answer.content.decode()


def state(application: Application) -> str:
    with nation():
        return Application.objects.get(pk=application.pk).state


def test_from_the_round_to_the_regions_decision_with_one_return(
    client: Client,
    filed: Application,
    second: Actor,
    prefecture_bortala: Actor,
    region_xinjiang: Actor,
    county_bole: Actor,
) -> None:
    client.post(
        reverse("save_application", args=[filed.public_id]),
        {"platform_number": "ZJ-7", "statement": "说明", "send": "1", "seen": "0"},
    )
    assert state(filed) == "county"
    sign_in(client, second)
    assert "待我办理" in client.get(reverse("applications")).content.decode()
    press(client, filed, "recommend", opinion="县级意见甲")
    sign_in(client, prefecture_bortala)
    told = press(client, filed, "return", reason="缺少审计报告", to="draft")
    assert "已办 1 份" in told and state(filed) == "draft"
    sign_in(client, county_bole)
    page = client.get(reverse("application", args=[filed.public_id])).content.decode()
    assert "缺少审计报告" in page and "补正后直接回到：地（州、市）" in page
    press(client, filed, "submit")
    assert state(filed) == "prefecture"
    sign_in(client, prefecture_bortala)
    page = client.get(reverse("application", args=[filed.public_id])).content.decode()
    assert "县级意见甲" in page
    press(client, filed, "recommend")
    sign_in(client, region_xinjiang)
    press(client, filed, "approve")
    assert state(filed) == "approved"
    assert "省级审核通过" in client.get(reverse("application", args=[filed.public_id])).content.decode()


def test_the_enterprise_applies_itself_and_sees_reasons_without_opinions_or_names(
    client: Client, batch: ApplicationBatch, second: Actor, person: Callable[..., Actor]
) -> None:
    of = enterprise(7, BOLE)
    boss = person("boss", "enterprise", BOLE, of.pk)
    sign_in(client, boss)
    assert "2026年第一批" in client.get(reverse("file_application", args=[of.public_id])).content.decode()
    client.post(reverse("file_application", args=[of.public_id]), {"batch": batch.public_id})
    with nation():
        made = Application.objects.get()
    client.post(reverse("save_application", args=[made.public_id]), {"send": "1", "seen": "0"})
    assert state(made) == "county"
    sign_in(client, second)
    press(client, made, "return", reason="请补专利证书", opinion="疑似虚报", to="draft")
    sign_in(client, boss)
    page = client.get(reverse("application", args=[made.public_id])).content.decode()
    assert "请补专利证书" in page
    assert "疑似虚报" not in page and "second.652701" not in page
    assert "请补专利证书" not in client.get(reverse("applications")).content.decode()


def test_who_may_not_decide_sees_why_and_finds_no_button(
    client: Client, filed: Application, county_bole: Actor
) -> None:
    client.post(reverse("save_application", args=[filed.public_id]), {"send": "1", "seen": "0"})
    page = client.get(reverse("application", args=[filed.public_id])).content.decode()
    assert "须由他人办理" in page and 'value="recommend"' not in page


def test_an_overtaken_decision_is_told_in_words(client: Client, filed: Application, second: Actor) -> None:
    client.post(reverse("save_application", args=[filed.public_id]), {"send": "1", "seen": "0"})
    sign_in(client, second)
    answer = client.post(
        reverse("decide_applications"), {"pick": f"{filed.public_id}:0", "decision": "recommend"}, follow=True
    )
    assert "刚才已有人办过" in answer.content.decode() and state(filed) == "county"


def test_a_missing_reason_is_asked_for(client: Client, filed: Application, second: Actor) -> None:
    client.post(reverse("save_application", args=[filed.public_id]), {"send": "1", "seen": "0"})
    sign_in(client, second)
    assert "请写明理由" in press(client, filed, "reject")
    assert state(filed) == "county"


def test_a_conflict_is_declared_and_ended_on_the_page(
    client: Client, filed: Application, second: Actor
) -> None:
    client.post(reverse("save_application", args=[filed.public_id]), {"send": "1", "seen": "0"})
    sign_in(client, second)
    address = reverse("conflict", args=[filed.public_id])
    assert "请写明是什么关系" in client.post(address, follow=True).content.decode()
    client.post(address, {"reason": "配偶任职"})
    assert "利害关系" in press(client, filed, "recommend")
    client.post(address, {"end": "1"})
    press(client, filed, "recommend")
    assert state(filed) == "prefecture"


@pytest.mark.parametrize("forged", ["", "publishes", "approve;"])
def test_a_decision_that_does_not_exist_is_refused(client: Client, filed: Application, forged: str) -> None:
    answer = client.post(reverse("decide_applications"), {"pick": f"{filed.public_id}:0", "decision": forged})
    assert answer.status_code == 403


@pytest.mark.parametrize("pick", ["", "x", "x:1", ":", "none:none"])
def test_a_forged_pick_finds_nothing(client: Client, filed: Application, pick: str) -> None:
    answer = client.post(reverse("decide_applications"), {"pick": pick, "decision": "submit"})
    assert answer.status_code == 404


def test_a_neighbour_and_who_only_reads_change_nothing(
    client: Client, filed: Application, county_jinghe: Actor, person: Callable[..., Actor]
) -> None:
    addresses = [reverse(n, args=[filed.public_id]) for n in ("save_application", "conflict")]
    form = {"pick": f"{filed.public_id}:0", "decision": "submit", "reason": "理由"}
    sign_in(client, county_jinghe)
    assert [client.post(a, form).status_code for a in addresses] == [404, 404]
    assert client.post(reverse("decide_applications"), form).status_code == 404
    for role in ("auditor", "finance", "commissioner"):
        sign_in(client, person(f"{role}.bole", role, BOLE))
        assert [client.post(a, form).status_code for a in addresses] == [403, 403]
        assert client.post(reverse("decide_applications"), form).status_code == 403
    assert state(filed) == "draft"


def test_a_round_with_wrong_dates_or_a_known_name_is_told_at_the_form(
    client: Client, batch: ApplicationBatch, region_xinjiang: Actor
) -> None:
    sign_in(client, region_xinjiang)
    today = timezone.localdate()
    known = {"title": batch.title, "tier": "innovative", "opens_on": today, "closes_on": today}
    answer = client.post(reverse("rounds"), known)
    assert answer.status_code == 400 and "已有同名的批次" in answer.content.decode()
    answer = client.post(reverse("rounds"), known | {"title": "另一批", "closes_on": today - dt.timedelta(1)})
    assert "截止日期不能早于开始日期" in answer.content.decode()


def test_many_are_decided_from_the_list_and_each_refusal_names_its_enterprise(
    client: Client, batch: ApplicationBatch, county_bole: Actor, second: Actor
) -> None:
    made = _filed(county_bole, batch, range(1, 4))
    with acting(second):
        decide(by=second, seen={made[0].pk: 1}, decision="reject", reason="不符合")
    sign_in(client, second)
    answer = client.post(
        reverse("decide_applications"),
        {"pick": [f"{a.public_id}:1" for a in made], "decision": "recommend", "many": "1"},
        follow=True,
    )
    page = answer.content.decode()
    assert "已办 2 份" in page and "第1企业有限公司：刚才已有人办过" in page


def _filed(by: Actor, batch: ApplicationBatch, numbers: range) -> list[Application]:
    made = []
    for n in numbers:
        of = enterprise(n, BOLE)
        with acting(by):
            made.append(file(by=by, batch=batch, enterprise=of))
    with acting(by):
        decide(by=by, seen={a.pk: 0 for a in made}, decision="submit")
    return made


def test_the_pages_ask_as_many_questions_for_forty_applications_as_for_two(
    client: Client, batch: ApplicationBatch, county_bole: Actor, second: Actor
) -> None:
    made = _filed(county_bole, batch, range(1, 3))
    sign_in(client, second)
    pages = [reverse("applications"), reverse("rounds"), reverse("application", args=[made[0].public_id])]

    def asked() -> list[int]:
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            found.append(len(queries))
        return found

    asked()
    few = asked()
    _filed(county_bole, batch, range(3, 43))
    assert asked() == few and max(few) <= 22


def test_facts_that_changed_since_the_last_decision_stand_beside_it(
    client: Client, filed: Application, second: Actor
) -> None:
    from decimal import Decimal

    from cultivation.actions import evaluate
    from enterprises.models import AnnualFigures

    client.post(reverse("save_application", args=[filed.public_id]), {"send": "1", "seen": "0"})
    with nation():
        AnnualFigures.objects.filter(enterprise_id=filed.enterprise_id, year=2025).update(
            rd_expense=Decimal(10_000)
        )
    with acting(second):
        evaluate(by=second, region=BOLE, tier="innovative", year=2025, on=timezone.localdate())
    sign_in(client, second)
    page = client.get(reverse("application", args=[filed.public_id])).content.decode()
    assert "上次办理以来变了什么" in page and "研发费用" in page


def test_an_application_is_gone_for_the_county_that_its_enterprise_has_left(
    client: Client, filed: Application, county_bole: Actor, county_jinghe: Actor
) -> None:
    with nation():
        Enterprise.objects.filter(pk=filed.enterprise_id).update(region_id=JINGHE)
    address = reverse("application", args=[filed.public_id])
    sign_in(client, county_bole)
    assert client.get(address).status_code == 404
    sign_in(client, county_jinghe)
    assert client.get(address).status_code == 200
    with nation():
        assert ReviewStep.objects.count() == 0


def test_a_whole_list_is_counted_first_and_decided_with_an_answer_for_each(
    client: Client, batch: ApplicationBatch, county_bole: Actor, second: Actor
) -> None:
    made = _filed(county_bole, batch, range(1, 6))
    with acting(second):
        of = Enterprise.objects.get(pk=made[0].enterprise_id)
        declare_conflict(by=second, enterprise=of, reason="亲属")
    sign_in(client, second)
    address = reverse("many_applications")
    assert "办理这 5 份" in client.get(address).content.decode()
    stale = client.post(address, {"total": "4", "decision": "recommend"})
    assert stale.status_code == 422 and "现在是 5 份" in stale.content.decode()
    assert client.post(address, {"total": "5", "decision": "approve"}).status_code == 422
    assert client.post(address, {"total": "5", "decision": "reject"}).status_code == 422
    page = client.post(address, {"total": "5", "decision": "recommend", "opinion": "同意"}, follow=True)
    assert "已办 4 份" in page.content.decode() and "利害关系" in page.content.decode()


def test_very_many_are_decided_in_the_background_and_the_refused_are_named(
    client: Client,
    batch: ApplicationBatch,
    county_bole: Actor,
    second: Actor,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    made = _filed(county_bole, batch, range(1, 6))
    monkeypatch.setattr(many_applications, "AT_ONCE", 3)
    sign_in(client, second)
    address = reverse("many_applications")
    answer = client.post(address, {"total": "5", "decision": "return", "to": "draft", "reason": "补材料"})
    with nation():
        job = Job.objects.get(kind="applications.decide")
    assert answer["Location"] == reverse("job", args=[job.pk])
    with acting(second):
        decide(by=second, seen={made[0].pk: 1}, decision="recommend")
    decide_applications(str(job.pk))
    with nation():
        job.refresh_from_db()
        assert job.result["done"] == 4
    page = client.get(job.result["url"]).content.decode()
    assert "退回补正：已办 4 份" in page and "1 份没有办" in page and "第1企业有限公司" in page


def test_only_levels_that_decide_have_the_page_for_many(client: Client, person: Callable[..., Actor]) -> None:
    for role in ("auditor", "finance"):
        sign_in(client, person(f"{role}.bole", role, BOLE))
        assert client.get(reverse("many_applications")).status_code == 403
    own = enterprise(3, BOLE)
    sign_in(client, person("boss", "enterprise", BOLE, own.pk))
    assert client.get(reverse("many_applications")).status_code == 403


def test_the_list_becomes_a_workbook_with_each_levels_opinion(
    client: Client, batch: ApplicationBatch, county_bole: Actor, second: Actor
) -> None:
    made = _filed(county_bole, batch, range(1, 4))
    with acting(second):
        decide(by=second, seen={made[0].pk: 1}, decision="recommend", opinion="县级同意")
    sign_in(client, second)
    answer = client.post(
        reverse("make_export"), {"list": "applications", "format": "csv", "query": "view=all"}, follow=True
    )
    with nation():
        record = ExportRecord.objects.get(listed="applications")
    assert record.rows == 3
    file = client.get(reverse("export_file", args=[record.public_id]))
    text = (
        b"".join(file.streaming_content).decode("utf-8-sig")
        if file.streaming
        else file.content.decode("utf-8-sig")
    )
    assert "县级同意" in text and "第1企业有限公司" in text and answer.status_code == 200
