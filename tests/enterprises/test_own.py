"""What an enterprise says of itself: contact data at once, figures when the county has agreed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from enterprises.actions import own
from enterprises.actions.entry import Refused, save_by_hand
from enterprises.actions.proposals import decide
from enterprises.models import AnnualFigures, Enterprise, Proposal
from tenancy.access import Actor, Denied, system_actor
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, JINGHE
from tests.enterprises import books
from tests.enterprises.test_import import run
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
YEAR = timezone.localdate().year - 1


@pytest.fixture
def firm() -> Enterprise:
    by = system_actor(BOLE)
    with acting(by):
        return save_by_hand(
            by=by,
            region=BOLE,
            year=YEAR,
            values={"uscc": books.code(1), "name": "甲有限公司", "revenue": Decimal("10000000.00")},
        )


@pytest.fixture
def speaker(firm: Enterprise, person: Callable[..., Actor]) -> Actor:
    return person("enterprise.one", "enterprise", BOLE, firm.pk)


def say(by: Actor, firm: Enterprise, **values: object) -> own.Reported:
    with acting(by):
        return own.report(by=by, enterprise=firm, year=YEAR, values=values)


def waiting() -> list[tuple[str, str | None, str | None]]:
    with nation():
        return list(
            Proposal.objects.filter(state="open").order_by("field").values_list("field", "before", "value")
        )


def test_contact_data_are_changed_at_once_and_sealed_in_the_trail(speaker: Actor, firm: Enterprise) -> None:
    done = say(speaker, firm, contact_name=" 王 五 ", contact_phone="13812345678")
    assert done == own.Reported(2, 0, 0)
    with acting(speaker):
        firm.refresh_from_db()
    assert (firm.contact_name, firm.contact_phone) == ("王 五", "13812345678")
    with nation():
        entry = AuditEntry.objects.get(action="enterprises.own.contact")
    assert entry.officer_id == speaker.officer_id
    assert "13812345678" not in str(entry.after)
    assert say(speaker, firm, contact_name="王 五") == own.Reported(0, 0, 0)


def test_figures_wait_for_the_county_and_take_effect_when_it_agrees(
    speaker: Actor, firm: Enterprise, county_bole: Actor
) -> None:
    assert say(speaker, firm, revenue=Decimal("20000000.5"), employees=30).proposed == 2
    assert waiting() == [("employees", None, "30"), ("revenue", "10000000.00", "20000000.50")]
    with acting(county_bole):
        assert AnnualFigures.objects.get().revenue == Decimal("10000000.00")
        decide(by=county_bole, proposals=Proposal.objects.filter(state="open"), accept=True)
        row = AnnualFigures.objects.get()
    assert (row.revenue, row.employees, row.source_file) == (Decimal("20000000.50"), 30, "企业自报")


def test_the_registrys_own_value_withdraws_and_a_newer_one_replaces(speaker: Actor, firm: Enterprise) -> None:
    assert say(speaker, firm, employees=30).proposed == 1
    assert say(speaker, firm, employees=30) == own.Reported(0, 0, 0)
    assert say(speaker, firm, employees=31).proposed == 1
    assert waiting() == [("employees", None, "31")]
    assert say(speaker, firm, employees=None) == own.Reported(0, 0, 1)
    assert waiting() == []


def test_a_level_above_and_the_enterprise_may_propose_the_same_fact_side_by_side(
    speaker: Actor, firm: Enterprise, county_bole: Actor, prefecture_bortala: Actor
) -> None:
    say(speaker, firm, revenue=Decimal("20000000"))
    head = ["统一社会信用代码", "企业名称", "所属县（市、区）", "营业收入（万元）"]
    run(prefecture_bortala, [[firm.uscc, "甲有限公司", "博乐市", 3000]], head=head)
    assert sorted(value for _f, _b, value in waiting()) == ["20000000.00", "30000000.00"]
    with acting(speaker):
        assert [p.own for p in Proposal.objects.all()] == [True]


def test_what_others_say_is_not_said_by_the_enterprise(speaker: Actor, firm: Enterprise) -> None:
    for code in ("name", "uscc", "little_giant_valid_until", "serious_dishonesty"):
        with pytest.raises(Refused, match="field_unknown"):
            say(speaker, firm, **{code: "x"})


def test_nobody_speaks_for_a_neighbour(
    speaker: Actor, firm: Enterprise, county_bole: Actor, person: Callable[..., Actor]
) -> None:
    other = person("enterprise.two", "enterprise", JINGHE, firm.pk + 1)
    for by in (other, county_bole):
        with acting(by), pytest.raises(Denied):
            own.report(by=by, enterprise=firm, year=YEAR, values={"employees": 1})
    say(speaker, firm, employees=30)
    with acting(other):
        assert not Proposal.objects.exists()


def test_the_page_shows_what_waits_and_what_was_declined_with_the_reason(
    client: Client, speaker: Actor, firm: Enterprise, county_bole: Actor
) -> None:
    sign_in(client, speaker)
    answer = client.post("/data/own/", {"year": YEAR, "revenue": "2000", "contact_name": "王五"})
    assert answer["Location"] == f"/data/own/?year={YEAR}"
    page = client.get(answer["Location"]).content.decode()
    assert 'value="2000"' in page
    assert "待核定" in page
    assert waiting() == [("revenue", "10000000.00", "20000000.00")]
    with acting(county_bole):
        decide(
            by=county_bole,
            proposals=Proposal.objects.filter(state="open"),
            accept=False,
            reason="与审计报告不符",
        )
    page = client.get(answer["Location"]).content.decode()
    assert "与审计报告不符" in page
    assert 'value="1000"' in page
    wrong = client.post("/data/own/", {"year": YEAR, "revenue": "很多"})
    assert wrong.status_code == 422
    assert "很多" in wrong.content.decode()
    county = Client()
    sign_in(county, county_bole)
    assert "企业自报" in county.get("/data/proposals/?state=decided").content.decode()
