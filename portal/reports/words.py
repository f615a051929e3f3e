"""Words and numbers of a closed quarter, for paper (always Chinese) and page (in its own language)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from cultivation import editions
from cultivation.fact_names import fact_name
from cultivation.models import Tier
from cultivation.rules.shapes import Line
from cultivation.wording import document_of, say

TIER_NAMES = {
    "innovative": gettext_lazy("创新型中小企业"),
    "tech_sme": gettext_lazy("科技型中小企业"),
    "specialised": gettext_lazy("专精特新中小企业"),
    "little_giant": gettext_lazy("专精特新“小巨人”企业"),
}
TIER_SHORT = {
    "innovative": gettext_lazy("创新型"),
    "tech_sme": gettext_lazy("科技型"),
    "specialised": gettext_lazy("专精特新"),
    "little_giant": gettext_lazy("小巨人"),
}
SIZE_NAMES = {
    "large": gettext_lazy("大型"),
    "medium": gettext_lazy("中型"),
    "small": gettext_lazy("小型"),
    "micro": gettext_lazy("微型"),
    "open": gettext_lazy("待定"),
}
GROUP_NAMES = {
    "pass": gettext_lazy("达标"),
    "near": gettext_lazy("差 1–3 项"),
    "fail": gettext_lazy("未达标"),
    "unknown": gettext_lazy("待补数据"),
}
STATE_NAMES = {
    "deregistered": gettext_lazy("注销"),
    "moved": gettext_lazy("迁出"),
    "merged": gettext_lazy("被合并"),
}
SECTIONS = {
    "A": gettext_lazy("农、林、牧、渔业"),
    "B": gettext_lazy("采矿业"),
    "C": gettext_lazy("制造业"),
    "D": gettext_lazy("电力、热力、燃气及水生产和供应业"),
    "E": gettext_lazy("建筑业"),
    "F": gettext_lazy("批发和零售业"),
    "G": gettext_lazy("交通运输、仓储和邮政业"),
    "H": gettext_lazy("住宿和餐饮业"),
    "I": gettext_lazy("信息传输、软件和信息技术服务业"),
    "J": gettext_lazy("金融业"),
    "K": gettext_lazy("房地产业"),
    "L": gettext_lazy("租赁和商务服务业"),
    "M": gettext_lazy("科学研究和技术服务业"),
    "N": gettext_lazy("水利、环境和公共设施管理业"),
    "O": gettext_lazy("居民服务、修理和其他服务业"),
    "P": gettext_lazy("教育"),
    "Q": gettext_lazy("卫生和社会工作"),
    "R": gettext_lazy("文化、体育和娱乐业"),
    "S": gettext_lazy("公共管理、社会保障和社会组织"),
    "T": gettext_lazy("国际组织"),
}


def chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def place_word(kind: str, name: str) -> str:
    """全市, 全县, 全州 …: how a report speaks of its region."""
    word = {"市": _("全市"), "县": _("全县"), "区": _("全区"), "州": _("全州"), "省": _("全省")}.get(
        name[-1:]
    )
    return word or {"prefecture": _("全州"), "region": _("全区")}.get(kind, _("全域"))


def number(value: int | None) -> str:
    """1,234, with a real minus, — for what is not known."""
    return "—" if value is None else f"{value:,}".replace("-", "−")


def change(now: int | None, before: int | None) -> str:
    """+9, −3, 0, or — where there is nothing to compare with."""
    if now is None or before is None:
        return "—"
    gap = now - before
    return f"+{gap:,}" if gap > 0 else number(gap)


def change_words(now: int, before: int | None, than: str) -> str:
    """比二季度末增加 9 家; empty where there is nothing to compare with."""
    if before is None:
        return ""
    gap = {"than": than, "count": number(abs(now - before))}
    if now == before:
        return _("与%(than)s持平") % gap
    return _("比%(than)s增加 %(count)s 家") % gap if now > before else _("比%(than)s减少 %(count)s 家") % gap


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


def date_words(value: dt.date) -> str:
    """2026 年 10 月 8 日"""
    return _("%(year)d 年 %(month)d 月 %(day)d 日") % {
        "year": value.year,
        "month": value.month,
        "day": value.day,
    }


def ranked(counts: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    """The largest first; ties in the order of their keys, so that the same figures print the same page."""
    return sorted(((k, n) for k, n in counts.items() if n), key=lambda item: (-item[1], item[0]))[:most]


class EditionWords:
    """The codes of the editions in force today, in the language in force now."""

    def __init__(self) -> None:
        self.elements: dict[str, str] = {}
        self.documents: dict[str, str] = {}
        self.entry: set[str] = set()
        for standard in editions.everywhere():
            if standard.tier != Tier.INNOVATIVE:
                continue
            self.documents[standard.id] = document_of(standard)
            for element in standard.elements:
                label = say(element.label)
                if isinstance(element, Line):
                    limit = {"label": label, "limit": element.score_ge}
                    self.elements[element.code] = _("%(label)s不足 %(limit)d 分") % limit
                else:
                    self.elements[element.code] = _("%(label)s未满足") % {"label": label}
            self.entry |= {c.code for c in standard.conditions if c.group == "entry"}

    def element(self, code: str) -> str:
        return self.elements.get(code, code)

    def edition(self, code: str) -> str:
        return self.documents.get(code, code)

    def fact(self, code: str) -> str:
        return fact_name(code)
