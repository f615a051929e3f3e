"""What can be wrong with a workbook, as data. The words are made elsewhere (`enterprises.wording`)."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, replace
from typing import Any

from enterprises.rules.severity import Severity
from enterprises.rules.uscc import is_personal_id, normalise

#: eighteen characters of any width, with at most one blank or hyphen between two
_PERSONAL_ID = re.compile(
    r"(?<![0-9A-Za-z])\d(?:[\s\-‐‑‒–—―−]?\d){16}[\s\-‐‑‒–—―−]?[\dXxＸｘ](?![0-9A-Za-z])"
)
_MASK = "*" * 14


def masked(text: str) -> str:
    """The text with the first 14 characters of every personal identity number hidden, however typed."""
    if len(text) < 18:
        return text
    if len(text) <= 60 and is_personal_id(flat := normalise(text)):
        return _MASK + flat[14:]
    return _PERSONAL_ID.sub(_hide, text)


def _hide(found: re.Match[str]) -> str:
    flat = normalise(found[0])
    return _MASK + flat[14:] if is_personal_id(flat) else found[0]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding at one place. An error keeps its row out; a warning only informs.

    `row` is Excel's own row number, `column` the column's letters; a finding about a whole sheet has
    neither. `value` is what stood in the cell, as text.
    """

    severity: Severity
    code: str
    sheet: str = ""
    row: int | None = None
    column: str = ""
    field: str = ""
    header: str = ""
    value: str = ""
    params: dict[str, Any] = dataclasses.field(default_factory=dict)
    #: the name in the row, where there is one
    subject: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity == "error"

    def shown(self) -> Problem:
        """The same finding as it may be stored: personal numbers masked, 200 characters, no NUL."""
        value = masked(self.value)[:200].replace("\0", "\ufffd")
        header = masked(self.header).replace("\0", "\ufffd")
        subject = masked(self.subject)
        same = value == self.value and header == self.header and subject == self.subject
        return self if same else replace(self, value=value, header=header, subject=subject)


def letters(index: int) -> str:
    """Excel's name of the column with this zero-based index: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def index_of(column: str) -> int:
    """The zero-based index of a column named by letters."""
    index = 0
    for letter in column.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1
