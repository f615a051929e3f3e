"""Workbooks broken in every way that chance and malice find, and a child process that reads them.

The n-th mutation is always the same file. `python -m tests.enterprises.mutations FIRST COUNT` reads them
under limits and prints its peak memory; any exception, hang or excess ends it with the number in sight.
"""

from __future__ import annotations

import datetime as dt
import io
import random
import re
import resource
import signal
import sys
import zipfile
from collections.abc import Callable
from functools import cache

from enterprises import workbook
from enterprises.rules import rows
from tests.enterprises import books
from tests.memory import peak_memory

MOST_SECONDS = 5
MOST_MEMORY = 512 << 20
TODAY = dt.date(2026, 11, 22)
_COUNTY = {"博乐市": "65/6527/652701/"}


@cache
def seeds() -> tuple[tuple[str, bytes], ...]:
    """Small real-looking files of both kinds; every part of the reader has something to do in them."""
    head = [
        "序号",
        "统一社会信用代码",
        "企业名称",
        "所属县市",
        "成立日期",
        "营业收入（万元）",
        "细分市场占有率（%）",
        "自主品牌",
    ]
    body = [
        [n, books.code(n), f"博乐<{n}>（中国）公司", "博乐市", dt.date(2019, 7, n), n * 1.5, 0.035, "√"]
        for n in range(1, 6)
    ]

    def prepare(book: object) -> None:
        sheet = book["企业"]  # type: ignore[index]
        sheet["G4"].number_format = "0.0%"
        sheet["F5"] = "=1+1"
        sheet.row_dimensions[6].hidden = True
        sheet.column_dimensions["H"].hidden = True
        sheet.merge_cells("A1:H1")

    one = books.xlsx(
        ("企业", [["2025年情况表（单位：元）"], head, *body, ["合 计"]]), ("说明", [["x"]]), prepare=prepare
    )
    text = [[str(value) for value in row] for row in [head, *body]]
    return (
        ("a.xlsx", one.getvalue()),
        ("b.xlsx", books.xlsx(("表", books.plain(3, 从业人员=lambda n: n))).getvalue()),
        ("a.csv", books.csv(text).getvalue()),
        ("b.csv", books.csv(text, "gb18030").getvalue()),
        ("c.csv", books.csv(text, "utf-16").getvalue()),
    )


def _bits(draw: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.randint(1, 12)):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _bytes(draw: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.randint(1, 12)):
        at = draw.randrange(len(changed) + 1)
        changed[at : at + draw.randint(0, 40)] = draw.randbytes(draw.randint(0, 40))
    return bytes(changed)


def _cut(draw: random.Random, data: bytes) -> bytes:
    first, last = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    return draw.choice([data[:last], data[first:], data[:first] + data[last:], data + data[first:last]])


_WORDS = [
    b"\0", b"\xff", b"\xef\xbb\xbf", b'"', b'""', b",", b"\t", b"\r", b"\n", b"=1+1", b"#REF!", b"9E999", b"-", b"1" * 400,
    "壹仟万元整".encode(), "合计".encode(), "２".encode(), b"\xed\xa0\x80", b"<", b">", b"&", b"&#0;", b"_x0000_", b"inf", b"nan",
    b"<!--", b"<![CDATA[", b"<!DOCTYPE a>", b"<?x?>", b"0!.0,", b"%", b"1e-400", b"9999-99-99", "٣".encode(), "፩".encode(),
]  # fmt: skip
_PLACES = [
    b"A0",
    b"A1048577",
    b"XFD1048576",
    b"ZZZZ99999999",
    b"A",
    b"1",
    b"",
    b"a1",
    b"$A$1",
    b"B2:A1",
    b"A1:XFD1048576",
    b"C3",
]
_NUMBERS = [
    b"0",
    b"-1",
    b"1",
    b"99999",
    b"1048576",
    b"4294967296",
    b"18446744073709551616",
    b"1e5",
    b"x",
    b"true",
]


def _markup(draw: random.Random, data: bytes) -> bytes:
    """Changes tags, attributes and texts of an XML part; what comes out may still be XML."""
    for _ in range(draw.randint(1, 6)):
        tags = list(re.finditer(rb"<[^>]*>", data))
        if not tags:
            return data
        tag = draw.choice(tags)
        attributes = list(re.finditer(rb'="([^"]*)"', tag[0]))
        kind = draw.randrange(8)
        if kind < 3 and attributes:
            attribute = draw.choice(attributes)
            start, end = tag.start() + attribute.start(1), tag.start() + attribute.end(1)
            new = draw.choice(
                [_PLACES, _NUMBERS, _WORDS, [b"e", b"s", b"str", b"inlineStr", b"b", b"d", b"n"]]
            )
            data = data[:start] + draw.choice(new) + data[end:]
        elif kind == 3:
            data = data[: tag.start()] + data[tag.end() :]
        elif kind == 4:
            data = data[: tag.end()] + tag[0] * draw.choice([1, 1, 1, 300]) + data[tag.end() :]
        elif kind == 5:
            data = data[: tag.end()] + draw.choice(_WORDS) + data[tag.end() :]
        elif kind == 6:
            other = draw.choice(tags)
            data = data[: tag.start()] + other[0] + data[tag.end() :]
        else:
            data = (
                data[: tag.start()] + tag[0].replace(b'"', b"'").replace(b"<", b"<x:", 1) + data[tag.end() :]
            )
    return data


def _parts(draw: random.Random, data: bytes) -> bytes:
    """The archive packed again with parts changed, dropped, swapped, doubled or renamed."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        parts = [(entry.filename, old.read(entry)) for entry in old.infolist()]
    for _ in range(draw.randint(1, 3)):
        n = draw.randrange(len(parts))
        name, content = parts[n]
        kind = draw.randrange(10)
        if kind < 6:
            wanted = [
                m for m, (other, _) in enumerate(parts) if "sheet" in other.lower() or "workbook" in other
            ]
            n = draw.choice(wanted) if draw.random() < 0.8 and wanted else n
            parts[n] = (
                parts[n][0],
                draw.choice([_markup, _markup, _markup, _bytes])(draw, parts[n][1] or b"x"),
            )
        elif kind == 6:
            parts[n] = (name, draw.choice(parts)[1])
        elif kind == 7:
            parts[n] = (
                draw.choice([name.upper(), "../../" + name, "/" + name, name.replace("/", "\\"), "xl/x.xml"]),
                content,
            )
        elif kind == 8 and len(parts) > 1:
            del parts[n]
        else:
            parts.append(
                (draw.choice(["xl/vbaProject.bin", "xl/media/a.png", "xl/a.xml", name.title()]), content)
            )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", draw.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])) as new:
        for name, content in dict(parts).items():
            new.writestr(name, content)
    return out.getvalue()


def _text(draw: random.Random, data: bytes) -> bytes:
    for _ in range(draw.randint(1, 8)):
        at = draw.randrange(len(data) + 1)
        data = (
            data[:at] + draw.choice(_WORDS) * draw.choice([1, 1, 1, 2, 50]) + data[at + draw.randint(0, 3) :]
        )
    return data


def mutated(n: int) -> tuple[str, bytes]:
    """The name and content of the n-th mutation."""
    draw = random.Random(n)
    name, data = draw.choice(seeds())
    ways: list[Callable[[random.Random, bytes], bytes]] = [_bits, _bytes, _cut]
    ways += [_parts] * 7 if name.endswith(".xlsx") else [_text] * 4
    return name, draw.choice(ways)(draw, data)


def read(n: int) -> str:
    """Reads the n-th mutation to its last row; `refused` or `read`. Anything else is an error of the reader."""
    name, data = mutated(n)
    try:
        book = workbook.read(io.BytesIO(data), name)
    except workbook.WorkbookRefused as wrong:
        assert wrong.code.startswith("file_")
        return "refused"
    reading = rows.read(book, year=2025, regions=_COUNTY, region="65/6527/652701/", today=TODAY)
    good = sum(1 for _ in reading.records())
    assert good + reading.failed == reading.rows
    for problem in reading.problems:
        assert "\0" not in problem.shown().value + problem.header + problem.sheet
        assert problem.row is None or problem.row > 0
    return "read"


def main(first: int, count: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (4 * MOST_MEMORY, 4 * MOST_MEMORY))
    found = {"read": 0, "refused": 0}
    for n in range(first, first + count):
        # The signal ends the process also inside the reader's own code, which no exception reaches.
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
        try:
            found[read(n)] += 1
        except BaseException as wrong:
            raise AssertionError(f"mutation {n}") from wrong
        signal.setitimer(signal.ITIMER_REAL, 0)
        peak = peak_memory()
        assert peak < MOST_MEMORY, f"mutation {n}: {peak >> 20} MB"
        if n % 100 == 0:
            print(n, file=sys.stderr, flush=True)
    print(found["read"], found["refused"], peak >> 20)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
