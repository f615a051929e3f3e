from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenancy.models import TenantModel
from tenancy.models.base import new_public_id


class LocalRule(TenantModel):
    """What a place settles beside the written policies (`rules.local`): drafted by one person, put in force by another.

    What was drafted stays as it was; only its state is ever written.
    """

    class Kind(models.TextChoices):
        TOP_UP = "top_up", _("本地配套")
        MATCHING = "matching", _("配套是否参加就高")
        SHARES = "shares", _("各级分担比例")

    class State(models.TextChoices):
        DRAFT = "draft", _("待启用")
        IN_FORCE = "in_force", _("已启用")
        DROPPED = "dropped", _("已放弃")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    policy = models.CharField(max_length=24)
    #: of a top-up: the scheme that it tops up, and fen or a percentage of it
    base = models.CharField(max_length=12, blank=True)
    fixed = models.BigIntegerField(null=True)
    percent = models.DecimalField(max_digits=6, decimal_places=3, null=True)
    in_highest = models.BooleanField(null=True)
    #: [[level, parts], …] in the order in which fen that remain are given
    parts = models.JSONField(default=list)
    #: of a top-up: the days of its events; of the others: from which day it is judged so
    since = models.DateField()
    until = models.DateField(null=True)
    document = models.CharField(max_length=120)
    clause = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    drafted_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    drafted_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    #: the last day on which it counts
    ended_on = models.DateField(null=True)
    ended_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["region", "base"],
                condition=Q(kind="top_up", state="in_force", ended_on__isnull=True),
                name="local_rule_one_top_up",
            ),
            models.CheckConstraint(
                condition=Q(kind="top_up", in_highest__isnull=True, parts=[])
                & ~Q(base="")
                & (
                    Q(fixed__gt=0, percent__isnull=True)
                    | Q(fixed__isnull=True, percent__gt=0, percent__lte=100)
                )
                | Q(kind="matching", in_highest__isnull=False, parts=[])
                & Q(base="", fixed__isnull=True, percent__isnull=True)
                | Q(kind="shares", in_highest__isnull=True, base="", fixed__isnull=True, percent__isnull=True)
                & ~Q(parts=[]),
                name="local_rule_says_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", decided_by__isnull=True, decided_at__isnull=True)
                | ~Q(state="draft") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="local_rule_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state="in_force") | ~Q(decided_by=F("drafted_by")), name="local_rule_two_people"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True, ended_by__isnull=True)
                | Q(state="in_force", ended_on__isnull=False, ended_by__isnull=False),
                name="local_rule_ended",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="local_rule_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.base or self.policy} {self.document}"
