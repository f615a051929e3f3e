"""The proof of an audit pack: the whole chain and the signed heads, also for who sees only its own entries of a pool."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import tasks
from portal.reports.audit_pack import gather, print_pack
from portal.reports.packs import kept_until
from subsidies import heads
from subsidies.actions import reserve
from subsidies.checking import proofs
from subsidies.models import Award, Pool
from subsidies.why import in_words
from tenancy import jobs, keys
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, StoredFile
from tests.at_once import officer
from tests.conftest import BOLE, BORTALA, HONGQI, JINGHE, WENQUAN, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .office import Office, well
from .test_heads import chain_anew, change_line, put_back, row, signed  # noqa: F401
from .till import ABOUT, Till, owner, run

NOTHING = heads.Signed(heads.Witness())


def told(by: Actor, awards: list[int]) -> dict[str, Any]:
    """The proof of the one pool of some awards, beside what was signed."""
    with nation():
        known = heads.read()
    with acting(by):
        (found,) = proofs(awards, known)
    return found


def faults(by: Actor, awards: list[int]) -> list[tuple[str, int, int]]:
    return [(f["what"], f["from"], f["to"]) for f in told(by, awards)["faults"]]


@pytest.fixture
def five(shared: Till) -> Till:
    """The budget and four entries about an enterprise of 博乐市."""
    for n in range(4):
        shared.post("reserve", 100, f"{n}")
    return shared


COUNTY = ("county", BOLE)


@pytest.mark.parametrize(
    ("by_hand", "expected"),
    [
        ("UPDATE subsidies_entry SET amount = 7 WHERE number = 3", [("changed", 3, 3)]),
        ("UPDATE subsidies_entry SET reason = '改' WHERE number IN (1, 4)", [("changed", 1, 1), ("changed", 4, 4)]),
        ("DELETE FROM subsidies_entry WHERE number = 3", [("missing", 3, 3)]),
        ("DELETE FROM subsidies_entry WHERE number IN (1, 2)", [("missing", 1, 2)]),
        ("DELETE FROM subsidies_entry WHERE number > 3", [("missing", 4, 5)]),
        (
            "UPDATE subsidies_entry SET reason = '改', digest = subsidies_digest(previous, pool_id, region_id, number, "
            "key, kind, taken_from, given_to, amount, award, enterprise_id, place_id, reverses_id, quarter, '改', by_id, "
            "at) WHERE number = 3",
            [("unchained", 4, 4)],
        ),
        ("UPDATE subsidies_pool SET head = repeat('a', 64)", [("cut", 5, 5)]),
        ("UPDATE subsidies_pool SET entries = 4", [("cut", 5, 5)]),
        ("DELETE FROM subsidies_pool", [("gone", 1, 5)]),
        ("SELECT 1", []),
    ],
)  # fmt: skip
def test_a_county_is_told_which_entry_of_the_regions_pool_does_not_hold(
    five: Till, by_hand: str, expected: list[tuple[str, int, int]]
) -> None:
    with owner() as cursor:
        cursor.execute(by_hand)
    by = officer("c", *COUNTY)
    found = told(by, [ABOUT.award])
    assert [(f["what"], f["from"], f["to"]) for f in found["faults"]] == expected
    assert (found["whole"], found["broken"]) == (not expected, len(expected))


def test_the_first_twenty_are_named_and_all_are_counted(five: Till) -> None:
    for n in range(25):
        five.post("reserve", 1, f"more {n}")
    with owner() as cursor:
        cursor.execute("UPDATE subsidies_entry SET reason = '改'")
    found = told(officer("c", *COUNTY), [ABOUT.award])
    assert (found["broken"], len(found["faults"])) == (30, 20)


def test_the_proof_is_given_for_pools_alone_in_which_one_sees_an_entry_or_a_portion(five: Till) -> None:
    def answers(role: str, path: str) -> int:
        with acting(officer(f"{role}{path}", role, path)), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM subsidies_proof(%s, %s)", [[five.pool.pk, 77], [None, None]])
            rows = cursor.fetchall()
        return len(rows)

    places = (BOLE, BORTALA, XINJIANG, JINGHE, WENQUAN, HONGQI, "41/")
    assert [answers("county", path) for path in places] == [1, 1, 1, 0, 0, 0, 0]
    with nation(), connection.cursor() as cursor:
        cursor.execute("SELECT of_pool FROM subsidies_proof(%s, %s)", [[five.pool.pk], [None]])
        assert cursor.fetchall() == [(five.pool.pk,)]
        cursor.execute(
            "SELECT pg_get_function_result('subsidies_proof(bigint[], int[])'::regprocedure), "
            "has_function_privilege('app_enterprise', 'subsidies_proof(bigint[], int[])', 'EXECUTE')"
        )
        ((shape, enterprise),) = cursor.fetchall()
    assert not enterprise
    assert not {"amount", "enterprise", "award", "reason", "by_id"} & set(shape.replace(",", " ").split())


def test_a_portion_alone_is_enough_when_its_entries_are_gone(committed: None) -> None:
    office = Office(officer)
    award = office.proposed(office.knows())
    office.pool()
    well(office.do("taker", reserve, award))
    with owner() as cursor:
        cursor.execute("DELETE FROM subsidies_entry WHERE award IS NOT NULL")
    assert faults(office["proposer"], [award.pk]) == [("missing", 2, 2)]
    with acting(officer("near", "county", JINGHE)):
        assert proofs([award.pk], NOTHING) == []


def test_the_signed_head_stands_beside_the_chain_and_what_was_put_back_is_told(five: Till) -> None:
    by = officer("c", *COUNTY)
    assert told(by, [ABOUT.award])["signed"] is None
    before = row(five)
    five.post("reserve", 100, "signed")
    run("--sign")
    five.post("reserve", 100, "after")
    found = told(by, [ABOUT.award])
    known, line = found["signed"], json.loads(found["signed"]["line"])
    assert (known["entries"], known["digest"], known["at"]) == (6, line["digest"], line["at"])
    assert known["kept"] and known["newest"] and found["whole"] and found["entries"] == 7
    with owner() as cursor:
        put_back(cursor, before)
    found = told(by, [ABOUT.award])
    # Whole in itself, and less than was signed.
    assert found["whole"] and not found["signed"]["kept"]
    assert found["faults"] == [{"what": "behind_signed", "from": 6, "to": 6}]
    five.post("reserve", 100, "in its place")
    assert faults(by, [ABOUT.award]) == [("other_than_signed", 6, 6)]


def test_a_chain_computed_anew_is_told_by_the_signed_head(five: Till) -> None:
    run("--sign")
    with owner() as cursor:
        cursor.execute("UPDATE subsidies_entry SET reason = '改' WHERE number = 2")
        chain_anew(cursor, five.pool.pk)
    found = told(officer("c", *COUNTY), [ABOUT.award])
    assert found["whole"] and not found["signed"]["kept"]
    assert [f["what"] for f in found["faults"]] == ["other_than_signed"]


@pytest.mark.django_db
def test_a_forged_last_line_is_no_head_and_is_told(signed: Till) -> None:  # noqa: F811
    change_line(3, lambda text: text.replace('"entries": 4', '"entries": 3'))
    with nation():
        known = heads.read()
        (found,) = proofs([1], known)
    assert found["signed"]["entries"] == 3 and not found["signed"]["newest"]
    assert [(f["what"], f["line"]) for f in known.faults] == [("signature", 3)]
    # Put right again by the line that follows.
    change_line(3, lambda text: text.replace('"entries": 3', '"entries": 4'))
    with nation():
        (found,) = proofs([1], heads.read())
    assert found["signed"]["entries"] == 4 and found["signed"]["newest"]


@pytest.mark.django_db
def test_lines_about_anything_else_than_a_pools_number_do_no_harm(signed: Till) -> None:  # noqa: F811
    for wrong in ('"pool": []', '"pool": {"a": 1}', '"pool": null'):
        change_line(3, lambda text, w=wrong: text.replace(f'"pool": {signed.pool.pk}', w))  # type: ignore[misc]
        with nation():
            known = heads.read()
        assert [f["line"] for f in known.faults] == [3] and not known.doubtful
        change_line(3, lambda text, w=wrong: text.replace(w, f'"pool": {signed.pool.pk}'))  # type: ignore[misc]


def printed(by: Actor, firm: Any, folder: Path) -> str:
    """The text of an enterprise's pack without blanks; its files lie in the folder."""
    with nation():
        known = heads.read()
    with acting(by):
        found = gather(by, signed=known, enterprise=firm.public_id)
    first = print_pack(found)
    assert print_pack(found) == first
    path = folder / "pack.pdf"
    path.write_bytes(first[1])
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout
    subprocess.run(["pdfdetach", "-saveall", "-o", folder, path], check=True, capture_output=True)
    return "".join(text.split())


def test_the_paper_names_what_does_not_hold_and_encloses_the_signed_lines(
    committed: None, tmp_path: Path
) -> None:
    office = Office(officer)
    firm = office.knows()
    office.pool()
    well(office.do("taker", reserve, office.proposed(firm)))
    run("--sign")
    by = office["proposer"]
    text = printed(by, firm, tmp_path)
    line = heads.heads_file().read_text()
    assert (tmp_path / "ledger-heads.jsonl").read_text() == line
    for word in ("完整，共2笔", "有效", "一致", keys.public_key(), json.loads(line)["digest"]):
        assert word in text
    assert "不符之处" not in text
    with owner() as cursor:
        cursor.execute("DELETE FROM subsidies_entry WHERE number = 1")
    change_line(1, lambda kept: kept + "\n{}")
    text = printed(by, firm, tmp_path)
    for word in ("表4不符之处", "不完整，1处不符", "第1笔缺失", "第2行", "签名不符"):
        assert word in text, word


def test_the_words_of_every_kind_of_rule() -> None:
    wan = 1_000_000
    kept = {"document": "文号", "clause": "二", "how": "", "since": "2023-01-01", "until": None, "once": "year",
            "project": "", "needs": "specialised", "highest_only": True,
            "shares": [["region", 10 * wan], ["county", 5 * wan]], "refused": [], "on": "2026-05-01"}  # fmt: skip
    said = {
        "定额 15 万元": {"fixed": 15 * wan},
        "在 10–20 万元之间核定，核定为 15 万元": {"between": [10 * wan, 20 * wan]},
        "不超过 20 万元，核定为 15 万元": {"between": [1, 20 * wan]},
        "按实际收到的上级补助 30 万元的 50% 配套": {"share": "1/2", "received": 30 * wan},
        "评价等次为二等，定额 15 万元": {"prize": "2", "fixed": 15 * wan},
    }
    for word, rule in said.items():
        found = in_words(kept | {"rule": rule}, "hnte", 15 * wan)
        assert found["amount"] == word
    assert (found["needs"], found["window"], found["once"]) == (
        "专精特新中小企业",
        "2023-01-01 起",
        "每年一次",
    )
    assert found["shares"] == [("region", "10"), ("county", "5")]
    ends = [("2023-01-01", "2025-12-31"), (None, "2025-12-31"), (None, None)]
    assert [
        in_words(kept | {"rule": rule, "since": a, "until": b}, "hnte", 1)["window"] for a, b in ends
    ] == ["2023-01-01 至 2025-12-31", "至 2025-12-31 止", ""]


@pytest.mark.django_db
def test_a_pack_of_three_awards_asks_no_more_than_that_of_one(office: Office) -> None:
    office.pool()
    claims = [
        {
            "id": f"c{n}",
            "kind": "claim",
            "title": "talent_platform",
            "on": f"2025-05-2{n}",
            "project": f"平台{n}",
        }
        for n in range(2)
    ]
    one, three = office.knows(), office.knows(*claims, uscc="91652701MA0000001K")
    office.pool("A-21")
    well(office.do("taker", reserve, office.proposed(one)))
    for n in range(2):
        well(office.do("taker", reserve, office.proposed(three, f"c{n}", "A-21", amount=100_000_000)))
    counts = []
    for firm in (one, three):
        with acting(office["taker"]), CaptureQueriesContext(connection) as asked:
            pack = gather(office["taker"], signed=NOTHING, enterprise=firm.public_id)
        counts.append((len(asked), len(pack.data.awards)))
    assert [n for _asked, n in counts] == [1, 2]
    assert counts[0][0] == counts[1][0] <= 16
    with CaptureQueriesContext(connection) as asked:
        print_pack(pack)
    assert len(asked) == 0


@pytest.mark.django_db
def test_a_pack_tells_its_steps_is_forgotten_when_its_days_are_over_and_its_fingerprint_stays(
    office: Office, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.pool()
    award = office.approved(office.knows())
    said: list[tuple[str, int, int]] = []
    monkeypatch.setattr(jobs, "progress", lambda _job, *step: said.append(step))
    sign_in(client, office["taker"])
    job = client.post(f"/awards/{award.public_id}/pack/")["Location"]
    tasks.print_audit_pack(job.rstrip("/").rpartition("/")[2])
    assert said == [("gather", 0, 3), ("render", 1, 3), ("keep", 2, 3)]
    with nation():
        stored = StoredFile.objects.get(kind="awards.pack")
    until = kept_until(stored)
    assert until == stored.created_at + dt.timedelta(days=settings.PACK_KEPT_DAYS)
    page = client.get("/awards/packs/").content.decode()
    assert f"{timezone.localtime(until):%m-%d}" in page and f"文件保留 {settings.PACK_KEPT_DAYS} 天" in page
    tasks.forget_packs()
    assert client.get(f"/awards/packs/{stored.pk}/").status_code == 200
    with nation():
        StoredFile.objects.filter(pk=stored.pk).update(
            created_at=timezone.now() - dt.timedelta(days=settings.PACK_KEPT_DAYS, seconds=1)
        )
    tasks.forget_packs()
    tasks.forget_packs()
    with nation():
        stored.refresh_from_db()
        entry = AuditEntry.objects.get(action="awards.forget_packs")
        assert Award.objects.filter(pk=award.pk).exists() and Pool.objects.exists()
    assert (entry.region_id, entry.detail, entry.origin) == (XINJIANG, {"files": 1}, "timetable forget-packs")
    assert not stored.is_there and kept_until(stored) is None
    page = client.get("/awards/packs/").content.decode()
    assert stored.sha256 in page and "已到期" in page and f"/awards/packs/{stored.pk}/" not in page
    assert client.get(f"/awards/packs/{stored.pk}/").status_code == 404
