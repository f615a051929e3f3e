"""The template of a kind of book: one sheet to fill in, one that explains it (XlsxWriter). Made from the kind's shape."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _

from enterprises.rules.fields import Field
from enterprises.rules.sheet import TEMPLATE_NOTES
from subsidies.rules.books import Shape
from subsidies.wording import book_help, book_name

ROWS = 5_000
_FORMATS = {"date": "yyyy-mm-dd", "money": "#,##0.00", "count": "0"}
#: Excel's own limit for a list that is written into its rule
_LONGEST_LIST = 255
_EXAMPLES: dict[str, Any] = {
    "uscc": "91650000MA00000000",
    "name": "示例机械有限公司",
    "on": "2024-05-01",
    "decided": 80,
    "received": 12.5,
    "project": "采棉机研发平台",
    "region": "652701",
    "year": 2026,
    "amount": 500,
    "document": "新财企〔2026〕12号",
    "published": "否",
    "order": "WZFBAW3DA9VN",
    "receipt": "20240501000123",
}


def write(shape: Shape) -> bytes:
    """The workbook. It is filled in by officials of any page language, so it speaks Chinese."""
    with translation.override("zh-hans"):
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
        page = book.add_worksheet(book_name(shape.code))
        notes = book.add_worksheet(TEMPLATE_NOTES)
        _explain(book, notes, shape)
        _fill(book, page, shape)
        book.close()
        return out.getvalue()


def _fill(book: Any, page: Any, shape: Shape) -> None:
    head = book.add_format(
        {"bold": True, "text_wrap": True, "align": "center", "valign": "vcenter", "border": 1,
         "bg_color": "#EBF2FE", "num_format": "@"}
    )  # fmt: skip
    page.set_row(0, 32)
    for n, field in enumerate(shape.asked):
        look = book.add_format({"num_format": _FORMATS.get(field.kind, "@")})
        page.set_column(n, n, _width(field), look)
        page.write_string(0, n, field.header, head)
        page.data_validation(1, n, ROWS, n, _validation(field, shape, n))
    page.freeze_panes(1, 2 if shape.leads == "uscc" else 1)


def _width(field: Field) -> int:
    return 24 if field.code in ("uscc", "name", "title", "document") else 16


def _validation(field: Field, shape: Shape, n: int) -> dict[str, Any]:
    """A drop-down, or a hint when the cell is entered; nothing is refused by Excel itself."""
    how = _how(field, shape)
    soft = {
        "input_title": field.header[:32],
        "input_message": how[:255],
        "error_title": _("请核对"),
        "error_message": how[:255],
        "error_type": "warning",
    }
    words = _words(field)
    if not words:
        return {"validate": "any", "input_title": soft["input_title"], "input_message": soft["input_message"]}
    if len(",".join(words)) > _LONGEST_LIST:
        column = chr(ord("F") + n)
        return {
            "validate": "list",
            "source": f"='{TEMPLATE_NOTES}'!${column}$2:${column}${len(words) + 1}",
            **soft,
        }
    return {"validate": "list", "source": words, **soft}


def _words(field: Field) -> list[str]:
    return [_("是"), _("否")] if field.kind == "yes_no" else [word for _code, word, _more in field.choices]


def _of_payments() -> dict[str, str]:
    """What is filled in otherwise than in the books about enterprises."""
    return {
        "order": _("12 位，导出的拨付单里有；银行的文件没有这一列的，从附言或摘要里认"),
        "uscc": _("填了就与拨付单核对"),
        "name": _("填了就与拨付单核对，不一致只提示"),
        "amount": _("与拨付单一致，没写单位的按元"),
        "outcome": _("不填就是到账"),
        "on": _("到账或退回的日期，填成 2024-05-01 的样子"),
        "receipt": _("到账的必填"),
        "reason": _("退回的必填，企业会看到"),
    }


def _how(field: Field, shape: Shape) -> str:
    """How a column is filled in, in one sentence."""
    said = _of_payments().get(field.code) if shape.code == "payments" else None
    said = (
        said
        or {
            "uscc": _("18 位，按营业执照填"),
            "name": _("名录里没有的企业按它登记，按营业执照填全称"),
            "region": _("名录里没有的企业写明在哪个县（市、区），填 6 位代码"),
            "code": _("同一家企业的每件事不同；不填就按内容认"),
            "project": _("按项目奖补的填项目名称"),
            "document": _("同一文号再传不会重复记账"),
            "published": _("下级能否看到余额，不填就是否"),
            "other_policy": _("另有政策奖同一件事时，企业选了哪一个"),
            "year": _("资金的预算年度"),
        }.get(field.code)
        or {
            "date": _("填成 2024-05-01 的样子"),
            "money": _("以列名里的单位填数，也可以在数后写单位"),
            "choice": _("从下拉中选"),
        }.get(field.kind, "")
    )
    needed = _("必填") if field.code in shape.needs else _("选填")
    return _("%(how)s；%(needed)s") % {"how": said, "needed": needed}


def _example(field: Field) -> str:
    if field.choices:
        return field.choices[0][1]
    return str(_EXAMPLES.get(field.code, ""))


def _explain(book: Any, page: Any, shape: Shape) -> None:
    bold = book.add_format({"bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    for column, width in enumerate((24, 44, 60, 24)):
        page.set_column(column, column, width, wrap)
    lines = [
        _("%(name)s：%(help)s。") % {"name": book_name(shape.code), "help": book_help(shape.code)},
        _("从“%(sheet)s”表第 2 行填起；列可以删、可以换位置，列名不要改。")
        % {"sheet": book_name(shape.code)},
        _("有一处错误就整份不写入；同一份文件再传一次不会重复。"),
    ]
    for n, line in enumerate(lines):
        page.write_string(n, 0, line, book.add_format({"num_format": "@"}))
    top = len(lines) + 1
    page.write_row(top, 0, [_("列名"), _("怎么填"), _("可选值"), _("示例")], bold)
    for n, field in enumerate(shape.asked):
        words = _words(field)
        page.write_string(top + 1 + n, 0, field.header)
        page.write_string(top + 1 + n, 1, _how(field, shape))
        page.write_string(top + 1 + n, 2, _("、").join(words))
        page.write_string(top + 1 + n, 3, _example(field))
        if len(",".join(words)) > _LONGEST_LIST:  # a drop-down as long as this takes its words from here
            page.write_string(0, 5 + n, field.header, bold)
            page.write_column(1, 5 + n, words)


def file_name(shape: Shape) -> str:
    return _("%(name)s模板.xlsx") % {"name": book_name(shape.code)}
