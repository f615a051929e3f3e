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

from portal.reports import spread

VARIANT = "pdf/a-3u"
#: the block of common Chinese characters; beyond it a host may lack a rare one
_COMMON = (0x4E00, 0x9FA5)

spread.install()


class Refused(FatalURLFetchingError):
    """A document asked for a file or an address."""


class NoFetching(URLFetcher):
    """A report carries everything that it shows; nothing is fetched, from disk or net."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        raise Refused(f"refused to fetch {url[:80]}")


class FontMissing(RuntimeError):
    """No font on this host has the common Chinese characters: better no report than one of boxes."""


class Rendered(NamedTuple):
    """A PDF, its fingerprint, and the fonts that it was printed with."""

    content: bytes
    sha256: str
    fonts: list[str]


class Enclosure(NamedTuple):
    """A file inside the PDF."""

    name: str
    description: str
    content: bytes


def render(html: str, *, at: dt.datetime, enclosures: Sequence[Enclosure] = ()) -> Rendered:
    """The PDF of a self-contained document, dated `at`. Raises Refused when it refers to anything outside.

    Raises FontMissing where it would print boxes for common characters.
    """
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
        fonts: set[str] = set()
        boxes: set[int] = set()

        def note(document: Any, pdf: Any) -> None:
            for font in document.fonts.values():
                fonts.add(_font_name(font))
                boxes.update(font.missing)

        content = HTML(string=html, url_fetcher=NoFetching()).write_pdf(
            pdf_variant=VARIANT,
            pdf_identifier=identifier.digest()[:16],
            attachments=attachments,
            font_config=FontConfiguration(),
            finisher=note,
        )
        if any(_COMMON[0] <= code <= _COMMON[1] for code in boxes):
            raise FontMissing(f"{len(boxes)} characters without a glyph; install fonts-noto-cjk")
        return Rendered(content, hashlib.sha256(content).hexdigest(), sorted(fonts))
    finally:
        if collecting:
            gc.enable()
            gc.collect()


def _font_name(font: Any) -> str:
    """Noto-Serif-CJK-SC, without the tag of the subset."""
    name = font.name.decode() if isinstance(font.name, bytes) else str(font.name)
    return name.split("+")[-1]
