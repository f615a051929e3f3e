"""Findings of a run at their places: what the database says, both sides of a question, whom a row is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from enterprises.models import State
from enterprises.rules import rows
from enterprises.rules.answers import CHOICE
from enterprises.rules.problems import Problem, index_of
from enterprises.rules.sheet import shown
from enterprises.rules.text import clean
from enterprises.staging import Staging

_MOST_PAIRS = 14


def with_sides(reading: rows.Reading, problem: Problem) -> Problem:
    """A row that repeats an earlier one is shown beside it: the cells in which the two differ."""
    if problem.code not in (CHOICE, "name_twice") or problem.row is None:
        return problem
    tables = {part.sheet: part.table for part in reading.parts}
    first, later = tables[problem.params["sheet"]], tables[problem.sheet]
    before = first.sheet.rows[problem.params["row"] - first.sheet.first_row]
    now = later.sheet.rows[problem.row - later.sheet.first_row]
    pairs = []
    for column in later.columns:
        other = first.at(column.target) if column.target else None
        if other is None:
            continue
        a, b = (
            Problem("warning", "", value=shown(cells[at])).shown().value if 0 <= at < len(cells) else ""
            for cells, at in (
                (before, other.index - first.sheet.first_column),
                (now, column.index - later.sheet.first_column),
            )
        )
        if a != b or column.target in (("uscc", None), ("name", None)):
            pairs.append([column.header, a, b])
    return replace(problem, params=problem.params | {"pairs": pairs[:_MOST_PAIRS], "differ": len(pairs)})


class Names:
    """The enterprise's name in a problem's row, so that the officer knows whom it is about."""

    def __init__(self, reading: rows.Reading) -> None:
        self._tables = {part.sheet: part.table for part in reading.parts}

    def of(self, problem: Problem) -> str:
        table = self._tables.get(problem.sheet)
        column = table.column("name") if table else None
        if table is None or column is None or problem.row is None or problem.row < table.data_row:
            return ""
        cells = table.sheet.rows[problem.row - table.sheet.first_row]
        at = column.index - table.sheet.first_column
        return (
            Problem("warning", "", value=clean(shown(cells[at]))).shown().value[:120]
            if at < len(cells)
            else ""
        )


_AT = {"region_differs": "region"} | dict.fromkeys(
    ("former_name", "name_registered", "same_organisation", "name_alike"), "name"
)


def found_at(
    staging: Staging,
    n: int,
    severity: Any,
    code: str,
    params: dict[str, Any],
    target: tuple[str, int | None] | None = None,
) -> Problem:
    """A finding of the database at its place in the workbook."""
    at, row = staging.places[n - 1]
    table = staging.parts[at].table
    column = table.at(target) if target else table.column(_AT.get(code, "uscc"))
    assert column is not None and column.field is not None
    cells = table.sheet.rows[row - table.sheet.first_row]
    return Problem(
        severity,
        code,
        sheet=table.sheet.name,
        row=row,
        column=column.letter,
        field=column.field.code,
        header=column.header,
        value=shown(cells[column.index - table.sheet.first_column]),
        params=params,
    )


def in_words(code: str, params: dict[str, Any]) -> dict[str, Any]:
    if "state" in params:
        return params | {"state": str(State(params["state"]).label)}
    return params


def shown_all(problems: list[Problem]) -> list[Problem]:
    return [problem.shown() for problem in problems]


def in_order(problems: list[Problem], sheets: list[str]) -> list[Problem]:
    order = {name: n for n, name in enumerate(sheets)}
    return sorted(
        problems,
        key=lambda p: (
            order.get(p.sheet, len(order)),
            p.row or 0,
            index_of(p.column) if p.column else -1,
            p.code,
        ),
    )
