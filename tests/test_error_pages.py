"""Errors are answered in words, for strangers and officers, in both languages (16.5.1, C-01, C-06)."""

from __future__ import annotations

import logging
import re

import pytest
from django.test import Client

from tenancy.access import Actor
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
WORDS = {400: ("请求不完整", "incomplete"), 403: ("你的岗位不能", ""), 404: ("没有这个页面", "")}


@pytest.fixture(params=["stranger", "officer"])
def browser(request: pytest.FixtureRequest) -> Client:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    if request.param == "officer":
        sign_in(client, request.getfixturevalue("county_bole"))
    return client


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("address", "status"), [("/nowhere/", 404), ("/accounts/login/?q=a%00", 400), ("/accounts/signup/", 404)]
)
def test_an_error_is_answered_in_words_and_in_the_chosen_language(
    browser: Client, address: str, status: int, language: str
) -> None:
    browser.cookies["tidu-language"] = language
    answer = browser.get(address)
    text = answer.content.decode()
    assert answer.status_code == status
    assert (WORDS[status][0] in text) == (language == "zh-hans")
    assert "Traceback" not in text
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    if language == "en":
        assert not re.search(r"[一-鿿]", re.sub(r"中文|博乐市|梯度", "", re.sub(r"<[^>]*>", "", text))), text


def test_a_form_without_its_token_is_refused_in_words_c01(browser: Client) -> None:
    for headers in ({}, {"HTTP_HX_REQUEST": "true"}):
        answer = browser.post("/language/", {"language": "en"}, **headers)
        assert answer.status_code == 403
        assert "页面已过期" in answer.content.decode()
        assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_foreign_host_is_refused_in_words(browser: Client) -> None:
    answer = browser.get("/", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


def test_what_a_role_may_not_do_is_refused_in_words(client: Client, county_bole: Actor) -> None:
    sign_in(client, county_bole)
    answer = client.get("/audit/")
    assert answer.status_code == 403
    assert "你的岗位不能" in answer.content.decode()


def test_a_failure_shows_a_number_that_stands_in_the_log(
    browser: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("tenancy.checks.unbound_login", lambda: None)
    monkeypatch.setattr("portal.views.ground.JsonResponse", broken)
    with caplog.at_level(logging.ERROR):
        answer = browser.get("/health/")
    text = answer.content.decode()
    assert answer.status_code == 500
    assert "secret" not in text
    number = re.search(r"<b>([0-9A-F]{8})</b>", text)
    assert number is not None
    assert number[1] in caplog.text
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_an_address_cannot_write_lines_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    from django.test import RequestFactory

    from portal.views.errors import server_error

    server_error(RequestFactory().get("/x%0a2026-01-01 INFO tidu.signin all is well"))
    assert "\n" not in caplog.records[-1].getMessage()


def test_health_tells_nothing_but_whether_it_is_well(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OSError("password=secret")

    monkeypatch.setattr("tenancy.checks.unbound_login", gone)
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.json() == {"ok": False}
