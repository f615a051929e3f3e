from __future__ import annotations

from typing import TYPE_CHECKING

import pghistory
import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.rules.names import name_keys
from tenancy.models import TenantModel
from tenancy.models.base import new_public_id


class State(models.TextChoices):
    ACTIVE = "active", _("在业")
    DEREGISTERED = "deregistered", _("注销")
    MOVED = "moved", _("迁出")
    MERGED = "merged", _("被合并")


class EnterpriseQuerySet(models.QuerySet["Enterprise"]):
    def under(self, path: str) -> EnterpriseQuerySet:
        """The enterprises of a region and of everything below it, by the range the policies use too."""
        return self.filter(region_id__gte=path, region_id__lt=path + "~")

    def active(self) -> EnterpriseQuerySet:
        return self.filter(state=State.ACTIVE)


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    level=pgtrigger.Statement,
    context_field=None,  # type: ignore[arg-type]
    model_name="EnterpriseEvent",
    meta={
        "indexes": [
            # An import's rows lie one behind the other, so the ranges of pages say where they are.
            BrinIndex(fields=["import_batch_id"], name="enterpriseevent_batch", autosummarize=True),
        ],
    },
)
class Enterprise(TenantModel):
    """One identity per enterprise, nation-wide by its code. Facts that do not belong to a year.

    Empty is unknown; for the dated honours empty means not held. A former name is an alias.
    """

    public_id = models.CharField(max_length=26, unique=True, default=new_public_id, editable=False)
    uscc = models.CharField(_("统一社会信用代码"), max_length=18, unique=True)
    name = models.CharField(_("企业名称"), max_length=120)
    name_key = models.CharField(max_length=240)
    pinyin = models.CharField(max_length=600)
    initials = models.CharField(max_length=120)
    park = models.CharField(_("所在园区"), max_length=200, null=True, blank=True)
    industry_code = models.CharField(_("国民经济行业代码"), max_length=5, null=True, blank=True)
    established_on = models.DateField(_("成立日期"), null=True, blank=True)
    #: only year and month are known; `established_on` is the first of the month
    established_month_only = models.BooleanField(default=False)
    legal_representative = models.CharField(_("法定代表人"), max_length=200, null=True, blank=True)
    contact_name = models.CharField(_("联系人"), max_length=200, null=True, blank=True)
    contact_phone = models.CharField(_("联系电话"), max_length=60, null=True, blank=True)
    leading_product = models.CharField(_("主导产品"), max_length=500, null=True, blank=True)
    industrial_chain = models.CharField(_("所属产业链"), max_length=200, null=True, blank=True)
    is_above_scale = models.BooleanField(_("规上工业企业"), null=True, blank=True)

    hnte_valid_until = models.DateField(_("高新技术企业有效期至"), null=True, blank=True)
    ip_demonstration_valid_until = models.DateField(
        _("知识产权优势（示范）企业有效期至"), null=True, blank=True
    )
    tech_innovation_demo_valid_until = models.DateField(
        _("国家级技术创新示范企业有效期至"), null=True, blank=True
    )
    provincial_award_on = models.DateField(_("省级科技奖励日期"), null=True, blank=True)
    provincial_award_rank = models.PositiveIntegerField(_("省级科技奖励排名"), null=True, blank=True)
    national_award_on = models.DateField(_("国家级科技奖励日期"), null=True, blank=True)
    national_award_rank = models.PositiveIntegerField(_("国家级科技奖励排名"), null=True, blank=True)
    maker_china_on = models.DateField(_("创客中国入围日期"), null=True, blank=True)
    maker_china_band = models.PositiveSmallIntegerField(_("创客中国名次"), null=True, blank=True)
    tech_sme_valid_until = models.DateField(_("科技型中小企业入库有效期至"), null=True, blank=True)
    innovative_valid_until = models.DateField(_("创新型中小企业有效期至"), null=True, blank=True)
    specialised_valid_until = models.DateField(_("专精特新中小企业有效期至"), null=True, blank=True)
    little_giant_valid_until = models.DateField(_("小巨人有效期至"), null=True, blank=True)
    led_standard_on = models.DateField(_("主导制定标准日期"), null=True, blank=True)

    #: the state of today; how it came about stands in EnterpriseState
    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.ACTIVE)

    # Where the row's content comes from. The batch is a plain id: a prefecture's import may lie above.
    import_batch_id = models.BigIntegerField(null=True, editable=False)
    source_file = models.CharField(max_length=200, blank=True, editable=False)
    source_sheet = models.CharField(max_length=100, blank=True, editable=False)
    source_row = models.PositiveIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = EnterpriseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                # Repeating a class a fixed number of times takes PostgreSQL six times as long.
                condition=Q(Exact(Length("uscc"), 18), uscc__regex="^[0-9A-HJ-NPQRTUWXY]+$")
                | Q(Exact(Length("uscc"), 15), uscc__regex="^[0-9]+$"),
                name="enterprise_uscc_shape",
            ),
            models.CheckConstraint(condition=~Q(name="") & ~Q(name_key=""), name="enterprise_has_a_name"),
            models.CheckConstraint(
                condition=Q(maker_china_band__in=[50, 500]) | Q(maker_china_band__isnull=True),
                name="enterprise_maker_china_band",
            ),
            models.CheckConstraint(
                condition=Q(industry_code__regex=r"^[A-T][0-9]{2,4}$") | Q(industry_code__isnull=True),
                name="enterprise_industry_shape",
            ),
            models.CheckConstraint(
                condition=Q(established_month_only=False) | Q(established_on__isnull=False),
                name="enterprise_month_needs_a_date",
            ),
        ]
        indexes = [
            # Read backwards; the other way round each new row would be put in front of all the others.
            models.Index(fields=["updated_at", "id"], name="enterprise_updated"),
            models.Index(fields=["region", "pinyin", "id"], name="enterprise_region_pinyin"),
            models.Index(fields=["region", "name_key"], name="enterprise_region_name"),
            # None by region and state: in a young table the check of a foreign key would be planned by it.
        ]

    def __str__(self) -> str:
        return self.name

    if TYPE_CHECKING:  # the roof says where an enterprise's page is (ABSOLUTE_URL_OVERRIDES)

        def get_absolute_url(self) -> str: ...

    def set_name(self, name: str) -> None:
        """Sets the name together with its search keys."""
        self.name = name
        self.name_key, self.pinyin, self.initials = name_keys(name)


class NameHistory(TenantModel):
    """A former name: the enterprise is still found by it."""

    enterprise = models.ForeignKey(
        Enterprise, models.CASCADE, related_name="former_names", db_constraint=False
    )
    name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=240)
    initials = models.CharField(max_length=120)
    until_on = models.DateField()
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "name"], name="former_name_once"),
        ]
        indexes = [models.Index(fields=["region", "name_key"], name="former_name_region_key")]

    def __str__(self) -> str:
        return self.name


class FormerRegion(TenantModel):
    """Where the enterprise was registered before it moved; the row itself lies in its present region."""

    enterprise = models.ForeignKey(
        Enterprise, models.CASCADE, related_name="former_regions", db_constraint=False
    )
    former_region = models.ForeignKey("tenancy.Region", models.PROTECT, to_field="path", related_name="+")
    until_on = models.DateField()
    #: what stays behind there, frozen at the hand-over (judgements, changes of figures)
    dossier = models.ForeignKey(
        "tenancy.StoredFile",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.former_region_id} – {self.until_on}"


class EnterpriseState(TenantModel):
    """One dated change of an enterprise's state: an act, never corrected but by the next one."""

    enterprise = models.ForeignKey(Enterprise, models.PROTECT, related_name="states", db_constraint=False)
    state = models.CharField(max_length=12, choices=State.choices)
    on = models.DateField()
    #: the code of the enterprise that it was merged into
    merged_into = models.CharField(max_length=18, blank=True)
    note = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey("tenancy.Officer", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(merged_into="") | Q(state=State.MERGED), name="merged_into_only_when_merged"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.on}"
