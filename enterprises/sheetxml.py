"""Two streaming passes over a sheet's XML for what a value reader does not tell.

The first measures how far the cells reach, before a value reader may have them; the second notes percent
formats, formula cells, error values, merged cells and hidden columns, and may run beside the value reader. They
look for patterns in chunks of whole rows, since building a tree of 1.5 million cells would cost more
than the import itself. A sheet written in an unusual way is marked: `enterprises.sheetparser` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from xml.etree import ElementTree

from enterprises.rules.problems import index_of

#: built-in formats 0% and 0.00%
_PERCENT_BUILTIN = {9, 10}
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
MOST_ROWS = 110_000
MOST_CELLS = 5_000_000
#: a value reader lays a sheet out as a rectangle, its blanks included: what a worker's memory holds
MOST_AREA = 2 * MOST_CELLS
WIDEST = 1_000
#: further columns often hold nothing but formats, which only a parser tells from values
_USUAL_WIDTH = 200
MOST_NOTED = 400_000


class SheetXmlError(ValueError):
    """The XML is not what a workbook has."""


@dataclass(frozen=True)
class StyleFacts:
    """Cell styles, as the `s` of a cell says them."""

    #: shown as percent
    percent: frozenset[bytes] = frozenset()
    #: shown divided by a thousand or more (`#,##0,` or `0!.0,`)
    scaled: frozenset[bytes] = frozenset()


@dataclass
class SheetFacts:
    """Rows are Excel's numbers, columns zero-based from A."""

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    percents: list[tuple[int, int]] = field(default_factory=list)
    scaled: list[tuple[int, int]] = field(default_factory=list)
    #: cell → error text, or empty text for a formula that was saved without a value
    broken: dict[tuple[int, int], str] = field(default_factory=dict)
    formulas: dict[int, int] = field(default_factory=dict)
    first_formula: tuple[int, int] | None = None
    cells: int = 0
    first_row: int = 0
    last_row: int = 0
    last_column: int = 0
    #: a cell outside Excel's own limits, or too far to the right to be a table's
    far: bool = False
    #: written so that the patterns may have missed something
    unusual: bool = False
    #: the parser has read all of it
    told: bool = False


def _tree(data: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(data)  # noqa: S314  (document types were refused before)
    except (ElementTree.ParseError, ValueError, LookupError) as wrong:
        raise SheetXmlError("xml") from wrong


def _local(node: ElementTree.Element) -> str:
    """The name without its namespace: Excel's strict files have another one."""
    return node.tag.rpartition("}")[2]


def _nodes(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (node for node in root.iter() if _local(node) == name)


_LITERAL = re.compile(r'"[^"]*"|[\\!_*].|\[[^\]]*\]')
_SCALES = re.compile(r"[0#?],+(?![0#?,])")


def read_styles(data: bytes) -> StyleFacts:
    """Which style numbers are percents, or show a part of the number. Files without styles have none."""
    if not data:
        return StyleFacts()
    root = _tree(data)
    custom = {int(node.get("numFmtId", "-1")): node.get("formatCode", "") for node in _nodes(root, "numFmt")}
    formats = next(_nodes(root, "cellXfs"), None)
    percent, scaled = set(), set()
    for n, xf in enumerate(formats if formats is not None else ()):
        number = int(xf.get("numFmtId") or 0)
        code = _LITERAL.sub("", custom.get(number, ""))
        if number in _PERCENT_BUILTIN and number not in custom or "%" in code:
            percent.add(str(n).encode())
        elif _SCALES.search(code):
            scaled.add(str(n).encode())
    return StyleFacts(frozenset(percent), frozenset(scaled))


def sheet_parts(workbook: bytes, relations: bytes) -> tuple[dict[str, str], bool]:
    """(sheet name → path in the archive, whether dates count from 1904). Raises SheetXmlError where two
    sheets or two relations have one name, since readers would not agree on which is meant."""
    root = _tree(workbook)
    targets: dict[str, str] = {}
    if relations:
        for node in _nodes(_tree(relations), "Relationship"):
            target, id_ = node.get("Target", ""), node.get("Id", "")
            if node.get("TargetMode") == "External":
                continue
            if id_ in targets:
                raise SheetXmlError("relation")
            target = target.removeprefix("/") if target.startswith("/xl/") else target
            targets[id_] = target if target.startswith("xl/") else f"xl/{target}"
    names: dict[str, str] = {}
    for node in _nodes(root, "sheet"):
        name = node.get("name", "")
        id_ = next((v for k, v in node.attrib.items() if k.endswith("/relationships}id")), "")
        if name in names:
            raise SheetXmlError("sheet")
        if id_ in targets:
            names[name] = targets[id_]
    properties = next(_nodes(root, "workbookPr"), None)
    date1904 = properties is not None and properties.get("date1904") in ("1", "true")
    return names, date1904


#: the tag of a row that names its number first, as every program that we know of writes it: number, the rest
_ROW = re.compile(rb'<row r="(\d{1,7})"([^<>]*)>')
_OTHER_ROW = re.compile(rb"<row(?![A-Za-z])")
_PREFIXED = re.compile(rb"<[^\s<>/]*:(?:c|row)[\s/>]")
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_CELL_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})\d')
_HIDDEN = re.compile(rb'\shidden="(?:1|true)"|\s(?:ht|width)="0(?:\.0*)?"')
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\sref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_ODD_SPELLING = re.compile(rb"<!|<(?:\w+:)?(?:c|row|col|mergeCell)\s[^<>]*(?:\s=|=\s|=')")
_ODD_CELL = re.compile(
    rb"<(?:\w+:)?c\b(?P<head>[^>]*[^/>])>(?P<body>(?:(?!</(?:\w+:)?c>).)*)</(?:\w+:)?c>", re.DOTALL
)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_REF = re.compile(rb'\sr="([A-Z]{1,3})(\d{1,7})"')
_CELL_START = re.compile(rb"<(?:\w+:)?c\s[^<>]*")
_VALUE = re.compile(
    rb"<(?:\w+:)?v(?:\s[^<>]*)?>([^<]*)</(?:\w+:)?v>|<(?:\w+:)?v\s*/>|<(?:\w+:)?is>(?P<inline>)"
)


def measure_sheet(chunks: Iterable[bytes]) -> SheetFacts:
    """How many cells a sheet has, how far they reach and which rows are hidden: what has to be known
    before a value reader may have it. In memory bounded by the longest row.

    A sheet is `unusual` as soon as one cell is written otherwise than `<c r="B7"`, or its rows and columns leave
    room for more cells than `MOST_AREA`: then only a parser can tell.
    """
    facts = SheetFacts()
    for part in _whole_rows(chunks):
        facts.unusual = facts.unusual or not _measure(part, facts)
        # Also of an unusual sheet, since a parser shall not begin with what will be too much.
        facts.cells += len(_ANY_CELL.findall(part)) if facts.unusual else part.count(b'<c r="')
        if facts.cells > MOST_CELLS:
            break
    return facts


def note_sheet(chunks: Iterable[bytes], styles: StyleFacts, facts: SheetFacts) -> None:
    """Adds hidden columns, merged areas, formulas, errors and formats of a sheet that was measured."""
    for part in _whole_rows(chunks):
        if b" =" in part or b"= " in part or b"!" in part or b"'" in part:
            facts.unusual = _ODD_SPELLING.search(part) is not None
            if facts.unusual:
                break
        _note(part, facts, styles)


def _whole_rows(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cuts the stream behind a row's end, so that no cell is torn."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        cut = max(rest.rfind(b"</row>"), rest.rfind(b":row>"))
        if cut >= 0:
            cut = rest.index(b">", cut) + 1
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > 1 << 26:
            raise SheetXmlError("row")
    yield rest


def _measure(part: bytes, facts: SheetFacts) -> bool:
    """Adds what a part says; False where a cell or row may be there that was not seen."""
    rows = _ROW.findall(part)
    if part.count(b"<row") != len(rows) and len(_OTHER_ROW.findall(part)) != len(rows):
        return False
    # Without a colon no element has a prefix, which saves looking for them.
    if b":" in part and (b":c" in part or b":row" in part) and _PREFIXED.search(part):
        return False
    if rows:
        numbers = [int(number) for number, _ in rows]
        facts.first_row = min(facts.first_row or LAST_ROW, min(numbers))
        facts.last_row = max(facts.last_row, max(numbers))
        hidden = {rest for rest in {rest for _, rest in rows} if _HIDDEN.search(rest)}
        if hidden:
            facts.hidden_rows.update(int(number) for number, rest in rows if rest in hidden)
    digits = len(str(facts.last_row))
    if _cell_beyond(facts.last_column, digits).search(part):
        widest = max(_CELL_COLUMN.findall(part), key=lambda column: (len(column), column), default=b"A")
        facts.last_column = max(facts.last_column, index_of(widest.decode()))
        if facts.last_column > _USUAL_WIDTH or _cell_beyond(facts.last_column, digits).search(part):
            return False
    return (
        facts.last_row - facts.first_row < MOST_ROWS
        and (facts.last_column + 1) * 10 ** len(str(facts.last_row)) <= MOST_AREA
    )


@cache
def _cell_beyond(last_column: int, digits: int) -> re.Pattern[bytes]:
    """Finds a cell further right than the column, with more digits in its row, or in another spelling.

    Cells need not stand in order, and a single one far away would have the value reader lay out all between.
    """
    left, right = divmod(last_column, 26)
    columns = f"[A-{chr(65 + right)}]" if left == 0 else f"[A-Z]|{chr(64 + left)}[A-{chr(65 + right)}]"
    if left > 1:
        columns += f"|[A-{chr(63 + left)}][A-Z]"
    return re.compile(rf'<c(?! r="(?:{columns})[1-9]\d{{0,{digits - 1}}}")(?![A-Za-z])'.encode())


def _note(part: bytes, facts: SheetFacts, styles: StyleFacts) -> None:
    named = b":" in part
    if b"<cols" in part or (named and b":cols" in part):
        for column in _COLUMN.findall(part):
            _hidden_columns(column, facts)
    if b"mergeCell" in part and len(facts.merged) < 10_000:
        for left, top, right, bottom in _MERGE.findall(part):
            facts.merged.append((int(top), index_of(left.decode()), int(bottom), index_of(right.decode())))
    for marked, places in ((styles.percent, facts.percents), (styles.scaled, facts.scaled)):
        if marked:
            _styled(part, marked, places)
    if b"<f" in part or b't="e"' in part or (named and (b":f>" in part or b":f " in part)):
        _odd_cells(part, facts)


def _styled(part: bytes, styles: frozenset[bytes], places: list[tuple[int, int]]) -> None:
    """Adds the places of the cells that have one of the styles."""
    for style in re.finditer(rb'\ss="(?:' + b"|".join(sorted(styles)) + rb')"', part):
        if len(places) >= MOST_NOTED:
            return
        start = part.rfind(b"<", 0, style.start())
        cell = _CELL_START.match(part, start) if start >= 0 else None
        reference = _REF.search(cell[0]) if cell else None
        if reference:
            places.append((int(reference[2]), index_of(reference[1].decode())))


def _hidden_columns(attributes: bytes, facts: SheetFacts) -> None:
    if not _HIDDEN.search(attributes):
        return
    first, last = re.search(rb'\bmin="(\d{1,5})"', attributes), re.search(rb'\bmax="(\d{1,5})"', attributes)
    if first and last:
        facts.hidden_columns.update(range(int(first[1]) - 1, min(int(last[1]), LAST_COLUMN)))


def _odd_cells(part: bytes, facts: SheetFacts) -> None:
    """Formula cells and error values; a formula without a stored value is broken as well."""
    for cell in _ODD_CELL.finditer(part):
        head, body = cell["head"], cell["body"]
        formula = _FORMULA.search(body) is not None
        error = b't="e"' in head
        if not formula and not error:
            continue
        reference = _REF.search(b" " + head)
        if reference is None:
            continue
        place = (int(reference[2]), index_of(reference[1].decode()))
        if formula:
            facts.formulas[place[1]] = facts.formulas.get(place[1], 0) + 1
            facts.first_formula = facts.first_formula or place
        value = _VALUE.search(body)
        text = (value[1] or b"").decode(errors="replace") if value else ""
        if len(facts.broken) >= MOST_NOTED:
            continue
        if error:
            facts.broken[place] = text or "#?"
        elif value is None or (not text and value["inline"] is None and b't="str"' not in head):
            # An empty text is a value that a formula may well have; an empty number is none.
            facts.broken[place] = ""
