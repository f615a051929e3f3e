"""Requests that Schemathesis makes from the API's document, good and bad ones; each is undone afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.test.client import ClientHandler
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rest_framework.throttling import UserRateThrottle
from schemathesis import GenerationMode

from cultivation.actions import evaluate, file, open_batch
from cultivation.models import Tier
from enterprises.rules.fields import BY_CODE
from tenancy import tokens
from tenancy.access import Actor
from tenancy.api import KEY_HEADER
from tenancy.context import acting
from tenancy.models import Officer
from tenancy.rules.roles import ROLES
from tests.conftest import BOLE, BORTALA, JINGHE, XINJIANG
from tests.cultivation.world import ON, YEAR, enterprise

FOREIGN = "别县的秘密"
#: of the county next door, and of another region
NEIGHBOURS = (JINGHE, "54/5401/540102/")
PLACES = {"prefecture": BORTALA, "region": XINJIANG}
#: what the machine may not find out by trying: it asks with other data each time
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


def _document() -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(json.dumps(SchemaGenerator().get_schema(public=True)))
    return whole


SCHEMA = schemathesis.openapi.from_dict(_document())
OPERATIONS = {result.ok().label: result.ok() for result in SCHEMA.get_all_operations()}


@pytest.fixture
def world(
    region_xinjiang: Actor, county_bole: Actor, monkeypatch: pytest.MonkeyPatch
) -> dict[str, list[Any]]:
    """Own objects whose names a request may hit, and foreign ones that no answer may show."""
    cache.clear()
    monkeypatch.setitem(UserRateThrottle.THROTTLE_RATES, "user", None)
    own = enterprise(1, BOLE)
    foreign = [enterprise(n, place, name=f"{FOREIGN}{n}有限公司") for n, place in enumerate(NEIGHBOURS, 2)]
    with acting(region_xinjiang):
        batch = open_batch(
            by=region_xinjiang,
            region=XINJIANG,
            tier=Tier.INNOVATIVE,
            title="第一批",
            opens_on=ON.replace(year=2026, month=1, day=1),
            closes_on=ON.replace(year=2036),
        )
        evaluate(by=region_xinjiang, region="65/", tier=Tier.INNOVATIVE, year=YEAR, on=ON)
    with acting(county_bole):
        application = file(by=county_bole, batch=batch, enterprise=own)
    return {
        "uscc": [own.uscc, own.uscc, *(f.uscc for f in foreign), "91652701L9ENYBC55H"],
        "public_id": [application.public_id],
        "round": [batch.public_id],
        "region": ["652701", "652722", "65"],
        "year": [YEAR, YEAR + 1],
        "version": [0, 1],
        "seen": [0, 1],
        "decision": ["submit", "withdraw", "return", "reopen"],
        "enterprise": [own.pk],
    }


def app_for(headers: dict[str, str]) -> Callable[..., Any]:
    """The portal as WSGI, in this thread and this transaction."""
    handler = ClientHandler(enforce_csrf_checks=False)

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        environ.pop("HTTP_AUTHORIZATION", None)  # the machine makes up keys of its own
        environ.update(headers)
        response = handler(environ)
        start(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [b"".join(response)]

    return app


def headers_of(actor: Actor, client: Client) -> dict[str, str]:
    if ROLES[actor.role].official and "tokens.own" in ROLES[actor.role].permissions:
        with acting(actor):
            return {"HTTP_AUTHORIZATION": f"Bearer {tokens.make(by=actor, name='试', days=1)[1]}"}
    client.force_login(
        Officer.objects.get(pk=actor.officer_id),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    return {"HTTP_COOKIE": "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())}


def _with_known_names(case: Any, draw: Callable[..., Any], world: dict[str, list[Any]]) -> None:
    """Random codes hit nothing and random facts are mostly wrong; so most requests name what is there."""
    if KEY_HEADER in case.headers and draw(st.integers(0, 4)):
        case.headers[KEY_HEADER] = f"intent-{draw(st.integers(0, 99))}"
    for where in (case.path_parameters, case.query, case.body):
        if not isinstance(where, dict):
            continue
        for name in set(where) & set(world):
            if draw(st.integers(0, 4)):
                where[name] = draw(st.sampled_from(world[name]))
        facts = where.get("facts")
        if isinstance(facts, dict) and len(facts) > 2 and draw(st.integers(0, 4)):
            known = sorted(set(facts) & set(BY_CODE))
            where["facts"] = {name: facts[name] for name in draw(st.permutations(known))[:2]}


def ask(
    role: str,
    label: str,
    world: dict[str, list[Any]],
    person: Callable[..., Actor],
    client: Client,
    examples: int,
) -> None:
    """So many requests of one operation by one role; each answer as the document says, and nothing foreign in it."""
    place = PLACES.get(role, BOLE)
    actor = person(f"{role}.machine", role, place, world["enterprise"][0] if role == "enterprise" else None)
    app = app_for(headers_of(actor, client))
    operation = OPERATIONS[label]
    checks = [schemathesis.checks.CHECKS.get_one(name) for name in CHECKS]
    cases = operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, data=st.data())
    def asked(case: Any, data: Any) -> None:
        _with_known_names(case, data.draw, world)
        with transaction.atomic():
            response = case.call(app=app, base_url="http://localhost")
            transaction.set_rollback(True)
        case.validate_response(response, checks=checks)
        if role not in ("prefecture", "region"):
            assert FOREIGN not in response.text

    asked()
