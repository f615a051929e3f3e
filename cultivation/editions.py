"""Reads the edition files of `fixtures/editions/cultivation/` and keeps the prepared judges at hand."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from cultivation.rules import edition as rules
from cultivation.rules import overlay
from cultivation.rules.shapes import Edition
from enterprises.editions import size_editions
from enterprises.rules.size_class import SizeEdition

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "editions" / "cultivation"


def files() -> list[Path]:
    """The edition files; golden cases stand beside them and are no editions."""
    return sorted(path for path in FOLDER.glob("*.yaml") if not path.name.endswith(".golden.yaml"))


def read(path: Path) -> dict[str, Any]:
    """The content of a file; an overlay is laid over the edition that it names."""
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data if "based_on" not in data else overlay.laid_over(_content_of(data["based_on"]), data)


def _content_of(edition_id: str) -> dict[str, Any]:
    for path in files():
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        if data.get("id") == edition_id and "based_on" not in data:
            return data
    raise rules.EditionError("based_on", "unknown_value", value=edition_id)


def content_hash(data: dict[str, Any]) -> str:
    """The sha256 of what an edition says; layout and comments of the file do not count."""
    return hashlib.sha256(
        json.dumps(data, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":")).encode()
    ).hexdigest()


def plain(data: dict[str, Any]) -> dict[str, Any]:
    """The content as JSON can hold it: dates as text, keys as text."""
    return json.loads(json.dumps(data, ensure_ascii=False, default=str))


def sizes() -> dict[str, SizeEdition]:
    """The size standards that an edition may name."""
    return {each.id: each for each in size_editions()}


@lru_cache(maxsize=1)
def published() -> tuple[Edition, ...]:
    """All editions of the files, oldest first."""
    found = [rules.load(read(path), sizes()) for path in files()]
    return tuple(sorted(found, key=lambda each: (each.tier, each.valid_from)))


def by_id(edition_id: str) -> Edition:
    """KeyError where no file holds this edition."""
    for each in published():
        if each.id == edition_id:
            return each
    raise KeyError(edition_id)


def in_force(tier: str, on: date, *, review: bool = False) -> Edition:
    """The edition of the tier that counts on the day, for a first application or the review of a title.

    Of several in force the youngest: a year's overlay goes before the standard that it changes.
    LookupError where none is in force.
    """
    kind = "review" if review else "first"
    found = [
        each for each in published() if each.tier == tier and kind in each.applies_to and each.in_force(on)
    ]
    if not found:
        raise LookupError(f"no edition of {tier} is in force on {on}")
    return found[-1]
