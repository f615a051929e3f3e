from __future__ import annotations

from django.db import models
from django.utils import timezone

from tenancy.models.base import TenantModel


class AuditEntry(TenantModel):
    """What was done, by whom, from where. Append-only; the seal follows within seconds."""

    at = models.DateTimeField(default=timezone.now)
    officer_id = models.BigIntegerField(null=True)
    username = models.CharField(max_length=60, blank=True)
    role = models.CharField(max_length=20, blank=True)
    #: network address, or the command and the operating-system user
    origin = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["region", "-at"], name="auditentry_region_at"),
            models.Index(fields=["region", "id"], name="auditentry_region_id"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.action}"


class AuditLink(TenantModel):
    """The place of an entry in its region's chain and the hash up to there. Append-only."""

    entry_id = models.BigIntegerField(unique=True)
    position = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "position"], name="auditlink_position_once")]

    def __str__(self) -> str:
        return f"{self.region_id} {self.position}"


class AuditSeal(TenantModel):
    """A signed head of a region's chain; the key lies outside the database. Append-only."""

    position = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=200)
    sealed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "position"], name="auditseal_position_once")]

    def __str__(self) -> str:
        return f"{self.region_id} {self.position}"
