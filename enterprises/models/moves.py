from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenancy.models import TenantModel, new_public_id


class Move(TenantModel):
    """That an enterprise moves to another county: offered by the one it leaves (the row's region), taken by the other.

    Name and code stand here as they were, since the receiving county does not see the registry of the other.
    """

    class State(models.TextChoices):
        OFFERED = "offered", _("等待接收")
        ACCEPTED = "accepted", _("正在移交")
        DONE = "done", _("已移交")
        DECLINED = "declined", _("未接收")
        TAKEN_BACK = "taken_back", _("已撤回")

    OPEN = ("offered", "accepted")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    #: a plain id: the enterprise leaves, this row stays where the act was done
    enterprise_id = models.BigIntegerField()
    uscc = models.CharField(max_length=18)
    name = models.CharField(max_length=120)
    to = models.ForeignKey(
        "tenancy.Region", models.PROTECT, to_field="path", related_name="+", db_index=False
    )
    #: the day from which it is registered there
    moved_on = models.DateField()
    #: what the move rests on: a notice of the registration authority
    document = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OFFERED)
    offered_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    offered_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(null=True)
    #: why it was not taken
    reason = models.CharField(max_length=500, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise_id"],
                condition=Q(state__in=["offered", "accepted"]),
                name="move_open_once",
            ),
            models.CheckConstraint(condition=~Q(to=F("region")), name="move_to_another_place"),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | ~Q(state="done") & Q(done_at__isnull=True),
                name="move_done_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["region", "state", "-id"], name="move_from"),
            models.Index(fields=["to", "state", "-id"], name="move_to"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.region_id} → {self.to_id}"
