"""The inbox: told in the act's own transaction, once for each event and addressee, and to nobody else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from cultivation.actions import (
    admit,
    answer,
    assign_visit,
    decide,
    decide_change,
    draw_visits,
    evaluate,
    move,
    object_to,
    recognise,
    report_change,
    withdraw,
)
from cultivation.models import (
    Application,
    ChangeReport,
    NoticeEntry,
    Objection,
    PoolEntry,
    Recognition,
    SiteVisit,
)
from enterprises.actions import own as own_data
from enterprises.actions import proposals
from enterprises.models import Enterprise, Proposal
from portal.told import GROUPS, group_of, told
from tenancy import actions as people
from tenancy import inbox
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Appointment, Message, Receipt, Region
from tests.conftest import BOLE, BORTALA, HONGQI, JINGHE, XINJIANG
from tests.cultivation.test_applications import filed, opened, take
from tests.cultivation.test_recognising import NOBODY, approved, clock, ended, published  # noqa: F401
from tests.cultivation.world import YEAR, enterprise
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db


def kinds(actor: Actor) -> list[str]:
    with acting(actor):
        return sorted(m.kind for m in inbox.of(actor))


@pytest.fixture
def speaker(person: Any) -> Any:
    """Somebody who speaks for an enterprise."""

    def make(of: Enterprise) -> Actor:
        return person(f"of{of.pk}", "enterprise", of.region_id, enterprise_id=of.pk)

    return make


def test_a_round_is_told_to_every_county_below_and_to_no_other(
    region_xinjiang: Actor, county_bole: Actor, county_jinghe: Actor, person: Any
) -> None:
    county_hongqi, auditor = person("hongqi", "county", HONGQI), person("auditor", "auditor", BOLE)
    opened(region_xinjiang)
    assert kinds(county_bole) == kinds(county_jinghe) == ["round.opened"]
    assert kinds(region_xinjiang) == kinds(county_hongqi) == kinds(auditor) == []


def test_what_an_authority_tells_others_is_not_read_by_those_below(
    region_xinjiang: Actor, county_bole: Actor
) -> None:
    with acting(region_xinjiang):
        inbox.tell([inbox.Note("people.proposed", "1", XINJIANG, role="secadmin")])
    with acting(county_bole):
        assert not Message.objects.exists()


def test_each_step_is_told_to_the_enterprise_and_to_the_next_level_once(
    region_xinjiang: Actor,
    county_bole: Actor,
    county_jinghe: Actor,
    prefecture_bortala: Actor,
    person: Any,
    speaker: Any,
) -> None:
    firm, other = enterprise(1, BOLE), enterprise(2, BOLE)
    second = person("second", "county", BOLE)
    batch = opened(region_xinjiang)
    made = filed(county_bole, batch, firm)
    take(county_bole, made, "submit")
    # Two officials of the county: the one who did it is not told.
    assert "application.arrived" in kinds(second) and "application.arrived" not in kinds(county_bole)
    assert kinds(speaker(firm)) == ["application.submit"]
    take(second, made, "recommend")
    assert kinds(prefecture_bortala) == ["application.arrived", "round.opened"]
    take(prefecture_bortala, made, "return", reason="缺专利证书", to="county")
    assert "application.returned" in kinds(county_bole) and "application.returned" in kinds(second)
    with acting(county_bole):
        note = next(
            m for m in told(county_bole, inbox.of(county_bole)) if m.message.kind.endswith("returned")
        )
    assert firm.name in note.title and "缺专利证书" in note.note
    assert kinds(speaker(other)) == [] and kinds(county_jinghe) == ["round.opened"]


def test_the_same_event_is_told_once_however_often_it_is_written(county_bole: Actor) -> None:
    note = inbox.Note("proposal.own", "7", BOLE, role="county", params={"n": 1})
    with acting(county_bole):
        inbox.tell([note, note])
        inbox.tell([note])
        assert Message.objects.count() == 1


def test_an_act_that_is_rolled_back_tells_nothing(county_bole: Actor) -> None:
    with acting(county_bole):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            inbox.tell([inbox.Note("proposal.own", "7", BOLE, role="county", params={"n": 1})])
            raise ZeroDivisionError
        assert not Message.objects.exists()


def test_the_database_takes_no_message_without_an_addressee_or_with_two(county_bole: Actor) -> None:
    for to in ({}, {"role": "county", "enterprise": 5}):
        with acting(county_bole), pytest.raises(DatabaseError), transaction.atomic():
            inbox.tell([inbox.Note("proposal.own", "7", BOLE, params={"n": 1}, **to)])  # type: ignore[arg-type]


def test_nobody_writes_a_message_into_a_neighbours_place(county_bole: Actor) -> None:
    with acting(county_bole), pytest.raises(DatabaseError), transaction.atomic():
        inbox.tell([inbox.Note("proposal.own", "7", JINGHE, role="county", params={"n": 1})])


@pytest.fixture
def everything(
    approved: Any,  # noqa: F811
    clock: Any,  # noqa: F811
    person: Any,
    speaker: Any,
    region_xinjiang: Actor,
    prefecture_bortala: Actor,
    county_bole: Actor,
) -> list[Actor]:
    """An act of every kind that tells something, and who may have been told."""
    admins = [person("sys", "sysadmin", BOLE), person("sec", "secadmin", BOLE)]
    second = person("another", "county", BOLE)
    firm, late = enterprise(11, BOLE), enterprise(12, BOLE)
    speaking = speaker(firm)
    today = timezone.localdate()
    with acting(county_bole):
        evaluate(by=county_bole, region=BOLE, tier="innovative", year=YEAR, on=today)
        admit(by=county_bole, tier="innovative", enterprise_ids=[firm.pk])
        entry = PoolEntry.objects.get()
        move(by=county_bole, seen={entry.pk: entry.step}, stage=PoolEntry.Stage.CULTIVATE)
        move(by=county_bole, seen={entry.pk: entry.step + 1}, stage=PoolEntry.Stage.LEFT, reason="已停产")
    batch, applications = approved(own=[firm], title="甲")
    other = filed(county_bole, opened(region_xinjiang, title="乙"), late)
    take(county_bole, other, "submit")
    take(second, other, "return", reason="缺材料", to="draft")
    take(county_bole, other, "submit")
    with acting(second):
        draw_visits(by=second, batch=other.batch, count=1)
        assign_visit(by=second, visit=SiteVisit.objects.get(), officer_id=county_bole.officer_id or 0)
    take(second, other, "reject", reason="不符合条件")
    take(region_xinjiang, other, "reopen", reason="复议通过")
    take(second, other, "return", reason="缺材料", to="draft")
    take(county_bole, other, "withdraw", reason="企业要求")
    take(county_bole, other, "reopen", reason="企业要求")
    notice, _done = published(region_xinjiang, batch, applications)
    with acting(NOBODY):
        line = NoticeEntry.objects.get(notice=notice).pk
    object_to(by=NOBODY, notice=notice, entry_id=line, name="甲", contact="13800000000", text="数据有误")
    with acting(region_xinjiang):
        answer(by=region_xinjiang, objection=Objection.objects.get(), upheld=False, text="已核实")
    day = ended(notice, clock)
    with acting(region_xinjiang):
        recognise(by=region_xinjiang, notice=notice, number="新工信〔2026〕1号", announced_on=day)
    with acting(speaking):
        report_change(by=speaking, enterprise=firm, kind="rename", happened_on=day, text="更名")
        own_data.report(by=speaking, enterprise=firm, year=YEAR, values={"employees": 130})
    with acting(county_bole):
        proposals.decide(by=county_bole, proposals=Proposal.objects.all(), accept=False, reason="附证明")
    with acting(region_xinjiang):
        decide_change(by=region_xinjiang, report=ChangeReport.objects.get(), outcome="keeps", reason="不变")
        withdraw(
            by=region_xinjiang,
            recognition=Recognition.objects.get(),
            kind="false_data",
            reason="虚假材料",
            evidence="核查记录",
            decided_on=day,
        )
    with acting(admins[0]):
        place = Region.objects.get(path=BOLE)
        for name in ("new.one", "new.two"):
            people.propose(username=name, display_name="新人", role="county", region=place, by=admins[0])
    with acting(admins[1]):
        one, two = Appointment.objects.order_by("id")
        people.confirm(appointment=one, by=admins[1])
        people.decline(appointment=two, reason="重复", by=admins[1])
    return [*admins, second, speaking, speaker(late), county_bole, prefecture_bortala, region_xinjiang]


def test_every_kind_has_its_words_in_both_languages_and_leads_to_a_page(
    everything: list[Actor], client: Client
) -> None:
    seen = set()
    for actor in everything:
        for language in ("zh-hans", "en"):
            with acting(actor), override(language):
                for line in told(actor, inbox.of(actor)):
                    seen.add(line.message.kind)
                    assert line.title and "%(" not in line.title + line.note and line.url.startswith("/")
    with nation():
        assert seen == set(Message.objects.values_list("kind", flat=True))
    expected = {
        "round.opened", "application.submit", "application.recommend", "application.approve",
        "application.return", "application.returned", "application.reject", "application.rejected",
        "application.reopen", "application.withdraw", "application.withdrawn", "application.arrived",
        "visit.assigned", "notice.published", "notice.objected", "title.recognised", "title.withdrawn",
        "change.reported", "change.decided", "pool.entered", "pool.moved", "pool.left", "proposal.own",
        "proposal.decided", "people.proposed", "people.confirmed", "people.declined",
    }  # fmt: skip
    assert seen >= expected, expected - seen


def test_every_message_opens_its_page_for_everybody_who_has_it_and_is_seen_from_then_on(
    everything: list[Actor], client: Client
) -> None:
    for actor in everything:
        sign_in(client, actor)
        with acting(actor):
            found = list(inbox.of(actor))
        for each in found:
            answer = client.get(f"/inbox/{each.pk}/")
            assert answer.status_code == 302
            assert client.get(answer["Location"], follow=True).status_code == 200, (actor.role, each.kind)
        with acting(actor):
            assert inbox.count(actor) == 0
        assert client.get("/inbox/").status_code == client.get("/inbox/?view=all").status_code == 200


def test_what_one_official_has_seen_is_new_to_the_other(
    county_bole: Actor, person: Any, client: Client, region_xinjiang: Actor
) -> None:
    second = person("second", "county", BOLE)
    opened(region_xinjiang)
    sign_in(client, county_bole)
    assert "1 条新消息" in client.get("/inbox/count/").content.decode()
    newest = client.get("/inbox/").context["rows"][0].message.pk
    client.post("/inbox/seen/", {"newest": newest})
    assert client.get("/inbox/count/").content.decode().strip() == ""
    with acting(second):
        assert inbox.count(second) == 1


def test_a_message_of_somebody_else_is_not_found(
    county_bole: Actor, county_jinghe: Actor, client: Client
) -> None:
    with acting(county_jinghe):
        inbox.tell([inbox.Note("proposal.own", "7", JINGHE, role="county", params={"n": 1})])
    with nation():
        other = Message.objects.get().pk
    sign_in(client, county_bole)
    assert client.get(f"/inbox/{other}/").status_code == 404
    with nation():
        assert not Receipt.objects.exists()


def test_many_decisions_at_once_are_one_message_for_the_next_level(
    county_bole: Actor, person: Any, region_xinjiang: Actor, prefecture_bortala: Actor
) -> None:
    second = person("second", "county", BOLE)
    batch = opened(region_xinjiang)
    made = [filed(county_bole, batch, enterprise(n, BOLE)) for n in range(1, 31)]
    with acting(county_bole):
        decide(by=county_bole, seen={a.pk: 0 for a in made}, decision="submit")
    with acting(second):
        steps = dict(Application.objects.values_list("pk", "step"))
        decide(by=second, seen=steps, decision="recommend")
    with acting(prefecture_bortala):
        lines = [
            t for t in told(prefecture_bortala, inbox.of(prefecture_bortala)) if "申报等你办理" in t.title
        ]
    assert [line.title for line in lines] == ["30 家企业的申报等你办理"]
    with nation():
        assert Message.objects.filter(kind="application.recommend").count() == 30


def test_old_messages_go_with_their_receipts(county_bole: Actor) -> None:
    with acting(county_bole):
        inbox.tell([inbox.Note("proposal.own", n, BOLE, role="county", params={"n": 1}) for n in "12"])
        first = Message.objects.order_by("id")[0]
        inbox.see(county_bole, [first.pk])
    now = timezone.now()
    with nation():
        Message.objects.filter(pk=first.pk).update(at=now - inbox.KEPT - dt.timedelta(seconds=1))
        assert inbox.forget_old(now) == 1
        assert inbox.forget_old(now) == 0
        assert Message.objects.count() == 1 and not Receipt.objects.exists()


def test_the_list_asks_the_same_number_of_questions_for_three_and_for_sixty(
    county_bole: Actor, client: Client
) -> None:
    sign_in(client, county_bole)
    client.get("/inbox/")
    asked = []
    for upto in (3, 60):
        with acting(county_bole):
            inbox.tell(
                inbox.Note("proposal.own", f"{n}", BOLE, role="county", params={"n": n, "enterprise": n})
                for n in range(1, upto)
            )
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/inbox/").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 15


def test_every_group_has_its_title_and_every_kind_its_group() -> None:
    words = ("due", "round", "title", "ledger", "proposal", "people")
    assert {group_of(f"{word}.x") for word in words} == set(GROUPS)


def test_the_prefecture_has_what_happened_below_with_its_place(
    prefecture_bortala: Actor, county_bole: Actor
) -> None:
    with acting(county_bole):
        inbox.tell([inbox.Note("application.arrived", "1", BOLE, role="prefecture",
                               params={"n": 2, "title": "第一批"})])  # fmt: skip
    with acting(prefecture_bortala):
        assert [t.place for t in told(prefecture_bortala, inbox.of(prefecture_bortala))] == ["博乐市"]
    assert BORTALA < BOLE
