"""What a returned workbook says, and where: sentences for rows, colours for cells, and the rest in a list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from enterprises import wording
from enterprises.rules.answers import HELD_BACK, Answers
from enterprises.rules.headers import RETURNED_NOTE, RETURNED_ROW
from enterprises.rules.problems import Problem, index_of
from enterprises.rules.severity import Severity
from enterprises.rules.sheet import RETURNED_SHEET, Sheet

#: light red and light yellow, spelt as nobody else spells them, so that they are known again
ERROR_COLOUR, WARNING_COLOUR = "FFFFC7CD", "FFFFF2CB"
COLOURS: dict[Severity, str] = {"error": ERROR_COLOUR, "warning": WARNING_COLOUR}
_LONGEST = 30_000
_LONGEST_HEADER = 40
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass
class SheetNotes:
    """The findings of one sheet: `rows` by Excel's number, errors first; `marks` are cells to colour."""

    header_row: int
    rows: dict[int, list[Problem]] = field(default_factory=dict)
    marks: dict[int, dict[int, Severity]] = field(default_factory=dict)

    def text(self, row: int) -> str:
        """The sentences for a row, one on each line."""
        return "\n".join(sentence(problem) for problem in self.rows.get(row, ()))[:_LONGEST]

    @property
    def failed(self) -> set[int]:
        """The rows that are not written: those with an error, and those with an open question."""
        return {row for row, found in self.rows.items() if any(p.is_error or waits(p) for p in found)}


@dataclass
class Notes:
    """All of it. `general` are findings that have no row of their own."""

    sheets: dict[str, SheetNotes]
    general: list[Problem]
    errors: int = 0
    warnings: int = 0

    @property
    def failed(self) -> int:
        return sum(len(sheet.failed) for sheet in self.sheets.values())


def waits(problem: Problem) -> bool:
    """Whether it is a question without whose answer the row is not written."""
    return problem.code in HELD_BACK


def gather(problems: Iterable[Problem], header_rows: Mapping[str, int], answers: Answers) -> Notes:
    """Sorts the findings; what was answered is none any more.

    `header_rows` names the row of the headers for each sheet that has a table.
    """
    notes = Notes({sheet: SheetNotes(row) for sheet, row in header_rows.items()}, [])
    for problem in problems:
        if waits(problem) and problem.row and answers.settles(problem.sheet, problem.row):
            continue
        if problem.is_error:
            notes.errors += 1
        else:
            notes.warnings += 1
        here = notes.sheets.get(problem.sheet)
        if here is None or problem.row is None:
            notes.general.append(problem)
            continue
        if problem.column and problem.row >= here.header_row:
            cells = here.marks.setdefault(problem.row, {})
            at = index_of(problem.column)
            cells[at] = "error" if problem.is_error else cells.get(at, "warning")
        # What is said of a whole column or sheet names the header, or the first of many cells.
        if problem.row > here.header_row and problem.field:
            here.rows.setdefault(problem.row, []).append(problem)
        else:
            notes.general.append(problem)
    for sheet in notes.sheets.values():
        for found in sheet.rows.values():
            found.sort(key=lambda p: (not p.is_error, not waits(p), index_of(p.column) if p.column else -1))
    return notes


class Columns:
    """Where the columns of notes go: where an earlier return had them, or right of all that is there."""

    def __init__(self, sheet: Sheet, said: SheetNotes | None, *, fresh: bool = False) -> None:
        header: list[Any] = []
        header_row = said.header_row if said is not None else 0
        if 0 <= header_row - sheet.first_row < len(sheet.rows):
            header = sheet.rows[header_row - sheet.first_row]
        old = {n for n, text in enumerate(header) if _is_own(text, RETURNED_NOTE)}
        #: positions within a row that are written anew
        self.left_out = set(old)
        if fresh:
            self.left_out |= {n for n, text in enumerate(header) if _is_own(text, RETURNED_ROW)}
        width = max((len(row) for row in sheet.rows), default=0)
        last = sheet.first_column + max((n for n in range(width) if n not in self.left_out), default=-1)
        for _top, _left, bottom, right in sheet.merged:
            if bottom >= header_row:
                last = max(last, right)
        self.row_number = last + 1
        self.note = last + 2 if fresh else min((sheet.first_column + n for n in old), default=last + 1)


def _is_own(text: Any, name: str) -> bool:
    """Whether a header is one that a returned workbook adds."""
    return isinstance(text, str) and "".join(text.split()) == name


def sentence(problem: Problem) -> str:
    """One finding for the row it stands in: kind, column, header, what is wrong and what to do."""
    header = re.sub(r"\s+", " ", problem.header).strip()
    if len(header) > _LONGEST_HEADER:
        header = header[:_LONGEST_HEADER] + "…"
    place = _("%(column)s 列“%(header)s”") % {"column": problem.column, "header": header}
    kind = _("错误") if problem.is_error else _("待确认") if waits(problem) else _("请核对")
    return fit(f"{kind}{_('：')}{place if problem.column else ''}{wording.remedy(problem)}")


def explanation(notes: Notes, *, left_out: int = 0, only_failed: bool = False) -> list[tuple[str, str]]:
    """The lines of the explaining sheet as (text, kind): title, plain, or the severity of its colour.

    `left_out` is the number of findings that were too many to be kept.
    """
    lines = [
        (RETURNED_SHEET, "title"),
        (
            _("错误 %(errors)s 处，在 %(rows)s 行；请核对 %(warnings)s 处。")
            % {"errors": notes.errors, "rows": notes.failed, "warnings": notes.warnings},
            "plain",
        ),
        (_("红色的格子是错误，这一行不写入，改好后才能写入。"), "error"),
        (_("黄色的格子请核对，这一行照常写入；写着“待确认”的，在导入页面上回答后才写入。"), "warning"),
        (_("每行怎么改，写在表格最右边的“导入提示”列。"), "plain"),
        (
            _("这里只有没有写入的行。改好后直接上传这份文件，只补这些行；“原行号”是原来文件里的行号。")
            if only_failed
            else _("改好后直接上传这份文件：已写入而没有改动的行不会变，“导入提示”列和本表不用删。"),
            "plain",
        ),
    ]
    if left_out:
        lines.append(
            (_("问题太多，还有 %(n)s 处没有列出；改好后重新上传，会接着列出。") % {"n": left_out}, "error")
        )
    lines += [(fit(wording.message(p)), p.severity) for p in notes.general[:5_000]]
    return lines


def fit(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _UNFIT.sub("\ufffd", text)[:_LONGEST]
