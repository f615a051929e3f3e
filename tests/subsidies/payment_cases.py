"""Payment orders for the tests, and the files that say what became of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone

from subsidies.actions import BookResult, order
from subsidies.models import Award, Entry, PaymentOrder, PaymentResult, Pool
from tenancy.context import nation

from .book_cases import bring
from .office import CODE, WAN, Office, well, whole

HEAD = ["拨付单号", "统一社会信用代码", "企业名称", "金额（元）", "结果", "日期", "回单号", "退回原因"]
Clock = Callable[[dt.date], None]


def ordered(office: Office, clock: Clock, *amounts: int, uscc: str = CODE) -> list[PaymentOrder]:
    """One award of 25 万元 that is cleared, ordered in these instalments (fen); the pool must be there."""
    award = office.cleared(office.knows(uscc=uscc), clock)
    return instalments(office, award, *amounts)


def instalments(office: Office, award: Award, *amounts: int) -> list[PaymentOrder]:
    for amount in amounts:
        well(office.do("payer", order, award, amounts={award.pk: amount}))
    with nation():
        found = PaymentOrder.objects.filter(award=award).select_related("award__enterprise").order_by("id")
        return list(found)[-len(amounts) :]


def row(of: PaymentOrder, n: int = 1, **said: Any) -> list[Any]:
    """The row of an order as a bank reports it: arrived today, unless it says otherwise."""
    usual = {
        "order": of.number,
        "uscc": of.award.enterprise.uscc,
        "name": of.award.enterprise.name,
        "amount": of.amount / 100,
        "outcome": "到账",
        "on": timezone.localdate().isoformat(),
        "receipt": f"回单 {of.number} {n}",
        "reason": None,
    }
    return list((usual | said).values())


def bounced(of: PaymentOrder, reason: str | None = "账号不存在") -> list[Any]:
    return row(of, outcome="退回", receipt=None, reason=reason)


def report(office: Office, *rows: list[Any], head: Sequence[str] = HEAD, **more: Any) -> BookResult:
    return bring(office["payer"], "payments", list(head), *rows, **more)


def outcomes() -> list[tuple[str, str]]:
    with nation():
        return list(PaymentResult.objects.order_by("order_id").values_list("outcome", "receipt"))


def nothing_happened(pool: Pool, ordered_fen: int) -> bool:
    with nation():
        now = Pool.objects.get(pk=pool.pk)
        posted = Entry.objects.filter(kind__in=["pay", "bounce"]).exists()
        return not (PaymentResult.objects.exists() or posted) and (now.ordered, now.paid) == (ordered_fen, 0)


__all__ = ["CODE", "HEAD", "WAN", "Clock", "bounced", "instalments", "nothing_happened", "ordered", "outcomes",
           "report", "row", "whole"]  # fmt: skip
