"""Words and numbers of the printed report. A report is a Chinese document in every language of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TIER_NAMES = {
    "innovative": "创新型中小企业",
    "tech_sme": "科技型中小企业",
    "specialised": "专精特新中小企业",
    "little_giant": "专精特新“小巨人”企业",
}
TIER_SHORT = {
    "innovative": "创新型",
    "tech_sme": "科技型",
    "specialised": "专精特新",
    "little_giant": "小巨人",
}
SIZE_NAMES = {"large": "大型", "medium": "中型", "small": "小型", "micro": "微型", "open": "待定"}
OUTCOME_NAMES = {"pass": "达标", "near": "差 1–3 项", "fail": "未达标", "unknown": "待补数据"}
SECTIONS = {
    "A": "农、林、牧、渔业",
    "B": "采矿业",
    "C": "制造业",
    "D": "电力、热力、燃气及水生产和供应业",
    "E": "建筑业",
    "F": "批发和零售业",
    "G": "交通运输、仓储和邮政业",
    "H": "住宿和餐饮业",
    "I": "信息传输、软件和信息技术服务业",
    "J": "金融业",
    "K": "房地产业",
    "L": "租赁和商务服务业",
    "M": "科学研究和技术服务业",
    "N": "水利、环境和公共设施管理业",
    "O": "居民服务、修理和其他服务业",
    "P": "教育",
    "Q": "卫生和社会工作",
    "R": "文化、体育和娱乐业",
    "S": "公共管理、社会保障和社会组织",
    "T": "国际组织",
}
UNKNOWN_SECTION = "行业未填"
PLACE_WORD = {"prefecture": "全州", "region": "全区", "county": "全市", "zone": "全区", "xpcc_city": "全市"}


def place_word(kind: str, name: str) -> str:
    """全市, 全县, 全州 …: how a report speaks of its region."""
    last = name[-1:]
    return {"市": "全市", "县": "全县", "区": "全区", "州": "全州", "省": "全省"}.get(
        last, PLACE_WORD.get(kind, "全域")
    )


def number(value: int | None) -> str:
    return "—" if value is None else f"{value:,}".replace("-", "−")


def change(now: int | None, before: int | None) -> str:
    """+9, −3, 0, or — where there is nothing to compare with."""
    if now is None or before is None:
        return "—"
    gap = now - before
    return f"+{gap:,}" if gap > 0 else number(gap)


def change_words(now: int, before: int | None, than: str) -> str:
    """比二季度末增加 9 家；空 where there is nothing to compare with."""
    if before is None:
        return ""
    gap = now - before
    if gap == 0:
        return f"与{than}持平"
    return f"比{than}{'增加' if gap > 0 else '减少'} {abs(gap):,} 家"


def share(part: int, whole: int) -> str:
    """One decimal, half up; — without a base."""
    if not whole:
        return "—"
    tenths = (part * 2000 + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


def dig(figures: Mapping[str, Any] | None, path: str) -> int | None:
    """The number at `judging.pass`; None where the figures are missing, 0 where only the key is."""
    if figures is None:
        return None
    node: Any = figures
    for key in path.split("."):
        if not isinstance(node, Mapping):
            return 0
        node = node.get(key, 0)
    return node if isinstance(node, int) else 0


def date_words(value: Any) -> str:
    """2026 年 10 月 8 日"""
    return f"{value.year} 年 {value.month} 月 {value.day} 日"


def ranked(counts: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    """The largest first; ties in the order of their keys, so that the same figures print the same page."""
    return sorted(((k, n) for k, n in counts.items() if n), key=lambda item: (-item[1], item[0]))[:most]
