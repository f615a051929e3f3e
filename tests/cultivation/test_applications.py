"""Applications: who may take which step where, and what stays written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from cultivation.actions import decide, declare_conflict, end_conflict, file, open_batch, save
from cultivation.models import Application, ApplicationBatch, Conflict, Evaluation, ReviewStep
from cultivation.rules.workflow import Refused
from enterprises.models import Enterprise
from tenancy.access import Actor, Denied, system_actor
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, JINGHE, XINJIANG

from .world import enterprise

pytestmark = pytest.mark.django_db


def opened(by: Actor, tier: str = "innovative", **more: Any) -> ApplicationBatch:
    today = timezone.localdate()
    with acting(by):
        return open_batch(
            by=by,
            region=by.region_path,
            tier=tier,
            title=more.pop("title", f"2026年第一批 {tier}"),
            opens_on=more.pop("opens_on", today - dt.timedelta(3)),
            closes_on=more.pop("closes_on", today + dt.timedelta(30)),
            **more,
        )


def filed(by: Actor, batch: ApplicationBatch, of: Enterprise) -> Application:
    with acting(by):
        return file(by=by, batch=batch, enterprise=of)


def take(by: Actor, application: Application, decision: str, seen: int | None = None, **more: Any) -> Any:
    """One decision; gives the application's new state, or the code of the refusal."""
    with acting(by):
        now = Application.objects.filter(pk=application.pk).first()
        step = seen if seen is not None else now.step if now else 0
        result = decide(by=by, seen={application.pk: step}, decision=decision, **more)
        if result.done:
            return Application.objects.get(pk=application.pk).state
        return result.refused[application.pk]


@pytest.fixture
def second(person: Callable[..., Actor]) -> Actor:
    return person("second.652701", "county", BOLE)


@pytest.fixture
def batch(region_xinjiang: Actor) -> ApplicationBatch:
    return opened(region_xinjiang)


@pytest.fixture
def sent(county_bole: Actor, batch: ApplicationBatch) -> Application:
    application = filed(county_bole, batch, enterprise(1, BOLE))
    assert take(county_bole, application, "submit") == "county"
    return application


def test_an_application_goes_from_the_county_to_the_region(
    sent: Application, second: Actor, prefecture_bortala: Actor, region_xinjiang: Actor
) -> None:
    assert take(second, sent, "recommend", opinion="现场看过") == "prefecture"
    assert take(prefecture_bortala, sent, "recommend") == "region"
    assert take(region_xinjiang, sent, "approve") == "approved"
    with acting(region_xinjiang):
        steps = list(ReviewStep.objects.filter(application=sent).order_by("number"))
        assert [(s.number, s.decision, s.before, s.after) for s in steps] == [
            (1, "submit", "draft", "county"),
            (2, "recommend", "county", "prefecture"),
            (3, "recommend", "prefecture", "region"),
            (4, "approve", "region", "approved"),
        ]
        assert steps[1].opinion == "现场看过"


def test_sending_it_judges_the_enterprise_and_keeps_the_judgement(
    sent: Application, county_bole: Actor
) -> None:
    with acting(county_bole):
        step = ReviewStep.objects.get(application=sent)
        beside = Evaluation.objects.get(pk=step.evaluation_id)
    assert (beside.enterprise_id, beside.tier, beside.outcome) == (sent.enterprise_id, "innovative", "pass")


def test_d_04_a_step_is_not_skipped_repeated_or_taken_by_another_role(
    sent: Application, second: Actor, county_bole: Actor, prefecture_bortala: Actor, region_xinjiang: Actor
) -> None:
    assert take(prefecture_bortala, sent, "recommend") == "not_here"
    assert take(region_xinjiang, sent, "reject", reason="跳过") == "not_here"
    with pytest.raises(Denied):
        take(county_bole, sent, "approve")
    assert take(second, sent, "recommend") == "prefecture"
    assert take(second, sent, "recommend") == "not_here"
    assert take(county_bole, sent, "submit") == "not_here"


def test_d_04_who_filed_it_does_not_recommend_it(sent: Application, county_bole: Actor) -> None:
    assert take(county_bole, sent, "recommend") == "own_step"


def test_nobody_decides_at_two_levels_also_with_two_postings(
    sent: Application, second: Actor, person: Callable[..., Actor]
) -> None:
    assert take(second, sent, "recommend") == "prefecture"
    promoted = Actor(second.officer_id, second.username, "", "prefecture", "65/6527/")
    assert take(promoted, sent, "recommend") == "own_step"
    assert take(promoted, sent, "return", reason="自己退回", to="county") == "own_step"


def test_a_declared_conflict_stops_the_officer_until_it_has_ended(
    sent: Application, second: Actor, prefecture_bortala: Actor
) -> None:
    with acting(second):
        of = Enterprise.objects.get(pk=sent.enterprise_id)
        conflict = declare_conflict(by=second, enterprise=of, reason="配偶在该企业任职")
        assert declare_conflict(by=second, enterprise=of, reason="再说一次").pk == conflict.pk
    assert take(second, sent, "recommend") == "conflict"
    with acting(prefecture_bortala), pytest.raises(Denied):
        end_conflict(by=prefecture_bortala, conflict=conflict)
    with acting(second):
        end_conflict(by=second, conflict=conflict)
        assert Conflict.objects.get().ended_at is not None
    assert take(second, sent, "recommend") == "prefecture"


def test_a_returned_application_keeps_every_opinion_and_comes_back_to_who_returned_it(
    sent: Application, county_bole: Actor, second: Actor, prefecture_bortala: Actor, region_xinjiang: Actor
) -> None:
    take(second, sent, "recommend", opinion="县级意见")
    take(prefecture_bortala, sent, "recommend", opinion="州级意见")
    assert take(region_xinjiang, sent, "return", to="draft", reason="缺审计报告", opinion="疑点") == "draft"
    assert take(county_bole, sent, "submit") == "region"
    with acting(region_xinjiang):
        steps = ReviewStep.objects.filter(application=sent).order_by("number")
        assert [s.opinion for s in steps] == ["", "县级意见", "州级意见", "疑点", ""]


def test_a_return_a_rejection_and_a_withdrawal_need_their_reason(sent: Application, second: Actor) -> None:
    for decision in ("return", "reject", "withdraw"):
        with pytest.raises(Refused) as refused:
            take(second, sent, decision, to="draft", reason="  ")
        assert refused.value.code == "reason_missing"


def test_an_overtaken_decision_is_told_who_decided(
    sent: Application, second: Actor, person: Callable[..., Actor]
) -> None:
    third = person("third.652701", "county", BOLE)
    assert take(second, sent, "recommend", seen=1) == "prefecture"
    with acting(third):
        result = decide(by=third, seen={sent.pk: 1}, decision="recommend")
    assert result.refused == {sent.pk: "overtaken"}
    assert result.meanwhile == {sent.pk: (second.officer_id, "recommend")}


def test_a_neighbour_finds_no_application_and_files_none(
    sent: Application, county_jinghe: Actor, batch: ApplicationBatch
) -> None:
    assert take(county_jinghe, sent, "recommend") == "not_found"
    neighbour = enterprise(2, BOLE)
    with acting(county_jinghe), pytest.raises(Denied):
        file(by=county_jinghe, batch=batch, enterprise=neighbour)
    with acting(county_jinghe):
        assert Application.objects.count() == 0 and ReviewStep.objects.count() == 0


def test_many_are_decided_at_once_and_each_has_its_answer(
    batch: ApplicationBatch, county_bole: Actor, second: Actor, django_assert_num_queries: Any
) -> None:
    ours = [filed(county_bole, batch, enterprise(n, BOLE)) for n in range(1, 13)]
    for application in ours[:10]:
        take(county_bole, application, "submit")
    take(second, ours[0], "reject", reason="不符合")
    with acting(second):
        result = decide(by=second, seen={a.pk: 1 for a in ours[:11]} | {ours[11].pk: 0}, decision="recommend")
    assert sorted(result.done) == [a.pk for a in ours[1:10]]
    assert result.refused == {ours[0].pk: "overtaken", ours[10].pk: "overtaken", ours[11].pk: "not_here"}


@pytest.mark.parametrize("count", [3, 30])
def test_the_number_of_statements_does_not_grow_with_the_applications(
    count: int, batch: ApplicationBatch, county_bole: Actor, second: Actor, django_assert_max_num_queries: Any
) -> None:
    ours = [filed(county_bole, batch, enterprise(n, BOLE)) for n in range(1, count + 1)]
    with acting(county_bole):
        decide(by=county_bole, seen={a.pk: 0 for a in ours}, decision="submit")
    with acting(second), django_assert_max_num_queries(12):
        assert len(decide(by=second, seen={a.pk: 1 for a in ours}, decision="recommend").done) == count


def test_filing_twice_gives_the_same_application(county_bole: Actor, batch: ApplicationBatch) -> None:
    of = enterprise(1, BOLE)
    assert filed(county_bole, batch, of).pk == filed(county_bole, batch, of).pk


@pytest.mark.parametrize(
    ("opens", "closes", "code"), [(1, 5, "not_open_yet"), (-9, -1, "closed"), (0, 0, "")]
)
def test_the_window_is_open_from_its_first_day_to_the_end_of_its_last(
    opens: int, closes: int, code: str, region_xinjiang: Actor, county_bole: Actor
) -> None:
    today = timezone.localdate()
    round_ = opened(
        region_xinjiang, opens_on=today + dt.timedelta(opens), closes_on=today + dt.timedelta(closes)
    )
    if code:
        with pytest.raises(Refused) as refused:
            filed(county_bole, round_, enterprise(1, BOLE))
        assert refused.value.code == code
    else:
        assert filed(county_bole, round_, enterprise(1, BOLE)).state == "draft"


def test_what_was_returned_may_be_sent_again_after_the_window_has_closed(
    sent: Application, second: Actor, county_bole: Actor, batch: ApplicationBatch
) -> None:
    take(second, sent, "return", to="draft", reason="缺材料")
    with nation():
        ApplicationBatch.objects.filter(pk=batch.pk).update(
            opens_on=timezone.localdate() - dt.timedelta(9), closes_on=timezone.localdate() - dt.timedelta(1)
        )
    assert take(county_bole, sent, "submit") == "county"


def test_the_enterprise_itself_applies_reads_its_reasons_and_never_an_opinion(
    batch: ApplicationBatch, second: Actor, person: Callable[..., Actor]
) -> None:
    own, other = enterprise(1, BOLE), enterprise(2, BOLE)
    boss = person("boss", "enterprise", BOLE, own.pk)
    with acting(boss):
        application = file(by=boss, batch=batch, enterprise=own)
        save(by=boss, application=application, platform_number="ZJTX-1", statement="主导产品全国第三")
        with pytest.raises(Denied):
            file(by=boss, batch=batch, enterprise=other)
    assert take(boss, application, "submit") == "county"
    assert (
        take(second, application, "return", to="draft", reason="请补审计报告", opinion="疑似虚报") == "draft"
    )
    with acting(boss):
        told = list(
            ReviewStep.objects.filter(application=application).order_by("number").values("decision", "reason")
        )
        assert told[-1] == {"decision": "return", "reason": "请补审计报告"}
    with acting(boss), pytest.raises(DatabaseError), transaction.atomic():
        list(ReviewStep.objects.values_list("opinion"))
    assert take(boss, application, "submit") == "county"
    with pytest.raises(Denied):
        take(boss, application, "recommend")


def test_a_job_without_a_person_decides_nothing(sent: Application) -> None:
    job = Actor(None, "system", "", "county", BOLE)
    with acting(job), pytest.raises(Denied):
        decide(by=job, seen={sent.pk: 1}, decision="recommend")
    assert not system_actor(BOLE).can("applications.recommend")


def test_no_step_can_be_changed_and_no_application_stands_where_no_step_led(
    sent: Application, county_bole: Actor
) -> None:
    with acting(county_bole):
        for change in (
            lambda: ReviewStep.objects.update(opinion="改"),
            lambda: ReviewStep.objects.all().delete(),
            lambda: Application.objects.update(state="approved"),
            lambda: Application.objects.update(step=0),
            lambda: Application.objects.update(waiting=["region"]),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


def test_an_application_moves_with_its_enterprise_and_all_its_steps(
    sent: Application, second: Actor, county_jinghe: Actor
) -> None:
    with nation():
        Enterprise.objects.filter(pk=sent.enterprise_id).update(region_id=JINGHE)
    assert take(second, sent, "recommend") == "not_found"
    with acting(county_jinghe):
        assert ReviewStep.objects.filter(application=sent).count() == 1
    assert take(county_jinghe, sent, "recommend") == "prefecture"


def test_each_act_has_its_audit_row(sent: Application, second: Actor) -> None:
    take(second, sent, "recommend", opinion="不写进审计")
    with acting(second):
        rows = list(AuditEntry.objects.filter(action__startswith="applications.").order_by("id"))
    assert [r.action for r in rows] == ["applications.file", "applications.submit", "applications.recommend"]
    assert "不写进审计" not in str([r.detail for r in rows])


def test_a_round_is_the_regions_to_open_and_has_one_title(region_xinjiang: Actor, county_bole: Actor) -> None:
    with pytest.raises(Denied):
        opened(county_bole)
    opened(region_xinjiang, title="2026年第一批")
    with pytest.raises(Refused) as refused:
        opened(region_xinjiang, title=" 2026年第一批 ")
    assert refused.value.code == "title_known"
    with acting(county_bole):
        assert ApplicationBatch.objects.get().region_id == XINJIANG


def test_no_application_belongs_to_a_round_of_another_region(
    sent: Application, person: Callable[..., Actor], county_bole: Actor
) -> None:
    elsewhere = opened(person("region.41", "region", "41/"), title="外省的批次")
    with pytest.raises(Refused) as refused:
        filed(county_bole, elsewhere, enterprise(5, BOLE))
    assert refused.value.code == "batch"
    with nation(), pytest.raises(DatabaseError), transaction.atomic():
        Application.objects.filter(pk=sent.pk).update(batch=elsewhere)
