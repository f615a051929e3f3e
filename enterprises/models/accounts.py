from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprise import Enterprise
from tenancy.models import TenantModel
from tenancy.models.base import new_public_id


class Invitation(TenantModel):
    """An activation letter: its code lets one person speak for the enterprise in the portal, once.

    Only the digest of the code is kept; a newer letter ends the one before.
    """

    enterprise = models.ForeignKey(
        Enterprise, models.PROTECT, related_name="invitations", db_constraint=False
    )
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    until_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    #: ended unused, by a newer letter
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until_at__gt=F("made_at")), name="invitation_dates_in_order"),
            models.UniqueConstraint(
                fields=["enterprise"],
                condition=Q(used_at__isnull=True, ended_at__isnull=True),
                name="invitation_open_once",
            ),
        ]
        indexes = [models.Index(fields=["region", "enterprise"], name="invitation_region")]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.made_at:%Y-%m-%d}"


class Claim(TenantModel):
    """Somebody with a letter wants to speak for an enterprise that somebody already speaks for: the county decides."""

    class State(models.TextChoices):
        OPEN = "open", _("待核实")
        BESIDE = "beside", _("一并开通")
        REPLACED = "replaced", _("换人")
        DECLINED = "declined", _("未同意")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="claims", db_constraint=False)
    officer = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "officer"], condition=Q(state="open"), name="claim_open_once"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="claim_decided_when_closed",
            ),
        ]
        indexes = [models.Index(fields=["region", "state", "id"], name="claim_region_state")]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.officer_id} {self.state}"
