"""The list of awards as a file, for finance and for the archive."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.stored import yuan
from enterprises.resources import Column
from portal.exports.base import Plain
from portal.pages.awards import narrowed, scheme_name, view_title
from subsidies import schemes
from subsidies.wording import title_name
from tenancy.access import Actor


class Awards(Plain):
    code = "awards"
    page = "awards"
    parameters = ("view", "scheme", "q")

    @property
    def noun(self) -> str:
        return _("项")

    def columns(self) -> list[Column]:
        return [
            Column("name", _("企业名称"), lambda a: a.enterprise.name),
            Column("uscc", _("统一社会信用代码"), lambda a: a.enterprise.uscc),
            Column("region", _("县（市、区）"), lambda a: a.region.name),
            Column("scheme", _("奖补项目代码"), lambda a: a.scheme),
            Column("title", _("称号或事项"), lambda a: title_name(a.title)),
            Column("event", _("事项编号"), lambda a: a.event),
            Column("on", _("认定或发生日期"), lambda a: a.on.isoformat()),
            Column("document", _("依据"), lambda a: f"{a.why['document']} {a.why['clause']}"),
            Column("amount", _("金额（元）"), lambda a: yuan(a.amount)),
            Column("stage", _("进展"), lambda a: view_title(a.stage)),
            Column("promised", _("已承诺（元）"), lambda a: yuan(a.committed)),
            Column("ordered", _("已拨付未到账（元）"), lambda a: yuan(a.ordered)),
            Column("paid", _("已到账（元）"), lambda a: yuan(a.paid + a.recovering)),
            Column("recovered", _("已追回（元）"), lambda a: yuan(a.recovered)),
            Column("proposed", _("提出日期"), lambda a: timezone.localtime(a.proposed_at).date().isoformat()),
            Column("code", _("编号"), lambda a: a.public_id),
        ]

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[Any]:
        return narrowed(actor, asked)[1].order_by("region_id", "enterprise__pinyin", "on", "id")

    def conditions(self, actor: Actor, asked: QueryDict) -> list[str]:
        told = [view_title(narrowed(actor, asked)[0])]
        if schemes.base(scheme := asked.get("scheme", "")[:12]):
            told.append(scheme_name(scheme))
        if asked.get("q"):
            told.append(str(asked["q"]))
        return told
