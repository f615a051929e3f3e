"""The claims of awards as a file, for the archive."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.stored import yuan
from enterprises.queries import money_in_fen
from enterprises.resources import Column
from portal.exports.base import Plain
from portal.pages.award_claims import narrowed, view_titles
from subsidies.wording import prize_name, title_name
from tenancy.access import Actor


class Claims(Plain):
    code = "award_claims"
    page = "award_claims"
    parameters = ("view", "q")

    @property
    def noun(self) -> str:
        return _("项")

    def columns(self) -> list[Column]:
        return [
            Column("name", _("企业名称"), lambda c: c.enterprise.name),
            Column("uscc", _("统一社会信用代码"), lambda c: c.enterprise.uscc),
            Column("region", _("县（市、区）"), lambda c: c.region.name),
            Column("matter", _("事项"), lambda c: title_name(c.matter)),
            Column("on", _("发生日期"), lambda c: c.on.isoformat()),
            Column("project", _("项目或平台的名称"), lambda c: c.project),
            Column("prize", _("评价等次"), lambda c: prize_name(c.prize)),
            Column("received", _("实际收到的上级补助（元）"), lambda c: _money(c.received)),
            Column("files", _("材料（个）"), lambda c: c.n),
            Column("filed", _("提交日期"), lambda c: _day(c.filed_at)),
            Column("state", _("状态"), lambda c: c.get_state_display()),
            Column("decided", _("办理日期"), lambda c: _day(c.decided_at)),
            Column("reason", _("意见"), lambda c: c.reason),
            Column("event", _("事项编号"), lambda c: c.event),
        ]

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[Any]:
        return narrowed(actor, asked)[1]

    def conditions(self, actor: Actor, asked: QueryDict) -> list[str]:
        told = [view_titles()[narrowed(actor, asked)[0]]]
        if asked.get("q"):
            told.append(str(asked["q"]))
        return told


def _money(amount: Any) -> str:
    fen = money_in_fen(amount)
    return "" if fen is None else yuan(fen)


def _day(at: Any) -> str:
    return timezone.localtime(at).date().isoformat() if at else ""
