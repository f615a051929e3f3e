"""Short words for outcomes, and the texts of an edition in the language of the page."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cultivation.fact_names import fact_name
from cultivation.rules.judge import FAIL, PASS, SCORED, UNKNOWN
from cultivation.rules.shapes import Edition, Text


def say(text: Text) -> str:
    """A bilingual text of an edition in the language of the page."""
    return text.en if (get_language() or "zh").startswith("en") else text.zh


def document_of(edition: Edition) -> str:
    """The document and its part, as a source line names them: 工信部企业〔2022〕63 号附件 1."""
    part = say(edition.document_part)
    return edition.document_number + (f" {part}" if part.isascii() else part)


def outcome_tag(outcome: str) -> str:
    return {
        PASS: _("达标"),
        FAIL: _("未达标"),
        UNKNOWN: _("待补数据"),
    }[outcome]


def element_tag(outcome: str) -> str:
    return {PASS: _("满足"), FAIL: _("未满足"), UNKNOWN: _("未知"), SCORED: _("已计分")}[outcome]


def fact_list(codes: list[str], year: int, most: int = 3) -> str:
    """“营业收入”“负债总额”等 5 项"""
    names = "".join(_("“%(name)s”") % {"name": fact_name(code, year)} for code in codes[:most])
    return (
        names if len(codes) <= most else _("%(names)s等 %(count)d 项") % {"names": names, "count": len(codes)}
    )
