from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprise import Enterprise
from tenancy.models import TenantModel


class Proposal(TenantModel):
    """A value from a level above, or from the enterprise itself (`own`), that differs: the county decides.

    `before` and `value` are the stored value and the proposed one as text; null is unknown, and a null
    `value` proposes to erase. One open proposal for each fact and side; a newer one takes its place.
    """

    class State(models.TextChoices):
        OPEN = "open", _("待核定")
        ACCEPTED = "accepted", _("已采纳")
        DECLINED = "declined", _("未采纳")
        OVERTAKEN = "overtaken", _("已有新数据")
        WITHDRAWN = "withdrawn", _("已收回")

    enterprise = models.ForeignKey(Enterprise, models.CASCADE, related_name="proposals", db_constraint=False)
    year = models.PositiveSmallIntegerField(null=True)
    field = models.CharField(max_length=40)
    before = models.TextField(null=True)
    value = models.TextField(null=True)
    #: the enterprise says it of itself; otherwise a level above does, in an import
    own = models.BooleanField(default=False, db_default=False)
    #: a plain id: the batch lies above the county
    batch_id = models.BigIntegerField(null=True)
    source_file = models.CharField(max_length=200, blank=True)
    source_sheet = models.CharField(max_length=100, blank=True)
    source_row = models.PositiveIntegerField(null=True)
    proposed_at = models.DateTimeField(default=timezone.now)
    proposed_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "year", "field", "own"],
                condition=Q(state="open"),
                name="proposal_open_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="proposal_decided_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(own=True, batch_id__isnull=True) | Q(own=False, batch_id__isnull=False),
                name="proposal_from_an_import_or_the_enterprise",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(decided_at__isnull=False),
                name="proposal_decided_by_and_at",
            ),
        ]
        indexes = [
            models.Index(fields=["region", "state", "id"], name="proposal_region_state"),
            models.Index(fields=["batch_id"], name="proposal_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.field} {self.state}"
