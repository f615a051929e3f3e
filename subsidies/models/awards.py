from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenancy.models import TenantModel
from tenancy.models.base import new_public_id


class Award(TenantModel):
    """What one enterprise gets for one event by one scheme, with why it is this much. It belongs to the file of its
    enterprise. Where its money is, is what the ledger's entries say."""

    class State(models.TextChoices):
        OPEN = "open", _("办理中")
        NOTICED = "noticed", _("公示中")
        CLEARED = "cleared", _("可拨付")
        REFUSED = "refused", _("不予兑现")
        WITHDRAWN = "withdrawn", _("已撤回")

    LIVE = ("open", "noticed", "cleared")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    enterprise = models.ForeignKey(
        "enterprises.Enterprise", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    policy = models.CharField(max_length=24)
    scheme = models.CharField(max_length=12)
    #: the place whose policy it is
    payer = models.ForeignKey(
        "tenancy.Region", models.PROTECT, to_field="path", related_name="+", db_index=False
    )
    #: code, title and day of what it follows from
    event = models.CharField(max_length=64)
    title = models.CharField(max_length=24)
    on = models.DateField()
    #: what the scheme pays for once only: the title, project, year or event
    matter = models.CharField(max_length=160)
    #: fen
    amount = models.BigIntegerField()
    #: the arbiter's words of the day of the proposal: the rule, its facts, and what was refused beside it
    why = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    #: number of its last step; an act that saw an older one is refused
    step = models.PositiveSmallIntegerField(default=0)
    notice = models.ForeignKey(
        "cultivation.PublicNotice",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    #: its line there
    entry_id = models.BigIntegerField(null=True)
    proposed_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    proposed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # Paid once, whoever proposes it and in whichever county.
            models.UniqueConstraint(
                fields=["enterprise", "scheme", "matter"],
                condition=Q(state__in=["open", "noticed", "cleared"]),
                name="award_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0, amount__lte=10**13), name="award_amount"),
            models.CheckConstraint(
                condition=Q(notice__isnull=False, entry_id__isnull=False)
                | ~Q(state__in=["noticed", "cleared"]),
                name="award_noticed_before_it_is_paid",
            ),
        ]
        indexes = [
            models.Index(fields=["region", "state", "id"], name="award_list"),
            models.Index(fields=["notice"], condition=Q(notice__isnull=False), name="award_of_notice"),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} {self.enterprise_id} {self.amount}"


class Portion(TenantModel):
    """The part of an award that one level of finance bears, out of one pool of its own."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待受理")
        RESERVED = "reserved", _("待审批")
        APPROVED = "approved", _("已审批")
        RELEASED = "released", _("已释放")

    award = models.ForeignKey(
        Award, models.PROTECT, related_name="portions", db_index=False, db_constraint=False
    )
    enterprise_id = models.BigIntegerField()
    level = models.CharField(max_length=10)
    #: the place whose finance bears it
    payer = models.ForeignKey(
        "tenancy.Region", models.PROTECT, to_field="path", related_name="+", db_index=False
    )
    #: fen
    amount = models.BigIntegerField()
    #: from its reservation on
    pool = models.ForeignKey(
        "subsidies.Pool", models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["award", "level"], name="portion_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="portion_amount"),
            models.CheckConstraint(
                condition=Q(pool__isnull=False) | Q(state__in=["waiting", "released"]),
                name="portion_with_its_pool",
            ),
        ]
        indexes = [models.Index(fields=["region", "state"], name="portion_list")]

    def __str__(self) -> str:
        return f"{self.award_id} {self.level} {self.amount}"


class AwardStep(TenantModel):
    """One act about an award; append-only. It goes with the file."""

    class Decision(models.TextChoices):
        PROPOSE = "propose", _("提出")
        RESERVE = "reserve", _("受理并预留")
        APPROVE = "approve", _("审批同意")
        PUBLISH = "publish", _("列入公示")
        CLEAR = "clear", _("公示无异议")
        REFUSE = "refuse", _("不予兑现")
        RELEASE = "release", _("释放资金")
        WITHDRAW = "withdraw", _("撤回")
        ORDER = "order", _("拨付")
        PAID = "paid", _("到账")
        BOUNCED = "bounced", _("退回")
        RECLAIM = "reclaim", _("决定追回")
        RECEIVE = "receive", _("追回到账")

    award = models.ForeignKey(
        Award, models.PROTECT, related_name="steps", db_index=False, db_constraint=False
    )
    enterprise_id = models.BigIntegerField()
    number = models.PositiveSmallIntegerField()
    #: of one level alone
    level = models.CharField(max_length=10, blank=True)
    decision = models.CharField(max_length=10, choices=Decision.choices)
    #: fen, where the act is about money
    amount = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["award", "number"], name="award_step_once"),
            # Two approvals are two people's.
            models.UniqueConstraint(
                fields=["award", "level", "by"], condition=Q(decision="approve"), name="approved_once_by_each"
            ),
            models.CheckConstraint(
                condition=~Q(decision__in=["refuse", "withdraw", "bounced", "reclaim"]) | ~Q(reason=""),
                name="award_step_with_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.award_id} {self.number} {self.decision}"
