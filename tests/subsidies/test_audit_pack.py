"""The audit pack: everything about some awards at one moment, the same figures as the ledger, for who may see them."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from cultivation.actions import object_to
from cultivation.models import NoticeEntry
from portal.reports.audit_pack import gather, print_pack
from portal.tasks import print_audit_pack
from subsidies import heads
from subsidies.actions import publish, reclaim, reserve
from subsidies.checking import proofs
from subsidies.models import Award, Entry, Pool
from subsidies.rules.accounts import ACCOUNTS
from tenancy.access import Actor, system_actor
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, StoredFile
from tests.at_once import officer
from tests.conftest import JINGHE
from tests.tenancy.test_sign_in import sign_in

from .office import WAN, Office, well
from .till import Till, owner

Read = tuple[str, list[dict[str, str]], dict[str, Any]]


@pytest.fixture
def pack(tmp_path: Path) -> Callable[..., Read]:
    """The printed text without blanks, the entries and the data of an enterprise's pack."""

    def make(by: Actor, firm: Any) -> Read:
        with acting(by):
            found = gather(by, signed=heads.read(), enterprise=firm.public_id)
        path = tmp_path / "pack.pdf"
        path.write_bytes(print_pack(found)[1])
        text = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout
        subprocess.run(["pdfdetach", "-saveall", "-o", tmp_path, path], check=True, capture_output=True)
        rows = csv.DictReader(io.StringIO((tmp_path / "entries.csv").read_bytes().decode("utf-8-sig")))
        data = json.loads((tmp_path / "awards.json").read_text("utf-8"))
        return "".join(text.split()), list(rows), data

    return make


@pytest.fixture
def paid(office: Office, clock: Callable[[dt.date], None]) -> Award:
    """Paid, and partly to be taken back."""
    firm = office.knows()
    office.pool()
    award = office.paid(firm, clock)
    with nation():
        seen = Award.objects.get(pk=award.pk).step
    office.do("approver", reclaim, award=award, level="region", seen=seen, amount=5 * WAN, kind="mistake",
              reason="多付 <b>五万</b>", document="新工信〔2026〕9号")  # fmt: skip
    return award


@pytest.mark.django_db
def test_the_pack_holds_every_step_entry_receipt_and_clause(
    office: Office, paid: Award, pack: Callable[..., Read]
) -> None:
    text, rows, data = pack(office["taker"], paid.enterprise)
    for word in (
        paid.enterprise.name, "自治区专精特新中小企业倍增培育行动计划", "受理并预留", "审批同意", "公示无异议", "国库回单1",
        "新工信〔2026〕9号", "多付<b>五万</b>", "与自治区的奖补是同一笔资金", "完整，共6笔", "尾号2222", "taker（省级审核）",
        "定额25万元；按", "每家企业每项称号一次；政策期间2023-01-01至2025-12-31", "分担自治区（省）25万元",
        "还没有签名记录",
    ):  # fmt: skip
        assert word in text, word
    with nation():
        entries = list(Entry.objects.filter(award=paid.pk).order_by("number"))
        head = Pool.objects.get().head
    assert [row["digest"] for row in rows] == [e.digest for e in entries]
    assert [row["kind"] for row in rows] == ["reserve", "commit", "order", "pay", "reclaim"]
    assert head in text
    assert "6222000011112222" not in json.dumps(data)
    assert [s["decision"] for s in data["awards"][0]["steps"]][-1] == "reclaim"


@pytest.mark.django_db
def test_its_figures_are_the_ledgers(office: Office, paid: Award, pack: Callable[..., Read]) -> None:
    text, rows, _data = pack(office["taker"], paid.enterprise)
    sums = dict.fromkeys(ACCOUNTS, 0)
    for row in rows:
        sums[row["given_to"]] += int(row["amount"])
        sums[row["taken_from"]] -= int(row["amount"])
    with nation():
        pool = Pool.objects.get()
    assert (sums["paid"], sums["recovering"]) == (pool.paid, pool.recovering) == (20 * WAN, 5 * WAN)
    assert "250,000.000.000.000.00200,000.0050,000.000.000.00" in text


@pytest.mark.django_db
def test_the_same_moment_gives_the_same_bytes(office: Office, paid: Award) -> None:
    by = office["taker"]
    with acting(by):
        found = gather(by, signed=heads.read(), enterprise=paid.enterprise.public_id)
    assert print_pack(found) == print_pack(found)


@pytest.mark.django_db
def test_a_county_reads_its_own_entries_and_no_more_of_the_regions_pool(
    office: Office, paid: Award, pack: Callable[..., Read]
) -> None:
    other = office.knows(uscc="91652701MA0000001K")
    well(office.do("taker", reserve, office.proposed(other)))
    text, rows, data = pack(office["proposer"], paid.enterprise)
    (proof,) = data["proofs"]
    with nation():
        pool = Pool.objects.get()
    # Six entries of this award and the budget, and one of the other enterprise.
    assert (len(rows), proof["seen"], proof["wrong"], proof["whole"]) == (5, 5, 0, True)
    assert (proof["entries"], proof["head"]) == (pool.entries, pool.head) == (7, pool.head)
    assert "完整，共7笔" in text and pool.head in text
    assert other.name not in text and other.uscc not in json.dumps(data)


def test_a_row_that_was_changed_is_told(shared: Till) -> None:
    shared.post("reserve", 100, "a")
    with acting(shared.people["proposer"]):
        assert proofs([1], heads.read())[0]["whole"] is True
    with owner() as cursor:
        cursor.execute("UPDATE subsidies_entry SET amount = 101 WHERE key = 'a'")
    with acting(shared.people["proposer"]):
        (told,) = proofs([1], heads.read())
    assert (told["whole"], told["wrong"], told["seen"]) == (False, 1, 1)


def test_a_last_row_that_was_changed_with_its_own_digest_is_told_by_the_pools_head(shared: Till) -> None:
    shared.post("reserve", 100, "a")
    with owner() as cursor:
        cursor.execute("UPDATE subsidies_entry SET amount = 101 WHERE key = 'a'")
        cursor.execute(
            "UPDATE subsidies_entry e SET digest = subsidies_digest(previous, pool_id, region_id, number, key, kind, "
            "taken_from, given_to, amount, award, enterprise_id, place_id, reverses_id, quarter, reason, by_id, at) "
            "WHERE key = 'a'"
        )
    with acting(shared.people["proposer"]):
        (told,) = proofs([1], heads.read())
    assert (told["whole"], told["wrong"]) == (False, 0)


@pytest.mark.django_db
def test_a_neighbour_makes_none_and_fetches_none(
    office: Office, paid: Award, client: Client, person: Callable[..., Actor]
) -> None:
    sign_in(client, office["taker"])
    job = client.post(f"/awards/{paid.public_id}/pack/")["Location"]
    print_audit_pack(job.rstrip("/").rpartition("/")[2])
    with nation():
        stored = StoredFile.objects.get(kind="awards.pack")
        notice = Award.objects.select_related("notice").get(pk=paid.pk).notice
        assert AuditEntry.objects.filter(action="awards.pack").count() == 1
    assert notice is not None
    page = client.get("/awards/packs/").content.decode()
    assert stored.sha256 in page
    answer = client.get(f"/awards/packs/{stored.pk}/")
    assert b"".join(answer.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    job = client.post(f"/awards/notices/{notice.public_id}/pack/")["Location"]
    print_audit_pack(job.rstrip("/").rpartition("/")[2])
    assert "公示审计材料" in client.get("/awards/packs/").content.decode()
    for who in (person("near", "county", JINGHE), office["approver"], person("far", "region", "41/")):
        sign_in(client, who)
        assert client.get(f"/awards/packs/{stored.pk}/").status_code == 404
        assert stored.sha256 not in client.get("/awards/packs/").content.decode()
        if who is not office["approver"]:
            assert client.post(f"/awards/{paid.public_id}/pack/").status_code == 404
    sign_in(client, person("speaker", "enterprise", paid.region_id, paid.enterprise_id))
    assert client.post(f"/awards/{paid.public_id}/pack/").status_code == 403


def test_an_award_whose_entries_are_gone_still_names_its_pool_and_that_it_is_not_whole(
    committed: None,
) -> None:
    office = Office(officer)
    award = office.proposed(office.knows())
    office.pool()
    well(office.do("taker", reserve, award))
    with owner() as cursor:
        cursor.execute("DELETE FROM subsidies_entry WHERE award IS NOT NULL")
    with acting(office["taker"]):
        (told,) = proofs([award.pk], heads.read())
    assert (told["seen"], told["wrong"], told["whole"]) == (0, 0, False)


@pytest.mark.django_db
def test_objections_are_read_by_who_answers_them_and_only_those_to_the_packs_own_awards(
    office: Office, person: Callable[..., Actor]
) -> None:
    firms = [office.knows(), office.knows(uscc="91652701MA0000001K")]
    office.pool()
    awards = [office.approved(firm) for firm in firms]
    notice, _done = office.do("approver", publish, *awards, title="公示", contact="0991", workdays=5)
    with nation():
        lines = dict(NoticeEntry.objects.values_list("name", "id"))
    nobody = system_actor("65/", origin="203.0.113.7")
    for firm in firms:
        object_to(by=nobody, notice=notice, entry_id=lines[firm.name], name="王五", contact="139",
                  text=f"关于{firm.name}的异议")  # fmt: skip

    def told(by: Actor) -> list[str]:
        with acting(by):
            return [
                o["text"] for o in gather(by, signed=heads.read(), enterprise=firms[0].public_id).objections
            ]

    own = [f"关于{firms[0].name}的异议"]
    assert told(office["approver"]) == told(person("auditor", "auditor", "65/")) == own
    for by in (office["proposer"], office["payer"], person("commissioner", "commissioner", "65/")):
        assert told(by) == []
