"""HTML to PDF/A-3: the same HTML and attachment give the same bytes."""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from weasyprint import HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

VARIANT = "pdf/a-3u"


class Refused(FatalURLFetchingError):
    """A document asked for a file or an address."""


class NoFetching(URLFetcher):
    """A report carries everything that it shows; nothing is fetched, from disk or net."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        raise Refused(f"refused to fetch {url[:80]}")


class Enclosure(NamedTuple):
    """A file inside the PDF."""

    name: str
    description: str
    content: bytes


def render(html: str, *, at: dt.datetime, enclosures: Sequence[Enclosure] = ()) -> bytes:
    """The PDF of a self-contained document, dated `at`. Raises Refused when it refers to anything outside."""
    attachments = [
        Attachment(
            string=each.content,
            name=each.name,
            description=each.description,
            created=at,
            modified=at,
            relationship="Data",
        )
        for each in enclosures
    ]
    identifier = hashlib.sha256(html.encode())
    for each in enclosures:
        identifier.update(each.content)
    # A render makes many objects and few cycles; collecting in between costs 15 %.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return HTML(string=html, url_fetcher=NoFetching()).write_pdf(
            pdf_variant=VARIANT,
            pdf_identifier=identifier.digest()[:16],
            attachments=attachments,
            font_config=FontConfiguration(),
        )
    finally:
        if collecting:
            gc.enable()
            gc.collect()
