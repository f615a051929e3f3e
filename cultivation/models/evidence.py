from __future__ import annotations

from typing import BinaryIO

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from cultivation.models.applications import Application
from tenancy.models import StoredFile, TenantModel, new_public_id


class Evidence(TenantModel):
    """A file that the applicant attaches to one element of an application (佐证材料).

    Only its time of removal is ever written; what a level has seen stays behind the removed line. Name, type and
    size are repeated here, since an enterprise's own user reads no other table of files.
    """

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    application = models.ForeignKey(
        Application, models.PROTECT, related_name="evidence", db_index=False, db_constraint=False
    )
    enterprise_id = models.BigIntegerField()
    #: code of an element of the standard; empty is about the application as a whole
    element = models.CharField(max_length=40, blank=True)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | Q(removed_at__gte=F("added_at")),
                name="evidence_dates_in_order",
            ),
        ]
        indexes = [models.Index(fields=["application", "element", "id"], name="evidence_of_application")]

    def __str__(self) -> str:
        return self.name

    def open(self) -> BinaryIO:
        """The content; an enterprise may read this row and not the file's own."""
        return StoredFile(id=self.file_id).open()
