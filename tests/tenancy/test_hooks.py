"""Webhooks: told in the act's own transaction, signed, sent until taken, to allowed hosts alone, within one's place."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from cultivation.actions import recognise, withdraw
from cultivation.models import Recognition
from tenancy import hooks
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Delivery, Hook
from tenancy.tasks import send_hooks
from tests.conftest import BOLE, BORTALA, JINGHE, XINJIANG
from tests.cultivation.test_recognising import approved, clock, ended, published  # noqa: F401

from .test_sign_in import sign_in

pytestmark = pytest.mark.django_db


class Receiver:
    """An outside system: answers with the statuses it was told, then with 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/tidu"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.HOOK_HOSTS = ["127.0.0.1"]
    made = Receiver()
    yield made
    made.server.shutdown()


@pytest.fixture
def admin(person: Callable[..., Actor]) -> Actor:
    return person("admin.65", "sysadmin", XINJIANG)


def send(now: dt.datetime | None = None) -> int:
    """As the timetable does, at a moment."""
    if now is None:
        return send_hooks()
    with nation():
        return int(hooks.send_one(now))


def hooked(by: Actor, url: str) -> Hook:
    with acting(by):
        return hooks.make(by=by, name="省平台", url=url)


def told(region: str = BOLE, event: str = "recognised", **data: Any) -> int:
    with nation():
        return hooks.tell(event, [(region, {"name": "某公司"} | data)])


def test_a_message_is_signed_so_that_the_receiver_can_tell(admin: Actor, receiver: Receiver) -> None:
    hook = hooked(admin, receiver.url)
    assert told(code="ABC") == 1 and send() == 1
    ((headers, body),) = receiver.got
    assert headers[hooks.SIGNATURE] == hooks.signature(hook.secret, headers[hooks.STAMP], body)
    said = json.loads(body)
    assert said["event"] == "recognised" and said["data"] == {"name": "某公司", "code": "ABC"}
    assert headers[hooks.EVENT_ID] == said["id"]
    assert send() == 0 and len(receiver.got) == 1


def test_what_is_rolled_back_is_never_told(admin: Actor, receiver: Receiver) -> None:
    hooked(admin, receiver.url)
    with pytest.raises(RuntimeError), transaction.atomic():
        told()
        raise RuntimeError
    assert send() == 0 and not receiver.got


def test_what_is_not_taken_is_sent_again_later_and_given_up_in_the_end(
    admin: Actor, receiver: Receiver
) -> None:
    hooked(admin, receiver.url)
    told()
    now = timezone.now()
    receiver.statuses = [500, 302, 404, *[503] * 20]
    waits, tries = [], 0
    while True:
        assert send(now) == 1
        tries += 1
        with nation():
            sent = Delivery.objects.get()
        if sent.state == Delivery.State.GIVEN_UP:
            break
        assert send(now) == 0, "sent again before its time"
        waits.append(sent.next_at - now)
        now = sent.next_at
    assert (
        tries == len(waits) + 1 == 8
        and waits == sorted(waits)
        and sum(waits, dt.timedelta()) < dt.timedelta(3)
    )
    assert len({json.loads(body)["id"] for _, body in receiver.got}) == 1
    with acting(admin):
        hooks.again(by=admin, delivery=sent)
    receiver.statuses = []
    assert send() == 1
    with nation():
        assert Delivery.objects.get().state == Delivery.State.DONE


def test_a_receiver_that_is_gone_holds_nothing_up(admin: Actor, receiver: Receiver, settings: Any) -> None:
    hooked(admin, "http://127.0.0.1:1/nobody")
    hooked(admin, receiver.url)
    assert told() == 2 and send() == 2 and len(receiver.got) == 1
    with nation():
        assert Delivery.objects.filter(state="waiting", status=None).exclude(error="").count() == 1


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://127.0.0.1/", "address"),
        ("file:///etc/passwd", "address"),
        ("http://user:pw@127.0.0.1/", "address"),
        ("http://[::1", "address"),
        ("http://127.0.0.1:99999/", "address"),
        ("no address", "address"),
        ("http://169.254.169.254/latest", "host"),
        ("http://localhost/", "host"),
        ("http://127.0.0.1.evil.example/", "host"),
    ],
)
def test_only_allowed_hosts_are_addressed(admin: Actor, receiver: Receiver, url: str, code: str) -> None:
    with pytest.raises(hooks.HookRefused) as refused:
        hooked(admin, url)
    assert refused.value.code == code


def test_a_host_that_is_no_longer_allowed_is_not_sent_to(
    admin: Actor, receiver: Receiver, settings: Any
) -> None:
    hooked(admin, receiver.url)
    settings.HOOK_HOSTS = []
    told()
    assert send() == 1 and not receiver.got
    settings.HTTPS = True
    with pytest.raises(hooks.HookRefused):
        hooks.allowed("http://127.0.0.1/")


def test_each_place_hears_of_its_own_and_an_ended_hook_of_nothing(
    admin: Actor, receiver: Receiver, person: Callable[..., Actor]
) -> None:
    hook = hooked(admin, receiver.url)
    hooked(person("admin.jinghe", "sysadmin", JINGHE), receiver.url)
    hooked(person("admin.bortala", "sysadmin", BORTALA), receiver.url)
    assert told(BOLE) == 2 and told(JINGHE) == 3 and told("54/5401/540102/") == 0
    with acting(admin):
        hooks.end(by=admin, hook=hook)
        hooks.end(by=admin, hook=hook)
        assert AuditEntry.objects.filter(action="hooks.end").count() == 1
    assert told(BOLE) == 1
    send()
    assert len(receiver.got) == 4  # of the ended one nothing that waited either


def test_a_recognition_and_a_withdrawal_are_told(
    approved: Any,  # noqa: F811
    clock: Callable[[dt.date], None],  # noqa: F811
    region_xinjiang: Actor,
    admin: Actor,
    receiver: Receiver,
) -> None:
    hooked(admin, receiver.url)
    batch, applications = approved()
    notice, _ = published(region_xinjiang, batch, applications)
    day = ended(notice, clock)
    with acting(region_xinjiang):
        recognise(by=region_xinjiang, notice=notice, number="1号", announced_on=day)
        first = Recognition.objects.order_by("id").first()
        assert first is not None
        withdraw(
            by=region_xinjiang,
            recognition=first,
            kind="own_wish",
            reason="自愿",
            evidence="申请",
            decided_on=day,
        )
    assert send() == 4
    said = [json.loads(body) for _, body in receiver.got]
    assert [s["event"] for s in said] == ["recognised"] * 3 + ["withdrawn"]
    assert said[-1]["data"]["code"] == first.code and said[-1]["data"]["withdrawn_on"] == day.isoformat()
    assert said[0]["data"]["number"] == "1号" and set(said[0]["data"]) >= {"uscc", "tier", "valid_until"}


def test_the_page_is_the_administrators_alone_and_shows_what_became_of_each_message(
    admin: Actor, receiver: Receiver, client: Client, person: Callable[..., Actor], county_bole: Actor
) -> None:
    sign_in(client, admin)
    assert "还没有接收系统" in client.get("/hooks/").content.decode()
    assert (
        "TIDU_HOOK_HOSTS"
        in client.post("/hooks/", {"name": "x", "url": "https://x.example/"}).content.decode()
    )
    page = client.post("/hooks/", {"name": "省平台", "url": receiver.url}).content.decode()
    with nation():
        hook = Hook.objects.get()
    assert hook.secret in page and hook.secret not in client.get("/hooks/").content.decode()
    told()
    with nation():
        Delivery.objects.update(state="given_up")
        one = Delivery.objects.get()
    assert "未送达" in client.get("/hooks/").content.decode()
    assert (
        "已重新排队" in client.post(f"/hooks/deliveries/{one.public_id}/again/", follow=True).content.decode()
    )
    other = person("admin.jinghe", "sysadmin", JINGHE)
    sign_in(client, other)
    assert client.post(f"/hooks/deliveries/{one.public_id}/again/").status_code == 404
    assert client.post(f"/hooks/{hook.pk}/end/").status_code == 404
    sign_in(client, county_bole)
    assert client.get("/hooks/").status_code == 403
    with acting(county_bole), pytest.raises(Denied):
        hooks.make(by=county_bole, name="x", url=receiver.url)
    sign_in(client, admin)
    assert "已停用" in client.post(f"/hooks/{hook.pk}/end/", follow=True).content.decode()
