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
_BLOCK = 1_000


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
    if part.cut is not None:
        at, left = part.cut
        number = part.table.sheet.first_row + at
        reading.rows += left
        reading.failed += left
        reading.problems.append(
            Problem("error", "header_changes", sheet=part.sheet, row=number, params={"count": left})
        )
    for start in range(0, len(part.data), _BLOCK):
        yield from _block(reading, part, part.data[start : start + _BLOCK])


def _block(reading: Reading, part: Part, data: Sequence[int]) -> Iterator[Record]:
    """Some rows of a part, converted column by column: a call for each cell would cost twice as much."""
    sheet, answers = part.table.sheet, reading.answers
    reading.rows += len(data)
    if answers:
        kept = [at for at in data if answers.of(part.sheet, sheet.first_row + at) != SKIP]
        reading.left_out += len(data) - len(kept)
        data = kept
    indexes = [c.index - sheet.first_column for c in part.columns]
    # Rows may go on behind the table; what is there belongs to no column.
    cells = list(zip(*(sheet.rows[at] for at in data), strict=False)) or [()] * (max(indexes) + 1)
    columns = [convert(cells[index]) for index, convert in zip(indexes, part.converters, strict=True)]
    flaws = _taken_out(columns)
    for n in part.ticked:
        columns[n] = [False if value is None else value for value in columns[n]]
    _compare(part, columns, flaws)
    codes = [code for code, _ in part.targets]
    uscc_at, name_at = codes.index("uscc"), codes.index("name")
    region_at = codes.index("region") if "region" in codes else None
    for n, (at, values) in enumerate(zip(data, map(list, zip(*columns, strict=True)), strict=True)):
        row, number = sheet.rows[at], sheet.first_row + at
        failed = False
        for column, flaw in flaws.get(n, ()):
            failed |= flaw.severity == "error"
            reading.problems.append(_problem(part, column, number, row[indexes[column]], flaw))
        uscc = values[uscc_at]
        if answers and uscc and (same := answers.same_as(part.sheet, number)):
            uscc = values[uscc_at] = same
        if at in part.slid:
            failed = True
            reading.problems.append(_slid_problem(part, number, part.slid[at], row))
        failed |= _seen_before(reading, part, uscc_at, number, row[indexes[uscc_at]], uscc)
        if values[name_at] is not None and uscc:
            _named_before(reading, part, name_at, number, row[indexes[name_at]], values[name_at], uscc)
        if failed:
            reading.failed += 1
            continue
        yield Record(part, number, uscc, (values[region_at] or "") if region_at is not None else "", values)


#: by position in a block: (column, flaw) of each flaw of that row
_Flaws = dict[int, list[tuple[int, Flawed]]]


def _taken_out(columns: list[list[Any]]) -> _Flaws:
    """Leaves in the columns what is stored of flawed values, and returns the flaws."""
    flaws: _Flaws = {}
    for n, column in enumerate(columns):
        if Flawed in map(type, column):
            for at, value in enumerate(column):
                if type(value) is Flawed:
                    flaws.setdefault(at, []).append((n, value))
                    column[at] = value.value
    return flaws


def _compare(part: Part, columns: list[list[Any]], flaws: _Flaws) -> None:
    """Adds what two columns of one year say against each other."""
    for code, first, second, holds in part.checks:
        for at, (a, b) in enumerate(zip(columns[first], columns[second], strict=True)):
            if a is None or b is None or a is CLEAR or b is CLEAR or holds(a, b):
                continue
            flaw = Flawed(a, "warning", code, {"other": part.columns[second].header})
            flaws.setdefault(at, []).append((first, flaw))


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
