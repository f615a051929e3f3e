"""Activation letters on paper, one page for each enterprise, to be sealed and handed over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.template.loader import render_to_string
from django.utils import timezone, translation

from enterprises.letters import DAYS, Letter
from portal.reports.pdf import render
from tenancy.models import Region

_TITLE = "企业账号激活函"


def print_letters(letters: Sequence[Letter], place: Region, site: str, at: dt.datetime) -> bytes:
    """The PDF of the letters, in their order; without a query. Some pages a second."""
    here = timezone.localtime(at)
    with translation.override("zh-hans"):
        html = render_to_string(
            "reports/letters.html",
            {
                "title": _TITLE,
                "place": place.full_name or place.name,
                "letters": [(letter, _long(letter.until_on)) for letter in letters],
                "site": site,
                "days": DAYS,
                "day": _long(here.date()),
                "iso": here.isoformat(),
            },
        )
    return render(html, at=at).content


def _long(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def file_name(place: Region, count: int, at: dt.datetime) -> str:
    return f"{place.name}{_TITLE}（{count}封，{timezone.localtime(at):%Y-%m-%d}）.pdf"
