"""Invented enterprises: names, codes and figures of three years, drawn from a seed per county."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from stdnum.cn import uscc as gb32100

from portal.demo import words

YEAR = 2025
_SUBJECT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

#: what an unknown looks like in the workbooks of the offices
UNKNOWN = ("", "", "", "不详", "—", "/")


@dataclass
class Invented:
    """One enterprise. `facts` maps (fact code, years before YEAR) to a value; absent is unknown."""

    region: str
    uscc: str
    name: str
    facts: dict[tuple[str, int], Any] = field(default_factory=dict)
    #: what nobody had written down at first, and a later workbook may hold
    forgotten: dict[tuple[str, int], Any] = field(default_factory=dict)

    def get(self, code: str, before: int = 0) -> Any:
        return self.facts.get((code, before))


def invent(region: str, place: str, count: int) -> list[Invented]:
    """`count` enterprises of a county, the same at every call; `place` opens their names."""
    draw = random.Random(f"tidu-demo-{region}")
    names: set[str] = set()
    found: list[Invented] = []
    while len(found) < count:
        trade = draw.choice(words.TRADES.get(region[:2], words.PLAINS))
        name = _name(draw, place, trade[1])
        if name in names:
            continue
        names.add(name)
        kind = "93" if name.endswith("合作社") else "91"
        found.append(Invented(region, credit_code(draw, region, kind), name))
        _fill(draw, found[-1], trade)
    return found


def person(draw: random.Random, region: str) -> str:
    if region[:2] in {"65", "54"} and draw.random() < 0.3:
        return draw.choice(words.PEOPLES_NAMES)
    return draw.choice(words.SURNAMES) + draw.choice(words.GIVEN)


def credit_code(draw: random.Random, region: str, kind: str = "91") -> str:
    """A well-formed credit code whose subject code is not of a kind that is issued."""
    body = draw.choice("DEFGHJKL") + "".join(draw.choice(_SUBJECT) for _ in range(7))
    total = sum(int(char, 36) * weight for char, weight in zip(body, _ORG_WEIGHTS, strict=True))
    check = "0123456789X0"[11 - total % 11] if total % 11 != 1 else "X"
    code = f"{kind}{region}{body}{check}"
    return code + gb32100.calc_check_digit(code)


def _name(draw: random.Random, place: str, trade: str) -> str:
    forms = [form for form, weight in words.FORMS for _ in range(weight)]
    if trade.endswith("科技"):
        forms = [form for form in forms if not form.startswith("科技")]
    brand = draw.choice(words.FIRST) + draw.choice(words.SECOND)
    if trade.endswith(("食品", "粮油", "乳业")) and draw.random() < 0.15:
        return f"{place}{brand}{trade}农民专业合作社"
    return f"{place}{brand}{trade}{draw.choice(forms)}"


def _fill(draw: random.Random, firm: Invented, trade: words.Trade) -> None:
    industry, _, product, chain, strategic = trade
    facts = firm.facts
    quality = draw.gauss(0, 1)  # how innovative the firm is; ties its indicators together
    size = draw.choices(("micro", "small", "medium", "large"), (20, 58, 20, 2))[0]
    low, high = {
        "micro": (120, 900),
        "small": (600, 9_000),
        "medium": (5_000, 38_000),
        "large": (48_000, 160_000),
    }[size]
    revenue = draw.uniform(low, high)
    staff = {"micro": (4, 18), "small": (15, 180), "medium": (120, 600), "large": (1_050, 2_400)}[size]
    employees = draw.randint(*staff)
    facts["industry_code", 0] = industry
    facts["leading_product", 0] = product
    facts["industrial_chain", 0] = chain or None
    facts["park", 0] = draw.choice(words.PARKS.get(firm.region, ("",))) or None
    facts["established_on", 0] = dt.date(draw.randint(2001, 2022), draw.randint(1, 12), draw.randint(1, 28))
    facts["legal_representative", 0] = person(draw, firm.region)
    facts["contact_name", 0] = person(draw, firm.region)
    # 000 is no number that a person can have.
    facts["contact_phone", 0] = f"199000{draw.randint(0, 99999):05d}"
    facts["is_above_scale", 0] = industry[0] in "BCD" and revenue >= 2_000
    facts["segment_years", 0] = max(1, YEAR - facts["established_on", 0].year - draw.randint(0, 2))
    main_share = min(1.0, max(0.42, draw.gauss(0.84 + 0.04 * quality, 0.13)))
    rd_share = max(0.0, draw.gauss(0.026 + 0.012 * quality, 0.013))
    debt_share = min(1.3, max(0.08, draw.gauss(0.52 - 0.05 * quality, 0.17)))
    assets = revenue * draw.uniform(0.7, 2.1)
    for before in (0, 1, 2):
        facts["revenue", before] = money(revenue)
        facts["main_revenue", before] = money(revenue * main_share)
        facts["rd_expense", before] = money(revenue * rd_share)
        facts["employees", before] = employees
        if before < 2:
            facts["rd_staff", before] = round(employees * min(0.6, rd_share * draw.uniform(2.5, 5)))
            facts["total_assets", before] = money(assets)
            facts["total_liabilities", before] = money(assets * debt_share)
            facts["net_profit", before] = money(revenue * draw.gauss(0.05 + 0.01 * quality, 0.05))
        growth = draw.gauss(0.08 + 0.04 * quality, 0.11)
        revenue /= max(0.5, 1 + growth)
        assets /= max(0.7, 1 + growth / 2)
        employees = max(2, round(employees / (1 + growth / 2)))
    _rights(draw, facts, quality)
    facts["in_strategic_emerging", 0] = strategic
    facts["product_field", 0] = _field(draw, strategic)
    facts["rd_institution_level", 0] = draw.choices(
        ("无", "市级以下", "市级", "省级", "国家级"),
        (60, 14, 16, 9 if quality > 0.8 else 1, 1 if quality > 1.8 else 0),
    )[0]
    facts["digital_level", 0] = draw.choices(("一级", "二级", "三级", "四级"), (45, 38, 14, 3))[0]
    for code, likely in (
        ("quality_certificate", 0.55),
        ("management_certificate", 0.4),
        ("own_brand", 0.5),
        ("standards", 0.12),
        ("quality_award", 0.05),
        ("foreign_product_certificate", 0.05),
    ):
        facts[code, 0] = draw.random() < likely + 0.1 * quality
    for before in (0, 1, 2):
        facts["equity_financing", before] = Decimal(0)
    if quality > 0.9 and draw.random() < 0.25:
        facts["equity_financing", draw.randint(0, 2)] = money(draw.uniform(200, 2_500))
    for code, unlikely in (
        ("on_abnormal_list", 0.03),
        ("on_dishonesty_list", 0.01),
        ("accident_3y", 0.02),
        ("restricted_product", 0.01),
        ("controlled_by_large", 0.03),
    ):
        facts[code, 0] = draw.random() < unlikely
    _honours(draw, facts, quality)
    for key, share in _SELDOM_KNOWN.items():
        if key in facts and draw.random() < share:
            firm.forgotten[key] = facts.pop(key)


def _honours(draw: random.Random, facts: dict[tuple[str, int], Any], quality: float) -> None:
    """Titles in force or run out, of the better ones."""

    def until(first: int, last: int) -> dt.date:
        return dt.date(draw.randint(first, last), draw.randint(1, 12), 28)

    if quality > 0.6 and draw.random() < 0.45:
        facts["hnte_valid_until", 0] = until(2025, 2028)
    if quality > 0.3 and draw.random() < 0.4:
        facts["tech_sme_valid_until", 0] = dt.date(draw.choice((2025, 2026)), 12, 31)
    if quality > 0.4 and draw.random() < 0.6:
        facts["innovative_valid_until", 0] = until(2026, 2028)
    if quality > 1.0 and draw.random() < 0.5:
        facts["specialised_valid_until", 0] = until(2026, 2028)
    if quality > 1.8 and draw.random() < 0.4:
        facts["little_giant_valid_until", 0] = until(2026, 2028)


def _rights(draw: random.Random, facts: dict[tuple[str, int], Any], quality: float) -> None:
    """Counts of intellectual property that agree with each other."""
    ip1 = max(0, round(draw.gauss(0.6 + quality, 1.2)))
    own = draw.randint(0, ip1)
    high = draw.randint(0, own) if quality > 0.8 else 0
    facts["ip1", 0] = ip1
    facts["ip1_self_developed", 0] = own
    facts["ip1_high_value", 0] = high
    facts["ip1_applied", 0] = draw.randint(0, ip1)
    facts["ip2", 0] = max(0, round(draw.gauss(3 + 2 * quality, 3)))


def _field(draw: random.Random, strategic: bool) -> str:
    options = (
        "补短板锻长板填空白",
        "六基",
        "中华老字号",
        "关键产业链配套",
        "制造强国重点领域",
        "网络强国",
        "其他",
    )
    return draw.choices(options, (6, 5, 1, 14, 14, 4, 6) if strategic else (1, 2, 1, 12, 4, 1, 40))[0]


_SELDOM_KNOWN = {
    ("in_strategic_emerging", 0): 0.06,
    ("rd_expense", 0): 0.05,
    ("main_revenue", 0): 0.04,
    ("main_revenue", 1): 0.07,
    ("equity_financing", 1): 0.06,
    ("total_liabilities", 0): 0.05,
    ("ip1_high_value", 0): 0.08,
    ("ip1", 0): 0.03,
    ("ip2", 0): 0.05,
    ("on_dishonesty_list", 0): 0.05,
    ("accident_3y", 0): 0.04,
    ("restricted_product", 0): 0.03,
    ("industry_code", 0): 0.02,
    ("employees", 0): 0.02,
    ("rd_institution_level", 0): 0.06,
    ("product_field", 0): 0.15,
    ("digital_level", 0): 0.2,
    ("contact_phone", 0): 0.1,
}


def money(amount: float) -> Decimal:
    """An amount of 万元 as an office writes it, two places."""
    return Decimal(round(amount * 100)) / 100
