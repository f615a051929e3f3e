"""From a closed quarter to the content of its report: sentences, tables, charts. Reads only snapshots.

The words are those of the language in force; the print is always Chinese.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from portal import charts
from portal.reports import sentences, tables
from portal.reports.closed import Closed, Quarter
from portal.reports.words import GROUP_NAMES, SIZE_NAMES, TIER_SHORT, date_words, number, ranked

ANNEX_ROWS = 500
# millimetres of the columns on a landscape page, 247 in all
ANNEX_WIDTHS = (11, 76, 41, 13, 18, 20, 17, 51)
ANNEX_WIDTHS_BELOW = (11, 68, 41, 22, 13, 18, 20, 17, 37)


def content(closed: Closed) -> dict[str, Any]:
    """The context of the report's template; the page shows the same parts."""
    quarter, figures = closed.quarter, closed.figures
    previous = (closed.compared.get("previous") or {}).get("figures")
    year_ago = (closed.compared.get("year_ago") or {}).get("figures")
    parent = bool(closed.below)
    numbers = iter(range(1, 20))
    rows = closed.rows
    shown = rows[:ANNEX_ROWS]
    name = {"region": closed.full_name, "quarter": quarter.full_name}
    return {
        "title": [_("%(region)s优质中小企业梯度培育") % name, _("%(quarter)s报告") % name],
        "running": _("%(region)s优质中小企业梯度培育季度报告") % name,
        "quarter": quarter.full_name,
        "unit": _("%(region)s中小企业主管部门") % name,
        "until": date_words(quarter.ends_on),
        "number": f"{closed.code}-{quarter}-01",
        "counted": date_words(closed.counted_at),
        "counted_iso": closed.counted_at.isoformat(),
        "overall": sentences.overall(closed, previous),
        "main": tables.main(next(numbers), closed, previous, year_ago),
        "figure_tiers": tiers_chart(closed),
        "figure_lacked": lacked_chart(closed),
        "note": sentences.note(closed),
        "judging": sentences.judging(closed),
        "by_county": tables.by_county(next(numbers), closed) if parent else None,
        "structure": sentences.structure(closed),
        "sizes": tables.sizes(next(numbers), figures.get("sizes", {})),
        "industries": tables.industries(next(numbers), figures.get("industries", {})),
        "import_text": sentences.imported(closed),
        "imports": tables.imports(next(numbers), closed),
        "late": sentences.late(closed),
        "annex": [_annex_row(place, row, parent) for place, row in enumerate(shown, 1)],
        "annex_head": _annex_head(parent),
        "annex_widths": ANNEX_WIDTHS_BELOW if parent else ANNEX_WIDTHS,
        "annex_note": _annex_note(len(rows), len(shown)),
        "audit": sentences.audit(closed),
    }


def tiers_chart(closed: Closed, *, width: int = 300, height: int = 115) -> str:
    """The titles held at the end of each of the last eight quarters, for paper and page."""
    series = [*closed.compared.get("series", []), [str(closed.quarter), closed.figures.get("tiers", {})]]
    # 科技型 and 创新型 are two titles of one tier.
    kinds = {
        str(TIER_SHORT["innovative"]): ("innovative", "tech_sme"),
        str(TIER_SHORT["specialised"]): ("specialised",),
        str(TIER_SHORT["little_giant"]): ("little_giant",),
    }
    rows = [
        (Quarter.parse(name).short, kind, sum(tiers.get(code, 0) for code in codes))
        for name, tiers in series
        for kind, codes in kinds.items()
    ]
    label = _("近八个季度各梯度企业数（家）")
    return charts.stacked_by_quarter(rows, list(kinds), label=label, width=width, height=height)


def lacked_chart(closed: Closed, *, width: int = 150, row_height: int = 24) -> str:
    """What nearly qualified enterprises lack most, for paper and page; empty where nothing is lacked."""
    lacked = [
        (sentences.legend(closed, "elements", code), count)
        for code, count in ranked(closed.figures.get("lacked", {}), 5)
    ]
    label = _("缺项企业最缺的要素（家）")
    return charts.ranked(lacked, label=label, width=width, row_height=row_height) if lacked else ""


def _annex_head(parent: bool) -> list[str]:
    place = [_("地区")] if parent else []
    first = [_("序号"), _("企业名称"), _("统一社会信用代码"), *place]
    return [*first, _("规模"), _("梯度"), _("评价"), _("得分"), _("缺项和待补数据")]


def annex_cells(row: dict[str, Any]) -> dict[str, str]:
    """The words of one row of the list; the same on paper and in the workbook."""
    score, most = row.get("score"), row.get("score_max")
    points = "" if score is None else (str(score) if score == most else f"{score}–{most}")
    return {
        "name": row["name"],
        "uscc": row["uscc"],
        "place": row["place"],
        "size": str(SIZE_NAMES.get(row.get("size") or "open", "")),
        "tier": str(TIER_SHORT.get(row.get("tier") or "", "—")),
        "outcome": str(GROUP_NAMES.get(row.get("group") or "", _("未评价"))),
        "score": points or "—",
        "lacks": _("、").join(row.get("lacks", [])) or "—",
    }


def _annex_row(place: int, row: dict[str, Any], parent: bool) -> list[str]:
    cells = annex_cells(row)
    where = [cells["place"]] if parent else []
    lacks = row.get("lacks", [])
    short = _("、").join(lacks[:3])
    if len(lacks) > 3:
        short = _("%(names)s等 %(count)d 项") % {"names": short, "count": len(lacks)}
    first = [str(place), cells["name"], cells["uscc"], *where]
    return [*first, cells["size"], cells["tier"], cells["outcome"], cells["score"], short or "—"]


def _annex_note(total: int, shown: int) -> str:
    counts = {"total": number(total), "shown": number(shown)}
    if total > shown:
        return (
            _(
                "注：共 %(total)s 家，本表按达标、差项少、待补数据、未达标的次序印前 %(shown)s 家；"
                "全部名单见本文件所附工作簿。“—”表示没有或未知。"
            )
            % counts
        )
    return _("注：共 %(total)s 家，全部列出，另附工作簿。“—”表示没有或未知。") % counts
