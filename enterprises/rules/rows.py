"""Rows of a workbook → checked records and problems.

The records come as a stream, so that a long workbook is never held twice; problems gather in the
reading. An error keeps its row out, a warning informs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from enterprises.rules.answers import SKIP, Answers, mend
from enterprises.rules.cells import CLEAR, Flawed
from enterprises.rules.feet import is_blank
from enterprises.rules.parts import Part, part_of
from enterprises.rules.problems import Problem, letters
from enterprises.rules.sheet import OWN_SHEETS, Broken, Percent, Workbook, shown
from enterprises.rules.tables import Table, find_table
from enterprises.rules.text import key
from enterprises.rules.uscc import normalise

_MOST_LISTED = 20


class Record(NamedTuple):
    """One row that may be written. `values` stand in the order of `table.targets`."""

    part: Part
    row: int
    uscc: str
    region: str
    values: list[Any]


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
    #: rows that the officer said to leave out
    left_out: int = 0
    answers: Answers = field(default_factory=lambda: Answers({}))
    #: code → (sheet, row) of its first row
    seen: dict[str, tuple[str, int]] = field(default_factory=dict)
    #: matching key of a name → (code, sheet, row) of its first row
    names: dict[str, tuple[str, str, int]] = field(default_factory=dict)

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
    remembered: Mapping[str, Mapping[str, Any]] | None = None,
) -> Reading:
    """Understands the workbook's sheets; nothing is converted before `records` is read.

    `regions` resolves the region column (name or code → path, None where ambiguous), `region` is the
    path of the import, where rows without one belong. `remembered` are corrections made earlier to tables
    of known shapes.
    """
    mapping = mapping or {}
    reading = Reading(year, answers=Answers(mapping.get("answers") or {}))
    chosen = mapping.get("sheets") or {}
    mended = mapping.get("cells") or {}
    incomplete: Table | None = None
    for sheet in workbook.sheets:
        own = chosen.get(sheet.name) or {}
        if own.get("use") is False:
            continue
        if sheet.hidden and not own.get("use"):
            if any(any(not is_blank(v) for v in row) for row in sheet.rows):
                reading.problems.append(Problem("warning", "hidden_sheet", sheet=sheet.name))
            continue
        if sheet.name in mended:
            mend(sheet, mended[sheet.name])
        same = next((part for part in reading.parts if part.table.sheet.rows == sheet.rows), None)
        if same is not None:
            reading.problems.append(
                Problem("warning", "sheet_twice", sheet=sheet.name, params={"first": same.sheet})
            )
            continue
        table = find_table(sheet, year, own, remembered)
        if table is None:
            if sheet.name not in OWN_SHEETS and any(any(not is_blank(v) for v in row) for row in sheet.rows):
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
        part = part_of(table, regions, today)
        reading.parts.append(part)
        if not part.data:
            reading.problems.append(Problem("warning", "table_empty", sheet=sheet.name, row=table.header_row))
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


def _records(reading: Reading, part: Part) -> Iterator[Record]:
    sheet = part.table.sheet
    indexes = [c.index - sheet.first_column for c in part.columns]
    codes = [code for code, _ in part.targets]
    uscc_at = codes.index("uscc")
    region_at = codes.index("region") if "region" in codes else None
    plan = list(zip(indexes, part.converters, strict=True))
    ticked, checks, slid, answers = part.ticked, part.checks, part.slid, reading.answers
    name_at = codes.index("name")
    if part.cut is not None:
        at, left = part.cut
        reading.rows += left
        reading.failed += left
        reading.problems.append(
            Problem(
                "error", "header_changes", sheet=part.sheet, row=sheet.first_row + at, params={"count": left}
            )
        )
    for at in part.data:
        row, number = sheet.rows[at], sheet.first_row + at
        reading.rows += 1
        if answers and answers.of(part.sheet, number) == SKIP:
            reading.left_out += 1
            continue
        values = [convert(row[index]) for index, convert in plan]
        failed = False
        if Flawed in map(type, values):
            for n, value in enumerate(values):
                if type(value) is Flawed:
                    failed |= value.severity == "error"
                    reading.problems.append(_problem(part, n, number, row[indexes[n]], value))
                    values[n] = value.value
        for n in ticked:
            if values[n] is None:
                values[n] = False
        uscc = values[uscc_at]
        if answers and uscc and (same := answers.same_as(part.sheet, number)):
            uscc = values[uscc_at] = same
        if at in slid:
            failed = True
            reading.problems.append(_slid_problem(part, number, slid[at], row))
        failed |= _seen_before(reading, part, uscc_at, number, row[indexes[uscc_at]], uscc)
        for code, first, second, holds in checks:
            a, b = values[first], values[second]
            if a is None or b is None or a is CLEAR or b is CLEAR or holds(a, b):
                continue
            flaw = Flawed(a, "warning", code, {"other": part.columns[second].header})
            reading.problems.append(_problem(part, first, number, row[indexes[first]], flaw))
        if values[name_at] is not None and uscc:
            _named_before(reading, part, name_at, number, row[indexes[name_at]], values[name_at], uscc)
        if failed:
            reading.failed += 1
            continue
        yield Record(part, number, uscc, (values[region_at] or "") if region_at is not None else "", values)


def _seen_before(reading: Reading, part: Part, at: int, number: int, raw: Any, uscc: str | None) -> bool:
    """Notes the code's first row; a later one is an error that names it. A row that failed counts too."""
    code = uscc or (normalise(raw) if isinstance(raw, str) and not isinstance(raw, Broken) else "")
    if not code:
        return False
    here = (part.sheet, number)
    first = reading.seen.setdefault(code, here)
    if first is here or uscc is None:
        return False
    flaw = Flawed(None, "error", "uscc_twice", {"sheet": first[0], "row": first[1]})
    reading.problems.append(_problem(part, at, number, raw, flaw))
    return True


def _named_before(reading: Reading, part: Part, at: int, number: int, raw: Any, name: str, uscc: str) -> None:
    """Notes the name's first row; the same name under another code is worth a question, not an error."""
    here = (uscc, part.sheet, number)
    first = reading.names.setdefault(key(name), here)
    if first is here or first[0] == uscc:
        return
    flaw = Flawed(name, "warning", "name_twice", {"uscc": first[0], "sheet": first[1], "row": first[2]})
    reading.problems.append(_problem(part, at, number, raw, flaw))


def _slid_problem(part: Part, number: int, index: int, row: Sequence[Any]) -> Problem:
    return Problem(
        "error",
        "row_slid",
        sheet=part.sheet,
        row=number,
        column=letters(index),
        value=shown(row[index - part.table.sheet.first_column]),
    )


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
