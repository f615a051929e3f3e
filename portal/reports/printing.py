"""From a snapshot to its PDF, without a word to the database beyond the snapshots."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils import translation

from portal.reports.closed import Closed
from portal.reports.content import content
from portal.reports.pdf import Enclosure, Rendered, render
from portal.reports.workbook import whole_list

LIST_NAME = "企业名单.xlsx"


def print_report(closed: Closed) -> Rendered:
    """The report of a closed quarter: the same snapshot and fonts give the same bytes. A few seconds."""
    with translation.override("zh-hans"):
        return _printed(closed)


def _printed(closed: Closed) -> Rendered:
    context = content(closed)
    html = render_to_string("reports/quarter.html", context)
    rows = whole_list(
        closed.rows, title=f"{context['running']}（{context['quarter']}）企业名单", at=closed.counted_at
    )
    return render(html, at=closed.counted_at, enclosures=[Enclosure(LIST_NAME, "全部企业名单", rows)])
