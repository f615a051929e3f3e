"""The entries of the pool as a file."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from cultivation.models import PoolEntry, Tier
from enterprises.resources import Column
from portal.exports.base import Plain
from portal.pages.pool import narrowed, stage_of, tier_of, view_title
from tenancy.access import Actor


class Pool(Plain):
    code = "pool"
    page = "pool"
    parameters = ("view", "tier", "q")

    @property
    def noun(self) -> str:
        return _("家")

    def columns(self) -> list[Column]:
        return [
            Column("name", _("企业名称"), lambda e: e.enterprise.name),
            Column("uscc", _("统一社会信用代码"), lambda e: e.enterprise.uscc),
            Column("region", _("县（市、区）"), lambda e: e.region.name),
            Column("tier", _("培育方向"), lambda e: e.get_tier_display()),
            Column("stage", _("培育阶段"), lambda e: e.get_stage_display()),
            Column("entered_on", _("入库日期"), lambda e: e.entered_on.isoformat()),
            Column("missing", _("入库时缺项"), lambda e: e.missing_count),
            Column("missing_max", _("入库时至多缺项"), lambda e: e.missing_max),
            Column("reason", _("入库理由"), lambda e: e.reason),
        ]

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[PoolEntry]:
        return narrowed(actor, asked).order_by("region_id", "enterprise__pinyin", "id")

    def conditions(self, actor: Actor, asked: QueryDict) -> list[str]:
        view = stage_of(asked)
        told = [_("全部") if view == "candidates" else view_title(view)]
        told.append(str(dict(Tier.choices)[tier_of(asked)]))
        if asked.get("q"):
            told.append(str(asked["q"]))
        return told
