"""The cultivation pool: who enters, its stages, its quotas, and who may do what where."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cultivation import pooled, terms
from cultivation.actions import admit, evaluate, move, record_industrial_count
from cultivation.models import Evaluation, IndustrialCount, PoolEntry, PoolStep
from cultivation.rules.pool import STAGES, Quota, Refused, entitled, moved, quota_of
from enterprises.models import Enterprise
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tenancy.models import AuditEntry
from tests.conftest import BOLE, BORTALA, JINGHE, WENQUAN, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .world import enterprise

ALASHANKOU = "65/6527/652702/"


@pytest.mark.parametrize(
    ("count", "most", "expected"),
    [
        (0, 0, "enters"),
        (3, 3, "enters"),
        (0, 3, "enters"),
        (3, 4, "offered"),
        (0, 17, "offered"),
        (4, 4, ""),
        (4, 9, ""),
    ],
)
def test_three_missing_elements_enter_and_four_do_not(count: int, most: int, expected: str) -> None:
    assert entitled(count, most, 3) == expected


def test_an_entry_moves_between_stages_and_out_and_never_on_from_there() -> None:
    for now in STAGES:
        for to in (*STAGES, "left"):
            if to == now:
                with pytest.raises(Refused, match="pool_same"):
                    moved(now, to)
            else:
                assert moved(now, to) == to
        with pytest.raises(Refused, match="pool_stage"):
            moved(now, "elsewhere")
    for to in (*STAGES, "left"):
        with pytest.raises(Refused, match="pool_left"):
            moved("left", to)


@pytest.mark.parametrize(
    ("share", "least", "above_scale", "floor"),
    [
        (10, None, 100, 10), (10, None, 101, 11), (10, None, 1, 1), (10, None, 0, 0), (10, None, None, None),
        (10, 6, 60, 6), (10, 6, 61, 7), (10, 6, 10, 6), (10, 6, None, 6), (None, 5, 9_999, 5), (None, None, 5, None),
    ],
)  # fmt: skip
def test_a_floor_is_the_larger_of_the_share_rounded_up_and_the_fixed_number(
    share: int | None, least: int | None, above_scale: int | None, floor: int | None
) -> None:
    assert Quota("65/", "county", "", "", share=share, least=least).floor(above_scale) == floor


@given(st.integers(0, 10_000), st.integers(1, 100))
def test_a_share_is_never_less_than_its_percent_nor_a_whole_one_more(above_scale: int, share: int) -> None:
    floor = Quota("65/", "county", "", "", share=share).floor(above_scale)
    assert floor is not None and 0 <= floor * 100 - above_scale * share < 100


def test_the_policies_quotas_are_those_of_the_nearest_place() -> None:
    found = {p: quota_of(terms.quotas(), p, "county") for p in (BOLE, ALASHANKOU, JINGHE, WENQUAN)}
    assert {p: q.least for p, q in found.items() if q} == {BOLE: 6, ALASHANKOU: 4, JINGHE: 3, WENQUAN: 2}
    assert all(q and q.share == 10 and q.soft for q in found.values())
    bortala = quota_of(terms.quotas(), BORTALA, "prefecture")
    assert bortala is not None and (bortala.share, bortala.least) == (10, None)
    assert quota_of(terms.quotas(), "65/6501/650105/", "county") is None
    lhasa = quota_of(terms.quotas(), "54/5401/", "prefecture")
    assert lhasa is not None and (lhasa.least, lhasa.most, lhasa.recommend, lhasa.share) == (5, 20, 5, None)
    assert terms.most_missing() == 3


@pytest.fixture
def judged(db: None, county_bole: Actor, county_jinghe: Actor) -> dict[str, Enterprise]:
    """One that meets all, one that lacks a figure, one that surely lacks much, one unjudged, one of the neighbour."""
    poor = {
        "revenue": 100_000_000, "main_revenue": 1_000_000, "rd_expense": 0, "ip1": 0, "ip1_self_developed": 0, "ip2": 0,
        "in_strategic_emerging": False, "total_liabilities": 60_000_000,
    }  # fmt: skip
    open_figures = {"employees": None, "ip1": None, "ip2": None, "rd_expense": None, "ip1_high_value": None}
    found = {
        "good": enterprise(1, BOLE),
        "open": enterprise(2, BOLE, figures=open_figures),
        "poor": enterprise(3, BOLE, figures=poor),
        "jinghe": enterprise(5, JINGHE),
    }
    today = timezone.localdate()
    for by in (county_bole, county_jinghe):
        with acting(by):
            evaluate(by=by, region=by.region_path, tier="innovative", year=2025, on=today)
    found["unjudged"] = enterprise(4, BOLE)
    return found


def taken(by: Actor, *of: Enterprise, **more: Any) -> dict[int, str]:
    """Admits and gives the refusals."""
    with acting(by):
        return admit(by=by, tier="innovative", enterprise_ids=[e.pk for e in of], **more).refused


def missing(of: Enterprise) -> tuple[int, int]:
    with nation():
        e = Evaluation.objects.get(enterprise=of)
    return e.missing_count, e.missing_max


def test_the_pool_takes_in_by_the_judgement_and_keeps_why(
    judged: dict[str, Enterprise], county_bole: Actor
) -> None:
    assert missing(judged["good"]) == (0, 0)
    assert missing(judged["poor"]) == (4, 4)
    everybody = [judged[n] for n in ("good", "open", "poor", "unjudged")]
    refused = taken(county_bole, *everybody)
    assert judged["good"].pk not in refused
    assert refused[judged["unjudged"].pk] == "pool_not_judged"
    assert refused[judged["poor"].pk] == "pool_missing"
    again = taken(county_bole, judged["good"])
    assert again == {judged["good"].pk: "pool_in"}
    with nation():
        entry = PoolEntry.objects.get(enterprise=judged["good"])
        assert (entry.stage, entry.step, entry.missing_count, entry.missing_max) == ("reserve", 0, 0, 0)
        assert (entry.entered_on, entry.by_id, entry.region_id) == (
            timezone.localdate(),
            county_bole.officer_id,
            BOLE,
        )
        assert AuditEntry.objects.filter(action="pool.admit").count() == 1


@pytest.mark.parametrize(("days", "refused"), [(0, "pool_title_held"), (-1, None)])
def test_who_holds_the_title_is_on_the_way_to_the_next(
    judged: dict[str, Enterprise], county_bole: Actor, days: int, refused: str | None
) -> None:
    good, today = judged["good"], timezone.localdate()
    with nation():
        Enterprise.objects.filter(pk=good.pk).update(innovative_valid_until=today + dt.timedelta(days))
    with acting(county_bole):
        listed = pooled.candidates(county_bole, "innovative", today).values_list("enterprise_id", flat=True)
        assert (good.pk in listed) == (refused is None)
    assert taken(county_bole, good).get(good.pk) == refused


def test_undecided_elements_need_a_word(
    judged: dict[str, Enterprise], county_bole: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    count, most = missing(judged["open"])
    assert count < most, "the case needs undecided elements"
    monkeypatch.setattr(terms, "most_missing", lambda: count)
    assert taken(county_bole, judged["open"]) == {judged["open"].pk: "pool_reason"}
    assert taken(county_bole, judged["open"], reason="已走访，数据下周补报") == {}
    with nation():
        assert PoolEntry.objects.get().reason == "已走访，数据下周补报"


def test_nobody_takes_in_or_moves_a_neighbours_enterprise(
    judged: dict[str, Enterprise], county_bole: Actor, county_jinghe: Actor, person: Callable[..., Actor]
) -> None:
    assert taken(county_bole, judged["jinghe"]) == {judged["jinghe"].pk: "not_found"}
    assert taken(county_jinghe, judged["jinghe"]) == {}
    with nation():
        entry = PoolEntry.objects.get()
    with acting(county_bole):
        assert move(by=county_bole, seen={entry.pk: 0}, stage="promote").refused == {entry.pk: "not_found"}
    auditor = person("auditor.bole", "auditor", BOLE)
    with acting(auditor), pytest.raises(Denied):
        admit(by=auditor, tier="innovative", enterprise_ids=[judged["good"].pk])
    with acting(auditor), pytest.raises(Denied):
        move(by=auditor, seen={}, stage="promote")
    with acting(county_bole), pytest.raises(Denied):
        record_industrial_count(
            by=county_bole, region=JINGHE, year=2025, count=1, counted_on=dt.date(2026, 1, 1), source="x"
        )


def test_stages_are_steps_that_stay_and_leaving_has_a_reason(
    judged: dict[str, Enterprise], county_bole: Actor
) -> None:
    taken(county_bole, judged["good"])
    with acting(county_bole):
        entry = PoolEntry.objects.get()
        assert move(by=county_bole, seen={entry.pk: 0}, stage="cultivate", reason="列入重点").done == [
            entry.pk
        ]
        assert move(by=county_bole, seen={entry.pk: 0}, stage="promote").refused == {entry.pk: "overtaken"}
        assert move(by=county_bole, seen={entry.pk: 1}, stage="cultivate").refused == {entry.pk: "pool_same"}
        with pytest.raises(Refused, match="pool_leave_reason"):
            move(by=county_bole, seen={entry.pk: 1}, stage="left", reason=" ")
        move(by=county_bole, seen={entry.pk: 1}, stage="left", reason="迁出本县")
        assert move(by=county_bole, seen={entry.pk: 2}, stage="reserve").refused == {entry.pk: "pool_left"}
        steps = PoolStep.objects.order_by("number").values_list("before", "after", "reason")
        assert list(steps) == [("reserve", "cultivate", "列入重点"), ("cultivate", "left", "迁出本县")]
    # Who has left may come back, as a new entry.
    assert taken(county_bole, judged["good"]) == {}
    with nation():
        assert sorted(PoolEntry.objects.values_list("stage", flat=True)) == ["left", "reserve"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cultivation_poolentry SET stage = 'promote'",
        "UPDATE cultivation_poolentry SET entered_on = '2020-01-01'",
        "UPDATE cultivation_poolentry SET missing_count = 0, reason = 'x'",
        "UPDATE cultivation_poolstep SET reason = 'x'",
        "DELETE FROM cultivation_poolstep",
        "UPDATE cultivation_industrialcount SET count = 1",
    ],
)
def test_no_stage_without_its_step_and_nothing_that_was_kept_is_changed(
    judged: dict[str, Enterprise], county_bole: Actor, statement: str
) -> None:
    taken(county_bole, judged["good"])
    with acting(county_bole):
        move(by=county_bole, seen={PoolEntry.objects.get().pk: 0}, stage="cultivate")
        record_industrial_count(
            by=county_bole, region=BOLE, year=2025, count=61, counted_on=dt.date(2026, 1, 31), source="统计局"
        )
    with acting(county_bole), pytest.raises(DatabaseError), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)


def test_an_entry_moves_along_with_its_enterprise(
    judged: dict[str, Enterprise], county_bole: Actor, prefecture_bortala: Actor
) -> None:
    taken(county_bole, judged["good"])
    with acting(prefecture_bortala):
        move(by=prefecture_bortala, seen={PoolEntry.objects.get().pk: 0}, stage="promote")
        Enterprise.objects.filter(pk=judged["good"].pk).update(region_id=JINGHE)
        for model in (PoolEntry, PoolStep):
            assert set(model.objects.values_list("region_id", flat=True)) == {JINGHE}


def test_each_place_stands_against_its_quota_by_the_newest_count(
    judged: dict[str, Enterprise], county_bole: Actor, prefecture_bortala: Actor
) -> None:
    taken(county_bole, judged["good"])
    year = timezone.localdate().year
    with acting(prefecture_bortala):
        before = {p.region.path: p for p in pooled.against_quota(prefecture_bortala, year)}
        assert (before[BOLE].entered, before[BOLE].floor, before[BOLE].short) == (1, 6, 5)
        assert (before[BORTALA].entered, before[BORTALA].floor) == (1, None)
        for count, source in ((71, "年报"), (65, "更正")):
            record_industrial_count(
                by=prefecture_bortala, region=BOLE, year=year - 1, count=count, counted_on=dt.date(year, 1, 31),
                source=source,
            )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            after = {p.region.path: p for p in pooled.against_quota(prefecture_bortala, year)}
        assert len(queries) <= 4
        assert (after[BOLE].floor, after[BOLE].short) == (7, 6)
        assert after[BOLE].counted is not None and after[BOLE].counted.source == "更正"
        assert {p.entered for p in pooled.against_quota(prefecture_bortala, year - 1)} == {0}
        for wrong in ({"count": -1}, {"source": " "}, {"counted_on": dt.date(2999, 1, 1)}, {"year": 1}):
            right = {"year": year, "count": 1, "counted_on": dt.date(year, 1, 1), "source": "x"}
            with pytest.raises(Refused, match="count_words"):
                record_industrial_count(by=prefecture_bortala, region=BOLE, **(right | wrong))
        assert IndustrialCount.objects.count() == 2


def page(client: Client, name: str, code: int = 200, query: str = "", **post: Any) -> str:
    address = reverse(name) + query
    answer = client.post(address, post, follow=True) if post else client.get(address)
    assert answer.status_code == code
    return answer.content.decode()


def test_the_pages_take_in_move_and_let_go(
    client: Client, judged: dict[str, Enterprise], county_bole: Actor, region_xinjiang: Actor
) -> None:
    good = judged["good"]
    sign_in(client, county_bole)
    shown = page(client, "pool")
    assert good.name in shown and "符合条件" in shown and judged["jinghe"].name not in shown
    assert judged["poor"].name not in shown
    assert "请先选择企业" in page(client, "pool_admit", tier="innovative")
    assert "已入库 1 家" in page(client, "pool_admit", tier="innovative", pick=good.public_id)
    assert "该企业已在库" in page(client, "pool_admit", tier="innovative", pick=good.public_id)
    assert "请先选择企业" in page(client, "pool_admit", tier="innovative", pick=judged["jinghe"].public_id)
    with nation():
        entry = PoolEntry.objects.get()
    pick = f"{entry.public_id}:0"
    told = page(client, "pool_move", tier="innovative", view="reserve", pick=pick, stage="cultivate")
    assert "已调整 1 家" in told
    assert good.name in page(client, "pool", query="?view=cultivate")
    told = page(client, "pool_move", view="cultivate", pick=f"{entry.public_id}:1", stage="left")
    assert "请写明出库理由" in told
    page(client, "pool_move", view="cultivate", pick=f"{entry.public_id}:1", stage="left", reason="迁出")
    assert "迁出" in page(client, "pool", query="?view=left")
    assert "已入库" in page(client, "pool_admit", tier="innovative", all="1")
    answer = client.post("/exports/make/", {"list": "pool", "format": "csv", "query": "view=reserve"})
    text = b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode("utf-8-sig")
    assert good.name in text
    sign_in(client, region_xinjiang)
    shown = page(client, "pool_quota")
    assert "不少于 6 家" in shown and "先登记规上工业企业数" in shown
    words = {"region": "652701", "count": "65", "counted_on": "2026-01-31", "source": "州统计局年报"}
    for name, wrong in (("count", "x"), ("counted_on", ""), ("source", ""), ("region", "110000")):
        assert "请" in page(client, "pool_quota", code=422, **(words | {name: wrong}))
    assert "已登记" in page(client, "pool_quota", **words)
    assert "≥ 7" in page(client, "pool_quota")


def test_the_pages_ask_as_many_questions_for_thirty_as_for_three(
    client: Client, county_bole: Actor, db: None
) -> None:
    sign_in(client, county_bole)
    counts = []
    for numbers in (range(1, 4), range(4, 34)):
        made = [enterprise(n, BOLE) for n in numbers]
        with acting(county_bole):
            evaluate(
                by=county_bole, region=BOLE, tier="innovative", year=2025, on=timezone.localdate(),
                enterprise_ids=[e.pk for e in made],
            )  # fmt: skip
        asked = []
        for path in ("/pool/", "/pool/quota/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            asked.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            page(client, "pool_admit", tier="innovative", all="1")
        asked.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            page(client, "pool", query="?view=reserve")
        counts.append([*asked, len(queries)])
    assert all(many <= few for few, many in zip(*counts, strict=True)), counts
    assert max(map(max, counts)) <= 50, counts


def test_a_place_without_candidates_is_told_why(client: Client, county_bole: Actor, db: None) -> None:
    sign_in(client, county_bole)
    assert "没有可入库的企业" in page(client, "pool")
    assert "这个阶段还没有企业" in page(client, "pool", query="?view=promote&tier=specialised")
    assert "可入库" in page(client, "pool", query="?view=nowhere&tier=nothing")


def test_the_region_sees_all_of_its_places(
    client: Client, judged: dict[str, Enterprise], region_xinjiang: Actor
) -> None:
    sign_in(client, region_xinjiang)
    shown = page(client, "pool")
    assert judged["good"].name in shown and judged["jinghe"].name in shown
    assert region_xinjiang.region_path == XINJIANG
