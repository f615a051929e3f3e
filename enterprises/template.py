"""The yearly template: one sheet to fill in, one that explains it (XlsxWriter).

Made from the field vocabulary, so a new fact stands in it by itself. What is typed is read again by the
ordinary reader, under any name of file; nothing depends on the template having been used.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _

from enterprises.rules.fields import FIELDS, YEARLY, Field
from enterprises.rules.sheet import TEMPLATE_NOTES

SHEET = "企业数据"
EXAMPLE = "示例"
#: rows that have drop-downs and hints
ROWS = 5_000
_TITLE, _BAND, _HEADER, _EXAMPLE, _FIRST = range(5)
_BANDS = {
    "identity": "基本情况",
    "year_end": "年末情况",
    "person": "人工判定",
    "honour": "荣誉与资质",
    "integrity": "诚信与合规",
}
_FORMATS = {
    "text": "@",
    "code": "@",
    "region": "@",
    "yes_no": "@",
    "choice": "@",
    "date": "yyyy-mm-dd",
    "money": "#,##0.00",
    "count": "0",
    "percent": "0.00",
    "score": "0.00",
}
_EXAMPLES: dict[str, Any] = {
    "uscc": "91650000MA00000000",
    "name": "示例机械有限公司",
    "industry_code": "C3511",
    "legal_representative": "张三",
    "contact_name": "李四",
    "contact_phone": "0909-0000000",
    "leading_product": "采棉机配件",
    "industrial_chain": "农机装备",
    "park": "示例工业园",
    "segment_years": 5,
}
_BY_KIND: dict[str, Any] = {
    "text": "",
    "date": "2019-07-01",
    "money": 1000,
    "count": 20,
    "percent": 3.5,
    "yes_no": "否",
    "score": 10,
}


class Column(NamedTuple):
    """One column of the template: the fact, its year where the header names one, header and band."""

    field: Field
    year: int | None
    header: str
    band: str


def columns(year: int, fields: Sequence[Field] = FIELDS) -> list[Column]:
    """Every fact in the order of the template: who, then year by year, then the rest."""
    found: list[Column] = []
    for field in fields:
        if field.group != "yearly":
            for back in field.years:
                named = year - back if len(field.years) > 1 else None
                found.append(Column(field, named, _header(field, named), _BANDS[field.group]))
    years = sorted({back for field in fields if field.group == "yearly" for back in field.years})
    yearly = [
        Column(field, year - back, _header(field, year - back), f"{year - back} 年经营")
        for back in years
        for field in fields
        if field.group == "yearly" and back in field.years
    ]
    cut = sum(column.field.group == "identity" for column in found)
    return found[:cut] + yearly + found[cut:]


def _header(field: Field, year: int | None) -> str:
    return field.header if year is None else f"{year}年{field.header}"


def version(year: int, fields: Sequence[Field] = FIELDS) -> str:
    """The year and a digest of the vocabulary: another field, unit or choice is another version."""
    digest = hashlib.sha256("\n".join(map(repr, fields)).encode()).hexdigest()
    return f"{year}-{digest[:6]}"


def write(year: int, regions: Iterable[str]) -> bytes:
    """The template of a year. `regions` are names, or codes where a name is not unique, for the drop-down."""
    # It goes to enterprises, so it speaks Chinese whatever the officer's page does.
    with translation.override("zh-hans"):
        return _written(year, list(regions))


def _written(year: int, places: list[str]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"title": f"{year} 年度企业数据"})
    book.set_custom_property("TemplateVersion", version(year))
    page = book.add_worksheet(SHEET)
    notes = book.add_worksheet(TEMPLATE_NOTES)
    _fill(book, page, year, places)
    _explain(book, notes, year, places)
    book.close()
    return out.getvalue()


def _fill(book: Any, page: Any, year: int, places: list[str]) -> None:
    looks = {
        kind: book.add_format({"num_format": form, **({"text_wrap": True} if kind == "text" else {})})
        for kind, form in _FORMATS.items()
    }
    head = book.add_format(
        {"bold": True, "text_wrap": True, "align": "center", "valign": "vcenter", "border": 1,
         "bg_color": "#EBF2FE", "num_format": "@"}
    )  # fmt: skip
    band = book.add_format({"bold": True, "align": "left", "bg_color": "#F3F5F8", "border": 1})
    title = book.add_format({"bold": True, "font_size": 14})
    page.write_string(_TITLE, 0, f"{year} 年度企业数据", title)
    page.write_string(_HEADER, 0, "序号", head)
    page.write_string(_EXAMPLE, 0, EXAMPLE)
    page.set_column(0, 0, 6)
    page.set_row(_HEADER, 48)
    made = columns(year)
    at = 1
    while at <= len(made):
        name = made[at - 1].band
        last = at
        while last < len(made) and made[last].band == name:
            last += 1
        if last > at:
            page.merge_range(_BAND, at, _BAND, last, name, band)
        else:
            page.write_string(_BAND, at, name, band)
        at = last + 1
    grey = {
        kind: book.add_format({"num_format": form, "font_color": "#5F6B7C"})
        for kind, form in _FORMATS.items()
    }
    for n, column in enumerate(made, 1):
        kind = column.field.kind
        page.set_column(n, n, _width(column), looks[kind])
        page.write_string(_HEADER, n, column.header, head)
        value = _example(column.field, places)
        if isinstance(value, str):
            page.write_string(_EXAMPLE, n, value, grey["text"])
        else:
            page.write_number(_EXAMPLE, n, value, grey[kind])
        page.data_validation(_EXAMPLE, n, ROWS, n, _validation(column.field, places))
    page.freeze_panes(_FIRST - 1, 3)


def _width(column: Column) -> int:
    if column.field.code in ("uscc", "name"):
        return 24
    if column.field.kind == "text":
        return 16
    return 14


def _example(field: Field, places: list[str]) -> Any:
    if field.code in _EXAMPLES:
        return _EXAMPLES[field.code]
    if field.kind == "region":
        return places[0] if places else ""
    if field.kind == "choice":
        return field.choices[0][1]
    value = _BY_KIND[field.kind]
    return min(value, field.high) if isinstance(value, (int, float)) and field.high is not None else value


def options(field: Field) -> list[str]:
    """The words of a drop-down."""
    if field.kind == "yes_no":
        return ["是", "否"]
    return [word for _stored, word, _spellings in field.choices]


def _validation(field: Field, places: list[str]) -> dict[str, Any]:
    """A drop-down, or a hint that is shown when the cell is entered; nothing is refused by Excel itself."""
    hint = {"input_title": field.header[:32], "input_message": _how(field)[:255]}
    soft = {"error_title": _("请核对"), "error_message": _how(field)[:255], "error_type": "warning"}
    if field.kind == "region" and places:
        source = f"='{TEMPLATE_NOTES}'!$E$2:$E${len(places) + 1}"
        return {"validate": "list", "source": source, **hint, **soft}
    if field.kind in ("yes_no", "choice"):
        return {"validate": "list", "source": options(field), **hint, **soft}
    if field.code == "uscc":
        return {"validate": "length", "criteria": "==", "value": 18, **hint, **soft}
    if field.kind == "date":
        first, last = dt.date(1900, 1, 1), dt.date(2100, 12, 31)
        return {"validate": "date", "criteria": "between", "minimum": first, "maximum": last, **hint, **soft}
    if field.kind in ("money", "count", "percent", "score"):
        low = field.low if field.low is not None else -(10**13) if field.kind == "money" else 0
        limits: dict[str, Any] = {"criteria": ">=", "value": low}
        if field.high is not None:
            limits = {"criteria": "between", "minimum": low, "maximum": field.high}
        return {"validate": "integer" if field.kind == "count" else "decimal", **limits, **hint, **soft}
    return {"validate": "any", **hint}


def _how(field: Field) -> str:
    """How a fact is filled in, in one sentence."""
    if field.code == "uscc":
        return _("18 位，按营业执照填；必填")
    if field.code == "name":
        return _("按营业执照填全称；必填")
    if field.code == "industry_code":
        return _("字母加 2–4 位数字，如 C3511")
    if field.code == "established_on":
        return _("填成 2019-07-01 的样子，只知道年月也可以")
    return {
        "text": _("最多 %(n)s 字") % {"n": field.max_length},
        "code": _("按文本填"),
        "region": _("从下拉中选，不填就是导入的地区"),
        "date": _("填成 2019-07-01 的样子"),
        "money": _("以万元为单位的数，不知道就留空"),
        "count": _("整数，不知道就留空"),
        "percent": _("百分之几就填几，如 3.5，不知道就留空"),
        "score": _("分数，不知道就留空"),
        "yes_no": _("从下拉中选“是”或“否”，不知道就留空"),
        "choice": _("从下拉中选，不知道就留空"),
    }[field.kind]


def _explain(book: Any, page: Any, year: int, places: list[str]) -> None:
    """The explaining sheet: version, rules, every fact, and the places of the drop-down in column E."""
    bold = book.add_format({"bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    page.set_column(0, 0, 34, wrap)
    page.set_column(1, 1, 44, wrap)
    page.set_column(2, 2, 60, wrap)
    page.set_column(4, 4, 18, wrap)
    lines = [
        _("模板版本 %(version)s") % {"version": version(year)},
        _("每家企业一行，从示例下面一行填起；示例行不会导入，删不删都可以。"),
        _("统一社会信用代码和企业名称必填，其余不知道就留空；空格不会清掉已登记的内容。"),
        _("要清掉已登记的内容，在格子里填“清除”。"),
        _("金额都以万元为单位；日期填成 2019-07-01 的样子。"),
        _("列可以删、可以换位置，列名不要改。"),
    ]
    for n, line in enumerate(lines):
        page.write_string(n, 0, line)
    top = len(lines) + 1
    page.write_row(top, 0, [_("指标"), _("怎么填"), _("可选值")], bold)
    for n, field in enumerate(FIELDS, top + 1):
        page.write_string(n, 0, field.header + (_("（逐年）") if field in YEARLY else ""))
        page.write_string(n, 1, _how(field))
        page.write_string(n, 2, "、".join(options(field)))
    page.write_string(0, 4, _("下拉中的地区"), bold)
    for n, place in enumerate(places, 1):
        page.write_string(n, 4, place)
