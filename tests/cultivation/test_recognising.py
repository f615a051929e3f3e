"""From the region's approval to the title: notice, objections, announcement, and what takes a title away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from cultivation.actions import (
    answer,
    decide,
    declare_conflict,
    object_to,
    publish,
    recognise,
    recognise_nationally,
    withdraw,
)
from cultivation.models import (
    Announcement,
    Application,
    ApplicationBatch,
    NoticeEntry,
    Objection,
    PublicNotice,
    Recognition,
    ReviewStep,
    Withdrawal,
)
from cultivation.rules.workflow import Refused
from enterprises.models import Enterprise
from tenancy.access import Actor, Denied, system_actor
from tenancy.context import acting, anybody, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, JINGHE

from .test_applications import filed, opened, take
from .world import enterprise

pytestmark = pytest.mark.django_db

NOBODY = system_actor("65/", origin="203.0.113.7")
CONTACT = "自治区工信厅中小企业处 0991-1234567"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[dt.date], None]:
    return lambda day: monkeypatch.setattr(timezone, "localdate", lambda *_: day)


@pytest.fixture
def approved(
    person: Callable[..., Actor],
    county_bole: Actor,
    county_jinghe: Actor,
    prefecture_bortala: Actor,
    region_xinjiang: Actor,
) -> Callable[..., tuple[ApplicationBatch, list[Application]]]:
    """A round with applications that the region has approved: two of 博乐, one of 精河."""
    seconds = {place: person(f"second{place[-7:-1]}", "county", place) for place in (BOLE, JINGHE)}

    def make(tier: str = "innovative", own: list[Enterprise] | None = None, **more: Any) -> Any:
        batch = opened(region_xinjiang, tier=tier, **more)
        made = []
        for of in own or [enterprise(1, BOLE), enterprise(2, BOLE), enterprise(3, JINGHE)]:
            first = county_bole if of.region_id == BOLE else county_jinghe
            application = filed(first, batch, of)
            for by, decision in (
                (first, "submit"), (seconds[of.region_id], "recommend"), (prefecture_bortala, "recommend"),
                (region_xinjiang, "approve"),
            ):  # fmt: skip
                take(by, application, decision)
            made.append(application)
        return batch, made

    return make


def published(by: Actor, batch: ApplicationBatch, applications: list[Application], **more: Any) -> Any:
    with acting(by):
        steps = dict(
            Application.objects.filter(pk__in=[a.pk for a in applications]).values_list("pk", "step")
        )
        return publish(
            by=by,
            batch=batch,
            title="2026年第一批公示",
            contact=CONTACT,
            seen=more.pop("seen", steps),
            **more,
        )


def ended(notice: PublicNotice, clock: Callable[[dt.date], None]) -> dt.date:
    day = notice.closes_on + dt.timedelta(1)
    clock(day)
    return day


def state(application: Application) -> str:
    with nation():
        return Application.objects.get(pk=application.pk).state


def test_a_notice_shows_its_list_to_anybody_for_five_working_days(
    approved: Any, region_xinjiang: Actor, clock: Any
) -> None:
    batch, applications = approved()
    clock(dt.date(2026, 9, 28))
    notice, result = published(region_xinjiang, batch, applications)
    assert (notice.opens_on, notice.closes_on, notice.sure) == (
        dt.date(2026, 9, 28),
        dt.date(2026, 10, 10),
        True,
    )
    assert len(result.done) == 3 and [state(a) for a in applications] == ["notice"] * 3
    with anybody():
        read = PublicNotice.objects.only("title", "closes_on").get()
        assert read.title == "2026年第一批公示"
        names = NoticeEntry.objects.values_list("name", "place").order_by("id")
        assert list(names)[0] == ("第1企业有限公司", "博乐市") and len(names) == 3


def test_a_stranger_reads_nothing_else_of_it(approved: Any, region_xinjiang: Actor) -> None:
    batch, applications = approved()
    published(region_xinjiang, batch, applications)
    for forbidden in (
        "SELECT application_id FROM cultivation_noticeentry",
        "SELECT published_by_id FROM cultivation_publicnotice",
        "SELECT * FROM cultivation_objection",
        "SELECT * FROM cultivation_application",
        "SELECT application_id FROM cultivation_recognition",
        "SELECT reason FROM cultivation_withdrawal",
        "SELECT * FROM enterprises_enterprise",
        "INSERT INTO cultivation_objection (receipt) VALUES ('x')",
    ):
        with anybody(), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(forbidden)


def test_publishing_leaves_out_what_stands_elsewhere_and_is_the_regions_alone(
    approved: Any, region_xinjiang: Actor, prefecture_bortala: Actor
) -> None:
    batch, applications = approved()
    with acting(region_xinjiang):
        declare_conflict(by=region_xinjiang, enterprise=applications[1].enterprise, reason="亲属")
    steps = {a.pk: 4 for a in applications} | {applications[2].pk: 3}
    with pytest.raises(Denied), acting(prefecture_bortala):
        publish(by=prefecture_bortala, batch=batch, title="x", contact="x", seen=steps)
    notice, result = published(region_xinjiang, batch, applications, seen=steps)
    assert result.refused == {applications[1].pk: "conflict", applications[2].pk: "overtaken"}
    assert notice is not None and [state(a) for a in applications] == ["notice", "approved", "approved"]
    again, result = published(region_xinjiang, batch, applications[:1])
    assert again is None and result.refused == {applications[0].pk: "not_here"}
    with nation():
        assert NoticeEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [({"workdays": 0}, "notice_length"), ({"workdays": 61}, "notice_length")],
)
def test_a_notice_has_a_sensible_length(
    approved: Any, region_xinjiang: Actor, more: dict[str, int], code: str
) -> None:
    batch, applications = approved()
    with pytest.raises(Refused, match=code):
        published(region_xinjiang, batch, applications, **more)


def test_neither_publishing_nor_recognising_is_a_decision_about_one(
    approved: Any, region_xinjiang: Actor
) -> None:
    _, applications = approved()
    for decision in ("publish", "recognise"):
        with acting(region_xinjiang), pytest.raises(Refused, match="with_a_list"):
            decide(by=region_xinjiang, seen={applications[0].pk: 4}, decision=decision)  # type: ignore[arg-type]


def test_a_list_is_recognised_after_its_days_and_the_titles_last_three_years(
    approved: Any, region_xinjiang: Actor, clock: Any
) -> None:
    batch, applications = approved()
    notice, _ = published(region_xinjiang, batch, applications)
    clock(notice.closes_on)
    with acting(region_xinjiang), pytest.raises(Refused, match="notice_runs"):
        recognise(
            by=region_xinjiang, notice=notice, number="新工信〔2026〕1号", announced_on=notice.closes_on
        )
    today = ended(notice, clock)
    with acting(region_xinjiang):
        for number, on, code in (
            (" ", today, "number_missing"),
            ("1号", notice.closes_on, "announced_too_early"),
            ("1号", today + dt.timedelta(1), "date_future"),
        ):
            with pytest.raises(Refused, match=code):
                recognise(by=region_xinjiang, notice=notice, number=number, announced_on=on)
        made = recognise(by=region_xinjiang, notice=notice, number="新工信〔2026〕1号", announced_on=today)
        with pytest.raises(Refused, match="announced"):
            recognise(by=region_xinjiang, notice=notice, number="新工信〔2026〕1号", announced_on=today)
    assert [state(a) for a in applications] == ["recognised"] * 3
    with nation():
        titles = list(Recognition.objects.filter(announcement=made).order_by("application_id"))
        assert [t.application_id for t in titles] == [a.pk for a in applications]
        assert {(t.valid_from, t.valid_until) for t in titles} == {
            (today, today.replace(year=today.year + 3))
        }
        assert len({t.code for t in titles}) == 3
        held = Enterprise.objects.get(pk=titles[0].enterprise_id)
        assert (held.innovative_valid_until, held.source_file) == (titles[0].valid_until, "新工信〔2026〕1号")
        assert AuditEntry.objects.filter(action="recognitions.announce").count() == 1


def test_an_objection_holds_the_list_up_until_it_is_answered(
    approved: Any, region_xinjiang: Actor, county_bole: Actor, clock: Any
) -> None:
    batch, applications = approved()
    notice, _ = published(region_xinjiang, batch, applications)
    with nation():
        entry = NoticeEntry.objects.get(application=applications[1])
    said = object_to(
        by=NOBODY, notice=notice, entry_id=entry.pk, name="张三", contact="13800000000", text="数据不实"
    )
    assert len(said.receipt) == 12
    with acting(county_bole):
        assert not Objection.objects.exists(), "the county reads who objected"
    today = ended(notice, clock)
    with pytest.raises(Refused, match="notice_over"):
        object_to(by=NOBODY, notice=notice, entry_id=entry.pk, name="李四", contact="1", text="晚了")
    with acting(region_xinjiang):
        with pytest.raises(Refused, match="objections_open"):
            recognise(by=region_xinjiang, notice=notice, number="1号", announced_on=today)
        with pytest.raises(Refused, match="answer_missing"):
            answer(by=region_xinjiang, objection=said, upheld=True, text=" ")
        answer(by=region_xinjiang, objection=said, upheld=True, text="经核实，研发费用不实")
        with pytest.raises(Refused, match="answered"):
            answer(by=region_xinjiang, objection=said, upheld=False, text="改口")
        recognise(by=region_xinjiang, notice=notice, number="1号", announced_on=today)
    assert [state(a) for a in applications] == ["recognised", "rejected", "recognised"]
    with nation():
        last = ReviewStep.objects.filter(application=applications[1]).latest("number")
        assert (last.decision, last.reason) == ("reject", "经核实，研发费用不实")
        assert Recognition.objects.count() == 2


def test_an_objection_that_is_dismissed_leaves_the_list_whole(
    approved: Any, region_xinjiang: Actor, clock: Any
) -> None:
    batch, applications = approved()
    notice, _ = published(region_xinjiang, batch, applications)
    with nation():
        entry = NoticeEntry.objects.get(application=applications[0])
    said = object_to(by=NOBODY, notice=notice, entry_id=entry.pk, name="张三", contact="1", text="不服")
    today = ended(notice, clock)
    with acting(region_xinjiang):
        answer(by=region_xinjiang, objection=said, upheld=False, text="经核实，数据属实")
        recognise(by=region_xinjiang, notice=notice, number="1号", announced_on=today)
    assert [state(a) for a in applications] == ["recognised"] * 3


def test_what_was_brought_forward_is_neither_changed_nor_removed(
    approved: Any, region_xinjiang: Actor
) -> None:
    batch, applications = approved()
    notice, _ = published(region_xinjiang, batch, applications)
    with nation():
        entry = NoticeEntry.objects.first()
    said = object_to(by=NOBODY, notice=notice, entry_id=entry.pk, name="张三", contact="1", text="不服")  # type: ignore[union-attr]
    for statement in (
        "UPDATE cultivation_objection SET text = '' WHERE id = %s",
        "UPDATE cultivation_objection SET receipt = 'x' WHERE id = %s",
        "DELETE FROM cultivation_objection WHERE id = %s",
    ):
        with acting(region_xinjiang), pytest.raises(DatabaseError), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement, [said.pk])


def test_an_objection_names_a_line_of_its_own_notice_a_name_a_contact_and_a_text(
    approved: Any, region_xinjiang: Actor
) -> None:
    batch, applications = approved()
    notice, _ = published(region_xinjiang, batch, applications[:2])
    other, _ = published(region_xinjiang, batch, applications[2:])
    with nation():
        foreign = NoticeEntry.objects.get(notice=other)
        own = NoticeEntry.objects.filter(notice=notice).first()
    with pytest.raises(Refused, match="not_found"):
        object_to(by=NOBODY, notice=notice, entry_id=foreign.pk, name="张三", contact="1", text="不服")
    for missing in ("name", "contact", "text"):
        words = {"name": "张三", "contact": "1", "text": "不服"} | {missing: "  "}
        with pytest.raises(Refused, match="objection_words"):
            object_to(by=NOBODY, notice=notice, entry_id=own.pk, **words)  # type: ignore[union-attr]


def test_an_officer_with_a_conflict_neither_answers_nor_recognises(
    approved: Any, region_xinjiang: Actor, clock: Any
) -> None:
    batch, applications = approved()
    notice, _ = published(region_xinjiang, batch, applications)
    with nation():
        entry = NoticeEntry.objects.get(application=applications[0])
    said = object_to(by=NOBODY, notice=notice, entry_id=entry.pk, name="张三", contact="1", text="不服")
    today = ended(notice, clock)
    with acting(region_xinjiang):
        declare_conflict(by=region_xinjiang, enterprise=applications[0].enterprise, reason="亲属")
        with pytest.raises(Refused, match="conflict"):
            answer(by=region_xinjiang, objection=said, upheld=False, text="属实")
    with nation():
        Objection.objects.filter(pk=said.pk).update(
            answer="他人答复",
            upheld=False,
            answered_at=timezone.now(),
            answered_by_id=region_xinjiang.officer_id,
        )
    with acting(region_xinjiang), pytest.raises(Refused, match="conflict"):
        recognise(by=region_xinjiang, notice=notice, number="1号", announced_on=today)
    assert [state(a) for a in applications] == ["notice"] * 3, "all or none"


def test_the_ministrys_decision_is_entered_for_those_it_recognised(
    approved: Any, region_xinjiang: Actor
) -> None:
    batch, applications = approved("little_giant")
    assert [state(a) for a in applications] == ["nation"] * 3
    today = timezone.localdate()
    with acting(region_xinjiang):
        with pytest.raises(Refused, match="overtaken"):
            recognise_nationally(
                by=region_xinjiang,
                batch=batch,
                seen={applications[0].pk: 4, 999_999: 4},
                number="1",
                announced_on=today,
            )
        made = recognise_nationally(
            by=region_xinjiang,
            batch=batch,
            seen={a.pk: 4 for a in applications[:2]},
            number="工信部企业函〔2026〕9号",
            announced_on=today,
        )
    assert made.notice_id is None
    assert [state(a) for a in applications] == ["recognised", "recognised", "nation"]
    assert take(region_xinjiang, applications[2], "reject", reason="未列入工信部名单") == "rejected"


def test_who_holds_a_title_applies_for_its_review_and_for_nothing_twice(
    approved: Any, region_xinjiang: Actor, county_bole: Actor, clock: Any
) -> None:
    own = enterprise(1, BOLE)
    batch, applications = approved(own=[own])
    review = opened(region_xinjiang, title="复核", review=True, closes_on=dt.date(2040, 1, 1))
    later = opened(region_xinjiang, title="第二批", closes_on=dt.date(2040, 1, 1))

    def tried(into: ApplicationBatch) -> str:
        with nation():
            now = Enterprise.objects.get(pk=own.pk)
        try:
            filed(county_bole, into, now)
        except Refused as refused:
            return refused.code
        return "filed"

    assert tried(review) == "no_title"
    notice, _ = published(region_xinjiang, batch, applications)
    today = ended(notice, clock)
    with acting(region_xinjiang):
        recognise(by=region_xinjiang, notice=notice, number="1号", announced_on=today)
    assert tried(later) == "title_held"
    last = today.replace(year=today.year + 3)
    clock(last)
    assert tried(later) == "title_held", "valid to the end of its last day"
    clock(last + dt.timedelta(1))
    assert tried(review) == "no_title"
    clock(last)
    assert tried(review) == "filed"


def test_a_review_that_is_passed_is_a_further_title_and_carries_the_fact_on(
    approved: Any, region_xinjiang: Actor, clock: Any
) -> None:
    own = enterprise(1, BOLE)
    batch, applications = approved(own=[own])
    notice, _ = published(region_xinjiang, batch, applications)
    first = ended(notice, clock)
    with acting(region_xinjiang):
        recognise(by=region_xinjiang, notice=notice, number="1号", announced_on=first)
    later = first.replace(year=first.year + 3) - dt.timedelta(40)
    clock(later)
    with nation():
        own = Enterprise.objects.get(pk=own.pk)
    batch, applications = approved(own=[own], title="复核", review=True, opens_on=later, closes_on=later)
    notice, _ = published(region_xinjiang, batch, applications)
    second = ended(notice, clock)
    with acting(region_xinjiang):
        recognise(by=region_xinjiang, notice=notice, number="2号", announced_on=second)
    with nation():
        spans = list(Recognition.objects.order_by("valid_from").values_list("valid_from", "review"))
        assert spans == [(first, False), (second, True)]
        assert Enterprise.objects.get(pk=own.pk).innovative_valid_until == second.replace(
            year=second.year + 3
        )


@pytest.mark.parametrize(("kind", "bars"), [("false_data", True), ("accident", True), ("own_wish", False)])
def test_a_withdrawn_title_ends_the_day_before_and_false_data_bar_for_three_years(
    approved: Any, region_xinjiang: Actor, county_bole: Actor, clock: Any, kind: str, bars: bool
) -> None:
    own = enterprise(1, BOLE)
    batch, applications = approved(own=[own])
    notice, _ = published(region_xinjiang, batch, applications)
    today = ended(notice, clock)
    with acting(region_xinjiang):
        recognise(by=region_xinjiang, notice=notice, number="1号", announced_on=today)
        title = Recognition.objects.get()
    said = {"reason": "审计发现", "evidence": "审计报告3号"}
    with acting(county_bole), pytest.raises(Denied):
        withdraw(by=county_bole, recognition=title, kind=kind, decided_on=today, **said)
    day = today + dt.timedelta(30)
    clock(day)
    with acting(region_xinjiang):
        for more, code in (
            ({"kind": "nothing"}, "withdrawal_words"), ({"reason": " "}, "withdrawal_words"),
            ({"evidence": ""}, "withdrawal_words"), ({"decided_on": day + dt.timedelta(1)}, "withdrawal_date"),
            ({"decided_on": today - dt.timedelta(1)}, "withdrawal_date"),
        ):  # fmt: skip
            with pytest.raises(Refused, match=code):
                withdraw(
                    by=region_xinjiang, recognition=title, **({"kind": kind, "decided_on": day} | said | more)
                )
        made = withdraw(by=region_xinjiang, recognition=title, kind=kind, decided_on=day, **said)
        with pytest.raises(Refused, match="withdrawn"):
            withdraw(by=region_xinjiang, recognition=title, kind=kind, decided_on=day, **said)
    assert made.barred_until == (day.replace(year=day.year + 3) if bars else None)
    with nation():
        now = Enterprise.objects.get(pk=own.pk)
        assert now.innovative_valid_until == day - dt.timedelta(1)
    again = opened(region_xinjiang, title="第二批", opens_on=day, closes_on=dt.date(2040, 1, 1))
    if not bars:
        filed(county_bole, again, now)
        return
    for on, code in ((day, "barred"), (made.barred_until, "barred")):
        clock(on)
        with pytest.raises(Refused, match=code):
            filed(county_bole, again, now)
    clock(made.barred_until + dt.timedelta(1))
    filed(county_bole, again, now)


def test_titles_and_withdrawals_move_along_with_their_enterprise_and_change_in_nothing_else(
    approved: Any, region_xinjiang: Actor, clock: Any
) -> None:
    own = enterprise(1, BOLE)
    batch, applications = approved(own=[own])
    notice, _ = published(region_xinjiang, batch, applications)
    today = ended(notice, clock)
    with acting(region_xinjiang):
        recognise(by=region_xinjiang, notice=notice, number="1号", announced_on=today)
        title = Recognition.objects.get()
        withdraw(
            by=region_xinjiang,
            recognition=title,
            kind="own_wish",
            reason="自愿",
            evidence="申请",
            decided_on=today,
        )
        Enterprise.objects.filter(pk=own.pk).update(region_id=JINGHE)
        for model in (Application, NoticeEntry, Recognition, Withdrawal):
            assert set(model.objects.values_list("region_id", flat=True)) == {JINGHE}, model
        for table, change in (
            ("recognition", "valid_until = '2099-01-01'"),
            ("withdrawal", "barred_until = NULL, reason = 'x'"),
            ("noticeentry", "name = 'x'"),
            ("announcement", "number = 'x'"),
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"UPDATE cultivation_{table} SET {change}")
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM cultivation_{table}")
        assert Announcement.objects.count() == 1
