"""Charts as SVG, drawn on the server from plain data; the same picture stands on the page and in the PDF.

vl-convert must not have rendered in a parent before a fork, so nothing here runs at import.
Colours stay apart in grey print; text stays text and is measured with the printing font.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any

FONT = "Noto Sans CJK SC"
INK, GRID = "#1b2430", "#dfe4ea"
STEPS = ("#7fb0b4", "#0052d9", "#1b1b3a")
FIRST, OTHERS = "#2a6bdc", "#9fb4d8"
_ROLES = re.compile(r' (?:aria-[a-z]+|role)="[^"]*"')


def stacked_by_quarter(
    rows: Sequence[tuple[str, str, int]],
    kinds: Sequence[str],
    *,
    label: str,
    width: int = 320,
    height: int = 150,
) -> str:
    """Stacked bars: `rows` of (quarter label, kind, count), kinds from the bottom up, totals on the bars."""
    order = {kind: place for place, kind in enumerate(kinds)}
    quarters = list(dict.fromkeys(row[0] for row in rows))
    values = [{"q": q, "k": k, "n": n, "o": order[k]} for q, k, n in rows]
    totals = [{"q": q, "t": sum(n for quarter, _k, n in rows if quarter == q)} for q in quarters]
    axis_x = {"title": None, "labelAngle": 0, "domainColor": INK, "ticks": False, "labelPadding": 4}
    axis_y = {
        "title": None,
        "tickCount": 3,
        "domain": False,
        "ticks": False,
        "gridColor": GRID,
        "format": "d",
    }
    spec = {
        "width": width,
        "height": height,
        "layer": [
            {
                "data": {"values": values},
                "mark": {"type": "bar", "size": min(22, width // (2 * max(len(quarters), 1)))},
                "encoding": {
                    "x": {"field": "q", "type": "ordinal", "sort": quarters, "axis": axis_x},
                    "y": {"field": "n", "type": "quantitative", "stack": "zero", "axis": axis_y},
                    "color": {
                        "field": "k",
                        "type": "nominal",
                        "scale": {"domain": list(kinds), "range": list(STEPS[: len(kinds)])},
                        "legend": {
                            "orient": "bottom",
                            "title": None,
                            "symbolType": "square",
                            "symbolSize": 90,
                        },
                    },
                    "order": {"field": "o", "type": "quantitative"},
                },
            },
            {
                "data": {"values": totals},
                "mark": {"type": "text", "dy": -6, "fontSize": 10},
                "encoding": {
                    "x": {"field": "q", "type": "ordinal", "sort": quarters},
                    "y": {"field": "t", "type": "quantitative"},
                    "text": {"field": "t", "type": "quantitative", "format": "d"},
                },
            },
        ],
    }
    return _svg(spec, label)


def ranked(rows: Sequence[tuple[str, int]], *, label: str, width: int = 190, row_height: int = 26) -> str:
    """Horizontal bars of (label, count), the longest first and darker, the count behind each bar."""
    values = [{"l": label, "n": count, "f": place == 0} for place, (label, count) in enumerate(rows)]
    y = {
        "field": "l",
        "type": "ordinal",
        "sort": None,
        "axis": {"title": None, "domain": False, "ticks": False, "labelLimit": 150, "labelPadding": 6},
    }
    x = {
        "field": "n",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, max((count for _l, count in rows), default=1) * 1.12 or 1]},
    }
    spec = {
        "width": width,
        "height": {"step": row_height},
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "bar", "size": 12},
                "encoding": {
                    "y": y,
                    "x": x,
                    "color": {
                        "field": "f",
                        "type": "nominal",
                        "scale": {"domain": [True, False], "range": [FIRST, OTHERS]},
                        "legend": None,
                    },
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 10},
                "encoding": {"y": y, "x": x, "text": {"field": "n", "type": "quantitative", "format": "d"}},
            },
        ],
    }
    return _svg(spec, label)


def _svg(spec: dict[str, Any], label: str) -> str:
    """The picture under one name; the parts' own English names are taken out."""
    svg = _ROLES.sub("", _render(json.dumps(spec, ensure_ascii=False, sort_keys=True)))
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label, quote=True)}" ', 1)


@lru_cache(maxsize=256)
def _render(spec: str) -> str:
    """About 40 ms; remembered, since a region's pages and reports draw the same figures again and again."""
    import vl_convert

    return vl_convert.vegalite_to_svg(
        spec,
        config={
            "font": FONT,
            "background": None,
            "padding": 4,
            "view": {"stroke": None},
            "axis": {"labelFont": FONT, "labelFontSize": 10, "labelColor": INK},
            "legend": {"labelFont": FONT, "labelFontSize": 11, "labelColor": INK},
            "text": {"font": FONT, "color": INK},
        },
    )
