"""Short names of facts and choices as they stand in a sentence (the headers of workbooks carry units)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FACT_NAMES = {
    "uscc": gettext_lazy("统一社会信用代码"),
    "industry_code": gettext_lazy("国民经济行业代码"),
    "is_above_scale": gettext_lazy("是否规上工业企业"),
    "segment_years": gettext_lazy("从事特定细分市场年限"),
    "employees": gettext_lazy("从业人员"),
    "rd_staff": gettext_lazy("研发人员"),
    "revenue": gettext_lazy("营业收入"),
    "main_revenue": gettext_lazy("主营业务收入"),
    "total_assets": gettext_lazy("资产总额"),
    "total_liabilities": gettext_lazy("负债总额"),
    "net_profit": gettext_lazy("净利润"),
    "rd_expense": gettext_lazy("研发费用"),
    "equity_financing": gettext_lazy("新增股权融资"),
    "ip1_high_value": gettext_lazy("Ⅰ类高价值知识产权"),
    "ip1_self_developed": gettext_lazy("自主研发Ⅰ类知识产权"),
    "ip1": gettext_lazy("Ⅰ类知识产权"),
    "ip1_applied": gettext_lazy("已应用Ⅰ类知识产权"),
    "ip2": gettext_lazy("Ⅱ类知识产权"),
    "in_strategic_emerging": gettext_lazy("属于战略性新兴产业"),
    "product_field": gettext_lazy("主导产品领域"),
    "rd_institution_level": gettext_lazy("研发机构级别"),
    "digital_level": gettext_lazy("数字化水平等级"),
    "quality_award": gettext_lazy("省级以上质量奖"),
    "quality_certificate": gettext_lazy("质量管理体系认证"),
    "own_brand": gettext_lazy("自主品牌"),
    "standards": gettext_lazy("参与制修订标准"),
    "core_it_systems": gettext_lazy("核心业务信息系统"),
    "management_certificate": gettext_lazy("管理体系认证"),
    "foreign_product_certificate": gettext_lazy("发达国家产品认证"),
    "segment_share": gettext_lazy("细分市场占有率"),
    "domestic_rank": gettext_lazy("国内排名"),
    "local_feature_score": gettext_lazy("地方特色化得分"),
    "platform_score": gettext_lazy("专精特新发展评价得分"),
    "tech_staff": gettext_lazy("科技人员"),
    "total_cost": gettext_lazy("成本费用总额"),
    "hnte_valid_until": gettext_lazy("高新技术企业有效期"),
    "ip_demonstration_valid_until": gettext_lazy("知识产权优势（示范）企业有效期"),
    "tech_innovation_demo_valid_until": gettext_lazy("国家级技术创新示范企业有效期"),
    "provincial_award_on": gettext_lazy("省级科技奖励日期"),
    "provincial_award_rank": gettext_lazy("省级科技奖励排名"),
    "national_award_on": gettext_lazy("国家级科技奖励日期"),
    "national_award_rank": gettext_lazy("国家级科技奖励排名"),
    "maker_china_on": gettext_lazy("创客中国获奖日期"),
    "maker_china_band": gettext_lazy("创客中国名次"),
    "tech_sme_valid_until": gettext_lazy("科技型中小企业有效期"),
    "innovative_valid_until": gettext_lazy("创新型中小企业有效期"),
    "specialised_valid_until": gettext_lazy("专精特新中小企业有效期"),
    "little_giant_valid_until": gettext_lazy("小巨人企业有效期"),
    "led_standard_on": gettext_lazy("主导制定标准日期"),
    "chain_role": gettext_lazy("产业链作用"),
    "product_field_fit": gettext_lazy("产品领域是否符合"),
    "segment_position": gettext_lazy("细分市场地位"),
    "on_abnormal_list": gettext_lazy("是否列入经营异常名录"),
    "on_dishonesty_list": gettext_lazy("是否列入严重失信名单"),
    "accident_3y": gettext_lazy("近三年重大事故或偷漏税"),
    "restricted_product": gettext_lazy("产品是否属禁止限制淘汰类"),
    "controlled_by_large": gettext_lazy("是否被大型企业控股或管理"),
    "size_class": gettext_lazy("企业规模"),
    "main_ratio": gettext_lazy("主营业务收入占比"),
    "rd_ratio": gettext_lazy("研发费用占比"),
    "debt_ratio": gettext_lazy("资产负债率"),
    "net_margin": gettext_lazy("净利润率"),
    "rd_staff_ratio": gettext_lazy("研发人员占比"),
    "rd_cost_ratio": gettext_lazy("研发费用占成本费用比例"),
    "tech_staff_ratio": gettext_lazy("科技人员占比"),
    "main_revenue_growth": gettext_lazy("主营业务收入增长率"),
    "main_revenue_avg_growth_2y": gettext_lazy("近两年主营业务收入平均增长率"),
    "revenue_growth_2y": gettext_lazy("两年营业收入增长率"),
    "rd_expense_2y_sum": gettext_lazy("近两年研发费用合计"),
    "equity_financing_2y": gettext_lazy("近两年新增股权融资"),
    "equity_financing_3y": gettext_lazy("近三年新增股权融资"),
}

CHOICE_NAMES = {
    ("size_class", "large"): gettext_lazy("大型"),
    ("size_class", "medium"): gettext_lazy("中型"),
    ("size_class", "small"): gettext_lazy("小型"),
    ("size_class", "micro"): gettext_lazy("微型"),
    ("rd_institution_level", "national"): gettext_lazy("国家级"),
    ("rd_institution_level", "provincial"): gettext_lazy("省级"),
    ("rd_institution_level", "municipal"): gettext_lazy("市级"),
    ("rd_institution_level", "below_municipal"): gettext_lazy("市级以下"),
    ("rd_institution_level", "none"): gettext_lazy("无"),
    ("product_field", "gap_closing"): gettext_lazy("补短板锻长板填空白"),
    ("product_field", "six_foundations"): gettext_lazy("六基"),
    ("product_field", "old_brand"): gettext_lazy("中华老字号"),
    ("product_field", "serves_chain_leader"): gettext_lazy("关键产业链配套"),
    ("product_field", "key_manufacturing"): gettext_lazy("制造强国重点领域"),
    ("product_field", "network_power"): gettext_lazy("网络强国"),
    ("product_field", "other"): gettext_lazy("其他"),
}


def fact_name(code: str, year: int | None = None) -> str:
    """“研发费用”; of an earlier year “2024 年主营业务收入”, or “前 1 年…” where Y is not told."""
    base, _bracket, back = code.partition("[Y-")
    name = str(FACT_NAMES.get(base, base))
    if not back:
        return name
    years = int(back.rstrip("]"))
    if year is None:
        return _("前 %(years)d 年%(name)s") % {"years": years, "name": name}
    return _("%(year)d 年%(name)s") % {"year": year - years, "name": name}


def choice_name(fact: str, value: str) -> str:
    """The word of a choice, its code where there is none."""
    return str(CHOICE_NAMES.get((fact, value), value))
