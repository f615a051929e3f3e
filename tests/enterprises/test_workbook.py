import io
import time
import tracemalloc
import zipfile
from typing import Any

import openpyxl
import pytest

from enterprises import workbook
from enterprises.rules.sheet import Broken, Percent
from tests.enterprises import books


def refused(data: bytes, name: str = "x.xlsx") -> str:
    with pytest.raises(workbook.WorkbookRefused) as wrong:
        workbook.read(io.BytesIO(data), name)
    return wrong.value.code


def changed(file: io.BytesIO, **parts: Any) -> bytes:
    """The same archive with parts replaced (`None` drops one) or added."""
    out = io.BytesIO()
    names = {
        key.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"): v for key, v in parts.items()
    }
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in names:
                new.writestr(entry.filename, old.read(entry.filename))
        for name, content in names.items():
            if content is not None:
                new.writestr(name, content)
    return out.getvalue()


def sheet_xml(body: str) -> str:
    return (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"{body}</worksheet>"
    )


def test_row_numbers_are_excels_own_behind_leading_blank_rows_and_columns() -> None:
    book = workbook.read(books.xlsx(("甲", [["a", "b"], ["c", "d"]]), at="D7"), "x.xlsx")
    sheet = book.sheets[0]
    assert (sheet.first_row, sheet.first_column) == (7, 3)
    assert sheet.rows == [["a", "b"], ["c", "d"]]


def test_percent_formats_formulas_errors_and_hidden_parts_are_found() -> None:
    def prepare(book: Any) -> None:
        sheet = book["甲"]
        sheet["B2"].number_format = "0.00%"
        sheet["B3"].number_format = '0"%"'
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["D"].hidden = True
        sheet.merge_cells("A5:B6")
        book.create_sheet("藏").sheet_state = "hidden"
        sheet["E2"].data_type = "e"

    file = books.xlsx(("甲", [["a", "b"], [1, 0.035, "=f:1+1", 4, "#N/A"], [1, 0.035]]), prepare=prepare)
    book = workbook.read(file, "x.xlsx")
    sheet = book.sheets[0]
    assert isinstance(sheet.rows[1][1], Percent) and not isinstance(sheet.rows[2][1], Percent)
    assert sheet.rows[1][2] == "" and isinstance(sheet.rows[1][2], Broken)
    assert sheet.rows[1][4] == "#N/A" and isinstance(sheet.rows[1][4], Broken)
    assert sheet.hidden_rows == {3} and sheet.hidden_columns == {3}
    assert (5, 0, 6, 1) in sheet.merged and sheet.formulas == {2: 1}
    assert book.sheets[1].hidden


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_e_13_csv_is_read_in_its_encoding(encoding: str) -> None:
    rows = [["统一社会信用代码", "企业名称"], [books.code(1), "博乐䶮㙍有限公司"]]
    book = workbook.read(books.csv(rows, encoding), "企业.csv")
    assert book.sheets[0].rows == rows and book.sheets[0].name == "企业"


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_with_another_delimiter_is_read(delimiter: str) -> None:
    text = f"统一社会信用代码{delimiter}企业名称\n{books.code(1)}{delimiter}甲\n"
    assert workbook.read(io.BytesIO(text.encode()), "x.csv").sheets[0].rows[0] == [
        "统一社会信用代码",
        "企业名称",
    ]


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "x.xlsx", "file_empty"),
        (b"<html><table></table></html>", "x.xlsx", "file_html"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "x.xls", "file_old_xls"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "x.xlsx",
            "file_password",
        ),
        (b"PK\x03\x04rest", "x.xlsx", "file_damaged"),
        (b"plain", "x.xlsx", "file_damaged"),
        (b"%PDF-1.7", "x.csv", "file_not_a_workbook"),
        (b"\xff\xff\xfe\x80\x81", "x.csv", "file_encoding"),
    ],
)
def test_e_11_what_is_no_workbook_is_refused_with_its_reason(data: bytes, name: str, code: str) -> None:
    assert refused(data, name) == code


def test_e_11_a_truncated_workbook_is_refused() -> None:
    data = books.xlsx(("甲", books.plain(50))).getvalue()
    for length in (10, len(data) // 2, len(data) - 10):
        assert refused(data[:length]) == "file_damaged"


def test_e_10_macros_are_refused_under_any_name() -> None:
    assert refused(changed(books.xlsx(("甲", books.plain(1))), xl__vbaProject_bin=b"x")) == "file_macros"
    assert refused(books.xlsx(("甲", books.plain(1))).getvalue(), "x.xlsm") == "file_macros"


def test_e_01_a_bomb_is_refused_from_the_directory_and_stays_small() -> None:
    bomb = changed(books.xlsx(("甲", books.plain(1))), xl__extra_xml=b" " * (300 << 20))
    tracemalloc.start()
    assert refused(bomb) == "file_inflates"
    assert tracemalloc.get_traced_memory()[1] < 32 << 20
    tracemalloc.stop()


def test_e_01_a_directory_that_lies_about_sizes_is_refused() -> None:
    data = bytearray(changed(books.xlsx(("甲", books.plain(1))), xl__extra_xml=b" " * (40 << 20)))
    real, lie = (40 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert refused(bytes(data).replace(real, lie)) == "file_damaged"


@pytest.mark.parametrize("reference", ["XFD1048576", "ZZZZ99999999", "A999999999"])
def test_e_03_e_05_a_far_cell_is_refused_at_once(reference: str) -> None:
    row = "".join(c for c in reference if c.isdigit())
    body = f'<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{reference}"><v>1</v></c></row></sheetData>'
    started = time.monotonic()
    assert refused(changed(books.xlsx(("甲", [[1]])), xl__worksheets__sheet1_xml=sheet_xml(body))) in (
        "file_too_many_cells",
        "file_damaged",
    )
    assert time.monotonic() - started < 1


def test_e_04_a_false_dimension_does_not_matter() -> None:
    body = '<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
    data = changed(books.xlsx(("甲", [[1]])), xl__worksheets__sheet1_xml=sheet_xml(body))
    assert workbook.read(io.BytesIO(data), "x.xlsx").sheets[0].rows == [[1.0]]


def test_formatted_empty_cells_out_to_excels_end_do_not_matter() -> None:
    body = (
        '<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="1"/></row>'
        '<row r="1048576" s="1"><c r="A1048576" s="1"/></row></sheetData>'
    )
    data = changed(books.xlsx(("甲", [[1]])), xl__worksheets__sheet1_xml=sheet_xml(body))
    assert workbook.read(io.BytesIO(data), "x.xlsx").sheets[0].rows == [[1.0]]


@pytest.mark.parametrize(
    "doctype",
    ['<!DOCTYPE a [<!ENTITY b "c">]>', '<!DOCTYPE a SYSTEM "file:///etc/hostname">'],
)
def test_e_06_e_07_document_types_are_refused(doctype: str) -> None:
    data = changed(books.xlsx(("甲", [[1]])), xl__sharedStrings_xml=f"<?xml version='1.0'?>{doctype}<sst/>")
    assert refused(data) == "file_suspicious"


def test_e_08_too_many_or_twofold_entries_are_refused() -> None:
    file = books.xlsx(("甲", [[1]]))
    out = io.BytesIO(file.getvalue())
    with zipfile.ZipFile(out, "a") as archive:
        for n in range(3000):
            archive.writestr(f"../../x{n}.xml", "")
    assert refused(out.getvalue()) == "file_suspicious"
    out = io.BytesIO(file.getvalue())
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning):
        archive.writestr("xl/workbook.xml", "<x/>")
    assert refused(out.getvalue()) == "file_suspicious"


def test_dates_of_1904_are_marked() -> None:
    def prepare(book: Any) -> None:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904

    assert workbook.read(books.xlsx(("甲", [[1]]), prepare=prepare), "x.xlsx").sheets[0].date1904


def test_a_sheet_whose_compressed_bytes_are_damaged_is_refused() -> None:
    data = bytearray(books.xlsx(("企业", books.plain(200))).getvalue())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        entry = archive.getinfo("xl/worksheets/sheet1.xml")
    start = entry.header_offset + 30 + len(entry.filename)
    data[start + 20 : start + 40] = b"\xff" * 20
    with pytest.raises(workbook.WorkbookRefused) as refused:
        workbook.read(io.BytesIO(bytes(data)), "a.xlsx")
    assert refused.value.code == "file_damaged"
