"""The editions: those of the country in the files of `fixtures/editions/cultivation/`, and those that places have put in
force for themselves, out of the table."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any

import yaml
from django.core.cache import cache

from cultivation.models import Edition as Stored
from cultivation.rules import edition as rules
from cultivation.rules import overlay
from cultivation.rules.shapes import Edition
from enterprises.editions import size_editions
from enterprises.rules.size_class import SizeEdition
from tenancy.access import covers

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


_OF_PLACES = "editions-of-places"


#: for so many seconds a process does not ask the cache again, which may be slow to say that it is not there
_REMEMBERED = 5
_remembered: dict[str, tuple[float, list[str]]] = {}


def of_places() -> tuple[Edition, ...]:
    """What places have put in force for themselves, oldest first. No query, but for the first after a change."""
    at, codes = _remembered.get(_OF_PLACES, (float("-inf"), None))
    if codes is None or monotonic() - at > _REMEMBERED:
        codes = cache.get(_OF_PLACES)
        if codes is None:
            rows = Stored.objects.filter(region__isnull=False).order_by("valid_from", "pk")
            codes = list(rows.values_list("code", flat=True))
            cache.set(_OF_PLACES, codes, timeout=24 * 3600)
        _remembered[_OF_PLACES] = (monotonic(), codes)
    return tuple(map(_of_place, codes))


def forget_places() -> None:
    """To be called once another edition of a place has been committed."""
    _remembered.clear()
    cache.delete(_OF_PLACES)


@lru_cache(maxsize=256)
def _of_place(code: str) -> Edition:
    """One of a place; what is in force is never changed, so it is read once."""
    row = Stored.objects.get(code=code, region__isnull=False)
    return replace(rules.load(row.content, sizes()), region=str(row.region_id))


def drafted(content: dict[str, Any]) -> Edition:
    """The edition that stored content describes."""
    return rules.load(content, sizes())


def everywhere() -> tuple[Edition, ...]:
    """Those of the country and those of all places."""
    return (*published(), *of_places())


def places_apart(tier: str, on: date) -> list[str]:
    """The places that have a standard of their own for first applications of the tier on the day."""
    found = {
        each.region
        for each in of_places()
        if each.tier == tier and "first" in each.applies_to and each.in_force(on)
    }
    return sorted(found)


def by_id(edition_id: str) -> Edition:
    """KeyError where there is no such edition."""
    for each in published():
        if each.id == edition_id:
            return each
    try:
        return _of_place(edition_id)
    except Stored.DoesNotExist:
        raise KeyError(edition_id) from None


def in_force(tier: str, on: date, *, region: str, review: bool = False) -> Edition:
    """The edition of the tier that counts in the place on the day, for a first application or the review of a title.

    Of several in force the youngest: a year's overlay goes before the standard that it changes, and what a place has
    put in force for itself before one of the country of the same day. LookupError where none is in force.
    """
    kind = "review" if review else "first"
    found = [
        each
        for each in everywhere()
        if each.tier == tier
        and kind in each.applies_to
        and each.in_force(on)
        and (not each.region or covers(each.region, region))
    ]
    if not found:
        raise LookupError(f"no edition of {tier} is in force on {on}")
    return max(enumerate(found), key=lambda at: (at[1].valid_from, bool(at[1].region), at[0]))[1]
