"""The page where a loss is proposed and confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from portal.tasks import sign_ledger
from portal.told import told
from subsidies.models import AcceptanceStep
from tenancy import inbox
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import Job, Posting
from tests.at_once import officer
from tests.conftest import BOLE, HONGQI, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .losses import Lost
from .till import Till, run

ADDRESS = "/awards/ledger/"


@pytest.fixture
def lost(shared: Till) -> Lost:
    made = Lost(shared)
    for actor in made.people.values():
        posted(actor)
    return made


def posted(actor: Actor) -> Actor:
    with nation():
        Posting.objects.create(officer_id=actor.officer_id, role=actor.role, region_id=actor.region_path)
    return actor


def text(client: Client, actor: Actor) -> str:
    sign_in(client, actor)
    answer: Any = client.get(ADDRESS)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_finance_proposes_the_auditor_confirms_and_the_history_stays(lost: Lost, client: Client) -> None:
    page = text(client, lost.people["finance"])
    assert "签名时在账，现已不在" in page and "第 4–5 笔" in page and "签名能证明到第 3 笔" in page
    (loss,) = lost.losses()
    said = {"pool": lost.pool, "seen": loss.seen, "reason": "磁盘损坏 <b>", "document": "新财发〔2026〕3号"}
    none = client.post(f"{ADDRESS}propose/", said | {"document": ""}, follow=True).content.decode()
    assert "请写明原因和文号" in none
    page = client.post(f"{ADDRESS}propose/", said, follow=True).content.decode()
    assert "已提请" in page and "提出的人不能自己确认" in page and "磁盘损坏 &lt;b&gt;" in page
    with acting(lost.people["auditor"]):
        (line,) = (
            each
            for each in told(lost.people["auditor"], inbox.of(lost.people["auditor"]))
            if "丢失" in each.title
        )
        assert line.url == ADDRESS
    page = text(client, lost.people["auditor"])
    made = page.partition("/confirm/")[0].rpartition("/")[2]
    assert "确认从现有的 3 笔接着记" in page
    job = client.post(f"{ADDRESS}{made}/confirm/")["Location"]
    sign_ledger(job.rstrip("/").rpartition("/")[2])
    with nation():
        assert Job.objects.get(kind="ledger.sign").result == {"url": ADDRESS}
    assert run()[1] == 0
    page = client.get(ADDRESS).content.decode()
    for word in (
        "没有需要接受的差异",
        "办过的",
        "第 4–5 笔",
        "新财发〔2026〕3号",
        "finance",
        "auditor.x",
        "已确认",
    ):
        assert word in page
    assert "刚才已有人办过" in client.post(f"{ADDRESS}{made}/confirm/", follow=True).content.decode()


def test_it_is_given_back_with_a_reason(lost: Lost, client: Client) -> None:
    made = lost.propose()
    sign_in(client, lost.people["secadmin"])
    assert "请写明理由" in client.post(f"{ADDRESS}{made.public_id}/decline/", follow=True).content.decode()
    answer = client.post(f"{ADDRESS}{made.public_id}/decline/", {"reason": "再找备份"}, follow=True)
    page = answer.content.decode()
    assert "已退回" in page and "再找备份" in page


def test_a_neighbour_finds_no_proposal_and_other_roles_are_refused(lost: Lost, client: Client) -> None:
    made = lost.propose()
    near = [posted(officer(f"a.{path}", "auditor", path)) for path in (BOLE, HONGQI)]
    for actor in near:
        page = text(client, actor)
        assert made.public_id not in page and "还没有签名记录" in page
        for verb in ("confirm", "decline"):
            assert client.post(f"{ADDRESS}{made.public_id}/{verb}/", {"reason": "因"}).status_code == 404
    sign_in(client, posted(officer("r", "region", XINJIANG)))
    assert client.get(ADDRESS).status_code == 403
    for verb in ("confirm", "decline"):
        assert client.post(f"{ADDRESS}{made.public_id}/{verb}/").status_code == 403
    sign_in(client, lost.people["finance"])
    assert client.post(f"{ADDRESS}{made.public_id}/confirm/").status_code == 403
    with nation():
        assert not AcceptanceStep.objects.exists()


def test_the_page_is_linked_from_the_pools_and_says_when_nothing_is_to_be_accepted(
    shared: Till, client: Client
) -> None:
    by = posted(shared.people["finance"])
    assert "还没有签名记录，没有需要接受的" in text(client, by)
    run("--sign")
    assert "没有需要接受的差异" in text(client, by)
    assert f'href="{ADDRESS}"' in client.get("/awards/budgets/").content.decode()
    with override("en"):
        client.cookies["tidu-language"] = "en"
        assert "Nothing has to be accepted" in client.get(ADDRESS).content.decode()
