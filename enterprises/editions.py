"""Loads the dated size standards from `fixtures/editions/size`."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import yaml
from django.conf import settings

from enterprises.rules.size_class import SizeEdition


@lru_cache(maxsize=1)
def size_editions() -> tuple[SizeEdition, ...]:
    """Every size standard, oldest first. Reads the files once per process."""
    folder = settings.BASE_DIR / "fixtures" / "editions" / "size"
    editions = [
        SizeEdition.load(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("*.yaml"))
    ]
    return tuple(sorted(editions, key=lambda edition: edition.valid_from))


def size_edition(on: dt.date) -> SizeEdition:
    """The size standard in force on a day. Raises LookupError where there is none."""
    for edition in reversed(size_editions()):
        if edition.valid_from <= on and (edition.valid_until is None or on <= edition.valid_until):
            return edition
    raise LookupError(on)
