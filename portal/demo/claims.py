"""Claims of the demo: one waiting for its county, one accepted and one declined, each with a paper to open; and what the
county settles beside the policies."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

from django.utils import timezone

from enterprises.models import Enterprise
from portal.reports.pdf import render
from subsidies.actions import decide_rule, draft_rule, judge_claim, make_claim
from subsidies.models import ClaimRequest, LocalRule
from subsidies.rules.claims import Said
from tenancy.access import Actor, actor_for
from tenancy.context import acting

_LINES = ("本页为演示材料，用来说明证明材料如何随申领提交。", "内容均为虚构，不作任何依据。")


_TOP_UPS: tuple[dict[str, Any], ...] = (
    {"base": "A-12", "percent": Decimal(20), "clause": "三"},
    {"base": "A-51", "fixed": 5_000_000},
)


def claims() -> None:
    """Claims of three enterprises of one county; a second run changes nothing."""
    own, county, second = (
        actor_for(name, origin="load_demo")
        for name in ("enterprise.652701", "county.652701", "county2.652701")
    )
    with acting(county):
        if ClaimRequest.objects.exists():
            return
        mine = Enterprise.objects.get(pk=own.enterprise_id or 0)
        others = list(
            Enterprise.objects.under(county.region_path).active().exclude(pk=mine.pk).order_by("-uscc")[:2]
        )
    year = timezone.localdate().year
    _claim(
        own,
        mine,
        Said("talent_platform", dt.date(year, 4, 20), "智能装备联合实验平台", statement="平台已投入使用。"),
    )
    board = Said("board", dt.date(year, 3, 6), statement="已进入专精特新专板。")
    for firm, reason in zip(others, ("", "没有附专板的入板通知，补齐后重新申领"), strict=True):
        made = _claim(second, firm, board)
        with acting(county):
            judge_claim(by=county, claim=made, accept=not reason, reason=reason)


def _claim(by: Actor, firm: Enterprise, said: Said) -> ClaimRequest:
    paper = "".join(f"<p>{line}</p>" for line in (f"{firm.name}：{said.project or said.statement}", *_LINES))
    content = render(
        f"<title>证明材料（演示）</title><h1>证明材料（演示）</h1>{paper}", at=timezone.now()
    ).content
    with acting(by):
        return make_claim(
            by=by, enterprise=firm, said=said, uploads=[("证明材料（演示）.pdf", io.BytesIO(content))]
        )


def local_rules() -> None:
    """A top-up of the county that is in force, and one that waits; a second run changes nothing."""
    county, second = (actor_for(name, origin="load_demo") for name in ("county.652701", "county2.652701"))
    with acting(second):
        if LocalRule.objects.exists():
            return
        made = [
            draft_rule(
                by=second,
                kind=LocalRule.Kind.TOP_UP,
                since=dt.date(2025, 1, 1),
                document="博政办〔2025〕0 号（演示）",
                **said,
            )
            for said in _TOP_UPS
        ]
    with acting(county):
        decide_rule(by=county, rule=made[0], accept=True)
