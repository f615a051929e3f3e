from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.models.judging import Tier
from tenancy.models import TenantModel


class Verdict(TenantModel):
    """What a named person says about one element of an enterprise's judgement, and why; append-only.

    A judgement (`met`, `not_met`, `open`) is about a fact that only a person knows, whatever the tier; whether a
    condition is applicable is said of one condition of one tier. The newest word about an element counts.
    """

    class Word(models.TextChoices):
        MET = "met", _("符合")
        NOT_MET = "not_met", _("不符合")
        OPEN = "open", _("收回判定")
        NOT_APPLICABLE = "not_applicable", _("不适用")
        APPLICABLE = "applicable", _("恢复适用")

    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    year = models.PositiveSmallIntegerField()
    #: empty for a fact
    tier = models.CharField(max_length=20, choices=Tier.choices, blank=True)
    review = models.BooleanField(default=False)
    #: code of the fact, or of the condition
    element = models.CharField(max_length=40)
    word = models.CharField(max_length=20, choices=Word.choices)
    #: the enterprise reads it
    reason = models.CharField(max_length=500)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="verdict_with_its_reason"),
            models.CheckConstraint(
                condition=Q(tier="", word__in=["met", "not_met", "open"])
                | ~Q(tier="") & Q(word__in=["not_applicable", "applicable"]),
                name="verdict_word_of_its_kind",
            ),
        ]
        indexes = [models.Index(fields=["enterprise", "year", "element", "id"], name="verdict_newest")]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.year} {self.element} {self.word}"
