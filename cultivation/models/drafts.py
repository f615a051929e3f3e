from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.models.judging import Edition, Tier
from tenancy.models import TenantModel
from tenancy.models.base import new_public_id


class EditionDraft(TenantModel):
    """A standard that a place composes over a published one, until a second person puts it in force."""

    class State(models.TextChoices):
        DRAFT = "draft", _("拟订中")
        PROPOSED = "proposed", _("待启用")
        IN_FORCE = "in_force", _("已启用")
        DROPPED = "dropped", _("已废弃")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    base = models.ForeignKey(Edition, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    tier = models.CharField(max_length=20, choices=Tier.choices)
    #: what the overlay says (`cultivation.rules.overlay`), but for its id
    over = models.JSONField()
    #: what the overlay makes of its base, and the sha256 of that
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    #: one higher with each change, so that two editors notice each other
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    #: who would gain and who would lose; of the content with the hash `effect_of`
    effect = models.JSONField(null=True)
    effect_of = models.CharField(max_length=64, blank=True)
    effect_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    proposed_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    #: why it was returned
    reason = models.CharField(max_length=500, blank=True)
    edition = models.OneToOneField(
        Edition, models.PROTECT, null=True, related_name="draft", db_constraint=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="in_force")
                | Q(edition__isnull=False, proposed_by__isnull=False, decided_by__isnull=False)
                & ~Q(decided_by=F("proposed_by")),
                name="draft_in_force_by_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["proposed", "in_force"]) | Q(effect_of=F("content_hash")),
                name="draft_proposed_with_its_effect",
            ),
        ]
        indexes = [models.Index(fields=["region", "state", "-id"], name="draft_region_state")]

    def __str__(self) -> str:
        return str(self.over.get("title", {}).get("zh", self.public_id))
