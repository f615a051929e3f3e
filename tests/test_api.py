"""The API: every tier, the same answers as the pages, within its own document and place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cultivation import recognised
from cultivation.actions import evaluate, recognise, withdraw
from cultivation.models import Recognition, Tier
from tenancy import api
from tenancy.access import Actor
from tenancy.context import acting, nation
from tests.conftest import BOLE, JINGHE
from tests.cultivation.test_recognising import approved, clock, ended, published  # noqa: F401
from tests.cultivation.world import enterprise
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db


def _fits(schema: dict[str, Any], document: dict[str, Any], value: Any, where: str = "$") -> None:
    """The answer is what the document says: no field more, none less, each of its type."""
    if "$ref" in schema:
        return _fits(
            document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document, value, where
        )
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ())[:1]):
        _fits(part, document, value, where)
    if value is None:
        assert schema.get("nullable") or "type" not in schema, f"{where} is null"
        return None
    kind = schema.get("type")
    types = {
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "array": list,
        "object": dict,
    }
    if kind:
        assert isinstance(value, types[kind]), f"{where}: {value!r} is no {kind}"
    if "enum" in schema:
        assert value in schema["enum"], f"{where}: {value!r}"
    if kind == "array":
        for n, each in enumerate(value):
            _fits(schema["items"], document, each, f"{where}[{n}]")
    if kind == "object" and "properties" in schema:
        assert set(value) == set(schema["properties"]), where
        for name, each in value.items():
            _fits(schema["properties"][name], document, each, f"{where}.{name}")
    elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        for name, each in value.items():
            _fits(schema["additionalProperties"], document, each, f"{where}.{name}")
    return None


@pytest.fixture
def got(client: Client) -> Callable[..., Any]:
    """Asks and holds every good answer against the document."""

    def get(path: str, of: str = "", code: int = 200, **asked: str) -> Any:
        answer = client.get(path, asked)
        assert answer.status_code == code, answer.content
        if code == 200:
            document = yaml.safe_load(client.get("/api/schema/").content)
            said = document["paths"][of or path]["get"]["responses"]["200"]["content"]["application/json"][
                "schema"
            ]
            _fits(said, document, answer.json())
        return answer.json()

    return get


def test_each_tier_is_answered_alone_and_in_the_list(
    client: Client, got: Callable[..., Any], county_bole: Actor, region_xinjiang: Actor
) -> None:
    own, foreign = enterprise(1, BOLE), enterprise(2, JINGHE)
    for tier in Tier.values:
        with acting(region_xinjiang):
            evaluate(by=region_xinjiang, region="65/", tier=tier, year=2025, on=timezone.localdate())
    sign_in(client, county_bole)
    one = "/api/judgements/{uscc}/"
    for tier in Tier.values:
        listed = got("/api/judgements/", tier=tier)
        assert [r["uscc"] for r in listed["results"]] == [own.uscc] and listed["next"] is None
        alone = got(f"/api/judgements/{own.uscc}/", of=one, tier=tier)
        for name in ("outcome", "score", "score_max", "missing_count", "missing_max"):
            assert alone[name] == listed["results"][0][name], (tier, name)
        assert alone["outcome_by_facts"] in ("pass", "fail", "unknown")
        got(f"/api/judgements/{foreign.uscc}/", of=one, code=404, tier=tier)
    assert got("/api/judgements/")["results"][0]["outcome"] == "pass"
    got(f"/api/judgements/{own.uscc}/", of=one, code=404, review="true")
    assert "tier" in got("/api/judgements/", code=400, tier="giant")["fields"]
    assert "review" in got("/api/judgements/", code=400, review="maybe")["fields"]


def test_titles_are_listed_by_standing_within_ones_place(
    client: Client,
    got: Callable[..., Any],
    approved: Any,  # noqa: F811
    clock: Callable[[dt.date], None],  # noqa: F811
    region_xinjiang: Actor,
    county_jinghe: Actor,
    person: Callable[..., Actor],
) -> None:
    batch, applications = approved()
    notice, _ = published(region_xinjiang, batch, applications)
    day = ended(notice, clock)

    with acting(region_xinjiang):
        recognise(by=region_xinjiang, notice=notice, number="1号", announced_on=day)
        first = Recognition.objects.order_by("application_id").first()
        assert first is not None
        withdraw(
            by=region_xinjiang,
            recognition=first,
            kind="own_wish",
            reason="自愿",
            evidence="申请",
            decided_on=day,
        )
    sign_in(client, region_xinjiang)
    path = "/api/recognitions/"
    everybody = got(path)["results"]
    assert [r["code"] for r in everybody] == sorted(r["code"] for r in everybody) and len(everybody) == 3
    assert {r["number"] for r in everybody} == {"1号"}
    gone = got(path, standing="withdrawn")["results"]
    assert [(r["code"], r["withdrawn_on"]) for r in gone] == [(first.code, day.isoformat())]
    assert len(got(path, standing="valid", tier="innovative")["results"]) == 2
    assert got(path, tier="specialised")["results"] == []
    assert [r["code"] for r in got(path, uscc=applications[0].enterprise.uscc)["results"]] == [first.code]
    assert "standing" in got(path, code=400, standing="lost")["fields"]
    sign_in(client, county_jinghe)
    assert [r["name"] for r in got(path)["results"]] == ["第3企业有限公司"]
    sign_in(client, person("boss", "enterprise", BOLE, applications[1].enterprise_id))
    assert [r["name"] for r in got(path)["results"]] == ["第2企业有限公司"]


def test_the_pages_of_the_list_of_titles_join_without_a_gap(
    client: Client,
    got: Callable[..., Any],
    approved: Any,  # noqa: F811
    clock: Callable[[dt.date], None],  # noqa: F811
    region_xinjiang: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    batch, applications = approved(own=[enterprise(n, BOLE) for n in range(1, 6)])
    notice, _ = published(region_xinjiang, batch, applications)
    day = ended(notice, clock)
    with acting(region_xinjiang):
        recognise(by=region_xinjiang, notice=notice, number="1号", announced_on=day)
    sign_in(client, region_xinjiang)
    monkeypatch.setattr(api, "PAGE", 2)
    codes, after = [], ""
    for size in (2, 2, 1):
        page = got("/api/recognitions/", **({"after": after} if after else {}))
        assert len(page["results"]) == size
        codes += [r["code"] for r in page["results"]]
        after = page["next"]
    assert after is None
    with nation():
        assert codes == sorted(Recognition.objects.values_list("code", flat=True))
    with CaptureQueriesContext(connection) as queries:
        client.get("/api/recognitions/")
    assert len(queries) <= 12
    assert recognised.STANDINGS == ("valid", "due", "expired", "replaced", "withdrawn")
