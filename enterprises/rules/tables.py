"""Where the table of a sheet stands and what its columns hold.

The header row is the one, among the first fifteen rows that are not blank, under which most known facts
stand; it may be three rows deep, have titles and a unit line above it, and rows of units, of column
numbers and of hints below it. An
officer's corrections (a mapping) win over what was understood.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from enterprises.rules.fields import BY_CODE, DEFAULT_MONEY_UNIT, FEN, REQUIRED, Field
from enterprises.rules.headers import Header, combine, is_note, recognise, sheet_unit, title_years, unit_of
from enterprises.rules.problems import Problem, index_of, letters
from enterprises.rules.sheet import Sheet, shown
from enterprises.rules.text import half_width

SEARCHED_ROWS = 15
_DEEPEST = 3
_MOST_COLUMNS = 1_000
_COLUMN_NUMBER = re.compile(
    r"\(?[0-9]{1,3}\)?|[甲乙丙丁戊己庚辛壬癸]|[A-Z]{1,2}|栏次|栏目|列次|列号|序号|[-—/]+"
)
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. `index` counts from column A; `field` is None where it is left out."""

    index: int
    header: str
    field: Field | None = None
    year: int | None = None
    unit: str = ""
    #: where the unit was read: header, unit_row, sheet, or assumed
    unit_from: str = ""
    ordinal: bool = False

    @property
    def letter(self) -> str:
        return letters(self.index)

    @property
    def target(self) -> tuple[str, int | None] | None:
        return (self.field.code, self.year) if self.field else None


@dataclass(frozen=True)
class Table:
    """A sheet's table: rows are Excel's numbers; `data_row` is the first row that may be data."""

    sheet: Sheet
    #: the reporting year that relative and plain headers mean
    year: int
    header_row: int
    data_row: int
    columns: tuple[Column, ...]
    title_years: frozenset[int] = frozenset()
    problems: tuple[Problem, ...] = ()
    missing: tuple[str, ...] = ()
    #: what the headers look like, whatever the year: the key under which corrections are remembered
    shape: str = ""
    remembered: bool = False

    def column(self, code: str) -> Column | None:
        return next((c for c in self.columns if c.field is not None and c.field.code == code), None)

    def at(self, target: tuple[str, int | None]) -> Column | None:
        """The column of a fact and year."""
        return next((c for c in self.columns if c.target == target), None)


@dataclass
class _Found:
    #: facts found, and how many of them a year is named for: a deeper reading may only add years
    score: tuple[int, int]
    at: int
    deep: int
    headers: list[Header]
    codes: set[str] = field(default_factory=set)


def find_table(
    sheet: Sheet,
    year: int,
    mapping: Mapping[str, Any] | None = None,
    remembered: Mapping[str, Mapping[str, Any]] | None = None,
) -> Table | None:
    """The sheet's table, or None when no row looks like a header. `mapping` is this sheet's part.

    Where the officer has said nothing about the sheet, what was said of an earlier one of its shape holds.
    """
    if remembered and not mapping:
        table = find_table(sheet, year)
        known = remembered.get(table.shape) if table else None
        return table if not known else replace(_known(sheet, year, known), remembered=True)
    mapping = mapping or {}
    found = _header(sheet, mapping.get("header_row"))
    if found is None:
        return None
    said = {
        u for u in (sheet_unit(t) or unit_of(t) for t in _told(sheet, found.at + found.deep - 1)) if u in FEN
    }
    # Two units for one sheet are none: what is assumed then is asked about.
    unit = said.pop() if len(said) == 1 else ""
    years = frozenset().union(*map(title_years, _told(sheet, found.at))) or frozenset(title_years(sheet.name))
    data_at = found.at + found.deep
    units: dict[int, str] | None = None
    for _below in range(_DEEPEST):
        row_units = unit_row(sheet, data_at) if units is None else None
        if row_units is None and not explains(sheet, data_at):
            break
        units = units or row_units
        data_at += 1
    columns, problems = _columns(sheet, found, year, unit, units or {}, mapping)
    present = {c.field.code for c in columns if c.field is not None}
    table = Table(
        sheet=sheet,
        year=year,
        header_row=sheet.first_row + found.at + found.deep - 1,
        data_row=sheet.first_row + data_at,
        columns=columns,
        title_years=years,
        missing=tuple(code for code in REQUIRED if code not in present),
        shape=_shape(found.headers, year),
    )
    return replace(table, problems=tuple(problems + _years_and_units(table, year)))


def _shape(headers: list[Header], year: int) -> str:
    """Years become distances from the chosen one, so that next year's workbook has the same shape."""
    texts = [
        _YEAR.sub(lambda found: f"Y{int(found[0]) - year:+}", half_width(header.text).strip())
        for header in headers
    ]
    return hashlib.sha256("\x1f".join(texts).rstrip("\x1f").encode()).hexdigest()


def to_remember(mapping: Mapping[str, Any], year: int) -> dict[str, Any]:
    """A sheet's corrections as they are kept for the next workbook: years as distances."""
    columns = {
        letter: {**choice, "offset": choice["year"] - year, "year": None}
        if choice and choice.get("year")
        else choice
        for letter, choice in (mapping.get("columns") or {}).items()
    }
    return {"columns": columns}


def _known(sheet: Sheet, year: int, known: Mapping[str, Any]) -> Table:
    columns = {
        letter: {**choice, "year": year + choice["offset"]} if choice and "offset" in choice else choice
        for letter, choice in (known.get("columns") or {}).items()
    }
    table = find_table(sheet, year, {"columns": columns})
    assert table is not None
    return table


def _told(sheet: Sheet, end: int) -> list[str]:
    """The texts above the header."""
    return [shown(v) for row in sheet.rows[:end] for v in row if isinstance(v, str) and v.strip()]


def _header(sheet: Sheet, chosen: int | None) -> _Found | None:
    best: _Found | None = None
    if chosen is not None:
        # What an officer names may be the lowest row of a deep header.
        places = list(range(chosen - sheet.first_row - _DEEPEST + 1, chosen - sheet.first_row + 1))
    else:
        filled = [n for n, row in enumerate(sheet.rows[:200]) if any(v not in ("", None) for v in row)]
        places = filled[:SEARCHED_ROWS]
    for at in places:
        if not 0 <= at < len(sheet.rows):
            continue
        for deep in range(1, _DEEPEST + 1):
            if chosen is None:
                if len(places) == SEARCHED_ROWS and at + deep - 1 > places[-1]:
                    break
            elif not at <= chosen - sheet.first_row < at + deep:
                continue
            here = _candidate(sheet, at, deep)
            # A deeper reading must know more than the single row does, or it has eaten a data row.
            if here and (best is None or (*here.score, -here.deep) > (*best.score, -best.deep)):
                best = here
    return best if best and len(best.codes) >= 2 else None


def _candidate(sheet: Sheet, at: int, deep: int) -> _Found | None:
    if at + deep > len(sheet.rows):
        return None
    lines = [_texts(row) for row in sheet.rows[at : at + deep]]
    if deep == 1:
        headers = [recognise(text) for text in lines[0]]
    else:
        width = max(map(len, lines))
        lines = [line + [""] * (width - len(line)) for line in lines]
        bottom = lines[-1]
        upper = [_filled(sheet, at + n, lines[n], lines[n + 1 :]) for n in range(deep - 1)]
        headers = [combine(*texts) for texts in zip(*upper, bottom, strict=True)]
        if not any(b and h.field for b, h in zip(bottom, headers, strict=True)):
            return None
        if any(_is_title(line, headers) for line in upper):
            return None
    codes = {h.field.code for h in headers if h.field}
    targets = {(h.field.code, h.year, h.offset) for h in headers if h.field}
    required = sum(code in codes for code in REQUIRED)
    years = sum(h.field is not None and h.says_year for h in headers)
    return _Found((2 * len(targets) + 200 * required, years), at, deep, headers, codes) if targets else None


def _is_title(top: list[str], headers: list[Header]) -> bool:
    """Whether the upper row is rather a title: one text over the identity columns, or one with a year."""
    above = [
        text for text, h in zip(top, headers, strict=True) if h.field is not None and h.field.code in REQUIRED
    ]
    texts = {text for text in top if text.strip()}
    return any(recognise(text).says_year or (text.strip() and len(texts) == 1) for text in above)


def _texts(row: list[Any]) -> list[str]:
    return [shown(v) if isinstance(v, (str, float)) else "" for v in row[:_MOST_COLUMNS]]


def _filled(sheet: Sheet, at: int, line: list[str], below: list[list[str]]) -> list[str]:
    """An upper header row with merged cells spread, or, where none are merged, blanks filled from the left
    above a lower text."""
    number = sheet.first_row + at
    filled = list(line)
    merged = False
    for first, left, last, right in sheet.merged:
        if first <= number <= last and right > left:
            start = left - sheet.first_column
            merged |= 0 <= start < len(line) and first == last
            text = line[start] if first == number and 0 <= start < len(line) else ""
            for index in range(max(start, 0), min(right - sheet.first_column, len(line) - 1) + 1):
                filled[index] = filled[index] or text
    if not merged:
        last_text = ""
        for index, text in enumerate(filled):
            if text.strip():
                last_text = text
            elif any(lower[index].strip() for lower in below):
                filled[index] = last_text
    return filled


def unit_row(sheet: Sheet, at: int) -> dict[int, str] | None:
    """Units by index within the row, when the row below the header holds nothing but units."""
    if at >= len(sheet.rows):
        return None
    texts = {n: text for n, text in enumerate(_texts(sheet.rows[at])) if text.strip()}
    units = {n: unit_of(text) for n, text in texts.items()}
    dashes = sum(text.strip() in "—-/" or text.strip() in ("单位", "计量单位") for text in texts.values())
    if not texts or not any(units.values()) or sum(map(bool, units.values())) + dashes < len(texts):
        return None
    return {n: unit for n, unit in units.items() if unit}


def explains(sheet: Sheet, at: int) -> bool:
    """Whether a row below the header only numbers the columns, or says how to fill them in."""
    if at >= len(sheet.rows):
        return False
    texts = [half_width(text) for text in _texts(sheet.rows[at]) if text.strip()]
    numbered = [text for text in texts if _COLUMN_NUMBER.fullmatch(text)]
    if len(numbered) == len(texts):
        digits = [int(text.strip("()")) for text in texts if text.strip("()").isdecimal()]
        return len(texts) > 1 and digits == sorted(set(digits))
    return len(texts) > 1 and (all(text in BY_CODE for text in texts) or all(map(is_note, texts)))


def _columns(
    sheet: Sheet,
    found: _Found,
    year: int,
    unit: str,
    units: Mapping[int, str],
    mapping: Mapping[str, Any],
) -> tuple[tuple[Column, ...], list[Problem]]:
    chosen = {index_of(letter): value for letter, value in (mapping.get("columns") or {}).items()}
    include_hidden = bool(mapping.get("include_hidden"))
    columns: list[Column] = []
    problems: list[Problem] = []
    row = sheet.first_row + found.at + found.deep - 1
    seen: dict[tuple[str, int | None], Column] = {}
    for n, header in enumerate(found.headers):
        index = sheet.first_column + n
        text = header.text.strip()
        place = {"sheet": sheet.name, "row": row, "column": letters(index), "header": text}
        if index in sheet.hidden_columns and not include_hidden:
            if text:
                columns.append(Column(index, text))
                problems.append(Problem("warning", "hidden_column", **place))  # type: ignore[arg-type]
            continue
        column = _column(index, header, year, unit, units.get(n, ""))
        if index in chosen:
            column = _as_chosen(column, chosen[index], year)
        if column.field is None and not column.ordinal:
            if text and index not in chosen:
                problems.append(Problem("warning", "unknown_column", value=text, **place))  # type: ignore[arg-type]
            elif not text and _has_data(sheet, found.at + found.deep, n):
                problems.append(Problem("warning", "column_without_header", **place))  # type: ignore[arg-type]
        target = column.target
        if target is not None:
            if target in seen:
                first = seen[target]
                problems.append(
                    Problem(
                        "warning",
                        "column_twice",
                        field=target[0],
                        value=text,
                        params={"first": first.letter},
                        **place,  # type: ignore[arg-type]
                    )
                )
                column = Column(index, text)
            else:
                seen[target] = column
        columns.append(column)
    return tuple(columns), problems


def _column(index: int, header: Header, year: int, unit: str, own_unit: str) -> Column:
    text = header.text.strip()
    if header.field is None:
        return Column(index, text, ordinal=header.ordinal)
    field_year = None
    if header.field.by_year:
        field_year = header.year or year - (header.offset or 0)
    if header.field.kind != "money":
        return Column(index, text, header.field, field_year, header.unit)
    for candidate, source in ((header.unit, "header"), (own_unit, "unit_row"), (unit, "sheet")):
        if candidate in FEN:
            return Column(index, text, header.field, field_year, candidate, source)
    return Column(index, text, header.field, field_year, DEFAULT_MONEY_UNIT, "assumed")


def _as_chosen(column: Column, choice: Mapping[str, Any] | None, year: int) -> Column:
    """The officer's correction: another fact, year or unit for a column, or None to leave it out."""
    if not choice or choice.get("field") not in BY_CODE:
        return Column(column.index, column.header)
    chosen = BY_CODE[choice["field"]]
    unit = choice.get("unit") or (column.unit if column.unit in FEN else DEFAULT_MONEY_UNIT)
    return Column(
        column.index,
        column.header,
        chosen,
        int(choice.get("year") or column.year or year) if chosen.by_year else None,
        unit if chosen.kind == "money" and unit in FEN else "",
        "chosen" if chosen.kind == "money" else "",
    )


def _has_data(sheet: Sheet, start: int, n: int) -> bool:
    return any(n < len(row) and row[n] not in ("", None) for row in sheet.rows[start:])


def _years_and_units(table: Table, year: int) -> list[Problem]:
    """Questions before the import: another year in the title or a header, a unit nobody named."""
    problems = []
    name = table.sheet.name
    if table.title_years and year not in table.title_years:
        problems.append(
            Problem(
                "warning",
                "title_year",
                sheet=name,
                value="、".join(str(y) for y in sorted(table.title_years)),
                params={"year": year},
            )
        )
    for column in table.columns:
        if column.field is None:
            continue
        place = {
            "sheet": name,
            "row": table.header_row,
            "column": column.letter,
            "field": column.field.code,
            "header": column.header,
            "value": column.header,
        }
        if column.year is not None and year - column.year not in (0, 1, 2):
            problems.append(
                Problem("warning", "header_year", params={"year": year, "named": column.year}, **place)  # type: ignore[arg-type]
            )
        if column.unit_from == "assumed":
            problems.append(
                Problem("warning", "unit_assumed", params={"unit": column.unit}, **place)  # type: ignore[arg-type]
            )
    return problems
