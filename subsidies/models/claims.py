from __future__ import annotations

from typing import BinaryIO

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenancy.models import StoredFile, TenantModel
from tenancy.models.base import new_public_id


class ClaimRequest(TenantModel):
    """What an enterprise says has happened and claims an award for, with its evidence; accepted, it is an AwardEvent.

    What was said stays as it was said; only the decision is ever written.
    """

    class State(models.TextChoices):
        OPEN = "open", _("待核实")
        ACCEPTED = "accepted", _("已采纳")
        DECLINED = "declined", _("未采纳")
        WITHDRAWN = "withdrawn", _("已撤回")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    #: code of a claim that a scheme pays for
    matter = models.CharField(max_length=24)
    on = models.DateField()
    project = models.CharField(max_length=120, blank=True)
    prize = models.CharField(max_length=12, blank=True)
    #: yuan, received from above
    received = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    statement = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    #: told to the enterprise
    reason = models.CharField(max_length=500, blank=True)
    filed_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    filed_at = models.DateTimeField(default=timezone.now)
    #: who accepted, declined or withdrew it
    decided_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "matter", "on", "project"],
                condition=Q(state__in=["open", "accepted"]),
                name="claim_request_once",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by__isnull=True)
                | ~Q(state="open") & Q(decided_at__isnull=False, decided_by__isnull=False),
                name="claim_request_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "declined"]) | ~Q(decided_by=models.F("filed_by")),
                name="claim_request_other_people",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(reason=""), name="claim_request_with_its_reason"
            ),
            models.CheckConstraint(
                condition=Q(received__isnull=True) | Q(received__gt=0), name="claim_request_money"
            ),
        ]
        indexes = [
            models.Index(fields=["region", "state", "filed_at"], name="claim_request_list"),
            models.Index(fields=["enterprise"], name="claim_request_of_enterprise"),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.matter} {self.on}"

    @property
    def event(self) -> str:
        """The code of the event that it becomes."""
        return PREFIX + self.public_id


#: what the code of an event begins with that was claimed
PREFIX = "S-"


class ClaimFile(TenantModel):
    """A file that proves a claim; append-only. Name, type, size and digest are repeated here, since an enterprise's own
    user reads no other table of files."""

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    claim = models.ForeignKey(
        ClaimRequest, models.PROTECT, related_name="files", db_index=False, db_constraint=False
    )
    enterprise_id = models.BigIntegerField()
    file = models.ForeignKey(
        StoredFile, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["claim"], name="file_of_claim_request")]

    def __str__(self) -> str:
        return self.name

    def open(self) -> BinaryIO:
        """The content; an enterprise may read this row and not the file's own."""
        return StoredFile(id=self.file_id).open()
