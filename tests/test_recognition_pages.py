"""The pages of notices, objections, titles and certificates, as each role and as nobody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cultivation.models import Application, NoticeEntry, Objection, PublicNotice, Recognition
from enterprises.models import Enterprise
from tenancy.access import Actor
from tenancy.context import nation
from tests.conftest import BOLE, JINGHE
from tests.cultivation.test_applications import filed, opened, take
from tests.cultivation.test_recognising import CONTACT, approved, clock, published, state  # noqa: F401
from tests.cultivation.world import enterprise
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db

WORDS = {"title": "2026年第一批公示", "workdays": "5", "contact": CONTACT}


def said(client: Client, view: str, /, *args: Any, code: int = 200, **post: Any) -> str:
    """What a page says, after posting to it where something is given."""
    address = reverse(view, args=args)
    answer = client.post(address, post, follow=True) if post else client.get(address)
    assert answer.status_code == code, answer.status_code
    return answer.content.decode()


def seen(applications: list[Application]) -> str:
    return ",".join(f"{a.public_id}:4" for a in applications)


@pytest.fixture
def running(approved: Any, region_xinjiang: Actor) -> tuple[PublicNotice, list[Application]]:  # noqa: F811
    batch, applications = approved()
    notice, _ = published(region_xinjiang, batch, applications)
    return notice, applications


def test_the_region_publishes_a_list_without_what_is_ticked(
    client: Client,
    approved: Any,  # noqa: F811
    region_xinjiang: Actor,
    clock: Callable[[dt.date], None],  # noqa: F811
) -> None:
    batch, applications = approved()
    sign_in(client, region_xinjiang)
    assert "发布公示" in said(client, "notices")
    page = said(client, "new_notice", batch.public_id)
    assert "审核通过 3 家" in page and seen(applications[:1]) in page
    page = said(
        client,
        "new_notice",
        batch.public_id,
        seen=seen(applications),
        without=applications[2].public_id,
        **WORDS,
    )
    assert "已公示 2 家" in page
    assert [state(a) for a in applications] == ["notice", "notice", "approved"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"title": ""}, "公示标题"),
        ({"workdays": "0"}, "公示期"),
        ({"workdays": "x"}, "公示期"),
        ({"contact": " "}, "异议受理方式"),
        ({"seen": ""}, "已没有可认定的企业"),
        ({"seen": "x:y,,:,a:b:c"}, "已没有可认定的企业"),
    ],
)
def test_a_notice_that_lacks_something_is_told_and_not_published(
    client: Client,
    approved: Any,  # noqa: F811
    region_xinjiang: Actor,
    wrong: dict[str, str],
    told: str,
) -> None:
    batch, applications = approved()
    sign_in(client, region_xinjiang)
    given = {"seen": seen(applications), **WORDS, **wrong}
    assert told in said(client, "new_notice", batch.public_id, code=400, **given)
    assert state(applications[0]) == "approved"


def test_anybody_reads_a_running_notice_with_masked_codes_and_objects_with_a_receipt(
    client: Client, running: Any
) -> None:
    cache.clear()
    notice, applications = running
    assert notice.title in said(client, "public")
    page = said(client, "public_notice", notice.public_id)
    assert "第1企业有限公司" in page and CONTACT in page and "916527******0001" in page
    assert "91652701MA00000001" not in page
    with nation():
        line = NoticeEntry.objects.get(application=applications[0])
    words = {"entry": str(line.pk), "name": "张三", "contact": "13800000000", "text": "研发费用不实"}
    for missing in words:
        page = said(client, "public_notice", notice.public_id, code=422, **(words | {missing: ""}))
        assert "研发费用不实" in page or missing == "text", "what was typed stays"
    page = said(client, "public_notice", notice.public_id, **words)
    with nation():
        made = Objection.objects.get()
    assert made.receipt in page and "核实中" in page
    assert "张三" not in page and "13800000000" not in page
    assert (
        said(client, "public")
        and client.get("/public/", {"receipt": made.receipt.lower()}).status_code == 302
    )


def test_objections_from_one_address_are_limited(client: Client, running: Any) -> None:
    cache.clear()
    notice, applications = running
    with nation():
        line = NoticeEntry.objects.get(application=applications[0])
    words = {"entry": str(line.pk), "name": "张三", "contact": "1", "text": "不服"}
    for _ in range(20):
        said(client, "public_notice", notice.public_id, **words)
    assert "太多" in said(client, "public_notice", notice.public_id, code=422, **words)
    cache.clear()


@pytest.mark.parametrize("upheld", ["0", "1"])
def test_an_objection_is_answered_before_the_list_is_recognised(
    client: Client,
    running: Any,
    region_xinjiang: Actor,
    clock: Callable[[dt.date], None],  # noqa: F811
    upheld: str,
) -> None:
    cache.clear()
    notice, applications = running
    with nation():
        line = NoticeEntry.objects.get(application=applications[0])
    words = {"entry": str(line.pk), "name": "张三", "contact": "1", "text": "不服"}
    said(client, "public_notice", notice.public_id, **words)
    with nation():
        receipt = Objection.objects.get().receipt
    sign_in(client, region_xinjiang)
    assert "公示到" in said(client, "notice", notice.public_id)
    day = notice.closes_on + dt.timedelta(1)
    clock(day)
    page = said(client, "notice", notice.public_id)
    assert "张三" in page and "先答复全部异议" in page
    when = {"number": "新工信〔2026〕1号", "announced_on": day.isoformat()}
    assert "还有异议没有答复" in said(client, "announce", notice.public_id, **when)
    assert "请写明核实情况" in said(client, "answer_objection", receipt, upheld=upheld, answer=" ")
    assert "已答复" in said(client, "answer_objection", receipt, upheld=upheld, answer="经核实……")
    assert "请填写公告日期" in said(
        client, "announce", notice.public_id, number="1", announced_on="2026-13-01"
    )
    assert "已按“新工信〔2026〕1号”认定" in said(client, "announce", notice.public_id, **when)
    assert state(applications[0]) == ("rejected" if upheld == "1" else "recognised")
    client.logout()
    page = said(client, "objection", receipt)
    assert "经核实……" in page and ("异议成立" in page or "异议不成立" in page)
    assert "新工信〔2026〕1号" in said(client, "public")
    assert "公示期已满" in said(client, "public_notice", notice.public_id)


def test_a_county_sees_its_own_lines_of_a_notice_and_no_objection(
    client: Client, running: Any, county_bole: Actor
) -> None:
    cache.clear()
    notice, applications = running
    with nation():
        line = NoticeEntry.objects.get(application=applications[0])
    said(
        client, "public_notice", notice.public_id, entry=str(line.pk), name="张三", contact="138", text="不服"
    )
    sign_in(client, county_bole)
    page = said(client, "notice", notice.public_id)
    assert "第1企业有限公司" in page and "第3企业有限公司" not in page
    assert "张三" not in page and "不服" not in page and "公告文号" not in page


@pytest.fixture
def recognised(
    client: Client,
    running: Any,
    region_xinjiang: Actor,
    clock: Callable[[dt.date], None],  # noqa: F811
) -> dict[str, Recognition]:
    notice, _ = running
    day = notice.closes_on + dt.timedelta(1)
    clock(day)
    sign_in(client, region_xinjiang)
    said(client, "announce", notice.public_id, number="新工信〔2026〕1号", announced_on=day.isoformat())
    with nation():
        return {r.name: r for r in Recognition.objects.select_related("enterprise")}


def test_titles_are_listed_by_what_they_are_and_seen_by_their_own_place_alone(
    client: Client,
    recognised: dict[str, Recognition],
    county_jinghe: Actor,
    person: Callable[..., Actor],
    clock: Callable[[dt.date], None],  # noqa: F811
) -> None:
    assert '通过（份）" class="num">3<' in said(client, "rounds"), "what was recognised was approved"
    page = said(client, "titles")
    assert page.count("新工信〔2026〕1号") == 3
    sign_in(client, county_jinghe)
    page = said(client, "titles")
    assert "第3企业有限公司" in page and "第1企业有限公司" not in page
    first = recognised["第1企业有限公司"]
    assert said(client, "title", first.code, code=404)
    assert client.post(reverse("withdraw_title", args=[first.code])).status_code == 404
    clock(first.valid_until - dt.timedelta(30))
    assert "还有 30 天" in said(client, "titles")
    assert "第3企业有限公司" in client.get("/titles/?view=due").content.decode()
    clock(first.valid_until + dt.timedelta(1))
    assert "第3企业有限公司" in client.get("/titles/?view=expired").content.decode()
    sign_in(client, person("boss", "enterprise", BOLE, first.enterprise_id))
    page = said(client, "titles")
    assert "第1企业有限公司" in page and "第2企业有限公司" not in page
    assert "取消认定" not in said(client, "title", first.code)


def test_a_certificate_is_verified_by_anybody_and_says_what_it_is_worth_today(
    client: Client,
    recognised: dict[str, Recognition],
    clock: Callable[[dt.date], None],  # noqa: F811
) -> None:
    first = recognised["第1企业有限公司"]
    stranger = Client()
    page = said(stranger, "certificate", first.code)
    assert "第1企业有限公司" in page and "创新型中小企业" in page and "真实有效" in page
    assert first.enterprise.uscc not in page
    spelled = f" {first.code[:4]} {first.code[4:].lower()} "
    assert stranger.get("/public/", {"code": spelled})["Location"] == reverse(
        "certificate", args=[first.code]
    )
    for odd in (f"{first.code[:6]}/{first.code[6:]}", f"-{first.code}."):
        assert stranger.get("/public/", {"code": odd})["Location"].endswith(f"/{first.code}/")
    assert stranger.get("/public/", {"code": "／·"}).status_code == 200
    assert "没有这个验证码" in said(stranger, "certificate", "AAAAAAAAAAAA", code=404)
    assert "没有这个验证码" in said(stranger, "certificate", "x", code=404)
    assert "没有这个回执编号" in said(stranger, "objection", "x", code=404)
    assert said(stranger, "public_notice", "x", code=404)
    day = first.valid_from + dt.timedelta(40)
    clock(day)
    page = said(
        client, "withdraw_title", first.code, kind="false_data", reason="审计发现", evidence="审计报告3号",
        decided_on=day.isoformat(),
    )  # fmt: skip
    assert "已取消这项称号" in page and "不得申报至" in page
    page = said(stranger, "certificate", first.code)
    assert "取消认定" in page and "审计发现" not in page and "真实有效" not in page
    clock(first.valid_until + dt.timedelta(1))
    assert "已过有效期" in said(stranger, "certificate", recognised["第2企业有限公司"].code)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"kind": ""}, "请选择情形"), ({"reason": ""}, "写明理由"), ({"decided_on": "x"}, "请填写决定日期")],
)
def test_a_withdrawal_that_lacks_something_is_told(
    client: Client, recognised: dict[str, Recognition], wrong: dict[str, str], told: str
) -> None:
    first = recognised["第1企业有限公司"]
    given = {
        "kind": "accident",
        "reason": "事故",
        "evidence": "通报",
        "decided_on": first.valid_from.isoformat(),
    }
    assert told in said(client, "withdraw_title", first.code, **(given | wrong))


def test_the_list_of_titles_is_exported_as_it_is_filtered(
    client: Client, recognised: dict[str, Recognition], county_bole: Actor
) -> None:
    sign_in(client, county_bole)
    answer = client.post("/exports/make/", {"list": "recognitions", "format": "csv", "query": "view=valid"})
    text = b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode("utf-8-sig")
    assert "第1企业有限公司" in text and "第3企业有限公司" not in text and "首次认定" in text


def test_the_ministrys_list_is_entered_without_those_who_are_not_on_it(
    client: Client,
    approved: Any,  # noqa: F811
    region_xinjiang: Actor,
) -> None:
    batch, applications = approved("little_giant")
    sign_in(client, region_xinjiang)
    assert "登记工信部认定结果" in said(client, "notices")
    assert "已推荐 3 家" in said(client, "national_list", batch.public_id)
    given = {"seen": seen(applications), "without": applications[1].public_id}
    assert "公告文号" in said(client, "national_list", batch.public_id, code=400, number="", **given)
    today = timezone.localdate().isoformat()
    said(client, "national_list", batch.public_id, number="工信部函〔2026〕9号", announced_on=today, **given)
    assert [state(a) for a in applications] == ["recognised", "nation", "recognised"]


def test_the_pages_ask_as_many_questions_for_twelve_lines_as_for_three(
    client: Client,
    approved: Any,  # noqa: F811
    region_xinjiang: Actor,
    clock: Callable[[dt.date], None],  # noqa: F811
) -> None:
    today = timezone.localdate()
    counts: list[list[int]] = []
    for n, size in enumerate((3, 12)):
        own = [enterprise(100 * n + k, JINGHE if k % 3 else BOLE) for k in range(1, size + 1)]
        clock(today)
        batch, applications = approved(own=own, title=f"第{n}批")
        sign_in(client, region_xinjiang)
        asked = [_asked(client, "new_notice", batch.public_id)]
        notice, _ = published(region_xinjiang, batch, applications)
        asked += [_asked(client, "notices"), _asked(client, "notice", notice.public_id)]
        asked += [_asked(Client(), "public_notice", notice.public_id)]
        clock(notice.closes_on + dt.timedelta(1))
        with CaptureQueriesContext(connection) as queries:
            said(
                client, "announce", notice.public_id, number=f"{n}号",
                announced_on=(notice.closes_on + dt.timedelta(1)).isoformat(),
            )  # fmt: skip
        asked.append(len(queries) - (2 * n))  # the sign-in's own share may differ by the round
        asked += [_asked(client, "titles"), _asked(Client(), "public")]
        counts.append(asked)
    assert all(many <= few + 2 for few, many in zip(*counts, strict=True)), counts
    assert max(map(max, counts)) <= 75, counts


def _asked(client: Client, name: str, *args: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        said(client, name, *args)
    return len(queries)


def test_an_empty_place_is_told_what_comes(
    client: Client, county_bole: Actor, region_xinjiang: Actor
) -> None:
    sign_in(client, county_bole)
    assert "还没有公示" in said(client, "notices")
    assert "没有符合条件的称号" in said(client, "titles")
    assert "现在没有正在公示的名单" in said(Client(), "public")
    batch = opened(region_xinjiang)
    sign_in(client, region_xinjiang)
    assert "没有等待公示的申报" in said(client, "new_notice", batch.public_id)
    assert "没有等待工信部结果的申报" in said(client, "national_list", batch.public_id)


def test_a_title_shows_in_the_registry_as_the_enterprises_fact(
    client: Client, recognised: dict[str, Recognition]
) -> None:
    with nation():
        held = Enterprise.objects.get(pk=recognised["第1企业有限公司"].enterprise_id)
    page = said(client, "enterprise", held.public_id)
    assert held.innovative_valid_until is not None and held.innovative_valid_until.isoformat() in page
    assert "依据“新工信〔2026〕1号”" in page and "None" not in page
    assert reverse("certificate", args=[recognised["第1企业有限公司"].code]) in page
    page = said(client, "history", held.public_id)
    assert "新工信〔2026〕1号" in page and "None" not in page


def test_todays_work_names_what_waits_in_the_pipeline(
    client: Client,
    approved: Any,  # noqa: F811
    region_xinjiang: Actor,
    county_bole: Actor,
    clock: Callable[[dt.date], None],  # noqa: F811
) -> None:
    cache.clear()
    batch, applications = approved()
    giants, _ = approved("little_giant", own=[enterprise(9, BOLE)])
    sign_in(client, region_xinjiang)
    page = said(client, "home")
    assert "审核通过，等待公示" in page and batch.title in page and "3 家企业" in page
    assert "等待工信部认定结果" in page and giants.title in page
    notice, _ = published(region_xinjiang, batch, applications)
    page = said(client, "home")
    assert "等待公示" not in page and "待认定" not in page
    with nation():
        line = NoticeEntry.objects.get(application=applications[0])
    said(client, "public_notice", notice.public_id, entry=str(line.pk), name="张三", contact="1", text="不服")
    assert "1 条异议待答复" in said(client, "home")
    with nation():
        receipt = Objection.objects.get().receipt
    said(client, "answer_objection", receipt, upheld="0", answer="属实")
    clock(notice.closes_on + dt.timedelta(1))
    assert "公示期满，待认定" in said(client, "home")
    sign_in(client, county_bole)
    page = said(client, "home")
    assert "待认定" not in page and "培育库年度入库还差 6 家" in page


def test_todays_work_counts_the_applications_that_wait_for_ones_level(
    client: Client, county_bole: Actor, region_xinjiang: Actor, person: Callable[..., Actor]
) -> None:
    batch = opened(region_xinjiang)
    for n in (1, 2):
        take(county_bole, filed(county_bole, batch, enterprise(n, BOLE)), "submit")
    sign_in(client, person("second", "county", BOLE))
    assert "2 份申报待办理" in said(client, "home")
    sign_in(client, region_xinjiang)
    assert "份申报待办理" not in said(client, "home")
