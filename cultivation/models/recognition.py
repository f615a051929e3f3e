from __future__ import annotations

import secrets

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cultivation.models.applications import Application, ApplicationBatch
from cultivation.models.judging import Tier
from tenancy.models import TenantModel
from tenancy.models.base import new_public_id

#: without what is mistaken for another when it is read from paper
_READABLE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_code() -> str:
    """What anybody types to verify a certificate or to ask after an objection: twelve readable characters."""
    return "".join(secrets.choice(_READABLE) for _ in range(12))


class PublicNotice(TenantModel):
    """A list that is open to objections for some working days (公示): of those to be recognised in a round, or, with
    no round, of what a floor above has decided (awards)."""

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    batch = models.ForeignKey(
        ApplicationBatch,
        models.PROTECT,
        null=True,
        related_name="notices",
        db_index=False,
        db_constraint=False,
    )
    title = models.CharField(max_length=120)
    #: days of Beijing's calendar, both included
    opens_on = models.DateField()
    closes_on = models.DateField()
    #: False while the holidays of a year in between were not published
    sure = models.BooleanField(default=True)
    #: where and how objections are taken besides the page
    contact = models.CharField(max_length=300)
    published_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(closes_on__gt=F("opens_on")), name="notice_dates_in_order"),
        ]

    def __str__(self) -> str:
        return self.title


class NoticeEntry(TenantModel):
    """One line of a public notice as it was published; append-only."""

    notice = models.ForeignKey(PublicNotice, models.PROTECT, related_name="entries")
    application = models.ForeignKey(
        Application, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    name = models.CharField(max_length=120)
    uscc = models.CharField(max_length=18)
    place = models.CharField(max_length=80)
    #: what else anybody may read of it
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "notice"], name="entry_once_a_notice"),
        ]

    def __str__(self) -> str:
        return self.name


class Objection(TenantModel):
    """What somebody brought forward against a line of a notice (异议). It lies with the authority alone: neither
    the county nor the enterprise reads who objected."""

    receipt = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    notice = models.ForeignKey(
        PublicNotice, models.PROTECT, related_name="objections", db_index=False, db_constraint=False
    )
    #: the line of the notice; it lies below the authority's place, so it is no key that carries the tenant
    entry_id = models.BigIntegerField()
    name = models.CharField(max_length=60)
    contact = models.CharField(max_length=100)
    text = models.TextField(max_length=3000)
    made_at = models.DateTimeField(default=timezone.now)
    answer = models.TextField(max_length=3000, blank=True)
    upheld = models.BooleanField(null=True)
    answered_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["notice", "answered_at"], name="objection_of_notice")]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, upheld__isnull=True, answer="")
                | Q(answered_at__isnull=False, upheld__isnull=False) & ~Q(answer=""),
                name="objection_answered_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.receipt


class Announcement(TenantModel):
    """The document that recognises a list (公告): of a notice that has ended, the ministry's, or one brought in that
    belongs to no round of the portal. Append-only."""

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    batch = models.ForeignKey(
        ApplicationBatch,
        models.PROTECT,
        null=True,
        related_name="announcements",
        db_index=False,
        db_constraint=False,
    )
    notice = models.OneToOneField(
        PublicNotice, models.PROTECT, null=True, related_name="announcement", db_constraint=False
    )
    number = models.CharField(max_length=80)
    announced_on = models.DateField()
    recorded_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "batch", "number"], name="announcement_once"),
            models.UniqueConstraint(
                fields=["region", "number"], condition=Q(batch__isnull=True), name="announcement_outside_once"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Recognition(TenantModel):
    """One title of one enterprise, from a day to the end of another; append-only. The file moves along with the
    enterprise. A review that was passed is a further recognition."""

    code = models.CharField(max_length=12, unique=True, default=new_code, editable=False)
    enterprise = models.ForeignKey(
        "enterprises.Enterprise",
        models.PROTECT,
        related_name="recognitions",
        db_index=False,
        db_constraint=False,
    )
    announcement = models.ForeignKey(
        Announcement, models.PROTECT, related_name="recognitions", db_index=False
    )
    application = models.OneToOneField(
        Application, models.PROTECT, null=True, related_name="recognition", db_constraint=False
    )
    tier = models.CharField(max_length=20, choices=Tier.choices)
    review = models.BooleanField(default=False)
    #: as recognised; the enterprise may have another name today
    name = models.CharField(max_length=120)
    #: days of Beijing's calendar, both included
    valid_from = models.DateField()
    valid_until = models.DateField()
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "tier", "valid_from"], name="recognised_once"),
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="title_dates_in_order"),
        ]
        indexes = [
            models.Index(fields=["region", "tier", "valid_until", "id"], name="recognition_ends"),
            models.Index(fields=["announcement"], name="recognition_announced"),
        ]

    def __str__(self) -> str:
        return self.code


class Withdrawal(TenantModel):
    """That a title was taken away (取消认定), why, and how long no other is applied for. Append-only."""

    class Kind(models.TextChoices):
        ACCIDENT = "accident", _("发生重大安全、质量、环境事故")
        DISHONESTY = "dishonesty", _("严重失信或偷税漏税")
        FALSE_DATA = "false_data", _("数据造假、弄虚作假")
        UNQUALIFIED = "unqualified", _("发生重大变化，不再符合条件")
        UPDATES = "updates", _("有效期内两次未更新信息")
        GONE = "gone", _("企业注销、吊销")
        OWN_WISH = "own_wish", _("企业自愿放弃")

    #: kinds after which no title is applied for until the bar has ended
    BARRING = ("accident", "dishonesty", "false_data")

    recognition = models.OneToOneField(
        Recognition, models.PROTECT, related_name="withdrawal", db_constraint=False
    )
    enterprise_id = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    reason = models.CharField(max_length=1000)
    #: the document or finding that it rests on
    evidence = models.CharField(max_length=300)
    decided_on = models.DateField()
    #: last day of the bar
    barred_until = models.DateField(null=True)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(barred_until__isnull=True) | Q(barred_until__gte=F("decided_on")),
                name="bar_behind_its_decision",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recognition_id} {self.kind}"
