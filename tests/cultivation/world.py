"""Enterprises with figures, made directly in the tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from enterprises.models import AnnualFigures, Enterprise
from tenancy.context import nation

YEAR = 2025


def code(number: int) -> str:
    return f"91652701MA{number:08d}"


def enterprise(
    number: int, region: str, *, name: str | None = None, figures: dict | None = None, **facts
) -> Enterprise:
    """An enterprise that passes by its score, unless `figures` (yuan) of Y say otherwise."""
    with nation():
        made = Enterprise(
            region_id=region, uscc=facts.pop("uscc", code(number)), industry_code="C3985", **facts
        )
        made.set_name(name or f"第{number}企业有限公司")
        made.save()
        values = {
            "employees": 120,
            "revenue": Decimal(50_000_000),
            "main_revenue": Decimal(40_000_000),
            "total_assets": Decimal(60_000_000),
            "total_liabilities": Decimal(30_000_000),
            "rd_expense": Decimal(1_500_000),
            "equity_financing": Decimal(0),
            "ip1_high_value": 0,
            "ip1_self_developed": 1,
            "ip1": 1,
            "ip2": 3,
            "in_strategic_emerging": True,
            "rd_institution_level": "none",
            "on_abnormal_list": False,
            "on_dishonesty_list": False,
            "accident_3y": False,
            "restricted_product": False,
        } | (figures or {})
        AnnualFigures.objects.create(enterprise=made, region_id=region, year=YEAR, **values)
        AnnualFigures.objects.create(
            enterprise=made,
            region_id=region,
            year=YEAR - 1,
            main_revenue=Decimal(35_000_000),
            equity_financing=0,
        )
        AnnualFigures.objects.create(enterprise=made, region_id=region, year=YEAR - 2, equity_financing=0)
    return made


ON = date(2026, 9, 30)
