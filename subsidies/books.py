"""The shapes of books at a place: which columns, and which schemes a budget there may be for."""

from __future__ import annotations

import re

from django.utils import timezone

from subsidies.queries import policies_by_place
from subsidies.rules.books import SHAPES, Shape


def shape_of(kind: str, region: str) -> Shape:
    """The shape of a kind. KeyError for none. At most one query."""
    shape = SHAPES[kind]
    return shape.offering("scheme", fundable(region)) if shape.leads == "scheme" else shape


def fundable(region: str) -> tuple[str, ...]:
    """Codes of the schemes that pay, of policies that hold here or at a place below; of top-ups the own. Two queries."""
    codes = {
        scheme.code
        for path, policy in policies_by_place(timezone.localdate())
        if region.startswith(path) or path.startswith(region)
        for scheme in policy.schemes
        if not scheme.repeats and (not scheme.tops or path == region)
    }
    return tuple(
        sorted(codes, key=lambda code: [int(n) if n.isdigit() else n for n in re.split(r"(\d+)", code)])
    )
