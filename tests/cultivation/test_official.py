"""Official lists: matched by code, name and former name; doubtful ones decided by a person; nothing recognised twice."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import Workbook

from cultivation import matching
from cultivation.actions import confirm_list, decide, decide_line, file, open_batch, take_list
from cultivation.models import Announcement, Application, OfficialLine, OfficialList, Recognition, Tier
from cultivation.rules.terms import years_later
from cultivation.rules.workflow import Refused
from enterprises.actions import rename
from enterprises.models import Enterprise
from enterprises.rules.names_list import Named, named
from enterprises.rules.sheet import Sheet
from enterprises.rules.sheet import Workbook as Read
from tenancy.access import Actor, Denied
from tenancy.context import acting, nation
from tests.conftest import BOLE, JINGHE, XINJIANG

from ..tenancy.test_sign_in import sign_in
from .world import enterprise

CODE, OTHER = "91652701L9ENYBC55H", "91652702UDMWB8TG2B"
DAY = dt.date(2025, 9, 1)


def book(*rows: tuple[Any, ...], head: tuple[Any, ...] = ("序号", "企业名称", "统一社会信用代码")) -> bytes:
    made = Workbook()
    sheet = made.active
    sheet.append(["第七批专精特新“小巨人”企业公告名单"])
    sheet.append(head)
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def test_names_are_found_under_any_title_and_feet_are_no_names() -> None:
    rows = [["公告名单", "", ""], ["序号", "单位名称", "信用代码"], [1.0, " 甲 公司", CODE.lower()], [2.0, "乙公司", "不详"],
            ["", "", ""], ["序号", "单位名称", "信用代码"], [3.0, "丙公司", ""], ["", "合计：3家", ""]]  # fmt: skip
    found = named(
        Read(name="a.xlsx", kind="xlsx", sheets=[Sheet("名单", rows), Sheet("说明", [["无名称列"]])])
    )
    assert found == [
        Named("名单", 3, "甲 公司", CODE),
        Named("名单", 4, "乙公司", ""),
        Named("名单", 7, "丙公司", ""),
    ]
    assert named(Read(name="a", kind="xlsx", sheets=[Sheet("x", [["没有", "列名"], ["甲公司", 1.0]])])) == []


pytestmark = pytest.mark.django_db


@pytest.fixture
def known(county_bole: Actor) -> dict[str, Enterprise]:
    firms = {
        "code": enterprise(1, BOLE, uscc=CODE, name="博乐甲机械有限公司"),
        "plain": enterprise(2, BOLE, name="博乐乙机械有限公司"),
        "renamed": enterprise(3, BOLE, name="博乐丙旧名有限公司"),
        "twin": enterprise(4, BOLE, name="同名机械有限公司"),
        "twin2": enterprise(5, JINGHE, name="同名机械有限公司"),
        "form": enterprise(6, JINGHE, name="精河丁机械股份有限公司"),
        "outside": enterprise(7, "54/5401/540102/", name="拉萨外地有限公司"),
    }
    with acting(county_bole):
        rename(by=county_bole, enterprise=firms["renamed"], name="博乐丙新名有限公司")
    return firms


def test_each_line_says_whom_it_is_about_and_how_sure_that_is(
    known: dict[str, Enterprise], region_xinjiang: Actor
) -> None:
    lines = [
        Named("s", 1, "博乐甲机械有限公司", CODE),
        Named("s", 2, "博乐乙机械有限公司", ""),
        Named("s", 3, "博乐丙旧名有限公司", ""),
        Named("s", 4, "博乐丙新名有限公司", ""),
        Named("s", 5, "同名机械有限公司", ""),
        Named("s", 6, "精河丁机械有限责任公司", ""),
        Named("s", 7, "无人知道有限公司", ""),
        Named("s", 8, "拉萨外地有限公司", ""),
        Named("s", 9, "博乐乙机械有限公司", CODE),
        Named("s", 10, "博乐乙机械有限公司", OTHER),
        Named("s", 11, "换过的名字有限公司", CODE),
    ]
    with acting(region_xinjiang), CaptureQueriesContext(connection) as queries:
        found = matching.match(XINJIANG, lines)
    assert len(queries) <= 5
    assert [m.how for m in found] == [
        "code", "name", "former", "repeated", "doubtful", "doubtful", "none", "none", "doubtful", "doubtful", "doubtful",
    ]  # fmt: skip
    assert [m.enterprise_id for m in found[:3]] == [known[k].pk for k in ("code", "plain", "renamed")]
    assert set(found[4].candidates) == {known["twin"].pk, known["twin2"].pk}
    assert found[5].candidates == [known["form"].pk]
    assert found[8].candidates == [known["code"].pk, known["plain"].pk]
    assert all(m.enterprise_id is None for m in found[3:])


def taken(by: Actor, data: bytes, **more: Any) -> OfficialList:
    asked: dict[str, Any] = {
        "region": XINJIANG, "tier": Tier.LITTLE_GIANT, "number": "工信部企业函〔2025〕9号", "announced_on": DAY,
        "name": "名单.xlsx", "data": data,
    } | more  # fmt: skip
    with acting(by):
        return take_list(by=by, **asked)


def test_the_sure_ones_are_recognised_once_and_the_doubtful_after_a_word(
    known: dict[str, Enterprise], region_xinjiang: Actor
) -> None:
    made = taken(
        region_xinjiang, book((1, "博乐甲机械有限公司", CODE), (2, "同名机械有限公司", ""), (3, "没有的", ""))
    )
    with acting(region_xinjiang):
        assert not Recognition.objects.exists()
        assert confirm_list(by=region_xinjiang, made=made) == {"recognised": 1, "known": 0}
        assert confirm_list(by=region_xinjiang, made=made) == {"recognised": 0, "known": 0}
        doubtful = OfficialLine.objects.get(how="doubtful")
        with pytest.raises(Refused) as refused:
            decide_line(by=region_xinjiang, line=doubtful, enterprise_id=known["code"].pk)
        assert refused.value.code == "official_candidate"
        decide_line(by=region_xinjiang, line=doubtful, enterprise_id=known["twin2"].pk)
        with pytest.raises(Refused):
            decide_line(by=region_xinjiang, line=doubtful, enterprise_id=None)
        assert confirm_list(by=region_xinjiang, made=made) == {"recognised": 1, "known": 0}
        titles = list(Recognition.objects.order_by("id"))
        assert [t.enterprise_id for t in titles] == [known["code"].pk, known["twin2"].pk]
        assert {(t.valid_from, t.valid_until) for t in titles} == {(DAY, years_later(DAY, 3))}
        assert Announcement.objects.count() == 1
        assert Enterprise.objects.get(pk=known["code"].pk).little_giant_valid_until == years_later(DAY, 3)
        assert [r or "-" for r in OfficialLine.objects.order_by("row").values_list("result", flat=True)] == [
            "recognised", "recognised", "-",
        ]  # fmt: skip
    # The same list once more, and one a year later while the title holds: nobody is recognised twice.
    for day in (DAY, dt.date(2026, 9, 1)):
        again = taken(region_xinjiang, book((1, "博乐甲机械有限公司", CODE)), announced_on=day)
        with acting(region_xinjiang):
            assert confirm_list(by=region_xinjiang, made=again) == {"recognised": 0, "known": 1}
    review = taken(
        region_xinjiang, book((1, "博乐甲机械有限公司", CODE)), announced_on=dt.date(2026, 9, 1), review=True
    )
    with acting(region_xinjiang):
        assert confirm_list(by=region_xinjiang, made=review) == {"recognised": 1, "known": 0}


def test_who_has_left_the_region_since_is_not_recognised(
    known: dict[str, Enterprise], region_xinjiang: Actor
) -> None:
    made = taken(region_xinjiang, book((1, "博乐甲机械有限公司", CODE), (2, "博乐乙机械有限公司", "")))
    with nation():
        Enterprise.objects.filter(pk=known["code"].pk).update(region_id="54/5401/540102/")
    with acting(region_xinjiang):
        assert confirm_list(by=region_xinjiang, made=made) == {"recognised": 1, "known": 0}
    with nation():
        assert Recognition.objects.get().enterprise_id == known["plain"].pk
        assert OfficialLine.objects.get(enterprise_id=known["code"].pk).result == ""


def test_an_older_list_does_not_shorten_a_title(known: dict[str, Enterprise], region_xinjiang: Actor) -> None:
    newer = taken(region_xinjiang, book((1, "博乐甲机械有限公司", CODE)))
    older = taken(
        region_xinjiang,
        book((1, "博乐甲机械有限公司", CODE)),
        number="旧号",
        announced_on=dt.date(2022, 9, 1),
    )
    with acting(region_xinjiang):
        confirm_list(by=region_xinjiang, made=newer)
        confirm_list(by=region_xinjiang, made=older)
        assert Enterprise.objects.get(pk=known["code"].pk).little_giant_valid_until == years_later(DAY, 3)
        assert Recognition.objects.count() == 2


def test_what_was_recommended_to_the_ministry_takes_its_last_step_with_the_list(
    region_xinjiang: Actor, prefecture_bortala: Actor, county_bole: Actor, person: Callable[..., Actor]
) -> None:
    today = timezone.localdate()
    own = enterprise(1, BOLE, name="博乐甲机械有限公司")
    with acting(region_xinjiang):
        batch = open_batch(
            by=region_xinjiang,
            region=XINJIANG,
            tier=Tier.LITTLE_GIANT,
            title="第八批",
            opens_on=today,
            closes_on=today,
        )
    with acting(county_bole):
        a = file(by=county_bole, batch=batch, enterprise=own)
    way = ((county_bole, "submit"), (person("second", "county", BOLE), "recommend"),
           (prefecture_bortala, "recommend"), (region_xinjiang, "approve"))  # fmt: skip
    for n, (by, decision) in enumerate(way):
        with acting(by):
            decide(by=by, seen={a.pk: n}, decision=decision)  # type: ignore[arg-type]
    made = taken(region_xinjiang, book((1, "博乐甲机械有限公司", "")), announced_on=today)
    with acting(region_xinjiang):
        assert confirm_list(by=region_xinjiang, made=made) == {"recognised": 1, "known": 0}
        assert Application.objects.get(pk=a.pk).state == "recognised"
        assert Recognition.objects.get().application_id == a.pk


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"number": " "}, "number_missing"),
        ({"announced_on": dt.date(2999, 1, 1)}, "date_future"),
        ({"tier": "huge"}, "title"),
        ({"data": b"nothing"}, "official_file"),
        ({"data": "企业\n甲公司\n".encode(), "name": "a.csv"}, "official_no_names"),
    ],
)
def test_a_list_that_cannot_be_taken_is_refused_and_nothing_is_left(
    region_xinjiang: Actor, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        taken(region_xinjiang, **{"data": book((1, "甲公司", ""))} | more)
    assert refused.value.code == code
    with nation():
        assert not OfficialList.objects.exists()


def test_only_the_recognising_authority_brings_lists_in_and_no_line_is_rewritten(
    known: dict[str, Enterprise], region_xinjiang: Actor, county_bole: Actor, prefecture_bortala: Actor
) -> None:
    made = taken(region_xinjiang, book((1, "博乐甲机械有限公司", CODE)))
    for other in (county_bole, prefecture_bortala):
        with pytest.raises(Denied):
            taken(other, book((1, "甲", "")), region=other.region_path)
        with acting(other), pytest.raises(Denied):
            confirm_list(by=other, made=made)
    with acting(region_xinjiang):
        for change in (
            "UPDATE cultivation_officialline SET name = 'x'",
            "UPDATE cultivation_officialline SET enterprise_id = 1",
            "DELETE FROM cultivation_officialline",
            "UPDATE cultivation_officiallist SET number = 'x'",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)


def test_from_the_file_to_the_titles_on_the_pages(
    known: dict[str, Enterprise], region_xinjiang: Actor, county_bole: Actor, client: Client
) -> None:
    sign_in(client, region_xinjiang)
    assert "还没有导入过名单" in client.get("/titles/lists/").content.decode()
    asked = {"tier": "little_giant", "number": "工信部企业函〔2025〕9号", "announced_on": "2025-09-01"}
    wrong = client.post("/titles/lists/", asked | {"file": SimpleUploadedFile("a.xlsx", b"PK")})
    assert "这个文件读不了" in wrong.content.decode()
    upload = SimpleUploadedFile(
        "名单.xlsx", book((1, "博乐甲机械有限公司", CODE), (2, "同名机械有限公司", ""))
    )
    page = client.post("/titles/lists/", asked | {"file": upload}, follow=True).content.decode()
    assert "认定对上的 1 家" in page and page.count('name="enterprise"') == 3
    with nation():
        made, line = OfficialList.objects.get(), OfficialLine.objects.get(how="doubtful")
    address = f"/titles/lists/{made.public_id}/"
    said = client.post(f"{address}{line.pk}/", {"enterprise": "none"}, follow=True).content.decode()
    assert "“同名机械有限公司”已确认" in said
    assert "已认定 1 家" in client.post(address, follow=True).content.decode()
    assert "工信部企业函〔2025〕9号" in client.get("/titles/").content.decode()
    assert "工信部企业函〔2025〕9号" in client.get("/titles/lists/").content.decode()
    sign_in(client, county_bole)
    for path in ("/titles/lists/", address):
        assert client.get(path).status_code == 403
    assert client.post(f"{address}{line.pk}/", {"enterprise": "none"}).status_code == 403
