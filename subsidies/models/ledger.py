from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenancy.models import TenantModel, new_public_id


class Pool(TenantModel):
    """The money of one level for one scheme in one year (the level's place is the row's region).

    Balances, count and head follow from its entries; only `subsidies_post` writes them, together with the entry.
    """

    scheme = models.CharField(max_length=12)
    year = models.SmallIntegerField()
    #: whether places below may see what is left
    published = models.BooleanField(default=False)
    opened_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    opened_at = models.DateTimeField(default=timezone.now)
    #: the last quarter that takes no posting any more, as 2026Q3; empty while none is closed
    closed_through = models.CharField(max_length=6, blank=True, default="")
    entries = models.IntegerField(default=0)
    #: digest of the last entry
    head = models.CharField(max_length=64, default="0" * 64)
    # Fen. `budget` and `outside` are sources, below zero.
    budget = models.BigIntegerField(default=0)
    free = models.BigIntegerField(default=0)
    reserved = models.BigIntegerField(default=0)
    committed = models.BigIntegerField(default=0)
    ordered = models.BigIntegerField(default=0)
    paid = models.BigIntegerField(default=0)
    recovering = models.BigIntegerField(default=0)
    recovered = models.BigIntegerField(default=0)
    outside = models.BigIntegerField(default=0)
    interest = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "scheme", "year"], name="pool_once"),
            models.CheckConstraint(
                condition=Q(
                    free__gte=0,
                    reserved__gte=0,
                    committed__gte=0,
                    ordered__gte=0,
                    paid__gte=0,
                    recovering__gte=0,
                    recovered__gte=0,
                    interest__gte=0,
                ),
                name="pool_never_below_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.scheme} {self.year}"


class Entry(TenantModel):
    """One posting: an amount from one account of a pool to another. Append-only, chained within its pool.

    `key` names what is posted: the same key again is the same posting, with another body it is refused.
    """

    pool = models.ForeignKey(
        Pool, models.PROTECT, related_name="postings", db_index=False, db_constraint=False
    )
    #: place in the chain of the pool, from 1
    number = models.IntegerField()
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=12)
    taken_from = models.CharField(max_length=12)
    given_to = models.CharField(max_length=12)
    #: fen
    amount = models.BigIntegerField()
    award = models.BigIntegerField(null=True)
    enterprise_id = models.BigIntegerField(null=True)
    #: where the enterprise was registered when it was posted
    place = models.ForeignKey(
        "tenancy.Region",
        models.PROTECT,
        to_field="path",
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    reverses = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="reversed_by", db_index=False, db_constraint=False
    )
    #: Beijing's, as 2026Q4
    quarter = models.CharField(max_length=6)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pool", "number"], name="entry_number_once"),
            models.UniqueConstraint(fields=["pool", "key"], name="entry_key_once"),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="entry_reversed_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0, amount__lte=10**13), name="entry_amount"),
            models.CheckConstraint(condition=~Q(taken_from=F("given_to")), name="entry_moves"),
            models.CheckConstraint(condition=~Q(reason=""), name="entry_reason"),
        ]
        indexes = [
            models.Index(fields=["award", "pool"], condition=Q(award__isnull=False), name="entry_award")
        ]

    def __str__(self) -> str:
        return f"{self.pool_id}:{self.number} {self.kind}"


class Closing(TenantModel):
    """That a place's pools take no posting of a quarter any more; the pools themselves say so too."""

    quarter = models.CharField(max_length=6)
    closed_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    closed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "quarter"], name="closing_once")]

    def __str__(self) -> str:
        return f"{self.region_id} {self.quarter}"


class Acceptance(TenantModel):
    """That what there is of a pool is to count in the place of the signed head, after a loss that is for good. Proposed by
    one person; it counts once another has confirmed it."""

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    #: the pool's number; it may be gone
    pool = models.BigIntegerField()
    #: the two heads, as `rules.heads.Head`
    before = models.JSONField()
    after = models.JSONField()
    #: up to which number a signed head still proves the entries
    kept = models.IntegerField()
    reason = models.CharField(max_length=500)
    document = models.CharField(max_length=80)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(document=""), name="acceptance_with_reason_and_document"
            ),
            models.CheckConstraint(condition=Q(kept__gte=0), name="acceptance_kept"),
        ]
        indexes = [models.Index(fields=["region", "-id"], name="acceptance_newest")]

    def __str__(self) -> str:
        return self.public_id


class AcceptanceStep(TenantModel):
    """The answer to a proposed acceptance: one, by another person where it is a confirmation."""

    class Decision(models.TextChoices):
        CONFIRM = "confirm", _("已确认")
        DECLINE = "decline", _("已退回")

    acceptance = models.OneToOneField(Acceptance, models.PROTECT, related_name="answer", db_constraint=False)
    decision = models.CharField(max_length=8, choices=Decision.choices)
    reason = models.CharField(max_length=500, blank=True, default="")
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decision="confirm") | ~Q(reason=""), name="acceptance_declined_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.acceptance_id} {self.decision}"
