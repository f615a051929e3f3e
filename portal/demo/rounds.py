"""Rounds of applications in the demo, with some at every level, so that each role finds work."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from cultivation.actions import decide, file, open_batch
from cultivation.models import Application, ApplicationBatch, Evaluation, Tier
from enterprises.models import Enterprise
from tenancy.access import Actor, actor_for
from tenancy.context import acting

COUNTY, PREFECTURE, REGION = "652701", "6527", "65"
_FILED, _SENT, _RECOMMENDED = 10, 8, 5


def open_rounds() -> None:
    """Two rounds around today, and applications of one county; a second run changes nothing."""
    region = actor_for(f"region.{REGION}", origin="load_demo")
    today = timezone.localdate()
    with acting(region):
        if ApplicationBatch.objects.exists():
            return
        batch = open_batch(
            by=region,
            region=region.region_path,
            tier=Tier.INNOVATIVE,
            title=f"{today.year} 年创新型中小企业评价",
            opens_on=today - dt.timedelta(20),
            closes_on=today + dt.timedelta(40),
            note="企业自愿申报，不收取任何费用",
        )
        open_batch(
            by=region,
            region=region.region_path,
            tier=Tier.SPECIALISED,
            title=f"{today.year} 年专精特新中小企业认定",
            opens_on=today + dt.timedelta(10),
            closes_on=today + dt.timedelta(60),
        )
    clerk = actor_for(f"county2.{COUNTY}", origin="load_demo")
    chief = actor_for(f"county.{COUNTY}", origin="load_demo")
    prefecture = actor_for(f"prefecture.{PREFECTURE}", origin="load_demo")
    with acting(clerk):
        passed = Evaluation.objects.filter(tier=Tier.INNOVATIVE, outcome="pass").values("enterprise_id")
        chosen = Enterprise.objects.filter(pk__in=passed, state="active").order_by("uscc")[:_FILED]
        filed = [file(by=clerk, batch=batch, enterprise=each) for each in chosen]
    _take(clerk, filed[:_SENT], "submit")
    _take(chief, filed[:_RECOMMENDED], "recommend", opinion="材料齐全，已到现场看过")
    _take(prefecture, filed[:2], "recommend", opinion="同意")
    _take(prefecture, filed[2:3], "return", reason="缺少 2025 年度审计报告，请补齐后再报", to="draft")


def _take(by: Actor, applications: list[Application], decision: str, **said: str) -> None:
    with acting(by):
        steps = dict(
            Application.objects.filter(pk__in=[a.pk for a in applications]).values_list("pk", "step")
        )
        decide(by=by, seen=steps, decision=decision, **said)  # type: ignore[arg-type]
