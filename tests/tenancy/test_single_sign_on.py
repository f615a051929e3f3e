"""Single sign-on: the office says who somebody is, the portal what they may do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.test import Client
from django.utils import timezone

from tenancy.access import Actor
from tenancy.context import acting
from tenancy.models import AuditEntry, Officer

pytestmark = pytest.mark.django_db
SECRET = "a-secret-of-at-least-thirty-two-bytes"


class Office(BaseHTTPRequestHandler):
    """An OpenID Connect provider as small as it can be: discovery, token, userinfo."""

    person: dict[str, Any] = {}
    asked: list[dict[str, list[str]]] = []
    broken = ""

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        here = f"http://127.0.0.1:{self.server.server_address[1]}"
        if self.broken:
            self._answer({"error": "down"}, 503)
        elif self.path.endswith("openid-configuration"):
            self._answer(
                {
                    "issuer": here,
                    "authorization_endpoint": f"{here}/authorize",
                    "token_endpoint": f"{here}/token",
                    "userinfo_endpoint": f"{here}/userinfo",
                    "jwks_uri": f"{here}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        else:
            self._answer(self.person)

    def do_POST(self) -> None:
        here = f"http://127.0.0.1:{self.server.server_address[1]}"
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.asked.append(parse_qs(body))
        now = int(timezone.now().timestamp())
        claims = {"iss": here, "aud": "tidu", "iat": now, "exp": now + 60, **self.person}
        token = jwt.encode(claims, SECRET, algorithm="HS256")
        self._answer({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _answer(self, said: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def office(settings: Any) -> Iterator[type[Office]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Office)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Office.person, Office.asked, Office.broken = {}, [], ""
    url = f"http://127.0.0.1:{server.server_address[1]}"
    settings.OIDC_URL = url
    app = {"provider_id": "office", "name": "x", "client_id": "tidu", "secret": SECRET}
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [{**app, "settings": {"server_url": url}}]}
    }
    yield Office
    server.shutdown()
    server.server_close()


def sign_on(client: Client) -> Any:
    begun = client.get("/accounts/oidc/office/login/")
    assert begun.status_code == 302
    asked = parse_qs(urlsplit(begun["Location"]).query)
    assert asked["client_id"] == ["tidu"]
    assert "code_challenge" in asked
    return client.get("/accounts/oidc/office/login/callback/", {"code": "x", "state": asked["state"][0]})


def test_who_the_office_knows_works_in_the_own_posting_without_a_password_here(
    client: Client, county_bole: Actor, office: type[Office]
) -> None:
    Officer.objects.update(must_change_password=True)
    office.person = {"sub": "17", "preferred_username": county_bole.username}
    assert "统一身份认证" in client.get("/accounts/login/").content.decode()
    assert sign_on(client)["Location"] == "/"
    assert office.asked[0]["code_verifier"]
    assert client.get("/registry/").status_code == 200
    with acting(county_bole):
        assert AuditEntry.objects.filter(action="signin.done").count() == 1
    # The person there is remembered, also when the name changes.
    office.person = {"sub": "17", "preferred_username": "another"}
    other = Client()
    assert sign_on(other)["Location"] == "/"
    assert other.get("/registry/").status_code == 200


@pytest.mark.parametrize("name", ["nobody.here", "", "left"])
def test_who_has_no_account_here_gets_none(name: str, client: Client, office: type[Office]) -> None:
    Officer.objects.create_user("left", is_active=False)
    office.person = {"sub": "18", "preferred_username": name}
    answer = sign_on(client)
    assert answer["Location"] == "/accounts/login/"
    assert "没有账号" in client.get("/accounts/login/").content.decode()
    assert client.get("/registry/").status_code == 302
    assert Officer.objects.count() == 1


def test_an_answer_that_was_not_asked_for_signs_nobody_in(
    client: Client, county_bole: Actor, office: type[Office]
) -> None:
    office.person = {"sub": "17", "preferred_username": county_bole.username}
    answer = client.get("/accounts/oidc/office/login/callback/", {"code": "x", "state": "forged"})
    assert answer.status_code in (302, 400, 403)
    assert client.get("/registry/")["Location"].startswith("/accounts/login/")
    refused = client.get("/accounts/oidc/office/login/callback/", {"error": "access_denied"})
    assert refused.status_code in (302, 400, 403)


def test_an_office_that_is_down_is_said_and_the_own_sign_in_stays(
    client: Client, office: type[Office]
) -> None:
    office.broken = "yes"
    assert client.get("/accounts/oidc/office/login/")["Location"] == "/accounts/login/"
    assert "暂时连不上" in client.get("/accounts/login/").content.decode()


def test_without_configuration_there_is_no_single_sign_on(client: Client) -> None:
    assert client.get("/accounts/oidc/office/login/").status_code == 404
    assert "oidc" not in client.get("/accounts/login/").content.decode()
