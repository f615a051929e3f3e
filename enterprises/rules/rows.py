"""Rows of a workbook → checked records and problems.

The records come as a stream, so that a long workbook is never held twice; problems gather in the
reading. An error keeps its row out, a warning informs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from enterprises.rules.cells import CLEAR, TICKS, Converter, Flawed, Place, converter
from enterprises.rules.checks import CHECKS
from enterprises.rules.feet import Sorter, is_blank
from enterprises.rules.problems import Problem, letters
from enterprises.rules.sheet import Broken, Percent, Sheet, Workbook, shown
from enterprises.rules.tables import Column, Table, find_table
from enterprises.rules.text import half_width, key
from enterprises.rules.uscc import normalise

_MOST_LISTED = 20
#: the sheet that our own export prints its conditions and moment on; nobody needs a warning about it
NOTES_SHEET = "导出说明"


class Record(NamedTuple):
    """One row that may be written. `values` stand in the order of `table.targets`."""

    part: Part
    row: int
    uscc: str
    region: str
    values: list[Any]


@dataclass
class Part:
    """The table of one sheet with its converters, ready to be read row by row."""

    table: Table
    #: (code, year) of each read column, year None for what lies on the enterprise
    targets: tuple[tuple[str, int | None], ...]
    columns: tuple[Column, ...]
    converters: tuple[Converter, ...]
    checks: tuple[tuple[str, int, int, Callable[[Any, Any], bool]], ...]
    ticked: frozenset[int] = frozenset()
    #: positions of the enterprises' rows within the sheet's
    data: Sequence[int] = ()

    @property
    def sheet(self) -> str:
        return self.table.sheet.name


@dataclass
class Reading:
    """What a workbook says. `rows` and `failed` are complete once `records` has been read to its end."""

    year: int
    parts: list[Part] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: a code that refuses the whole file, with what it needs to be told
    refusal: Problem | None = None
    rows: int = 0
    failed: int = 0
    #: code → (sheet, row) of its first row
    seen: dict[str, tuple[str, int]] = field(default_factory=dict)

    def records(self) -> Iterator[Record]:
        """The rows without errors, from the first sheet to the last."""
        for part in self.parts:
            yield from _records(self, part)
        self._formulas()

    def _formulas(self) -> None:
        for part in self.parts:
            sheet = part.table.sheet
            if not sheet.formulas or sheet.first_formula is None:
                continue
            row, index = sheet.first_formula
            self.problems.append(
                Problem(
                    "warning",
                    "formulas",
                    sheet=sheet.name,
                    row=row,
                    column=letters(index),
                    params={
                        "count": sum(sheet.formulas.values()),
                        "columns": "、".join(letters(n) for n in sorted(sheet.formulas)[:_MOST_LISTED]),
                    },
                )
            )


def read(
    workbook: Workbook,
    *,
    year: int,
    regions: Mapping[str, str | None],
    region: str,
    today: dt.date,
    mapping: Mapping[str, Any] | None = None,
) -> Reading:
    """Understands the workbook's sheets; nothing is converted before `records` is read.

    `regions` resolves the region column (name or code → path, None where ambiguous), `region` is the
    path of the import, where rows without one belong.
    """
    reading = Reading(year)
    chosen = (mapping or {}).get("sheets") or {}
    incomplete: Table | None = None
    for sheet in workbook.sheets:
        own = chosen.get(sheet.name) or {}
        if own.get("use") is False:
            continue
        if sheet.hidden and not own.get("use"):
            if any(any(not is_blank(v) for v in row) for row in sheet.rows):
                reading.problems.append(Problem("warning", "hidden_sheet", sheet=sheet.name))
            continue
        table = find_table(sheet, year, own)
        if table is None:
            if sheet.name != NOTES_SHEET and any(any(not is_blank(v) for v in row) for row in sheet.rows):
                reading.problems.append(Problem("warning", "sheet_without_table", sheet=sheet.name))
            continue
        if table.missing:
            incomplete = incomplete or table
            reading.problems.append(
                Problem(
                    "warning",
                    "sheet_incomplete",
                    sheet=sheet.name,
                    row=table.header_row,
                    params={"missing": table.missing},
                )
            )
            continue
        reading.problems.extend(table.problems)
        reading.problems.extend(_hidden_rows(table, own))
        reading.parts.append(_part(table, regions, region, today))
    if not reading.parts:
        if incomplete is not None:
            reading.refusal = Problem(
                "error",
                "columns_missing",
                sheet=incomplete.sheet.name,
                row=incomplete.header_row,
                params={"missing": incomplete.missing},
            )
        else:
            reading.refusal = Problem("error", "no_table")
    return reading


def _hidden_rows(table: Table, own: Mapping[str, Any]) -> list[Problem]:
    hidden = sorted(n for n in table.sheet.hidden_rows if n >= table.data_row)
    if own.get("include_hidden"):
        table.sheet.hidden_rows = frozenset()
        return []
    last = table.sheet.first_row + len(table.sheet.rows)
    hidden = [
        n
        for n in hidden
        if n < last and any(not is_blank(v) for v in table.sheet.rows[n - table.sheet.first_row])
    ]
    if not hidden:
        return []
    listed = "、".join(str(n) for n in hidden[:_MOST_LISTED]) + ("…" if len(hidden) > _MOST_LISTED else "")
    return [
        Problem(
            "warning",
            "hidden_rows",
            sheet=table.sheet.name,
            row=hidden[0],
            params={"count": len(hidden), "rows": listed},
        )
    ]


def _part(table: Table, regions: Mapping[str, str | None], region: str, today: dt.date) -> Part:
    sheet = table.sheet
    place = Place(regions, today, sheet.date1904, sheet.text_only)
    columns = tuple(c for c in table.columns if c.field is not None)
    targets = tuple((c.field.code, c.year) for c in columns if c.field is not None)
    at = {target: n for n, target in enumerate(targets)}
    data = _data_rows(table, columns)
    checks = tuple(
        (check.code, at[first, year], at[check.second, year], check.holds)
        for check in CHECKS
        for (first, year) in targets
        if first == check.first and (check.second, year) in at
    )
    return Part(
        table=table,
        targets=targets,
        columns=columns,
        converters=tuple(
            _cached(converter(c.field, unit=c.unit, place=place), repeats=c.field.kind != "money")
            for c in columns
            if c.field
        ),
        checks=checks,
        ticked=_ticked(sheet, data, columns),
        data=data,
    )


def _cached(convert: Converter, *, repeats: bool) -> Converter:
    """Remembers what plain text and plain numbers became; equal values of other types are kept apart.

    Numbers that seldom repeat (`repeats` is false) are converted each time.
    """
    texts: dict[str, Any] = {}
    numbers: dict[float, Any] = {}

    def cell(raw: Any) -> Any:
        kind = type(raw)
        memory: dict[Any, Any]
        if kind is str:
            memory = texts
        elif kind is float and repeats:
            memory = numbers
        else:
            return convert(raw)
        try:
            return memory[raw]
        except KeyError:
            value = convert(raw)
            if len(memory) < 5000:
                memory[raw] = value
            return value

    return cell


def _data_rows(table: Table, columns: Sequence[Column]) -> list[int]:
    """Positions, within the sheet's rows, of those that are an enterprise's; short rows are filled up."""
    sheet = table.sheet
    index = {c.field.code: c.index - sheet.first_column for c in columns if c.field is not None}
    sorter = Sorter(
        index["uscc"],
        index["name"],
        frozenset(c.index - sheet.first_column for c in columns),
        frozenset(c.index - sheet.first_column for c in table.columns if c.ordinal),
    )
    width = max(c.index for c in columns) - sheet.first_column + 1
    found = []
    for at in range(table.data_row - sheet.first_row, len(sheet.rows)):
        row = sheet.rows[at]
        if len(row) < width:
            row.extend([""] * (width - len(row)))
        if sheet.first_row + at not in sheet.hidden_rows and sorter.is_enterprise(row):
            found.append(at)
    return found


def _ticked(sheet: Sheet, data: Sequence[int], columns: Sequence[Column]) -> frozenset[int]:
    """Positions of yes/no columns whose only non-empty values are ticks: there, empty means no."""
    found = set()
    for n, column in enumerate(columns):
        if column.field is None or column.field.kind != "yes_no" or column.field.group == "integrity":
            continue
        index = column.index - sheet.first_column
        ticks = False
        for at in data:
            value = sheet.rows[at][index]
            if is_blank(value):
                continue
            if not isinstance(value, str) or half_width(value) not in TICKS:
                break
            ticks = True
        else:
            if ticks:
                found.add(n)
    return frozenset(found)


def _records(reading: Reading, part: Part) -> Iterator[Record]:
    sheet = part.table.sheet
    indexes = [c.index - sheet.first_column for c in part.columns]
    codes = [code for code, _ in part.targets]
    uscc_at = codes.index("uscc")
    region_at = codes.index("region") if "region" in codes else None
    plan = list(zip(indexes, part.converters, strict=True))
    ticked, checks = part.ticked, part.checks
    for at in part.data:
        row, number = sheet.rows[at], sheet.first_row + at
        reading.rows += 1
        values = [convert(row[index]) for index, convert in plan]
        failed = False
        for n, value in enumerate(values):
            if type(value) is Flawed:
                failed |= value.severity == "error"
                reading.problems.append(_problem(part, n, number, row[indexes[n]], value))
                values[n] = value.value
        for n in ticked:
            if values[n] is None:
                values[n] = False
        uscc = values[uscc_at]
        failed |= _seen_before(reading, part, uscc_at, number, row[indexes[uscc_at]], uscc)
        for code, first, second, holds in checks:
            a, b = values[first], values[second]
            if a is None or b is None or a is CLEAR or b is CLEAR or holds(a, b):
                continue
            flaw = Flawed(a, "warning", code, {"other": part.columns[second].header})
            reading.problems.append(_problem(part, first, number, row[indexes[first]], flaw))
        if failed:
            reading.failed += 1
            continue
        yield Record(part, number, uscc, (values[region_at] or "") if region_at is not None else "", values)


def _seen_before(reading: Reading, part: Part, at: int, number: int, raw: Any, uscc: str | None) -> bool:
    """Notes the code's first row; a later one is an error that names it. A row that failed counts too."""
    code = uscc or (normalise(raw) if isinstance(raw, str) and not isinstance(raw, Broken) else "")
    if not code:
        return False
    first = reading.seen.setdefault(code, (part.sheet, number))
    if first == (part.sheet, number) or uscc is None:
        return False
    flaw = Flawed(None, "error", "uscc_twice", {"sheet": first[0], "row": first[1]})
    reading.problems.append(_problem(part, at, number, raw, flaw))
    return True


def _problem(part: Part, n: int, number: int, raw: Any, flaw: Flawed) -> Problem:
    column = part.columns[n]
    assert column.field is not None
    return Problem(
        severity=flaw.severity,
        code=flaw.code,
        sheet=part.sheet,
        row=number,
        column=column.letter,
        field=column.field.code,
        header=column.header,
        value=shown(raw),
        params=flaw.params,
    )


def region_names(regions: Sequence[tuple[str, str, str, str]]) -> dict[str, str | None]:
    """Matching keys of (path, code, name, full name) → path; None where several share a key."""
    found: dict[str, str | None] = {}
    short: dict[str, str | None] = {}
    for path, code, name, full_name in regions:
        for spelling in {code, name, full_name}:
            if not spelling:
                continue
            at = key(spelling)
            found[at] = path if found.get(at, path) == path else None
        if len(name) > 2 and name[-1] in "市县区":
            at = key(name[:-1])
            short[at] = path if short.get(at, path) == path else None
    return {**short, **found}


__all__ = ["Part", "Percent", "Reading", "Record", "read", "region_names"]
