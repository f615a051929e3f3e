from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.models.recognition import new_code
from tenancy.models import TenantModel
from tenancy.models.base import new_public_id


class VoucherProvider(TenantModel):
    """Who may serve for a place's vouchers; the place that pays registers it, and ends it."""

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    name = models.CharField(max_length=120)
    uscc = models.CharField(max_length=18)
    #: codes of `rules.vouchers.SERVICES`
    kinds = ArrayField(models.CharField(max_length=12))
    registered_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    registered_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["region", "uscc"], condition=Q(ended_at__isnull=True), name="voucher_provider_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__gte=F("registered_at"), ended_by__isnull=False),
                name="voucher_provider_ended",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Voucher(TenantModel):
    """A voucher of one enterprise; it belongs to the enterprise's file. Where its money is, is what the ledger's entries
    say: they name it by its id below zero, so that no award is ever meant."""

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    number = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    scheme = models.CharField(max_length=12)
    #: the place that pays
    payer = models.ForeignKey(
        "tenancy.Region", models.PROTECT, to_field="path", related_name="+", db_index=False
    )
    pool = models.ForeignKey(
        "subsidies.Pool", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    #: fen
    face = models.BigIntegerField()
    #: the rules that it was issued by (`Programme.kept`); they stay its own
    rules = models.JSONField()
    issued_on = models.DateField()
    expires_on = models.DateField()
    issued_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    issued_at = models.DateTimeField(default=timezone.now)
    #: how many acts there were; who acts on it holds this row
    step = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(face__gt=0, face__lte=10**13), name="voucher_face"),
            models.CheckConstraint(condition=Q(expires_on__gte=F("issued_on")), name="voucher_dates"),
        ]
        indexes = [
            models.Index(fields=["region", "id"], name="voucher_list"),
            models.Index(fields=["enterprise"], name="voucher_of_enterprise"),
            models.Index(fields=["payer", "expires_on"], name="voucher_expiry"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def in_ledger(self) -> int:
        """What its entries carry in the place of an award's id."""
        return -self.pk


class VoucherRedemption(TenantModel):
    """That an enterprise has taken a service and asks for the voucher's share. Append-only; what became of it are steps."""

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    voucher = models.ForeignKey(
        Voucher, models.PROTECT, related_name="redemptions", db_index=False, db_constraint=False
    )
    enterprise_id = models.BigIntegerField()
    provider = models.ForeignKey(
        VoucherProvider, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    #: fen: the contract's price, and what the voucher pays of it
    price = models.BigIntegerField()
    amount = models.BigIntegerField()
    invoice = models.CharField(max_length=40)
    asked_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    asked_on = models.DateField()
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=F("price"), price__lte=10**13),
                name="voucher_redemption_amount",
            ),
            models.CheckConstraint(condition=~Q(invoice=""), name="voucher_redemption_invoice"),
        ]
        indexes = [models.Index(fields=["voucher"], name="redemption_of_voucher")]

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.invoice}"


class VoucherStep(TenantModel):
    """One decision about a redemption. Append-only, each kind once; a payment that the bank sent back, and its return,
    once for each `turn`."""

    class Decision(models.TextChoices):
        APPROVE = "approve", _("审批同意")
        REFUSE = "refuse", _("不予兑付")
        PAY = "pay", _("兑付")
        RETURN = "return", _("银行退回")

    redemption = models.ForeignKey(
        VoucherRedemption, models.PROTECT, related_name="steps", db_index=False, db_constraint=False
    )
    enterprise_id = models.BigIntegerField()
    decision = models.CharField(max_length=8, choices=Decision.choices)
    payer = models.ForeignKey(
        "tenancy.Region", models.PROTECT, to_field="path", related_name="+", db_index=False
    )
    #: which payment it is, or which one came back, from 0; always 0 of the other kinds
    turn = models.PositiveSmallIntegerField(default=0)
    #: the redemption's, which is approved once for a payer
    invoice = models.CharField(max_length=40)
    reason = models.CharField(max_length=300, blank=True)
    #: of a payment or a return: the receipt's number and its day; of a payment the account that it went to
    receipt = models.CharField(max_length=60, blank=True)
    on = models.DateField(null=True)
    account = models.ForeignKey(
        "subsidies.PayeeAccount",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["redemption", "decision", "turn"], name="voucher_step_once"),
            models.CheckConstraint(
                condition=Q(turn=0) | Q(decision__in=["pay", "return"]), name="voucher_step_turn"
            ),
            models.UniqueConstraint(
                fields=["payer", "invoice"], condition=Q(decision="approve"), name="voucher_invoice_once"
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=["refuse", "return"]) | ~Q(reason=""),
                name="voucher_step_with_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(decision="pay", on__isnull=False, account__isnull=False) & ~Q(receipt="")
                | Q(decision="return", on__isnull=False, account__isnull=True) & ~Q(receipt="")
                | Q(on__isnull=True, account__isnull=True, receipt="") & ~Q(decision__in=["pay", "return"]),
                name="voucher_step_with_its_receipt",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.redemption_id} {self.decision}"
