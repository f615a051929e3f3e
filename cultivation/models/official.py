from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.models.judging import Tier
from tenancy.models import StoredFile, TenantModel, new_public_id


class OfficialList(TenantModel):
    """A list that the recognising authority has announced (公告名单), brought in with its file."""

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    tier = models.CharField(max_length=20, choices=Tier.choices)
    review = models.BooleanField(default=False)
    number = models.CharField(max_length=80)
    announced_on = models.DateField()
    file = models.ForeignKey(
        StoredFile, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    name = models.CharField(max_length=255)
    made_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["region", "-made_at"], name="official_of_region")]

    def __str__(self) -> str:
        return self.number


class OfficialLine(TenantModel):
    """One line of an official list, whom it is about, and what became of it."""

    class How(models.TextChoices):
        CODE = "code", _("代码一致")
        NAME = "name", _("名称一致")
        FORMER = "former", _("曾用名一致")
        DOUBTFUL = "doubtful", _("待人工确认")
        NONE = "none", _("名录里没有")
        REPEATED = "repeated", _("名单内重复")

    class Result(models.TextChoices):
        RECOGNISED = "recognised", _("已认定")
        KNOWN = "known", _("此前已有这项称号")
        NOBODY = "nobody", _("确认不是在册企业")

    of_list = models.ForeignKey(OfficialList, models.PROTECT, related_name="lines", db_constraint=False)
    sheet = models.CharField(max_length=100)
    row = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    uscc = models.CharField(max_length=18, blank=True)
    how = models.CharField(max_length=10, choices=How.choices)
    #: enterprises that it may be about; plain ids, they lie below the authority
    candidates = ArrayField(models.BigIntegerField(), default=list, blank=True)
    enterprise_id = models.BigIntegerField(null=True)
    decided_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=10, choices=Result.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(result__in=["recognised", "known"]) | Q(enterprise_id__isnull=False),
                name="line_result_of_somebody",
            ),
        ]
        indexes = [models.Index(fields=["of_list", "how", "row"], name="official_line")]

    def __str__(self) -> str:
        return self.name
