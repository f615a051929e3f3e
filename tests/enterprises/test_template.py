"""The yearly template: read as it is, filled in, and with every word of its drop-downs."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from enterprises import template
from enterprises.rules.cells import Flawed, Place, converter
from enterprises.rules.fields import FEN, FIELDS, NUMERIC_CHOICES
from tests.enterprises import books
from tests.enterprises.returning import BOLE, REGIONS, check

PLACES = ["博乐市", "精河县"]


def made() -> bytes:
    return template.write(2025, PLACES)


def test_the_untouched_template_reads_as_no_row_and_nothing_is_wrong_with_it() -> None:
    found = check(made())
    # That there is nothing to import may be said, and nothing else.
    assert found.rows == 0 and {p.code for p in found.problems} <= {"table_empty"}
    assert [part["header_row"] for part in found.layout] == [3]


def test_every_fact_has_its_column_with_its_years() -> None:
    layout = check(made()).layout[0]
    columns = {(c["field"], c["year"]) for c in layout["columns"] if c["field"]}
    assert columns == {(f.code, 2025 - back if f.by_year else None) for f in FIELDS for back in f.years}
    assert {c["unit_from"] for c in layout["columns"] if c["unit_from"]} == {"header"}


VALUES: dict[str, Any] = {
    "text": "某处 #1=2",
    "date": dt.date(2020, 2, 29),
    "money": 1234.56,
    "count": 37,
    "percent": 3.55,
    "yes_no": "否",
    "score": 12.5,
    "region": "精河县",
}  # fmt: skip


def typed(column: template.Column, n: int) -> tuple[Any, Any]:
    """(what is typed, the fact it is)."""
    field = column.field
    if field.code == "uscc":
        return books.code(7), books.code(7)
    if field.code == "industry_code":
        return "A0111", "A0111"
    if field.kind == "choice":
        stored, word, _ = field.choices[n % len(field.choices)]
        return word, int(stored) if field.code in NUMERIC_CHOICES else stored
    value = VALUES[field.kind]
    facts = {
        "money": round(value * FEN["万元"]) if field.kind == "money" else None,
        "percent": Decimal("3.55"),
        "score": Decimal("12.5"),
        "yes_no": False,
        "region": REGIONS["精河县"],
    }
    return value, facts.get(field.kind, value)


def test_a_filled_template_reads_to_the_facts_that_were_typed() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made()))
    sheet = book[template.SHEET]
    columns = template.columns(2025)
    wanted = {}
    for n, column in enumerate(columns):
        assert sheet.cell(3, n + 2).value == column.header
        value, fact = typed(column, n)
        cell = sheet.cell(5, n + 2, value)
        if isinstance(value, str):
            cell.data_type = "s"
        wanted[column.field.code, column.year if len(column.field.years) > 1 else 2025] = fact
    out = io.BytesIO()
    book.save(out)
    found = check(out.getvalue())
    assert found.problems == [] and found.rows == 1
    _sheet, row, values = found.records[0]
    assert row == 5
    targets = [(c["field"], c["year"] or 2025) for c in found.layout[0]["columns"] if c["field"]]
    assert dict(zip(targets, values, strict=True)) == wanted


def test_every_word_of_a_drop_down_is_accepted_by_the_reader() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made()))
    sheet = book[template.SHEET]
    place = Place({"博乐市": BOLE, "精河县": REGIONS["精河县"]}, dt.date(2026, 1, 1))
    seen = set()
    for rule in sheet.data_validations.dataValidation:
        if rule.type != "list":
            continue
        column = template.columns(2025)[min(area.min_col for area in rule.sqref.ranges) - 2]
        if rule.formula1.startswith('"'):
            words = rule.formula1.strip('"').split(",")
        else:
            name, area = rule.formula1.split("!")
            words = [cell.value for (cell,) in book[name.strip("'")][area.replace("$", "")]]
            assert words == PLACES
        read = converter(column.field, unit=column.field.unit, place=place)
        for word in words:
            value = read(word)
            assert value is not None and not isinstance(value, Flawed), (column.header, word)
        seen.add(column.field.code)
    assert seen == {f.code for f in FIELDS if f.kind in ("yes_no", "choice", "region")}


def test_codes_and_telephone_numbers_stay_text_when_they_are_typed() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(made()))[template.SHEET]
    for n, column in enumerate(template.columns(2025)):
        form = next(d.number_format for d in sheet.column_dimensions.values() if d.min <= n + 2 <= d.max)
        if column.field.code in ("uscc", "industry_code", "contact_phone"):
            assert form == "@", column.header
        if column.field.kind == "date":
            assert form == "yyyy-mm-dd", column.header


@pytest.mark.parametrize("change", ["field", "unit", "choice"])
def test_another_vocabulary_is_another_version(change: str) -> None:
    fields = list(FIELDS)
    if change == "field":
        fields.pop()
    elif change == "unit":
        at = next(n for n, f in enumerate(fields) if f.kind == "money")
        fields[at] = dataclasses.replace(fields[at], unit="元")
    else:
        at = next(n for n, f in enumerate(fields) if f.kind == "choice")
        fields[at] = dataclasses.replace(fields[at], choices=fields[at].choices[1:])
    assert template.version(2025, fields) != template.version(2025) != template.version(2024)


def test_the_version_stands_inside_for_people_and_for_programs() -> None:
    book = openpyxl.load_workbook(io.BytesIO(made()))
    version = template.version(2025)
    assert book.custom_doc_props["TemplateVersion"].value == version
    assert version in str(book["填表说明"]["A1"].value)
