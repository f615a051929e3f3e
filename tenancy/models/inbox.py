from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenancy.models.base import TenantModel


class Message(TenantModel):
    """What happened or comes due, told to the people of a role, to one officer, or to who speaks for an enterprise.

    It lies in the place where it happened, so the levels above see it by their scope; what an authority tells all
    places below it is `downward`. `kind` and `params` are put into words where it is read.
    """

    kind = models.CharField(max_length=40)
    #: of the event; the same event is told to the same addressee once
    key = models.CharField(max_length=120)
    role = models.CharField(max_length=20, blank=True)
    officer = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False
    )
    #: a plain id, the registry lies on a floor above
    enterprise_id = models.BigIntegerField(null=True)
    downward = models.BooleanField(default=False)
    params = models.JSONField()
    due_on = models.DateField(null=True)
    #: who did it; nobody is told of an own act
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "kind", "region", "role", "officer", "enterprise_id"],
                name="message_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=(~Q(role="") & Q(officer__isnull=True, enterprise_id__isnull=True))
                | Q(role="", officer__isnull=False, enterprise_id__isnull=True)
                | Q(role="", officer__isnull=True, enterprise_id__isnull=False),
                name="message_one_addressee",
            ),
        ]
        indexes = [
            models.Index(fields=["region", "role", "-id"], name="message_of_role"),
            models.Index(fields=["officer", "-id"], name="message_of_officer"),
            models.Index(fields=["enterprise_id", "-id"], name="message_of_enterprise"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Receipt(TenantModel):
    """That a person has seen a message, or was sent it by mail; it lies in the place of the person's posting."""

    officer = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+", db_index=False)
    #: a plain id: the message may lie in a place above or below
    message_id = models.BigIntegerField()
    #: of who speaks for an enterprise
    enterprise_id = models.BigIntegerField(null=True)
    seen_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["officer", "message_id", "region"], name="receipt_once")
        ]
        indexes = [models.Index(fields=["region"], name="receipt_region")]

    def __str__(self) -> str:
        return f"{self.officer_id} {self.message_id}"


class MailSetting(models.Model):
    """Where a person wants the day's digest, and without which kinds of messages; no tenant's, as the account is."""

    officer = models.OneToOneField("tenancy.Officer", models.CASCADE, primary_key=True, related_name="mail")
    address = models.EmailField(max_length=200)
    #: groups of kinds that the digest leaves out
    without = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.officer_id)


class Mail(models.Model):
    """A day's digest for one person: written in one transaction with what it tells, sent by the worker."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待发送")
        DONE = "done", _("已发送")
        GIVEN_UP = "given_up", _("未发出")

    officer = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="mails", db_index=False)
    on = models.DateField()
    address = models.EmailField(max_length=200)
    subject = models.CharField(max_length=120)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["officer", "on"], name="mail_once_a_day")]
        indexes = [models.Index(fields=["next_at"], condition=Q(state="waiting"), name="mail_due")]

    def __str__(self) -> str:
        return f"{self.officer_id} {self.on}"
