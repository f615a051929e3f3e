from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenancy.models import TenantModel, new_public_id


class ChangeReport(TenantModel):
    """A major change that an enterprise with a title reports (重大变化报告), and what the authority makes of it, once.

    63号: rename, merger, reorganisation, a move to another province and the like within three months.
    """

    class Kind(models.TextChoices):
        RENAME = "rename", _("更名")
        MERGER = "merger", _("合并、重组")
        BUSINESS = "business", _("主营业务变化")
        MOVE = "move", _("迁出本地区")
        OTHER = "other", _("其他重大变化")

    class Outcome(models.TextChoices):
        KEEPS = "keeps", _("仍符合条件，称号不变")
        CHECK = "check", _("需要核查")
        LOST = "lost", _("不再符合条件，取消称号")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    happened_on = models.DateField()
    text = models.CharField(max_length=1000)
    reported_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    reported_role = models.CharField(max_length=20)
    reported_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    #: the enterprise reads it
    reason = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "kind", "happened_on"], name="change_reported_once"
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, outcome="", reason="")
                | Q(decided_at__isnull=False) & ~Q(outcome="") & ~Q(reason=""),
                name="change_decided_whole",
            ),
        ]
        indexes = [models.Index(fields=["region", "decided_at"], name="change_of_region")]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.kind} {self.happened_on}"
