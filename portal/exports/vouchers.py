"""The innovation vouchers and what was asked of them as files, for finance and for the archive."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from cultivation.stored import yuan
from enterprises.resources import Column, ListResource
from portal.exports.base import Plain
from portal.pages.vouchers import left_of, narrowed, stage_title, state_title
from subsidies import vouchers as queries
from subsidies.models import VoucherProvider, VoucherStep
from tenancy.access import Actor
from tenancy.models import Officer


class _OfVouchers(Plain):
    page = "vouchers"
    parameters = ("view", "q")

    def conditions(self, actor: Actor, asked: QueryDict) -> list[str]:
        told = [stage_title(narrowed(actor, asked, timezone.localdate())[0])]
        if asked.get("q"):
            told.append(str(asked["q"]))
        return told


class Vouchers(_OfVouchers):
    code = "vouchers"

    @property
    def noun(self) -> str:
        return _("张")

    def columns(self) -> list[Column]:
        today = timezone.localdate()
        return [
            Column("number", _("券号"), lambda v: v.number),
            Column("name", _("企业名称"), lambda v: v.enterprise.name),
            Column("uscc", _("统一社会信用代码"), lambda v: v.enterprise.uscc),
            Column("region", _("县（市、区）"), lambda v: v.region.name),
            Column("face", _("面额（元）"), lambda v: yuan(v.face)),
            Column("used", _("已用，含待兑付（元）"), lambda v: yuan(v.used)),
            Column("paid", _("已兑付（元）"), lambda v: yuan(v.paid)),
            Column("left", _("余额（元）"), lambda v: yuan(left_of(v, today))),
            Column("issued", _("发放日期"), lambda v: v.issued_on.isoformat()),
            Column("expires", _("有效期到"), lambda v: v.expires_on.isoformat()),
            Column("stage", _("进展"), lambda v: stage_title(v.stage)),
        ]

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[Any]:
        found = narrowed(actor, asked, timezone.localdate())[1]
        return queries.with_paid(found).order_by("expires_on", "id")


class Redemptions(_OfVouchers):
    """What was asked of the vouchers that the page shows."""

    code = "redemptions"

    @property
    def noun(self) -> str:
        return _("笔")

    def columns(self) -> list[Column]:
        return [
            Column("number", _("券号"), lambda r: r.voucher.number),
            Column("name", _("企业名称"), lambda r: r.voucher.enterprise.name),
            Column("uscc", _("统一社会信用代码"), lambda r: r.voucher.enterprise.uscc),
            Column("region", _("县（市、区）"), lambda r: r.region.name),
            Column("provider", _("服务机构"), lambda r: r.by_whom.name if r.by_whom else ""),
            Column("provider_uscc", _("服务机构代码"), lambda r: r.by_whom.uscc if r.by_whom else ""),
            Column("invoice", _("发票号码"), lambda r: r.invoice),
            Column("price", _("合同金额（元）"), lambda r: yuan(r.price)),
            Column("amount", _("兑付金额（元）"), lambda r: yuan(r.amount)),
            Column("asked", _("申请日期"), lambda r: r.asked_on.isoformat()),
            Column("state", _("进展"), lambda r: state_title(r.state, r.back is not None)),
            Column("approved_by", _("审批人"), lambda r: r.people.get(_of(r, "approve", "by_id"), "")),
            Column("approved", _("审批日期"), lambda r: _day(_of(r, "approve", "at"))),
            Column("paid", _("兑付日期"), lambda r: _day(r.paid and r.paid.on)),
            Column("receipt", _("回单号"), lambda r: r.paid.receipt if r.paid else ""),
            Column("holder", _("户名"), lambda r: _account(r, "holder")),
            Column("bank", _("开户银行"), lambda r: _account(r, "bank")),
            Column("account", _("账号后四位"), lambda r: _account(r, "number")[-4:]),
            Column("returns", _("银行退回次数"), lambda r: r.back.turn + 1 if r.back else 0),
            Column("returned", _("退回日期"), lambda r: _day(r.back and r.back.on)),
            Column("returned_receipt", _("退回的回单号"), lambda r: r.back.receipt if r.back else ""),
            Column("returned_why", _("退回原因"), lambda r: r.back.reason if r.back else ""),
            Column("refused", _("不予兑付的理由"), lambda r: _of(r, "refuse", "reason") or ""),
            Column("code", _("编号"), lambda r: r.public_id),
        ]

    def resource(self, actor: Actor, asked: QueryDict, columns: list[str], years: list[int]) -> ListResource:
        return _Told([column for column in self.columns() if column.code in columns])

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[Any]:
        found = narrowed(actor, asked, timezone.localdate())[1]
        return queries.redemptions(found).order_by("asked_on", "id")


class _Told(ListResource):
    """Each redemption with its `steps_said`, its `state`, the payment that stands (`paid`), the last that came `back`,
    `by_whom` it was served and the `people` who decided.

    Four queries for each page of 2,000.
    """

    def fetch(self, rows: QuerySet[Any], keys: list[Any]) -> list[Any]:
        found = super().fetch(rows, keys)
        said = queries.steps_of(found)
        ids = {step.by_id for steps in said.values() for step in steps}
        people = dict(Officer.objects.filter(pk__in=ids).values_list("pk", "display_name"))
        # An enterprise that has moved to another region took its vouchers along, the register stayed.
        there = VoucherProvider.objects.in_bulk({r.provider_id for r in found})
        for each in found:
            each.steps_said, each.people = said[each.pk], people
            each.state = queries.state_of([step.decision for step in said[each.pk]])
            each.paid, each.back = queries.standing(said[each.pk]), _last(each, "return")
            each.by_whom = there.get(each.provider_id)
        return found


def _last(redemption: Any, decision: str) -> VoucherStep | None:
    return next((s for s in reversed(redemption.steps_said) if s.decision == decision), None)


def _of(redemption: Any, decision: str, name: str) -> Any:
    """What the last decision of a kind says; None where there is none."""
    return getattr(_last(redemption, decision), name, None)


def _day(value: Any) -> str:
    if value is None:
        return ""
    return str((timezone.localtime(value).date() if hasattr(value, "hour") else value).isoformat())


def _account(redemption: Any, name: str) -> str:
    """Of the account that the money went to and stayed; empty before it did."""
    account = redemption.paid.account if redemption.paid else None
    return str(getattr(account, name)) if account is not None else ""
