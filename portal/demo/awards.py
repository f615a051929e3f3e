"""Awards of the demo, some at every step of their way, so that county, region, finance and enterprise find work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone

from enterprises.models import Enterprise
from subsidies import ledger, vouchers
from subsidies.actions import (
    approve,
    clear,
    confirm_account,
    issue_vouchers,
    order,
    propose,
    publish,
    record_history,
    register_provider,
    reserve,
    settle,
)
from subsidies.actions.proposing import Wanted
from subsidies.models import Award, PaymentOrder, Pool
from subsidies.rules.history import read
from tenancy.access import Actor, actor_for
from tenancy.context import acting

_CONTACT = "自治区工业和信息化厅中小企业处　0991-1234567　乌鲁木齐市"
#: scheme → budget in fen
_BUDGETS = {"A-12": 1_500_000_000, "A-13": 800_000_000, "A-21": 1_000_000_000}
#: how many of the county's go how far: paid, ordered, cleared, noticed, approved, reserved, waiting; the rest is due
_PAID, _ORDERED, _CLEARED, _NOTICED, _APPROVED, _RESERVED, _WAITING, _DUE = 2, 1, 2, 2, 2, 2, 2, 4


def award_enterprises() -> None:
    """Titles of 2025 in one county and what has become of their awards; a second run changes nothing."""
    county, taker, approver, finance = (
        actor_for(name, origin="load_demo")
        for name in ("county.652701", "region.65", "region2.65", "finance.65")
    )
    with acting(finance):
        if Pool.objects.exists():
            return
        for scheme, budget in _BUDGETS.items():
            pool = ledger.open_pool(
                by=finance, scheme=scheme, year=timezone.localdate().year, published=scheme == "A-13"
            )
            document = "新财建〔2026〕0 号（演示）"
            ledger.post(
                by=finance, pool=pool, key=f"fund {document}", kind="fund", amount=budget, reason=document
            )
    firms = _entitled(county)
    steps = _PAID + _ORDERED + _CLEARED + _NOTICED + _APPROVED + _RESERVED + _WAITING
    with acting(county):
        made = propose(by=county, wanted=[Wanted(firm.pk, "2025-3", "A-13") for firm in firms[:steps]]).made
    _take(taker, reserve, made[: -_WAITING or None])
    ready = made[: -_WAITING - _RESERVED]
    _take(approver, approve, ready)
    over = _PAID + _ORDERED + _CLEARED
    today = timezone.localdate()
    _noticed(taker, ready[:over], f"{today.year} 年第一批专精特新奖补资金公示", ended=True)
    _noticed(taker, ready[over : over + _NOTICED], f"{today.year} 年第二批专精特新奖补资金公示")
    for award in made[: _PAID + _ORDERED + 1]:
        _account(county, award)
    _take(finance, order, made[: _PAID + _ORDERED])
    for n, award in enumerate(made[:_PAID], start=1):
        with acting(finance):
            last = PaymentOrder.objects.select_related("award", "portion").get(award=award)
            settle(by=finance, order=last, outcome="paid", on=today, receipt=f"国库回单 2026-{n:04d}")
    _vouchers(taker, finance, firms)
    # Of one that was paid the title has been taken away since.
    _record(county, firms[1], [_title("specialised", "2025-3", "2025-03-18", revoked_on=today.isoformat())])


def _entitled(county: Actor) -> list[Enterprise]:
    """Enterprises of the county with the titles and claims that awards follow from."""
    steps = _PAID + _ORDERED + _CLEARED + _NOTICED + _APPROVED + _RESERVED + _WAITING + _DUE
    with acting(county):
        firms = list(Enterprise.objects.under(county.region_path).active().order_by("uscc")[:steps])
    for n, firm in enumerate(firms):
        events = [_title("specialised", "2025-3", "2025-03-18")]
        if n == 0:
            # Outside the window, so that there is a reason to read.
            events.append(_title("little_giant", "2026-1", "2026-02-10"))
        if n in (3, steps - 1):
            events.append(_title("little_giant", "2025-7", "2025-07-07"))
        if n >= steps - 2:
            events.append({"id": f"T-{n}", "kind": "claim", "title": "talent_platform", "on": "2026-05-20",
                           "project": "棉纺装备智能化研究平台"})  # fmt: skip
        _record(county, firm, events)
    return firms


def _title(title: str, code: str, on: str, **more: Any) -> dict[str, Any]:
    return {"id": code, "kind": "recognition", "title": title, "on": on, "how": "new"} | more


def _record(county: Actor, firm: Enterprise, events: list[dict[str, Any]]) -> None:
    with acting(county):
        line = read({"uscc": firm.uscc, "region": "652701", "events": events})
        record_history(by=county, region=county.region_path, lines=[line])


def _take(by: Actor, act: Callable[..., Any], awards: Sequence[Award], **more: Any) -> Any:
    with acting(by):
        seen = dict(Award.objects.filter(pk__in=[a.pk for a in awards]).values_list("pk", "step"))
        return act(by=by, seen=seen, **more)


def _noticed(by: Actor, awards: Sequence[Award], title: str, *, ended: bool = False) -> None:
    notice, _done = _take(by, publish, awards, title=title, contact=_CONTACT, workdays=5)
    if notice is None or not ended:
        return
    # The demo begins today, so its past has to be set.
    today = timezone.localdate()
    with acting(by):
        notice.opens_on, notice.closes_on = today - dt.timedelta(15), today - dt.timedelta(8)
        notice.save(update_fields=["opens_on", "closes_on"])
        clear(by=by, notice=notice)


def _account(county: Actor, award: Award) -> None:
    with acting(county):
        confirm_account(
            by=county,
            enterprise=award.enterprise,
            holder=award.enterprise.name,
            bank="工商银行博乐支行（演示）",
            number=f"622200{award.enterprise_id:010d}",
            document="基本存款账户信息（演示）",
        )


def _vouchers(office: Actor, finance: Actor, firms: Sequence[Enterprise]) -> None:
    """Three vouchers, and one who serves for them."""
    with acting(finance):
        pool = ledger.open_pool(by=finance, scheme="A-14", year=timezone.localdate().year)
        document = "新财建〔2026〕0 号（演示，创新券）"
        ledger.post(
            by=finance, pool=pool, key=f"fund {document}", kind="fund", amount=100_000_000, reason=document
        )
    with acting(office):
        register_provider(
            by=office, name="新疆检测研究院（演示）", uscc="126500004576000008", kinds=["testing", "design"]
        )
        programme = vouchers.programme(office.region_path, timezone.localdate())
        assert programme is not None
        face = programme.faces[0]
        issue_vouchers(by=office, faces={f.pk: face for f in firms[:3]}, seen={f.pk: 0 for f in firms[:3]})
