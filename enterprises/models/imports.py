from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprise import Enterprise
from enterprises.rules.problems import Problem
from tenancy.models import StoredFile, TenantModel
from tenancy.models.base import new_public_id


class ImportBatch(TenantModel):
    """One workbook on its way into the registry, and what became of it."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("等待读取")
        CHECKED = "checked", _("已试运行，未写入")
        DONE = "done", _("已写入")
        KEPT_OUT = "kept_out", _("有错误，全部未写入")
        REFUSED = "refused", _("文件未能读取")
        ABANDONED = "abandoned", _("已放弃")
        TAKEN_BACK = "taken_back", _("已收回")

    class Kind(models.TextChoices):
        WORKBOOK = "workbook", _("工作簿")
        CHECK = "check", _("批量核查")

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    #: a workbook, or one recorded check of many enterprises, which is written and taken back alike
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.WORKBOOK)
    name = models.CharField(_("文件名"), max_length=255)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+", db_constraint=False)
    #: SHA-256 of the file's content
    sha256 = models.CharField(max_length=64)
    year = models.PositiveSmallIntegerField(_("年度"))
    #: the officer's corrections of what was understood
    mapping = models.JSONField(default=dict)
    #: what was understood: sheets, header rows, units, columns with samples
    layout = models.JSONField(default=list)
    all_or_nothing = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=State.choices)
    #: rows, created, updated, unchanged, failed, warned
    counts = models.JSONField(default=dict)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    #: the upload holds a personal identity number and goes at this moment at the latest
    personal_until = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True) | Q(state="taken_back"),
                name="batch_taken_back_in_state",
            ),
            models.CheckConstraint(
                condition=Q(taken_back_by__isnull=True) | Q(taken_back_at__isnull=False),
                name="batch_taken_back_by_and_at",
            ),
        ]
        indexes = [
            models.Index(fields=["region", "-created_at", "-id"], name="batch_region_created"),
            models.Index(fields=["region", "sha256"], name="batch_region_content"),
            models.Index(
                fields=["personal_until"], name="batch_personal", condition=Q(personal_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ImportProblem(TenantModel):
    """One finding of an import at its place in the workbook, kept until the batch goes."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="problems", db_constraint=False)
    severity = models.CharField(max_length=8, choices=[("error", _("错误")), ("warning", _("警告"))])
    code = models.CharField(max_length=40)
    sheet = models.CharField(max_length=100, blank=True)
    row = models.PositiveIntegerField(null=True)
    column = models.CharField(max_length=3, blank=True)
    field = models.CharField(max_length=40, blank=True)
    header = models.CharField(max_length=200, blank=True)
    value = models.CharField(max_length=200, blank=True)
    #: the enterprise's name in that row
    subject = models.CharField(max_length=120, blank=True)
    params = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["batch", "severity", "code", "id"], name="importproblem_of")]

    def __str__(self) -> str:
        return f"{self.sheet}!{self.column}{self.row} {self.code}"

    def as_problem(self) -> Problem:
        return Problem(
            "error" if self.severity == "error" else "warning",
            self.code,
            self.sheet,
            self.row,
            self.column,
            self.field,
            self.header,
            self.value,
            self.params,
            self.subject,
        )


class ImportChange(TenantModel):
    """What an import changes, or would change, in what the registry already holds: before and after.

    `changes` is a list of [field code, year or null, before, after], values as text or null.
    """

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="changes", db_constraint=False)
    uscc = models.CharField(max_length=18)
    name = models.CharField(max_length=120)
    sheet = models.CharField(max_length=100, blank=True)
    row = models.PositiveIntegerField(null=True)
    changes = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["batch", "id"], name="importchange_of")]

    def __str__(self) -> str:
        return f"{self.uscc} {len(self.changes)}"


class RememberedLayout(TenantModel):
    """How an officer corrected the columns of a table of one shape, for the next workbook like it."""

    #: hash of the headers, years written as distances from the chosen one
    shape = models.CharField(max_length=64)
    #: column letter → {field, unit, offset} or null; `include_hidden`
    layout = models.JSONField(default=dict)
    saved_at = models.DateTimeField(default=timezone.now)
    saved_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "shape"], name="remembered_once_a_shape"),
        ]

    def __str__(self) -> str:
        return self.shape


class ElsewhereAnswer(TenantModel):
    """One answer "registered elsewhere" that an officer was given about one code on one day."""

    officer = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")
    on = models.DateField()
    uscc = models.CharField(max_length=18)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["region", "officer", "on", "uscc"],
                name="elsewhere_answer_once_a_day",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["officer", "on"], name="elsewhere_answer_of")]

    def __str__(self) -> str:
        return f"{self.on} {self.uscc}"


class EntryDraft(TenantModel):
    """A form entered by hand and not yet sent: kept as typed, also when it is wrong."""

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    by = models.ForeignKey("tenancy.Officer", models.PROTECT, related_name="+")
    #: the enterprise being changed; empty for a new one
    enterprise = models.ForeignKey(
        Enterprise, models.CASCADE, null=True, related_name="+", db_constraint=False
    )
    year = models.PositiveSmallIntegerField()
    data = models.JSONField(default=dict)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["region", "by", "-saved_at"], name="draft_region_by")]

    def __str__(self) -> str:
        return f"{self.by_id} {self.year}"
