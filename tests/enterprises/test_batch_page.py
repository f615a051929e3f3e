"""What the page of one import says and offers in each of its states."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from enterprises.actions import abandon, check_upload, write_batch
from enterprises.actions.imports import receive_upload
from enterprises.models import ImportBatch
from portal.templatetags.tidu import unbroken
from tenancy.access import Actor
from tenancy.context import acting
from tests.conftest import BOLE
from tests.enterprises import books
from tests.tenancy.test_sign_in import sign_in

pytestmark = pytest.mark.django_db
HEAD = ["统一社会信用代码", "企业名称", "营业收入（万元）"]
GOOD, BAD = [books.code(1), "甲公司", 5], [books.code(2), "乙公司", "约5千万"]


def upload(by: Actor, *rows: list[Any], name: str = "企业汇总.xlsx") -> ImportBatch:
    with acting(by):
        data = books.xlsx(("表", [HEAD, *rows])).getvalue()
        return check_upload(by=by, region=BOLE, year=2025, name=name, chunks=[data])


def page(client: Client, batch: ImportBatch) -> str:
    answer = client.get(reverse("enterprises:batch", args=[batch.public_id]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_was_not_read_yet_is_not_said_to_be_right(client: Client, county_bole: Actor) -> None:
    with acting(county_bole):
        batch = receive_upload(by=county_bole, region=BOLE, year=2025, name="a.xlsx", chunks=[b"x"])
    sign_in(client, county_bole)
    text = page(client, batch)
    assert "还没有读取" in text and "可以写入" not in text and 'class="figures' not in text


def test_an_abandoned_import_is_not_said_to_be_ready(client: Client, county_bole: Actor) -> None:
    batch = upload(county_bole, GOOD)
    sign_in(client, county_bole)
    assert "没有发现问题，可以写入" in page(client, batch)
    with acting(county_bole):
        abandon(by=county_bole, batch=batch)
    text = page(client, batch)
    assert "已放弃，没有写入任何数据" in text and "可以写入" not in text


def test_an_abandoned_import_with_problems_says_so_and_where_to_go_on(
    client: Client, county_bole: Actor
) -> None:
    batch = upload(county_bole, GOOD, BAD)
    with acting(county_bole):
        abandon(by=county_bole, batch=batch)
    sign_in(client, county_bole)
    text = page(client, batch)
    assert "已放弃，没有写入任何数据" in text and "再导入一份" in text
    # It came as far as the dry run.
    assert '<li class="now"><span class="dot">3</span>' in text


def test_a_date_in_a_sentence_is_not_broken_and_nothing_else_is_let_through() -> None:
    assert unbroken("填成 2019-07-01 的样子") == '填成 <span class="nowrap">2019-07-01</span> 的样子'
    assert unbroken("<b>1-2") == "&lt;b&gt;1-2"


def test_after_all_or_nothing_was_refused_the_good_rows_can_still_be_written(
    client: Client, county_bole: Actor
) -> None:
    batch = upload(county_bole, GOOD, BAD)
    with acting(county_bole):
        assert write_batch(by=county_bole, batch=batch, all_or_nothing=True).state == "kept_out"
    sign_in(client, county_bole)
    assert "写入没有错误的 1 行</button>" in page(client, batch)


def test_a_refused_file_got_no_further_than_its_upload(client: Client, county_bole: Actor) -> None:
    with acting(county_bole):
        batch = check_upload(by=county_bole, region=BOLE, year=2025, name="a.xlsx", chunks=[b"<html></html>"])
    sign_in(client, county_bole)
    text = page(client, batch)
    assert text.count('class="past"') == 0 and "重新上传" in text


def test_ticked_proposals_stay_ticked_when_the_reason_is_missing(client: Client, county_bole: Actor) -> None:
    sign_in(client, county_bole)
    answer = client.post(reverse("enterprises:decide"), {"id": ["3", "x"], "how": "decline", "reason": " "})
    assert answer["Location"] == f"{reverse('enterprises:proposals')}?id=3"
