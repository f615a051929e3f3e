"""A level's recommendation list (推荐汇总表) on paper: what is sealed and handed up."""

from __future__ import annotations

from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import timezone, translation

from cultivation.models import ApplicationBatch, RecommendationList
from portal.reports.listing import HEAD, WIDTHS, cells, file_name
from portal.reports.pdf import render
from tenancy.models import Region


class Printed(NamedTuple):
    name: str
    content: bytes


def print_recommendation(made: RecommendationList, batch: ApplicationBatch, place: Region) -> Printed:
    """The PDF of a list; the same list and fonts give the same bytes. No query."""
    at = timezone.localtime(made.made_at)
    with translation.override("zh-hans"):
        html = render_to_string(
            "reports/recommendation.html",
            {
                "title": f"{batch.title}推荐汇总表",
                "place": place.full_name or place.name,
                "tier": batch.get_tier_display(),
                "number": made.number,
                "count": made.count,
                "mark": made.sha256[:12],
                "day": f"{at.year}年{at.month}月{at.day}日",
                "iso": at.isoformat(),
                "head": HEAD,
                "widths": WIDTHS,
                "rows": [cells(row, n) for n, row in enumerate(made.rows, 1)],
            },
        )
    return Printed(file_name(made, batch, place, "pdf"), render(html, at=made.made_at).content)
