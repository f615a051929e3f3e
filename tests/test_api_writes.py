"""Programs write through the API: keys of a posting, answers kept for a repeated request, refusals that count."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cultivation.actions import file, open_batch
from cultivation.models import Application, Tier
from enterprises.models import AnnualFigures, ElsewhereAnswer, Enterprise
from tenancy import api, tokens
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.middleware import _WRONG_KEYS
from tenancy.models import AuditEntry, KeptAnswer, Officer, Posting, Token
from tests.conftest import BOLE, JINGHE, XINJIANG
from tests.cultivation.world import YEAR, enterprise
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
CODE = "91652701L9ENYBC55H"


class Machine:
    """A program with a key."""

    def __init__(self, secret: str) -> None:
        self.client, self.secret, self.count = Client(), secret, 0

    def __call__(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        self.count += 1
        headers = {"Authorization": f"Bearer {self.secret}"}
        if method != "GET":
            headers["Idempotency-Key"] = key or f"intent-{self.count}"
        data = json.dumps(body) if body is not None else ""
        return self.client.generic(method, f"/api/{path}", data, "application/json", headers=headers)


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def machine() -> Callable[[Actor], Machine]:
    def of(actor: Actor) -> Machine:
        with acting(actor):
            return Machine(tokens.make(by=actor, name="同步", days=30)[1])

    return of


def test_a_key_acts_in_its_posting_and_nowhere_else(
    machine: Callable[[Actor], Machine], county_bole: Actor
) -> None:
    own, _foreign = enterprise(1, BOLE), enterprise(2, JINGHE)
    ask = machine(county_bole)
    assert [e["uscc"] for e in ask("GET", "enterprises/").json()["results"]] == [own.uscc]
    # A key opens the API alone: no page takes it for a person.
    answer = ask.client.get("/", headers={"Authorization": f"Bearer {ask.secret}"})
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer tidu_wrong", "Basic dXNlcjpwdw==", "Bearer \u00e4"])
def test_a_wrong_key_is_told_so_and_never_led_to_a_page(header: str, client: Client) -> None:
    answer = client.get("/api/enterprises/", headers={"Authorization": header})
    assert answer.status_code == 401 and answer.json()["code"] == "not_authenticated"
    assert answer["WWW-Authenticate"] == "Bearer"


def test_wrong_keys_from_one_address_are_soon_refused_unseen(client: Client) -> None:
    wrong = {"Authorization": "Bearer tidu_guess"}
    codes = [client.get("/api/enterprises/", headers=wrong).status_code for _ in range(_WRONG_KEYS + 1)]
    assert set(codes[:-1]) == {401} and codes[-1] == 429


def test_a_key_ends_with_its_date_its_posting_its_officer_and_when_it_is_revoked(
    machine: Callable[[Actor], Machine], person: Callable[..., Actor]
) -> None:
    def revoked(actor: Actor) -> None:
        with acting(actor):
            tokens.revoke(by=actor, token=Token.objects.get(posting_id=actor.posting_id))

    def expired(actor: Actor) -> None:
        with nation():
            Token.objects.filter(posting_id=actor.posting_id).update(
                created_at=timezone.now() - dt.timedelta(40), until_at=timezone.now()
            )

    def ended(actor: Actor) -> None:
        with nation():
            Posting.objects.filter(pk=actor.posting_id).update(until_at=timezone.now())

    def barred(actor: Actor) -> None:
        Officer.objects.filter(pk=actor.officer_id).update(is_active=False)

    def reset(actor: Actor) -> None:
        Officer.objects.filter(pk=actor.officer_id).update(must_change_password=True)

    for n, end in enumerate((revoked, expired, ended, barred, reset)):
        actor = person(f"county.{n}", "county", BOLE)
        ask = machine(actor)
        assert ask("GET", "enterprises/").status_code == 200
        end(actor)
        assert ask("GET", "enterprises/").status_code == 401, end.__name__


def test_only_the_digest_is_kept_and_the_trail_names_the_key(
    machine: Callable[[Actor], Machine], county_bole: Actor
) -> None:
    ask = machine(county_bole)
    ask("GET", "enterprises/")
    with nation():
        token = Token.objects.get()
        said = str(list(AuditEntry.objects.filter(action="tokens.make").values()))
    assert token.start == ask.secret[:12] and token.used_at is not None
    assert ask.secret not in said and ask.secret[12:] not in token.digest


def test_nobody_revokes_or_sees_the_key_of_a_colleague(
    machine: Callable[[Actor], Machine], county_bole: Actor, person: Callable[..., Actor], client: Client
) -> None:
    machine(county_bole)
    colleague = person("county.colleague", "county", BOLE)
    with acting(colleague):
        token = Token.objects.get()
        assert not tokens.of(colleague).exists()
        with pytest.raises(Denied):
            tokens.revoke(by=colleague, token=token)
    sign_in(client, colleague)
    assert client.post(f"/keys/{token.pk}/revoke/").status_code == 404


def test_the_page_shows_the_secret_once_and_lists_and_revokes(client: Client, county_bole: Actor) -> None:
    sign_in(client, county_bole)
    assert "还没有密钥" in client.get("/keys/").content.decode()
    page = client.post("/keys/", {"name": "省平台", "days": "90"}).content.decode()
    assert "tidu_" in page.split('class="secret">')[1].split("<")[0]
    with nation():
        token = Token.objects.get()
    later = client.get("/keys/").content.decode()
    assert "省平台" in later and 'class="secret"' not in later
    assert client.post(f"/keys/{token.pk}/revoke/").status_code == 302
    assert "已停用" in client.get("/keys/").content.decode()
    for wrong in ({"name": "", "days": "90"}, {"name": "x", "days": "9000"}):
        assert client.post("/keys/", wrong).status_code == 200
    with nation():
        assert Token.objects.count() == 1


def test_the_same_request_twice_registers_once_and_answers_twice(
    machine: Callable[[Actor], Machine], county_bole: Actor
) -> None:
    ask = machine(county_bole)
    body = {"uscc": CODE, "name": "博乐市甲乙科技有限公司", "region": "652701", "facts": {"park": "东区"}}
    first = ask("POST", "enterprises/", body, key="a")
    again = ask("POST", "enterprises/", body, key="a")
    assert (first.status_code, again.status_code) == (201, 201) and first.json() == again.json()
    assert first.json()["facts"]["park"] == "东区"
    with nation():
        assert Enterprise.objects.count() == 1
        assert AuditEntry.objects.filter(action="enterprises.create").count() == 1
    other = ask("POST", "enterprises/", body | {"name": "别的有限公司"}, key="a")
    assert (other.status_code, other.json()["code"]) == (409, "key_used_otherwise")
    fresh = ask("POST", "enterprises/", body, key="b")
    assert (fresh.status_code, fresh.json()["code"]) == (409, "uscc_registered")


def test_a_key_of_a_request_is_asked_for_and_a_refusal_is_not_kept(
    machine: Callable[[Actor], Machine], county_bole: Actor
) -> None:
    ask = machine(county_bole)
    body = {"uscc": "91652701L9ENYBC55X", "name": "", "region": "652701"}
    refused = ask("POST", "enterprises/", body, key="a")
    assert refused.status_code == 400 and set(refused.json()["fields"]) == {"name"}
    body = {"uscc": CODE, "name": "博乐市甲乙科技有限公司", "region": "652701"}
    assert ask("POST", "enterprises/", body, key="a").status_code == 201
    for key in (" ", "k" * 81, "钥"):
        answer = ask.client.generic(
            "POST",
            "/api/enterprises/",
            json.dumps(body),
            "application/json",
            headers={
                "Authorization": f"Bearer {ask.secret}",
                "Idempotency-Key": key.encode().decode("latin-1"),
            },
        )
        assert answer.status_code == 400 and "Idempotency-Key" in answer.json()["fields"]


def test_figures_are_written_in_yuan_by_the_rules_of_a_cell_and_read_the_same(
    machine: Callable[[Actor], Machine], county_bole: Actor
) -> None:
    own = enterprise(1, BOLE)
    ask = machine(county_bole)
    path = f"enterprises/{own.uscc}/figures/{YEAR}/"
    before = ask("GET", f"enterprises/{own.uscc}/figures/").json()["results"]
    assert [f["year"] for f in before] == [YEAR, YEAR - 1, YEAR - 2]
    change = {
        "revenue": "12345678.90",
        "employees": None,
        "segment_share": "12.5",
        "product_field": "six_foundations",
    }
    answer = ask("PATCH", path, {"version": before[0]["version"], "facts": change})
    assert answer.status_code == 200, answer.content
    facts = answer.json()["facts"]
    assert {name: facts[name] for name in change} == change
    assert facts["rd_expense"] == before[0]["facts"]["rd_expense"]
    stale = ask("PATCH", path, {"version": before[0]["version"], "facts": {"revenue": "1.00"}})
    assert (stale.status_code, stale.json()["code"]) == (409, "changed_meanwhile")
    assert stale.json()["params"]["fields"] == ["revenue"]
    for wrong, at in (
        ({"revenue": "1.234"}, "revenue"),
        ({"employees": -1}, "employees"),
        ({"segment_share": "101"}, "segment_share"),
        ({"product_field": "bread"}, "product_field"),
        ({"turnover": 1}, "turnover"),
    ):
        answer = ask("PATCH", path, {"version": 2, "facts": wrong})
        assert answer.status_code == 400 and at in answer.json()["fields"]["facts"], wrong
    with nation():
        assert AnnualFigures.objects.get(enterprise=own, year=YEAR).updated_by_id == county_bole.officer_id


def test_a_founding_may_be_a_month_and_every_other_date_is_a_day(
    machine: Callable[[Actor], Machine], county_bole: Actor
) -> None:
    own = enterprise(1, BOLE)
    ask = machine(county_bole)
    path = f"enterprises/{own.uscc}/"
    version = ask("GET", path).json()["version"]
    good = {"established_on": "2019-07", "hnte_valid_until": "2027-11-30"}
    answer = ask("PATCH", path, {"version": version, "facts": good})
    assert answer.status_code == 200, answer.content
    assert {name: answer.json()["facts"][name] for name in good} == good
    for wrong in ("2019-13", "2019-07-32", "19-07-01", "2019/07/01", "1"):
        answer = ask("PATCH", path, {"version": version + 1, "facts": {"established_on": wrong}})
        assert answer.status_code == 400 and "established_on" in answer.json()["fields"]["facts"], wrong
    answer = ask("PATCH", path, {"version": version + 1, "facts": {"hnte_valid_until": "2027-11"}})
    assert answer.status_code == 400 and "hnte_valid_until" in answer.json()["fields"]["facts"]


def test_the_answer_registered_elsewhere_counts_although_nothing_is_written(
    machine: Callable[[Actor], Machine], county_bole: Actor, settings: Any
) -> None:
    settings.ELSEWHERE_ANSWERS_A_DAY = 1
    enterprise(1, JINGHE, uscc=CODE)
    enterprise(2, JINGHE, uscc="91652702UDMWB8TG2B")
    ask = machine(county_bole)
    codes = []
    for uscc in (CODE, "91652702UDMWB8TG2B"):
        answer = ask("POST", "enterprises/", {"uscc": uscc, "name": "某某有限公司", "region": "652701"})
        assert answer.status_code == 409
        codes.append(answer.json()["code"])
    assert codes == ["registered_elsewhere", "elsewhere_limit"]
    with nation():
        assert ElsewhereAnswer.objects.count() == 1


def test_who_only_reads_writes_nothing_and_the_refusal_is_in_the_trail(
    machine: Callable[[Actor], Machine], person: Callable[..., Actor]
) -> None:
    own = enterprise(1, BOLE)
    for role in ("finance", "commissioner", "purchaser", "auditor"):
        ask = machine(person(f"{role}.one", role, BOLE))
        answer = ask("PATCH", f"enterprises/{own.uscc}/", {"version": 1, "name": "改名有限公司"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), role
    with nation():
        assert AuditEntry.objects.filter(action="access.refused").count() == 4
        assert Enterprise.objects.get(pk=own.pk).name == own.name


@pytest.fixture
def filed(region_xinjiang: Actor, county_bole: Actor) -> Application:
    own, today = enterprise(1, BOLE), timezone.localdate()
    with acting(region_xinjiang):
        batch = open_batch(
            by=region_xinjiang,
            region=XINJIANG,
            tier=Tier.INNOVATIVE,
            title="第一批",
            opens_on=today,
            closes_on=today,
        )
    with acting(county_bole):
        return file(by=county_bole, batch=batch, enterprise=own)


def test_an_application_is_filed_and_decided_by_the_table_of_the_pages(
    machine: Callable[[Actor], Machine],
    filed: Application,
    person: Callable[..., Actor],
    county_bole: Actor,
    county_jinghe: Actor,
) -> None:
    other = enterprise(5, BOLE)
    ask = machine(county_bole)
    (batch,) = ask("GET", "rounds/").json()["results"]
    made = ask("POST", "applications/", {"round": batch["id"], "uscc": other.uscc})
    assert made.status_code == 201 and made.json()["state"] == "draft"
    path = f"applications/{filed.public_id}/decisions/"
    sent = ask("POST", path, {"decision": "submit", "seen": 0})
    assert (sent.json()["state"], sent.json()["step"]) == ("county", 1)
    own_step = ask("POST", path, {"decision": "recommend", "seen": 1})
    assert (own_step.status_code, own_step.json()["code"]) == (409, "own_step")
    second = machine(person("second.bole", "county", BOLE))
    assert (
        second("POST", path, {"decision": "return", "seen": 1, "to": "draft"}).json()["code"]
        == "reason_missing"
    )
    done = second("POST", path, {"decision": "recommend", "seen": 1, "opinion": "属实"})
    assert done.json()["state"] == "prefecture" and done.json()["steps"][-1]["opinion"] == "属实"
    late = second("POST", path, {"decision": "recommend", "seen": 1})
    assert (late.status_code, late.json()["code"]) == (409, "overtaken")
    assert machine(county_jinghe)("GET", f"applications/{filed.public_id}/").status_code == 404
    assert machine(county_jinghe)("POST", path, {"decision": "recommend", "seen": 2}).status_code == 404


def test_the_enterprise_reads_the_reason_and_neither_name_nor_opinion(
    filed: Application, client: Client, person: Callable[..., Actor], machine: Callable[[Actor], Machine]
) -> None:
    path = f"applications/{filed.public_id}/decisions/"
    machine(person("one.bole", "county", BOLE))("POST", path, {"decision": "submit", "seen": 0})
    said = {"decision": "return", "seen": 1, "to": "draft", "reason": "补证明", "opinion": "内部意见"}
    assert machine(person("two.bole", "county", BOLE))("POST", path, said).status_code == 200
    sign_in(client, person("boss", "enterprise", BOLE, filed.enterprise_id))
    answer = client.get(f"/api/applications/{filed.public_id}/")
    (_, step) = answer.json()["steps"]
    assert (step["reason"], step["who"], step["opinion"]) == ("补证明", None, None)
    assert "内部意见" not in answer.content.decode()


def test_lists_go_on_where_a_page_ended_and_cost_the_same_number_of_queries(
    machine: Callable[[Actor], Machine], county_bole: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PAGE", 2)
    own = [enterprise(n, BOLE) for n in range(1, 6)]
    ask = machine(county_bole)
    found, after = [], ""
    while after is not None:
        with CaptureQueriesContext(connection) as queries:
            page = ask("GET", f"enterprises/?after={after}").json()
        assert len(queries) <= 12
        found += [e["uscc"] for e in page["results"]]
        after = page["next"]
    assert found == [e.uscc for e in own]
    newest = max(e.updated_at for e in own).isoformat().replace("+", "%2B")
    assert len(ask("GET", f"enterprises/?changed_since={newest}").json()["results"]) >= 1


def test_kept_answers_go_after_a_week(machine: Callable[[Actor], Machine], county_bole: Actor) -> None:
    ask = machine(county_bole)
    ask("POST", "enterprises/", {"uscc": CODE, "name": "博乐市甲乙科技有限公司", "region": "652701"})
    with nation():
        assert api.forget_answers() == 0
        KeptAnswer.objects.update(at=timezone.now() - api.KEEP_ANSWERS)
        assert api.forget_answers() == 1
