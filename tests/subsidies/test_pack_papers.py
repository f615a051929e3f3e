"""The papers of claims and applications in the audit pack: named with their digests, enclosed for who may open them."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.reports import audit_pack
from portal.reports.audit_pack import gather, print_pack
from subsidies import heads
from subsidies.actions import propose
from subsidies.actions.proposing import Wanted
from tenancy import storage
from tenancy.access import Actor
from tenancy.context import acting, nation
from tenancy.models import StoredFile
from tests.conftest import BOLE

from .office import WAN
from .test_claims import PDF, PLATFORM, Claims

pytestmark = pytest.mark.django_db


@pytest.fixture
def claims(person: Callable[..., Actor]) -> Claims:
    """An award was proposed for an accepted claim with two papers."""
    made = Claims(person)
    claim = made.made("own", PLATFORM, "批复.pdf", "合同.pdf")
    made.judged(claim)
    made.do("proposer", propose, wanted=[Wanted(made.firm.pk, claim.event, "A-21", 30 * WAN)])
    return made


def printed(by: Actor, claims: Claims, folder: Path) -> tuple[str, dict[str, bytes], bytes]:
    with acting(by):
        content = print_pack(gather(by, signed=heads.read(), enterprise=claims.firm.public_id))[1]
    path = folder / f"{by.username}.pdf"
    path.write_bytes(content)
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout
    out = folder / by.username
    out.mkdir(exist_ok=True)
    subprocess.run(["pdfdetach", "-saveall", "-o", out, path], check=True, capture_output=True)
    return "".join(text.split()), {f.name: f.read_bytes() for f in out.iterdir()}, content


def test_the_papers_are_named_with_their_digest_and_lie_inside(claims: Claims, tmp_path: Path) -> None:
    text, inside, content = printed(claims["checker"], claims, tmp_path)
    digest = hashlib.sha256(PDF).hexdigest()
    assert (
        "证明材料2份" in text
        and "申领批复.pdf" in text
        and "申领合同.pdf" in text
        and text.count(digest) == 2
    )
    assert inside["1-1 批复.pdf"] == inside["1-2 合同.pdf"] == PDF
    assert digest in inside["awards.json"].decode()
    assert "entries.csv" in inside and len(content) > 2 * len(PDF)


def test_who_may_not_open_them_reads_their_names_and_digests(
    claims: Claims, person: Callable[..., Actor], tmp_path: Path
) -> None:
    text, inside, _content = printed(person("money", "finance", BOLE), claims, tmp_path)
    assert "批复.pdf" in text and "未随附，存于系统" in text and not any("批复" in name for name in inside)
    _text, inside, _content = printed(person("auditor", "auditor", BOLE), claims, tmp_path)
    assert inside["1-1 批复.pdf"] == PDF


def test_what_is_too_much_or_gone_is_named_and_not_enclosed(
    claims: Claims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_pack, "_MOST_ENCLOSED", len(PDF))
    text, inside, _content = printed(claims["checker"], claims, tmp_path)
    assert "1-1 批复.pdf" in inside and "1-2 合同.pdf" not in inside and text.count("未随附") == 1
    with nation():
        for stored in StoredFile.objects.filter(kind="awards.claim"):
            storage.drop(stored.key)
    text, _inside, _content = printed(claims["region"], claims, tmp_path)
    assert text.count("未随附") == 2
