"""The office with its innovation vouchers, for the tests of their acts and pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from enterprises.models import Enterprise
from subsidies import vouchers
from subsidies.actions import (
    approve_redemption,
    ask_redemption,
    confirm_account,
    issue_vouchers,
    pay_redemption,
    register_provider,
    return_redemption,
)
from subsidies.checking import check
from subsidies.models import Pool, Voucher, VoucherProvider, VoucherRedemption, VoucherStep
from subsidies.queries import money_of
from tenancy.context import acting, nation

from .office import WAN, Office

PROVIDER = "91650100MA77M3XY5G"
TODAY = dt.date(2026, 11, 27)


class Desk(Office):
    """Short words for what is done with vouchers; `register` is the provider that is there."""

    register: VoucherProvider

    def programme(self, fund: int = 1_000 * WAN) -> Pool:
        return self.pool("A-14", fund)

    def provider(self, uscc: str = PROVIDER, name: str = "乌鲁木齐检测院") -> VoucherProvider:
        return self.do("taker", register_provider, name=name, uscc=uscc, kinds=["testing", "design"])

    def issue(self, faces: dict[int, int], seen: int = 0) -> Any:
        return self.do("taker", issue_vouchers, faces=faces, seen=dict.fromkeys(faces, seen))

    def issued(self, firm: Enterprise, face: int = 5 * WAN, seen: int = 0) -> Voucher:
        result = self.issue({firm.pk: face}, seen)
        assert not result.refused, result.refused
        return result.made[0]

    def asked(
        self, voucher: Voucher, price: int, invoice: str = "24650001", **more: Any
    ) -> VoucherRedemption:
        provider = more.pop("provider", None) or self.register
        return self.do(
            "proposer", ask_redemption, voucher=voucher, provider=provider, price=price, invoice=invoice
        )

    def account(self, firm: Enterprise) -> None:
        self.do("proposer", confirm_account, enterprise=firm, holder=firm.name, bank="工行", number="6222000011112222",
                document="开户许可证")  # fmt: skip

    def redeemed(self, voucher: Voucher, price: int, invoice: str = "24650001") -> VoucherRedemption:
        made = self.asked(voucher, price, invoice)
        self.do("approver", approve_redemption, redemption=made)
        self.do("payer", pay_redemption, redemption=made, receipt="国库 1", on=timezone.localdate())
        return made

    def returned(self, made: VoucherRedemption, turn: int = 0, **more: Any) -> VoucherStep:
        said = {"reason": "账号有误", "receipt": f"退 {turn}", "on": timezone.localdate()} | more
        return self.do("payer", return_redemption, redemption=made, turn=turn, **said)

    def stage(self, voucher: Voucher, on: dt.date = TODAY) -> str:
        with acting(self["taker"]):
            return vouchers.vouchers(self["taker"], on).get(pk=voucher.pk).stage


def whole(desk: Desk) -> None:
    """The ledger is whole, and what is reserved is what no redemption has taken."""
    with nation():
        assert check().is_whole, check()
        for voucher in Voucher.objects.all():
            money = money_of([voucher.in_ledger])[voucher.in_ledger]
            said = {r: [s.decision for s in r.steps.order_by("id")] for r in voucher.redemptions.all()}
            paid = sum(r.amount for r, of in said.items() if of.count("pay") > of.count("return"))
            assert money.paid == paid and not money.ordered
            assert money.reserved + money.committed + money.paid in (voucher.face, money.committed + paid)
