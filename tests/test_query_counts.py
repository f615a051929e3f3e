"""Every list, report and export asks the same number of questions for three enterprises and for sixty."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cultivation.actions import evaluate
from cultivation.models import Tier
from enterprises.actions.imports import check_upload, import_workbook, write_batch
from enterprises.models import Enterprise
from tenancy.access import Actor
from tenancy.context import acting
from tests.conftest import BOLE, BORTALA, XINJIANG
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db

_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _code(n: int) -> str:
    """A code of the right shape; the check digit only warns."""
    return f"91652701MA{n:07d}{_DIGITS[n % 31]}"


def _fill(actor: Actor, numbers: range) -> None:
    lines = [
        "统一社会信用代码,企业名称,行业代码,从业人员（人）,营业收入（万元）,主营业务收入（万元）,研发费用（万元）,资产总额（万元）,负债总额（万元）"
    ]
    lines += [
        f"{_code(n)},博乐市第{n}号有限公司,C3511,{50 + n},{4000 + n},{3000 + n},{100 + n},5000,2000"
        for n in numbers
    ]
    with acting(actor):
        import_workbook(
            by=actor,
            region=BOLE,
            year=timezone.localdate().year - 1,
            file=io.BytesIO("\n".join(lines).encode()),
            name="a.csv",
        )
        evaluate(
            by=actor,
            region=BOLE,
            tier=Tier.INNOVATIVE,
            year=timezone.localdate().year - 1,
            on=timezone.localdate(),
        )


def _count(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(path)
        assert response.status_code == 200, path
        if response.streaming:
            b"".join(response)
    return len(queries)


@pytest.mark.parametrize(
    ("path", "role", "place", "most"),
    [
        ("/", "county", BOLE, 34),
        ("/", "prefecture", BORTALA, 22),
        ("/", "region", XINJIANG, 23),
        ("/registry/?size=100", "county", BOLE, 24),
        ("/registry/?size=100&sort=missing&view=near&q=有限", "prefecture", BORTALA, 24),
        ("/exports/new/?list=registry", "county", BOLE, 16),
        ("/exports/", "county", BOLE, 14),
        ("/data/imports/", "county", BOLE, 16),
        ("/registry/check/", "county", BOLE, 14),
        ("/evaluations/", "county", BOLE, 16),
        ("/reports/", "county", BOLE, 16),
        ("/api/judgements/", "county", BOLE, 12),
        ("/api/enterprises/", "county", BOLE, 12),
        ("/api/applications/", "county", BOLE, 12),
        ("/api/notices/", "county", BOLE, 12),
        ("/keys/", "county", BOLE, 14),
        ("/titles/updates/", "county", BOLE, 14),
        ("/registry/accounts/", "county", BOLE, 16),
        ("/registry/accounts/?view=opened", "county", BOLE, 16),
        ("/registry/accounts/claims/", "county", BOLE, 14),
        ("/people/", "sysadmin", BOLE, 14),
        ("/calendar/", "region", XINJIANG, 18),
        ("/awards/books/", "finance", BOLE, 14),
        ("/awards/orders/", "finance", XINJIANG, 14),
        ("/awards/books/template/pools/", "finance", BOLE, 10),
    ],
)
def test_the_number_of_queries_does_not_grow_with_the_registry(
    path: str,
    role: str,
    place: str,
    most: int,
    client: Client,
    county_bole: Actor,
    person: Callable[..., Actor],
) -> None:
    _fill(county_bole, range(1, 4))
    actor = person(f"{role}.counting", role, place)
    sign_in(client, actor)
    client.get(path)
    few = _count(client, path)
    _fill(county_bole, range(4, 64))
    many = _count(client, path)
    assert many <= few, (few, many)
    assert many <= most


def _export(client: Client, listed: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = client.post("/exports/make/", {"list": listed, "format": "csv"})
        assert response.status_code == 200, listed
        b"".join(response)
    return len(queries)


@pytest.mark.parametrize("listed", ["registry", "overview", "imports", "exports", "jobs"])
def test_an_export_asks_as_many_questions_for_sixty_rows_as_for_three(
    listed: str, client: Client, county_bole: Actor
) -> None:
    for numbers in (range(1, 4), range(4, 6), range(6, 8)):
        _fill(county_bole, numbers)
    sign_in(client, county_bole)
    few = _export(client, listed)
    for n in range(8, 68, 10):
        _fill(county_bole, range(n, n + 10))
        _export(client, listed)
    many = _export(client, listed)
    assert many <= few, (few, many)
    assert many <= 40


@pytest.mark.parametrize("tail", ["", "judgement/", "figures/", "history/"])
def test_the_page_of_an_enterprise_stays_within_its_bound(
    tail: str, client: Client, county_bole: Actor
) -> None:
    _fill(county_bole, range(1, 4))
    sign_in(client, county_bole)
    with acting(county_bole):
        found = Enterprise.objects.get(uscc=_code(1))
    client.get(f"/enterprises/{found.public_id}/")
    assert _count(client, f"/enterprises/{found.public_id}/{tail}") <= 18


def test_importing_twenty_times_as_many_rows_asks_no_more(county_bole: Actor) -> None:
    _fill(county_bole, range(1, 4))  # a first import has nobody to be compared with
    with CaptureQueriesContext(connection) as few:
        _fill(county_bole, range(4, 7))
    with CaptureQueriesContext(connection) as many:
        _fill(county_bole, range(100, 160))
    assert len(many) <= len(few) + 2


def _book(numbers: range, more: int) -> list[list[object]]:
    """Two rows of each code: the later one asks which to take; its revenue is no number every other time."""
    firms = [[_code(n), f"博乐市第{n}号有限公司", 4000 + n + more] for n in numbers]
    return firms + [[code, name, "约5千万" if n % 2 else 1] for n, (code, name, _) in enumerate(firms)]


@pytest.mark.parametrize("page", ["", "mend/", "changes/", "proposals"])
def test_the_pages_of_an_import_ask_as_many_questions_for_sixty_rows_as_for_three(
    page: str, client: Client, county_bole: Actor, person: Callable[..., Actor]
) -> None:
    from tests.enterprises import books

    _fill(county_bole, range(1, 64))
    above = person("prefecture.counting", "prefecture", BORTALA)
    actor = above if page == "proposals" else county_bole
    head = ["统一社会信用代码", "企业名称", "营业收入（万元）"]
    counted = []
    for numbers in (range(1, 4), range(1, 61)):
        file = books.xlsx(("表", [head, *_book(numbers, len(counted) + 1)]))
        with acting(actor):
            batch = check_upload(
                by=actor,
                region=BOLE,
                year=timezone.localdate().year - 1,
                name="a.xlsx",
                chunks=[file.getvalue()],
            )
            if page == "proposals":
                write_batch(by=actor, batch=batch)
        address = "/data/proposals/" if page == "proposals" else f"/data/imports/{batch.public_id}/{page}"
        sign_in(client, county_bole)
        client.get(address)
        counted.append(_count(client, address))
    assert counted[1] <= counted[0] <= 30, counted
