"""The daily digest: one mail for a person and day, in one transaction with what it tells, sent by the worker."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.conf import LazySettings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from portal.digest import digest
from portal.tasks import write_digests
from portal.told import group_of
from tenancy import inbox, mailing
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Mail, MailSetting, Posting, Receipt
from tenancy.tasks import send_mails
from tests.at_once import officer, together
from tests.conftest import BOLE, JINGHE
from tests.tenancy.test_sign_in import sign_in

TODAY = dt.date(2026, 9, 30)


@pytest.fixture
def reader(county_bole: Actor, settings: LazySettings) -> Actor:
    settings.MAIL_CONFIGURED, settings.SITE_URL = True, "https://tidu.example.cn"
    MailSetting.objects.create(officer_id=county_bole.officer_id, address="li@example.cn")
    return county_bole


def tell(key: str, path: str = BOLE, kind: str = "proposal.own", **more: Any) -> None:
    with nation():
        inbox.tell([inbox.Note(kind, key, path, **({"role": "county", "params": {"n": 1}} | more))])


def write(actor: Actor, on: dt.date = TODAY) -> bool:
    return mailing.write_digest(actor.officer_id or 0, on, digest, group_of)


@pytest.mark.django_db
def test_what_is_new_goes_out_in_one_mail_with_a_link(reader: Actor) -> None:
    tell("1")
    tell("2")
    assert write(reader) and send_mails() == 1
    (sent,) = mail.outbox
    assert sent.to == ["li@example.cn"] and sent.subject == "梯度：2 条新消息"
    assert "博乐市" in sent.body and "https://tidu.example.cn/inbox/" in sent.body
    assert sent.extra_headers["Message-ID"].startswith("<tidu-")
    assert send_mails() == 0 and len(mail.outbox) == 1


@pytest.mark.django_db
def test_a_day_has_one_mail_and_no_message_stands_in_two(reader: Actor) -> None:
    tell("1")
    assert write(reader)
    tell("2")
    assert not write(reader)
    assert write(reader, TODAY + dt.timedelta(1))
    assert not write(reader, TODAY + dt.timedelta(2))
    assert [m.subject for m in Mail.objects.order_by("on")] == ["梯度：1 条新消息"] * 2


@pytest.mark.django_db
def test_what_was_seen_and_what_a_person_did_not_choose_is_left_out(reader: Actor) -> None:
    tell("1")
    with acting(reader):
        inbox.see(reader, [inbox.of(reader)[0].pk])
    tell("2", kind="account.claimed", params={"enterprise": 1})
    MailSetting.objects.update(without=["people"])
    assert not write(reader) and not Mail.objects.exists()


@pytest.mark.django_db
def test_a_neighbours_message_stands_in_no_mail(reader: Actor) -> None:
    tell("1", JINGHE)
    assert not write(reader)


@pytest.mark.django_db
def test_every_posting_has_its_part_and_one_that_has_ended_none(reader: Actor) -> None:
    with nation():
        Posting.objects.create(officer_id=reader.officer_id, role="county", region_id=JINGHE)
    tell("1")
    tell("2", JINGHE)
    assert write(reader)
    text = Mail.objects.get().text
    assert "【博乐市 · 县级经办】" in text and "【精河县 · 县级经办】" in text
    with nation():
        Posting.objects.filter(region_id=JINGHE).update(until_at=timezone.now())
    tell("3", JINGHE)
    assert not write(reader, TODAY + dt.timedelta(1))


@pytest.mark.django_db
def test_an_enterprises_own_user_gets_what_the_enterprise_is_told(
    person: Any, settings: LazySettings
) -> None:
    settings.MAIL_CONFIGURED = True
    one = person("one", "enterprise", BOLE, enterprise_id=7)
    MailSetting.objects.create(officer_id=one.officer_id, address="a@example.cn")
    said = {"n": 1, "state": "accepted", "reason": ""}
    tell("1", kind="proposal.decided", role="", enterprise=7, params=said)
    tell("2", kind="proposal.decided", role="", enterprise=8, params=said)
    assert write(one)
    assert Mail.objects.get().subject == "梯度：1 条新消息"


@pytest.mark.django_db
def test_a_digest_that_breaks_leaves_nothing_behind(reader: Actor) -> None:
    tell("1")

    def broken(_found: object) -> tuple[str, str]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        mailing.write_digest(reader.officer_id or 0, TODAY, broken, group_of)
    with nation():
        assert not Receipt.objects.exists()
    assert write(reader)


@pytest.mark.django_db
def test_without_a_mail_server_no_mail_is_written_and_on_a_holiday_neither(
    reader: Actor, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell("1")
    settings.MAIL_CONFIGURED = False
    monkeypatch.setattr(timezone, "localdate", lambda *_: TODAY)
    write_digests()
    settings.MAIL_CONFIGURED = True
    monkeypatch.setattr(timezone, "localdate", lambda *_: dt.date(2026, 10, 1))
    write_digests()
    assert not Mail.objects.exists()
    monkeypatch.setattr(timezone, "localdate", lambda *_: TODAY)
    write_digests()
    write_digests()
    assert Mail.objects.count() == 1


@pytest.mark.django_db
def test_a_server_that_is_down_is_tried_again_later_and_given_up_after_a_day(
    reader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell("1")
    write(reader)

    def down(*_: object) -> int:
        raise ConnectionRefusedError("connection refused")

    monkeypatch.setattr(EmailBackend, "send_messages", down)
    now, tries = timezone.now(), 0
    while mailing.send_one(now):
        assert not mailing.send_one(now)
        tries += 1
        now += dt.timedelta(days=1)
    kept = Mail.objects.get()
    assert (kept.state, kept.tries, kept.error) == (Mail.State.GIVEN_UP, tries, "connection refused")
    assert tries == 6


@pytest.mark.django_db
def test_where_somebody_wants_mail_is_read_by_no_context(reader: Actor) -> None:
    for model in (MailSetting, Mail):
        with acting(reader), pytest.raises(DatabaseError), transaction.atomic():
            model.objects.exists()


@pytest.mark.django_db
def test_a_person_sets_the_address_and_the_kinds(county_bole: Actor, client: Client) -> None:
    sign_in(client, county_bole)
    assert client.get("/accounts/mail/").status_code == 200
    wrong = client.post("/accounts/mail/", {"address": "nobody"})
    assert wrong.status_code == 200 and not MailSetting.objects.exists()
    client.post("/accounts/mail/", {"address": "li@example.cn", "wanted": ["due", "titles"]})
    kept = MailSetting.objects.get()
    assert (kept.address, kept.without) == ("li@example.cn", ["applications", "awards", "data", "people"])
    client.post("/accounts/mail/", {"address": "", "wanted": []})
    assert mailing.people() == []


def test_of_two_digests_at_once_one_is_written(committed: None) -> None:
    reader = officer("reader", "county", BOLE)
    with nation():
        Posting.objects.create(officer_id=reader.officer_id, role="county", region_id=BOLE)
    MailSetting.objects.create(officer_id=reader.officer_id, address="li@example.cn")
    tell("1")
    assert sorted(together(*[lambda: write(reader)] * 4)) == [False, False, False, True]
    assert Mail.objects.count() == 1


def test_of_four_senders_at_once_each_mail_is_sent_once(committed: None) -> None:
    people = [officer(f"p{n}", "county", BOLE) for n in range(12)]
    for each in people:
        Mail.objects.create(
            officer_id=each.officer_id,
            on=TODAY,
            address=f"{each.username}@example.cn",
            subject="一",
            text="一",
        )
    together(*[lambda: send_mails()] * 4)
    assert sorted(m.to[0] for m in mail.outbox) == sorted(f"{p.username}@example.cn" for p in people)
