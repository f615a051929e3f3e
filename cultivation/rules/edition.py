"""A rule edition as frozen data: what `fixtures/editions/cultivation/*.yaml` may say, and nothing more.

The vocabulary is closed and holds no expression language. A *test* is one of
`{fact, is}`, `{fact, in}`, `{fact, ge|le}`, `{fact, starts: {met, not_met}}`, `{fact, within_years}`,
`{fact, in_force: true}`, `{fact: size_class, not: large}`, `{any: [...]}`, `{all: [...]}`.
*Points* are one of `{fact, ge|le: [[threshold, points], ...], else}`, `{fact, options}`,
`{best_of: [{name, label, test, points}], else}`, `{count: [tests], each, cap}`, `{fact, most}` (the fact is itself the points).
*Lines* are pass marks over the score or a class. `passes` and `counted` are all/any trees over codes.
Thresholds carry their unit: `5%` for a ratio, `500 万元` for money, a whole number for a count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cultivation.rules.reading import EditionError, Reader
from cultivation.rules.shapes import Bands, BestOf, Edition, Options, Own, Points, Tree, tree_codes
from enterprises.rules.size_class import SizeEdition

__all__ = ["EditionError", "load"]


def load(data: Mapping[str, Any], sizes: Mapping[str, SizeEdition]) -> Edition:
    """The edition that a YAML document describes; `sizes` are the size standards by id.

    Raises EditionError at the first place that is wrong.
    """
    edition = Reader(sizes).edition(data)
    _check(edition)
    return edition


def _most(points: Points) -> int:
    if isinstance(points, Bands):
        return max(points.otherwise, *(mark for _, mark in points.steps))
    if isinstance(points, Options):
        return max(mark for _, mark in points.points)
    if isinstance(points, BestOf):
        return max(points.otherwise, *(case.points for case in points.cases))
    if isinstance(points, Own):
        return points.most
    return min(points.cap, points.each * len(points.tests))


def _check(edition: Edition) -> None:
    """What the parts must agree on: each code once, classes add up, trees name codes that exist."""
    codes = list(edition.codes)
    for code in codes:
        if codes.count(code) > 1:
            raise EditionError("edition", "code_twice", value=code)
    classes = {each.code: each.max for each in edition.classes}
    for indicator in edition.indicators:
        if indicator.class_code not in classes:
            raise EditionError(f"indicator {indicator.code}", "unknown_class", value=indicator.class_code)
        if _most(indicator.points) != indicator.max:
            raise EditionError(
                f"indicator {indicator.code}", "max_differs", max=indicator.max, found=_most(indicator.points)
            )
    for code, most in classes.items():
        total = sum(each.max for each in edition.indicators if each.class_code == code)
        if total != most:
            raise EditionError(f"class {code}", "max_differs", max=most, found=total)
    for line in edition.lines:
        if line.class_code is not None and line.class_code not in classes:
            raise EditionError(f"line {line.code}", "unknown_class", value=line.class_code)
    if edition.size_standard is None and "size_class" in edition.facts:
        raise EditionError("size_standard", "key_missing", key="size_standard")
    named = list(tree_codes(edition.passes))
    indicators = {each.code for each in edition.indicators}
    for code in named:
        if code not in codes or code in indicators:
            raise EditionError("passes", "unknown_code", value=code)
        if named.count(code) > 1:
            raise EditionError("passes", "code_twice", value=code)
    if len(_line_homes(edition.passes, {each.code for each in edition.lines})) > 1:
        raise EditionError("passes", "lines_stand_together")
    for head, tree in edition.counted.items():
        for code in (head, *tree_codes(tree)):
            if code not in codes or code in indicators:
                raise EditionError(f"counted.{head}", "unknown_code", value=code)


def _line_homes(tree: Tree, lines: set[str]) -> list[Tree]:
    """The places in the tree where lines stand; they share indicators, so they must be judged together."""
    if isinstance(tree, str):
        return [tree] if tree in lines else []
    if not tree.any and any(isinstance(part, str) and part in lines for part in tree.parts):
        rest = [home for part in tree.parts if not isinstance(part, str) for home in _line_homes(part, lines)]
        return [tree, *rest]
    return [home for part in tree.parts for home in _line_homes(part, lines)]
