from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.models.judging import Tier
from tenancy.models import TenantModel
from tenancy.models.base import new_public_id


class PoolEntry(TenantModel):
    """An enterprise in the cultivation pool (优质中小企业培育库) on its way to a tier, with why it entered. Its
    stage is what its last step says (a trigger sees to it)."""

    class Stage(models.TextChoices):
        RESERVE = "reserve", _("储备")
        CULTIVATE = "cultivate", _("培育")
        PROMOTE = "promote", _("提升")
        LEFT = "left", _("已出库")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    tier = models.CharField(max_length=20, choices=Tier.choices)
    #: day of Beijing's calendar
    entered_on = models.DateField()
    #: the judgement it entered by, and how many elements it found lacking, surely and at most
    evaluation_id = models.BigIntegerField()
    missing_count = models.SmallIntegerField()
    missing_max = models.SmallIntegerField()
    #: what the official said, where more may be lacking
    reason = models.CharField(max_length=500, blank=True)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.RESERVE)
    step = models.PositiveSmallIntegerField(default=0)
    #: since when it is in its stage
    since = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "tier"], condition=~Q(stage="left"), name="pool_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(missing_count__gte=0, missing_max__gte=F("missing_count")), name="pool_missing"
            ),
        ]
        indexes = [models.Index(fields=["region", "stage", "tier", "id"], name="pool_region_stage")]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.tier} {self.stage}"


class PoolStep(TenantModel):
    """A move between stages, or out of the pool, with its reason; append-only."""

    entry = models.ForeignKey(
        PoolEntry, models.PROTECT, related_name="steps", db_index=False, db_constraint=False
    )
    number = models.PositiveSmallIntegerField()
    before = models.CharField(max_length=10, choices=PoolEntry.Stage.choices)
    after = models.CharField(max_length=10, choices=PoolEntry.Stage.choices)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "number"], name="pool_step_once"),
            models.CheckConstraint(condition=~Q(after="left") | ~Q(reason=""), name="pool_left_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.number} {self.after}"


class IndustrialCount(TenantModel):
    """How many above-scale industrial enterprises (规上工业企业) a place had, by a source; append-only. Of several
    for one year the one recorded last counts."""

    year = models.PositiveSmallIntegerField()
    count = models.PositiveIntegerField()
    counted_on = models.DateField()
    source = models.CharField(max_length=200)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["region", "year", "-id"], name="industrial_count_newest")]
        constraints = [
            models.CheckConstraint(condition=~Q(source=""), name="industrial_count_with_source"),
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.year} {self.count}"
