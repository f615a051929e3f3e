"""One vocabulary: fields, models, words and rules say the same."""

import re
from pathlib import Path

import pytest
from django.db import models

from enterprises.models import AnnualFigures, Enterprise
from enterprises.models.figures import DigitalLevel, InstitutionLevel, ProductField
from enterprises.rules.fields import BY_CODE, ENTERPRISE_FIELDS, FIELDS, FIGURE_FIELDS
from enterprises.rules.headers import recognise
from enterprises.rules.names import name_keys
from enterprises.rules.problems import Problem
from enterprises.wording import _CELLS, _FILES, _SHEETS, kind, message

KINDS = {
    "text": models.CharField, "code": models.CharField, "choice": (models.CharField, models.PositiveSmallIntegerField),
    "date": models.DateField, "money": models.DecimalField, "count": models.PositiveIntegerField,
    "percent": models.DecimalField, "score": models.DecimalField, "yes_no": models.BooleanField,
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS, ids=lambda f: f.code)
def test_every_fact_has_its_column_and_may_be_unknown(field: object) -> None:
    model = Enterprise if field.storage == "enterprise" else AnnualFigures
    column = model._meta.get_field(field.code)
    if field.code != "region":
        assert isinstance(column, KINDS[field.kind])
        assert column.null or field.code in ("uscc", "name")


def test_no_fact_is_in_a_model_alone() -> None:
    own = {"id", "region", "public_id", "uscc", "name", "name_key", "pinyin", "initials", "established_month_only", "state",
           "import_batch_id", "source_file", "source_sheet", "source_row", "created_at", "created_by", "updated_at",
           "updated_by", "version", "enterprise", "year"}  # fmt: skip
    for model, fields in ((Enterprise, ENTERPRISE_FIELDS), (AnnualFigures, FIGURE_FIELDS)):
        assert {f.name for f in model._meta.fields} - own == {f.code for f in fields} - {"name"}


def test_choices_are_the_same_in_the_model() -> None:
    for code, values in (
        ("product_field", ProductField.values),
        ("rd_institution_level", InstitutionLevel.values),
        ("digital_level", [str(v) for v in DigitalLevel.values]),
    ):
        assert [stored for stored, *_ in BY_CODE[code].choices] == list(values)


@pytest.mark.parametrize("field", FIELDS, ids=lambda f: f.code)
def test_every_header_and_synonym_is_recognised_with_and_without_ornament(field: object) -> None:
    for header in (field.header, *field.synonyms):
        for typed in (
            header,
            f" {header} ",
            header.replace("（", "(").replace("）", ")"),
            f"*{header}",
            "\n".join(header),
        ):
            found = recognise(typed)
            assert found.field is field, typed
        if field.by_year:
            found = recognise(f"2024年{header}")
            assert (found.field, found.year) == (field, 2024)
            assert recognise(f"上年度{header}").offset == 1
            assert recognise(f"前两年{header}").offset == 2


def test_every_finding_has_its_words() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path("enterprises").rglob("*.py"))
    used = set(re.findall(r'(?:_wrong|WorkbookRefused|NotADate|NotANumber|refusal)\(\s*"(\w+)"', source))
    used |= set(re.findall(r'Problem\(\s*"(?:error|warning)",\s*"(\w+)"', source))
    used |= set(re.findall(r'"(?:error|warning)", "(\w+)"', source)) | set(
        re.findall(r'Check\("(\w+)"', source)
    )
    assert used - {"warning"} <= set(_CELLS) | set(_SHEETS) | set(_FILES)
    assert {"uscc_scientific", "registered_elsewhere", "file_suffix", "title_year"} <= used | set(_CELLS)


@pytest.mark.parametrize("code", [*_CELLS, *_SHEETS, *_FILES])
def test_every_sentence_can_be_made_with_and_without_params(code: str) -> None:
    assert message(Problem("error", code, "表", 3, "C", value="x")) and kind(code)


def test_a_message_names_sheet_row_column_value_and_what_to_do() -> None:
    text = message(Problem("error", "not_a_number", "企业汇总", 25, "F", "revenue", value="约5千万"))
    assert text == "企业汇总 表第 25 行 F 列“约5千万”不是数，填一个数（如 5,000.00），不知道就留空"


def test_keys_of_a_name_order_and_find_it() -> None:
    assert name_keys("博乐（重庆）长丰公司")[:1] == ("博乐(重庆)长丰公司",)
    assert name_keys("重庆长江").initials == "cqcj" and name_keys("ABC 棉业").initials == "abcmy"
    assert name_keys("䶮㙍公司").name_key == "䶮㙍公司"
