"""The list of titles as a file."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from cultivation.models import Tier
from enterprises.resources import Column
from portal.exports.base import Plain
from portal.pages.titles import narrowed, standing_title
from tenancy.access import Actor


class Recognitions(Plain):
    code = "recognitions"
    page = "titles"
    parameters = ("view", "tier", "q")

    @property
    def noun(self) -> str:
        return _("项")

    def columns(self) -> list[Column]:
        return [
            Column("name", _("企业名称"), lambda t: t.enterprise.name),
            Column("uscc", _("统一社会信用代码"), lambda t: t.enterprise.uscc),
            Column("region", _("县（市、区）"), lambda t: t.region.name),
            Column("tier", _("层级"), lambda t: t.get_tier_display()),
            Column("way", _("认定方式"), lambda t: _("复核") if t.review else _("首次认定")),
            Column("number", _("公告文号"), lambda t: t.announcement.number),
            Column("valid_from", _("有效期自"), lambda t: t.valid_from.isoformat()),
            Column("valid_until", _("有效期至"), lambda t: t.valid_until.isoformat()),
            Column("standing", _("状态"), lambda t: standing_title(t.standing)),
            Column("code", _("验证码"), lambda t: t.code),
        ]

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[Any]:
        return narrowed(actor, asked)[1].order_by("region_id", "enterprise__pinyin", "valid_from", "id")

    def conditions(self, actor: Actor, asked: QueryDict) -> list[str]:
        told = [standing_title(narrowed(actor, asked)[0])]
        if (tier := asked.get("tier", "")) in Tier.values:
            told.append(str(dict(Tier.choices)[tier]))
        if asked.get("q"):
            told.append(str(asked["q"]))
        return told
