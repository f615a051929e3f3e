"""What every page shows around itself: place and role, navigation by task, running jobs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.wording import role_title
from tenancy.access import Actor
from tenancy.models import Job, Region


@dataclass
class Item:
    title: str
    url: str
    icon: str
    current: bool = False
    count: int = 0


@dataclass
class Group:
    title: str
    items: list[Item]


class Shell:
    """Lazy, so that fragments and error pages pay nothing for it."""

    def __init__(self, request: HttpRequest, actor: Actor) -> None:
        self.request, self.actor = request, actor

    @cached_property
    def region(self) -> Region:
        # Where the page has asked for it already.
        known = getattr(self.request, "own_region", None)
        return known or Region.objects.get(path=self.actor.region_path)

    @property
    def role_title(self) -> str:
        return role_title(self.actor.role)

    @cached_property
    def postings(self) -> list[dict[str, Any]]:
        postings = getattr(self.request, "postings", [])
        if len(postings) < 2:
            return []
        return [{"id": p.pk, "region": p.region.name, "role": role_title(p.role)} for p in postings]

    @property
    def can_search(self) -> bool:
        return self.actor.can("enterprises.view")

    @property
    def can_have_keys(self) -> bool:
        return self.actor.can("tokens.own")

    @property
    def registry_url(self) -> str:
        """For pages of lower floors, which know no address of the roof."""
        return reverse("registry")

    @cached_property
    def running_jobs(self) -> int:
        if self.actor.role == "enterprise":
            return 0
        return Job.objects.filter(
            by_id=self.actor.officer_id, state__in=[Job.State.QUEUED, Job.State.RUNNING]
        ).count()

    @cached_property
    def navigation(self) -> list[Group]:
        entries: list[tuple[str, list[tuple[str, str, str, str]]]] = [
            (
                _("日常"),
                [
                    (_("今日工作"), "home", "layout-list", ""),
                    (_("日程"), "calendar", "calendar-days", "applications.view"),
                    (_("日程"), "calendar", "calendar-days", "own.apply"),
                    (_("企业名录"), "registry", "building-2", "enterprises.view"),
                    (_("迁入迁出"), "moves", "arrow-left-right", "enterprises.move"),
                    (_("数据导入"), "enterprises:imports", "file-up", "enterprises.import"),
                    (_("数据核定"), "enterprises:proposals", "inbox", "enterprises.import"),
                    (_("我的数据"), "enterprises:own", "file-pen-line", "own.report"),
                    (_("导出记录"), "exports", "file-down", "lists.export"),
                ],
            ),
            (
                _("培育"),
                [
                    (
                        _("梯度评价"),
                        "cultivation:overview",
                        "chart-no-axes-column-increasing",
                        "cultivation.view",
                    ),
                    (_("评价标准"), "standards", "scale", "cultivation.view"),
                    (_("培育库"), "pool", "sprout", "pool.view"),
                    (_("申报审核"), "applications", "clipboard-check", "applications.view"),
                    (_("我的申报"), "applications", "clipboard-check", "own.apply"),
                    (_("公示与认定"), "notices", "megaphone", "applications.view"),
                    (_("称号与证书"), "titles", "award", "applications.view"),
                    (_("我的证书"), "titles", "award", "own.apply"),
                ],
            ),
            (
                _("支持"),
                [
                    (_("待提出奖补"), "awards_due", "list-plus", "awards.propose"),
                    (_("奖补申领"), "award_claims", "file-check", "awards.claims"),
                    (_("申领奖补"), "award_claims", "file-check", "own.account"),
                    (_("奖补兑现"), "awards", "coins", "awards.view"),
                    (_("我的奖补"), "awards", "coins", "own.account"),
                    (_("奖补公示"), "award_notices", "megaphone", "awards.view"),
                    (_("创新券"), "vouchers", "ticket", "awards.view"),
                    (_("我的创新券"), "vouchers", "ticket", "own.account"),
                    (_("拨付单"), "orders", "receipt", "awards.pay"),
                    (_("资金池"), "budgets", "landmark", "awards.view"),
                    (_("账目核对"), "ledger_heads", "book-check", "ledger.view"),
                    (_("兑现汇总"), "award_totals", "sigma", "awards.view"),
                    (_("奖补规定"), "award_rules", "scale", "awards.view"),
                ],
            ),
            (_("统计"), [(_("季度报告"), "reports", "file-chart-column", "reports.view")]),
            (
                _("管理"),
                [
                    (_("企业账号"), "letters", "key-round", "accounts.invite"),
                    (_("人员与岗位"), "people", "users", "people.view"),
                    (_("权限说明"), "access", "shield-check", "access.view"),
                    (_("审计记录"), "audit", "scroll-text", "audit.view"),
                    (_("消息推送"), "hooks", "webhook", "hooks.manage"),
                    (_("后台任务"), "all_jobs", "server-cog", "jobs.view"),
                ],
            ),
        ]
        groups = []
        for title, items in entries:
            shown = [
                Item(text, reverse(name), icon)
                for text, name, icon, permission in items
                if not permission or self.actor.can(permission)
            ]
            if shown:
                groups.append(Group(title, shown))
        # Of two that lie below each other the nearer one is where one is.
        every = [item for group in groups for item in group.items]
        here = [item for item in every if self._is_current(item.url)]
        for item in here:
            item.current = len(item.url) == max(len(each.url) for each in here)
        return groups

    def _is_current(self, url: str) -> bool:
        path = self.request.path
        return path == url if url == "/" else path.startswith(url)


def shell(request: HttpRequest) -> dict[str, object]:
    actor = getattr(request, "actor", None)
    office = settings.OIDC_NAME if settings.OIDC_URL else ""
    return {"actor": actor, "shell": Shell(request, actor) if actor else None, "office_sign_in": office}
