from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cultivation.rules.shapes import Number
from tenancy.models import TenantModel


class PointsField(models.Field):  # type: ignore[type-arg]
    """Points: an int, or a Decimal where a province's own score has decimals."""

    def db_type(self, connection: Any) -> str:
        return "numeric"

    def from_db_value(self, value: Decimal | None, expression: Any, connection: Any) -> Number | None:
        return int(value) if value is not None and value == int(value) else value

    def to_python(self, value: Any) -> Number | None:
        return None if value is None else self.from_db_value(Decimal(str(value)), None, None)


class Tier(models.TextChoices):
    INNOVATIVE = "innovative", _("创新型中小企业")
    TECH_SME = "tech_sme", _("科技型中小企业")
    SPECIALISED = "specialised", _("专精特新中小企业")
    LITTLE_GIANT = "little_giant", _("专精特新“小巨人”企业")


class Edition(models.Model):
    """A published standard; followed by another, never changed. Everybody reads it: those of the country come from the
    files, those of a place (`region`) from a draft that a second person has put in force."""

    code = models.CharField(max_length=60, unique=True)
    region = models.ForeignKey(
        "tenancy.Region", models.PROTECT, to_field="path", null=True, related_name="+", db_index=False
    )
    tier = models.CharField(max_length=20, choices=Tier.choices)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    document = models.CharField(max_length=120)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    loaded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="edition_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Evaluation(TenantModel):
    """One answer of the judge with the edition and the facts it saw; append-only.

    An evaluation says what was known from `judged_on` until the next one of the same enterprise, tier and
    year. A run that finds the same answer from the same facts adds nothing; `follows` is the evaluation that
    was in force when this one was made (0 = none), so that two runs at once store it once.
    """

    class Outcome(models.TextChoices):
        PASS = "pass", _("达标")
        FAIL = "fail", _("未达标")
        UNKNOWN = "unknown", _("待补数据")

    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    tier = models.CharField(max_length=20, choices=Tier.choices)
    year = models.SmallIntegerField()
    judged_on = models.DateField()
    edition = models.ForeignKey(
        Edition, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    #: by what counts for the review of a title held, not for a first application
    review = models.BooleanField(db_default=False)
    score = PointsField()
    score_max = PointsField()
    class_scores = models.JSONField()
    direct = ArrayField(models.CharField(max_length=40))
    missing = ArrayField(models.CharField(max_length=40))
    #: the elements surely unmet that count as missing (要素缺项)
    lacking = ArrayField(models.CharField(max_length=40))
    missing_count = models.SmallIntegerField()
    missing_max = models.SmallIntegerField()
    unknown = ArrayField(models.CharField(max_length=60))
    #: large, medium, small or micro by the facts seen; empty while several are possible
    size_class = models.CharField(max_length=8, blank=True)
    answers = models.JSONField()
    facts = models.JSONField()
    content_hash = models.CharField(max_length=64)
    follows = models.BigIntegerField(default=0)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(
                fields=["enterprise", "tier", "-judged_on", "-year", "-id"], name="evaluation_latest"
            ),
            models.Index(fields=["region", "tier", "outcome"], name="evaluation_region_tier"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "tier", "review", "year", "judged_on", "follows", "content_hash"],
                name="evaluation_once",
            ),
            models.CheckConstraint(
                condition=models.Q(score_max__gte=models.F("score")), name="evaluation_scores"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.tier} {self.year} {self.outcome}"


class LastJudged(TenantModel):
    """When an enterprise was last looked at for a tier and year, also where the answer stayed the same."""

    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    tier = models.CharField(max_length=20, choices=Tier.choices)
    review = models.BooleanField(db_default=False)
    year = models.SmallIntegerField()
    judged_on = models.DateField()
    judged_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "tier", "review", "year"], name="lastjudged_once"),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.tier} {self.year} {self.judged_at}"
