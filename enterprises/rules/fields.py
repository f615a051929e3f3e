"""The field vocabulary of the registry: every fact a workbook may carry, once, as plain data.

The workbook reader, the models, the writer, the export and the judge's facts are all made from this
table, so a new fact is one line here (and a column). Source: the field vocabulary, `Y` is the
reporting year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "code", "date", "money", "count", "percent", "yes_no", "choice", "score", "region"]
Group = Literal["identity", "yearly", "year_end", "person", "honour", "integrity"]
Storage = Literal["enterprise", "figures"]


@dataclass(frozen=True, slots=True)
class Field:
    """One fact. `unit` is the unit of the canonical header; `years` the offsets from Y that rules use."""

    code: str
    header: str
    kind: Kind
    group: Group
    storage: Storage
    synonyms: tuple[str, ...] = ()
    unit: str = ""
    #: for a choice: (stored value, Chinese word, further spellings)
    choices: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    years: tuple[int, ...] = (0,)
    #: lowest and highest value of a number, inclusive; None is open
    low: int | None = None
    high: int | None = None
    max_length: int = 200

    @property
    def by_year(self) -> bool:
        """Whether the fact belongs to a year (and so lies in AnnualFigures)."""
        return self.storage == "figures"


def _id(code: str, header: str, kind: Kind, synonyms: str = "", **more: object) -> Field:
    storage = more.pop("storage", "enterprise")
    return Field(code, header, kind, "identity", storage, tuple(synonyms.split()), **more)  # type: ignore[arg-type]


def _yearly(code: str, header: str, kind: Kind, synonyms: str = "", **more: object) -> Field:
    return Field(
        code,
        header,
        kind,
        "yearly",
        "figures",
        tuple(synonyms.split()),
        years=(0, 1, 2),
        **more,  # type: ignore[arg-type]
    )


def _end(code: str, header: str, kind: Kind, synonyms: str = "", **more: object) -> Field:
    return Field(code, header, kind, "year_end", "figures", tuple(synonyms.split()), **more)  # type: ignore[arg-type]


def _honour(code: str, header: str, kind: Kind = "date", synonyms: str = "", **more: object) -> Field:
    return Field(code, header, kind, "honour", "enterprise", tuple(synonyms.split()), **more)  # type: ignore[arg-type]


def _asked(code: str, header: str, group: Group, synonyms: str = "") -> Field:
    return Field(code, header, "yes_no", group, "figures", tuple(synonyms.split()))


IDENTITY = (
    _id(
        "uscc",
        "统一社会信用代码",
        "code",
        "信用代码 社会信用代码 税号 统一信用代码 社会统一信用代码 企业统一社会信用代码 统一社会信用代码号 纳税人识别号",
        max_length=18,
    ),
    _id("name", "企业名称", "text", "单位名称 名称 公司名称 企业全称 单位全称 公司全称", max_length=120),
    _id(
        "region",
        "所属县（市、区）",
        "region",
        "县市区 区县 所在地 行政区划代码 县市 所属县市 所在县市 所属县市区 所在县市区 所属区县 所在区县 区划代码",
    ),
    _id("park", "所在园区", "text", "园区"),
    _id("industry_code", "国民经济行业代码", "code", "行业代码 所属行业", max_length=5),
    _id("established_on", "成立日期", "date", "注册时间 成立时间 注册日期 成立年月"),
    _id("legal_representative", "法定代表人", "text", "法人 法人代表 法定代表人姓名 法人姓名 法人代表姓名"),
    _id("contact_name", "联系人", "text", "联系人姓名"),
    _id(
        "contact_phone",
        "联系电话",
        "text",
        "手机 手机号 手机号码 电话 电话号码 联系人电话 联系方式",
        max_length=60,
    ),
    _id("leading_product", "主导产品", "text", "主营产品", max_length=500),
    _id("industrial_chain", "所属产业链", "text", "产业链"),
    _id(
        "is_above_scale",
        "是否规上工业企业",
        "yes_no",
        "规上 是否规模以上 是否规上企业 是否规模以上企业 是否规模以上工业企业",
    ),
    _id(
        "segment_years",
        "从事特定细分市场年限（年）",
        "count",
        "从事细分市场时间 从事特定细分市场时间",
        unit="年",
        storage="figures",
        high=300,
    ),
)

YEARLY = (
    _yearly(
        "employees",
        "从业人员（人）",
        "count",
        "从业人数 从业人员数 从业人员总数 职工人数 职工总数 员工人数 员工总数",
        unit="人",
    ),
    _yearly("rd_staff", "研发人员（人）", "count", "研发人员数 研发人员数量 研发人员总数", unit="人"),
    _yearly("revenue", "营业收入（万元）", "money", unit="万元"),
    _yearly("main_revenue", "主营业务收入（万元）", "money", "主营收入", unit="万元"),
    _yearly("total_assets", "资产总额（万元）", "money", "资产总计 资产合计 总资产", unit="万元"),
    _yearly("total_liabilities", "负债总额（万元）", "money", "负债合计 负债总计 总负债", unit="万元"),
    _yearly("net_profit", "净利润（万元）", "money", unit="万元"),
    _yearly("rd_expense", "研发费用（万元）", "money", unit="万元"),
    _yearly("equity_financing", "新增股权融资（万元）", "money", unit="万元", low=0),
)

YEAR_END = (
    _end("ip1_high_value", "Ⅰ类高价值知识产权（项）", "count", unit="项"),
    _end("ip1_self_developed", "自主研发Ⅰ类知识产权（项）", "count", unit="项"),
    _end("ip1", "Ⅰ类知识产权（项）", "count", unit="项"),
    _end("ip1_applied", "已应用Ⅰ类知识产权（项）", "count", unit="项"),
    _end("ip2", "Ⅱ类知识产权（项）", "count", unit="项"),
    _end("in_strategic_emerging", "属于战略性新兴产业", "yes_no", "是否属于战略性新兴产业"),
    _end(
        "product_field",
        "主导产品领域",
        "choice",
        choices=(
            ("gap_closing", "补短板锻长板填空白", ("补短板", "锻长板", "填空白")),
            ("six_foundations", "六基", ("工业六基",)),
            ("old_brand", "中华老字号", ("老字号",)),
            ("serves_chain_leader", "关键产业链配套", ()),
            ("key_manufacturing", "制造强国重点领域", ()),
            ("network_power", "网络强国", ()),
            ("other", "其他", ("其它",)),
        ),
    ),
    _end(
        "rd_institution_level",
        "研发机构级别",
        "choice",
        choices=(
            ("national", "国家级", ()),
            ("provincial", "省级", ("省部级", "自治区级")),
            ("municipal", "市级", ("地级", "地市级", "州级")),
            ("below_municipal", "市级以下", ("县级", "区级")),
            ("none", "无", ()),
        ),
    ),
    _end(
        "digital_level",
        "数字化水平等级",
        "choice",
        choices=(
            ("1", "一级", ("1级",)),
            ("2", "二级", ("2级",)),
            ("3", "三级", ("3级",)),
            ("4", "四级", ("4级",)),
        ),
    ),
    _end("quality_award", "省级以上质量奖", "yes_no"),
    _end("quality_certificate", "质量管理体系认证", "yes_no"),
    _end("own_brand", "自主品牌", "yes_no"),
    _end("standards", "参与制修订标准", "yes_no"),
    _end("core_it_systems", "核心业务信息系统（项）", "count", unit="项"),
    _end("management_certificate", "管理体系认证", "yes_no"),
    _end("foreign_product_certificate", "发达国家产品认证", "yes_no"),
    _end("segment_share", "细分市场占有率（%）", "percent", unit="%", low=0, high=100),
    _end("domestic_rank", "国内排名", "count", low=1),
    _end("local_feature_score", "地方特色化得分", "score", low=0, high=15),
    Field(
        "platform_score",
        "专精特新发展评价得分",
        "score",
        "year_end",
        "figures",
        years=(0, 1),
        low=0,
        high=100,
    ),
    _end("tech_staff", "科技人员（人）", "count", unit="人"),
    _end("total_cost", "成本费用总额（万元）", "money", unit="万元"),
)

PERSON = (
    _asked("chain_role", "产业链作用（人工判定）", "person"),
    _asked("product_field_fit", "产品领域符合（人工判定）", "person"),
    _asked("segment_position", "细分市场地位（人工判定）", "person"),
)

_BAND = (("50", "50 强", ("前50", "前50名", "top50")), ("500", "500 强", ("前500", "前500名", "top500")))

HONOURS = (
    _honour("hnte_valid_until", "高新技术企业有效期至", synonyms="高新技术企业证书有效期至"),
    _honour("ip_demonstration_valid_until", "知识产权优势（示范）企业有效期至"),
    _honour("tech_innovation_demo_valid_until", "国家级技术创新示范企业有效期至"),
    _honour("provincial_award_on", "省级科技奖励日期"),
    _honour("provincial_award_rank", "省级科技奖励排名", "count", low=1),
    _honour("national_award_on", "国家级科技奖励日期"),
    _honour("national_award_rank", "国家级科技奖励排名", "count", low=1),
    _honour("maker_china_on", "创客中国入围日期"),
    _honour("maker_china_band", "创客中国名次", "choice", choices=_BAND),
    _honour("tech_sme_valid_until", "科技型中小企业入库有效期至"),
    _honour("innovative_valid_until", "创新型中小企业有效期至"),
    _honour("specialised_valid_until", "专精特新中小企业有效期至"),
    _honour(
        "little_giant_valid_until",
        "小巨人有效期至",
        synonyms="专精特新小巨人有效期至 专精特新小巨人企业有效期至",
    ),
    _honour("led_standard_on", "主导制定标准日期"),
)

INTEGRITY = (
    _asked("on_abnormal_list", "是否列入经营异常名录", "integrity"),
    _asked("on_dishonesty_list", "是否列入严重失信名单", "integrity"),
    _asked("accident_3y", "近三年重大安全质量环境事故或偷漏税", "integrity"),
    _asked("restricted_product", "产品属于禁止限制淘汰类", "integrity"),
    _asked("controlled_by_large", "被大型企业控股或管理", "integrity"),
)

FIELDS: tuple[Field, ...] = IDENTITY + YEARLY + YEAR_END + PERSON + HONOURS + INTEGRITY
BY_CODE: dict[str, Field] = {field.code: field for field in FIELDS}
REQUIRED = ("uscc", "name")

#: what lies on the enterprise itself, apart from its key and its place
ENTERPRISE_FIELDS = tuple(f for f in FIELDS if f.storage == "enterprise" and f.code not in ("uscc", "region"))
FIGURE_FIELDS = tuple(f for f in FIELDS if f.storage == "figures")

#: what one unit of money is in fen
FEN = {"元": 100, "千元": 100_000, "万元": 1_000_000, "百万元": 100_000_000, "亿元": 10_000_000_000}
DEFAULT_MONEY_UNIT = "万元"

#: choices that are stored as whole numbers
NUMERIC_CHOICES = frozenset({"digital_level", "maker_china_band"})

#: money that is suspicious, but possible, below zero: a warning
SELDOM_NEGATIVE = frozenset(
    {"revenue", "main_revenue", "total_assets", "total_liabilities", "rd_expense", "total_cost"}
)


#: facts of a year that an official may record for many enterprises at once, with the value that means none
CHECKABLE: dict[str, object] = {
    f.code: False for f in FIGURE_FIELDS if f.kind == "yes_no" and f.group in ("integrity", "year_end")
} | {
    "equity_financing": 0,
    "rd_institution_level": "none",
    **{f.code: 0 for f in FIGURE_FIELDS if f.kind == "count" and f.group == "year_end" and f.low != 1},
}


def name_of(code: str, years_before: int = 0) -> str:
    """The name under which the judge knows a fact: `revenue`, `revenue[Y-1]`, `revenue[Y-2]`."""
    return f"{code}[Y-{years_before}]" if years_before else code
