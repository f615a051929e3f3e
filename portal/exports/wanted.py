"""What somebody wants exported, as plain data that a form, a job and the history share."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from django.http import QueryDict

from portal.models import ExportRecord

FORMATS = ("xlsx", "csv")
_PUBLIC_ID = re.compile("[0-9a-z]{26}")


@dataclass(frozen=True)
class Wanted:
    """`columns` empty and `years` None mean the list's own; `query` is the list's, `picked` what was ticked in it."""

    listed: str
    format: str = "xlsx"
    columns: tuple[str, ...] = ()
    years: tuple[int, ...] | None = None
    query: str = ""
    picked: tuple[str, ...] = ()

    @property
    def asked(self) -> QueryDict:
        return QueryDict(self.query)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Wanted:
        return cls(
            stored["listed"],
            stored["format"],
            tuple(stored["columns"]),
            None if stored["years"] is None else tuple(stored["years"]),
            stored["query"],
            tuple(stored["picked"]),
        )

    @classmethod
    def again(cls, record: ExportRecord) -> Wanted:
        """The same parameters, for the data of today."""
        return cls(
            record.listed,
            record.format,
            tuple(record.columns),
            tuple(record.years),
            record.query,
            tuple(record.picked),
        )


def picked_of(values: list[str]) -> tuple[str, ...]:
    """The ids that were ticked, each once, all of them; what cannot be an id is nobody's."""
    return tuple(dict.fromkeys(value for value in values if _PUBLIC_ID.fullmatch(value)))
