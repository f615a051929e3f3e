"""Recommendation lists: what a level has passed on, printed, sealed, and never changed."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.utils import timezone
from python_calamine import CalamineWorkbook

from cultivation.actions import decide, file, keep_printed, make_list, open_batch, take_scan
from cultivation.models import ApplicationBatch, RecommendationList, Tier
from cultivation.rules.workflow import Refused
from portal import tasks
from portal.reports.recommendation import print_recommendation
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import Job, Region
from tests.conftest import BOLE, BORTALA, JINGHE, XINJIANG

from ..tenancy.test_sign_in import sign_in
from .world import enterprise

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n" + b"x" * 500


@pytest.fixture
def second(person: Callable[..., Actor]) -> Actor:
    return person("second.bole", "county", BOLE)


@pytest.fixture
def batch(
    region_xinjiang: Actor, county_bole: Actor, county_jinghe: Actor, second: Actor
) -> ApplicationBatch:
    """Three enterprises of 博乐 and one of 精河: two of the first are recommended by the county, one waits there."""
    today = timezone.localdate()
    with acting(region_xinjiang):
        made = open_batch(
            by=region_xinjiang,
            region=XINJIANG,
            tier=Tier.INNOVATIVE,
            title="第一批",
            opens_on=today,
            closes_on=today,
        )
    for n, (place, county) in enumerate(((BOLE, county_bole),) * 3 + ((JINGHE, county_jinghe),), 1):
        with acting(county):
            a = file(by=county, batch=made, enterprise=enterprise(n, place))
            decide(by=county, seen={a.pk: 0}, decision="submit")
        if n < 3:
            with acting(second):
                decide(by=second, seen={a.pk: 1}, decision="recommend", opinion=f"意见{n}")
    return made


def test_a_level_lists_what_it_has_passed_on_in_its_place_and_nothing_else(
    batch: ApplicationBatch, county_bole: Actor, county_jinghe: Actor, prefecture_bortala: Actor
) -> None:
    with acting(county_bole):
        made = make_list(by=county_bole, batch=batch)
    assert [(r["name"], r["opinion"], r["outcome"]) for r in made.rows] == [
        ("第1企业有限公司", "意见1", "pass"),
        ("第2企业有限公司", "意见2", "pass"),
    ]
    assert (made.count, made.number) == (2, 1)
    for actor in (county_jinghe, prefecture_bortala):
        with acting(actor), pytest.raises(Refused) as refused:
            make_list(by=actor, batch=batch)
        assert refused.value.code == "list_empty"


def test_the_same_list_is_made_once_and_another_follows_what_changed(
    batch: ApplicationBatch, second: Actor
) -> None:
    with acting(second):
        first = make_list(by=second, batch=batch)
        assert make_list(by=second, batch=batch).pk == first.pk
        waiting = batch.applications.get(state="county", region_id=BOLE)
        decide(by=second, seen={waiting.pk: 1}, decision="recommend")
        after = make_list(by=second, batch=batch)
        assert (after.number, after.count, len(RecommendationList.objects.get(pk=first.pk).rows)) == (2, 3, 2)


def test_what_was_returned_is_not_on_the_next_list(
    batch: ApplicationBatch, second: Actor, prefecture_bortala: Actor
) -> None:
    with acting(prefecture_bortala):
        back = batch.applications.filter(state="prefecture").order_by("id").first()
        assert back is not None
        decide(by=prefecture_bortala, seen={back.pk: 2}, decision="return", reason="补证", to="draft")
    with acting(second):
        assert [r["name"] for r in make_list(by=second, batch=batch).rows] == ["第2企业有限公司"]


def test_who_decides_nothing_makes_no_list_and_no_level_makes_anothers(
    batch: ApplicationBatch, person: Callable[..., Actor], county_bole: Actor
) -> None:
    for role in ("auditor", "finance"):
        actor = person(role, role, BOLE)
        with acting(actor), pytest.raises(Denied):
            make_list(by=actor, batch=batch)
    with acting(county_bole):
        made = make_list(by=county_bole, batch=batch)
    above = person("above", "prefecture", BORTALA)
    with acting(above), pytest.raises(Denied):
        take_scan(by=above, made=made, name="a.pdf", file=io.BytesIO(PDF))


def test_the_same_list_prints_to_the_same_bytes(batch: ApplicationBatch, county_bole: Actor) -> None:
    with acting(county_bole):
        made = make_list(by=county_bole, batch=batch)
        place = Region.objects.get(path=BOLE)
    first, again = (print_recommendation(made, batch, place) for _ in range(2))
    assert (
        first == again
        and first.content.startswith(b"%PDF")
        and first.name.endswith("推荐汇总表（第1号）.pdf")
    )


def test_a_list_its_print_and_its_scan_stay(batch: ApplicationBatch, county_bole: Actor) -> None:
    with acting(county_bole):
        made = make_list(by=county_bole, batch=batch)
        keep_printed(by=county_bole, made=made, name="a.pdf", content=PDF)
        keep_printed(by=county_bole, made=made, name="b.pdf", content=PDF + b"2")
        with pytest.raises(Refused) as refused:
            take_scan(by=county_bole, made=made, name="a.pdf", file=io.BytesIO(b"MZ"))
        assert refused.value.code == "evidence_kind"
        take_scan(by=county_bole, made=made, name="盖章.pdf", file=io.BytesIO(PDF))
        with pytest.raises(Refused) as refused:
            take_scan(by=county_bole, made=made, name="盖章.pdf", file=io.BytesIO(PDF))
        assert refused.value.code == "list_scanned"
        made.refresh_from_db()
        assert made.printed is not None and made.printed.name == "a.pdf"
        for change in (
            "UPDATE cultivation_recommendationlist SET rows = '[]'",
            "UPDATE cultivation_recommendationlist SET scan_id = NULL, scanned_at = NULL",
            "UPDATE cultivation_recommendationlist SET printed_id = scan_id",
            "DELETE FROM cultivation_recommendationlist",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)


def test_from_the_round_to_the_scan_on_the_pages(
    batch: ApplicationBatch,
    county_bole: Actor,
    county_jinghe: Actor,
    prefecture_bortala: Actor,
    client: Client,
    django_capture_on_commit_callbacks: Any,
) -> None:
    sign_in(client, county_bole)
    address = f"/applications/rounds/{batch.public_id}/lists/"
    assert "还没有汇总表" in client.get(address).content.decode()
    answer = client.post(address)
    with nation():
        job = Job.objects.get(kind="applications.list")
    assert answer["Location"] == f"/jobs/{job.pk}/"
    tasks.print_list(str(job.pk))
    with nation():
        job.refresh_from_db()
        made = RecommendationList.objects.get()
    assert job.result["url"] == f"/applications/lists/{made.public_id}/"
    page = client.get(job.result["url"]).content.decode()
    assert "意见1" in page and "下载 PDF 盖章" in page
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(b"".join(client.get(job.result["url"] + "xlsx/").streaming_content))  # type: ignore[attr-defined]
    )
    assert book.get_sheet_by_index(0).to_python()[1][1] == "第1企业有限公司"
    assert client.get(job.result["url"] + "scan/").status_code == 404
    upload = {"file": SimpleUploadedFile("盖章.png", b"\x89PNG\r\n\x1a\n" + b"x" * 50)}
    assert (
        "盖章扫描件已收到" in client.post(job.result["url"] + "sealed/", upload, follow=True).content.decode()
    )
    sign_in(client, prefecture_bortala)
    assert "已收到" in client.get(address).content.decode()
    assert client.get(job.result["url"] + "scan/").status_code == 200
    sign_in(client, county_jinghe)
    assert client.get(job.result["url"]).status_code == 404
    assert client.get(job.result["url"] + "pdf/").status_code == 404
