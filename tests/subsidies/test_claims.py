"""Claims with their evidence: who makes one, who judges it, what follows, and that nothing is paid under two names."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from enterprises.models import Enterprise, State
from subsidies.actions import judge_claim, make_claim, propose, record_history, withdraw_claim
from subsidies.actions.proposing import Wanted
from subsidies.claims import answer_of
from subsidies.models import AwardEvent, ClaimFile, ClaimRequest
from subsidies.rules.claims import Said
from subsidies.rules.history import read
from subsidies.rules.workflow import Refused
from subsidies.worklist import awaiting
from tenancy import scanner
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry, Message, StoredFile
from tests.at_once import broken_off, statements_of
from tests.conftest import BOLE, BORTALA, JINGHE

from .office import CODE, TITLE, WAN, Office, whole

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n" + b"x" * 500
ON = dt.date(2026, 5, 20)
PEOPLE = {"proposer": ("county", BOLE), "checker": ("county", BOLE), "region": ("region", "65/")}
PLATFORM = Said("talent_platform", ON, "棉纺装备平台")


class Claims(Office):
    """Short words for what is done with claims; `own` speaks for the enterprise."""

    def __init__(self, make: Callable[..., Actor]) -> None:
        super().__init__(make, PEOPLE)
        self.firm = self.knows(TITLE)
        with nation():
            self.people["own"] = make("own", "enterprise", BOLE, self.firm.pk)

    def made(
        self, who: str = "own", said: Said = PLATFORM, *names: str, content: bytes = PDF
    ) -> ClaimRequest:
        uploads = [(name, io.BytesIO(content)) for name in names or ("批复.pdf",)]
        return self.do(who, make_claim, enterprise=self.firm, said=said, uploads=uploads)

    def judged(
        self, claim: ClaimRequest, who: str = "checker", *, accept: bool = True, reason: str = ""
    ) -> Any:
        return self.do(who, judge_claim, claim=claim, accept=accept, reason=reason)


@pytest.fixture
def claims(person: Callable[..., Actor]) -> Claims:
    return Claims(person)


def refusal(work: Callable[..., Any], *args: Any, **more: Any) -> str:
    with pytest.raises(Refused) as refused:
        work(*args, **more)
    return refused.value.code


def test_what_the_enterprise_claims_and_its_county_accepts_is_due(claims: Claims) -> None:
    claim = claims.made("own", PLATFORM, "批复.pdf", "合同.pdf")
    with nation():
        assert list(ClaimFile.objects.filter(claim=claim).order_by("id").values_list("name", "size")) == [
            ("批复.pdf", len(PDF)), ("合同.pdf", len(PDF))]  # fmt: skip
        assert not AwardEvent.objects.filter(kind="claim").exists()
        told = Message.objects.get(kind="claim.made")
        assert (told.region_id, told.role) == (BOLE, "county")
    claims.judged(claim, reason="材料齐全")
    with nation():
        event = AwardEvent.objects.get(code=claim.event)
        assert (event.title, event.on, event.project, event.decided) == (
            "talent_platform", ON, "棉纺装备平台", None)  # fmt: skip
        assert [(a.event.id, a.due.scheme) for a in awaiting(BOLE, timezone.localdate(), scheme="A-21")] == [
            (claim.event, "A-21")]  # fmt: skip
        assert Message.objects.get(kind="claim.judged").enterprise_id == claims.firm.pk
        trail = list(
            AuditEntry.objects.filter(action__startswith="awards.claim")
            .order_by("pk")
            .values_list("action", flat=True)
        )
    assert trail == ["awards.claim", "awards.claim.accepted"]
    made = claims.do("proposer", propose, wanted=[Wanted(claims.firm.pk, claim.event, "A-21", 30 * WAN)]).made
    with nation():
        found = answer_of(claim, timezone.localdate())
    assert [a.pk for a in found.awards] == [made[0].pk]
    whole()


def test_before_it_is_judged_the_arbiter_says_what_would_follow(claims: Claims) -> None:
    claim = claims.made("own", Said("ipo_filing", dt.date(2025, 5, 1)))
    early = claims.made("own", Said("ipo_filing", dt.date(2024, 5, 1)))
    today = timezone.localdate()
    with acting(claims["checker"]):
        (due,) = answer_of(claim, today).due
        assert (due.scheme, due.amount) == ("A-56", None)
        (no,) = answer_of(early, today).refused
        assert (no.scheme, no.reason) == ("A-56", "no_title")
    with acting(claims["own"]):
        assert answer_of(claim, today).due == (due,)


def test_what_is_declined_is_told_with_its_reason_and_may_be_claimed_again(claims: Claims) -> None:
    claim = claims.made()
    assert refusal(claims.judged, claim, accept=False, reason=" ") == "reason_missing"
    claims.judged(claim, accept=False, reason="缺少批复")
    with nation():
        assert not AwardEvent.objects.filter(code=claim.event).exists()
        assert Message.objects.get(kind="claim.judged").params["reason"] == "缺少批复"
    assert refusal(claims.judged, claim) == "claim_decided"
    again = claims.made()
    claims.judged(again)
    assert refusal(claims.judged, again, accept=False, reason="晚了") == "claim_decided"


def test_the_same_is_not_claimed_twice_nor_beside_what_officials_recorded(claims: Claims) -> None:
    claims.made()
    assert refusal(claims.made) == "claim_known"
    assert refusal(claims.made, "proposer") == "claim_known"
    spaced = Said("talent_platform", ON, "  棉纺装备平台 ")
    assert refusal(claims.made, "own", spaced) == "claim_known"
    other = claims.made("own", Said("talent_platform", ON, "另一平台"))
    recorded = {
        "id": "T-9",
        "kind": "claim",
        "title": "talent_platform",
        "on": ON.isoformat(),
        "project": "另一平台",
    }
    by = claims["proposer"]
    with acting(by):
        line = read({"uscc": CODE, "region": "652701", "events": [recorded]})
        record_history(by=by, region=BOLE, lines=[line])
    assert refusal(claims.judged, other) == "claim_known"
    claims.judged(other, accept=False, reason="已登记")
    assert refusal(claims.made, "own", Said("talent_platform", ON, "另一平台")) == "claim_known"
    with nation():
        assert AwardEvent.objects.filter(project="另一平台").count() == 1


def test_who_made_a_claim_does_not_judge_it(claims: Claims) -> None:
    claim = claims.made("proposer")
    assert refusal(claims.judged, claim, "proposer") == "same_person"
    claims.judged(claim, "region")
    with acting(claims["checker"]), pytest.raises(DatabaseError), transaction.atomic():
        ClaimRequest.objects.filter(pk=claims.made("proposer", Said("board", ON)).pk).update(
            state="accepted", decided_by=claims["proposer"].officer_id, decided_at=timezone.now()
        )


def test_a_claim_is_withdrawn_by_who_made_it_while_it_is_open(claims: Claims) -> None:
    claim = claims.made()
    assert refusal(claims.do, "checker", withdraw_claim, claim=claim) == "claim_others"
    claims.do("own", withdraw_claim, claim=claim)
    assert refusal(claims.do, "own", withdraw_claim, claim=claim) == "claim_decided"
    assert refusal(claims.judged, claim) == "claim_decided"
    again = claims.made("proposer")
    claims.do("proposer", withdraw_claim, claim=again)
    accepted = claims.made()
    claims.judged(accepted)
    assert refusal(claims.do, "own", withdraw_claim, claim=accepted) == "claim_decided"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.exe", PDF, "evidence_kind"),
        ("a.pdf", b"MZ" + PDF, "evidence_kind"),
        ("a.pdf", b"", "evidence_kind"),
        ("a.pdf", b"%PDF-" + b"x" * (20 * 1024 * 1024), "evidence_size"),
    ],
)
def test_a_file_that_is_not_taken_leaves_nothing_behind(
    claims: Claims, name: str, content: bytes, code: str
) -> None:
    uploads = [("好的.pdf", io.BytesIO(PDF)), (f"目录/{name}", io.BytesIO(content))]
    with pytest.raises(Refused) as refused:
        claims.do("own", make_claim, enterprise=claims.firm, said=PLATFORM, uploads=uploads)
    assert (refused.value.code, refused.value.subject) == (code, name)
    with nation():
        assert (
            not ClaimRequest.objects.exists() and not StoredFile.objects.filter(kind="awards.claim").exists()
        )


def test_what_the_scanner_does_not_pass_is_not_kept(claims: Claims, monkeypatch: pytest.MonkeyPatch) -> None:
    for state, code in (("infected", "evidence_infected"), ("unavailable", "evidence_unscanned")):
        monkeypatch.setattr(scanner, "scan", lambda _file, state=state: scanner.Verdict(state))
        assert refusal(claims.made) == code


def test_an_enterprise_that_is_not_active_claims_nothing(claims: Claims) -> None:
    with nation():
        Enterprise.objects.filter(pk=claims.firm.pk).update(state=State.DEREGISTERED)
        claims.firm = Enterprise.objects.get(pk=claims.firm.pk)
    assert refusal(claims.made) == "not_active"


def test_strangers_make_judge_and_read_no_claim(claims: Claims, person: Callable[..., Actor]) -> None:
    claim = claims.made()
    sibling = person("sibling", "enterprise", BOLE, claims.firm.pk + 1)
    jinghe, finance = person("jinghe", "county", JINGHE), person("finance", "finance", BOLE)
    for actor in (sibling, jinghe):
        with acting(actor):
            assert not ClaimRequest.objects.exists() and not ClaimFile.objects.exists()
    for actor in (sibling, jinghe, finance, person("commissioner", "commissioner", BOLE)):
        claims.people["stranger"] = actor
        with pytest.raises(Denied):
            claims.made("stranger", Said("board", ON))
        with pytest.raises(Denied):
            claims.judged(claim, "stranger")
        with pytest.raises(Denied):
            claims.do("stranger", withdraw_claim, claim=claim)
    with pytest.raises(Denied):
        claims.judged(claim, "own")
    with acting(person("above", "prefecture", BORTALA)):
        assert ClaimRequest.objects.count() == ClaimFile.objects.count() == 1
    with acting(claims["own"]):
        assert ClaimRequest.objects.count() == ClaimFile.objects.count() == 1


def test_what_was_said_and_its_files_stay_as_they_were(claims: Claims) -> None:
    claim = claims.made()
    for model, values in (
        (ClaimRequest, {"on": dt.date(2025, 1, 1)}),
        (ClaimRequest, {"matter": "board"}),
        (ClaimFile, {"name": "另一份.pdf"}),
    ):
        with acting(claims["checker"]), pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(**values)
    for model in (ClaimRequest, ClaimFile):
        with acting(claims["checker"]), pytest.raises(DatabaseError), transaction.atomic():
            model.objects.all()._raw_delete("default")
    with (
        connection.cursor() as cursor,
        acting(claims["own"]),
        pytest.raises(DatabaseError),
        transaction.atomic(),
    ):
        cursor.execute("UPDATE subsidies_claimrequest SET state = 'accepted' WHERE id = %s", [claim.pk])


def test_a_claim_and_its_files_move_along_with_the_enterprise(
    claims: Claims, person: Callable[..., Actor]
) -> None:
    claim = claims.made()
    with nation():
        Enterprise.objects.filter(pk=claims.firm.pk).update(region_id=JINGHE)
        claim = ClaimRequest.objects.get(pk=claim.pk)
        assert claim.region_id == ClaimFile.objects.get().region_id == JINGHE
    claims.people["new"] = person("jinghe", "county", JINGHE)
    with acting(claims["new"]):
        assert ClaimFile.objects.get().open().read() == PDF
    with pytest.raises(Denied):
        claims.judged(claim)
    claims.judged(claim, "new")
    with nation():
        assert AwardEvent.objects.get(code=claim.event).region_id == JINGHE


def test_money_that_was_received_is_matched_to_the_fen(
    person: Callable[..., Actor], clock: Callable[[dt.date], None]
) -> None:
    clock(dt.date(2025, 10, 20))
    henan = "41/4107/410702/"
    make = lambda name, role, _path, *more: person(name, role, henan, *more)  # noqa: E731
    office = Office(make, {"proposer": ("county", henan), "checker": ("county", henan)})
    title = {"id": "t", "kind": "recognition", "title": "little_giant", "on": "2025-01-01", "how": "new"}
    firm = office.knows(title, uscc="91410702MA9NYBC55H", region="410702")
    said = Said("equipment", dt.date(2025, 10, 1), "数控机床", received=Decimal("1234567.90"))
    claim = office.do(
        "proposer", make_claim, enterprise=firm, said=said, uploads=[("单.pdf", io.BytesIO(PDF))]
    )
    office.do("checker", judge_claim, claim=claim, accept=True)
    with acting(office["checker"]):
        (due,) = answer_of(claim, timezone.localdate()).due
    assert (due.scheme, due.amount) == ("D-11", 30_864_198)


def test_broken_off_anywhere_a_claim_is_there_whole_or_not_at_all(claims: Claims) -> None:
    steps = statements_of(lambda: claims.made("own", Said("talent_platform", ON, "另一平台")))
    for at in range(1, steps + 1):
        with broken_off(at):
            claims.made()
        with nation():
            assert not ClaimRequest.objects.filter(project=PLATFORM.project).exists(), at
    claim, other = claims.made(), claims.made("own", Said("talent_platform", ON, "第三平台"))
    steps = statements_of(lambda: claims.judged(other))
    for at in range(1, steps + 1):
        with broken_off(at):
            claims.judged(claim)
        with nation():
            assert not AwardEvent.objects.filter(code=claim.event).exists(), at
            assert ClaimRequest.objects.get(pk=claim.pk).state == "open"
    claims.judged(claim)
