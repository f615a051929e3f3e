"""One sheet's XML, edited row by row as it streams by; every byte that is not meant stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from xml.sax.saxutils import escape

from enterprises.returned.masking import Masker, cut_behind
from enterprises.returned.notes import fit
from enterprises.returned.styles import Kind, Styles, Unpatchable
from enterprises.rules.problems import index_of, letters

_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_NOTE_WIDTH = 60
_ROW = re.compile(rb"<row\b[^>]*>")
_NUMBER = re.compile(rb'\sr="(\d{1,7})"')
_BLANKS = re.compile(rb"\s+(?=<c\b)|\s+$")
_SPANS = re.compile(rb'\sspans="(\d+):(\d+)"')
_HEIGHT = re.compile(rb'\sht="[^"]*"')
_CELL = re.compile(rb"<c\b[^>]*/>|<c\b[^>]*>.*?</c>", re.DOTALL)
_PLACE = re.compile(rb'<c\b[^>]*?\sr="([A-Z]{1,3})(\d{1,7})"')
_STYLE = re.compile(rb'(<c\b[^>]*?\ss=")(\d+)"')
_TYPE = re.compile(rb'<c\b[^>]*?\st="(\w+)"')
_VALUE = re.compile(rb"<v(?:\s[^>]*)?>([^<]*)</v>")
_TEXTS = re.compile(rb"<t(?:\s[^>]*)?>([^<]*)</t>")
_WIDE_DIGIT = re.compile(rb"\xef\xbc[\x90-\x99]")
_SEVENTEEN = b"0" * 17
_AS_ZERO = bytes(48 if 48 <= n <= 57 else n for n in range(256))
#: what people put between digits: blanks of three kinds and hyphens
_BETWEEN = b" -\xc2\xa0\xe3\x80"
_DIMENSION = re.compile(rb'(<dimension\b[^>]*\sref=")([A-Z]{1,3})(\d+)(?::([A-Z]{1,3})(\d+))?"')
_COLUMNS = re.compile(rb"<cols>(.*?)</cols>", re.DOTALL)
_COLUMN = re.compile(rb"<col\b[^>]*/>")


class Edit(NamedTuple):
    """What becomes of one cell: its text (None keeps the value, "" empties the cell) and its style."""

    text: str | None
    kind: Kind


@dataclass
class SheetPlan:
    """The edits of one sheet: Excel's row → zero-based column → edit. `note_column` is to be visible."""

    edits: dict[int, dict[int, Edit]] = field(default_factory=dict)
    note_column: int | None = None
    done: set[int] = field(default_factory=set)


def patched(chunks: Iterable[bytes], plan: SheetPlan, styles: Styles, masker: Masker) -> Iterator[bytes]:
    """The sheet's XML with its edits. Raises Unpatchable where it is spelt in an unusual way."""
    head = b""
    pieces = iter(chunks)
    for chunk in pieces:
        head += chunk
        if b"<sheetData" in head or len(head) > 1 << 24:
            break
    at = head.find(b"<sheetData")
    if at < 0 or _MAIN not in head[:at] or b"<worksheet" not in head[:at] or b"<!" in head[:at]:
        raise Unpatchable("sheet")
    yield b"".join(masker.anything([_prologue(head[:at], plan)]))

    def rows() -> Iterator[bytes]:
        yield head[at:]
        yield from pieces

    ended = False
    for piece in cut_behind(rows(), b"</row>"):
        behind = b""
        if not ended and b"<sheetData/>" in piece:
            ended, cut = True, piece.index(b"<sheetData/>") + 12
            piece, behind = piece[:cut], piece[cut:]
        elif not ended and b"</sheetData>" in piece:
            ended, cut = True, piece.index(b"</sheetData>")
            piece, behind = piece[:cut], piece[cut:]
        elif ended:
            piece, behind = b"", piece
        if piece:
            yield _rows(piece, plan, styles, masker)
        if behind:
            yield b"".join(masker.anything([behind]))
    if not ended or set(plan.edits) - plan.done:
        raise Unpatchable("rows")


def _prologue(head: bytes, plan: SheetPlan) -> bytes:
    """What stands before the rows, with the extent and a visible column for the notes."""
    if plan.note_column is None:
        return head
    column = plan.note_column + 1

    def wider(found: re.Match[bytes]) -> bytes:
        last, row = found[4] or found[2], found[5] or found[3]
        last = max(last, letters(column - 1).encode(), key=lambda name: index_of(name.decode()))
        return found[1] + found[2] + found[3] + b":" + last + row + b'"'

    head = _DIMENSION.sub(wider, head, count=1)
    own = b'<col min="%d" max="%d" width="%d" customWidth="1"/>' % (column, column, _NOTE_WIDTH)
    known = _COLUMNS.search(head)
    if known is None:
        if b"<cols" in head:
            raise Unpatchable("cols")
        return head + b"<cols>" + own + b"</cols>"
    kept: list[tuple[int, bytes]] = [(column, own)]
    for col in _COLUMN.findall(known[1]):
        first, last = _int(col, rb'\smin="(\d+)"'), _int(col, rb'\smax="(\d+)"')
        for low, high in ((first, min(last, column - 1)), (max(first, column + 1), last)):
            if low <= high:
                part = re.sub(rb'\smin="\d+"', b' min="%d"' % low, col)
                kept.append((low, re.sub(rb'\smax="\d+"', b' max="%d"' % high, part)))
    body = b"".join(col for _, col in sorted(kept, key=lambda item: item[0]))
    return head[: known.start()] + b"<cols>" + body + b"</cols>" + head[known.end() :]


def _int(element: bytes, pattern: bytes) -> int:
    found = re.search(pattern, element)
    if found is None:
        raise Unpatchable("number")
    return int(found[1])


def _rows(piece: bytes, plan: SheetPlan, styles: Styles, masker: Masker) -> bytes:
    if b"<!" in piece or b"<?" in piece:
        raise Unpatchable("markup")
    if styles.stale:
        piece = _STYLE.sub(
            lambda m: m[1] + str(styles.stale.get(int(m[2]), int(m[2]))).encode() + b'"', piece
        )
    if _may_be_personal(piece):
        piece = _CELL.sub(lambda m: _masked_cell(m[0], masker), piece)
    out: list[bytes] = []
    at = 0
    for row in _ROW.finditer(piece):
        said = _NUMBER.search(row[0])
        if said is None:
            raise Unpatchable("row")
        edits = plan.edits.get(int(said[1]))
        if edits is None:
            continue
        if row[0].endswith(b"/>"):
            end, body = row.end(), b""
        else:
            end = piece.find(b"</row>", row.end())
            if end < 0:
                raise Unpatchable("row")
            body = piece[row.end() : end]
            end += 6
        number = int(said[1])
        if number in plan.done:
            raise Unpatchable("row twice")
        plan.done.add(number)
        out += [piece[at : row.start()], _opening(row[0], edits), _cells(body, number, edits, styles)]
        out.append(b"</row>")
        at = end
    out.append(piece[at:])
    return b"".join(out)


def _may_be_personal(piece: bytes) -> bool:
    """Whether the cells are worth a look: seventeen digits in a row, or a number spelt otherwise."""
    return (
        _SEVENTEEN in piece.translate(_AS_ZERO, _BETWEEN)
        or b"E+17" in piece
        or b"e+17" in piece
        or b"&#" in piece
        or b"<r>" in piece
        or _WIDE_DIGIT.search(piece) is not None
    )


def _opening(tag: bytes, edits: dict[int, Edit]) -> bytes:
    """The row's opening tag: as wide as its cells, and as high as its notes unless somebody said how high."""
    if tag.endswith(b"/>"):
        tag = tag[:-2].rstrip() + b">"
    spans = _SPANS.search(tag)
    if spans:
        last = max(int(spans[2]), max(edits) + 1)
        tag = tag.replace(spans[0], b' spans="%d:%d"' % (int(spans[1]), last), 1)
    if b"customHeight" not in tag:
        tag = _HEIGHT.sub(b"", tag, count=1)
    return tag


def _cells(body: bytes, number: int, edits: dict[int, Edit], styles: Styles) -> bytes:
    known: dict[int, bytes] = {}
    last = -1
    tail = str(number).encode()
    cells = _CELL.findall(body)
    for cell in cells:
        place = _PLACE.match(cell)
        if place is None or place[2] != tail:
            raise Unpatchable("cell")
        index = _index(place[1])
        if index <= last:
            raise Unpatchable("order")
        known[index] = cell
        last = index
    if len(b"".join(cells)) != len(body) and b"".join(cells) != _BLANKS.sub(b"", body):
        raise Unpatchable("between cells")
    out = []
    for index in sorted(known.keys() | edits.keys()):
        cell, edit = known.get(index), edits.get(index)
        if edit is None:
            assert cell is not None
            out.append(cell)
            continue
        # A new header looks like its neighbour.
        like = cell if cell is not None or edit.kind != "head" else known.get(index - 1)
        style = _style_of(like)
        if edit.kind:
            style = styles.clone(style, edit.kind)
        out.append(_cell(cell, index, number, edit, style))
    return b"".join(out)


@lru_cache(maxsize=2048)
def _index(column: bytes) -> int:
    return index_of(column.decode())


def _style_of(cell: bytes | None) -> int | None:
    found = _STYLE.match(cell) if cell is not None else None
    return int(found[2]) if found else None


def _cell(cell: bytes | None, index: int, number: int, edit: Edit, style: int | None) -> bytes:
    place = b'<c r="%s%d"' % (letters(index).encode(), number)
    styled = b"" if style is None else b' s="%d"' % style
    if edit.text is None:
        if cell is None:
            return place + styled + b"/>"
        if _STYLE.match(cell):
            return _STYLE.sub(lambda m: m[1] + str(style).encode() + b'"', cell, count=1)
        return b"<c" + styled + cell[2:]
    _check_formula(cell)
    if not edit.text:
        return place + styled + b"/>" if style else b""
    return place + styled + _inline(escape(fit(edit.text)).encode())


def _inline(text: bytes) -> bytes:
    return b' t="inlineStr"><is><t xml:space="preserve">' + text + b"</t></is></c>"


def _check_formula(cell: bytes | None) -> None:
    """A formula may give way to a value unless other cells calculate by it. Raises Unpatchable."""
    if cell is not None and re.search(rb"<f\b[^>]*\sref=", cell):
        raise Unpatchable("shared formula")


def _masked_cell(cell: bytes, masker: Masker) -> bytes:
    """The cell as text with its personal number masked, or the cell as it is."""
    kind = _TYPE.match(cell)
    said = kind[1] if kind else b"n"
    value = _VALUE.search(cell)
    safe: bytes | None = None
    if said == b"inlineStr":
        safe = masker.text(b"".join(_TEXTS.findall(cell)))
    elif said == b"n" and value is not None:
        safe = masker.number(value[1])
    elif said in (b"str", b"d") and value is not None:
        safe = masker.text(value[1])
    if safe is None and b"<f" in cell:
        formula = re.search(rb"<f\b[^>]*>([^<]*)</f>", cell)
        if formula and masker.text(formula[1].replace(b'"', b" ")) is not None:
            safe = value[1] if value is not None else b""
    if safe is None:
        return cell
    _check_formula(cell)
    place = _PLACE.match(cell)
    if place is None:
        raise Unpatchable("cell")
    style = _style_of(cell)
    styled = b"" if style is None else b' s="%d"' % style
    return b'<c r="%s%s"' % (place[1], place[2]) + styled + _inline(safe)
