"""A county's report against bare WeasyPrint on the same HTML, with the charts already in it."""

from __future__ import annotations

import datetime as dt

import weasyprint
from django.template.loader import render_to_string

from benchmarks.conftest import side_by_side
from portal.reports.content import content
from portal.reports.printing import print_report
from tests.quarters.test_printing import a_closed, row


def test_a_report_against_bare_weasyprint() -> None:
    closed = a_closed([row(n) for n in range(400)])
    html = render_to_string("reports/quarter.html", content(closed))
    assert closed.counted_at < dt.datetime.now(dt.UTC)

    def ours() -> None:
        print_report(closed)

    def bare() -> None:
        weasyprint.HTML(string=html).write_pdf(pdf_variant="pdf/a-3u")

    side_by_side("a warm report of 400 enterprises / bare WeasyPrint", (ours, bare), rounds=5, bound=1.3)
