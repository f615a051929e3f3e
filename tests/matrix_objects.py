"""One object of each kind, owned by 博乐市, for the table of addresses."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from cultivation.actions import (
    begin_edition,
    decide,
    evaluate,
    file,
    object_to,
    open_batch,
    publish,
    recognise,
)
from cultivation.models import Application, Edition, NoticeEntry, PublicNotice, Recognition, Tier
from enterprises.actions import entry, moving, returning
from enterprises.actions.imports import check_upload
from enterprises.models import Claim, Enterprise, ImportBatch
from portal import quarters
from portal.exports import actions as exports
from portal.exports.wanted import Wanted
from portal.models import Report
from portal.reports.closed import Quarter
from subsidies import ledger
from subsidies.actions import issue_vouchers, make_claim, propose, record_history
from subsidies.actions.proposing import Wanted as DueAward
from subsidies.rules.claims import Said
from subsidies.rules.history import read
from tenancy import actions as tenancy_actions
from tenancy import files, jobs
from tenancy.access import Actor, system_actor
from tenancy.context import acting, nation
from tenancy.models import Region
from tests.conftest import BOLE, XINJIANG

CODE, SIBLING = "91652701L9ENYBC55H", "91652701MA0000001K"


def _make(uscc: str, name: str) -> Enterprise:
    actor = system_actor(BOLE)
    with acting(actor):
        return entry.save_by_hand(by=actor, region=BOLE, year=2025, values={"uscc": uscc, "name": name})


@pytest.fixture
def own(db: None) -> Enterprise:
    """An enterprise of 博乐市 that has been judged."""
    made = _make(CODE, "博乐市甲乙科技有限公司")
    actor = system_actor(BOLE)
    with acting(actor):
        evaluate(by=actor, region=BOLE, tier=Tier.INNOVATIVE, year=2025, on=timezone.localdate())
    return made


@pytest.fixture
def own_enterprise(own: Enterprise) -> int:
    return own.pk


@pytest.fixture
def enterprise_of_bole(own: Enterprise) -> str:
    return own.public_id


@pytest.fixture
def code_of_bole(own: Enterprise) -> str:
    return own.uscc


@pytest.fixture
def sibling_of_bole(own: Enterprise) -> Enterprise:
    return _make(SIBLING, "博乐市丙丁科技有限公司")


@pytest.fixture
def application_of_bole(cast: Any, own: Enterprise) -> str:
    today = timezone.localdate()
    with acting(cast["region"]):
        batch = open_batch(
            by=cast["region"],
            region="65/",
            tier=Tier.INNOVATIVE,
            title="第一批",
            opens_on=today,
            closes_on=today,
        )
    with acting(cast["county"]):
        return file(by=cast["county"], batch=batch, enterprise=own).public_id


@pytest.fixture
def award_of_bole(cast: Any, own: Enterprise) -> str:
    """An award of 博乐市 that its county has proposed."""
    title = {"id": "t1", "kind": "recognition", "title": "specialised", "on": "2025-03-01", "how": "new"}
    by = cast["county"]
    with acting(by):
        line = read({"uscc": own.uscc, "region": "652701", "events": [title]})
        record_history(by=by, region=BOLE, lines=[line])
        return propose(by=by, wanted=[DueAward(own.pk, "t1", "A-13")]).made[0].public_id


@pytest.fixture
def award_claim_of_bole(cast: Any, own: Enterprise) -> str:
    """What an enterprise of 博乐市 claims."""
    by, today = cast["enterprise"], timezone.localdate()
    uploads = [("批复.pdf", io.BytesIO(b"%PDF-1.7"))]
    with acting(by):
        said = Said("board", today)
        return make_claim(by=by, enterprise=own, said=said, uploads=uploads).public_id


@pytest.fixture
def voucher_of_bole(cast: Any, own: Enterprise, person: Callable[..., Actor]) -> str:
    """An innovation voucher of an enterprise of 博乐市, out of a pool of the region."""
    finance, by = person("finance.vouchers", "finance", XINJIANG), cast["region"]
    with acting(finance):
        pool = ledger.open_pool(by=finance, scheme="A-14", year=timezone.localdate().year)
        ledger.post(by=finance, pool=pool, key="fund", kind="fund", amount=10**9, reason="新财建〔2026〕1号")
    with acting(by):
        return issue_vouchers(by=by, faces={own.pk: 10**6}, seen={own.pk: 0}).made[0].public_id


@pytest.fixture
def published(cast: Any, person: Callable[..., Actor], application_of_bole: str) -> PublicNotice:
    """The application has gone its way and stands in a running notice."""
    with nation():
        of = Application.objects.get(public_id=application_of_bole)
    way = (
        (cast["county"], "submit"),
        (person("second.bole", "county", BOLE), "recommend"),
        (cast["prefecture"], "recommend"),
        (cast["region"], "approve"),
    )
    for step, (by, decision) in enumerate(way):
        with acting(by):
            decide(by=by, seen={of.pk: step}, decision=decision)  # type: ignore[arg-type]
    with acting(cast["region"]):
        notice, _ = publish(by=cast["region"], batch=of.batch, title="公示", contact="0991", seen={of.pk: 4})
    assert notice is not None
    return notice


@pytest.fixture
def notice_of_bole(published: PublicNotice) -> str:
    return published.public_id


@pytest.fixture
def round_of_bole(published: PublicNotice) -> str:
    return published.batch.public_id


@pytest.fixture
def shared_round_of_bole(round_of_bole: str) -> str:
    """A round of the region is every county's to look at."""
    return round_of_bole


@pytest.fixture
def objection_of_bole(published: PublicNotice) -> str:
    with nation():
        line = NoticeEntry.objects.get(notice=published)
    return object_to(
        by=system_actor("65/"),
        notice=published,
        entry_id=line.pk,
        name="张三",
        contact="138",
        text="数据不实",
    ).receipt


@pytest.fixture
def receipt_of_bole(objection_of_bole: str) -> str:
    return objection_of_bole


@pytest.fixture
def title_of_bole(cast: Any, published: PublicNotice) -> str:
    today = timezone.localdate()
    with acting(cast["region"]):
        PublicNotice.objects.update(opens_on=today - dt.timedelta(9), closes_on=today - dt.timedelta(1))
        recognise(by=cast["region"], notice=published, number="新工信〔2026〕1号", announced_on=today)
        return Recognition.objects.get().code


@pytest.fixture
def certificate_of_bole(title_of_bole: str) -> str:
    return title_of_bole


@pytest.fixture
def export_of_bole(cast: Any, own: Enterprise) -> str:
    with acting(cast["county"]):
        return exports.make(by=cast["county"], wanted=Wanted("registry", "csv")).public_id


@pytest.fixture
def columns_of_bole(cast: Any) -> str:
    with acting(cast["county"]):
        wanted = Wanted("registry", "csv", ("uscc", "name"))
        return exports.save_columns(by=cast["county"], wanted=wanted, name="常用").public_id


@pytest.fixture
def edition_of_bole() -> str:
    return "CN-MIIT-2022-63/T1"


@pytest.fixture
def batch_of_bole(db: None) -> str:
    actor = system_actor(BOLE)
    with acting(actor):
        text = f"统一社会信用代码,企业名称\n{CODE},博乐市甲乙科技有限公司\nx,坏的一行\n"
        return check_upload(by=actor, region=BOLE, year=2025, name="a.csv", chunks=[text.encode()]).public_id


@pytest.fixture
def returned_file_of_bole(batch_of_bole: str) -> str:
    actor = system_actor(BOLE)
    with acting(actor):
        batch = ImportBatch.objects.get(public_id=batch_of_bole)
        return str(returning.keep_back(by=actor, batch=batch, only_failed=False, name="错误工作簿.xlsx").pk)


@pytest.fixture
def year_of_bole() -> int:
    return timezone.localdate().year - 1


@pytest.fixture
def book_kind_of_bole() -> str:
    return "titles"


@pytest.fixture
def posting_of_bole(person: Callable[..., Actor]) -> int | None:
    return person("someone.bole", "county", BOLE).posting_id


@pytest.fixture
def job_of_bole(cast: Any) -> str:
    with acting(cast["county"]):
        return str(jobs.start(by=cast["county"], kind="test", region=BOLE, params={}).id)


@pytest.fixture
def draft_of_bole(cast: Any) -> str:
    with acting(cast["county"]):
        return entry.save_draft(by=cast["county"], region=BOLE, year=2025, data={"name": "草稿"}).public_id


@pytest.fixture
def snapshots(db: None) -> dict[str, Any]:
    """2026Q3 closed for all of Xinjiang and for the region next to it, so that each role finds its own."""
    made = {}
    moment = dt.datetime(2026, 10, 2, tzinfo=dt.UTC)
    for path in ("65/", "54/"):
        actor = system_actor(path)
        with acting(actor):
            for closing in quarters.close_quarter(
                quarter=Quarter(2026, 3), region=path, by=actor, now=moment
            ):
                made[closing.snapshot.region_id] = closing.snapshot
    return made


@pytest.fixture
def quarter_of_bole(snapshots: dict[str, Any]) -> str:
    return "2026Q3"


@pytest.fixture
def report_of_bole(snapshots: dict[str, Any]) -> str:
    actor = system_actor(BOLE)
    with nation():
        stored = files.store(
            by=actor,
            region=BOLE,
            kind="report",
            name="报告.pdf",
            media_type="application/pdf",
            chunks=io.BytesIO(b"%PDF"),
        )
        Report.objects.create(
            region_id=BOLE,
            snapshot=snapshots[BOLE],
            file=stored,
            sha256=stored.sha256,
            fonts=[],
            created_at=timezone.now(),
        )
    return str(stored.pk)


@pytest.fixture
def appointment_of_bole(person: Callable[..., Actor]) -> int:
    by = person("sysadmin.proposing", "sysadmin", BOLE)
    with acting(by):
        return tenancy_actions.propose(
            username="new.person",
            display_name="新人",
            role="county",
            region=Region.objects.get(path=BOLE),
            by=by,
        ).pk


@pytest.fixture
def claim_of_bole(own: Enterprise, person: Callable[..., Actor]) -> str:
    somebody = person("claimant.bole", "enterprise", BOLE, own.pk + 1_000_000)
    with nation():
        made = Claim.objects.create(region_id=BOLE, enterprise=own, officer_id=somebody.officer_id)
    return made.public_id


@pytest.fixture
def drafted_standard_of_bole(cast: Any) -> str:
    """A drafted standard of the region, which alone composes."""
    by = cast["region"]
    with acting(by):
        base = Edition.objects.get(code="CN-MIIT-2022-63/T1")
        today = timezone.localdate().isoformat()
        over = {
            "document": {"number": "新工信〔2026〕1 号", "part": {"zh": "附件", "en": "annex"}},
            "valid_from": today,
            "valid_until": None,
        }
        return begin_edition(by=by, base=base, over=over).public_id


@pytest.fixture
def move_of_bole(cast: Any, own: Enterprise) -> str:
    """An enterprise that 博乐市 has offered to 温泉县."""
    with acting(cast["county"]):
        return moving.offer_move(
            by=cast["county"],
            enterprise=own,
            to=Region.objects.get(path="65/6527/652723/"),
            moved_on=timezone.localdate(),
            document="迁移通知书",
        ).public_id
