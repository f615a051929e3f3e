from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenancy.models.base import TenantModel, new_public_id


class Hook(TenantModel):
    """An outside system that is told what happens in a place; its secret signs what it is sent."""

    name = models.CharField(max_length=60)
    url = models.URLField(max_length=300)
    secret = models.CharField(max_length=64)
    made_by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["region"], name="hook_of_region")]

    def __str__(self) -> str:
        return self.name


class Delivery(TenantModel):
    """One message to one hook: written in the transaction of what it tells, sent by the worker until it is taken."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待发送")
        DONE = "done", _("已送达")
        GIVEN_UP = "given_up", _("未送达")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    hook = models.ForeignKey(
        Hook, models.PROTECT, related_name="deliveries", db_index=False, db_constraint=False
    )
    event = models.CharField(max_length=40)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    #: of the last try: the HTTP status, or why there was none
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state="waiting"), name="delivery_due"),
            models.Index(fields=["hook", "-id"], name="delivery_of_hook"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.state}"
