"""Today's work: what waits for the one who signs in, then the figures of the place."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from cultivation.fact_names import fact_name
from cultivation.queries import latest
from enterprises.models import Enterprise, ImportBatch, Move, Proposal, State
from portal.models import QuarterlySnapshot
from portal.pages.award_tasks import award_tasks
from portal.pages.pipeline_tasks import Task, pipeline_tasks
from portal.pages.registry import TIER, reporting_year
from portal.reports.closed import Quarter
from tenancy.access import Actor
from tenancy.http import ActedRequest
from tenancy.models import Region


@require_GET
def home(request: ActedRequest) -> HttpResponse:
    actor = request.actor
    if actor.role == "enterprise":
        own = Enterprise.objects.filter(pk=actor.enterprise_id or 0).first()
        return redirect("enterprise", own.public_id) if own else render(request, "portal/home_empty.html")
    if not actor.can("enterprises.view"):
        return render(request, "portal/home_admin.html")
    today = timezone.localdate()
    year = reporting_year(today)
    region = request.own_region = Region.objects.get(path=actor.region_path)
    snapshots = _snapshots(actor)
    context: dict[str, Any] = {
        "today": today,
        "weekday": _weekdays()[today.weekday()],
        "year": year,
        "figures": _figures(actor, today, snapshots),
        "judging": actor.can("cultivation.view"),
        "quarter": snapshots[0] if snapshots else None,
        "can_import": actor.can("enterprises.import"),
        "can_report": actor.can("reports.view"),
    }
    if region.is_county_level:
        tasks = _county_tasks(actor, today, year) if actor.can("enterprises.edit") else []
        tasks = _in_order([*tasks, *pipeline_tasks(actor, region, today), *award_tasks(actor, region, today)])
        context |= {
            "works": actor.can("enterprises.edit"),
            "groups": _grouped(tasks, today),
            "count": len(tasks),
            "lacking": _lacking(actor, today, year),
        }
        return render(request, "portal/home_county.html", context)
    rows = below(actor, region, year, today)
    tasks = _in_order([*pipeline_tasks(actor, region, today), *award_tasks(actor, region, today)])
    context |= {
        "groups": _grouped(tasks, today),
        "count": len(tasks),
        "rows": rows,
        "silent": [r for r in rows if r["enterprises"] == 0 or r["reported"] == 0],
        "totals": {
            k: sum(r[k] for r in rows) for k in ("enterprises", "reported", "judged", "unknown", "passed")
        },
        "lacking": _lacking(actor, today, year) if len(rows) < 40 else [],
    }
    return render(request, "portal/home_above.html", context)


def _weekdays() -> list[str]:
    return [_("星期一"), _("星期二"), _("星期三"), _("星期四"), _("星期五"), _("星期六"), _("星期日")]


def _snapshots(actor: Actor) -> list[dict[str, Any]]:
    """The last eight closed quarters of the place, the newest first. One query."""
    rows = QuarterlySnapshot.objects.filter(region_id=actor.region_path).order_by("-quarter")
    return [dict(row) for row in rows.values("quarter", "figures", "counted_at")[:8]]


def _figures(actor: Actor, today: dt.date, snapshots: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Six figures of this moment, each with its change on the last closed quarter and its list. Two queries."""
    active = Enterprise.objects.under(actor.region_path).active()
    last = snapshots[0]["figures"] if snapshots else {}
    title = _quarter_title(snapshots[0]["quarter"]) if snapshots else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE innovative_valid_until >= %(on)s), "
            "count(*) FILTER (WHERE specialised_valid_until >= %(on)s), count(*) FILTER (WHERE little_giant_valid_until >= %(on)s) "
            "FROM enterprises_enterprise WHERE region_id >= %(lo)s AND region_id < %(hi)s AND state = 'active'",
            {"on": today, "lo": actor.region_path, "hi": actor.region_path + "~"},
        )
        total, innovative, specialised, giants = cursor.fetchone()
    outcomes = dict(
        latest(TIER, today)
        .filter(
            enterprise__in=active, region_id__gte=actor.region_path, region_id__lt=actor.region_path + "~"
        )
        .values_list("outcome")
        .annotate(n=Count("id"))
        .order_by()
    )
    listing = reverse("registry")

    def one(
        label: str, value: int, group: str, keys: tuple[str, ...], query: dict[str, str], tone: str = ""
    ) -> dict[str, Any]:
        series = [sum(s["figures"].get(group, {}).get(k, 0) for k in keys) for s in reversed(snapshots)]
        before = sum(last.get(group, {}).get(k, 0) for k in keys) if last else None
        return {
            "label": label,
            "value": value,
            "change": None if before is None else value - before,
            "since": title,
            "spark": [*series, value],
            "url": f"{listing}?{urlencode(query)}",
            "tone": tone,
        }

    figures = [
        one(_("在业企业"), total, "states", ("active",), {}),
        one(_("创新型中小企业"), innovative, "tiers", ("innovative",), {"tier": "innovative"}),
        one(_("专精特新中小企业"), specialised, "tiers", ("specialised",), {"tier": "specialised"}),
        one(_("“小巨人”企业"), giants, "tiers", ("little_giant",), {"tier": "little_giant"}),
        one(_("创新型达标"), outcomes.get("pass", 0), "judging", ("pass",), {"view": "pass"}),
        one(_("待补数据"), outcomes.get("unknown", 0), "judging", ("unknown",), {"view": "unknown"}, "warn"),
    ]
    # The last two are judgements.
    return figures if actor.can("cultivation.view") else figures[:4]


def _quarter_title(quarter: str) -> str:
    return _("%(year)s 年%(n)s季度末") % {
        "year": quarter[:4],
        "n": {"1": _("一"), "2": _("二"), "3": _("三"), "4": _("四")}[quarter[-1]],
    }


def _county_tasks(actor: Actor, today: dt.date, year: int) -> list[Task]:
    """What the county has to do: failed rows, missing figures, unknown facts, titles that run out, the quarter."""
    tasks: list[Task] = []
    for batch in ImportBatch.objects.filter(
        region_id=actor.region_path,
        state__in=["done", "kept_out", "checked"],
        created_at__gte=timezone.now() - dt.timedelta(days=90),
    ).order_by("-created_at")[:20]:
        rows, failed = batch.counts.get("rows", 0), batch.counts.get("failed", 0)
        waiting = batch.counts.get("waiting", 0) if batch.state == "done" else 0
        if batch.state == "checked":
            tasks.append(
                Task(None, _("导入"), _("试运行完了还没写入"), batch.name, ngettext("%(n)d 行", "%(n)d 行", rows) % {"n": rows},
                     _("去写入"), reverse("enterprises:batch", args=[batch.public_id]))
            )  # fmt: skip
        elif waiting:
            tasks.append(
                Task(None, _("导入"), ngettext("有 %(n)d 行等判断", "有 %(n)d 行等判断", waiting) % {"n": waiting}, batch.name,
                     _("%(day)s 导入") % {"day": timezone.localtime(batch.created_at).strftime("%m-%d")},
                     _("去判断"), reverse("enterprises:mend", args=[batch.public_id]))
            )  # fmt: skip
        elif failed:
            tasks.append(
                Task(None, _("导入"), ngettext("有 %(n)d 行没有写入", "有 %(n)d 行没有写入", failed) % {"n": failed}, batch.name,
                     _("%(day)s 导入") % {"day": timezone.localtime(batch.created_at).strftime("%m-%d")},
                     _("去改"), reverse("enterprises:batch", args=[batch.public_id]))
            )  # fmt: skip
    if actor.can("enterprises.decide"):
        waiting = Proposal.objects.filter(region_id=actor.region_path, state=Proposal.State.OPEN).aggregate(
            n=Count("id"), firms=Count("enterprise_id", distinct=True)
        )
        if waiting["n"]:
            tasks.append(
                Task(None, _("数据"), ngettext("数据待核定：%(n)d 项", "数据待核定：%(n)d 项", waiting["n"]) % {"n": waiting["n"]},
                     _firms(waiting["firms"]), _("上级或企业报的与这里登记的不同"), _("去核定"), reverse("enterprises:proposals"))
            )  # fmt: skip
    if actor.can("enterprises.move"):
        arriving = Move.objects.filter(to__path=actor.region_path, state=Move.State.OFFERED).count()
        if arriving:
            tasks.append(
                Task(None, _("名录"), _("迁入待接收"), _firms(arriving), "", _("去接收"), reverse("moves"))
            )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM enterprises_enterprise e WHERE e.region_id >= %(lo)s AND e.region_id < %(hi)s "
            "AND e.state = 'active' AND NOT EXISTS (SELECT 1 FROM enterprises_annualfigures f "
            "WHERE f.enterprise_id = e.id AND f.year = %(year)s)",
            {"lo": actor.region_path, "hi": actor.region_path + "~", "year": year},
        )
        (unreported,) = cursor.fetchone()
    listing = reverse("registry")
    if unreported:
        # 63号: the yearly update is due on 30 April of the year after.
        due = dt.date(year + 1, 4, 30)
        tasks.append(
            Task(due, _("数据"), _("补报 %(year)d 年度数据") % {"year": year}, _firms(unreported),
                 _("年度更新 4 月 30 日截止"), _("看名单"), f"{listing}?view=unreported&year={year}")
        )  # fmt: skip
    unknown = (
        latest(TIER, today)
        .filter(region_id=actor.region_path, outcome="unknown", enterprise__state=State.ACTIVE)
        .count()
    )
    if unknown:
        tasks.append(
            Task(None, _("数据"), _("缺的数据会决定评价结果"), _firms(unknown), _("补上就能判定"), _("去补"),
                 f"{listing}?view=unknown")
        )  # fmt: skip
    for code, title in (
        ("hnte_valid_until", _("高新技术企业到期")), ("innovative_valid_until", _("创新型称号到期")),
        ("specialised_valid_until", _("专精特新称号到期")), ("little_giant_valid_until", _("小巨人称号到期")),
    ):  # fmt: skip
        soon = Enterprise.objects.filter(
            region_id=actor.region_path, state=State.ACTIVE,
            **{f"{code}__gte": today, f"{code}__lte": today + dt.timedelta(days=90)},
        ).order_by(code)[:4]  # fmt: skip
        tasks += [
            Task(
                getattr(e, code),
                _("到期"),
                title,
                e.name,
                _("90 天内"),
                _("查看"),
                reverse("enterprise", args=[e.public_id]),
            )
            for e in soon
        ]
    quarter = Quarter.of(today).shift(-1)
    if (
        actor.can("reports.close")
        and not QuarterlySnapshot.objects.filter(region_id=actor.region_path, quarter=str(quarter)).exists()
    ):
        tasks.append(
            Task(quarter.ends_on + dt.timedelta(days=15), _("报告"), _("%(q)s还没有结账") % {"q": _quarter_title(str(quarter))},
                 _("季度报告"), "", _("去结账"), reverse("reports"))
        )  # fmt: skip
    return tasks


def _in_order(tasks: list[Task]) -> list[Task]:
    return sorted(tasks, key=lambda t: (t.due is None, t.due or dt.date.max))


def _firms(n: int) -> str:
    return ngettext("%(n)d 家企业", "%(n)d 家企业", n) % {"n": n}


def _grouped(tasks: list[Task], today: dt.date) -> list[dict[str, Any]]:
    week = today + dt.timedelta(days=7)
    groups: list[tuple[str, list[Task], bool]] = [
        (_("已过期限"), [t for t in tasks if t.due and t.due < today], True),
        (_("今天到期"), [t for t in tasks if t.due == today], True),
        (_("一周内"), [t for t in tasks if t.due and today < t.due <= week], False),
        (_("以后"), [t for t in tasks if t.due and t.due > week], False),
        (_("随时可办"), [t for t in tasks if t.due is None], False),
    ]
    return [{"title": title, "tasks": found, "late": late} for title, found, late in groups if found]


def _lacking(actor: Actor, today: dt.date, year: int) -> list[dict[str, Any]]:
    """The facts that would decide most of the open judgements. One query."""
    rows = latest(TIER, today).filter(
        region_id__gte=actor.region_path,
        region_id__lt=actor.region_path + "~",
        outcome="unknown",
        enterprise__state=State.ACTIVE,
    )
    counted: dict[str, int] = {}
    for codes in rows.values_list("unknown", flat=True):
        for code in codes:
            counted[code] = counted.get(code, 0) + 1
    most = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:6]
    top = most[0][1] if most else 1
    return [{"title": fact_name(code, year), "count": n, "share": 100 * n / top} for code, n in most]


_BELOW = """
SELECT r.path, r.code, r.name,
       count(e.id) AS enterprises,
       count(e.id) FILTER (WHERE f.id IS NOT NULL) AS reported,
       count(v.id) AS judged,
       count(v.id) FILTER (WHERE v.outcome = 'unknown') AS unknown,
       count(v.id) FILTER (WHERE v.outcome = 'pass') AS passed,
       (SELECT max(b.created_at) FROM enterprises_importbatch b
         WHERE b.region_id >= r.path AND b.region_id < r.path || '~' AND b.state = 'done') AS imported_at
  FROM tenancy_region r
  LEFT JOIN enterprises_enterprise e ON e.region_id >= r.path AND e.region_id < r.path || '~' AND e.state = 'active'
  LEFT JOIN enterprises_annualfigures f ON f.enterprise_id = e.id AND f.year = %(year)s
  LEFT JOIN LATERAL (SELECT v.id, v.outcome FROM cultivation_evaluation v
       WHERE v.enterprise_id = e.id AND v.tier = %(tier)s AND NOT v.review AND v.judged_on <= %(on)s
       ORDER BY v.judged_on DESC, v.year DESC, v.id DESC LIMIT 1) v ON true
 WHERE r.parent_id = %(parent)s AND r.valid_until IS NULL
 GROUP BY r.path, r.code, r.name
 ORDER BY r.path
"""


def below(actor: Actor, region: Region, year: int, today: dt.date) -> list[dict[str, Any]]:
    """Each region directly below by imported, judged, unknown, passed; who has sent nothing. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, {"parent": region.pk, "year": year, "tier": TIER, "on": today})
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    listing = reverse("registry")
    for row in rows:
        row["url"] = f"{listing}?under={row['code']}"
        row["unknown_url"] = f"{listing}?under={row['code']}&view=unknown"
        row["share"] = 100 * row["reported"] / row["enterprises"] if row["enterprises"] else 0
    return rows
