"""Rounds of applications in the demo, with some at every level, so that each role finds work."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from cultivation import pooled
from cultivation.actions import (
    admit,
    confirm_list,
    decide,
    draw_visits,
    file,
    make_list,
    move,
    object_to,
    open_batch,
    publish,
    recognise,
    record_industrial_count,
    record_visit,
    take_list,
)
from cultivation.models import (
    Application,
    ApplicationBatch,
    Evaluation,
    NoticeEntry,
    PoolEntry,
    PublicNotice,
    SiteVisit,
    Tier,
)
from enterprises.models import Enterprise
from tenancy.access import Actor, actor_for, system_actor
from tenancy.context import acting

COUNTY, PREFECTURE, REGION = "652701", "6527", "65"
_FILED, _SENT, _RECOMMENDED = 10, 8, 5
#: of those behind them: recognised, and in a notice that still runs
_RECOGNISED, _PUBLISHED = 6, 3
_POOLED, _OLDER = 7, 12
_CONTACT = "自治区工业和信息化厅中小企业处　0991-1234567　乌鲁木齐市"


def open_rounds() -> None:
    """Two rounds around today with applications of one county at every level, a notice that runs, and titles
    from one that has ended; a second run changes nothing."""
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
        most = _FILED + _RECOGNISED + _PUBLISHED
        free = Enterprise.objects.filter(pk__in=passed, state="active").exclude(
            innovative_valid_until__gte=today
        )
        chosen = free.order_by("uscc")[:most]
        filed = [file(by=clerk, batch=batch, enterprise=each) for each in chosen]
    _take(clerk, filed[:_SENT], "submit")
    _take(chief, filed[:_RECOMMENDED], "recommend", opinion="材料齐全，已到现场看过")
    _take(prefecture, filed[:2], "recommend", opinion="同意")
    _take(prefecture, filed[2:3], "return", reason="缺少 2025 年度审计报告，请补齐后再报", to="draft")
    listed = filed[_FILED:]
    _take(clerk, listed, "submit")
    _take(chief, listed, "recommend", opinion="材料齐全")
    _take(prefecture, listed, "recommend", opinion="同意")
    _take(region, listed, "approve")
    _recognise(region, batch, listed[:_RECOGNISED], today)
    _publish(region, batch, listed[_RECOGNISED:], f"{today.year} 年第二批拟认定创新型中小企业名单公示")
    _fill_the_pool(chief, today)
    _visit(chief, batch, today)
    _older_titles(region, today)


def _visit(by: Actor, batch: ApplicationBatch, today: dt.date) -> None:
    """Two of what lies with the county are drawn for a visit, one of them is recorded; and the county's list."""
    with acting(by):
        draw_visits(by=by, batch=batch, count=2)
        first = SiteVisit.objects.select_related("application").order_by("pk").first()
        if first is not None:
            record_visit(
                by=by,
                visit=first,
                visited_on=today,
                result=SiteVisit.Result.TRUE,
                findings="设备、人员和研发台账与申报一致，现场照片已归档。",
            )
        make_list(by=by, batch=batch)


def _older_titles(region: Actor, today: dt.date) -> None:
    """A list of two years ago, brought in as a file: its titles owe a yearly update."""
    with acting(region):
        held = Enterprise.objects.filter(specialised_valid_until__gte=today).order_by("uscc")[:_OLDER]
        lines = ["企业名称,统一社会信用代码", *(f"{e.name},{e.uscc}" for e in held)]
        made = take_list(
            by=region,
            region=region.region_path,
            tier=Tier.SPECIALISED,
            number=f"新工信企业函〔{today.year - 2}〕18号（演示数据）",
            announced_on=today - dt.timedelta(2 * 365),
            name="专精特新中小企业名单.csv",
            data="\r\n".join(lines).encode("utf-8-sig"),
        )
        confirm_list(by=region, made=made)


def _fill_the_pool(by: Actor, today: dt.date) -> None:
    """Some of the county's candidates in each stage, and the count that its quota rests on."""
    with acting(by):
        found = pooled.candidates(by, Tier.INNOVATIVE, today).order_by("missing_max", "enterprise_id")
        ids = list(found.values_list("enterprise_id", flat=True)[:_POOLED])
        admit(by=by, tier=Tier.INNOVATIVE, enterprise_ids=ids, reason="已走访，缺的数据在补报")
        steps = dict(PoolEntry.objects.order_by("pk").values_list("pk", "step"))
        for stage, part in (("cultivate", list(steps)[2:5]), ("promote", list(steps)[5:6])):
            move(by=by, seen={pk: steps[pk] for pk in part}, stage=stage, reason="按年度培育计划")
        record_industrial_count(
            by=by,
            region=by.region_path,
            year=today.year - 1,
            count=58,
            counted_on=dt.date(today.year, 1, 31),
            source="自治州统计局年报（演示数据）",
        )


def _publish(
    region: Actor, batch: ApplicationBatch, applications: list[Application], title: str
) -> PublicNotice | None:
    """A notice that runs, with an objection against its first line."""
    with acting(region):
        steps = dict(
            Application.objects.filter(pk__in=[a.pk for a in applications]).values_list("pk", "step")
        )
        notice, _ = publish(by=region, batch=batch, title=title, contact=_CONTACT, seen=steps)
        line = NoticeEntry.objects.filter(notice=notice).order_by("pk").first() if notice else None
    if notice is not None and line is not None:
        object_to(
            by=system_actor(region.region_path, origin="load_demo"),
            notice=notice,
            entry_id=line.pk,
            name="王某某",
            contact="139****0000",
            text="该企业主导产品的收入占比与公示的不符，请核实。",
        )
    return notice


def _recognise(
    region: Actor, batch: ApplicationBatch, applications: list[Application], today: dt.date
) -> None:
    """A list whose notice ended a while ago, announced since."""
    with acting(region):
        steps = dict(
            Application.objects.filter(pk__in=[a.pk for a in applications]).values_list("pk", "step")
        )
        title = f"{today.year} 年第一批拟认定创新型中小企业名单公示"
        notice, _ = publish(by=region, batch=batch, title=title, contact=_CONTACT, seen=steps)
        if notice is None:
            return
        # The demo begins today, so its past has to be set.
        notice.opens_on, notice.closes_on = today - dt.timedelta(15), today - dt.timedelta(8)
        notice.save(update_fields=["opens_on", "closes_on"])
        recognise(
            by=region,
            notice=notice,
            number=f"新工信企业〔{today.year}〕12号",
            announced_on=today - dt.timedelta(5),
        )


def _take(by: Actor, applications: list[Application], decision: str, **said: str) -> None:
    with acting(by):
        steps = dict(
            Application.objects.filter(pk__in=[a.pk for a in applications]).values_list("pk", "step")
        )
        decide(by=by, seen=steps, decision=decision, **said)  # type: ignore[arg-type]
