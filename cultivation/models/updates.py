from __future__ import annotations

from django.db import models
from django.utils import timezone

from tenancy.models import TenantModel


class InfoUpdate(TenantModel):
    """That an enterprise has brought its information up to date in a year (年度信息更新); append-only."""

    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    year = models.PositiveSmallIntegerField()
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enterprise", "year"], name="update_once_a_year")]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.year}"
