from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.models.recognition import new_code
from subsidies.models.awards import Award, Portion
from tenancy.models import TenantModel
from tenancy.models.base import new_public_id


class PayeeAccount(TenantModel):
    """The bank account that an enterprise has confirmed; the newest counts. Append-only."""

    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    holder = models.CharField(max_length=120)
    bank = models.CharField(max_length=120)
    number = models.CharField(max_length=32)
    #: the paper that it was taken from, where an official has entered it
    document = models.CharField(max_length=200, blank=True)
    confirmed_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    confirmed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["enterprise", "-id"], name="payee_account_newest")]

    def __str__(self) -> str:
        return f"{self.enterprise_id} *{self.number[-4:]}"


class PaymentOrder(TenantModel):
    """One instalment of a portion, ordered to an account as it was then. Append-only; its result is a row of its own."""

    number = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    award = models.ForeignKey(
        Award, models.PROTECT, related_name="orders", db_index=False, db_constraint=False
    )
    portion = models.ForeignKey(
        Portion, models.PROTECT, related_name="orders", db_index=False, db_constraint=False
    )
    enterprise_id = models.BigIntegerField()
    payer = models.ForeignKey(
        "tenancy.Region", models.PROTECT, to_field="path", related_name="+", db_index=False
    )
    #: fen
    amount = models.BigIntegerField()
    holder = models.CharField(max_length=120)
    bank = models.CharField(max_length=120)
    account = models.CharField(max_length=32)
    ordered_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    ordered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="order_amount")]
        indexes = [models.Index(fields=["portion"], name="order_of_portion")]

    def __str__(self) -> str:
        return self.number


class PaymentResult(TenantModel):
    """What finance has reported of an order: arrived, or come back. Append-only, once."""

    class Outcome(models.TextChoices):
        PAID = "paid", _("已到账")
        BOUNCED = "bounced", _("被退回")

    order = models.OneToOneField(PaymentOrder, models.PROTECT, related_name="result", db_constraint=False)
    enterprise_id = models.BigIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    on = models.DateField()
    #: number of the bank's or treasury's receipt
    receipt = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    recorded_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(outcome="paid") & ~Q(receipt="")) | (Q(outcome="bounced") & ~Q(reason="")),
                name="result_with_its_proof",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.outcome}"


class Recovery(TenantModel):
    """The decision to take back what was paid of a portion (追回). Append-only."""

    class Kind(models.TextChoices):
        FALSE_DATA = "false_data", _("弄虚作假")
        REVOKED = "revoked", _("称号取消")
        MISUSED = "misused", _("资金使用不合规定")
        TWICE = "twice", _("重复兑现")
        MISTAKE = "mistake", _("计算或录入有误")
        OTHER = "other", _("其他")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    portion = models.ForeignKey(
        Portion, models.PROTECT, related_name="recoveries", db_index=False, db_constraint=False
    )
    enterprise_id = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    #: fen
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=500)
    document = models.CharField(max_length=120)
    decided_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="recovery_amount")]
        indexes = [models.Index(fields=["portion"], name="recovery_of_portion")]

    def __str__(self) -> str:
        return f"{self.portion_id} {self.amount}"


class RecoveryReceipt(TenantModel):
    """What came back for a recovery, and the interest beside it. Append-only, once for a receipt's number."""

    recovery = models.ForeignKey(
        Recovery, models.PROTECT, related_name="receipts", db_index=False, db_constraint=False
    )
    enterprise_id = models.BigIntegerField()
    #: fen
    amount = models.BigIntegerField()
    interest = models.BigIntegerField(default=0)
    receipt = models.CharField(max_length=60)
    on = models.DateField()
    recorded_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recovery", "receipt"], name="recovery_receipt_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, interest__gte=0), name="recovery_receipt_amount"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recovery_id} {self.receipt}"
