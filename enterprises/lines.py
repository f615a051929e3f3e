"""Checked records → lines for COPY, column by column: a call for each cell would cost twice as much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from enterprises.rules.fields import BY_CODE, ENTERPRISE_FIELDS, FIGURE_FIELDS
from enterprises.rules.names import name_keys
from enterprises.rules.rows import Part, Record
from enterprises.rules.sheet import CLEAR, Clear, Month
from tenancy.models.base import new_public_ids

#: facts of the two temporary tables, and what is made of a name
OF_ENTERPRISE = tuple(f.code for f in ENTERPRISE_FIELDS if f.code != "name")
OF_YEAR = tuple(f.code for f in FIGURE_FIELDS)
KEYS = ("name", "name_key", "pinyin", "initials")

_NULL = "\\N"
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


def _texts(values: Sequence[Any]) -> list[str]:
    """Texts of one column, escaped. Hardly any has what COPY would take for its own, so all are asked at once."""
    texts = ["" if value is None or value is CLEAR else value for value in values]
    together = "".join(texts)
    for mark, written in _ESCAPES:
        if mark in together:
            texts = [text.replace(mark, written) for text in texts]
    return [
        _NULL if value is None or value is CLEAR else text for value, text in zip(values, texts, strict=True)
    ]


def _amounts(values: Sequence[Any]) -> list[str]:
    # Yuan with fen behind the point cost four times as much to write.
    return [_NULL if fen is None or fen is CLEAR else f"{fen}e-2" for fen in values]


def _each(write: Callable[[Any], str]) -> Writer:
    return lambda values: [_NULL if value is None or value is CLEAR else write(value) for value in values]


#: values of one column → their texts for COPY; unknown and erased ones are NULL
Writer = Callable[[Sequence[Any]], list[str]]
_WRITERS: dict[str, Writer] = {
    "text": _texts,
    "code": _texts,
    "choice": _each(str),
    "region": _texts,
    "date": _each(lambda day: day.isoformat()),
    "money": _amounts,
    "count": _each(str),
    "percent": _each(lambda number: format(number, "f")),
    "score": _each(lambda number: format(number, "f")),
    "yes_no": _each(lambda yes: "t" if yes else "f"),
}


_months = _each(lambda day: "t" if isinstance(day, Month) else "f")


@dataclass
class Copy:
    """Lines for one temporary table."""

    table: str
    columns: list[str]
    lines: list[str]


#: where a fact stands among a record's values, its code, and how its column is written
Facts = list[tuple[int, str, Writer]]


@dataclass
class Plan:
    """How the records of one sheet become lines, and those that wait for it."""

    part: Part
    #: the sheet's place among those of the import
    place: int
    enterprise: Facts
    years: dict[int, Facts]
    name_at: int
    founded_at: int | None
    #: (number from 1 in the order of the file, record)
    waiting: list[tuple[int, Record]] = field(default_factory=list)

    @classmethod
    def of(cls, part: Part, place: int) -> Plan:
        codes = [code for code, _ in part.targets]
        enterprise: Facts = []
        years: dict[int, Facts] = {}
        for at, (code, year) in enumerate(part.targets):
            fact = (at, code, _WRITERS[BY_CODE[code].kind])
            if year is not None:
                years.setdefault(year, []).append(fact)
            elif code in OF_ENTERPRISE:
                enterprise.append(fact)
        founded = codes.index("established_on") if "established_on" in codes else None
        return cls(part, place, enterprise, dict(sorted(years.items())), codes.index("name"), founded)

    def copies(self) -> list[Copy]:
        """The lines of what waits, column by column; afterwards nothing does."""
        if not self.waiting:
            return []
        numbers, records = zip(*self.waiting, strict=True)
        self.waiting = []
        columns = list(zip(*(record.values for record in records), strict=True))
        erased = {at for at, column in enumerate(columns) if Clear in map(type, column)}
        ns = [str(n) for n in numbers]
        names = columns[self.name_at]
        founded = columns[self.founded_at] if self.founded_at is not None else [None] * len(ns)
        fixed = {
            "n": ns,
            "public_id": new_public_ids(len(ns)),
            "uscc": [record.uscc for record in records],
            "region_id": _texts([record.region or None for record in records]),
            "name": _texts(names),
            **{
                code: _texts(keys)
                for code, keys in zip(KEYS[1:], zip(*map(name_keys, names), strict=True), strict=True)
            },
            **{code: write(columns[at]) for at, code, write in self.enterprise},
            "established_month_only": _months(founded),
            "source_sheet": _texts([self.part.sheet[:100]] * len(ns)),
            "source_row": [str(record.row) for record in records],
            "clears": _cleared(columns, self.enterprise, erased),
        }
        copies = [Copy("in_enterprise", list(fixed), list(map("\t".join, zip(*fixed.values(), strict=True))))]
        for year, facts in self.years.items():
            texts = [write(columns[at]) for at, _, write in facts]
            clears = _cleared(columns, facts, erased)
            lines = [
                "\t".join((n, str(year), *line))
                for n, *line in zip(ns, *texts, clears, strict=True)
                if line.count(_NULL) < len(line)
            ]
            copies.append(Copy("in_figures", ["n", "year", *(code for _, code, _ in facts), "clears"], lines))
        return copies


def _cleared(columns: Sequence[Sequence[Any]], facts: Facts, erased: set[int]) -> list[str]:
    """For each record the codes of the facts that 清除 erases, as PostgreSQL writes an array."""
    here = [(columns[at], code) for at, code, _ in facts if at in erased]
    if not here:
        return [_NULL] * len(columns[0])
    found = ([code for column, code in here if column[n] is CLEAR] for n in range(len(columns[0])))
    return ["{" + ",".join(codes) + "}" if codes else _NULL for codes in found]
