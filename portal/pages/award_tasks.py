"""What waits among the awards for the one who signs in."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.pages.pipeline_tasks import Task
from subsidies import awarded, claims, vouchers, worklist
from subsidies.models import ClaimRequest
from subsidies.rules.workflow import APPROVE, CLAIMS, PAY, PROPOSE, RESERVE
from tenancy.access import Actor
from tenancy.models import Region


def award_tasks(actor: Actor, region: Region, today: dt.date) -> list[Task]:
    """At most twelve queries; `region` is the actor's own."""
    if not actor.can("awards.view"):
        return []
    tasks = []
    if actor.can(PROPOSE) and region.is_county_level:
        n, whole = worklist.at_least(actor.region_path, timezone.localdate())
        tasks += _task(n, _("按政策应兑现，等你提出"), _("去提出"), reverse("awards_due"), whole)
    if actor.can(CLAIMS) and region.is_county_level:
        n = claims.visible(actor).filter(state=ClaimRequest.State.OPEN).count()
        what = ngettext("%(n)d 项申领", "%(n)d 项申领", n) % {"n": n}
        url = reverse("award_claims")
        tasks += [Task(None, _("奖补"), _("企业申领，等你核实"), what, "", _("去核实"), url)] if n else []
    there = awarded.own_level(actor)
    views = (
        ("waiting", RESERVE, _("等你受理并预留资金"), _("去受理")),
        ("reserved", APPROVE, _("等你审批"), _("去审批")),
        ("approved", APPROVE, _("已审批，等待公示"), _("去公示")),
        ("recover", APPROVE, _("已到账而称号已取消，待定是否追回"), _("去核实")),
        ("cleared", PAY, _("公示无异议，等你拨付"), _("去拨付")),
        ("ordered", PAY, _("已拨付，等你登记到账"), _("去登记")),
    )
    for view, permission, matter, verb in views:
        if actor.can(permission):
            tasks += _task(there.get(view, 0), matter, verb, f"{reverse('awards')}?view={view}")
    if actor.can(APPROVE):
        for notice in awarded.to_clear(actor, today):
            url = reverse("award_notice", args=[notice.public_id])
            matter = _("有异议待答复") if notice.asked else _("公示期满，待办结")
            tasks.append(Task(notice.closes_on, _("奖补"), matter, notice.title, "", _("去办理"), url))
    return tasks + _voucher_tasks(actor, region)


def _voucher_tasks(actor: Actor, region: Region) -> list[Task]:
    """What waits among the vouchers that the own place pays. At most one query."""
    if not vouchers.issues(region.code) or not (actor.can(APPROVE) or actor.can(PAY)):
        return []
    there, url, tasks = vouchers.waiting_at(region.path), f"{reverse('vouchers')}?view=asked", []
    for state, permission, matter, verb in (
        ("asked", APPROVE, _("申请兑付，等你审批"), _("去审批")),
        ("approved", PAY, _("已审批，等你兑付"), _("去兑付")),
    ):
        if actor.can(permission) and (n := there[state]):
            what = ngettext("%(n)d 笔兑付", "%(n)d 笔兑付", n) % {"n": n}
            tasks.append(Task(None, _("创新券"), matter, what, "", verb, url))
    return tasks


def _task(n: int, matter: str, verb: str, url: str, whole: bool = True) -> list[Task]:
    """Nothing where there is nothing; a number that is not the whole says so."""
    if not n and whole:
        return []
    if whole:
        firms = ngettext("%(n)d 项奖补", "%(n)d 项奖补", n) % {"n": n}
    else:
        firms = _("至少 %(n)d 项奖补") % {"n": n} if n else _("企业多，逐页查看")
    return [Task(None, _("奖补"), matter, firms, "", verb, url)]
