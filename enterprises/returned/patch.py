"""The officer's own xlsx, edited inside its archive: what is not meant to change is copied as it is."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from enterprises.returned.masking import Masker
from enterprises.returned.sheet import SheetPlan, patched
from enterprises.returned.styles import Styles, Unpatchable
from enterprises.sheetxml import sheet_parts

_CHUNK = 1 << 20
_TYPES, _BOOK, _LINKS, _STYLES = (
    "[content_types].xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
)
_CALCULATION = "xl/calcchain.xml"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_OWN_PART = "worksheets/returned-notes.xml"
#: where numbers stand in the XML as numbers, asterisks would break the part
_NUMERIC_PARTS = ("xl/charts/", "xl/pivotcache/")
_LINE_KINDS = {"title": "head", "plain": "note"}


def patch(
    data: bytes, plans: Mapping[str, SheetPlan], explanation: list[tuple[str, str]], name: str
) -> bytes:
    """The archive with the plans carried out and the explaining sheet, called `name`, at its end.

    A sheet of that name is written over. Streams each part once. Raises Unpatchable where the XML is
    spelt in an unusual way.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        return _Patch(old, plans, explanation, name).made()


class _Patch:
    def __init__(
        self,
        old: zipfile.ZipFile,
        plans: Mapping[str, SheetPlan],
        explanation: list[tuple[str, str]],
        name: str,
    ) -> None:
        self._old = old
        self._lines = explanation
        self._name = name
        self._entries = {entry.filename.lower(): entry for entry in old.infolist()}
        self._masker = Masker()
        book, links = self._read(_BOOK), self._read(_LINKS)
        paths = {sheet: path.lower() for sheet, path in sheet_parts(book, links)[0].items()}
        if len(set(paths.values())) != len(paths):
            raise Unpatchable("sheets share a part")
        self._plans = {paths[sheet]: plan for sheet, plan in plans.items() if sheet in paths}
        if len(self._plans) != len(plans):
            raise Unpatchable("sheet without a part")
        self._sheets = {path for path in paths.values() if path in self._entries}
        self._styles = Styles(self._read(_STYLES))
        self._own = paths.get(name)
        #: parts that are edited whole
        self._whole = {_BOOK: book, _LINKS: links, _TYPES: self._read(_TYPES)}
        self._drop_calculation()
        if self._own is None:
            self._register()

    def _read(self, path: str) -> bytes:
        entry = self._entries.get(path)
        if entry is None:
            raise Unpatchable(path)
        return self._old.read(entry)

    def made(self) -> bytes:
        lines = self._explaining_sheet()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as new:
            for path, entry in self._entries.items():
                # The styles are complete once every sheet was written.
                if path in (_STYLES, _CALCULATION, self._own):
                    continue
                with new.open(_like(entry), "w") as part:
                    self._copy(entry, path, part)
            new.writestr(self._entries[_STYLES].filename, self._styles.data())
            new.writestr(self._entries[self._own].filename if self._own else f"xl/{_OWN_PART}", lines)
        if self._masker.found and any(path.startswith("xl/embeddings/") for path in self._entries):
            raise Unpatchable("embedded files may hold the number as well")
        return out.getvalue()

    def _copy(self, entry: zipfile.ZipInfo, path: str, part: IO[bytes]) -> None:
        with self._old.open(entry) as source:
            chunks: Iterable[bytes] = iter(lambda: source.read(_CHUNK), b"")
            if path in self._whole:
                chunks = self._masker.anything([self._whole[path]])
            elif path in self._sheets:
                chunks = patched(chunks, self._plans.get(path) or SheetPlan(), self._styles, self._masker)
            elif path == "xl/sharedstrings.xml":
                chunks = self._masker.shared_strings(chunks)
            elif path.endswith((".xml", ".vml", ".rels")):
                chunks = self._masker.anything(chunks, b"0" if path.startswith(_NUMERIC_PARTS) else b"*")
            for chunk in chunks:
                part.write(chunk)

    def _register(self) -> None:
        """A new sheet in the list of sheets, of relations and of content types."""
        book, links, types = self._whole[_BOOK], self._whole[_LINKS], self._whole[_TYPES]
        prefix = re.search(rb'xmlns:(\w+)="%s"' % _RELATION.encode(), book)
        if prefix is None:
            raise Unpatchable("workbook")
        used = [int(n) for n in re.findall(rb'\ssheetId="(\d+)"', book)]
        known = set(re.findall(rb'\sId="([^"]*)"', links))
        name = next(n for n in (b"rIdReturned%d" % k for k in range(1, len(known) + 2)) if n not in known)
        sheet = b'<sheet name=%s sheetId="%d" %s:id="%s"/>' % (
            quoteattr(self._name).encode(),
            max(used, default=0) + 1,
            prefix[1],
            name,
        )
        link = b'<Relationship Id="%s" Type="%s/worksheet" Target="%s"/>' % (
            name,
            _RELATION.encode(),
            _OWN_PART.encode(),
        )
        override = b'<Override PartName="/xl/%s" ContentType="%s"/>' % (
            _OWN_PART.encode(),
            _SHEET_TYPE.encode(),
        )
        self._whole[_BOOK] = _before(book, b"</sheets>", sheet)
        self._whole[_LINKS] = _before(links, b"</Relationships>", link)
        self._whole[_TYPES] = _before(types, b"</Types>", override)

    def _drop_calculation(self) -> None:
        """The order of calculation may name a formula that gave way to a value; Excel makes it anew."""
        drop = rb'<%s\b[^>]*calcChain\.xml"[^>]*/>'
        self._whole[_LINKS] = re.sub(drop % b"Relationship", b"", self._whole[_LINKS])
        self._whole[_TYPES] = re.sub(drop % b"Override", b"", self._whole[_TYPES])

    def _explaining_sheet(self) -> bytes:
        rows = []
        for n, (text, kind) in enumerate(self._lines, 1):
            style = self._styles.clone(None, _LINE_KINDS.get(kind, kind))  # type: ignore[arg-type]
            rows.append(
                f'<row r="{n}"><c r="A{n}" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
                f"{escape(text)}</t></is></c></row>"
            )
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            '<cols><col min="1" max="1" width="110" customWidth="1"/></cols>'
            f"<sheetData>{''.join(rows)}</sheetData></worksheet>"
        ).encode()


def _like(entry: zipfile.ZipInfo) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(entry.filename, entry.date_time)
    info.compress_type = (
        zipfile.ZIP_STORED if entry.compress_type == zipfile.ZIP_STORED else zipfile.ZIP_DEFLATED
    )
    info.external_attr = entry.external_attr
    return info


def _before(data: bytes, mark: bytes, addition: bytes) -> bytes:
    at = data.rfind(mark)
    if at < 0:
        raise Unpatchable(mark.decode())
    return data[:at] + addition + data[at:]
