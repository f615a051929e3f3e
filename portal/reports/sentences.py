"""The sentences of a closed quarter: the conclusion first, then the figures behind it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from portal.reports.closed import TIERS, Closed
from portal.reports.tables import below_word
from portal.reports.words import (
    SECTIONS,
    SIZE_NAMES,
    STATE_NAMES,
    TIER_NAMES,
    EditionWords,
    change_words,
    chinese,
    date_words,
    dig,
    number,
    place_word,
    ranked,
    share,
)


def legend(closed: Closed, kind: str, code: str) -> str:
    """The word for a code as it was at the counting; in another language as it is today."""
    frozen = closed.legend.get(kind, {}).get(code, code)
    if chinese():
        return str(frozen)
    words = EditionWords()
    return words.element(code) if kind == "elements" else words.fact(code)


def _listed(parts: list[str]) -> str:
    return _("，").join(parts)


def overall(closed: Closed, previous: dict[str, Any] | None) -> str:
    figures = closed.figures
    total = dig(figures, "enterprises") or 0
    before = _("%(quarter)s末") % {"quarter": closed.quarter.shift(-1).name}
    text = _("截至%(quarter)s末，%(place)s在册企业 %(count)s 家") % {
        "quarter": closed.quarter.name,
        "place": place_word(closed.kind, closed.full_name),
        "count": number(total),
    }
    gap = change_words(total, dig(previous, "enterprises"), before)
    text = _listed([text, gap]) if gap else text
    text += _("。")
    held = [
        _("%(what)s %(count)s 家")
        % {"what": TIER_NAMES[tier], "count": number(dig(figures, f"tiers.{tier}"))}
        for tier in TIERS
        if tier != "tech_sme" or dig(figures, "tiers.tech_sme")
    ]
    text += _("其中%(held)s（按所持最高梯度计）。") % {"held": _listed(held)}
    gone = [
        _("%(what)s %(count)s 家") % {"what": name, "count": number(figures["states"][state])}
        for state, name in STATE_NAMES.items()
        if figures.get("states", {}).get(state)
    ]
    if gone:
        text += _("另有%(gone)s，不计在内。") % {"gone": _listed(gone)}
    if closed.below:
        text += _("下辖 %(count)d 个%(below)s，有企业在册的 %(peopled)d 个。") % {
            "count": len(closed.below),
            "below": below_word(closed),
            "peopled": sum(1 for each in closed.below if dig(each.figures, "enterprises")),
        }
    return text


def note(closed: Closed) -> str:
    documents = closed.legend.get("editions", [])
    if not chinese():
        documents = sorted(EditionWords().documents.values()) if documents else []
    return _(
        "注：数据取自 %(quarter)s快照（%(counted)s生成）。评价依据：%(editions)s。"
        "图 1 横轴“%(short)s”指 %(quarter)s。"
    ) % {
        "quarter": closed.quarter.full_name,
        "counted": date_words(closed.counted_at),
        "editions": _("、").join(documents) or _("尚无评价"),
        "short": closed.quarter.short,
    }


def judging(closed: Closed) -> list[str]:
    counts = closed.figures.get("judging", {})
    judged, left = counts.get("judged", 0), counts.get("not_judged", 0)
    numbers = {
        "quarter": closed.quarter.name,
        "judged": number(judged),
        "left": number(left),
        "passed": number(counts.get("pass", 0)),
        "share": share(counts.get("pass", 0), judged),
        "near": number(counts.get("near", 0)),
        "open": number(counts.get("unknown", 0)),
    }
    if left:
        text = (
            _("%(quarter)s末共有 %(judged)s 家企业有评价结果，另有 %(left)s 家未报数据，未予评价。") % numbers
        )
    else:
        text = _("%(quarter)s末共有 %(judged)s 家企业有评价结果。") % numbers
    text += (
        _(
            "达到创新型中小企业标准 %(passed)s 家，占 %(share)s；缺 1 至 3 项 %(near)s 家；"
            "数据不全、还不能判定 %(open)s 家。"
        )
        % numbers
    )
    lacked = ranked(closed.figures.get("lacked", {}), 1)
    if lacked:
        code, count = lacked[0]
        text += _("缺项最多的是%(element)s，%(count)s 家。") % {
            "element": legend(closed, "elements", code),
            "count": number(count),
        }
    facts = [
        _("%(what)s %(count)s 家") % {"what": legend(closed, "facts", code), "count": number(count)}
        for code, count in ranked(closed.figures.get("unknown_facts", {}), 3)
    ]
    if not facts:
        return [text]
    return [text, _("待补数据中，缺得最多的依次是%(facts)s。") % {"facts": _("、").join(facts)}]


def structure(closed: Closed) -> str:
    figures = closed.figures
    total, sizes = dig(figures, "enterprises") or 0, figures.get("sizes", {})
    parts = [
        _("%(what)s %(count)s 家") % {"what": SIZE_NAMES[key], "count": number(sizes[key])}
        for key in ("large", "medium", "small", "micro")
        if sizes.get(key)
    ]
    text = _("按划型看，%(parts)s") % {"parts": _listed(parts)} if parts else _("企业规模均待定")
    if sizes.get("open") and parts:
        text += _("，另有 %(count)s 家数据不全、规模待定") % {"count": number(sizes["open"])}
    text += _("。")
    industries = [(k, n) for k, n in ranked(figures.get("industries", {}), 21) if k in SECTIONS]
    if industries:
        code, count = industries[0]
        text += _("按行业看，%(industry)s最多，%(count)s 家，占 %(share)s。") % {
            "industry": SECTIONS[code],
            "count": number(count),
            "share": share(count, total),
        }
    return text


def imported(closed: Closed) -> str:
    found = closed.figures.get("imports", {})
    rows, failed = found.get("rows", 0), found.get("failed", 0)
    if not rows:
        return _("%(quarter)s没有导入企业数据。") % {"quarter": closed.quarter.name}
    text = _(
        "%(quarter)s共导入 %(batches)s 次、%(rows)s 行，写入或核对无误 %(good)s 行，合格率 %(share)s。"
    ) % {
        "quarter": closed.quarter.name,
        "batches": number(found.get("batches", 0)),
        "rows": number(rows),
        "good": number(rows - failed),
        "share": share(rows - failed, rows),
    }
    if failed:
        text += _("%(failed)s 行有错未写入，已退回核对。") % {"failed": number(failed)}
    return text


def late(closed: Closed) -> str:
    """What is unsafe to compare, where this quarter or one it is compared with was counted late."""
    parts = []
    if closed.late:
        parts.append(
            _(
                "本期快照于 %(counted)s补计，在册、规模、行业和梯度按补计时的数据计数，"
                "与上季度、上年同期以及下一季度的增减仅供参考；"
                "评价结果取季度末以前最近一次评价，导入按发生日期计数，可以比较。"
            )
            % {"counted": date_words(closed.counted_at)}
        )
    if (closed.compared.get("previous") or {}).get("late"):
        parts.append(
            _("%(quarter)s快照为补计，在册、规模、行业和梯度与其比较的增减仅供参考。")
            % {"quarter": closed.quarter.shift(-1).full_name}
        )
    if (closed.compared.get("year_ago") or {}).get("late"):
        parts.append(
            _("%(quarter)s快照为补计，与上年同期比较的增减仅供参考。")
            % {"quarter": closed.quarter.shift(-4).full_name}
        )
    return "".join(parts)


def audit(closed: Closed) -> str:
    """The signed head of the audit chain at the counting."""
    head = closed.audit_head
    if not head:
        return ""
    return _("审计链：第 %(position)s 条，摘要 %(digest)s…，签名 %(signature)s…") % {
        "position": number(head["position"]),
        "digest": head["digest"][:16],
        "signature": head["signature"][:16],
    }
