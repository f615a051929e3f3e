"""What waits in the pipeline for the one who signs in: applications, notices, objections, the year's pool entries."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cultivation import pooled, recognised
from cultivation.models import PublicNotice, SiteVisit
from cultivation.queue import states_of, visible
from cultivation.rules.workflow import PUBLISH, RECOGNISE
from tenancy.access import Actor
from tenancy.models import Region


@dataclass(frozen=True)
class Task:
    """One thing that waits: until when (None = no date), its kind, the matter, the object, a verb and where."""

    due: dt.date | None
    kind: str
    matter: str
    object: str
    note: str
    verb: str
    url: str


def pipeline_tasks(actor: Actor, region: Region, today: dt.date) -> list[Task]:
    """At most seven queries; `region` is the actor's own."""
    return [
        *_applications(actor),
        *_visits(actor),
        *_rounds(actor),
        *_notices(actor, today),
        *_pool(actor, region, today),
    ]


def _applications(actor: Actor) -> list[Task]:
    mine = states_of(actor)
    if not mine:
        return []
    found = (
        visible(actor)
        .filter(state__in=mine)
        .order_by()
        .aggregate(n=Count("id"), since=Min("since"), due=Min("due_on"))
    )
    n = found["n"]
    if not n:
        return []
    matter = ngettext("%(n)d 份申报待办理", "%(n)d 份申报待办理", n) % {"n": n}
    note = _("最早的一份自 %(day)s 起等待") % {"day": f"{timezone.localtime(found['since']):%m-%d}"}
    return [Task(found["due"], _("申报"), matter, "", note, _("去办理"), reverse("applications"))]


def _visits(actor: Actor) -> list[Task]:
    if not actor.can("applications.view"):
        return []
    n = SiteVisit.objects.filter(assigned_id=actor.officer_id or 0, recorded_at__isnull=True).count()
    if not n:
        return []
    matter = ngettext("%(n)d 家企业待实地核查", "%(n)d 家企业待实地核查", n) % {"n": n}
    return [Task(None, _("申报"), matter, "", "", _("去登记"), reverse("my_visits"))]


def _rounds(actor: Actor) -> list[Task]:
    tasks = []
    if actor.can(PUBLISH):
        tasks += [
            Task(None, _("认定"), _("审核通过，等待公示"), b.title, _firms(b.waits), _("去公示"),  # type: ignore[attr-defined]
                 reverse("new_notice", args=[b.public_id]))
            for b in recognised.to_publish(actor)
        ]  # fmt: skip
    if actor.can(RECOGNISE):
        tasks += [
            Task(None, _("认定"), _("等待工信部认定结果"), b.title, _firms(b.waits), _("去登记"),  # type: ignore[attr-defined]
                 reverse("national_list", args=[b.public_id]))
            for b in recognised.to_enter(actor)
        ]  # fmt: skip
    return tasks


def _notices(actor: Actor, today: dt.date) -> list[Task]:
    if not actor.can(RECOGNISE):
        return []
    waiting = Count("objections", filter=Q(objections__answered_at__isnull=True))
    found = PublicNotice.objects.filter(
        region_id=actor.region_path, batch__isnull=False, announcement=None
    ).annotate(n=waiting)
    tasks = []
    for notice in found.order_by("closes_on", "id")[:20]:
        url = reverse("notice", args=[notice.public_id])
        if notice.n:
            matter = ngettext("%(n)d 条异议待答复", "%(n)d 条异议待答复", notice.n) % {"n": notice.n}
            tasks.append(
                Task(notice.closes_on, _("认定"), matter, notice.title, _("答复后才能认定"), _("去答复"), url)
            )
        elif notice.closes_on < today:
            tasks.append(Task(None, _("认定"), _("公示期满，待认定"), notice.title, "", _("去认定"), url))
    return tasks


def _pool(actor: Actor, region: Region, today: dt.date) -> list[Task]:
    """What the own place still has to bring in this year; soft, so it is told and never late before its end."""
    if not actor.can("pool.edit"):
        return []
    own = pooled.own_place(region, today.year)
    if own is None or not own.short:
        return []
    matter = ngettext("培育库年度入库还差 %(n)d 家", "培育库年度入库还差 %(n)d 家", own.short) % {
        "n": own.short
    }
    return [
        Task(
            dt.date(today.year, 12, 31),
            _("培育库"),
            matter,
            "",
            _("原则性要求"),
            _("去选企业"),
            reverse("pool"),
        )
    ]


def _firms(n: int) -> str:
    return ngettext("%(n)d 家企业", "%(n)d 家企业", n) % {"n": n}
