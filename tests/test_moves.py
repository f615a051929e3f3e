"""An enterprise moves to another county: offered, taken, and its whole file goes over at once or not at all."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from cultivation.actions import evaluate, file, recognise
from cultivation.models import Application, Evaluation, Recognition, ReviewStep
from cultivation.rules.workflow import Refused as NotFiled
from enterprises.actions import moving
from enterprises.actions.entry import Refused, save_by_hand
from enterprises.models import AnnualFigures, Enterprise, FormerRegion, Move
from portal.reports import dossier
from portal.tasks import hand_over_enterprise
from portal.told import told
from tenancy import inbox, jobs
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Message, Posting, Region
from tests.conftest import BOLE, HONGQI, JINGHE, WENQUAN, XINJIANG
from tests.cultivation.test_applications import filed, opened, take
from tests.cultivation.test_recognising import approved, clock, ended, published  # noqa: F401
from tests.cultivation.world import YEAR, enterprise
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def place(path: str) -> Region:
    return Region.objects.get(path=path)


def offered(by: Actor, of: Enterprise, to: str) -> Move:
    with acting(by):
        return moving.offer_move(
            by=by, enterprise=of, to=place(to), moved_on=TODAY(), document="迁移通知书 2026-17 号"
        )


def run(by: Actor, move: Move) -> None:
    with acting(by):
        job = jobs.start(
            by=by, kind="enterprises.move", region=by.region_path, params={"move": move.public_id}
        )
    hand_over_enterprise(str(job.pk))


def taken(by: Actor, move: Move) -> None:
    with acting(by):
        moving.decide_move(by=by, move=move, accept=True)
    run(by, move)


def state(move: Move) -> str:
    with nation():
        return Move.objects.get(pk=move.pk).state


def test_nothing_moves_before_the_other_county_has_taken_it(
    county_bole: Actor, county_jinghe: Actor, person: Callable[..., Actor]
) -> None:
    of = enterprise(1, BOLE)
    move = offered(county_bole, of, JINGHE)
    third = person("third", "county", WENQUAN)
    with acting(third):
        assert not Move.objects.exists()
        with pytest.raises(Denied):
            moving.decide_move(by=third, move=move, accept=True)
    with acting(county_jinghe):
        assert Move.objects.get().name == of.name
        assert not Enterprise.objects.exists()
    with acting(county_bole), pytest.raises(Denied):
        moving.decide_move(by=county_bole, move=move, accept=True)
    run(county_jinghe, move)
    assert state(move) == "offered"
    taken(county_jinghe, move)
    assert state(move) == "done"
    with acting(county_bole):
        assert not Enterprise.objects.exists() and not AnnualFigures.objects.exists()
    with acting(county_jinghe):
        now = Enterprise.objects.get()
        assert (now.pk, now.uscc, now.version) == (of.pk, of.uscc, of.version + 1)
        assert AnnualFigures.objects.count() == 3
        former = FormerRegion.objects.get()
        assert (former.former_region_id, former.until_on) == (BOLE, TODAY())
        assert Evaluation.objects.filter(tier="innovative").count() == 1
    with nation():
        trail = AuditEntry.objects.filter(action__startswith="enterprises.move").order_by("id")
        assert [(a.action.rpartition(".")[2], a.region_id) for a in trail] == [
            ("offer", BOLE), ("accept", JINGHE), ("leave", BOLE), ("arrive", JINGHE),
        ]  # fmt: skip


def test_handing_over_twice_is_handing_over_once(county_bole: Actor, county_jinghe: Actor) -> None:
    move = offered(county_bole, enterprise(1, BOLE), JINGHE)
    taken(county_jinghe, move)
    run(county_jinghe, move)
    with nation():
        assert FormerRegion.objects.count() == 1
        assert Enterprise.objects.get().version == 2


def test_a_crash_in_the_middle_moves_nothing(
    county_bole: Actor, county_jinghe: Actor, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = offered(county_bole, enterprise(1, BOLE), JINGHE)

    def crash(**_: Any) -> int:
        raise OSError("disk")

    with monkeypatch.context() as patched:
        patched.setattr(moving, "carry_postings", crash)
        taken(county_jinghe, move)
    assert state(move) == "accepted"
    sign_in(client, county_jinghe)
    assert "再次移交" in client.get("/registry/moves/").content.decode()
    with nation():
        assert Enterprise.objects.get().region_id == BOLE
        assert not FormerRegion.objects.exists()
    job = client.post(f"/registry/moves/{move.public_id}/", {"how": "again"})["Location"]
    hand_over_enterprise(job.rstrip("/").rpartition("/")[2])
    assert state(move) == "done"
    again = client.post(f"/registry/moves/{move.public_id}/", {"how": "again"}, follow=True)
    assert "已经有人办过" in again.content.decode()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"to": "65/6527/"}, "move_place"),
        ({"to": BOLE}, "move_here"),
        ({"days": 1}, "move_day"),
        ({"document": "  "}, "move_document"),
    ],
)
def test_an_offer_that_cannot_be_is_refused(county_bole: Actor, more: dict[str, Any], code: str) -> None:
    of = enterprise(1, BOLE)
    with acting(county_bole), pytest.raises(Refused) as told_:
        moving.offer_move(
            by=county_bole,
            enterprise=of,
            to=place(more.get("to", JINGHE)),
            moved_on=TODAY() + dt.timedelta(more.get("days", 0)),
            document=more.get("document", "通知书"),
        )
    assert told_.value.code == code


def test_an_enterprise_is_offered_once_at_a_time_and_an_offer_can_be_taken_back_or_declined(
    county_bole: Actor, county_jinghe: Actor
) -> None:
    of = enterprise(1, BOLE)
    first = offered(county_bole, of, JINGHE)
    with pytest.raises(Refused, match="move_open"):
        offered(county_bole, of, WENQUAN)
    with acting(county_bole):
        moving.take_move_back(by=county_bole, move=first)
    with acting(county_jinghe), pytest.raises(Refused, match="move_decided"):
        moving.decide_move(by=county_jinghe, move=first, accept=True)
    second = offered(county_bole, of, JINGHE)
    with acting(county_jinghe):
        with pytest.raises(Refused, match="move_reason"):
            moving.decide_move(by=county_jinghe, move=second, accept=False)
        moving.decide_move(by=county_jinghe, move=second, accept=False, reason="没有在本县注册")
    assert (state(first), state(second)) == ("taken_back", "declined")
    with acting(county_bole):
        lines = told(county_bole, inbox.of(county_bole))
    assert ["没有被接收" in line.title and "没有在本县注册" in line.note for line in lines] == [True]


def test_a_county_tells_another_one_nothing_but_of_a_move_between_them(
    county_bole: Actor, county_jinghe: Actor
) -> None:
    move = offered(county_bole, enterprise(1, BOLE), JINGHE)
    for key, region in ((move.public_id, WENQUAN), ("other", JINGHE)):
        with acting(county_bole), pytest.raises(DatabaseError), transaction.atomic():
            inbox.tell([inbox.Note("move.offered", key, region, role="county")])
    with acting(county_bole), pytest.raises(DatabaseError), transaction.atomic():
        inbox.tell([inbox.Note("proposal.own", move.public_id, JINGHE, role="county")])
    with acting(county_jinghe):
        assert [m.kind for m in inbox.of(county_jinghe)] == ["move.offered"]


def test_an_application_inside_the_province_goes_along(
    county_bole: Actor,
    county_jinghe: Actor,
    region_xinjiang: Actor,
    person: Callable[..., Actor],
    client: Client,
) -> None:
    of = enterprise(1, BOLE)
    made = filed(county_bole, opened(region_xinjiang), of)
    take(county_bole, made, "submit")
    taken(county_jinghe, offered(county_bole, of, JINGHE))
    sign_in(client, county_jinghe)
    assert client.get(f"/applications/{made.public_id}/").status_code == 200
    assert client.get("/applications/").status_code == 200
    assert take(county_jinghe, made, "recommend") == "prefecture"
    with acting(county_jinghe):
        assert ReviewStep.objects.count() == 2


def test_an_application_under_way_ties_it_to_its_province(
    county_bole: Actor, region_xinjiang: Actor, person: Callable[..., Actor], client: Client
) -> None:
    henan = person("henan", "county", HONGQI)
    of = enterprise(1, BOLE)
    made = filed(county_bole, opened(region_xinjiang), of)
    sign_in(client, county_bole)
    said = {"to": "410702", "moved_on": TODAY().isoformat(), "document": "通知书"}
    page = client.post(f"/enterprises/{of.public_id}/move/", said).content.decode()
    assert "还有没办结的申报" in page
    # Somebody offers it all the same, as when it was filed at the same moment: the hand-over finds out.
    move = offered(county_bole, of, HONGQI)
    taken(henan, move)
    assert state(move) == "declined"
    for by in (henan, county_bole):
        with acting(by):
            assert any(
                "没有移交成功" in line.title and "申报" in line.note for line in told(by, inbox.of(by))
            )
    take(county_bole, made, "withdraw", reason="外迁")
    move = offered(county_bole, of, HONGQI)
    with acting(county_bole), pytest.raises(NotFiled, match="moving"):
        file(by=county_bole, batch=opened(region_xinjiang, title="第二批"), enterprise=of)
    taken(henan, move)
    assert state(move) == "done"


def test_titles_applications_and_accounts_are_whole_in_another_province(
    approved: Any,  # noqa: F811
    clock: Any,  # noqa: F811
    county_bole: Actor,
    region_xinjiang: Actor,
    person: Callable[..., Actor],
    client: Client,
) -> None:
    henan, other = person("henan", "county", HONGQI), person("other", "county", "41/4107/410703/")
    of = enterprise(1, BOLE, park="博乐园区")
    speaker = person("speaker", "enterprise", BOLE, enterprise_id=of.pk)
    batch, applications = approved(own=[of])
    notice, _done = published(region_xinjiang, batch, applications)
    day = ended(notice, clock)
    with acting(region_xinjiang):
        recognise(by=region_xinjiang, notice=notice, number="新工信〔2026〕1号", announced_on=day)
    with acting(county_bole):
        move = moving.offer_move(
            by=county_bole, enterprise=of, to=place(HONGQI), moved_on=day, document="通知书"
        )
    taken(henan, move)
    with nation():
        title = Recognition.objects.get()
        assert (title.region_id, Application.objects.get().region_id) == (HONGQI, HONGQI)
        assert Enterprise.objects.get().park is None
        assert Posting.objects.get(role="enterprise").region_id == HONGQI
    for by in (henan, speaker):
        sign_in(client, by)
        assert "新工信〔2026〕1号" in client.get(f"/titles/{title.code}/").content.decode()
        assert "第1企业有限公司" in client.get("/titles/").content.decode()
        assert client.get(f"/applications/{applications[0].public_id}/").status_code == 200
        assert "第一批" in client.get("/applications/?view=all").content.decode() or by is henan
        assert client.get(f"/enterprises/{of.public_id}/").status_code == 200
        assert client.get(f"/enterprises/{of.public_id}/judgement/").status_code == 200
        assert client.get("/", follow=True).status_code == 200
        assert client.get("/calendar/").status_code == client.get("/inbox/").status_code == 200
    assert "博乐市" in client.get(f"/enterprises/{of.public_id}/").content.decode()
    for by in (county_bole, other):
        sign_in(client, by)
        assert client.get(f"/enterprises/{of.public_id}/").status_code == 404
        assert client.get(f"/titles/{title.code}/").status_code == 404
    assert "有效" in client.get(f"/public/certificates/{title.code}/").content.decode()
    sign_in(client, region_xinjiang)
    assert client.get(f"/notices/{notice.public_id}/").status_code == 200


def test_the_move_on_the_pages_of_both_sides(
    county_bole: Actor, county_jinghe: Actor, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    of = enterprise(1, BOLE)
    sign_in(client, county_bole)
    page = f"/enterprises/{of.public_id}/move/"
    assert client.get(page).status_code == 200
    assert (
        "没有这个代码"
        in client.post(page, {"to": "999999", "moved_on": "x", "document": ""}).content.decode()
    )
    said = {"to": "652722", "moved_on": TODAY().isoformat(), "document": "通知书"}
    assert "精河县接收" in client.post(page, said, follow=True).content.decode()
    assert "已经提出过迁出" in client.post(page, said).content.decode()
    with nation():
        move = Move.objects.get()
    sign_in(client, county_jinghe)
    assert "迁入" in client.get("/registry/moves/").content.decode()
    assert client.post(f"/registry/moves/{move.public_id}/", {"how": "other"}).status_code == 404
    refused = client.post(f"/registry/moves/{move.public_id}/", {"how": "decline"}, follow=True)
    assert "写明不接收的理由" in refused.content.decode()
    job = client.post(f"/registry/moves/{move.public_id}/", {"how": "accept"})["Location"]
    hand_over_enterprise(job.rstrip("/").rpartition("/")[2])
    assert "已移交" in client.get("/registry/moves/?view=done").content.decode()
    assert client.get(f"/enterprises/{of.public_id}/").status_code == 200
    sign_in(client, county_bole)
    assert "已移交" in client.get("/registry/moves/?view=done").content.decode()
    with nation():
        kinds = set(Message.objects.values_list("kind", "region_id"))
    assert kinds == {("move.offered", JINGHE), ("move.left", BOLE), ("move.arrived", JINGHE)}


def test_what_stays_behind_is_frozen_in_a_dossier_for_the_new_county(
    county_bole: Actor, county_jinghe: Actor, person: Callable[..., Actor], client: Client
) -> None:
    of = enterprise(1, BOLE, contact_phone="13800000000")
    with acting(county_bole):
        evaluate(by=county_bole, region=BOLE, tier="innovative", year=YEAR, on=TODAY())
        save_by_hand(
            by=county_bole,
            region=BOLE,
            year=YEAR,
            values={"employees": 130, "contact_phone": "139"},
            enterprise=of,
        )
    taken(county_jinghe, offered(county_bole, of, JINGHE))
    sign_in(client, county_jinghe)
    page = client.get(f"/enterprises/{of.public_id}/").content.decode()
    address = f"/enterprises/{of.public_id}/dossier/" + page.split("/dossier/")[1].split('"')[0]
    answer = client.get(address)
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)  # type: ignore[attr-defined]
    assert rows[0] == dossier.HEAD
    assert ("评价", str(YEAR), "创新型中小企业") in {row[1:4] for row in rows}
    assert ("数据", str(YEAR), "从业人员", "120", "130") in {row[1:6] for row in rows}
    assert "138" not in str(rows) and "139" not in str(rows)
    for by, status in ((county_bole, 404), (person("own", "enterprise", JINGHE, enterprise_id=of.pk), 403)):
        sign_in(client, by)
        assert client.get(address).status_code == status
    # It goes on with the enterprise.
    with nation():
        of.refresh_from_db()
    taken(county_bole, offered(county_jinghe, of, BOLE))
    sign_in(client, county_bole)
    assert client.get(address).status_code == 200


def test_evidence_opens_in_the_new_county(
    county_bole: Actor, county_jinghe: Actor, region_xinjiang: Actor, client: Client
) -> None:
    of = enterprise(1, BOLE)
    made = filed(county_bole, opened(region_xinjiang), of)
    sign_in(client, county_bole)
    pdf = SimpleUploadedFile("审计报告.pdf", b"%PDF-1.4\n%%EOF\n")
    client.post(f"/applications/{made.public_id}/evidence/", {"element": "", "files": [pdf]})
    take(county_bole, made, "submit")
    taken(county_jinghe, offered(county_bole, of, JINGHE))
    sign_in(client, county_jinghe)
    page = client.get(f"/applications/{made.public_id}/")
    link = page.content.decode().split(f"/applications/{made.public_id}/evidence/")[1].split('"')[0]
    found = client.get(f"/applications/{made.public_id}/evidence/{link}")
    assert found.status_code == 200 and b"".join(found.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]


def test_what_was_judged_before_stays_with_the_county_that_judged_it(
    county_bole: Actor, county_jinghe: Actor
) -> None:
    of = enterprise(1, BOLE)
    with acting(county_bole):
        evaluate(by=county_bole, region=BOLE, tier="innovative", year=YEAR, on=TODAY())
    taken(county_jinghe, offered(county_bole, of, JINGHE))
    with nation():
        assert Enterprise.objects.under(XINJIANG).count() == 1
        assert Evaluation.objects.filter(region_id=BOLE).exists()
