"""The payment orders as a file: finance hands it to the bank, fills in what became of each and brings it in again."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.stored import yuan
from enterprises.resources import Column, ListResource
from portal.exports.base import Choice, Listed
from portal.pages.award_orders import narrowed, stands_title
from portal.pages.awards import scheme_name
from subsidies.models import PaymentOrder, PaymentResult
from subsidies.rules.workflow import PAY
from tenancy.access import Actor


class Orders(Listed):
    code = "orders"
    page = "orders"
    parameters = ("view", "q")

    @property
    def noun(self) -> str:
        return _("张")

    def columns(self, actor: Actor) -> list[Column]:
        """The whole account is for who pays, who could not pay without it; others see its end."""
        pays = actor.can(PAY)
        return [
            Column("order", _("拨付单号"), lambda o: o.number),
            Column("name", _("企业名称"), lambda o: o.award.enterprise.name),
            Column("uscc", _("统一社会信用代码"), lambda o: o.award.enterprise.uscc),
            Column("holder", _("户名"), lambda o: o.holder),
            Column("bank", _("开户银行"), lambda o: o.bank),
            Column("account", _("账号"), lambda o: o.account)
            if pays
            else Column("account", _("账号后四位"), lambda o: o.account[-4:]),
            Column("amount", _("金额（元）"), lambda o: yuan(o.amount)),
            Column("scheme", _("奖补项目"), lambda o: scheme_name(o.award.scheme)),
            Column("ordered", _("拨付日期"), lambda o: timezone.localtime(o.ordered_at).date().isoformat()),
            Column("outcome", _("结果"), lambda o: _outcome(o)),
            Column("on", _("到账或退回日期"), lambda o: _of(o, "on")),
            Column("receipt", _("回单号"), lambda o: _of(o, "receipt")),
            Column("reason", _("退回原因"), lambda o: _of(o, "reason")),
        ]

    def groups(self, actor: Actor) -> list[tuple[str, list[Choice]]]:
        return [("", [Choice(column.code, column.title) for column in self.columns(actor)])]

    def resource(self, actor: Actor, asked: QueryDict, columns: list[str], years: list[int]) -> ListResource:
        return ListResource([column for column in self.columns(actor) if column.code in columns])

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[Any]:
        return narrowed(actor, asked)[1].order_by("ordered_at", "id")

    def conditions(self, actor: Actor, asked: QueryDict) -> list[str]:
        told = [stands_title(narrowed(actor, asked)[0])]
        if asked.get("q"):
            told.append(str(asked["q"]))
        return told


def _outcome(order: PaymentOrder) -> str:
    """Empty while nobody has reported it, so that finance fills it in there."""
    result: PaymentResult | None = getattr(order, "result", None)
    if result is None:
        return ""
    return _("到账") if result.outcome == PaymentResult.Outcome.PAID else _("退回")


def _of(order: PaymentOrder, name: str) -> str:
    result = getattr(order, "result", None)
    return str(getattr(result, name)) if result is not None else ""
