"""The hard limits of reading, each in a process of its own so that its peak memory can be asked (E-01…E-05, E-08)."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from enterprises.rules.problems import index_of
from enterprises.workbook import _check_directory
from tests.conftest import ROOT
from tests.enterprises import books
from tests.enterprises.test_workbook import changed, sheet_xml

_READ = """
import io, sys, time
from enterprises import workbook
from tests.memory import peak_memory
data = open(sys.argv[1], "rb").read()
began = time.process_time()
try:
    found = [(len(s.rows), max(map(len, s.rows), default=0)) for s in workbook.read(io.BytesIO(data), "a.xlsx").sheets]
except workbook.WorkbookRefused as refused:
    found = refused.code
print(repr(found), time.process_time() - began, peak_memory() >> 20, sep="|")
"""


def read(tmp_path: Path, data: bytes) -> tuple[str, float, float]:
    """(what was found, seconds of the processor, peak in MB)."""
    file = tmp_path / "a.xlsx"
    file.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found, seconds, peak = done.stdout.strip().split("|")
    return found.strip("'"), float(seconds), int(peak)


def plain() -> io.BytesIO:
    return books.xlsx(("甲", books.plain(1)))


def test_e_01_three_hundred_megabytes_of_blanks_are_refused_from_the_directory(tmp_path: Path) -> None:
    bomb = changed(plain(), xl__worksheets__sheet1_xml=b" " * (300 << 20))
    assert len(bomb) < 400_000
    found, seconds, peak = read(tmp_path, bomb)
    assert (found, peak < 200, seconds < 2) == ("file_inflates", True, True)


def test_e_01_a_lying_directory_is_stopped_while_inflating(tmp_path: Path) -> None:
    size = 150 << 20
    bomb = bytearray(changed(plain(), xl__worksheets__sheet1_xml=b" " * size))
    lie = bytes(bomb).replace(size.to_bytes(4, "little"), (900_000).to_bytes(4, "little"))
    found, _, peak = read(tmp_path, lie)
    assert found in ("file_damaged", "file_inflates") and peak < 200


def test_e_02_six_million_cells_are_refused_in_seconds(tmp_path: Path) -> None:
    row = '<row r="{}">' + "<c><v>1</v></c>" * 60 + "</row>"
    body = "<sheetData>" + "".join(row.format(n) for n in range(1, 100_001)) + "</sheetData>"
    data = changed(plain(), xl__worksheets__sheet1_xml=sheet_xml(body))
    assert len(data) < 1_000_000
    found, seconds, peak = read(tmp_path, data)
    assert found in ("file_too_many_cells", "file_inflates") and seconds < 15 and peak < 512


def six_million_cells() -> bytes:
    """Each row begins with another number, so that it does not shrink to what no honest file shrinks to."""
    row = '<row r="{}"><c><v>{}</v></c>' + "<c><v>1</v></c>" * 59 + "</row>"
    body = "".join(row.format(n, n * 7919 % 99991) for n in range(1, 100_001))
    return changed(plain(), xl__worksheets__sheet1_xml=sheet_xml(f"<sheetData>{body}</sheetData>"))


def far_apart(column: str, row: int) -> bytes:
    """Two cells, each within the limits, that span a rectangle."""
    body = f'<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{column}{row}"><v>1</v></c></row></sheetData>'
    return changed(plain(), xl__worksheets__sheet1_xml=sheet_xml(body))


@pytest.mark.parametrize(
    ("make", "most_seconds"),
    [(six_million_cells, 15), (lambda: far_apart("CW", 100_000), 2), (lambda: far_apart("ALL", 10_001), 2)],
    ids=["six million cells", "rows by columns", "columns by rows"],
)
def test_e_02_more_cells_than_the_limit_are_refused_where_the_directory_is_fine(
    tmp_path: Path, make: Callable[[], bytes], most_seconds: int
) -> None:
    data = make()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        _check_directory(archive.infolist(), len(data), ".xlsx")
    found, seconds, peak = read(tmp_path, data)
    assert (found, peak < 200) == ("file_too_many_cells", True) and seconds < most_seconds


def test_e_02_as_many_cells_as_the_limit_allows_are_read_within_the_memory_of_a_worker(
    tmp_path: Path,
) -> None:
    found, _, peak = read(tmp_path, far_apart("ALL", 10_000))
    assert (found, peak < 512) == ("[(10000, 1000)]", True), peak


@pytest.mark.parametrize("reference", ["XFD1048576", "ZZZZ99999999", "A99999999", "XFD1"])
def test_e_03_e_05_a_sparse_or_impossible_cell_is_refused(tmp_path: Path, reference: str) -> None:
    row = "".join(c for c in reference if c.isdigit())
    body = f'<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{reference}"><v>1</v></c></row></sheetData>'
    found, seconds, peak = read(tmp_path, changed(plain(), xl__worksheets__sheet1_xml=sheet_xml(body)))
    assert found in ("file_too_many_cells", "file_damaged")
    assert seconds < 3 and peak < 200


def test_e_03_the_same_without_places_or_with_single_quotes_is_refused_too(tmp_path: Path) -> None:
    for body in (
        "<sheetData><row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c r='XFD1048576'><v>1</v></c></row></sheetData>",
        "<sheetData><!-- --><row r='1048576'><c r='XFD1048576'><v>1</v></c></row><row r='1'><c r='A1'><v>1</v></c></row></sheetData>",
        '<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c><v>1</v></c></row></sheetData>',
    ):
        found, _, peak = read(tmp_path, changed(plain(), xl__worksheets__sheet1_xml=sheet_xml(body)))
        assert (found, peak < 200) == ("file_too_many_cells", True)


def test_e_04_a_false_dimension_costs_nothing(tmp_path: Path) -> None:
    body = '<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
    found, _, peak = read(tmp_path, changed(plain(), xl__worksheets__sheet1_xml=sheet_xml(body)))
    assert (found, peak < 200) == ("[(1, 1)]", True)


def test_e_08_seventy_thousand_entries_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    out = io.BytesIO(plain().getvalue())
    with zipfile.ZipFile(out, "a") as archive:
        for n in range(70_000):
            archive.writestr(f"../../tidu-{n}.xml", "")
    found, seconds, peak = read(tmp_path, out.getvalue())
    assert (found, seconds < 15, peak < 200) == ("file_suspicious", True, True)
    assert not list(tmp_path.parent.parent.glob("tidu-*"))


def far_away(reference: str, rows: int = 3_000) -> bytes:
    """A table of three columns in which one cell of the second row says that it lies elsewhere."""
    row = '<row r="{0}"><c r="A{0}"><v>1</v></c><c r="{1}"><v>2</v></c><c r="C{0}"><v>3</v></c></row>'
    body = "".join(row.format(n, reference if n == 2 else f"B{n}") for n in range(1, rows + 1))
    return changed(plain(), xl__worksheets__sheet1_xml=sheet_xml(f"<sheetData>{body}</sheetData>"))


@pytest.mark.parametrize("reference", ["XFD2", "ALM2", "B1048576", "B999999", "AB1000000"])
def test_e_03_a_cell_far_away_in_the_middle_of_a_row_never_reaches_the_reader(
    tmp_path: Path, reference: str
) -> None:
    found, _, peak = read(tmp_path, far_away(reference))
    assert (found, peak < 200) == ("file_too_many_cells", True), peak


@pytest.mark.parametrize("reference", ["D2", "GR2", "GS2", "ZZ2", "ALL2", "B3001", "B9999"])
def test_e_03_one_that_stands_out_of_order_within_the_limits_is_read_at_its_place(
    tmp_path: Path, reference: str
) -> None:
    found, _, peak = read(tmp_path, far_away(reference))
    row, column = int("".join(filter(str.isdigit, reference))), "".join(filter(str.isalpha, reference))
    assert found == f"[({max(row, 3_000)}, {max(index_of(column) + 1, 3)})]" and peak < 512, peak
