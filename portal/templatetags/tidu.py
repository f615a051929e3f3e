"""How things look in templates: icons, numbers, tags, bars. No arithmetic about the business here."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import QueryDict
from django.template.context import RequestContext
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from lucide import _render_icon

register = template.Library()

UNKNOWN = "—"
MINUS = "−"


@lru_cache(maxsize=512)
def _icon(name: str, size: int) -> SafeString:
    # The name comes from our own templates alone, never from data.
    return mark_safe(
        _render_icon(name, size, **{"class": "lucide", "aria-hidden": "true", "focusable": "false"})
    )  # noqa: S308


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """A lucide icon beside a word; hidden from screen readers."""
    return _icon(str(name), size)


def number(value: Any, places: int | None = None) -> str:
    """Thousands separators, fixed places, a real minus; unknown is a dash, never 0."""
    if value is None or value == "":
        return UNKNOWN
    amount = Decimal(str(value))
    if places is not None:
        amount = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{abs(amount):,}" if places is not None else f"{abs(amount):,f}"
    return (MINUS if amount < 0 else "") + text


@register.filter
def count(value: Any) -> str:
    return number(value, 0)


@register.filter
def wan(value: Any) -> str:
    """Yuan (Decimal) shown in 万元 with two places."""
    return UNKNOWN if value in (None, "") else number(Decimal(str(value)) / 10000, 2)


@register.filter
def change(value: Any) -> str:
    """A change on the quarter: plain, with its sign; nothing to compare with is a dash."""
    if value is None:
        return UNKNOWN
    return "0" if value == 0 else ("+" if value > 0 else MINUS) + number(abs(value), 0)


@register.filter
def day(value: Any) -> str:
    """11-18 in this year, 2025-11-18 otherwise."""
    if value in (None, ""):
        return UNKNOWN
    date = timezone.localtime(value).date() if hasattr(value, "hour") else value
    return date.strftime("%m-%d") if date.year == timezone.localdate().year else date.isoformat()


@register.filter
def moment(value: Any) -> str:
    if value in (None, ""):
        return UNKNOWN
    return f"{day(value)} {timezone.localtime(value):%H:%M}"


@register.filter
def longday(value: Any) -> str:
    """2026 年 11 月 20 日 in prose."""
    if value in (None, ""):
        return UNKNOWN
    date = timezone.localtime(value).date() if hasattr(value, "hour") else value
    if (get_language() or "").startswith("en"):
        return f"{date.day} {date:%B} {date.year}"
    return f"{date.year} 年 {date.month} 月 {date.day} 日"


_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@register.filter
def unbroken(text: Any) -> SafeString:
    """A date in a sentence stays on one line; browsers break it behind the hyphen."""
    return mark_safe(_DATE.sub(r'<span class="nowrap">\g<0></span>', conditional_escape(text)))  # noqa: S308


@register.filter
def get(mapping: Any, key: Any) -> Any:
    return mapping.get(key) if mapping else None


@register.simple_tag(takes_context=True)
def query(context: RequestContext, **changes: Any) -> str:
    """This page's address with some parameters changed; None takes one away. Keeps the rest."""
    params: QueryDict = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None or value == "":
            params.pop(key, None)
        else:
            params[key] = value
    return "?" + params.urlencode()


@register.simple_tag(takes_context=True)
def without(context: RequestContext, key: str, value: str | None = None) -> str:
    """This page's address without one parameter (or one of its values), back on the first page."""
    params = context["request"].GET.copy()
    params.pop("page", None)
    left = [v for v in params.getlist(key) if value is not None and v != str(value)]
    params.setlist(key, left)
    if not left:
        params.pop(key, None)
    return "?" + urlencode(list(params.lists()), doseq=True)


# The bar is stretched to its place; strokes are not.
_THIN = mark_safe('vector-effect="non-scaling-stroke"')


@register.simple_tag
def bar(
    share: float, possible: float = 0, mark: float | None = None, label: str = "", tone: str = "brand"
) -> SafeString:
    """A bar as SVG with attributes only: certain solid, possible hatched, a tick at the mark. Shares 0–100."""
    colour = {"brand": "#0052d9", "bad": "#b3261e", "ok": "#1a6b3c"}[tone]
    solid = max(0.0, min(100.0, float(share)))
    maybe = max(0.0, min(100.0 - solid, float(possible)))
    ticks = ""
    if mark is not None:
        at = round(float(mark), 2)
        ticks = format_html('<path d="M{} 0v12" stroke="#1b2430" stroke-width="2" {}/>', at, _THIN)
    hatch = ""
    if maybe:
        hatch = format_html(
            '<rect x="{}" y="3" width="{}" height="6" fill="#a9c4f5"/><path d="{}" stroke="#0052d9" stroke-width="1.5" {}/>',
            round(solid, 2),
            round(maybe, 2),
            " ".join(f"M{x} 9l2 -6" for x in _hatch_steps(solid, maybe)),
            _THIN,
        )
    return format_html(
        '<svg class="bar-svg" viewBox="0 0 100 12" width="100%" height="12" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect x="0" y="3" width="100" height="6" fill="#dde4ee"/><rect x="0" y="3" width="{}" height="6" fill="{}"/>{}{}</svg>',
        label,
        round(solid, 2),
        colour,
        hatch,
        ticks,
    )


def _hatch_steps(start: float, width: float) -> list[float]:
    steps, x = [], start
    while x < start + width - 2:
        steps.append(round(x, 2))
        x += 3
    return steps


@register.simple_tag
def spark(values: list[float]) -> SafeString:
    """The last quarters as a thin line with a dot at the end; nothing for fewer than two points."""
    points = [float(v) for v in values or [] if v is not None][-8:]
    if len(points) < 2:
        return mark_safe("")
    low, high = min(points), max(points)
    span = (high - low) or 1.0
    step = 52 / (len(points) - 1)
    placed = [(round(2 + i * step, 1), round(15 - 12 * (p - low) / span, 1)) for i, p in enumerate(points)]
    return format_html(
        '<svg width="58" height="18" viewBox="0 0 58 18" aria-hidden="true"><polyline points="{}" fill="none" stroke="#7f9fd6" stroke-width="1.5"/>'
        '<circle cx="{}" cy="{}" r="2" fill="#0052d9"/></svg>',
        " ".join(f"{x},{y}" for x, y in placed),
        placed[-1][0],
        placed[-1][1],
    )
