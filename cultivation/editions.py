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
from cultivation.rules.shapes import Edition
from enterprises.editions import size_editions
from enterprises.rules.size_class import SizeEdition

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "editions" / "cultivation"


def files() -> list[Path]:
    """The edition files; golden cases stand beside them and are no editions."""
    return sorted(path for path in FOLDER.glob("*.yaml") if not path.name.endswith(".golden.yaml"))


def read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


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


def in_force(tier: str, on: date) -> Edition:
    """The youngest edition of the tier that is in force on the day; LookupError where none is."""
    found = [each for each in published() if each.tier == tier and each.in_force(on)]
    if not found:
        raise LookupError(f"no edition of {tier} is in force on {on}")
    return found[-1]
