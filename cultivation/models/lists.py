from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cultivation.models.applications import ApplicationBatch
from tenancy.models import StoredFile, TenantModel, new_public_id


class RecommendationList(TenantModel):
    """The list that one level recommends to the next (推荐汇总表), as it stood when it was made.

    Printed for the seal; the scan with the seal comes back to it, once. What changed since is a further list.
    """

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    batch = models.ForeignKey(
        ApplicationBatch, models.PROTECT, related_name="lists", db_index=False, db_constraint=False
    )
    number = models.PositiveSmallIntegerField()
    #: `[{application, name, uscc, place, industry, product, outcome, score, missing, opinion}]`
    rows = models.JSONField()
    count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)
    printed = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    scan = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    scanned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "region", "number"], name="list_number_once"),
            models.CheckConstraint(
                condition=Q(scan__isnull=True, scanned_at__isnull=True)
                | Q(scan__isnull=False, scanned_at__isnull=False),
                name="list_scan_with_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.region_id} {self.batch_id} {self.number}"
