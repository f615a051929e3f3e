from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenancy.models.base import TenantModel


class OfficerManager(BaseUserManager["Officer"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> Officer:
        officer = self.model(username=username, **fields)
        officer.set_password(password)
        officer.save(using=self._db)
        return officer


class Officer(AbstractBaseUser):
    """A person who signs in. What a person may do comes from postings alone."""

    username = models.CharField(_("用户名"), max_length=60, unique=True)
    display_name = models.CharField(_("姓名"), max_length=40)
    is_active = models.BooleanField(default=True)
    #: set for first passwords and resets; every page leads to the change until it is done
    must_change_password = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = OfficerManager()

    USERNAME_FIELD = "username"
    is_staff = False
    is_superuser = False

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class Posting(TenantModel):
    """A dated role of an officer in a region. The posting of the moment decides each request."""

    officer = models.ForeignKey(Officer, models.PROTECT, related_name="postings")
    role = models.CharField(max_length=20)
    #: the enterprise of an enterprise's own user; a plain id, the registry lies on a floor above
    enterprise_id = models.BigIntegerField(null=True)
    from_at = models.DateTimeField(default=timezone.now)
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gte=F("from_at")),
                name="posting_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(role="enterprise", enterprise_id__isnull=False)
                | (~Q(role="enterprise") & Q(enterprise_id__isnull=True)),
                name="posting_enterprise_only_for_enterprises",
            ),
            models.UniqueConstraint(
                fields=["officer", "role", "region", "enterprise_id"],
                condition=Q(until_at__isnull=True),
                name="posting_open_once",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["region"], name="posting_region")]

    def __str__(self) -> str:
        return f"{self.officer_id} {self.role} {self.region_id}"


class Appointment(TenantModel):
    """A posting that a system administrator has proposed; the security administrator confirms or declines it."""

    class State(models.TextChoices):
        OPEN = "open", _("待确认")
        CONFIRMED = "confirmed", _("已确认")
        DECLINED = "declined", _("未同意")

    username = models.CharField(max_length=60)
    display_name = models.CharField(max_length=40)
    role = models.CharField(max_length=20)
    proposed_by = models.ForeignKey(Officer, models.PROTECT, related_name="+", db_index=False)
    proposed_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["username", "role", "region"],
                condition=Q(state="open"),
                name="appointment_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="appointment_decided_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                name="appointment_by_two_people",
            ),
        ]
        indexes = [models.Index(fields=["region", "state", "id"], name="appointment_region_state")]

    def __str__(self) -> str:
        return f"{self.username} {self.role} {self.region_id}"


class Token(TenantModel):
    """The key of a program that acts in one posting, through the API alone; only its digest is kept.

    It ends with its date, when it is revoked, and with its posting.
    """

    posting = models.ForeignKey(
        Posting, models.PROTECT, related_name="tokens", db_index=False, db_constraint=False
    )
    name = models.CharField(max_length=60)
    #: how it begins, to be told apart in a list
    start = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    until_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until_at__gt=F("created_at")), name="token_dates_in_order"),
        ]
        indexes = [models.Index(fields=["posting"], name="token_posting")]

    def __str__(self) -> str:
        return f"{self.posting_id} {self.start}"
