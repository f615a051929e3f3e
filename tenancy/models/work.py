from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, BinaryIO

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenancy import storage
from tenancy.models.base import TenantModel


class Job(TenantModel):
    """Work that a worker does for somebody; also the outbox: what is not sent yet is sent again."""

    class State(models.TextChoices):
        QUEUED = "queued", _("排队中")
        RUNNING = "running", _("进行中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("未完成")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=40)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=20)
    scope = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    params = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    tries = models.IntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["region", "-created_at"], name="job_region_created")]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    if TYPE_CHECKING:  # the roof says where a job's page is (ABSOLUTE_URL_OVERRIDES)

        def get_absolute_url(self) -> str: ...


class StoredFile(TenantModel):
    """An uploaded or made file. Its name in the store is generated; the original name is only text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["region", "-created_at"], name="storedfile_region_created")]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """Its name in the store."""
        return storage.key_of(self.id)

    @property
    def is_there(self) -> bool:
        """Whether the content is still in the store."""
        return self.deleted_at is None and storage.exists(self.key)

    def open(self) -> BinaryIO:
        """Raises FileNotFoundError for what is gone."""
        return storage.fetch(self.key)


class KeptAnswer(TenantModel):
    """What the API answered to a request with an idempotency key; the same key gets the same answer again."""

    posting = models.ForeignKey(
        "tenancy.Posting", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=80)
    #: of method, address and body: the key with something else is a mistake
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["posting", "key"], name="answer_once_a_key")]
        indexes = [models.Index(fields=["at"], name="answer_at")]

    def __str__(self) -> str:
        return f"{self.posting_id} {self.key}"
