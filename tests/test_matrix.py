"""Every address × role × place, generated from the URL configuration (A-02, A-03, A-06, D-01, C-02).

An address that does not stand in the table below fails the build. A neighbour gets the answer of
"does not exist"; a role without the permission is refused; a stranger is led to sign in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from enterprises.models import Enterprise
from tenancy.access import Actor
from tenancy.rules.roles import ROLES, may
from tests.conftest import BOLE, BORTALA, JINGHE, XINJIANG
from tests.tenancy.test_sign_in import sign_in

PUBLIC, PERSON = "public", "person"


@dataclass(frozen=True)
class Route:
    """Who reaches an address: PUBLIC, PERSON (everybody signed in) or the permission that is asked."""

    who: str
    method: str = "GET"
    #: the name of a fixture in tests/matrix_objects.py that gives the object's id, owned by 博乐市
    owned: str = ""
    #: answers that mean "you may": a form may say 200 or 302, a missing parameter 400
    fine: tuple[int, ...] = (200,)
    #: roles that reach it without the permission, for their own enterprise alone
    also: tuple[str, ...] = ()
    #: the whole test of this address stands elsewhere
    elsewhere: str = ""


LIBRARY = Route(PERSON, elsewhere="a page of allauth, for one's own account alone")
ROUTES: dict[str, Route] = {
    "account_login": Route(PUBLIC, elsewhere="tests/tenancy/test_sign_in.py"),
    "account_logout": LIBRARY,
    "account_reauthenticate": LIBRARY,
    "account_change_password": LIBRARY,
    "account_inactive": LIBRARY,
    "openid_connect_login": Route(PUBLIC, elsewhere="tests/tenancy/test_single_sign_on.py"),
    "openid_connect_callback": Route(PUBLIC, elsewhere="tests/tenancy/test_single_sign_on.py"),
    "socialaccount_login_cancelled": Route(PUBLIC, fine=(302,)),
    "socialaccount_login_error": Route(PUBLIC, fine=(302,)),
    "socialaccount_signup": Route(PUBLIC, fine=(404,)),
    "socialaccount_connections": Route(PUBLIC, fine=(404,)),
    "account_signup": Route(PUBLIC, fine=(404,)),
    "account_reset_password": Route(PUBLIC, fine=(404,)),
    "account_email": Route(PUBLIC, fine=(404,)),
    "account_set_password": Route(PUBLIC, fine=(404,)),
    "set_language": Route(PUBLIC, "POST", fine=(302,)),
    "health": Route(PUBLIC),
    "home": Route(PERSON, fine=(200, 302)),
    "help": Route(PERSON),
    "jobs": Route(PERSON),
    "job": Route(PERSON, owned="job", elsewhere="test_a_job_is_seen_by_the_one_who_started_it_alone"),
    "inbox": Route(PERSON),
    "inbox_count": Route(PERSON),
    "see_all": Route(PERSON, "POST", fine=(302,)),
    "message": Route(PERSON, elsewhere="tests/test_inbox.py: for its addressees alone"),
    "mail": Route(PERSON, elsewhere="tests/test_mailing.py: one's own account alone"),
    "all_jobs": Route("jobs.view"),
    "switch_posting": Route(PERSON, "POST", fine=(404,)),
    "people": Route("people.view"),
    "decide_appointment": Route("people.manage", "POST", owned="appointment", fine=(302,)),
    "activation": Route(PUBLIC),
    "letters": Route("accounts.invite"),
    "print_letters": Route("accounts.invite", "POST", fine=(302,)),
    "letter_file": Route(
        "accounts.invite", elsewhere="tests/enterprises/test_accounts.py: for one person alone"
    ),
    "moves": Route("enterprises.move"),
    "offer_move": Route("enterprises.move", owned="enterprise"),
    "dossier": Route("enterprises.view", elsewhere="tests/test_moves.py"),
    "decide_move": Route("enterprises.move", "POST", owned="move", fine=(302, 404)),
    "claims": Route("accounts.invite"),
    "decide_claim": Route("accounts.invite", "POST", owned="claim", fine=(302,)),
    "end_posting": Route("people.manage", "POST", owned="posting", fine=(302,)),
    "reset_password": Route("people.manage", "POST", owned="posting", fine=(200,)),
    "access": Route("access.view"),
    "audit": Route("audit.view"),
    "registry": Route("enterprises.view"),
    "exports": Route("lists.export"),
    "new_export": Route("lists.export"),
    "make_export": Route("lists.export", "POST", fine=(404,)),
    "export_record": Route("enterprises.export", owned="export"),
    "export_again": Route("enterprises.export", "POST", owned="export"),
    "export_file": Route("enterprises.export", owned="export"),
    "save_columns": Route("lists.export", "POST", fine=(404,)),
    "rename_columns": Route(
        "lists.export", "POST", owned="columns", elsewhere="test_a_choice_of_columns_is_its_officers_alone"
    ),
    "delete_columns": Route("lists.export", "POST", owned="columns", elsewhere="as the renaming"),
    "enterprise": Route("enterprises.view", owned="enterprise", also=("enterprise",)),
    "judgement": Route("cultivation.view", owned="enterprise", also=("enterprise",)),
    "verdict": Route("judgements.answer", owned="enterprise", fine=(404,)),
    "judge_now": Route("cultivation.evaluate", "POST", owned="enterprise", fine=(302,)),
    "try_out": Route("cultivation.view", owned="enterprise", also=("enterprise",)),
    "figures": Route("enterprises.view", owned="enterprise", also=("enterprise",)),
    "history": Route("enterprises.view", owned="enterprise"),
    "file_application": Route("applications.file", owned="enterprise", also=("enterprise",)),
    "applications": Route("applications.view", also=("enterprise",)),
    "rounds": Route("applications.view"),
    "application": Route("applications.view", owned="application", also=("enterprise",)),
    "save_application": Route(
        "applications.file", "POST", owned="application", fine=(302,), also=("enterprise",)
    ),
    "decide_applications": Route("applications.view", "POST", elsewhere="tests/test_application_pages.py"),
    "many_applications": Route("applications.view", elsewhere="tests/test_application_pages.py"),
    "round_lists": Route("applications.view", owned="shared_round"),
    "recommendation": Route(PERSON, elsewhere="tests/cultivation/test_lists.py"),
    "recommendation_file": Route(PERSON, elsewhere="tests/cultivation/test_lists.py"),
    "take_scan": Route(PERSON, elsewhere="tests/cultivation/test_lists.py"),
    "changes": Route("applications.view", also=("enterprise",)),
    "report_change": Route("applications.file", owned="enterprise", also=("enterprise",)),
    "decide_change": Route(PERSON, elsewhere="tests/cultivation/test_changes.py"),
    "updates": Route("applications.view", also=("enterprise",)),
    "calendar": Route("applications.view", also=("enterprise",)),
    "official_lists": Route("recognitions.decide"),
    "official_list": Route(PERSON, elsewhere="tests/cultivation/test_official.py"),
    "decide_line": Route(PERSON, elsewhere="tests/cultivation/test_official.py"),
    "my_visits": Route("applications.view"),
    "visits": Route("applications.view", owned="shared_round"),
    "visit": Route(PERSON, elsewhere="tests/cultivation/test_visits.py"),
    "assign_visit": Route(PERSON, elsewhere="tests/cultivation/test_visits.py"),
    "attach_evidence": Route(PERSON, elsewhere="tests/cultivation/test_evidence.py"),
    "detach_evidence": Route(PERSON, elsewhere="tests/cultivation/test_evidence.py"),
    "evidence": Route(PERSON, elsewhere="tests/cultivation/test_evidence.py"),
    "conflict": Route("applications.view", "POST", elsewhere="tests/test_application_pages.py"),
    "pool": Route("pool.view"),
    "pool_admit": Route("pool.edit", "POST", fine=(302,)),
    "pool_move": Route("pool.edit", "POST", fine=(302,)),
    "pool_quota": Route("pool.view"),
    "notices": Route("applications.view"),
    "new_notice": Route("notices.publish", owned="round"),
    "national_list": Route("recognitions.decide", owned="round"),
    "notice": Route("applications.view", owned="notice"),
    "announce": Route("recognitions.decide", "POST", owned="notice", fine=(302,)),
    "answer_objection": Route("recognitions.decide", "POST", owned="objection", fine=(302,)),
    "awards": Route("awards.view", also=("enterprise",)),
    "award": Route("awards.view", owned="award", also=("enterprise",)),
    "decide_awards": Route("awards.view", "POST", fine=(302,)),
    "awards_due": Route("awards.view"),
    "propose_awards": Route("awards.propose", "POST", fine=(302,)),
    "award_notices": Route("awards.view"),
    "new_award_notice": Route("awards.approve"),
    "award_notice": Route(PERSON, elsewhere="tests/subsidies/test_award_pages.py"),
    "clear_awards": Route(PERSON, elsewhere="tests/subsidies/test_award_pages.py"),
    "answer_award_objection": Route(PERSON, elsewhere="tests/subsidies/test_award_pages.py"),
    "budgets": Route("awards.view"),
    "budget": Route(PERSON, elsewhere="tests/subsidies/test_award_pages.py"),
    "show_budget": Route("awards.budget", elsewhere="tests/subsidies/test_award_pages.py"),
    "reverse_entry": Route("awards.budget", elsewhere="tests/subsidies/test_award_pages.py"),
    "close_budgets": Route("awards.budget", "POST", fine=(302,)),
    "award_claims": Route("awards.claims", also=("enterprise",)),
    "new_award_claim": Route("awards.claims", owned="enterprise", also=("enterprise",)),
    "award_claim": Route("awards.claims", owned="award_claim", also=("enterprise",)),
    "claim_file": Route("awards.claims", elsewhere="tests/subsidies/test_claim_pages.py"),
    "award_choices": Route("awards.claims", owned="enterprise", also=("enterprise",)),
    "award_rules": Route("awards.view"),
    "new_award_rule": Route("awards.terms", elsewhere="tests/subsidies/test_settling.py"),
    "decide_award_rule": Route("awards.terms", elsewhere="tests/subsidies/test_settling.py"),
    "ledger_heads": Route("ledger.view"),
    "propose_loss": Route("ledger.propose", "POST", fine=(302,)),
    "confirm_loss": Route("ledger.confirm", "POST", elsewhere="tests/subsidies/test_loss_pages.py"),
    "decline_loss": Route("ledger.view", "POST", elsewhere="tests/subsidies/test_loss_pages.py"),
    "award_packs": Route("awards.view"),
    "award_pack": Route("awards.view", elsewhere="tests/subsidies/test_audit_pack.py: for who had it made"),
    "pack_enterprise": Route("awards.view", "POST", owned="award", fine=(302,)),
    "pack_notice": Route("awards.view", "POST", elsewhere="tests/subsidies/test_audit_pack.py"),
    "award_totals": Route("awards.view"),
    "award_simulation": Route("awards.view"),
    "vouchers": Route("awards.view", also=("enterprise",)),
    "voucher": Route("awards.view", owned="voucher", also=("enterprise",)),
    "issue_vouchers": Route("awards.reserve"),
    "voucher_providers": Route("awards.view"),
    "end_provider": Route("awards.approve", "POST", elsewhere="tests/subsidies/test_voucher_pages.py"),
    "decide_redemption": Route("awards.view", "POST", elsewhere="tests/subsidies/test_voucher_pages.py"),
    "payee_account": Route("awards.account", owned="enterprise", also=("enterprise",)),
    "orders": Route("awards.view"),
    "settle_order": Route("awards.pay", "POST", elsewhere="tests/subsidies/test_award_pages.py"),
    "receive_recovery": Route("awards.pay", "POST", elsewhere="tests/subsidies/test_award_pages.py"),
    "reclaim_award": Route("awards.view", "POST", elsewhere="tests/subsidies/test_award_pages.py"),
    "titles": Route("applications.view", also=("enterprise",)),
    "title": Route("applications.view", owned="title", also=("enterprise",)),
    "withdraw_title": Route("recognitions.decide", "POST", owned="title", fine=(302,)),
    "award_books": Route("awards.record"),
    "award_template": Route("awards.record", owned="book_kind"),
    "public": Route(PUBLIC),
    "public_notice": Route(PUBLIC, owned="notice"),
    "objection": Route(PUBLIC, owned="receipt"),
    "certificate": Route(PUBLIC, owned="certificate"),
    "standards": Route("cultivation.view"),
    "new_edition": Route("editions.compose"),
    "draft": Route("editions.compose", owned="drafted_standard"),
    "draft_head": Route("editions.compose", owned="drafted_standard"),
    "draft_change": Route("editions.compose", "POST", owned="drafted_standard", fine=(302,)),
    "draft_effect": Route("editions.compose", "POST", owned="drafted_standard", fine=(302,)),
    "draft_step": Route("editions.compose", "POST", owned="drafted_standard", fine=(302,)),
    "draft_condition": Route("editions.compose", elsewhere="tests/cultivation/test_composing.py"),
    "draft_indicators": Route("editions.compose", elsewhere="tests/cultivation/test_composing.py"),
    "cultivation:overview": Route("cultivation.view"),
    "cultivation:again": Route("cultivation.evaluate", "POST", fine=(302,)),
    "cultivation:standard": Route("cultivation.view", owned="edition", also=("enterprise",)),
    "reports": Route("reports.view"),
    "report": Route("reports.view", owned="quarter"),
    "make_report": Route("reports.close", "POST", fine=(302, 404)),
    "download": Route("reports.view", owned="report"),
    "api_judgements": Route("cultivation.view"),
    "api_judgement": Route("cultivation.view", owned="code", also=("enterprise",)),
    "api_enterprises": Route("enterprises.view", also=("enterprise",)),
    "api_enterprise": Route("enterprises.view", owned="code", also=("enterprise",)),
    "api_figures": Route("enterprises.view", owned="code", also=("enterprise",)),
    "api_year": Route(PERSON, elsewhere="tests/test_api_document.py, for each role"),
    "api_rounds": Route("applications.view", also=("enterprise",)),
    "api_applications": Route("applications.view", also=("enterprise",)),
    "api_application": Route("applications.view", owned="application", also=("enterprise",)),
    "api_decide": Route(PERSON, elsewhere="tests/test_api_document.py, for each role"),
    "api_notices": Route("applications.view"),
    "api_notice_entries": Route("applications.view", owned="notice"),
    "hooks": Route("hooks.manage"),
    "end_hook": Route(PERSON, elsewhere="tests/tenancy/test_hooks.py"),
    "send_again": Route(PERSON, elsewhere="tests/tenancy/test_hooks.py"),
    "keys": Route("tokens.own"),
    "revoke_key": Route(PERSON, elsewhere="tests/test_api_writes.py: nobody revokes a colleague's"),
    "api_recognitions": Route("applications.view", also=("enterprise",)),
    "api_schema": Route(PERSON),
    "api_docs": Route(PERSON),
    "enterprises:imports": Route("enterprises.import"),
    "enterprises:batch": Route("enterprises.import", owned="batch"),
    "enterprises:columns": Route("enterprises.import", owned="batch"),
    "enterprises:year": Route("enterprises.import", "POST", owned="batch", fine=(302,)),
    "enterprises:mend": Route("enterprises.import", owned="batch"),
    "enterprises:changes": Route("enterprises.import", owned="batch"),
    "take_back": Route("enterprises.import", "POST", owned="batch", fine=(302,)),
    "check": Route("enterprises.edit"),
    "enterprises:own": Route("own.report"),
    "enterprises:proposals": Route("enterprises.import"),
    "enterprises:decide": Route("enterprises.decide", "POST", fine=(302,)),
    "enterprises:write": Route("enterprises.import", "POST", owned="batch", fine=(302,)),
    "enterprises:abandon": Route("enterprises.import", "POST", owned="batch", fine=(302,)),
    "enterprises:problems": Route("enterprises.import", owned="batch"),
    "enterprises:returned": Route("enterprises.import", owned="batch"),
    "enterprises:failed": Route("enterprises.import", owned="batch"),
    "enterprises:returned_file": Route("enterprises.import", owned="returned_file"),
    "enterprises:template": Route("enterprises.import", owned="year"),
    "enterprises:new": Route("enterprises.edit"),
    "enterprises:check": Route("enterprises.edit", fine=(404,)),
    "enterprises:draft": Route(
        "enterprises.edit",
        owned="draft",
        elsewhere="a draft is its author's alone: test_a_draft_is_seen_by_its_author_alone",
    ),
    "enterprises:discard": Route("enterprises.edit", "POST", owned="draft", elsewhere="as the draft"),
    "enterprises:edit": Route("enterprises.edit", owned="enterprise"),
    "enterprises:state": Route("enterprises.edit", "POST", owned="enterprise", fine=(302, 422)),
}

#: objects that are everybody's: no neighbour is kept out of them
SHARED = {"shared_round", "edition", "quarter", "year", "book_kind", "notice", "receipt", "certificate"}


def _names(patterns: list[object], prefix: str = "") -> list[str]:
    found: list[str] = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            found += _names(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            found.append(f"{prefix}{pattern.name or pattern.pattern}")
    return found


ALL_NAMES = _names(get_resolver().url_patterns)
OWN_NAMES = [name for name in ALL_NAMES if not name.startswith("mfa_")]


def test_every_address_stands_in_the_table_d01() -> None:
    assert sorted(set(OWN_NAMES) - set(ROUTES)) == []
    assert sorted(set(ROUTES) - set(OWN_NAMES)) == []


CHECKED = {name: route for name, route in ROUTES.items() if not route.elsewhere}
pytestmark = pytest.mark.django_db


class Cast:
    """One person for each role at 博乐市 (or above it, where the role sits higher), made when asked for."""

    places = {"prefecture": BORTALA, "region": XINJIANG}

    def __init__(self, person: Callable[..., Actor], request: pytest.FixtureRequest) -> None:
        self.person, self.request = person, request
        self.made: dict[str, Actor] = {}

    def __iter__(self) -> Iterator[str]:
        return (role for role in ROLES if role != "system")

    def __getitem__(self, role: str) -> Actor:
        if role not in self.made:
            enterprise = self.request.getfixturevalue("own_enterprise") if role == "enterprise" else None
            self.made[role] = self.person(f"{role}.own", role, self.places.get(role, BOLE), enterprise)
        return self.made[role]


@pytest.fixture
def cast(person: Callable[..., Actor], request: pytest.FixtureRequest) -> Cast:
    return Cast(person, request)


def _address(name: str, route: Route, request: pytest.FixtureRequest) -> str:
    if not route.owned:
        return reverse(name)
    return reverse(name, args=[request.getfixturevalue(f"{route.owned}_of_bole")])


def _call(client: Client, route: Route, address: str) -> object:
    return client.post(address) if route.method == "POST" else client.get(address)


@pytest.mark.parametrize("name", CHECKED)
def test_a_stranger_is_led_to_sign_in(name: str, client: Client, request: pytest.FixtureRequest) -> None:
    route = CHECKED[name]
    response = _call(client, route, _address(name, route, request))
    if route.who == PUBLIC:
        assert response.status_code in route.fine
    else:
        assert response.status_code in (302, 401, 403)
        assert (response.status_code == 401) == (name.startswith("api_") and name != "api_docs")
        if response.status_code == 302:
            assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("role", [r for r in ROLES if r != "system"])
@pytest.mark.parametrize("name", [n for n, r in CHECKED.items() if r.who != PUBLIC])
def test_each_role_reaches_what_its_permission_says(
    name: str, role: str, cast: Cast, client: Client, request: pytest.FixtureRequest
) -> None:
    route = CHECKED[name]
    sign_in(client, cast[role])
    response = _call(client, route, _address(name, route, request))
    if route.who == PERSON or may(role, route.who) or role in route.also:
        assert response.status_code in route.fine, (role, response.status_code)
    else:
        assert response.status_code in (403, 404), (role, response.status_code)


NEIGHBOURS = {
    "county": JINGHE,
    "prefecture": "65/6501/",
    "region": "54/",
    "secadmin": JINGHE,
    "auditor": JINGHE,
}


@pytest.mark.parametrize("role", NEIGHBOURS)
@pytest.mark.parametrize("name", [n for n, r in CHECKED.items() if r.owned and r.owned not in SHARED])
def test_a_neighbour_gets_the_answer_of_does_not_exist_a02_a03(
    name: str, role: str, client: Client, person: Callable[..., Actor], request: pytest.FixtureRequest
) -> None:
    route = CHECKED[name]
    sign_in(client, person(f"{role}.neighbour", role, NEIGHBOURS[role]))
    response = _call(client, route, _address(name, route, request))
    expected = {404} if may(role, route.who) else {403, 404}
    assert response.status_code in expected


def test_an_enterprise_sees_itself_and_no_sibling_a06(
    client: Client, person: Callable[..., Actor], enterprise_of_bole: str, sibling_of_bole: Enterprise
) -> None:
    sign_in(client, person("enterprise.sibling", "enterprise", BOLE, sibling_of_bole.pk))
    for name in ("enterprise", "judgement", "figures", "file_application"):
        assert client.get(reverse(name, args=[sibling_of_bole.public_id])).status_code == 200
        assert client.get(reverse(name, args=[enterprise_of_bole])).status_code == 404


def test_a_draft_is_seen_by_its_author_alone(
    client: Client, person: Callable[..., Actor], cast: Cast, draft_of_bole: str
) -> None:
    sign_in(client, cast["county"])
    assert client.get(reverse("enterprises:draft", args=[draft_of_bole])).status_code == 200
    sign_in(client, person("county.other", "county", BOLE))
    assert client.get(reverse("enterprises:draft", args=[draft_of_bole])).status_code == 404
    assert client.post(reverse("enterprises:discard", args=[draft_of_bole])).status_code == 404


def test_a_choice_of_columns_is_its_officers_alone(
    client: Client, person: Callable[..., Actor], cast: Cast, columns_of_bole: str
) -> None:
    sign_in(client, person("county.other", "county", BOLE))
    for name in ("rename_columns", "delete_columns"):
        address = reverse(name, args=[columns_of_bole])
        assert client.post(address, {"name": "别的"}).status_code == 404
        assert client.get(address).status_code == 405
    sign_in(client, cast["county"])
    assert client.post(reverse("rename_columns", args=[columns_of_bole]), {"name": "别的"}).status_code == 302
    assert client.post(reverse("delete_columns", args=[columns_of_bole])).status_code == 302
    assert client.post(reverse("delete_columns", args=[columns_of_bole])).status_code == 404


@pytest.mark.parametrize("name", [n for n, r in CHECKED.items() if r.method == "POST" and r.who != PUBLIC])
def test_reading_an_address_that_moves_a_state_is_refused_c02(
    name: str, cast: Cast, client: Client, request: pytest.FixtureRequest
) -> None:
    route = CHECKED[name]
    role = next(r for r in cast if route.who == PERSON or may(r, route.who))
    sign_in(client, cast[role])
    assert client.get(_address(name, route, request)).status_code == 405


def test_a_job_is_seen_by_the_one_who_started_it_alone(
    client: Client, cast: Cast, job_of_bole: str, person: Callable[..., Actor]
) -> None:
    sign_in(client, cast["county"])
    assert client.get(reverse("job", args=[job_of_bole])).status_code == 200
    sign_in(client, person("county.colleague", "county", BOLE))
    assert client.get(reverse("job", args=[job_of_bole])).status_code == 404


@pytest.mark.parametrize("name", [n for n, r in CHECKED.items() if r.method == "GET"])
def test_every_answer_carries_its_policy_and_is_not_kept(
    name: str, cast: Cast, client: Client, request: pytest.FixtureRequest
) -> None:
    route = CHECKED[name]
    role = next((r for r in cast if route.who in (PERSON, PUBLIC) or may(r, route.who)), "county")
    sign_in(client, cast[role])
    response = client.get(_address(name, route, request))
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "unsafe-inline" not in response["Content-Security-Policy"].split("style-src")[0]
    assert "no-store" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "HX-Request" in response["Vary"]


def test_a_purchaser_sees_no_judgement_in_the_list_nor_at_home(
    client: Client, cast: Cast, own_enterprise: int
) -> None:
    sign_in(client, cast["purchaser"])
    for path in ("/", "/registry/?view=unknown&sort=score&col=outcome&col=score&col=name"):
        text = client.get(path).content.decode()
        assert not any(word in text for word in ("达标", "待补数据", "得分", "待办")), path


def test_a_home_without_work_shows_no_empty_list_of_it(client: Client, cast: Cast) -> None:
    sign_in(client, cast["commissioner"])
    assert "待办" not in client.get("/").content.decode()
