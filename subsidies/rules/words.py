"""What titles, claims and the words of their books are called: stored code, Chinese word, further spellings."""

from __future__ import annotations

Choice = tuple[str, str, tuple[str, ...]]


_QUOTES = str.maketrans("", "", "“”\"„‟＂‘’'「」『』〝〞《》")


def unquoted(text: str) -> str:
    """The word without quotation marks, which everybody sets in their own way."""
    return text.translate(_QUOTES)


def _choice(code: str, word: str, more: str = "") -> Choice:
    return code, word, tuple(unquoted(each) for each in (word, *more.split()))


TITLES: tuple[Choice, ...] = (
    _choice("specialised", "专精特新中小企业", "专精特新 专精特新企业 省级专精特新中小企业 自治区专精特新中小企业"),
    _choice("little_giant", "专精特新“小巨人”企业",
            "小巨人 小巨人企业 专精特新小巨人 国家级专精特新小巨人企业 国家专精特新小巨人企业 国家级专精特新小巨人"),
    _choice("key_little_giant", "重点“小巨人”企业",
            "重点小巨人 国家重点小巨人 国家重点小巨人企业 国家级重点小巨人企业 重点专精特新小巨人企业"),
    _choice("city_tech_giant", "市级科技小巨人", "科技小巨人 市科技小巨人 市级科技小巨人企业 科技小巨人企业"),
    _choice("hnte", "高新技术企业", "高企 国家高新技术企业 国家级高新技术企业"),
    _choice("platform_national", "国家级公共服务示范平台/双创示范基地",
            "国家级公共服务示范平台 国家级双创示范基地 国家中小企业公共服务示范平台 国家小型微型企业创业创新示范基地"),
    _choice("platform_provincial", "省级公共服务示范平台/双创示范基地",
            "省级公共服务示范平台 省级双创示范基地 自治区级公共服务示范平台 自治区级双创示范基地 "
            "省级中小企业公共服务示范平台 省级小型微型企业创业创新示范基地"),
)  # fmt: skip
CLAIMS: tuple[Choice, ...] = (
    _choice("board", "进入专精特新专板", "专精特新专板 专板 进入专板 入板"),
    _choice("ipo_filing", "上市辅导备案", "辅导备案 上市辅导"),
    _choice("ipo_application", "上市申报受理", "上市受理 申报受理 首发申请受理"),
    _choice("talent_platform", "科研创新平台", "科研平台 创新平台"),
    _choice("talent_institute", "产业创新研究院", "创新研究院"),
    _choice("prize", "平台评价等次", "评价等次 平台评价 示范平台评价等次"),
    _choice("national_lab", "国家级实验室", "国家重点实验室 国家工程实验室 国家地方联合实验室"),
    _choice("equipment", "设备软件投资补助", "设备投资补助 设备补助 设备和软件投资补助 设备、软件投资补助"),
)  # fmt: skip
HOWS: tuple[Choice, ...] = (
    _choice("new", "新认定", "新 首次认定 首次 认定"),
    _choice("renewal", "复核", "复核通过 重新认定 再次认定"),
)
OTHER_POLICIES: tuple[Choice, ...] = (
    _choice("ours", "选本政策", "本政策 享受本政策"),
    _choice("other", "选其他政策", "其他政策 其它政策 选其它政策 享受其他政策 已享受其他政策"),
)
PRIZES: tuple[Choice, ...] = (
    _choice("1", "一等", "一等奖 一等次 第一等"),
    _choice("2", "二等", "二等奖 二等次 第二等"),
    _choice("3", "三等", "三等奖 三等次 第三等"),
)
OUTCOMES: tuple[Choice, ...] = (
    _choice("paid", "到账", "已到账 成功 交易成功 支付成功 付款成功 处理成功 已支付"),
    _choice("bounced", "退回", "被退回 已退回 退票 退汇 失败 交易失败 支付失败 付款失败 处理失败"),
)
WORDS: dict[str, str] = {code: word for code, word, _more in TITLES + CLAIMS}
