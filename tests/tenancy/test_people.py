"""Officials are proposed by one administrator and confirmed by another; the first two come from a command."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client

from tenancy import actions
from tenancy.access import Actor, Denied, actor_for
from tenancy.context import acting, nation
from tenancy.models import Appointment, AuditEntry, Officer, Posting, Region
from tests.conftest import BOLE, JINGHE, XINJIANG
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
FORM = {"username": "wang.li", "display_name": "王丽", "role": "county", "region": "652701"}


@pytest.fixture
def sysadmin(person: Callable[..., Actor]) -> Actor:
    return person("sysadmin.bole", "sysadmin", BOLE)


@pytest.fixture
def secadmin(person: Callable[..., Actor]) -> Actor:
    return person("secadmin.bole", "secadmin", BOLE)


def propose(by: Actor, **changes: str) -> Appointment:
    given = {"username": "wang.li", "display_name": "王丽", "role": "county", **changes}
    with acting(by):
        return actions.propose(region=Region.objects.get(path=BOLE), by=by, **given)


def test_a_proposed_person_works_only_after_the_security_administrator_has_confirmed(
    client: Client, sysadmin: Actor, secadmin: Actor
) -> None:
    sign_in(client, sysadmin)
    assert client.post("/people/", FORM).status_code == 302
    assert not Officer.objects.filter(username="wang.li").exists()
    page = client.get("/people/").content.decode()
    assert "王丽" in page
    assert "等安全管理员确认" in page
    with acting(sysadmin):
        proposed = Appointment.objects.get()
    assert client.post(f"/people/proposed/{proposed.pk}/", {"how": "confirm"}).status_code == 403

    sign_in(client, secadmin)
    shown = client.post(f"/people/proposed/{proposed.pk}/", {"how": "confirm"})
    assert shown.status_code == 200
    password = shown.content.decode().split("初始密码 <code>")[1].split("</code>")[0]
    assert actor_for("wang.li").region_path == BOLE
    newcomer = Client()
    signed_in = newcomer.post("/accounts/login/", {"login": "wang.li", "password": password})
    assert signed_in["Location"] == "/"
    assert newcomer.get("/")["Location"] == "/accounts/password/change/"
    with acting(secadmin):
        acts = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"people.propose", "people.create", "people.post"} <= acts


def test_a_security_administrator_proposes_nobody(client: Client, secadmin: Actor) -> None:
    sign_in(client, secadmin)
    assert client.post("/people/", FORM).status_code == 403
    with pytest.raises(Denied):
        propose(secadmin)


def test_who_holds_both_roles_does_not_confirm_the_own_proposal(sysadmin: Actor) -> None:
    proposed = propose(sysadmin)
    both = Actor(sysadmin.officer_id, sysadmin.username, "", "secadmin", BOLE)
    with acting(both), pytest.raises(actions.Unfit, match="self"):
        actions.confirm(appointment=proposed, by=both)
    with nation(), pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.filter(pk=proposed.pk).update(
            state="confirmed", decided_by=sysadmin.officer_id, decided_at=proposed.proposed_at
        )


def test_one_person_and_role_waits_once_and_is_decided_once(sysadmin: Actor, secadmin: Actor) -> None:
    proposed = propose(sysadmin)
    with pytest.raises(actions.Unfit, match="waiting"):
        propose(sysadmin)
    with acting(secadmin):
        actions.confirm(appointment=proposed, by=secadmin)
        with pytest.raises(actions.Unfit, match="decided"):
            actions.confirm(appointment=proposed, by=secadmin)
        with pytest.raises(actions.Unfit, match="decided"):
            actions.decline(appointment=proposed, reason="重复", by=secadmin)
    with pytest.raises(actions.Unfit, match="held"):
        propose(sysadmin)
    with nation():
        assert Posting.objects.filter(officer__username="wang.li").count() == 1


def test_a_proposal_is_declined_with_a_reason_and_may_be_made_again(
    client: Client, sysadmin: Actor, secadmin: Actor
) -> None:
    proposed = propose(sysadmin)
    sign_in(client, secadmin)
    client.post(f"/people/proposed/{proposed.pk}/", {"how": "decline", "reason": " "})
    with acting(secadmin):
        assert Appointment.objects.get().state == "open"
    client.post(f"/people/proposed/{proposed.pk}/", {"how": "decline", "reason": "不在编"})
    with acting(secadmin):
        assert Appointment.objects.get().reason == "不在编"
        assert not Posting.objects.filter(officer__username="wang.li").exists()
    assert propose(sysadmin).pk != proposed.pk


@pytest.mark.parametrize("role", ["enterprise", "system", "region", "nobody"])
def test_a_role_that_does_not_sit_there_is_not_proposed(role: str, sysadmin: Actor) -> None:
    with pytest.raises(actions.Unfit, match="role"):
        propose(sysadmin, role=role)


def test_an_administrator_next_door_sees_and_decides_nothing(
    client: Client, sysadmin: Actor, person: Callable[..., Actor]
) -> None:
    proposed = propose(sysadmin)
    sign_in(client, person("secadmin.jinghe", "secadmin", JINGHE))
    assert client.post(f"/people/proposed/{proposed.pk}/", {"how": "confirm"}).status_code == 404
    assert "王丽" not in client.get("/people/").content.decode()
    with pytest.raises(Denied), acting(sysadmin):
        actions.propose(
            username="li.si",
            display_name="李四",
            role="county",
            region=Region.objects.get(path=JINGHE),
            by=sysadmin,
        )


def test_the_first_administrators_come_from_a_command_once() -> None:
    out = StringIO()
    given = ["--region", "652701", "--sysadmin", "sys.bole", "张三", "--secadmin", "sec.bole", "李四"]
    call_command("first_administrators", *given, stdout=out)
    lines = dict(line.split("  ") for line in out.getvalue().splitlines())
    assert actor_for("sys.bole").role == "sysadmin"
    assert actor_for("sec.bole").role == "secadmin"
    assert Officer.objects.get(username="sys.bole").check_password(lines["sys.bole"])
    with pytest.raises(CommandError, match="administrator already"):
        call_command("first_administrators", *given, stdout=out)
    one = ["--region", "652722", "--sysadmin", "sys.bole", "张三", "--secadmin", "sys.bole", "张三"]
    with pytest.raises(CommandError, match="Two different people"):
        call_command("first_administrators", *one)
    with pytest.raises(CommandError, match="no region"):
        call_command("first_administrators", *["--region", "999999", *one[2:]])


def test_two_enterprises_of_one_county_may_have_the_same_person(county_bole: Actor) -> None:
    same = {"officer_id": county_bole.officer_id, "role": "enterprise", "region_id": XINJIANG}
    with nation():
        Posting.objects.create(**same, enterprise_id=1)
        Posting.objects.create(**same, enterprise_id=2)
        with pytest.raises(IntegrityError), transaction.atomic():
            Posting.objects.create(**same, enterprise_id=1)
        assert connection.in_atomic_block
