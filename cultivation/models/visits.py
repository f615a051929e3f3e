from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.models.applications import Application, ApplicationBatch
from tenancy.models import TenantModel, new_public_id


class SiteDraw(TenantModel):
    """Which applications of a round a level has drawn by lot for a visit (实地抽查), and how; append-only."""

    batch = models.ForeignKey(
        ApplicationBatch, models.PROTECT, related_name="draws", db_index=False, db_constraint=False
    )
    seed = models.CharField(max_length=32)
    #: applications that lay with the level, and how many of them were drawn
    among = models.PositiveIntegerField()
    drawn = models.PositiveIntegerField()
    #: fingerprint of the codes of those applications, so that the draw can be done again
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["batch", "region"], name="draw_of_round")]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.drawn}/{self.among}"


class SiteVisit(TenantModel):
    """One visit to an enterprise: who goes, when, and what was found. The enterprise reads none of it."""

    class Result(models.TextChoices):
        TRUE = "true", _("与申报一致")
        FALSE = "false", _("与申报不符")
        PARTLY = "partly", _("部分不符，可补正")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    #: a plain id: the draw stays where it was done when the enterprise's file moves
    draw_id = models.BigIntegerField()
    #: the level that drew it, as its place
    place = models.CharField(max_length=60)
    application = models.ForeignKey(
        Application, models.PROTECT, related_name="visits", db_index=False, db_constraint=False
    )
    assigned = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False
    )
    visited_on = models.DateField(null=True)
    result = models.CharField(max_length=10, choices=Result.choices, blank=True)
    findings = models.TextField(max_length=2000, blank=True)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False)
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "place"], name="visit_once_a_level"),
            models.CheckConstraint(
                condition=Q(recorded_at__isnull=True, visited_on__isnull=True, result="", findings="")
                | Q(recorded_at__isnull=False, visited_on__isnull=False, by__isnull=False)
                & ~Q(result="")
                & ~Q(findings=""),
                name="visit_recorded_whole",
            ),
        ]
        indexes = [models.Index(fields=["region", "recorded_at"], name="visit_of_region")]

    def __str__(self) -> str:
        return f"{self.application_id} {self.result}"
