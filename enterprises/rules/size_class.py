"""The size of an enterprise: the classes that the known facts leave possible, and the class if one.

Large, medium and small need every lower bound of their industry; micro is what misses one of small's.
A missing fact leaves every class open that some value of it would give; it is never taken for micro.
Bounds and industries come from a dated edition (`fixtures/editions/size`).
Source: 工信部联企业〔2011〕300 号, 国统字〔2017〕213 号.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CLASSES = ("large", "medium", "small", "micro")
INDICATORS = ("employees", "revenue", "total_assets")
NOT_COVERED = "not_covered"
_FEN_OF_WAN = 1_000_000


@dataclass(frozen=True)
class SizeEdition:
    """One dated size standard. Money bounds are whole fen."""

    id: str
    title: str
    document: str
    valid_from: dt.date
    valid_until: dt.date | None
    #: category → class → ((indicator, lower bound), …)
    bounds: Mapping[str, Mapping[str, tuple[tuple[str, int], ...]]]
    #: digits of a GB/T 4754 code → category; the longest prefix wins
    categories: Mapping[str, str]

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> SizeEdition:
        """Builds an edition from its file's content. Raises ValueError where it contradicts itself."""
        bounds: dict[str, dict[str, tuple[tuple[str, int], ...]]] = {}
        for category, rows in data["bounds"].items():
            for indicator, row in rows.items():
                if indicator not in INDICATORS or not row["large"] > row["medium"] > row["small"] > 0:
                    raise ValueError(f"{data['id']}: {category}.{indicator}")
            bounds[category] = {
                name: tuple(
                    (indicator, row[name] * (1 if indicator == "employees" else _FEN_OF_WAN))
                    for indicator, row in rows.items()
                )
                for name in CLASSES[:3]
            }
        categories: dict[str, str] = {}
        for category, ranges in data["codes"].items():
            if category not in bounds and category != NOT_COVERED:
                raise ValueError(f"{data['id']}: {category}")
            for code in _spread(ranges):
                if code in categories:
                    raise ValueError(f"{data['id']}: {code} twice")
                categories[code] = category
        return cls(
            id=data["id"],
            title=data["title"]["zh"],
            document=data["document"]["number"],
            valid_from=data["valid_from"],
            valid_until=data["valid_until"],
            bounds=bounds,
            categories=categories,
        )


@dataclass(frozen=True, slots=True)
class Size:
    """The answer. `covered` is None where the industry does not settle whether the standard applies."""

    possible: tuple[str, ...]
    covered: bool | None
    #: facts that are missing and could still change the answer
    unknown: tuple[str, ...] = ()

    @property
    def size_class(self) -> str | None:
        return self.possible[0] if self.covered and len(self.possible) == 1 else None

    @property
    def large_ruled_out(self) -> bool:
        return self.covered is True and "large" not in self.possible


def _spread(ranges: list[str]) -> list[str]:
    codes = []
    for item in ranges:
        first, _, last = str(item).partition("-")
        codes += [str(n).zfill(len(first)) for n in range(int(first), int(last or first) + 1)]
    return codes


def categories_of(industry_code: str | None, edition: SizeEdition) -> frozenset[str]:
    """The categories an industry code may fall into: several when it is too short, none when unknown."""
    digits = (industry_code or "").lstrip("ABCDEFGHIJKLMNOPQRST")
    for length in range(min(len(digits), 4), 1, -1):
        found = edition.categories.get(digits[:length])
        if found is not None:
            return frozenset((found,))
    if len(digits) < 2:
        return frozenset()
    return frozenset(c for code, c in edition.categories.items() if code.startswith(digits))


def size(
    industry_code: str | None,
    employees: int | None,
    revenue: int | None,
    total_assets: int | None,
    edition: SizeEdition,
) -> Size:
    """The size of an enterprise with these facts of one year. Money is whole fen, None is unknown."""
    categories = categories_of(industry_code, edition)
    if not categories:
        return Size(CLASSES, None, ("industry_code",))
    if categories == {NOT_COVERED}:
        return Size((), False)
    values = {"employees": employees, "revenue": revenue, "total_assets": total_assets}
    possible: set[str] = set()
    unknown: set[str] = set()
    for category in categories - {NOT_COVERED}:
        here = _possible(edition.bounds[category], values)
        if len(here) > 1:
            unknown |= {
                indicator for indicator, _ in edition.bounds[category]["small"] if values[indicator] is None
            }
        possible |= here
    covered = None if NOT_COVERED in categories else True
    if len(categories) > 1 and (covered is None or len(possible) > 1):
        unknown.add("industry_code")
    return Size(
        tuple(c for c in CLASSES if c in possible),
        covered,
        tuple(f for f in ("industry_code", *INDICATORS) if f in unknown),
    )


def _possible(
    bounds: Mapping[str, tuple[tuple[str, int], ...]], values: Mapping[str, int | None]
) -> set[str]:
    """The classes between the one with every unknown at its lowest and the one with it at its highest.

    Both ends are reached by some value, and with several unknown facts every class between them is too.
    """
    best = _class(bounds, values, unknown_holds=True)
    worst = _class(bounds, values, unknown_holds=False)
    return set(CLASSES[CLASSES.index(best) : CLASSES.index(worst) + 1])


def _class(
    bounds: Mapping[str, tuple[tuple[str, int], ...]],
    values: Mapping[str, int | None],
    *,
    unknown_holds: bool,
) -> str:
    for name in CLASSES[:3]:
        for indicator, bound in bounds[name]:
            value = values[indicator]
            if (value is None and not unknown_holds) or (value is not None and value < bound):
                break
        else:
            return name
    return "micro"
