from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenancy.models import TenantModel


class AwardEvent(TenantModel):
    """Something that an award may follow from and that the portal did not see happen: a recognition of the past or of
    another authority, or a claim with what was decided or received. It belongs to the file of its enterprise."""

    class Kind(models.TextChoices):
        RECOGNITION = "recognition", _("认定")
        CLAIM = "claim", _("申领")

    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    #: its name where it comes from; the same one brought in again is the same event
    code = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    title = models.CharField(max_length=24)
    on = models.DateField()
    #: of a recognition: new or renewal
    how = models.CharField(max_length=8, blank=True)
    revoked_on = models.DateField(null=True)
    #: which policy the enterprise has chosen where another pays for the same matter: ours, other, or none asked
    other_policy = models.CharField(max_length=8, blank=True)
    #: what a person has decided within a scheme's bounds, and what was received from above; yuan
    decided = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    received = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    project = models.CharField(max_length=120, blank=True)
    prize = models.CharField(max_length=12, blank=True)
    recorded_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "code"], name="award_event_once"),
            models.CheckConstraint(
                condition=Q(kind="recognition", how__in=["new", "renewal"]) | Q(kind="claim", how=""),
                name="award_event_how",
            ),
            models.CheckConstraint(
                condition=Q(revoked_on__isnull=True) | Q(revoked_on__gte=F("on")), name="award_event_dates"
            ),
            models.CheckConstraint(
                condition=(Q(decided__isnull=True) | Q(decided__gt=0))
                & (Q(received__isnull=True) | Q(received__gt=0)),
                name="award_event_money",
            ),
            models.CheckConstraint(
                condition=Q(other_policy__in=["", "ours", "other"]), name="award_event_other_policy"
            ),
        ]
        indexes = [models.Index(fields=["region", "enterprise"], name="award_event_region")]

    def __str__(self) -> str:
        return f"{self.code} {self.title} {self.on}"


class EventChoice(TenantModel):
    """Under which policy an enterprise takes the award for an event, where it may not take two (不得重复享受): ours, or the
    other one that is named. Append-only; the last one counts, before what was brought in with the event."""

    class Choice(models.TextChoices):
        OURS = "ours", _("按本政策")
        OTHER = "other", _("按其他政策")

    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    event = models.CharField(max_length=64)
    choice = models.CharField(max_length=8, choices=Choice.choices)
    #: the other policy
    document = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(choice="ours", document="") | Q(choice="other") & ~Q(document=""),
                name="event_choice_with_its_policy",
            )
        ]
        indexes = [models.Index(fields=["region", "enterprise"], name="event_choice_region")]

    def __str__(self) -> str:
        return f"{self.event} {self.choice}"
