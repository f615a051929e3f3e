"""A year's overlay over an edition: which conditions fall away, which are added or replaced.

The result is a whole edition of its own, as plain data, so that what is stored and replayed needs no other.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from cultivation.rules.reading import EditionError

#: what an overlay says of itself in place of what the edition says
_OWN = ("id", "title", "document", "valid_from", "valid_until", "note", "applies_to")
_ALLOWED = {*_OWN, "based_on", "without", "conditions", "sources"}


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
        made["counted"].pop(code, None)
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
    return made


def _codes(made: Mapping[str, Any]) -> list[Any]:
    return [each["code"] for each in made["conditions"]]


def _list(over: Mapping[str, Any], key: str) -> list[Any]:
    found = over.get(key, [])
    if not isinstance(found, list):
        raise EditionError(key, "list_needed", value=found)
    return found


def _without(tree: Any, code: str) -> Any:
    if isinstance(tree, str):
        return tree
    return {word: [_without(part, code) for part in parts if part != code] for word, parts in tree.items()}
