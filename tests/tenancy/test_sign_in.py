"""Sign-in, time-outs, postings (B-01…B-05, B-08…B-11, A-20)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tenancy.access import Actor, actor_for
from tenancy.context import acting, nation
from tenancy.models import Appointment, AuditEntry, Officer, Posting
from tests.conftest import BOLE, JINGHE, XINJIANG

pytestmark = pytest.mark.django_db
PASSWORD = "long-enough-word-7"


def sign_in(client: Client, actor: Actor) -> None:
    client.force_login(
        Officer.objects.get(pk=actor.officer_id),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def officer(county_bole: Actor) -> Officer:
    found = Officer.objects.get(pk=county_bole.officer_id)
    found.set_password(PASSWORD)
    found.save()
    return found


def _try(client: Client, username: str, password: str, **extra: str) -> object:
    return client.post("/accounts/login/", {"login": username, "password": password}, **extra)


def test_the_right_password_leads_home_and_is_written_to_the_trail(
    client: Client, officer: Officer, county_bole: Actor
) -> None:
    response = _try(client, officer.username, PASSWORD)
    assert response.status_code == 302
    assert response["Location"] == "/"
    with acting(county_bole):
        assert AuditEntry.objects.filter(action="signin.done").count() == 1


def test_unknown_and_known_names_get_the_same_answer_b02(client: Client, officer: Officer) -> None:
    known = _try(client, officer.username, "wrong-wrong-wrong").content.decode()
    unknown = _try(client, "county.000000", "wrong-wrong-wrong").content.decode()

    def stripped(text: str, name: str) -> str:
        lines = [line for line in text.splitlines() if "csrf" not in line.lower()]
        return "\n".join(lines).replace(name, "NAME")

    assert stripped(known, officer.username) == stripped(unknown, "county.000000")


def test_five_failures_lock_this_address_and_not_the_officer_elsewhere_b01(
    client: Client, officer: Officer
) -> None:
    for _n in range(5):
        last = _try(client, officer.username, "wrong-wrong-wrong", REMOTE_ADDR="10.0.0.9")
    assert last.status_code == 429
    assert _try(client, officer.username, PASSWORD, REMOTE_ADDR="10.0.0.9").status_code == 429
    elsewhere = Client()
    assert _try(elsewhere, officer.username, PASSWORD, REMOTE_ADDR="10.0.0.10").status_code == 302


def test_the_session_id_changes_at_sign_in_b03(client: Client, officer: Officer) -> None:
    client.get("/accounts/login/")
    before = client.cookies.get("tidu")
    _try(client, officer.username, PASSWORD)
    assert client.cookies["tidu"].value != (before.value if before else None)


def test_the_cookie_is_dead_after_signing_out_b04(client: Client, officer: Officer) -> None:
    _try(client, officer.username, PASSWORD)
    kept = client.cookies["tidu"].value
    client.post("/accounts/logout/")
    client.cookies["tidu"] = kept
    assert client.get("/").status_code == 302


def test_a_disabled_officer_is_out_with_the_next_request_b04(client: Client, officer: Officer) -> None:
    _try(client, officer.username, PASSWORD)
    Officer.objects.filter(pk=officer.pk).update(is_active=False)
    assert client.get("/").status_code == 302


def test_an_idle_session_ends_and_says_so_b05(client: Client, officer: Officer) -> None:
    _try(client, officer.username, PASSWORD)
    session = client.session
    session["seen_at"] = timezone.now().timestamp() - 1801
    session.save()
    response = client.get("/registry/")
    assert response.status_code == 302
    assert "reason=timeout" in response["Location"]
    assert "next=%2Fregistry%2F" in response["Location"]


def test_a_session_ends_after_twelve_hours_however_busy_b05(client: Client, officer: Officer) -> None:
    _try(client, officer.username, PASSWORD)
    session = client.session
    session["began_at"] = timezone.now().timestamp() - 12 * 3600 - 1
    session.save()
    assert client.get("/help/").status_code == 302


@pytest.mark.parametrize(
    "target", ["//evil.example", "https:evil", "/\\evil.example", "javascript:alert(1)", "%0d%0aX: y"]
)
def test_the_address_after_sign_in_is_always_ours_b09(client: Client, officer: Officer, target: str) -> None:
    response = client.post(
        "/accounts/login/", {"login": officer.username, "password": PASSWORD, "next": target}
    )
    assert response["Location"] == "/"


def test_a_first_password_must_be_changed_before_anything_else_b10(client: Client, officer: Officer) -> None:
    Officer.objects.filter(pk=officer.pk).update(must_change_password=True)
    _try(client, officer.username, PASSWORD)
    assert client.get("/registry/")["Location"] == "/accounts/password/change/"
    changed = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "another-long-word-8", "password2": "another-long-word-8"},
    )
    assert changed.status_code == 302
    assert client.get("/help/").status_code == 200


def test_a_move_at_noon_takes_effect_with_the_next_request_a20_b11(client: Client, officer: Officer) -> None:
    _try(client, officer.username, PASSWORD)
    assert client.get("/help/").status_code == 200
    now = timezone.now()
    with nation():
        Posting.objects.filter(officer_id=officer.pk).update(until_at=now)
        Posting.objects.create(officer_id=officer.pk, role="county", region_id=JINGHE, from_at=now)
    response = client.get("/help/")
    assert response.status_code == 302
    assert "reason=posting" in response["Location"]
    _try(client, officer.username, PASSWORD)
    assert "精河县" in client.get("/help/").content.decode()
    assert actor_for(officer.username).region_path == JINGHE


def test_the_administrator_sees_a_reset_password_once_and_the_session_of_the_officer_dies_b08(
    client: Client, officer: Officer, person: Callable[..., Actor]
) -> None:
    _try(client, officer.username, PASSWORD)
    admin = Client()
    sign_in(admin, person("secadmin.65", "secadmin", XINJIANG))
    with nation():
        posting = Posting.objects.get(officer_id=officer.pk)
    assert admin.post(f"/people/{posting.pk}/reset/").status_code == 200
    assert client.get("/help/").status_code == 302
    assert Officer.objects.get(pk=officer.pk).must_change_password


def test_the_system_account_cannot_sign_in(client: Client) -> None:
    assert _try(client, "system", "").status_code == 200
    assert not Officer.objects.filter(username="system").exists()


def test_an_official_without_a_second_factor_is_led_to_set_it_up(
    client: Client, officer: Officer, settings: object
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True  # type: ignore[attr-defined]
    _try(client, officer.username, PASSWORD)
    assert client.get("/help/")["Location"] == "/accounts/2fa/"


def test_an_expired_session_inside_an_htmx_call_leads_the_whole_page_to_sign_in_c09(
    client: Client, officer: Officer
) -> None:
    _try(client, officer.username, PASSWORD)
    session = client.session
    session["seen_at"] = timezone.now().timestamp() - 1801
    session.save()
    response = client.get("/registry/", HTTP_HX_REQUEST="true")
    assert response["HX-Redirect"].startswith("/accounts/login/")


def test_a_security_administrator_of_one_county_reaches_no_posting_of_another(
    client: Client, county_jinghe: Actor, person: Callable[..., Actor]
) -> None:
    sign_in(client, person("secadmin.652701", "secadmin", BOLE))
    assert client.post(f"/people/{county_jinghe.posting_id}/end/").status_code == 404


@pytest.mark.parametrize("elsewhere", [XINJIANG, JINGHE])
def test_an_account_that_also_serves_elsewhere_is_not_taken_over_by_a_new_password_b13(
    elsewhere: str, person: Callable[..., Actor]
) -> None:
    """An administrator of 博乐市 posts a foreign official there and resets the password of the account."""
    victim = person("region.victim", "region" if elsewhere == XINJIANG else "county", elsewhere)
    admin, browser = person("secadmin.bole", "secadmin", BOLE), Client()
    before = Officer.objects.get(pk=victim.officer_id).password
    form = {"username": "region.victim", "display_name": "x", "role": "county", "region": "652701"}
    sign_in(browser, person("sysadmin.bole", "sysadmin", BOLE))
    assert browser.post("/people/", form).status_code == 302
    sign_in(browser, admin)
    with nation():
        proposed = Appointment.objects.get()
    assert browser.post(f"/people/proposed/{proposed.pk}/", {"how": "confirm"}).status_code == 302
    with nation():
        posting = Posting.objects.get(officer_id=victim.officer_id, region_id=BOLE)
    assert browser.post(f"/people/{posting.pk}/reset/").status_code == 403
    assert Officer.objects.get(pk=victim.officer_id).password == before
