"""A level above fills gaps and proposes; the county decides."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from enterprises.actions.entry import Refused, save_by_hand
from enterprises.actions.proposals import decide
from enterprises.models import AnnualFigures, Enterprise, NameHistory, Proposal
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, JINGHE
from tests.enterprises.books import code
from tests.enterprises.test_import import counts, run
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
HEAD = [
    "统一社会信用代码",
    "企业名称",
    "所属县（市、区）",
    "营业收入（万元）",
    "从业人员",
    "所在园区",
    "成立日期",
]


def county_has(by: Actor) -> None:
    head = [h for h in HEAD if "所属" not in h]
    run(by, [[code(1), "甲有限公司", 1000.5, None, "东园", "2019年7月"]], head=head)


def from_above(by: Actor, *rows: list[Any], **more: Any) -> Any:
    return run(by, list(rows), head=HEAD, **more)


def open_proposals() -> list[tuple[Any, ...]]:
    with nation():
        return list(
            Proposal.objects.filter(state="open")
            .order_by("field", "year")
            .values_list("region_id", "field", "year", "before", "value")
        )


def test_gaps_and_new_enterprises_are_written_and_what_differs_is_proposed(
    county_bole: Actor, prefecture_bortala: Actor
) -> None:
    county_has(county_bole)
    result = from_above(
        prefecture_bortala,
        [code(1), "甲股份有限公司", "博乐市", 2000, 30, "西园", dt.date(2019, 8, 1)],
        [code(2), "乙有限公司", "精河县", 5, 6, None, None],
    )
    assert counts(result) == (2, 1, 1, 0, 0) and result.proposed == 4 and result.exit_status == 0
    assert open_proposals() == [
        (BOLE, "established_on", None, "2019-07", "2019-08-01"),
        (BOLE, "name", None, "甲有限公司", "甲股份有限公司"),
        (BOLE, "park", None, "东园", "西园"),
        (BOLE, "revenue", 2025, "10005000.00", "20000000.00"),
    ]
    with nation():
        mine = Enterprise.objects.get(uscc=code(1))
        figures = AnnualFigures.objects.get(enterprise=mine)
        assert (mine.name, mine.park, figures.revenue) == ("甲有限公司", "东园", Decimal("10005000.00"))
        assert figures.employees == 30, "a gap is filled"
        assert Enterprise.objects.get(uscc=code(2)).region_id == JINGHE
        assert NameHistory.objects.count() == 0
    cells = [(p.row, p.column, p.field) for p in result.problems if p.code == "value_proposed"]
    assert cells == [(2, "B", "name"), (2, "D", "revenue"), (2, "F", "park"), (2, "G", "established_on")]


def test_the_same_workbook_from_above_twice_changes_nothing(
    county_bole: Actor, prefecture_bortala: Actor
) -> None:
    county_has(county_bole)
    row = [code(1), "甲有限公司", "博乐市", 2000, 30, None, None]
    from_above(prefecture_bortala, row)
    before = open_proposals()
    result = from_above(prefecture_bortala, row)
    assert counts(result) == (1, 0, 0, 1, 0) and open_proposals() == before


def test_a_dry_run_tells_of_proposals_and_keeps_none(county_bole: Actor, prefecture_bortala: Actor) -> None:
    county_has(county_bole)
    result = from_above(prefecture_bortala, [code(1), "甲有限公司", "博乐市", 2000], dry_run=True)
    assert result.proposed == 1 and open_proposals() == []


def test_erasing_from_above_is_a_proposal_too(county_bole: Actor, prefecture_bortala: Actor) -> None:
    county_has(county_bole)
    from_above(prefecture_bortala, [code(1), "甲有限公司", "博乐市", "清除", None, None, None])
    assert open_proposals() == [(BOLE, "revenue", 2025, "10005000.00", None)]


def test_the_county_takes_over_with_the_import_as_the_source(
    county_bole: Actor, prefecture_bortala: Actor
) -> None:
    county_has(county_bole)
    result = from_above(
        prefecture_bortala, [code(1), "甲股份有限公司", "博乐市", 2000, None, None, dt.date(2019, 8, 1)]
    )
    with acting(county_bole):
        done = decide(by=county_bole, proposals=Proposal.objects.all(), accept=True)
        assert done == {"accepted": 3, "declined": 0, "overtaken": 0}
        assert decide(by=county_bole, proposals=Proposal.objects.all(), accept=True)["accepted"] == 0
    with nation():
        mine = Enterprise.objects.get(uscc=code(1))
        figures = AnnualFigures.objects.get(enterprise=mine)
        assert (mine.name, mine.established_on, mine.established_month_only) == (
            "甲股份有限公司", dt.date(2019, 8, 1), False,
        )  # fmt: skip
        assert NameHistory.objects.get().name == "甲有限公司"
        assert (figures.revenue, figures.import_batch_id) == (Decimal("20000000.00"), result.batch_id)
        assert figures.updated_by_id == county_bole.officer_id and figures.source_row == 2
        assert AuditEntry.objects.filter(action="enterprises.proposals.accept").count() == 1


def test_declining_needs_a_reason_and_is_not_asked_again(
    county_bole: Actor, prefecture_bortala: Actor
) -> None:
    county_has(county_bole)
    row = [code(1), "甲有限公司", "博乐市", 2000, None, None, None]
    from_above(prefecture_bortala, row)
    with acting(county_bole):
        with pytest.raises(Refused):
            decide(by=county_bole, proposals=Proposal.objects.all(), accept=False, reason="  ")
        decide(by=county_bole, proposals=Proposal.objects.all(), accept=False, reason="年报为准")
    from_above(prefecture_bortala, row)
    assert open_proposals() == []
    row[3] = 3000
    from_above(prefecture_bortala, row)
    assert [p[4] for p in open_proposals()] == ["30000000.00"]


def test_a_proposal_that_the_registry_already_says_is_closed_as_overtaken(
    county_bole: Actor, prefecture_bortala: Actor
) -> None:
    county_has(county_bole)
    from_above(prefecture_bortala, [code(1), "甲有限公司", "博乐市", 2000, None, None, None])
    with acting(county_bole):
        save_by_hand(
            by=county_bole, region=BOLE, year=2025, values={"revenue": Decimal(20_000_000)},
            enterprise=Enterprise.objects.get(),
        )  # fmt: skip
        done = decide(by=county_bole, proposals=Proposal.objects.all(), accept=True)
    assert done["overtaken"] == 1 and open_proposals() == []


def test_neither_the_neighbour_nor_the_proposer_decides(
    county_bole: Actor, county_jinghe: Actor, prefecture_bortala: Actor
) -> None:
    county_has(county_bole)
    from_above(prefecture_bortala, [code(1), "甲有限公司", "博乐市", 2000, None, None, None])
    with nation():
        wanted = list(Proposal.objects.all())
    with acting(county_jinghe):
        assert Proposal.objects.count() == 0
        assert decide(by=county_jinghe, proposals=wanted, accept=True)["accepted"] == 0
    with acting(prefecture_bortala), pytest.raises(Denied):
        decide(by=prefecture_bortala, proposals=wanted, accept=True)
    assert len(open_proposals()) == 1


def test_the_page_decides_on_what_is_ticked_or_on_everything(
    client: Client, county_bole: Actor, prefecture_bortala: Actor
) -> None:
    county_has(county_bole)
    from_above(prefecture_bortala, [code(1), "甲有限公司", "博乐市", 2000, None, "西园", None])
    sign_in(client, county_bole)
    assert "数据待核定：2 项" in client.get("/").content.decode()
    text = client.get("/data/proposals/").content.decode()
    assert "1,000.50 万元" in text and "2,000.00 万元" in text and "西园" in text
    with nation():
        park = Proposal.objects.get(field="park").pk
    client.post("/data/proposals/decide/", {"id": park, "which": "picked", "how": "accept"})
    assert [p[1] for p in open_proposals()] == ["revenue"]
    text = client.post(
        "/data/proposals/decide/", {"which": "all", "how": "decline", "reason": ""}, follow=True
    ).content.decode()
    assert "写明不采纳的理由" in text
    client.post("/data/proposals/decide/", {"which": "all", "how": "decline", "reason": "年报为准"})
    assert open_proposals() == []
    assert "年报为准" in client.get("/data/proposals/?state=decided").content.decode()


def test_two_values_of_a_year_that_was_taken_back_meanwhile_make_one_row(
    county_bole: Actor, prefecture_bortala: Actor
) -> None:
    from enterprises.actions.taking_back import take_back
    from enterprises.models import ImportBatch

    head = ["统一社会信用代码", "企业名称", "营业收入（万元）", "从业人员"]
    run(county_bole, [[code(1), "甲有限公司", None, None]], head=head)
    figures = run(county_bole, [[code(1), "甲有限公司", 5, 6]], head=head)
    run(prefecture_bortala, [[code(1), "甲有限公司", 7, 8]], head=head, region=BOLE)
    with acting(county_bole):
        take_back(by=county_bole, batch=ImportBatch.objects.get(pk=figures.batch_id))
        done = decide(by=county_bole, proposals=Proposal.objects.all(), accept=True)
    assert done == {"accepted": 2, "declined": 0, "overtaken": 0}
    with nation():
        assert AnnualFigures.objects.values_list("revenue", "employees").get() == (Decimal("70000.00"), 8)
