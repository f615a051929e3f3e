from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.models.judging import Tier
from tenancy.models import TenantModel
from tenancy.models.base import new_public_id


class ApplicationBatch(TenantModel):
    """A round of applications for one tier, opened by the authority that recognises; levels below read it."""

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    tier = models.CharField(max_length=20, choices=Tier.choices)
    #: for the review (复核) of titles held, not for first applications
    review = models.BooleanField(default=False)
    title = models.CharField(max_length=80)
    #: days of Beijing's calendar, both included
    opens_on = models.DateField()
    closes_on = models.DateField()
    note = models.CharField(max_length=500, blank=True)
    opened_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(closes_on__gte=F("opens_on")), name="batch_dates_in_order"),
            models.UniqueConstraint(fields=["region", "title"], name="batch_title_once"),
        ]

    def __str__(self) -> str:
        return self.title


class Application(TenantModel):
    """One enterprise's application in a batch. Where it stands is what its last step says (a trigger sees to it)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("填报中")
        COUNTY = "county", _("待县级推荐")
        PREFECTURE = "prefecture", _("待地州审核")
        REGION = "region", _("待省级审核")
        APPROVED = "approved", _("省级审核通过")
        NOTICE = "notice", _("公示中")
        NATION = "nation", _("已推荐工信部")
        RECOGNISED = "recognised", _("已认定")
        REJECTED = "rejected", _("未通过")
        WITHDRAWN = "withdrawn", _("已撤回")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    batch = models.ForeignKey(ApplicationBatch, models.PROTECT, related_name="applications", db_index=False)
    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    #: number on the national platform, where the enterprise has filed there already
    platform_number = models.CharField(max_length=40, blank=True)
    #: what the applicant says for itself
    statement = models.TextField(max_length=2000, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    #: the levels that have returned it and wait for it, the last one last
    waiting = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    #: number of its last step; a decision that saw an older one is refused
    step = models.PositiveSmallIntegerField(default=0)
    filed_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")
    filed_at = models.DateTimeField(default=timezone.now)
    #: last day for its level to decide, in working days without the times of correction; of a level alone
    due_on = models.DateField(null=True)
    #: since when it lies where it lies
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "batch"], name="application_once_a_batch"),
        ]
        indexes = [
            models.Index(fields=["region", "state", "due_on", "since", "id"], name="application_queue"),
            models.Index(fields=["batch"], name="application_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.batch_id} {self.state}"


class ReviewStep(TenantModel):
    """One decision about an application; append-only. Nothing that was said is ever lost."""

    class Decision(models.TextChoices):
        SUBMIT = "submit", _("提交")
        RECOMMEND = "recommend", _("同意推荐")
        APPROVE = "approve", _("审核通过")
        PUBLISH = "publish", _("列入公示")
        RECOGNISE = "recognise", _("认定")
        RETURN = "return", _("退回补正")
        REJECT = "reject", _("不予通过")
        WITHDRAW = "withdraw", _("撤回")
        REOPEN = "reopen", _("重新打开")

    application = models.ForeignKey(
        Application, models.PROTECT, related_name="steps", db_index=False, db_constraint=False
    )
    #: so that an enterprise's own user reads what concerns it
    enterprise_id = models.BigIntegerField()
    number = models.PositiveSmallIntegerField()
    decision = models.CharField(max_length=10, choices=Decision.choices)
    before = models.CharField(max_length=10, choices=Application.State.choices)
    after = models.CharField(max_length=10, choices=Application.State.choices)
    waiting = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    #: told to the applicant
    reason = models.CharField(max_length=1000, blank=True)
    #: among the authorities alone
    opinion = models.CharField(max_length=1000, blank=True)
    #: the judgement that stood beside it
    evaluation_id = models.BigIntegerField(null=True)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "number"], name="step_once"),
            models.CheckConstraint(
                condition=~Q(decision__in=["return", "reject", "withdraw", "reopen"]) | ~Q(reason=""),
                name="step_with_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.number} {self.decision}"


class Conflict(TenantModel):
    """An officer's declared conflict of interest with one enterprise; while it lasts the officer decides nothing."""

    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    officer = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=300)
    declared_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "officer"],
                condition=Q(ended_at__isnull=True),
                name="conflict_open_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("declared_at")),
                name="conflict_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.officer_id} {self.enterprise_id}"
