from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenancy.models import StoredFile, TenantModel


class QuarterlySnapshot(TenantModel):
    """What was counted in one region when a quarter was closed; append-only, the only source of reports.

    `figures` adds up: the snapshot of a parent is its own part and the sum of the snapshots below it.
    `compared` freezes what the report compares with, so that a snapshot caught up later changes no report.
    """

    quarter = models.CharField(max_length=6)
    #: the region above on the day of the counting; empty at the top
    parent = models.CharField(max_length=60, blank=True, db_collation="C")
    ends_on = models.DateField()
    counted_at = models.DateTimeField()
    #: counted long after the quarter's end, so that stocks are those of a later day
    late = models.BooleanField()
    figures = models.JSONField()
    compared = models.JSONField()
    #: the region's own enterprises, without those of the regions below
    annex = models.JSONField()
    #: the words for the codes in the figures, as they were
    legend = models.JSONField()
    #: the signed head of the audit chain at the counting
    audit_head = models.JSONField()
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "quarter"], name="snapshot_once"),
            models.CheckConstraint(
                condition=models.Q(quarter__regex=r"^[0-9]{4}Q[1-4]$"), name="snapshot_quarter_shape"
            ),
        ]
        indexes = [models.Index(fields=["parent", "quarter"], name="snapshot_parent_quarter")]
        verbose_name = _("季度快照")

    def __str__(self) -> str:
        return f"{self.region_id} {self.quarter}"


class Report(TenantModel):
    """A printed report of a snapshot with the fingerprint of its file; append-only."""

    snapshot = models.ForeignKey(
        QuarterlySnapshot, models.PROTECT, related_name="reports", db_constraint=False
    )
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", db_constraint=False)
    sha256 = models.CharField(max_length=64)
    #: the fonts that the report was printed with; other fonts give another file
    fonts = models.JSONField()
    created_at = models.DateTimeField()
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "sha256"], name="report_once"),
        ]
        verbose_name = _("季度报告")

    def __str__(self) -> str:
        return f"{self.snapshot_id} {self.sha256[:12]}"
