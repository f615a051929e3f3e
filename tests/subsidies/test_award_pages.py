"""The pages of awards, as each of their people sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cultivation.actions import object_to
from cultivation.models import NoticeEntry, Objection, PublicNotice
from subsidies.actions import approve, order, publish, refuse, reserve
from subsidies.models import Award, PaymentOrder, Pool, Recovery
from tenancy.access import Actor, system_actor
from tenancy.context import nation
from tests.conftest import BOLE, JINGHE, XINJIANG
from tests.tenancy.test_sign_in import sign_in

from .office import CODE, TITLE, WAN, Office, well

pytestmark = pytest.mark.django_db
NOBODY = system_actor(XINJIANG, origin="203.0.113.7")


def pick(award: Award) -> str:
    with nation():
        now = Award.objects.get(pk=award.pk)
    return f"{now.public_id}:{now.step}"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_county_proposes_what_is_due_and_its_page_says_why(office: Office, client: Client) -> None:
    claim = {"id": "c1", "kind": "claim", "title": "talent_platform", "on": "2025-05-20", "project": "平台"}
    firm = office.knows(TITLE, claim)
    sign_in(client, office["proposer"])
    page = text(client.get("/awards/due/"))
    assert "2 项" in page and "A-13 专精特新中小企业" in page and "0.000001–200" not in page.split("A-13")[0]
    keys = [f"{firm.public_id}:A-13:t1", f"{firm.public_id}:A-21:c1"]
    wrong = client.post("/awards/propose/", {"pick": keys, f"amount-{keys[1]}": "80万"}, follow=True)
    assert "“80万”不是金额" in text(wrong)
    none = client.post("/awards/propose/", {}, follow=True)
    assert "先勾选要办的" in text(none)
    said = text(client.post("/awards/propose/", {"pick": keys, f"amount-{keys[1]}": "８０.５"}, follow=True))
    assert "已提出 2 项" in said
    with nation():
        assert dict(Award.objects.values_list("scheme", "amount")) == {"A-13": 25 * WAN, "A-21": 80_500_000}
        award = Award.objects.get(scheme="A-13")
    again = text(client.post("/awards/propose/", {"pick": keys}, follow=True))
    assert "已经提出过" in again
    page = text(client.get(f"/awards/{award.public_id}/"))
    assert "定额 25 万元" in page and "自治区专精特新中小企业倍增培育行动计划" in page and "撤回" in page
    assert "还没有确认收款账户" in page
    taken = client.post(
        "/awards/decide/",
        {"pick": pick(award), "decision": "withdraw", "reason": "填错", "back": award.public_id},
        follow=True,
    )
    assert "已撤回" in text(taken)
    assert "A-13" in text(client.get("/awards/due/?q=" + CODE))


def test_an_award_on_the_pages_of_its_four_people(
    office: Office, client: Client, clock: Callable[[dt.date], None], person: Callable[..., Actor]
) -> None:
    firm = office.knows()
    award = office.proposed(firm)
    sign_in(client, office["payer"])
    assert "还没有资金池" in text(client.get("/awards/budgets/"))
    made = client.post("/awards/budgets/", {"scheme": "A-13", "year": "2026", "published": "on"})
    pool = made["Location"]
    assert "已有" in text(client.post("/awards/budgets/", {"scheme": "A-13", "year": "2026"})) or "已经有了"
    assert "须大于 0" in text(client.post(pool, {"kind": "fund", "amount": "0", "document": "新财建1号"}))
    said = {"kind": "fund", "amount": "1,000", "document": "新财建〔2026〕1号"}
    for _ in range(2):
        assert "1,000" in text(client.post(pool, said, follow=True))
    assert "已记过另一个金额" in text(client.post(pool, said | {"amount": "2,000"}))
    assert "余额不足" in text(client.post(pool, said | {"kind": "cut", "amount": "1,001"}))
    with nation():
        assert Pool.objects.get().free == 1_000 * WAN

    sign_in(client, office["taker"])
    page = text(client.get("/awards/?view=waiting"))
    assert "受理并预留资金" in page and firm.name in page
    done = client.post(
        "/awards/decide/", {"view": "waiting", "pick": pick(award), "decision": "reserve"}, follow=True
    )
    assert "受理并预留资金：1 项" in text(done)
    same = client.post(
        "/awards/decide/", {"view": "reserved", "pick": pick(award), "decision": "approve"}, follow=True
    )
    assert "须由他人办理" in text(same)
    sign_in(client, office["approver"])
    assert "审批同意：1 项" in text(
        client.post(
            "/awards/decide/",
            {"pick": pick(award), "decision": "approve", "reason": "同意", "back": award.public_id},
            follow=True,
        )
    )
    assert 'href="/awards/notices/new/?scheme=A-13"' in text(client.get("/awards/?view=approved&scheme=A-13"))
    assert client.post("/awards/decide/", {"pick": pick(award), "decision": "publish"}).status_code == 404
    assert firm.name not in text(client.get("/awards/notices/new/?scheme=A-12"))
    form = text(client.get("/awards/notices/new/?scheme=A-13"))
    assert firm.name in form and "合计 25 万元" in form
    seen = form.split('name="seen" value="')[1].split('"')[0]
    assert (
        client.post(
            "/awards/notices/new/", {"seen": seen, "title": " ", "workdays": "0", "contact": ""}
        ).status_code
        == 422
    )
    notice = client.post(
        "/awards/notices/new/", {"seen": seen, "title": "公示", "workdays": "5", "contact": "0991-1"}
    )["Location"]
    assert "公示中" in text(client.get(notice)) and "公示中" in text(client.get("/awards/notices/"))
    with nation():
        found = PublicNotice.objects.get()
    assert client.get(f"/notices/{found.public_id}/")["Location"] == f"/awards/notices/{found.public_id}/"
    assert client.get("/notices/").status_code == 200
    early = client.post(f"/awards/notices/{found.public_id}/clear/", follow=True)
    assert "公示期还没有结束" in text(early)
    shown = text(Client().get(f"/public/notices/{found.public_id}/"))
    assert firm.name in shown and "A-13 25 万元" in shown and firm.uscc not in shown
    clock(found.closes_on + dt.timedelta(1))
    assert "公示无异议，1 项可以拨付" in text(client.get(notice))
    assert "1 项可以拨付" in text(client.post(f"/awards/notices/{found.public_id}/clear/", follow=True))

    speaker = person("speaker", "enterprise", BOLE, firm.pk)
    sign_in(client, speaker)
    page = text(client.get("/awards/"))
    assert "确认收款账户" in page and "待拨付" in page
    account = f"/awards/account/{firm.public_id}/"
    assert "8 至 32 位" in text(client.post(account, {"holder": firm.name, "bank": "工行", "number": "12"}))
    assert "须与企业名称一致" in text(
        client.post(account, {"holder": "别家", "bank": "工行", "number": "62220000"})
    )
    client.post(account, {"holder": firm.name, "bank": "工行", "number": "6222000011112222"})
    assert "有奖补正在办理" not in text(client.get("/awards/"))
    assert "不用提交" not in text(client.get(f"/awards/{award.public_id}/"))

    sign_in(client, office["payer"])
    page = text(client.get(f"/awards/{award.public_id}/"))
    assert "未拨付 25 万元" in page
    back = {"pick": pick(award), "decision": "order", "back": award.public_id}
    assert "不超过未拨付" in text(client.post("/awards/decide/", back | {"amount": "26"}, follow=True))
    assert "拨付：1 项" in text(client.post("/awards/decide/", back | {"amount": "10"}, follow=True))
    with nation():
        first = PaymentOrder.objects.get()
    address = f"/awards/orders/{first.number}/"
    wrong = client.post(address, {"outcome": "paid", "on": "昨天", "receipt": "1"}, follow=True)
    assert "日期不能" in text(wrong)
    today = (found.closes_on + dt.timedelta(1)).isoformat()
    assert "请填写回单号" in text(client.post(address, {"outcome": "paid", "on": today}, follow=True))
    assert "已登记到账" in text(
        client.post(address, {"outcome": "paid", "on": today, "receipt": "回单 7"}, follow=True)
    )
    assert "已登记过另一个结果" in text(
        client.post(address, {"outcome": "bounced", "on": today, "reason": "账号错"}, follow=True)
    )
    sign_in(client, speaker)
    page = text(client.get(f"/awards/{award.public_id}/"))
    assert "回单 7" in page and "已到账" in page and "…2222" in page
    assert office["payer"].display_name not in page.split("办理过程")[1]


def test_a_recovery_on_the_pages(office: Office, client: Client, clock: Callable[[dt.date], None]) -> None:
    firm = office.knows()
    office.pool()
    award = office.paid(firm, clock)
    office.knows(TITLE | {"revoked_on": "2026-11-01"})
    sign_in(client, office["approver"])
    assert firm.name in text(client.get("/awards/?view=recover"))
    page = text(client.get(f"/awards/{award.public_id}/"))
    assert "待追回" in page and "决定追回" in page and "称号已取消" in page
    address = f"/awards/{award.public_id}/reclaim/"
    given = {
        "seen": pick(award).split(":")[1],
        "level": "region",
        "amount": "25",
        "kind": "revoked",
        "reason": "称号取消",
    }
    assert "写明理由和文号" in text(client.post(address, given, follow=True))
    assert "决定追回" in text(client.post(address, given | {"document": "新工信罚 1 号"}, follow=True))
    sign_in(client, office["payer"])
    with nation():
        recovery = Recovery.objects.get()
    address = f"/awards/recoveries/{recovery.public_id}/"
    with nation():
        day = PaymentOrder.objects.get().result.on.isoformat()
    given = {"amount": "25", "interest": "0.35", "receipt": "缴款书 1", "on": day}
    assert "不超过" in text(client.post(address, given | {"amount": "26"}, follow=True))
    assert "不超过" in text(client.post(address, given | {"interest": "很多"}, follow=True))
    page = text(client.post(address, given, follow=True))
    assert "已登记追回到账" in page and "另利息 0.35 万元" in page
    assert "已追回" in text(client.get("/awards/?view=recovered"))


def test_an_objection_to_an_award_is_answered_on_its_notice(
    office: Office, client: Client, clock: Callable[[dt.date], None]
) -> None:
    firm = office.knows()
    office.pool()
    award = office.approved(firm)
    notice, _done = office.do("approver", publish, award, title="公示", contact="0991", workdays=5)
    with nation():
        entry = NoticeEntry.objects.get()
    made = object_to(by=NOBODY, notice=notice, entry_id=entry.pk, name="王五", contact="139", text="不属实")
    page = f"/awards/notices/{notice.public_id}/"
    sign_in(client, office["proposer"])
    assert "王五" not in text(client.get(page)) and firm.name in text(client.get(page))
    assert client.post(f"/awards/objections/{made.receipt}/", {"answer": "好"}).status_code == 404
    sign_in(client, office["approver"])
    assert "王五" in text(client.get(page))
    assert "请写明核实情况" in text(
        client.post(f"/awards/objections/{made.receipt}/", {"answer": " "}, follow=True)
    )
    assert client.post(
        f"/notices/objections/{made.receipt}/", {"answer": "好", "upheld": "1"}
    ).status_code in (302, 404)
    with nation():
        assert Objection.objects.get().answered_at is None
    said = client.post(
        f"/awards/objections/{made.receipt}/", {"answer": "经核实成立", "upheld": "1"}, follow=True
    )
    assert "已答复" in text(said) and "不予兑现" in text(said)
    assert office.now(award) == "refused"
    assert "经核实成立" in text(Client().get(f"/public/objections/{made.receipt}/"))


def test_a_neighbour_finds_nothing_on_any_page(
    office: Office, client: Client, person: Callable[..., Actor], clock: Callable[[dt.date], None]
) -> None:
    firm, pool = office.knows(), office.pool()
    award = office.paid(firm, clock)
    with nation():
        order_ = PaymentOrder.objects.get()
        notice = PublicNotice.objects.get()
    for who in (
        person("near", "county", JINGHE), person("far", "region", "41/"), person("far.money", "finance", "41/"),
        person("sibling", "enterprise", BOLE, firm.pk + 7),
    ):  # fmt: skip
        sign_in(client, who)
        assert client.get(f"/awards/{award.public_id}/").status_code == 404
        assert client.get(f"/awards/account/{firm.public_id}/").status_code in (403, 404)
        assert client.post(f"/awards/{award.public_id}/reclaim/", {}).status_code == 404
        assert client.post(f"/awards/orders/{order_.number}/", {}).status_code in (403, 404)
        assert client.get(f"/awards/budgets/{pool.pk}/").status_code in (403, 404)
        page = client.get("/awards/")
        assert page.status_code in (200, 404) and firm.name not in text(page)
        if who.role != "enterprise":
            assert firm.name not in text(client.get("/awards/totals/?by=county"))
            assert firm.name not in text(client.get("/awards/due/"))
            assert firm.name not in text(client.get(f"/awards/notices/{notice.public_id}/"))
            gone = client.post(
                "/awards/decide/", {"pick": pick(award), "decision": "refuse", "reason": "x"}, follow=True
            )
            assert "先勾选要办的" in text(gone)


def test_totals_add_up_in_every_split(
    office: Office, client: Client, clock: Callable[[dt.date], None]
) -> None:
    giant = TITLE | {"id": "t2", "title": "little_giant", "on": "2024-06-01"}
    firm = office.knows(TITLE, giant)
    other = office.knows(uscc="91652701MA0000001K")
    office.pool()
    office.pool("A-12")
    office.paid(firm, clock)
    well(office.do("taker", reserve, office.proposed(firm, "t2", "A-12")))
    stopped = office.proposed(other)
    well(office.do("approver", refuse, stopped, reason="停"))
    sign_in(client, office["taker"])
    for by in ("scheme", "title", "county", "year", "level", "other"):
        page = text(client.get(f"/awards/totals/?by={by}"))
        foot = page.split("<tfoot>")[1].split("</tfoot>")[0]
        figures = [cell.split("</td>")[0].rpartition(">")[2] for cell in foot.split('class="num"')[1:]]
        assert figures[1:] == ["125", "100", "0", "25", "0"], by


def test_a_pool_below_a_closed_door_shows_what_is_left_alone(office: Office, client: Client) -> None:
    pool = office.pool()
    sign_in(client, office["proposer"])
    assert client.get(f"/awards/budgets/{pool.pk}/").status_code == 404
    sign_in(client, office["payer"])
    assert "下级可以看到余额" in text(
        client.post(f"/awards/budgets/{pool.pk}/show/", {"show": "1"}, follow=True)
    )
    sign_in(client, office["proposer"])
    assert client.post(f"/awards/budgets/{pool.pk}/show/", {"show": "1"}).status_code == 403
    page = text(client.get(f"/awards/budgets/{pool.pk}/"))
    assert "1,000" in page and "没有看得到的账目" in page
    assert client.post(f"/awards/budgets/{pool.pk}/", {}).status_code == 404


def test_the_list_is_exported_as_it_is_filtered(office: Office, client: Client) -> None:
    office.proposed(office.knows())
    sign_in(client, office["proposer"])
    answer = client.post(
        "/exports/make/", {"list": "awards", "query": "view=waiting", "format": "csv"}, follow=True
    )
    body = b"".join(answer.streaming_content).decode("utf-8-sig") if answer.streaming else text(answer)
    assert "250000.00" in body or "导出" in body


def test_the_pages_ask_as_many_questions_for_twelve_awards_as_for_three(
    office: Office, client: Client
) -> None:
    office.pool(fund=5_000 * WAN)

    def asked(who: str, path: str) -> int:
        sign_in(client, office[who])
        client.get(path)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    paths = [
        ("taker", "/awards/"), ("taker", "/awards/?view=reserved"), ("taker", "/awards/due/"),
        ("taker", "/awards/totals/"), ("taker", "/awards/notices/new/"), ("payer", "/awards/budgets/"),
    ]  # fmt: skip

    def more(first: int, last: int) -> None:
        firms = [office.knows(uscc=f"91652701MA{n:07d}X") for n in range(first, last)]
        awards = [office.proposed(firm) for firm in firms]
        well(office.do("taker", reserve, *awards))
        well(office.do("approver", approve, *awards[: len(awards) // 2]))
        for n in range(last, last + last - first):
            office.knows(uscc=f"91652701MB{n:07d}X")

    more(0, 3)
    few = [asked(*path) for path in paths]
    more(3, 12)
    assert [asked(*path) for path in paths] == few
    assert order and max(few) < 30


def test_finance_closes_a_quarter_and_nothing_is_booked_in_it(office: Office, client: Client) -> None:
    office.pool()
    sign_in(client, office["payer"])
    page = text(client.get("/awards/budgets/"))
    quarter = page.split('name="quarter" value="')[1].split('"')[0]
    assert "已结账" in text(client.post("/awards/budgets/close/", {"quarter": quarter}, follow=True))
    with nation():
        assert Pool.objects.get().closed_through == quarter
    assert 'name="quarter"' not in text(client.get("/awards/budgets/"))
    for wrong in ("2999Q1", "nonsense", ""):
        assert "这个季度还没有结束" in text(
            client.post("/awards/budgets/close/", {"quarter": wrong}, follow=True)
        )
    sign_in(client, office["taker"])
    assert client.post("/awards/budgets/close/", {"quarter": quarter}).status_code == 403


def test_finance_takes_a_budget_back_by_its_mirror_once(office: Office, client: Client) -> None:
    pool = office.pool()
    sign_in(client, office["payer"])
    address = f"/awards/budgets/{pool.pk}/entries/1/reverse/"
    assert "请写明依据" in text(client.post(address, {"reason": " "}, follow=True))
    said = text(client.post(address, {"reason": "文号录错"}, follow=True))
    assert "已冲正" in said and "冲正的理由" not in said
    client.post(address, {"reason": "文号录错"})
    assert office.money(pool) == {}
    sign_in(client, office["taker"])
    assert client.post(address, {"reason": "x"}).status_code == 403
    award = office.proposed(office.knows())
    office.pool("A-13", year=2030)
    well(office.do("taker", reserve, award, year=2030))
    with nation():
        other = Pool.objects.get(year=2030)
    sign_in(client, office["payer"])
    assert client.post(f"/awards/budgets/{other.pk}/entries/2/reverse/", {"reason": "x"}).status_code == 404
