"""The facts of a sheet by a real XML parser, cell by cell.

Five times as slow as the patterns of `enterprises.sheetxml`, and right about any spelling: cells without
a place, single quotes, comments, CDATA. It reads the sheets that those patterns found written in an
unusual way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from xml.parsers import expat

from enterprises.rules.problems import index_of
from enterprises.sheetxml import (
    LAST_COLUMN,
    LAST_ROW,
    MOST_CELLS,
    MOST_NOTED,
    MOST_ROWS,
    WIDEST,
    SheetFacts,
    SheetXmlError,
    StyleFacts,
)

_PLACE = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_AREA = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_YES = ("1", "true")


class _Enough(Exception):
    """A cell lies too far out, or there are too many: the sheet is refused, the rest need not be read."""


class _Reader:
    def __init__(self, styles: StyleFacts) -> None:
        self.facts = SheetFacts(told=True)
        self._percent = {style.decode() for style in styles.percent}
        self._scaled = {style.decode() for style in styles.scaled}
        self._row, self._column = 0, -1
        self._kind = ""
        self._inside = self._formula = self._valued = False
        self._text: list[str] = []
        self._value: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "c":
            self._cell(attributes)
        elif local == "v" and self._inside:
            self._valued, self._value = True, []
        elif local == "f" and self._inside:
            self._formula = True
        elif local == "is" and self._inside:
            self._valued = True
            self._text.append("text")
        elif local == "row":
            self._begin_row(attributes)
        elif local == "col":
            if attributes.get("hidden") in _YES or _is_zero(attributes.get("width")):
                first, last = _whole(attributes.get("min")), _whole(attributes.get("max"))
                if first and last:
                    self.facts.hidden_columns.update(range(first - 1, min(last, LAST_COLUMN)))
        elif local == "mergeCell" and len(self.facts.merged) < 10_000:
            area = _AREA.fullmatch(attributes.get("ref", ""))
            if area:
                self.facts.merged.append((int(area[2]), index_of(area[1]), int(area[4]), index_of(area[3])))

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._row = _whole(attributes.get("r")) or self._row + 1
        self._column = -1
        if self._row > LAST_ROW:
            raise _Enough
        if attributes.get("hidden") in _YES or _is_zero(attributes.get("ht")):
            self.facts.hidden_rows.add(self._row)

    def _cell(self, attributes: dict[str, str]) -> None:
        self._inside = True
        self._formula = self._valued = False
        self._text, self._value = [], None
        self._kind = attributes.get("t", "")
        place = attributes.get("r")
        if place is None:
            self._column += 1
        else:
            found = _PLACE.fullmatch(place)
            if found is None or int(found[2]) > LAST_ROW:
                raise _Enough
            self._row, self._column = int(found[2]), index_of(found[1])
        if self._column >= LAST_COLUMN:
            raise _Enough
        facts = self.facts
        facts.cells += 1
        if facts.cells > MOST_CELLS:
            raise _Enough
        if len(facts.percents) < MOST_NOTED and attributes.get("s") in self._percent:
            facts.percents.append((self._row, self._column))
        elif self._scaled and len(facts.scaled) < MOST_NOTED and attributes.get("s") in self._scaled:
            facts.scaled.append((self._row, self._column))

    def text(self, text: str) -> None:
        if self._value is not None:
            self._text.append(text)

    def end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local == "v":
            self._value = None
        elif local == "c" and self._inside:
            self._inside = False
            self._end_cell()

    def _end_cell(self) -> None:
        facts, place = self.facts, (self._row, self._column)
        value = "".join(self._text)
        if self._formula:
            facts.formulas[self._column] = facts.formulas.get(self._column, 0) + 1
            facts.first_formula = facts.first_formula or place
        if len(facts.broken) < MOST_NOTED:
            if self._kind == "e":
                facts.broken[place] = value or "#?"
            elif self._formula and (not self._valued or (not value and self._kind != "str")):
                facts.broken[place] = ""
        if not self._valued:
            return
        if self._column >= WIDEST or (facts.first_row and self._row - facts.first_row > MOST_ROWS):
            raise _Enough
        facts.first_row = facts.first_row or self._row
        facts.last_row = max(facts.last_row, self._row)
        facts.last_column = max(facts.last_column, self._column)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _is_zero(text: str | None) -> bool:
    return bool(text) and re.fullmatch(r"0(\.0*)?", text or "") is not None


def parse_sheet(chunks: Iterable[bytes], styles: StyleFacts) -> SheetFacts:
    """The facts of one sheet. Raises SheetXmlError for what is no XML."""
    reader = _Reader(styles)
    parser: Any = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except _Enough:
        reader.facts.far = True
    except (expat.ExpatError, ValueError, LookupError) as wrong:
        raise SheetXmlError("xml") from wrong
    return reader.facts
