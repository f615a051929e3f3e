"""Odd, doubled and forged parameters on every list and every form get a defined answer (D-02, D-03)."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from enterprises.models import Enterprise, EntryDraft
from tenancy.context import nation
from tenancy.models import Appointment, Job, Posting
from tenancy.rules.roles import may
from tests.conftest import BOLE, JINGHE
from tests.enterprises import books
from tests.tenancy.test_sign_in import sign_in
from tests.test_matrix import CHECKED, Cast, Route, cast  # noqa: F401

pytestmark = pytest.mark.django_db
ODD = (
    "",
    "-1",
    "0",
    "abc",
    "²",
    "٣",
    "9" * 5000,
    "99999999999999999999",
    "1e9",
    "null",
    "a\x00b",
    "<b>",
    "‮",
    "\ud83d".encode("utf-8", "replace").decode(),
)
LISTS = {
    "registry": (
        "q",
        "view",
        "tier",
        "size_class",
        "section",
        "state",
        "under",
        "sort",
        "year",
        "page",
        "size",
        "col",
    ),
    "people": ("q", "page"),
    "audit": ("action", "username", "page"),
    "access": ("username", "permission", "region"),
    "jobs": ("page",),
    "all_jobs": ("page",),
    "reports": ("region",),
    "report": ("region",),
    "cultivation:overview": ("page",),
    "enterprises:imports": ("page",),
    "enterprises:batch": ("kind", "page"),
    "enterprises:new": ("year",),
    "enterprises:own": ("year",),
    "enterprises:edit": ("year",),
    "enterprises:check": ("name", "uscc", "revenue", "except", "established_on", "employees"),
    "exports": ("of", "page"),
    "new_export": ("list", "saved", "q", "view", "tier", "year", "under", "sort", "col", "state", "section"),
    "try_out": ("revenue", "employees", "established_on", "ip1"),
    "api_judgements": ("outcome", "after", "tier", "review"),
    "api_enterprises": ("region", "state", "changed_since", "after"),
    "api_rounds": ("after",),
    "api_applications": ("state", "tier", "round", "uscc", "after"),
    "api_notices": ("after",),
    "keys": ("page",),
    "inbox": ("view", "group", "page"),
    "standards": (),
    "moves": ("view", "page"),
    "new_edition": ("base",),
    "letters": ("view", "q", "page"),
    "claims": ("state", "page"),
    "hooks": ("page",),
    "changes": ("view", "page"),
    "updates": ("view", "page"),
    "calendar": (),
    "official_lists": ("page",),
    "my_visits": ("page",),
    "api_recognitions": ("tier", "standing", "uscc", "after"),
    "pool": ("view", "tier", "q", "page"),
    "pool_quota": ("year",),
    "notices": ("page",),
    "titles": ("view", "tier", "q", "page"),
    "awards_due": ("scheme", "q", "page", "after", "before", "job"),
    "vouchers": ("view", "q", "page"),
    "public": ("code", "receipt"),
}


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def quiet(client: Client) -> Client:
    """A browser that is shown the answer where the tests' own would raise."""
    client.raise_request_exception = False
    return client


def _address(name: str, route: Route, request: pytest.FixtureRequest) -> str:
    args = [request.getfixturevalue(f"{route.owned}_of_bole")] if route.owned else []
    return reverse(name, args=args)


@pytest.mark.parametrize("name", LISTS)
def test_odd_and_doubled_words_in_an_address_are_never_an_error_of_the_server_d03(
    name: str,
    cast: Cast,  # noqa: F811
    quiet: Client,
    request: pytest.FixtureRequest,
) -> None:
    route = CHECKED[name]
    role = next(r for r in cast if route.who in ("person", "public") or may(r, route.who))
    sign_in(quiet, cast[role])
    address = _address(name, route, request)
    wrong = []
    for key in LISTS[name]:
        for value in ODD:
            extra = (
                {"username": "x", "permission": "x", "region": "x"}
                if name == "access"
                else {"name": "甲"}
                if key == "except"
                else {}
            )
            for query in (
                {**extra, key: value},
                {**extra, key: [value, value]},
                {**extra, key + "[]": value},
            ):
                status = quiet.get(address, query).status_code
                if status >= 500:
                    wrong.append((key, value[:20], status))
    assert wrong == []


@pytest.mark.parametrize("name", [n for n, r in CHECKED.items() if r.owned])
def test_a_nul_in_a_path_is_never_an_error_of_the_server_d03(
    name: str,
    cast: Cast,  # noqa: F811
    quiet: Client,
) -> None:
    route = CHECKED[name]
    role = next(r for r in cast if route.who in ("person", "public") or may(r, route.who))
    sign_in(quiet, cast[role])
    for value in ("a\x00b", "²", "9" * 4400, "a\nb"):
        try:
            address = reverse(name, args=[value])
        except Exception:  # this address takes no such word
            continue
        call = quiet.post if route.method == "POST" else quiet.get
        assert call(address).status_code < 500, repr(value)[:20]


def _forms(request: pytest.FixtureRequest) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    return {
        "new": (
            "enterprises:new",
            "",
            ("uscc", "name", "year", "revenue", "established_on", "employees", "version"),
        ),
        "edit": ("enterprises:edit", "enterprise", ("name", "year", "revenue", "version", "figures_version")),
        "state": ("enterprises:state", "enterprise", ("state", "on", "merged_into", "note")),
        "imports": ("enterprises:imports", "", ("year", "file")),
        "columns": (
            "enterprises:columns",
            "batch",
            ("year", "row-0", "use-0", "field-0-A", "unit-0-A", "year-0-A"),
        ),
        "write": ("enterprises:write", "batch", ("how",)),
        "people": ("people", "", ("username", "display_name", "role", "region")),
        "make": ("make_report", "", ("quarter", "region")),
        "switch": ("switch_posting", "", ("posting",)),
        "again": ("cultivation:again", "", ("x",)),
        "language": ("set_language", "", ("language", "next")),
    }


WHOLE = {
    "new": {"uscc": books.code(7), "name": "甲公司", "year": "2025"},
    "edit": {"name": "甲公司", "year": "2025", "version": "1", "figures_version": "0"},
    "state": {"state": "moved", "on": "2026-01-01", "merged_into": "", "note": ""},
    "people": {"username": "new.person", "display_name": "新人", "role": "county", "region": "652701"},
    "make": {"quarter": "2026Q3", "region": ""},
}


@pytest.mark.parametrize(
    "form",
    ["new", "edit", "state", "imports", "columns", "write", "people", "make", "switch", "again", "language"],
)
def test_odd_and_doubled_words_in_a_form_are_never_an_error_of_the_server_d03(
    form: str,
    cast: Cast,  # noqa: F811
    quiet: Client,
    request: pytest.FixtureRequest,
) -> None:
    name, owned, keys = _forms(request)[form]
    sign_in(quiet, cast["secadmin" if form == "people" else "county"])
    address = reverse(name, args=[request.getfixturevalue(f"{owned}_of_bole")] if owned else [])
    wrong = []
    for key in keys:
        for value in ODD:
            for data in (
                {key: value},
                {key: [value, value]},
                {f"{key}[]": value, f"{key}.x": value, key.upper(): value},
            ):
                for more in ({}, {"draft": "1"}) if form in ("new", "edit") else ({},):
                    status = quiet.post(address, {**WHOLE.get(form, {}), **data, **more}).status_code
                    if status >= 500:
                        wrong.append((key, value[:20], more, status))
    assert wrong == []


@pytest.mark.parametrize(
    "cookie", [r'tidu="abcdefgh\000b"', "tidu=" + "9" * 4000, "tidu=²", r'tidu-csrf="a\000"']
)
def test_an_odd_cookie_is_nobodys_session_d03(quiet: Client, cookie: str) -> None:
    assert quiet.get("/accounts/login/", HTTP_COOKIE=cookie).status_code == 200
    assert quiet.get("/registry/", HTTP_COOKIE=cookie).status_code == 302


def test_added_fields_of_a_form_change_nothing_d02(cast: Cast, quiet: Client) -> None:  # noqa: F811
    sign_in(quiet, cast["county"])
    forged = {
        "region": "652722", "region_id": JINGHE, "county": "652722", "tier": "little_giant",
        "innovative_valid_until": "2099-01-01", "public_id": "x", "id": "1", "state": "merged", "is_staff": "1",
        "created_by_id": "1", "import_batch_id": "1",
    }  # fmt: skip
    answer = quiet.post(reverse("enterprises:new"), {**WHOLE["new"], **forged})
    assert answer.status_code == 302
    with nation():
        made = Enterprise.objects.get(uscc=books.code(7))
    assert (made.region_id, made.state, made.created_by_id) == (BOLE, "active", cast["county"].officer_id)
    assert made.public_id != "x"


def test_a_draft_keeps_no_added_fields_d02(cast: Cast, quiet: Client) -> None:  # noqa: F811
    sign_in(quiet, cast["county"])
    quiet.post(reverse("enterprises:new"), {**WHOLE["new"], "draft": "1", "region_id": JINGHE, "by_id": "1"})
    with nation():
        draft = EntryDraft.objects.get()
    assert draft.region_id == BOLE
    assert draft.by_id == cast["county"].officer_id
    assert set(draft.data) == {"uscc", "name"}


def test_nobody_is_appointed_outside_the_own_region_or_to_a_forged_role_d02(
    cast: Cast,  # noqa: F811
    quiet: Client,
) -> None:
    sign_in(quiet, cast["sysadmin"])
    with nation():
        before = Posting.objects.count()
    for wrong in ({"region": "652722"}, {"role": "system"}, {"role": "enterprise"}, {"role": "region"}):
        answer = quiet.post(
            reverse("people"), {**WHOLE["people"], **wrong, "place": BOLE, "is_superuser": "1"}
        )
        assert answer.status_code < 500
        with nation():
            assert Posting.objects.count() == before, wrong
            assert not Appointment.objects.exists(), wrong


def test_a_report_is_not_asked_for_in_a_foreign_region_a13(cast: Cast, quiet: Client) -> None:  # noqa: F811
    sign_in(quiet, cast["county"])
    assert quiet.post(reverse("make_report"), {"quarter": "2026Q3", "region": "652722"}).status_code == 404
    with nation():
        assert Job.objects.count() == 0
