from __future__ import annotations

from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enterprises.models.enterprise import Enterprise
from tenancy.models import TenantModel


def _count(label: Any) -> models.PositiveIntegerField:
    return models.PositiveIntegerField(label, null=True, blank=True)


def _money(label: Any) -> models.DecimalField:
    """Yuan with two places."""
    return models.DecimalField(label, max_digits=18, decimal_places=2, null=True, blank=True)


def _exact(label: Any) -> models.DecimalField:
    return models.DecimalField(label, max_digits=18, decimal_places=12, null=True, blank=True)


def _yes_no(label: Any) -> models.BooleanField:
    return models.BooleanField(label, null=True, blank=True)


class ProductField(models.TextChoices):
    GAP_CLOSING = "gap_closing", _("补短板锻长板填空白")
    SIX_FOUNDATIONS = "six_foundations", _("六基")
    OLD_BRAND = "old_brand", _("中华老字号")
    SERVES_CHAIN_LEADER = "serves_chain_leader", _("关键产业链配套")
    KEY_MANUFACTURING = "key_manufacturing", _("制造强国重点领域")
    NETWORK_POWER = "network_power", _("网络强国")
    OTHER = "other", _("其他")


class InstitutionLevel(models.TextChoices):
    NATIONAL = "national", _("国家级")
    PROVINCIAL = "provincial", _("省级")
    MUNICIPAL = "municipal", _("市级")
    BELOW_MUNICIPAL = "below_municipal", _("市级以下")
    NONE = "none", _("无")


class DigitalLevel(models.IntegerChoices):
    ONE = 1, _("一级")
    TWO = 2, _("二级")
    THREE = 3, _("三级")
    FOUR = 4, _("四级")


def _between(code: str, low: int, high: int) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{code}__isnull": True}) | Q(**{f"{code}__gte": low, f"{code}__lte": high}),
        name=f"figures_{code}_range",
    )


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    level=pgtrigger.Statement,
    context_field=None,  # type: ignore[arg-type]
    model_name="AnnualFiguresEvent",
    # Without the index that a key brings along: history is asked for by figure or by import.
    attrs={
        "enterprise": models.ForeignKey(
            Enterprise, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
        )
    },
    meta={
        "indexes": [
            BrinIndex(fields=["import_batch_id"], name="figuresevent_batch", autosummarize=True),
        ],
    },
)
class AnnualFigures(TenantModel):
    """The facts of one enterprise in one year; empty is unknown, never zero.

    Money is yuan with two places; `segment_share` is percent points (12.5 is 12.5 %). The row is part of
    the enterprise's file and moves with it.
    """

    enterprise = models.ForeignKey(Enterprise, models.CASCADE, related_name="figures", db_constraint=False)
    year = models.PositiveSmallIntegerField(_("年度"))

    segment_years = _count(_("从事特定细分市场年限"))
    employees = _count(_("从业人员"))
    rd_staff = _count(_("研发人员"))
    revenue = _money(_("营业收入"))
    main_revenue = _money(_("主营业务收入"))
    total_assets = _money(_("资产总额"))
    total_liabilities = _money(_("负债总额"))
    net_profit = _money(_("净利润"))
    rd_expense = _money(_("研发费用"))
    equity_financing = _money(_("新增股权融资"))

    ip1_high_value = _count(_("Ⅰ类高价值知识产权"))
    ip1_self_developed = _count(_("自主研发Ⅰ类知识产权"))
    ip1 = _count(_("Ⅰ类知识产权"))
    ip1_applied = _count(_("已应用Ⅰ类知识产权"))
    ip2 = _count(_("Ⅱ类知识产权"))
    in_strategic_emerging = _yes_no(_("属于战略性新兴产业"))
    product_field = models.CharField(
        _("主导产品领域"), max_length=20, choices=ProductField.choices, null=True, blank=True
    )
    rd_institution_level = models.CharField(
        _("研发机构级别"), max_length=20, choices=InstitutionLevel.choices, null=True, blank=True
    )
    digital_level = models.PositiveSmallIntegerField(
        _("数字化水平等级"), choices=DigitalLevel.choices, null=True, blank=True
    )
    quality_award = _yes_no(_("省级以上质量奖"))
    quality_certificate = _yes_no(_("质量管理体系认证"))
    own_brand = _yes_no(_("自主品牌"))
    standards = _yes_no(_("参与制修订标准"))
    core_it_systems = _count(_("核心业务信息系统"))
    management_certificate = _yes_no(_("管理体系认证"))
    foreign_product_certificate = _yes_no(_("发达国家产品认证"))
    segment_share = _exact(_("细分市场占有率"))
    domestic_rank = _count(_("国内排名"))
    local_feature_score = _exact(_("地方特色化得分"))
    platform_score = _exact(_("专精特新发展评价得分"))
    tech_staff = _count(_("科技人员"))
    total_cost = _money(_("成本费用总额"))

    chain_role = _yes_no(_("产业链作用（人工判定）"))
    product_field_fit = _yes_no(_("产品领域符合（人工判定）"))
    segment_position = _yes_no(_("细分市场地位（人工判定）"))

    on_abnormal_list = _yes_no(_("列入经营异常名录"))
    on_dishonesty_list = _yes_no(_("列入严重失信名单"))
    accident_3y = _yes_no(_("近三年重大安全质量环境事故或偷漏税"))
    restricted_product = _yes_no(_("产品属于禁止限制淘汰类"))
    controlled_by_large = _yes_no(_("被大型企业控股或管理"))

    import_batch_id = models.BigIntegerField(null=True, editable=False)
    source_file = models.CharField(max_length=200, blank=True, editable=False)
    source_sheet = models.CharField(max_length=100, blank=True, editable=False)
    source_row = models.PositiveIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_by = models.ForeignKey(
        "tenancy.Officer", models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enterprise", "year"], name="figures_once_a_year"),
            models.CheckConstraint(condition=Q(year__gte=1990, year__lte=2100), name="figures_year_range"),
            models.CheckConstraint(
                condition=Q(equity_financing__isnull=True) | Q(equity_financing__gte=0),
                name="figures_financing_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(domestic_rank__isnull=True) | Q(domestic_rank__gte=1),
                name="figures_rank_from_one",
            ),
            _between("segment_share", 0, 100),
            _between("local_feature_score", 0, 15),
            _between("platform_score", 0, 100),
            _between("digital_level", 1, 4),
            models.CheckConstraint(
                condition=Q(product_field__isnull=True) | Q(product_field__in=ProductField.values),
                name="figures_product_field",
            ),
            models.CheckConstraint(
                condition=Q(rd_institution_level__isnull=True)
                | Q(rd_institution_level__in=InstitutionLevel.values),
                name="figures_institution_level",
            ),
        ]
        indexes = [
            models.Index(fields=["region", "year"], name="figures_region_year"),
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id} {self.year}"
