"""The pages of the innovation vouchers: issued, asked for, approved, paid; what is told, and who sees nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from subsidies.models import Pool, Voucher, VoucherProvider, VoucherRedemption
from tenancy.access import Actor
from tenancy.context import nation
from tests.conftest import BOLE, JINGHE, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .desk import TODAY, Desk
from .office import TITLE, WAN

pytestmark = pytest.mark.django_db
LIST, ISSUE, PROVIDERS = "/awards/vouchers/", "/awards/vouchers/issue/", "/awards/vouchers/providers/"


def _code(n: int) -> str:
    return f"91652701MA{n:07d}{'0123456789ABCDEFGHJKLMNPQRTUWXY'[n % 31]}"


def _said(client: Client, path: str, **more: object) -> str:
    response = client.post(path, more, follow=True) if more else client.get(path)
    assert response.status_code in (200, 422), path
    return response.content.decode()


def test_finance_opens_the_pool_of_the_vouchers(desk: Desk, client: Client) -> None:
    sign_in(client, desk["payer"])
    assert "A-14 创新券" in _said(client, "/awards/budgets/")
    assert "资金池已设立" in _said(client, "/awards/budgets/", scheme="A-14", year="2026")


def test_the_office_picks_those_with_a_title_first_and_the_same_form_twice_issues_once(
    desk: Desk, client: Client
) -> None:
    plain = desk.knows({"id": "c", "kind": "claim", "title": "board", "on": "2025-01-01"}, uscc=_code(1))
    titled = desk.knows(TITLE, uscc=_code(2))
    sign_in(client, desk["taker"])
    assert "还没有资金池" in _said(client, ISSUE)
    desk.programme()
    text = _said(client, ISSUE)
    assert text.index(titled.uscc) < text.index(plain.uscc) and "推断" in text and "余额 1,000 万元" in text
    assert "先勾选要办的" in _said(client, ISSUE, face="1000000")
    form = {"pick": f"{titled.public_id}:0", "face": f"{5 * WAN}"}
    assert "已发放 1 张创新券" in _said(client, ISSUE, **form)
    assert "刚才已有人办过" in _said(client, ISSUE, **form)
    assert "面额不在规定的几种之内" in _said(client, ISSUE, pick=f"{plain.public_id}:0", face="7")
    with nation():
        assert Voucher.objects.count() == 1
    text = _said(client, LIST + "?view=usable")
    assert titled.name in text and "发放创新券" in text
    assert titled.name not in _said(client, LIST + "?view=expired")
    assert titled.name in _said(client, LIST + f"?q={titled.uscc}")
    assert "没有符合条件的创新券" in _said(client, LIST + "?q=none")


def test_an_enterprise_asks_the_office_approves_and_finance_pays(
    desk: Desk, client: Client, person: Callable[..., Actor]
) -> None:
    firm = desk.knows()
    desk.programme()
    voucher = desk.issued(firm)
    page = f"{LIST}{voucher.public_id}/"
    own = person("own", "enterprise", BOLE, enterprise_id=firm.pk)
    sign_in(client, own)
    text = _said(client, LIST)
    assert "我的创新券" in text and voucher.number in text
    text = _said(client, page)
    assert "乌鲁木齐检测院" in text and "合同金额的 50%" in text and "还没有确认收款账户" in text
    good = {"provider": desk.register.public_id, "price": "3.8", "invoice": "2465 0001"}
    for wrong, told in (
        ({"price": "0"}, "须大于 0"),
        ({"provider": "x"}, "没有这家"),
        ({"invoice": ""}, "必填"),
    ):
        assert told in _said(client, page, **(good | wrong)), told
    assert "已申请，等发券的一级审批" in _said(client, page, **good)
    assert "这张发票已经申请过" in _said(client, page, **(good | {"price": "4"}))
    _said(client, page, **good)
    with nation():
        made = VoucherRedemption.objects.get()
    act = f"{LIST}redemptions/{made.public_id}/"
    assert client.post(act, {"decision": "approve"}).status_code == 403
    desk.account(firm)
    sign_in(client, desk["proposer"])
    assert "1.9" in _said(client, page) and "同意兑付" not in _said(client, page)
    assert client.post(act, {"decision": "approve"}).status_code == 403
    sign_in(client, desk["approver"])
    assert "申请兑付，等你审批" in _said(client, "/")
    assert "同意兑付 1.9 万元" in _said(client, page)
    assert "请写明理由" in _said(client, act, decision="refuse")
    assert "已同意，等财政兑付" in _said(client, act, decision="approve", reason="同意")
    assert client.post(act, {"decision": "dance"}).status_code == 404
    sign_in(client, desk["payer"])
    assert "已审批，等你兑付" in _said(client, "/")
    assert "登记兑付 1.9 万元" in _said(client, page)
    for wrong, told in (({"receipt": ""}, "请填写回单号"), ({"on": "yesterday"}, "日期不能早于")):
        form = {"decision": "pay", "receipt": "国库 7", "on": TODAY.isoformat()} | wrong
        assert told in _said(client, act, **form)
    assert "已登记兑付" in _said(client, act, decision="pay", receipt="国库 7", on=TODAY.isoformat())
    with nation():
        pool = Pool.objects.get(scheme="A-14")
    assert (pool.paid, pool.reserved) == (WAN * 19 // 10, 5 * WAN - WAN * 19 // 10)
    sign_in(client, own)
    assert "国库 7" in _said(client, page) and "已兑付" in _said(client, page)
    assert "创新券 1.9 万元已兑付" in _said(client, "/inbox/")
    sign_in(client, desk["taker"])
    assert "申请兑付创新券 1.9 万元，等你审批" in _said(client, "/inbox/")


def test_finance_says_what_the_bank_sent_back_and_pays_it_to_the_right_account(
    desk: Desk, client: Client, person: Callable[..., Actor]
) -> None:
    firm = desk.knows()
    desk.programme()
    desk.account(firm)
    voucher = desk.issued(firm)
    made = desk.redeemed(voucher, 2 * WAN)
    page, act = f"{LIST}{voucher.public_id}/", f"{LIST}redemptions/{made.public_id}/"
    form = {
        "decision": "return",
        "turn": "0",
        "reason": "账号有误",
        "receipt": "退 1",
        "on": TODAY.isoformat(),
    }
    own = person("own", "enterprise", BOLE, enterprise_id=firm.pk)
    for who in (own, desk["approver"], desk["proposer"], person("jinghe.money", "finance", JINGHE)):
        sign_in(client, who)
        assert client.post(act, form).status_code in (403, 404)
    sign_in(client, desk["approver"])
    assert "登记银行退回" not in _said(client, page)
    sign_in(client, desk["payer"])
    assert "登记退回 1 万元" in _said(client, page)
    for wrong, told in (
        ({"reason": " "}, "请写明理由"), ({"receipt": ""}, "请填写回单号"), ({"on": "gestern"}, "日期不能早于"),
        ({"on": (TODAY - dt.timedelta(1)).isoformat()}, "退回日期不能早于兑付日期"), ({"turn": "1"}, "刚才已有人办过"),
    ):  # fmt: skip
        assert told in _said(client, act, **(form | wrong)), told
    for _again in range(2):
        text = _said(client, act, **form)
        assert "已登记退回" in text and "被退回，待重新拨付" in text and "退 1" in text
    assert "收款账户还是原来的" in text and "账号 …2222" in text and 'name="turn" value="1"' in text
    assert "已审批，等你兑付" in _said(client, "/")
    sign_in(client, own)
    assert "收款账户还是原来的" in _said(client, page) and "付到" not in _said(client, page)
    assert "创新券 1 万元被银行退回，请核对收款账户" in _said(client, "/inbox/")
    sign_in(client, desk["proposer"])
    text = _said(client, "/inbox/")
    assert "被银行退回" in text and firm.name in text
    account = {"holder": firm.name, "bank": "建行", "number": "6217000099998888", "document": "开户许可证"}
    assert client.post(f"/awards/account/{firm.public_id}/", account).status_code == 302
    sign_in(client, desk["payer"])
    text = _said(client, page)
    assert "收款账户还是原来的" not in text and "建行，账号 …8888" in text
    pay = {"decision": "pay", "turn": "1", "receipt": "国库 1", "on": TODAY.isoformat()}
    assert "已退回的那一笔" in _said(client, act, **pay)
    text = _said(client, act, **(pay | {"receipt": "国库 2"}))
    assert "已登记兑付" in text and "国库 2" in text and "国库 1" in text and "退 1" in text


def test_providers_are_registered_and_ended_by_the_office_alone(
    desk: Desk, client: Client, county_bole: Actor
) -> None:
    sign_in(client, desk["taker"])
    form = {"name": "新疆知识产权服务中心", "uscc": "91650100MA77M3XY6F", "kinds": ["property", "consulting"]}
    for wrong, told in (
        ({"uscc": "1"}, "须为 18 位"),
        ({"kinds": []}, "至少选一类服务"),
        ({"name": " "}, "必填"),
    ):
        assert told in _said(client, PROVIDERS, **(form | wrong)), told
    for _again in range(2):
        assert "已登记，企业申请兑付时可以选" in _said(client, PROVIDERS, **form)
    assert "这家服务机构已经登记" in _said(client, PROVIDERS, **(form | {"name": "另一个名称"}))
    text = _said(client, PROVIDERS)
    assert "知识产权、管理咨询" in text and "终止" in text
    with nation():
        made = VoucherProvider.objects.get(uscc=form["uscc"])
    sign_in(client, county_bole)
    text = _said(client, PROVIDERS)
    assert made.name in text and "登记服务机构" not in text
    assert client.post(PROVIDERS, form).status_code == 404
    assert client.post(f"{PROVIDERS}{made.public_id}/end/").status_code == 404
    sign_in(client, desk["payer"])
    assert client.post(PROVIDERS, form).status_code == 403
    sign_in(client, desk["taker"])
    assert "已终止" in _said(client, f"{PROVIDERS}{made.public_id}/end/", x="1")
    assert " 终止</span>" in _said(client, PROVIDERS)


def test_neighbours_see_no_voucher_and_decide_none(
    desk: Desk, client: Client, person: Callable[..., Actor]
) -> None:
    firm = desk.knows()
    desk.programme()
    voucher = desk.issued(firm)
    made = desk.asked(voucher, WAN)
    for actor in (
        person("jinghe", "county", JINGHE),
        person("r54", "region", "54/"),
        person("sibling", "enterprise", BOLE, enterprise_id=firm.pk + 1),
    ):
        sign_in(client, actor)
        assert voucher.number not in _said(client, LIST)
        assert client.get(f"{LIST}{voucher.public_id}/").status_code == 404
        act = client.post(f"{LIST}redemptions/{made.public_id}/", {"decision": "approve"})
        assert act.status_code in (403, 404)
    sign_in(client, person("jinghe2", "county", JINGHE))
    assert "本级没有创新券" in _said(client, ISSUE)
    assert client.post(ISSUE, {"pick": f"{firm.public_id}:0", "face": "1"}).status_code == 404
    sign_in(client, person("purchaser", "purchaser", XINJIANG))
    assert client.get(LIST).status_code == 403


def test_the_pages_ask_as_many_questions_for_sixty_as_for_three(
    desk: Desk, client: Client, clock: Callable[[dt.date], None]
) -> None:
    desk.programme(10_000 * WAN)
    sign_in(client, desk["taker"])
    asked = []
    for numbers in (range(1, 4), range(4, 50)):
        firms = [desk.knows(uscc=_code(n)) for n in numbers]
        made = desk.issue({firm.pk: WAN for firm in firms}).made
        for n, voucher in zip(numbers, made, strict=True):
            desk.asked(voucher, 100_000, f"{n}a")
            desk.asked(made[0], 1_000, f"{n}b")
        counted = []
        for path in (LIST, LIST + "?view=asked", ISSUE, PROVIDERS, f"{LIST}{made[0].public_id}/"):
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                client.get(path)
            counted.append(len(queries))
        asked.append(counted)
    assert asked[0] == asked[1] and max(asked[0]) <= 26, asked
