"""What goes back to the officer: the own workbook with every problem at its cell, or the failed rows alone.

An xlsx is edited in place inside its archive; where its XML is unusual, and for csv, the workbook is
written anew from the values as they were read. Personal identity numbers are masked in all of it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from enterprises import workbook
from enterprises.returned import written
from enterprises.returned.masking import shown_masked
from enterprises.returned.notes import Columns, Notes, explanation, gather, waits
from enterprises.returned.patch import patch
from enterprises.returned.sheet import Edit, SheetPlan
from enterprises.returned.styles import Kind, Unpatchable
from enterprises.returned.written import TEXT_FIELDS
from enterprises.rules.answers import Answers, mend
from enterprises.rules.fields import BY_CODE
from enterprises.rules.headers import RETURNED_NOTE
from enterprises.rules.problems import Problem, index_of, masked
from enterprises.rules.sheet import RETURNED_SHEET, Sheet, Workbook

Layout = Iterable[Mapping[str, Any]]
Fixed = dict[str, dict[int, dict[int, str]]]


def annotated(
    data: bytes,
    name: str,
    problems: Iterable[Problem],
    *,
    layout: Layout,
    mapping: Mapping[str, Any] | None = None,
    left_out: int = 0,
) -> bytes:
    """The officer's workbook as xlsx, its wrong cells coloured and explained in a column at the right.

    `layout` and `mapping` are those of the ImportBatch; the corrections in the mapping stand in their
    cells. `left_out` findings were too many to be kept. Every value that was read is read again, at its
    row and column, which is checked here. Raises WorkbookRefused where nothing can be read.
    """
    source = workbook.read(io.BytesIO(data), name)
    layout = list(layout)
    notes = _gathered(problems, layout, mapping)
    fixed = _corrections(source, mapping)
    lines = explanation(notes, left_out=left_out)
    explaining = _explaining(source)
    if source.kind == "xlsx":
        try:
            plans = {
                sheet.name: _plan(sheet, notes, fixed.get(sheet.name, {}))
                for sheet in source.sheets
                if sheet.name in notes.sheets or sheet.name in fixed
            }
            made = patch(data, plans, lines, explaining)
            _compare(source, workbook.read(io.BytesIO(made), name), notes, fixed)
            return made
        except (Unpatchable, workbook.WorkbookRefused, ValueError):
            pass
    return written.rebuilt(source, notes, _fields(layout), fixed, lines, explaining)


def failed_rows(
    data: bytes,
    name: str,
    problems: Iterable[Problem],
    *,
    layout: Layout,
    mapping: Mapping[str, Any] | None = None,
    left_out: int = 0,
) -> bytes:
    """A workbook of the rows with errors alone, under what stood above each table; arguments as `annotated`.

    The other row of a pair is there too, so that a duplicate is one in this workbook as well.
    """
    source = workbook.read(io.BytesIO(data), name)
    layout = list(layout)
    notes = _gathered(problems, layout, mapping)
    wanted = {sheet: set(said.failed) for sheet, said in notes.sheets.items()}
    for said in notes.sheets.values():
        for row in said.failed:
            for problem in said.rows[row]:
                other = problem.params
                grave = problem.is_error or waits(problem)
                if grave and other.get("sheet") in wanted and isinstance(other.get("row"), int):
                    wanted[other["sheet"]].add(other["row"])
    chosen = (mapping or {}).get("sheets") or {}
    data_rows = {part["sheet"]: part["data_row"] for part in layout}
    for sheet in source.sheets:
        if wanted.get(sheet.name):
            _spread(sheet, data_rows[sheet.name], _fields(layout)[sheet.name])
    return written.failed(
        source,
        notes,
        wanted,
        data_rows,
        _fields(layout),
        _corrections(source, mapping),
        {sheet: not (own or {}).get("include_hidden") for sheet, own in chosen.items()},
        explanation(notes, left_out=left_out, only_failed=True),
        RETURNED_SHEET,
    )


def masked_copy(
    data: bytes, name: str, problems: Iterable[Problem], *, layout: Layout, mapping: Mapping[str, Any] | None
) -> bytes:
    """The upload without personal numbers, to take its place: a csv as csv, a workbook as it is returned."""
    if PurePath(name).suffix.lower() != ".csv" or data.startswith(b"PK"):
        return annotated(data, name, problems, layout=layout, mapping=mapping)
    source = workbook.read(io.BytesIO(data), name)
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    for row in source.sheets[0].rows:
        out.writerow([masked(value) if isinstance(value, str) else value for value in row])
    return text.getvalue().encode("utf-8-sig")


def _gathered(problems: Iterable[Problem], layout: Layout, mapping: Mapping[str, Any] | None) -> Notes:
    answers = Answers((mapping or {}).get("answers") or {})
    return gather(problems, {part["sheet"]: part["header_row"] for part in layout}, answers)


def _corrections(source: Workbook, mapping: Mapping[str, Any] | None) -> Fixed:
    """What was typed on the page, by sheet, row and zero-based column; as the reader takes it, no more."""
    typed = (mapping or {}).get("cells") or {}
    found: Fixed = {}
    for sheet in source.sheets:
        if sheet.name not in typed:
            continue
        before = [list(row) for row in sheet.rows]
        mend(sheet, typed[sheet.name])
        found[sheet.name] = {
            sheet.first_row + at: {
                sheet.first_column + n: str(value)
                for n, value in enumerate(row)
                if (value is not before[at][n] if n < len(before[at]) else value != "")
            }
            for at, row in enumerate(sheet.rows)
        }
        found[sheet.name] = {row: cells for row, cells in found[sheet.name].items() if cells}
        sheet.rows = before
    return found


def _fields(layout: Layout) -> dict[str, dict[int, str]]:
    return {
        part["sheet"]: {index_of(c["column"]): c["field"] for c in part["columns"] if c["field"]}
        for part in layout
    }


def _spread(sheet: Sheet, data_row: int, fields: Mapping[int, str]) -> None:
    """A text that is merged over several rows stands in each of them, since the rows come apart."""
    for first, left, last, right in sheet.merged:
        field = BY_CODE.get(fields.get(left, ""))
        if left != right or first < data_row or field is None or field.kind not in ("text", "region"):
            continue
        at, top = left - sheet.first_column, first - sheet.first_row
        block = sheet.rows[top : last - sheet.first_row + 1]
        for row in block[1:]:
            if at < len(row) and row[at] == "":
                row[at] = block[0][at]


def _explaining(source: Workbook) -> str:
    """The name of the explaining sheet; a sheet of the officer's own by that name is left alone."""
    own = next((sheet for sheet in source.sheets if sheet.name == RETURNED_SHEET), None)
    if own is None or not own.rows or own.rows[0][:1] == [RETURNED_SHEET]:
        return RETURNED_SHEET
    names = {sheet.name for sheet in source.sheets}
    return next(name for n in range(2, len(names) + 3) if (name := f"{RETURNED_SHEET}{n}") not in names)


def _plan(sheet: Sheet, notes: Notes, fixed: Mapping[int, Mapping[int, str]]) -> SheetPlan:
    """What becomes of which cell of one sheet."""
    plan = SheetPlan()
    edits = plan.edits
    for row, cells in fixed.items():
        for column, text in cells.items():
            edits.setdefault(row, {})[column] = Edit(masked(text), "")
    said = notes.sheets.get(sheet.name)
    if said is None:
        return plan
    codes: dict[tuple[int, int], str] = {}
    for row, found in said.rows.items():
        for problem in found:
            if problem.is_error and problem.column and problem.field in TEXT_FIELDS:
                codes[row, index_of(problem.column)] = problem.code
    for row, marks in said.marks.items():
        cells_of = edits.setdefault(row, {})
        for column, severity in marks.items():
            said_text = cells_of[column].text if column in cells_of else None
            kind: Kind = severity
            if severity == "error" and (row, column) in codes:
                kind = "text"
                if said_text is None and codes[row, column] == "uscc_personal_id":
                    said_text = _masked_text(sheet, row, column)
            cells_of[column] = Edit(said_text, kind)
    columns = Columns(sheet, said)
    for old in columns.left_out:
        for at, values in enumerate(sheet.rows):
            row = sheet.first_row + at
            if row > said.header_row and old < len(values) and values[old] not in ("", None):
                edits.setdefault(row, {})[sheet.first_column + old] = Edit("", "")
    plan.note_column = columns.note
    for row in said.rows:
        edits.setdefault(row, {})[columns.note] = Edit(said.text(row), "note")
    edits.setdefault(said.header_row, {})[columns.note] = Edit(RETURNED_NOTE, "head")
    return plan


def _masked_text(sheet: Sheet, row: int, column: int) -> str | None:
    """What replaces a personal number in the column of codes, however it was typed."""
    value = sheet.rows[row - sheet.first_row][column - sheet.first_column]
    safe = shown_masked(value)
    return None if safe == value else str(safe)


def _compare(
    before: Workbook,
    after: Workbook,
    notes: Notes,
    fixed: Mapping[str, Mapping[int, Mapping[int, str]]],
) -> None:
    """Raises Unpatchable unless every value is read again at its place, as it was, corrected or masked."""
    again = {sheet.name: sheet for sheet in after.sheets}
    for sheet in before.sheets:
        now = again.get(sheet.name)
        if now is None:
            raise Unpatchable("a sheet is gone")
        if not sheet.rows or sheet.name == _explaining(before):
            continue
        same = (sheet.first_row, sheet.first_column, sheet.hidden, sheet.hidden_rows, sheet.merged) == (
            now.first_row,
            now.first_column,
            now.hidden,
            now.hidden_rows,
            now.merged,
        )
        if not same or len(now.rows) < len(sheet.rows):
            raise Unpatchable("the sheet has moved")
        own = Columns(sheet, notes.sheets.get(sheet.name))
        width = max(map(len, sheet.rows))
        texts = fixed.get(sheet.name, {})
        for at, (old, new) in enumerate(zip(sheet.rows, now.rows, strict=False)):
            if old == new[: len(old)] and list(map(type, old)) == list(map(type, new[: len(old)])):
                continue
            mended = texts.get(sheet.first_row + at, {})
            for n in range(width):
                if n in own.left_out:
                    continue
                was, is_now = (row[n] if n < len(row) else "" for row in (old, new))
                if was == is_now and type(was) is type(is_now):
                    continue
                text = mended.get(sheet.first_column + n)
                wanted = shown_masked(was) if text is None else masked(text)
                if is_now != wanted and not _both_masked(wanted, is_now):
                    raise Unpatchable("a value has changed")


def _both_masked(wanted: Any, found: Any) -> bool:
    """A long number loses its last digits in one reading and keeps them in another."""
    return all(isinstance(value, str) and value.startswith("*" * 14) for value in (wanted, found))
