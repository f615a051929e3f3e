"""Evidence of an application: who attaches, what is taken, who reads it, and that nothing seen is lost."""

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

from cultivation.actions import attach, decide, detach, file, open_batch
from cultivation.models import Application, Evidence, Tier
from cultivation.queue import elements_of
from cultivation.rules.evidence import MOST_BYTES, media_type
from cultivation.rules.workflow import Refused
from enterprises.models import Enterprise
from tenancy import scanner, storage
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, JINGHE, XINJIANG

from ..tenancy.test_sign_in import sign_in
from .world import enterprise

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n" + b"x" * 500


@pytest.fixture
def own(region_xinjiang: Actor, county_bole: Actor) -> Application:
    today = timezone.localdate()
    with acting(region_xinjiang):
        batch = open_batch(
            by=region_xinjiang,
            region=XINJIANG,
            tier=Tier.SPECIALISED,
            title="第一批",
            opens_on=today,
            closes_on=today,
        )
    with acting(county_bole):
        return file(by=county_bole, batch=batch, enterprise=enterprise(1, BOLE))


def put(by: Actor, application: Application, content: bytes = PDF, **more: Any) -> Evidence:
    asked: dict[str, Any] = {"element": next(iter(elements_of(application))), "name": "营业执照.pdf"} | more
    with acting(by):
        return attach(by=by, application=application, file=io.BytesIO(content), **asked)


@pytest.mark.parametrize(
    ("name", "head", "media"),
    [
        ("a.pdf", b"%PDF-1.4", "application/pdf"),
        ("a.PDF", b"%PDF-1.4", "application/pdf"),
        ("a.jpeg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("a.ofd", b"PK\x03\x04", "application/ofd"),
        ("a.pdf", b"PK\x03\x04", ""),
        ("a.png", b"%PDF-1.4", ""),
        ("a.zip", b"PK\x03\x04", ""),
        ("a.exe", b"MZ\x90", ""),
        ("a.html", b"<html>", ""),
        ("a.svg", b"<svg ", ""),
        ("pdf", b"%PDF-1.4", "application/pdf"),
        ("a.pdf", b"", ""),
    ],
)
def test_a_file_is_known_by_its_content_and_its_name_must_agree(name: str, head: bytes, media: str) -> None:
    assert media_type(name, head) == media


def test_what_is_attached_is_kept_to_the_byte_and_in_the_trail(own: Application, county_bole: Actor) -> None:
    made = put(county_bole, own)
    assert made.open().read() == PDF and made.size == len(PDF)
    with acting(county_bole):
        entry = AuditEntry.objects.get(action="applications.attach")
    assert entry.detail["name"] == "营业执照.pdf" and entry.detail["sha256"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"content": b"MZ" + b"x" * 100, "name": "a.pdf"}, "evidence_kind"),
        ({"name": "a.exe"}, "evidence_kind"),
        ({"element": "NOWHERE"}, "evidence_element"),
        ({"content": PDF + b"x" * MOST_BYTES}, "evidence_size"),
    ],
)
def test_what_cannot_be_taken_is_refused_and_nothing_is_left(
    own: Application, county_bole: Actor, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        put(county_bole, own, **more)
    assert refused.value.code == code
    with nation():
        assert not Evidence.objects.exists()


@pytest.mark.parametrize(
    ("state", "code"), [("infected", "evidence_infected"), ("unavailable", "evidence_unscanned")]
)
def test_what_the_scanner_does_not_pass_is_not_kept(
    own: Application, county_bole: Actor, monkeypatch: pytest.MonkeyPatch, state: Any, code: str
) -> None:
    monkeypatch.setattr(scanner, "scan", lambda file: scanner.Verdict(state, "EICAR"))
    with pytest.raises(Refused) as refused:
        put(county_bole, own)
    assert refused.value.code == code


def test_only_the_applicant_attaches_and_only_while_it_lies_there(
    own: Application, county_bole: Actor, county_jinghe: Actor, person: Callable[..., Actor]
) -> None:
    boss = person("boss", "enterprise", BOLE, own.enterprise_id)
    sibling = person("sibling", "enterprise", BOLE, enterprise(2, BOLE).pk)
    made = put(boss, own)
    for other in (
        county_jinghe,
        sibling,
        person("pre", "prefecture", "65/6527/"),
        person("aud", "auditor", BOLE),
    ):
        with pytest.raises(Denied):
            put(other, own)
        with acting(other), pytest.raises(Denied):
            detach(by=other, evidence=made)
    with acting(county_bole):
        decide(by=county_bole, seen={own.pk: 0}, decision="submit")
    for by in (boss, county_bole):
        with pytest.raises(Refused) as refused:
            put(by, own)
        assert refused.value.code == "not_here"
        with acting(by), pytest.raises(Refused):
            detach(by=by, evidence=made)


def test_a_removed_line_stays_behind_and_no_line_is_ever_changed(
    own: Application, county_bole: Actor
) -> None:
    made = put(county_bole, own)
    with acting(county_bole):
        detach(by=county_bole, evidence=made)
        detach(by=county_bole, evidence=made)
        assert AuditEntry.objects.filter(action="applications.detach").count() == 1
        assert Evidence.objects.get().removed_at is not None and made.file.is_there
        for change in (
            "UPDATE cultivation_evidence SET name = 'x'",
            "UPDATE cultivation_evidence SET removed_at = NULL",
            "DELETE FROM cultivation_evidence",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)


def test_the_levels_of_review_read_it_and_neighbours_do_not(
    own: Application,
    county_bole: Actor,
    county_jinghe: Actor,
    region_xinjiang: Actor,
    client: Client,
    person: Callable[..., Actor],
) -> None:
    made = put(county_bole, own)
    address = f"/applications/{own.public_id}/evidence/{made.public_id}/"
    for by in (county_bole, region_xinjiang, person("boss", "enterprise", BOLE, own.enterprise_id)):
        sign_in(client, by)
        answer = client.get(address)
        assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
    foreign = person("sibling", "enterprise", BOLE, enterprise(2, BOLE).pk)
    for by in (county_jinghe, foreign):
        sign_in(client, by)
        assert client.get(address).status_code == 404
        assert client.post(address + "remove/").status_code == 404
        upload = {"files": SimpleUploadedFile("a.pdf", PDF)}
        assert client.post(f"/applications/{own.public_id}/evidence/", upload).status_code == 404
    storage.drop(made.file.key)
    sign_in(client, county_bole)
    assert client.get(address).status_code == 404


def test_the_page_takes_several_names_what_it_refuses_and_lists_them_at_their_element(
    own: Application, county_bole: Actor, client: Client
) -> None:
    sign_in(client, county_bole)
    code, label = next(iter(elements_of(own).items()))
    upload = {
        "element": code,
        "files": [SimpleUploadedFile("审计报告.pdf", PDF), SimpleUploadedFile("坏的.pdf", b"MZ")],
    }
    page = client.post(f"/applications/{own.public_id}/evidence/", upload, follow=True).content.decode()
    assert "已上传 1 个文件" in page and "坏的.pdf：只收 PDF" in page
    row = page.split(label)[-1].split("</tr>")[0]
    assert "审计报告.pdf" in row
    assert (
        "请先选文件" in client.post(f"/applications/{own.public_id}/evidence/", follow=True).content.decode()
    )


def test_it_moves_with_its_enterprise(own: Application, county_bole: Actor) -> None:
    put(county_bole, own)
    with nation():
        Enterprise.objects.filter(pk=own.enterprise_id).update(region_id=JINGHE)
        assert Evidence.objects.get().region_id == JINGHE
