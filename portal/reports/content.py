"""From a closed quarter to the content of its report: sentences, tables, charts. Reads only snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal import charts
from portal.reports.closed import TIERS, Closed
from portal.reports.words import (
    OUTCOME_NAMES,
    SECTIONS,
    SIZE_NAMES,
    TIER_NAMES,
    TIER_SHORT,
    UNKNOWN_SECTION,
    change,
    change_words,
    date_words,
    dig,
    number,
    place_word,
    ranked,
    share,
)

ANNEX_ROWS = 500
# millimetres of the columns on a landscape page, 247 in all
ANNEX_WIDTHS = (11, 78, 38, 13, 18, 20, 17, 52)
ANNEX_WIDTHS_BELOW = (11, 70, 38, 22, 13, 18, 20, 17, 38)

# label, path in the figures, unit
INDICATORS = (
    ("在册企业", "enterprises", "家"),
    (TIER_NAMES["innovative"], "tiers.innovative", "家"),
    (TIER_NAMES["tech_sme"], "tiers.tech_sme", "家"),
    (TIER_NAMES["specialised"], "tiers.specialised", "家"),
    (TIER_NAMES["little_giant"], "tiers.little_giant", "家"),
    ("已评价企业", "judging.judged", "家"),
    ("达到创新型标准的企业", "judging.pass", "家"),
    ("缺项不超过 3 项的企业", "judging.near", "家"),
    ("待补数据的企业", "judging.unknown", "家"),
    ("本季导入行数", "imports.rows", "行"),
)
MAY_BE_LEFT_OUT = ("tiers.tech_sme",)


@dataclass(frozen=True)
class Table:
    """`numbers` are the columns set right; the first cell of a total row is `合计`."""

    number: int
    caption: str
    head: list[str]
    rows: list[list[str]]
    numbers: list[bool]
    unit: str = ""
    total: bool = False
    #: the column whose figures stand out
    strong: int | None = None

    @property
    def heads(self) -> list[tuple[str, str]]:
        return [(cell, "n" if right else "") for cell, right in zip(self.head, self.numbers, strict=True)]

    @property
    def cells(self) -> list[list[tuple[str, str]]]:
        return [[(cell, self._look(place)) for place, cell in enumerate(row)] for row in self.rows]

    def _look(self, place: int) -> str:
        return ("n" if self.numbers[place] else "") + (" strong" if place == self.strong else "")


def content(closed: Closed) -> dict[str, Any]:
    """The context of the report's template."""
    quarter, figures = closed.quarter, closed.figures
    previous = (closed.compared.get("previous") or {}).get("figures")
    year_ago = (closed.compared.get("year_ago") or {}).get("figures")
    before = quarter.shift(-1)
    parent = bool(closed.below)
    tables = iter(range(1, 20))
    main = _main_table(next(tables), closed, previous, year_ago)
    by_county = _by_county(next(tables), closed) if parent else None
    sizes = _shares(next(tables), "按规模分的企业", figures.get("sizes", {}), SIZE_NAMES, "规模")
    industries = _industries(next(tables), figures.get("industries", {}))
    imports = _imports(next(tables), closed)
    rows = closed.rows
    shown = rows[:ANNEX_ROWS]
    return {
        "title": [f"{closed.full_name}优质中小企业梯度培育", f"{quarter.full_name}报告"],
        "running": f"{closed.full_name}优质中小企业梯度培育季度报告",
        "quarter": quarter.full_name,
        "unit": f"{closed.full_name}中小企业主管部门",
        "until": date_words(quarter.ends_on),
        "number": f"{closed.code}-{quarter}-01",
        "counted": date_words(closed.counted_at),
        "counted_iso": closed.counted_at.isoformat(),
        "overall": _overall(closed, previous, before.name),
        "main": main,
        "figure_tiers": tiers_chart(closed),
        "figure_lacked": lacked_chart(closed),
        "note": _note(closed),
        "judging": _judging(closed),
        "by_county": by_county,
        "structure": _structure(closed),
        "sizes": sizes,
        "industries": industries,
        "import_text": _import_text(closed),
        "imports": imports,
        "late": _late(closed),
        "annex": [_annex_row(place, row, parent) for place, row in enumerate(shown, 1)],
        "annex_head": _annex_head(parent),
        "annex_widths": ANNEX_WIDTHS_BELOW if parent else ANNEX_WIDTHS,
        "annex_note": _annex_note(len(rows), len(shown)),
        "audit": _audit(closed),
    }


def _overall(closed: Closed, previous: dict[str, Any] | None, before: str) -> str:
    figures, place = closed.figures, place_word(closed.kind, closed.full_name)
    total = dig(figures, "enterprises") or 0
    text = f"截至{closed.quarter.name}末，{place}在册企业 {total:,} 家"
    gap = change_words(total, dig(previous, "enterprises"), f"{before}末")
    text += f"，{gap}。" if gap else "。"
    held = [
        f"{TIER_NAMES[tier]} {dig(figures, f'tiers.{tier}') or 0:,} 家"
        for tier in TIERS
        if tier != "tech_sme" or dig(figures, "tiers.tech_sme")
    ]
    text += f"其中{'，'.join(held)}（按所持最高梯度计）。"
    if closed.below:
        peopled = sum(1 for each in closed.below if dig(each.figures, "enterprises"))
        text += f"下辖 {len(closed.below)} 个{_below_word(closed)}，有企业在册的 {peopled} 个。"
    return text


def _below_word(closed: Closed) -> str:
    """县（市、区） under a prefecture, 地（州、市） under a region."""
    return "地（州、市）" if closed.kind == "region" else "县（市、区）"


def _main_table(
    place: int, closed: Closed, previous: dict[str, Any] | None, year_ago: dict[str, Any] | None
) -> Table:
    quarter = closed.quarter
    rows = []
    for label, path, unit in INDICATORS:
        now, before, ago = dig(closed.figures, path), dig(previous, path), dig(year_ago, path)
        if path in MAY_BE_LEFT_OUT and not (now or before or ago):
            continue
        rows.append([label, unit, number(now), number(before), change(now, before), change(now, ago)])
    head = [
        "指标",
        "单位",
        f"{quarter.name}末",
        f"{quarter.shift(-1).name}末",
        "比上季增减",
        "比上年同期增减",
    ]
    return Table(place, "主要指标", head, rows, [False, False, True, True, True, True], strong=2)


def tiers_chart(closed: Closed, *, width: int = 300, height: int = 115) -> str:
    """The titles held at the end of each of the last eight quarters, for paper and page."""
    rows, kinds = _series(closed)
    return charts.stacked_by_quarter(rows, kinds, label="近八个季度各梯度企业数", width=width, height=height)


def _series(closed: Closed) -> tuple[list[tuple[str, str, int]], list[str]]:
    from portal.reports.closed import Quarter

    series = [*closed.compared.get("series", []), [str(closed.quarter), closed.figures.get("tiers", {})]]
    kinds = ["创新型", "专精特新", "小巨人"]
    rows = []
    for name, tiers in series:
        short = Quarter.parse(name).short
        # 科技型 and 创新型 are two titles of one tier.
        rows.append((short, kinds[0], tiers.get("innovative", 0) + tiers.get("tech_sme", 0)))
        rows.append((short, kinds[1], tiers.get("specialised", 0)))
        rows.append((short, kinds[2], tiers.get("little_giant", 0)))
    return rows, kinds


def lacked_chart(closed: Closed, *, width: int = 150, row_height: int = 24) -> str:
    """What nearly qualified enterprises lack most, for paper and page; empty where nothing is lacked."""
    names = closed.legend.get("elements", {})
    lacked = [(names.get(code, code), n) for code, n in ranked(closed.figures.get("lacked", {}), 5)]
    label = "缺项企业最缺的要素"
    return charts.ranked(lacked, label=label, width=width, row_height=row_height) if lacked else ""


def _note(closed: Closed) -> str:
    editions = "、".join(closed.legend.get("editions", [])) or "尚无评价"
    return (
        f"注：数据取自 {closed.quarter.full_name}快照（{date_words(closed.counted_at)}生成）。"
        f"评价依据：{editions}。图 1 横轴“{closed.quarter.short}”指 {closed.quarter.full_name}。"
    )


def _judging(closed: Closed) -> list[str]:
    judging, name = closed.figures.get("judging", {}), closed.quarter.name
    judged, left = judging.get("judged", 0), judging.get("not_judged", 0)
    text = f"{name}末共有 {judged:,} 家企业有评价结果"
    text += f"，另有 {left:,} 家未报数据，未予评价。" if left else "。"
    text += (
        f"达到创新型中小企业标准 {judging.get('pass', 0):,} 家，占 {share(judging.get('pass', 0), judged)}；"
        f"缺 1 至 3 项 {judging.get('near', 0):,} 家；数据不全、还不能判定 {judging.get('unknown', 0):,} 家。"
    )
    paragraphs = [text]
    names = closed.legend.get("elements", {})
    lacked = ranked(closed.figures.get("lacked", {}), 1)
    if lacked:
        paragraphs[0] += f"缺项最多的是{names.get(lacked[0][0], lacked[0][0])}，{lacked[0][1]:,} 家。"
    facts = [
        f"{closed.legend.get('facts', {}).get(c, c)} {n:,} 家"
        for c, n in ranked(closed.figures.get("unknown_facts", {}), 3)
    ]
    if facts:
        paragraphs.append(f"待补数据中，缺得最多的依次是{'、'.join(facts)}。补报这些数据后即可判定。")
    return paragraphs


def _by_county(place: int, closed: Closed) -> Table:
    paths = ["enterprises", "tiers.innovative", "tiers.specialised", "tiers.little_giant", "judging.judged"]
    paths += ["judging.pass", "judging.near", "judging.unknown"]
    rows = [[each.name, *(number(dig(each.figures, path)) for path in paths)] for each in closed.below]
    rows.append(["合计", *(number(dig(closed.figures, path)) for path in paths)])
    head = ["地区", "在册", "创新型", "专精特新", "小巨人", "已评价", "达标", "差 1–3 项", "待补"]
    return Table(
        place, f"各{_below_word(closed)}情况", head, rows, [False] + [True] * 8, unit="单位：家", total=True
    )


def _structure(closed: Closed) -> str:
    figures = closed.figures
    total = dig(figures, "enterprises") or 0
    sizes = figures.get("sizes", {})
    parts = [f"{SIZE_NAMES[k]} {sizes.get(k, 0):,} 家" for k in ("medium", "small", "micro") if sizes.get(k)]
    text = f"按划型看，{'，'.join(parts)}" if parts else "企业规模均待定"
    if sizes.get("open") and parts:
        text += f"，另有 {sizes['open']:,} 家数据不全、规模待定"
    industries = [(k, n) for k, n in ranked(figures.get("industries", {}), 20) if k in SECTIONS]
    if industries:
        code, count = industries[0]
        text += f"。按行业看，{SECTIONS[code]}最多，{count:,} 家，占 {share(count, total)}"
    return text + "。"


def _shares(place: int, caption: str, counts: dict[str, int], names: dict[str, str], head: str) -> Table:
    total = sum(counts.values())
    rows = [
        [name, number(counts.get(key, 0)), share(counts.get(key, 0), total)]
        for key, name in names.items()
        if counts.get(key)
    ]
    rows.append(["合计", number(total), share(total, total)])
    return Table(place, caption, [head, "企业数（家）", "占比"], rows, [False, True, True], total=True)


def _industries(place: int, counts: dict[str, int]) -> Table:
    total = sum(counts.values())
    rows = [
        [SECTIONS.get(key, UNKNOWN_SECTION), number(count), share(count, total)]
        for key, count in ranked(counts, 21)
    ]
    rows.append(["合计", number(total), share(total, total)])
    head = ["行业门类", "企业数（家）", "占比"]
    return Table(place, "按行业门类分的企业", head, rows, [False, True, True], total=True)


def _import_text(closed: Closed) -> str:
    imports = closed.figures.get("imports", {})
    rows = imports.get("rows", 0)
    if not rows:
        return f"{closed.quarter.name}没有导入企业数据。"
    good = rows - imports.get("failed", 0)
    text = (
        f"{closed.quarter.name}共导入 {imports.get('batches', 0):,} 次、{rows:,} 行，"
        f"写入或核对无误 {good:,} 行，合格率 {share(good, rows)}"
    )
    failed = imports.get("failed", 0)
    return text + (f"；{failed:,} 行有错未写入，已退回核对。" if failed else "。")


def _imports(place: int, closed: Closed) -> Table:
    def row(name: str, figures: dict[str, Any]) -> list[str]:
        found = figures.get("imports", {})
        rows = found.get("rows", 0)
        counts = [
            found.get(key, 0) for key in ("batches", "rows", "created", "updated", "unchanged", "failed")
        ]
        return [name, *(number(n) for n in counts), share(rows - found.get("failed", 0), rows)]

    rows = [row(each.name, each.figures) for each in closed.below]
    rows.append(row("合计" if closed.below else closed.name, closed.figures))
    head = ["地区", "次数", "行数", "新增", "更新", "未变", "有错", "合格率"]
    return Table(place, "数据导入及质量", head, rows, [False] + [True] * 7, total=bool(closed.below))


def _late(closed: Closed) -> str:
    """What is unsafe to compare, where this quarter or the one before was counted late."""
    parts = []
    if closed.late:
        parts.append(
            f"本期快照于 {date_words(closed.counted_at)}补计，在册、规模、行业和梯度按补计时的数据计数，"
            "与上季度、上年同期以及下一季度的增减仅供参考；评价结果取季度末以前最近一次评价，导入按发生日期计数，可以比较。"
        )
    previous = closed.compared.get("previous") or {}
    if previous.get("late"):
        parts.append(
            f"{closed.quarter.shift(-1).full_name}快照为补计，在册、规模、行业和梯度与其比较的增减仅供参考。"
        )
    ago = closed.compared.get("year_ago") or {}
    if ago.get("late"):
        parts.append(f"{closed.quarter.shift(-4).full_name}快照为补计，与上年同期比较的增减仅供参考。")
    return "".join(parts)


def _annex_head(parent: bool) -> list[str]:
    place = ["地区"] if parent else []
    return ["序号", "企业名称", "统一社会信用代码", *place, "规模", "梯度", "评价", "得分", "缺项和待补数据"]


def annex_cells(row: dict[str, Any]) -> dict[str, str]:
    """The words of one row of the list; the same on paper and in the workbook."""
    score, most = row.get("score"), row.get("score_max")
    points = "" if score is None else (str(score) if score == most else f"{score}–{most}")
    return {
        "name": row["name"],
        "uscc": row["uscc"],
        "place": row["place"],
        "size": SIZE_NAMES.get(row.get("size") or "open", ""),
        "tier": TIER_SHORT.get(row.get("tier") or "", "—"),
        "outcome": OUTCOME_NAMES.get(row.get("group") or "", "未评价"),
        "score": points or "—",
        "lacks": "、".join(row.get("lacks", [])) or "—",
    }


def _annex_row(place: int, row: dict[str, Any], parent: bool) -> list[str]:
    cells = annex_cells(row)
    where = [cells["place"]] if parent else []
    lacks = row.get("lacks", [])
    short = "、".join(lacks[:3]) + (f"等 {len(lacks)} 项" if len(lacks) > 3 else "")
    first = [str(place), cells["name"], cells["uscc"], *where]
    return [*first, cells["size"], cells["tier"], cells["outcome"], cells["score"], short or "—"]


def _annex_note(total: int, shown: int) -> str:
    if total > shown:
        return (
            f"注：共 {total:,} 家，本表按达标、差项少、待补数据、未达标的次序印前 {shown:,} 家；"
            "全部名单见本文件所附工作簿。“—”表示没有或未知。"
        )
    return f"注：共 {total:,} 家，全部列出，另附工作簿。“—”表示没有或未知。"


def _audit(closed: Closed) -> str:
    head = closed.audit_head
    if not head:
        return ""
    return f"审计链：第 {head['position']:,} 条，摘要 {head['digest'][:16]}…，签名 {head['signature'][:16]}…"
