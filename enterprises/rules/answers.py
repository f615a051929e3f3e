"""What an officer answered and mended on the page, as it travels with a workbook's mapping.

Answers belong to a row: `skip` leaves it out, `ok` settles its question, `same:CODE` takes it for the
registered enterprise with that code. Mended cells replace what the workbook says, by sheet, row and letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enterprises.rules.problems import index_of
from enterprises.rules.sheet import Sheet
from enterprises.rules.uscc import LEGACY, SHAPE

#: questions about one row that wait for an answer before the row is written from a page
HELD_BACK = frozenset(
    {"name_registered", "same_organisation", "name_alike", "name_twice", "enterprise_closed"}
)
#: a row of the same code was there before: an error, and a choice between the two
CHOICE = "uscc_twice"
#: questions about the whole workbook: is it really this year's?
YEAR_QUESTIONS = frozenset({"title_year", "header_year"})
YEAR = "year"
SKIP, OK, SAME = "skip", "ok", "same:"


def place_of(sheet: str, row: int) -> str:
    """The key of a row's answer."""
    return f"{sheet}!{row}"


class Answers:
    """The answers of one workbook; whatever is no answer is not there."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = {
            place: answer for place, answer in given.items() if isinstance(answer, str) and _is_answer(answer)
        }

    def __bool__(self) -> bool:
        return bool(self._given)

    def of(self, sheet: str, row: int) -> str:
        """The row's answer, empty when there is none."""
        return self._given.get(place_of(sheet, row), "")

    def settles(self, sheet: str, row: int) -> bool:
        return bool(self.of(sheet, row))

    def same_as(self, sheet: str, row: int) -> str:
        """The code of the registered enterprise that the row is about, empty when not answered so."""
        answer = self.of(sheet, row)
        return answer.removeprefix(SAME) if answer.startswith(SAME) else ""

    @property
    def year_confirmed(self) -> bool:
        return self._given.get(YEAR) == OK


def _is_answer(answer: str) -> bool:
    code = answer.removeprefix(SAME)
    return answer in (SKIP, OK) or code != answer and bool(SHAPE.fullmatch(code) or LEGACY.fullmatch(code))


def mend(sheet: Sheet, cells: Mapping[str, Any]) -> None:
    """Puts the texts typed on the page in the place of what the sheet says; other places are ignored."""
    for row, typed in cells.items():
        at = int(row) - sheet.first_row if row.isdecimal() else -1
        if not 0 <= at < len(sheet.rows) or not isinstance(typed, Mapping):
            continue
        for column, text in typed.items():
            index = index_of(column) - sheet.first_column if column.isalpha() and column.isascii() else -1
            if not 0 <= index < 1_000 or not isinstance(text, str):
                continue
            values = sheet.rows[at]
            values.extend([""] * (index + 1 - len(values)))
            values[index] = text[:1_000]
