"""What a named person answers about a judgement: it counts at once, keeps its reason, and is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError
from django.test import Client
from django.utils import timezone

from cultivation import editions
from cultivation.actions import answer_judgement, declare_conflict, evaluate, excuse
from cultivation.models import Evaluation, Tier, Verdict
from cultivation.queries import latest_of, person_fact
from cultivation.replay import replay
from cultivation.rules.judge import judge
from cultivation.rules.vocabulary import JUDGEMENTS, NOT_APPLICABLE
from cultivation.rules.workflow import Refused
from enterprises.models import AnnualFigures, Enterprise
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, JINGHE

from ..tenancy.test_sign_in import sign_in
from .world import YEAR, enterprise

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def own(region_xinjiang: Actor) -> Enterprise:
    made = enterprise(1, BOLE)
    with acting(region_xinjiang):
        for tier in Tier.values:
            evaluate(by=region_xinjiang, region="65/", tier=tier, year=YEAR, on=TODAY())
    return made


def newest(made: Enterprise, tier: str) -> Evaluation:
    found = latest_of(made.pk, tier, TODAY())
    assert found is not None
    return found


def outcome(evaluation: Evaluation, code: str) -> Any:
    return next(a for a in evaluation.answers if a["code"] == code)


def _asked_of_a_person() -> tuple[str, str, str]:
    """(tier, condition, fact) of a condition that is one person's answer and nothing else."""
    for tier in Tier.values:
        for condition in editions.in_force(tier, TODAY(), region="65/").conditions:
            fact = person_fact(condition)
            if fact and getattr(condition.test, "fact", "") == fact:
                return tier, condition.code, fact
    raise AssertionError("no edition asks a person alone")


def test_an_answer_counts_for_every_tier_at_once_and_can_be_taken_back(
    own: Enterprise, county_bole: Actor
) -> None:
    tier, code, fact = _asked_of_a_person()
    with acting(county_bole):
        assert outcome(newest(own, tier), code)["outcome"] == "unknown"
        for met, word in ((True, "pass"), (False, "fail"), (None, "unknown")):
            answer_judgement(by=county_bole, enterprise=own, year=YEAR, fact=fact, met=met, reason="实地核实")
            assert outcome(newest(own, tier), code)["outcome"] == word
            assert getattr(AnnualFigures.objects.get(enterprise=own, year=YEAR), fact) is met
        assert list(Verdict.objects.order_by("id").values_list("word", flat=True)) == [
            "met",
            "not_met",
            "open",
        ]
        assert AuditEntry.objects.filter(action="judgements.answer").count() == 3
        assert replay().differences == []


def test_a_condition_that_does_not_apply_is_neither_missing_nor_open(
    own: Enterprise, county_bole: Actor
) -> None:
    tier, code, _ = _asked_of_a_person()
    with acting(county_bole):
        before = newest(own, tier)
        excuse(
            by=county_bole, enterprise=own, year=YEAR, tier=tier, element=code, excused=True, reason="不涉及"
        )
        after = newest(own, tier)
        assert outcome(after, code) == {
            "code": code, "outcome": "pass", "value": NOT_APPLICABLE, "points": None, "points_max": None,
        }  # fmt: skip
        assert after.missing_max == before.missing_max - 1
        assert after.facts[NOT_APPLICABLE] == [code]
        assert replay().differences == []
        # Runs over the whole region know it as well, and of other tiers it says nothing.
        evaluate(by=county_bole, region=BOLE, tier=tier, year=YEAR, on=TODAY())
        assert newest(own, tier).pk == after.pk
        other = next(t for t in Tier.values if t != tier)
        assert NOT_APPLICABLE not in newest(own, other).facts
        excuse(
            by=county_bole, enterprise=own, year=YEAR, tier=tier, element=code, excused=False, reason="更正"
        )
        again = newest(own, tier)
        assert outcome(again, code)["outcome"] == "unknown" and NOT_APPLICABLE not in again.facts


def test_every_condition_of_every_edition_can_be_excused_and_nothing_else_changes() -> None:
    """Pure: the other elements keep their answers, the counts never grow, and no answer turns to the worse."""
    rank = {"fail": 0, "unknown": 1, "pass": 2}
    for tier in Tier.values:
        edition = editions.in_force(tier, TODAY(), region="65/")
        for facts in ({}, dict.fromkeys(JUDGEMENTS, False)):
            plain = judge(edition, facts, TODAY())
            for condition in edition.conditions:
                excused = judge(edition, facts | {NOT_APPLICABLE: [condition.code]}, TODAY())
                assert excused.answer(condition.code).outcome == "pass"
                assert condition.code not in excused.missing
                assert rank[excused.outcome] >= rank[plain.outcome]
                assert excused.missing_count <= plain.missing_count
                assert excused.missing_max <= plain.missing_max
                others = [a for a in plain.answers if a.code != condition.code]
                assert [a for a in excused.answers if a.code != condition.code] == others


def test_an_answer_needs_its_reason_its_element_and_an_impartial_person_of_the_place(
    own: Enterprise, county_bole: Actor, county_jinghe: Actor, person: Callable[..., Actor]
) -> None:
    tier, code, fact = _asked_of_a_person()
    asked: dict[str, Any] = {"enterprise": own, "year": YEAR, "fact": fact, "met": True, "reason": "有证"}
    said: dict[str, Any] = {
        "enterprise": own, "year": YEAR, "tier": tier, "element": code, "excused": True, "reason": "不涉及",
    }  # fmt: skip
    with acting(county_bole):
        for wrong, word in (({"reason": "  "}, "reason_missing"), ({"fact": "revenue"}, "element")):
            with pytest.raises(Refused) as refused:
                answer_judgement(by=county_bole, **asked | wrong)
            assert refused.value.code == word
        for wrong, word in (({"reason": ""}, "reason_missing"), ({"element": "R1"}, "element")):
            with pytest.raises(Refused) as refused:
                excuse(by=county_bole, **said | wrong)
            assert refused.value.code == word
        declare_conflict(by=county_bole, enterprise=own, reason="亲属")
        with pytest.raises(Refused) as refused:
            answer_judgement(by=county_bole, **asked)
        assert refused.value.code == "conflict"
    for other in (county_jinghe, person("reader", "auditor", BOLE), person("fin", "finance", BOLE)):
        with acting(other), pytest.raises(Denied):
            answer_judgement(by=other, **asked)
    with nation():
        assert not Verdict.objects.exists()


def test_what_was_said_stays_and_the_enterprise_reads_the_reason_without_the_name(
    own: Enterprise, county_bole: Actor, person: Callable[..., Actor], client: Client
) -> None:
    tier, _, fact = _asked_of_a_person()
    with acting(county_bole):
        answer_judgement(by=county_bole, enterprise=own, year=YEAR, fact=fact, met=True, reason="有合同为证")
        for change in ("UPDATE cultivation_verdict SET reason = 'x'", "DELETE FROM cultivation_verdict"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)
    boss = person("boss", "enterprise", BOLE, own.pk)
    with acting(boss):
        with pytest.raises(ProgrammingError), transaction.atomic():
            list(Verdict.objects.values_list("by_id"))
    sign_in(client, boss)
    page = client.get(f"/enterprises/{own.public_id}/judgement/?tier={tier}").content.decode()
    assert "有合同为证" in page and county_bole.display_name not in page and "judgement/verdict" not in page
    assert client.get(f"/enterprises/{own.public_id}/judgement/verdict/?tier={tier}").status_code == 403


def test_the_page_asks_keeps_and_shows_who_said_what(
    own: Enterprise, county_bole: Actor, client: Client
) -> None:
    tier, code, _ = _asked_of_a_person()
    sign_in(client, county_bole)
    address = f"/enterprises/{own.public_id}/judgement/verdict/?tier={tier}&element={code}"
    assert "还没有人判定过这一项" in client.get(address).content.decode()
    wrong = client.post(address, {"word": "met", "reason": ""})
    assert wrong.status_code == 200 and "必填" in wrong.content.decode()
    done = client.post(address, {"word": "met", "reason": "链主企业出具证明"}, follow=True)
    assert "链主企业出具证明" in done.content.decode()
    again = client.get(address).content.decode()
    assert county_bole.display_name in again and "收回判定" in again
    excused = client.post(address, {"word": "not_applicable", "reason": "不涉及"}, follow=True)
    assert "不适用" in excused.content.decode()
    assert client.get(address.replace(code, "NOWHERE")).status_code == 404


def test_the_file_moves_with_its_enterprise(
    own: Enterprise, county_bole: Actor, region_xinjiang: Actor
) -> None:
    _, _, fact = _asked_of_a_person()
    with acting(county_bole):
        answer_judgement(by=county_bole, enterprise=own, year=YEAR, fact=fact, met=True, reason="有证")
    with nation():
        Enterprise.objects.filter(pk=own.pk).update(region_id=JINGHE)
        assert Verdict.objects.get().region_id == JINGHE
