from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenancy.models import StoredFile, TenantModel
from tenancy.models.base import new_public_id


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


class ExportRecord(TenantModel):
    """One export: what was asked, the moment of its data, what came out. Append-only; the file goes, this stays."""

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    #: which list (portal.exports.lists)
    listed = models.CharField(max_length=20)
    format = models.CharField(max_length=4, choices=[("xlsx", "xlsx"), ("csv", "csv")])
    columns = models.JSONField()
    years = models.JSONField()
    #: the list's own query, and the ids of what was picked by hand
    query = models.TextField(blank=True)
    picked = models.JSONField()
    #: the conditions in words, as they are printed in the file
    conditions = models.TextField(blank=True)
    rows = models.IntegerField()
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", db_constraint=False)
    #: everything that was committed before stands in the file, nothing that came later
    moment = models.DateTimeField()
    #: the job that made it; a job that is done twice leaves one export
    job_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "job_id"], name="export_once_a_job"),
            models.CheckConstraint(condition=models.Q(rows__gte=0), name="export_rows_not_negative"),
        ]
        indexes = [
            models.Index(fields=["region", "-created_at", "-id"], name="export_region_created"),
            models.Index(fields=["by", "-created_at"], name="export_by_created"),
        ]
        verbose_name = _("导出记录")

    def __str__(self) -> str:
        return f"{self.listed}.{self.format}"

    @property
    def kept_until(self) -> dt.datetime | None:
        """Until when the file can be fetched; None once it is gone. One query where `file` was not joined."""
        return (
            None if self.file.deleted_at else self.created_at + dt.timedelta(days=settings.EXPORT_KEPT_DAYS)
        )


class SavedColumns(TenantModel):
    """An officer's own choice of columns for a list, under a name.

    `years` counts back from the reporting year, so that next year the choice means next year.
    """

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    by = models.ForeignKey("tenancy.Officer", models.CASCADE, related_name="+", db_index=False)
    listed = models.CharField(max_length=20)
    name = models.CharField(_("名称"), max_length=30)
    columns = models.JSONField()
    years = models.JSONField()
    format = models.CharField(max_length=4, choices=[("xlsx", "xlsx"), ("csv", "csv")])
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # With the region: two postings of one officer know nothing of each other.
            models.UniqueConstraint(
                fields=["region", "by", "listed", "name"], name="saved_columns_name_once"
            ),
        ]
        verbose_name = _("列的选择")

    def __str__(self) -> str:
        return self.name
