"""An overlay over an edition, of a year or a place: which conditions fall away, which are added or replaced, by which
indicators a class is scored instead, and other pass marks.

The result is a whole edition of its own, as plain data, so that what is stored and replayed needs no other.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from cultivation.rules.reading import EditionError

#: what an overlay says of itself in place of what the edition says
_OWN = ("id", "title", "document", "valid_from", "valid_until", "note", "applies_to")
_ALLOWED = {*_OWN, "based_on", "without", "conditions", "indicators", "lines", "sources"}


def laid_over(base: Mapping[str, Any], over: Any) -> dict[str, Any]:
    """The edition that results. A condition with a known code replaces that one; a new one is required
    besides all others and counts as one element. Raises EditionError for what an overlay may not say."""
    if not isinstance(over, Mapping):
        raise EditionError("overlay", "not_a_mapping")
    for key in over:
        if key not in _ALLOWED:
            raise EditionError("overlay", "key_unknown", key=key)
    for key in ("id", "document", "valid_from", "valid_until"):
        if key not in over:
            raise EditionError("overlay", "key_missing", key=key)
    made = copy.deepcopy(dict(base))
    made.update({key: over[key] for key in _OWN if key in over})
    made["sources"] = {**(base.get("sources") or {}), **(over.get("sources") or {})}
    for code in _list(over, "without"):
        if code not in _codes(made):
            raise EditionError("without", "unknown_code", value=code)
        made["conditions"] = [each for each in made["conditions"] if each["code"] != code]
        made["passes"] = _without(made["passes"], code)
        trees = {head: _without(tree, code) for head, tree in made["counted"].items() if head != code}
        made["counted"] = {head: tree for head, tree in trees.items() if tree is not None}
    for n, condition in enumerate(_list(over, "conditions")):
        if not isinstance(condition, Mapping):
            raise EditionError(f"conditions[{n}]", "not_a_mapping")
        if "code" not in condition:
            raise EditionError(f"conditions[{n}]", "key_missing", key="code")
        code = condition["code"]
        if code in _list(over, "without"):
            raise EditionError(f"conditions[{n}]", "code_twice", value=code)
        known = _codes(made)
        if code in known:
            made["conditions"][known.index(code)] = condition
        else:
            made["conditions"].append(condition)
            passes = made["passes"]
            made["passes"] = {"all": [*passes.get("all", [passes]), code]}
            made["counted"][code] = code
    _score(made, over)
    return made


def _score(made: dict[str, Any], over: Mapping[str, Any]) -> None:
    """Indicators stand in for all of their class, at its place; a pass mark gets another height."""
    fresh = _list(over, "indicators")
    for n, indicator in enumerate(fresh):
        if not isinstance(indicator, Mapping):
            raise EditionError(f"indicators[{n}]", "not_a_mapping")
        if "class" not in indicator:
            raise EditionError(f"indicators[{n}]", "key_missing", key="class")
    scored = made.get("indicators") or []
    for class_code in dict.fromkeys(each["class"] for each in fresh):
        before = [each for each in scored if each["class"] == class_code]
        at = scored.index(before[0]) if before else len(scored)
        mine = [each for each in fresh if each["class"] == class_code]
        scored = [*scored[:at], *mine, *(each for each in scored[at:] if each["class"] != class_code)]
    if fresh:
        made["indicators"] = scored
    lines = over.get("lines", {})
    if not isinstance(lines, Mapping):
        raise EditionError("lines", "not_a_mapping", value=lines)
    for code, height in lines.items():
        if code not in [each["code"] for each in made.get("lines") or []]:
            raise EditionError("lines", "unknown_code", value=code)
        made["lines"] = [
            {**each, "score_ge": height} if each["code"] == code else each for each in made["lines"]
        ]


def _codes(made: Mapping[str, Any]) -> list[Any]:
    return [each["code"] for each in made["conditions"]]


def _list(over: Mapping[str, Any], key: str) -> list[Any]:
    found = over.get(key, [])
    if not isinstance(found, list):
        raise EditionError(key, "list_needed", value=found)
    return found


def _without(tree: Any, code: str) -> Any:
    """The tree without a code; None where nothing is left of it."""
    if isinstance(tree, str):
        return None if tree == code else tree
    left = {
        word: [each for part in parts if (each := _without(part, code)) is not None]
        for word, parts in tree.items()
    }
    return left if all(left.values()) else None
