"""The second factor through the pages, under the policy and the context of the portal (B-06)."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

from tenancy.access import Actor
from tenancy.models import Officer
from tests.tenancy.test_sign_in import PASSWORD

pytestmark = pytest.mark.django_db


def _code(secret: str, ahead: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())) + ahead))


def test_an_official_sets_a_second_factor_up_and_signs_in_with_it_b06(
    client: Client, county_bole: Actor, settings: object
) -> None:
    cache.clear()
    settings.SECOND_FACTOR_REQUIRED = True  # type: ignore[attr-defined]
    officer = Officer.objects.get(pk=county_bole.officer_id)
    officer.set_password(PASSWORD)
    officer.save()
    client.post("/accounts/login/", {"login": officer.username, "password": PASSWORD})
    assert client.get("/registry/")["Location"] == "/accounts/2fa/"
    assert client.get("/accounts/2fa/").status_code == 200
    asked = client.get("/accounts/2fa/totp/activate/")
    if asked.status_code == 302:  # the password once more, before anything about the account changes
        assert asked["Location"].startswith("/accounts/reauthenticate/")
        assert client.get(asked["Location"]).status_code == 200
        assert client.post(asked["Location"], {"password": PASSWORD}).status_code == 302
    page = client.get("/accounts/2fa/totp/activate/")
    assert page.status_code == 200
    text = page.content.decode()
    assert not re.search(r"<[^>]+ (style|on[a-z]+)=", text)
    assert "<script>" not in text
    secret = client.session["mfa.totp.secret"]
    assert client.post("/accounts/2fa/totp/activate/", {"code": "000000"}).status_code == 200
    done = client.post("/accounts/2fa/totp/activate/", {"code": _code(secret)})
    assert done.status_code == 302
    assert client.get(done["Location"]).status_code == 200
    assert client.get("/registry/").status_code == 200

    other = Client()
    asked = other.post("/accounts/login/", {"login": officer.username, "password": PASSWORD})
    assert "/accounts/2fa/authenticate/" in asked["Location"]
    assert other.get("/registry/").status_code == 302
    assert other.get(asked["Location"]).status_code == 200
    assert other.post(asked["Location"], {"code": "000000"}).status_code == 200
    now = _code(secret, 0)
    entered = other.post(asked["Location"], {"code": now})
    assert entered.status_code == 302, entered.content.decode()[-3000:]
    assert other.get("/registry/").status_code == 200
    third = Client()
    asked = third.post("/accounts/login/", {"login": officer.username, "password": PASSWORD})
    # the same code does not serve twice
    assert third.post(asked["Location"], {"code": now}).status_code == 200
