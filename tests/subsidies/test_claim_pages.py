"""The pages of claims: chosen, filled in, judged, and told; as each person sees them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from enterprises.models import Enterprise, State
from subsidies.models import ClaimFile, ClaimRequest
from subsidies.rules.claims import Said
from tenancy import storage
from tenancy.access import Actor
from tenancy.context import nation
from tests.conftest import BOLE, JINGHE, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .test_claims import ON, PDF, PLATFORM, Claims
from .test_voucher_exports import export

pytestmark = pytest.mark.django_db
LIST = "/awards/claims/"


@pytest.fixture
def claims(person: Callable[..., Actor]) -> Claims:
    return Claims(person)


def _pdf(name: str = "批复.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/pdf")


def _said(client: Client, path: str, **more: object) -> str:
    response = client.post(path, more, follow=True) if more else client.get(path)
    assert response.status_code in (200, 422), path
    return response.content.decode()


def test_an_enterprise_chooses_what_it_claims_and_is_told_what_became_of_it(
    claims: Claims, client: Client
) -> None:
    sign_in(client, claims["own"])
    assert "还没有申领过" in _said(client, LIST)
    page = f"{LIST}of/{claims.firm.public_id}/"
    text = _said(client, page)
    assert (
        "进入专精特新专板" in text
        and "定额 20 万元" in text
        and "A-51" in text
        and "平台评价等次" not in text
    )
    form = f"{page}?matter=talent_platform"
    text = _said(client, form)
    assert "项目或平台的名称" in text and "评价等次" not in text and "实际收到" not in text
    good = {"on": ON.isoformat(), "project": "棉纺装备平台"}
    for wrong, told in (
        ({"project": ""}, "必填"),
        ({"on": "明天"}, "日期"),
        ({"on": "2999-01-01"}, "发生日期不能晚于今天"),
        ({"files": []}, "请附上证明材料"),
        ({"files": [_pdf("a.exe")]}, "a.exe：只收 PDF"),
    ):
        assert told in _said(client, form, **({**good, "files": [_pdf()]} | wrong)), told
    assert "已提交，核实后会告诉你结果" in _said(client, form, **good, files=[_pdf(), _pdf("合同.pdf")])
    assert "已经申领过" in _said(client, form, **good, files=[_pdf()])
    with nation():
        claim = ClaimRequest.objects.get()
    text = _said(client, f"{LIST}{claim.public_id}/")
    assert "合同.pdf" in text and "应兑现，金额待核定" in text and "撤回申领" in text and ">采纳<" not in text
    sign_in(client, claims["checker"])
    assert "企业申领，等你核实" in _said(client, "/") and "等你核实" in _said(client, "/inbox/")
    assert claims.firm.name in _said(client, LIST)
    text = _said(client, f"{LIST}{claim.public_id}/")
    assert ">采纳<" in text and "采纳后按政策" in text and "撤回申领" not in text
    assert "请写明理由" in _said(client, f"{LIST}{claim.public_id}/", decision="decline")
    assert client.post(f"{LIST}{claim.public_id}/", {"decision": "dance"}).status_code == 404
    assert "已采纳" in _said(client, f"{LIST}{claim.public_id}/", decision="accept")
    assert "这项申领已经办过" in _said(client, f"{LIST}{claim.public_id}/", decision="accept")
    due = _said(client, f"/awards/due/?q={claims.firm.uscc}")
    assert "科研创新平台" in due
    key = f"{claims.firm.public_id}:A-21:{claim.event}"
    assert "已提出 1 项" in _said(client, "/awards/propose/", pick=key, **{f"amount-{key}": "30"})
    text = _said(client, f"{LIST}{claim.public_id}/")
    assert "已提出 30 万元" in text
    sign_in(client, claims["own"])
    assert "你的申领已采纳" in _said(client, "/inbox/")
    assert "已提出 30 万元" in _said(client, f"{LIST}{claim.public_id}/")


def test_what_was_declined_is_told_with_the_reason_and_leads_back_to_the_form(
    claims: Claims, client: Client
) -> None:
    claim = claims.made()
    sign_in(client, claims["checker"])
    assert "已告知企业" in _said(client, f"{LIST}{claim.public_id}/", decision="decline", reason="缺少批复")
    sign_in(client, claims["own"])
    text = _said(client, f"{LIST}{claim.public_id}/")
    assert "缺少批复" in text and "重新申领" in text and "未采纳" in _said(client, LIST)
    assert "缺少批复" in _said(client, "/inbox/")


def test_the_county_claims_for_the_enterprise_and_another_person_checks(
    claims: Claims, client: Client
) -> None:
    sign_in(client, claims["proposer"])
    assert "代申领" in _said(client, f"/enterprises/{claims.firm.public_id}/")
    form = f"{LIST}of/{claims.firm.public_id}/?matter=board"
    assert "已提交" in _said(client, form, on=ON.isoformat(), files=[_pdf()])
    with nation():
        claim = ClaimRequest.objects.get()
    text = _said(client, f"{LIST}{claim.public_id}/")
    assert "须由他人核实" in text and ">采纳<" not in text
    assert "须由他人办理" in _said(client, f"{LIST}{claim.public_id}/", decision="accept")
    sign_in(client, claims["own"])
    assert "已撤回" in _said(client, f"{LIST}{claim.public_id}/", decision="withdraw")


def test_a_place_without_a_policy_that_pays_for_claims_says_so(
    person: Callable[..., Actor], claims: Claims, client: Client
) -> None:
    with nation():
        Enterprise.objects.filter(pk=claims.firm.pk).update(region_id="54/5401/540102/")
    sign_in(client, person("lhasa", "county", "54/5401/540102/"))
    page = f"{LIST}of/{claims.firm.public_id}/"
    assert "本地现在没有需要申领的奖补" in _said(client, page)
    assert "本地没有为这个事项兑现的政策" in _said(client, f"{page}?matter=board", on=ON.isoformat())
    with nation():
        Enterprise.objects.filter(pk=claims.firm.pk).update(state=State.DEREGISTERED)
    assert client.get(page).status_code == 404


def test_files_are_given_out_to_be_saved_and_to_nobody_else(
    claims: Claims, client: Client, person: Callable[..., Actor]
) -> None:
    claim = claims.made()
    with nation():
        file = ClaimFile.objects.get()
    path = f"{LIST}{claim.public_id}/files/{file.public_id}/"
    for who in ("own", "checker", "region"):
        sign_in(client, claims[who])
        response = client.get(path)
        assert b"".join(response.streaming_content) == PDF
        assert response["Content-Disposition"].startswith("attachment")
    other = claims.made("own", Said("board", ON))
    assert client.get(f"{LIST}{other.public_id}/files/{file.public_id}/").status_code == 404
    for actor, status in (
        (person("jinghe", "county", JINGHE), 404),
        (person("sibling", "enterprise", BOLE, claims.firm.pk + 1), 404),
        (person("payer", "finance", XINJIANG), 403),
    ):
        sign_in(client, actor)
        assert client.get(path).status_code == status
        assert client.get(f"{LIST}{claim.public_id}/").status_code == status
        assert client.post(f"{LIST}{claim.public_id}/", {"decision": "accept"}).status_code == status
    with nation():
        storage.drop(file.file.key)
    sign_in(client, claims["own"])
    assert client.get(path).status_code == 404


def test_the_pages_ask_as_many_questions_for_forty_as_for_three(claims: Claims, client: Client) -> None:
    sign_in(client, claims["checker"])
    asked = []
    for numbers in (range(3), range(3, 40)):
        for n in numbers:
            claim = claims.made("own", Said("talent_platform", ON, f"平台 {n}"))
            if n % 2:
                claims.judged(claim)
        counted = []
        for path in (
            LIST,
            LIST + "?view=all",
            f"{LIST}{claim.public_id}/",
            f"{LIST}of/{claims.firm.public_id}/",
        ):
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            counted.append(len(queries))
        asked.append(counted)
    assert asked[0] == asked[1] and max(asked[0]) <= 22, asked


def test_the_claims_stand_in_a_file_as_on_their_page(
    claims: Claims, client: Client, person: Callable[..., Actor]
) -> None:
    claims.judged(claims.made("own", Said("board", ON)), accept=False, reason="缺少通知")
    claim = claims.made("own", PLATFORM, "批复.pdf", "合同.pdf")
    sign_in(client, claims["checker"])
    assert 'name="list" value="award_claims"' in _said(client, LIST)
    (row,) = export(client, "award_claims")
    assert row | {"提交日期": ""} == {
        "企业名称": claims.firm.name, "统一社会信用代码": claims.firm.uscc, "县（市、区）": "博乐市",
        "事项": "科研创新平台", "发生日期": "2026-05-20", "项目或平台的名称": "棉纺装备平台", "评价等次": "",
        "实际收到的上级补助（元）": "", "材料（个）": "2", "提交日期": "", "状态": "待核实", "办理日期": "", "意见": "",
        "事项编号": claim.event,
    }  # fmt: skip
    (row,) = export(client, "award_claims", query="view=declined")
    assert (row["状态"], row["意见"]) == ("未采纳", "缺少通知")
    assert len(export(client, "award_claims", query="view=all")) == 2
    sign_in(client, person("jinghe", "county", JINGHE))
    assert export(client, "award_claims", query="view=all") == []
    for actor in (person("payer", "finance", XINJIANG), claims["own"]):
        sign_in(client, actor)
        assert client.post("/exports/make/", {"list": "award_claims", "format": "csv"}).status_code in (
            403,
            404,
        )
