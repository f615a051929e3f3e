"""Problems in words: where, what stood there, and what to do. The codes come from `enterprises.rules`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from enterprises.rules.fields import BY_CODE
from enterprises.rules.problems import Problem

Params = Mapping[str, Any]


#: the headings of the groups of facts, in the form's order
GROUP_NAMES: dict[str, Any] = {
    "identity": gettext_lazy("基本情况"),
    "yearly": gettext_lazy("年度数据"),
    "year_end": gettext_lazy("年末情况"),
    "honour": gettext_lazy("荣誉与资质"),
    "integrity": gettext_lazy("诚信与合规"),
    "person": gettext_lazy("人工判定"),
}


def field_name(code: str) -> str:
    """The canonical Chinese header of a fact, without its unit."""
    field = BY_CODE.get(code)
    return (
        field.header.split("（")[0]
        if field and field.kind in ("money", "count", "percent")
        else (field.header if field else code)
    )


def fact_text(code: str, text: str | None) -> str:
    """A stored fact, as differences and proposals hold it, as officials read it; money in 万元."""
    if text is None:
        return _("空")
    field = BY_CODE.get(code)
    if field is None:
        return text
    if field.kind == "yes_no":
        return _("是") if text == "true" else _("否")
    if field.kind == "choice":
        return next((_(word) for stored, word, _spellings in field.choices if stored == text), text)
    if field.kind == "money":
        amount = Decimal(text) / 10_000
        places = max(2, -int(amount.normalize().as_tuple().exponent))
        return _("%(n)s 万元") % {"n": f"{amount:,.{places}f}"}
    if field.kind in ("percent", "score"):
        plain = format(Decimal(text).normalize(), "f")
        return f"{plain}%" if field.kind == "percent" else plain
    if field.kind == "count":
        return f"{int(text):,}"
    return text


def _out_of_range(params: Params) -> str:
    low, high = params.get("low"), params.get("high")
    if high is None:
        return _("应为不小于 %(low)s 的数，请核对后重填") % {"low": low}
    return _("应为 %(low)s–%(high)s 之间的数，请核对后重填") % {"low": low, "high": f"{high:,}"}


#: code → the sentence behind the place; `{}` parts are filled from the problem's params and value
_CELLS: dict[str, Callable[[Params], str]] = {
    "uscc_missing": lambda p: _("没有填统一社会信用代码，按营业执照补填 18 位代码"),
    "uscc_scientific": lambda p: _(
        "被 Excel 当成数字，后几位已丢失；把该列设为“文本”，按营业执照重填 18 位代码"
    ),
    "uscc_personal_id": lambda p: _("填的是身份证号，不予保存；改填企业的统一社会信用代码"),
    "uscc_length": lambda p: _("不是 18 位统一社会信用代码，按营业执照重填"),
    "uscc_characters": lambda p: _("含统一社会信用代码不用的字符（如 I、O、S、V、Z），按营业执照核对后重填"),
    "uscc_older": lambda p: _("是 13 位旧注册号，请按营业执照换成 18 位统一社会信用代码"),
    "uscc_legacy": lambda p: _("是 15 位旧代码，请换成 18 位统一社会信用代码；本行照常写入"),
    "uscc_check_digit": lambda p: _("校验位不符，请按营业执照核对；本行照常写入"),
    "uscc_twice": lambda p: _("与 %(sheet)s 表第 %(row)s 行重复，只保留一行") % p,
    "name_missing": lambda p: _("没有填企业名称，按营业执照补填"),
    "name_unreadable": lambda p: _("不像企业名称，可能整行错位；核对后按营业执照重填"),
    "row_slid": lambda p: _("是表头以外多出的一格，可能整行错位；把各格对回所属的列后重传"),
    "registered_elsewhere": lambda p: _(
        "已在其他县（市）登记，这里不能改；企业确已迁入的，请上级主管部门办理转入"
    ),
    "region_outside": lambda p: _("不是本次导入地区内的县（市、区），填地区内的名称或 6 位代码"),
    "region_ambiguous": lambda p: _("有几个同名的县（市、区），改填 6 位代码"),
    "region_differs": lambda p: _("与登记的所在地 %(registered)s 不同；数据写入原登记地，迁移另行办理") % p,
    "former_name": lambda p: _("是曾用名，现登记名称为“%(name)s”，名称不改") % p,
    "name_registered": lambda p: _("与另一家企业同名（代码 %(uscc)s），请核对是否同一家") % p,
    "same_organisation": lambda p: _("代码的主体部分与“%(name)s”（%(uscc)s）相同，请核对是否同一家") % p,
    "name_alike": lambda p: _("名称与“%(name)s”（%(uscc)s）相近，请核对是否同一家") % p,
    "name_twice": lambda p: (
        _("与 %(sheet)s 表第 %(row)s 行同名，代码却不同（%(uscc)s），请核对是否同一家") % p
    ),
    "enterprise_closed": lambda p: _("这家企业已登记为“%(state)s”，请核对；数据照常写入") % p,
    "value_proposed": lambda p: (
        _("%(place)s登记的是“%(before)s”，不直接改，作为建议交%(place)s核定")
        % {"place": p["place"], "before": fact_text(p["field"], p["before"])}
    ),
    "not_a_number": lambda p: _("不是数，填一个数（如 5,000.00），不知道就留空"),
    "number_in_words": lambda p: _("是中文数字，改填阿拉伯数字（如 5,000.00）"),
    "number_scaled": lambda p: (
        _("单元格格式把数缩小显示（实际存的是 %(stored)s），把格式改为“常规”，核对单位后重填") % p
    ),
    "number_grouping": lambda p: _("千位分隔符位置不对，请核对后重填"),
    "not_whole": lambda p: _("应为整数，请核对后重填"),
    "number_range": _out_of_range,
    "negative": lambda p: _("不能为负，请核对后重填"),
    "negative_unusual": lambda p: _("为负数，请核对；本行照常写入"),
    "money_currency": lambda p: _("是外币（%(currency)s），折成人民币后重填") % p,
    "money_unit_unclear": lambda p: (
        _("只写了币种，没有写元还是万元，按%(unit)s读取，请核对；本行照常写入") % p
    ),
    "money_range": lambda p: _("金额过大，请核对单位后重填"),
    "money_rounded": lambda p: _("精确到分以下，按四舍五入记为 %(yuan)s 元") % p,
    "date_unreadable": lambda p: _("不是日期，填成 2019-07-01 的样子"),
    "date_incomplete": lambda p: _("日期不完整，填到日，如 2019-07-01"),
    "date_order": lambda p: _("分不清哪个是日、哪个是月，填成 2019-07-01 的样子"),
    "date_impossible": lambda p: _("没有这一天，请核对后重填"),
    "date_ambiguous": lambda p: _("分不清是 1 月还是 10 月，填成 2019-10 的样子"),
    "date_range": lambda p: _("年份不在 1850–2100 之间，请核对后重填"),
    "date_future": lambda p: _("晚于今天，请核对后重填"),
    "yes_no_unreadable": lambda p: _("应填“是”或“否”"),
    "choice_unknown": lambda p: _("不在可选范围内，填其中之一：%(allowed)s") % p,
    "industry_unreadable": lambda p: _("不是国民经济行业代码，填字母加 2–4 位数字，如 C3511"),
    "industry_zero_restored": lambda p: _("少了开头的 0，已按 %(to)s 读取，请核对") % p,
    "text_too_long": lambda p: _("有 %(length)s 字，最多 %(max)s 字，请缩短") % p,
    "formula_without_value": lambda p: _("公式没有保存结果，在 Excel 中打开、重新计算并保存，或填成数值"),
    "cell_error": lambda p: _("是公式错误值，改正公式或填成数值"),
    "clear_refused": lambda p: _("这一列不能清除，填上正确的内容"),
    "main_above_revenue": lambda p: _("主营业务收入大于营业收入，请核对；本行照常写入"),
    "rd_above_revenue": lambda p: _("研发费用大于营业收入，请核对；本行照常写入"),
    "rd_staff_above_employees": lambda p: _("研发人员多于从业人员，请核对；本行照常写入"),
    "ip_part_above_whole": lambda p: _("多于Ⅰ类知识产权总数，请核对；本行照常写入"),
}

#: findings about a sheet or a column
_SHEETS: dict[str, Callable[[Params], str]] = {
    "unknown_column": lambda p: _("这一列对应不到任何指标，不导入"),
    "column_without_header": lambda p: _("这一列有数据但没有列名，不导入；需要的话补上列名"),
    "column_twice": lambda p: _("与 %(first)s 列是同一指标，只用 %(first)s 列") % p,
    "hidden_column": lambda p: _("是隐藏列，不导入；需要的话取消隐藏"),
    "hidden_rows": lambda p: _("有 %(count)s 个隐藏行，不导入：第 %(rows)s 行；需要的话取消隐藏") % p,
    "hidden_sheet": lambda p: _("是隐藏的工作表，不导入；需要的话取消隐藏"),
    "sheet_twice": lambda p: _("与 %(first)s 表内容相同，不再导入") % p,
    "header_changes": lambda p: (
        _("第二个表头的列与第一个不同，其后的 %(count)s 行没有导入；把两张表分到两个工作表后重传") % p
    ),
    "table_empty": lambda p: _("只有表头，下面没有企业"),
    "sheet_without_table": lambda p: _("没有找到企业数据表，不导入"),
    "sheet_incomplete": lambda p: (
        _("缺少必需的列：%(columns)s，这张表不导入") % {"columns": _names(p["missing"])}
    ),
    "title_year": lambda p: _("标题写的是 %(value)s 年，导入选的是 %(year)s 年，请核对年度") % p,
    "header_year": lambda p: _("列名写的是 %(named)s 年，导入选的是 %(year)s 年，请核对年度") % p,
    "unit_assumed": lambda p: _("没有写明单位，按%(unit)s读取，请核对") % p,
    "elsewhere_total": lambda p: (
        _(
            "另有 %(count)s 行已在其他县（市）登记，没有写入。今天查询的次数已用完（每天 %(limit)s 次），"
            "明天再传可看到是哪些行"
        )
        % p
    ),
    "formulas": lambda p: _("有 %(count)s 个公式（%(columns)s 列），按文件中保存的结果导入") % p,
}

#: why an act on the page was not done
_ACTS: dict[str, Callable[[Params], str]] = {
    "built_on": lambda p: (
        _("不能收回：导入之后有 %(count)s 处又改过或已被采纳。要改的请逐家修改，或再导入一次") % p
    ),
    "enterprise_in_use": lambda p: _("不能收回：导入的企业已在后面的环节用到"),
    "not_written": lambda p: _("这份文件没有写入，不用收回"),
    "counted_since": lambda p: _("不能收回：%(quarter)s 已结账，这些数据已计入。要改的请再导入一次") % p,
    "elsewhere_limit": lambda p: _("今天查询“已在其他县（市）登记”的次数已用完，明天再录入"),
    "reason_missing": lambda p: _("写明不采纳的理由"),
    "source_missing": lambda p: _("写明在哪里核查的"),
    "field_unknown": lambda p: _("至少选一项要登记的"),
    "letters_too_many": lambda p: _("一次最多打印 %(most)s 封，分几次打印") % p,
    "letter_unknown": lambda p: _("激活码和信用代码对不上，请照激活函重填"),
    "letter_over": lambda p: _("这封激活函已过期或已作废，请向县（市、区）主管部门重新领取"),
    "official": lambda p: _("这个账号有主管部门的岗位，不能再代表企业；请退出后另建账号"),
    "username_taken": lambda p: _("这个用户名已有人用，换一个"),
    "speaks_already": lambda p: _("这个账号已经代表该企业，直接登录即可"),
    "claimed_already": lambda p: _("已经提交过，等县（市、区）主管部门核实"),
    "claim_reason": lambda p: _("写明不同意的理由"),
    "claim_decided": lambda p: _("这件事已经有人办过"),
    "move_place": lambda p: _("迁入地要填县（市、区）一级的代码，如 652722"),
    "move_here": lambda p: _("企业已登记在这里，不用迁"),
    "move_day": lambda p: _("迁移日期不能晚于今天"),
    "move_document": lambda p: _("写明依据，如登记机关的迁移通知书编号"),
    "move_state": lambda p: _("企业不在业，不能迁出"),
    "move_open": lambda p: _("已经提出过迁出，正等迁入地接收"),
    "move_reason": lambda p: _("写明不接收的理由"),
    "move_decided": lambda p: _("这件事已经有人办过"),
    "move_awards": lambda p: _("原地还有没办完的奖补，到账、终止或追回后再迁"),
    "move_tied": lambda p: _("企业在本省还有没办结的申报，办结或撤回后再迁往外省"),
}

#: why a whole file was refused
_FILES: dict[str, Callable[[Params], str]] = {
    "columns_missing": lambda p: (
        _("没有找到必需的列：%(columns)s。补上列名后重传") % {"columns": _names(p["missing"])}
    ),
    "no_table": lambda p: _(
        "没有找到企业数据表。表头须在前 15 行内，至少有“统一社会信用代码”和“企业名称”两列"
    ),
    "file_empty": lambda p: _("文件是空的，请核对后重传"),
    "file_too_large": lambda p: _("文件超过 %(limit)s MB，请拆成几份再传") % p,
    "file_inflates": lambda p: _("文件展开后过大，请删去多余的工作表和格式，另存为 .xlsx 后重传"),
    "file_too_many_cells": lambda p: (
        _("数据超出范围（最多 %(rows)s 行），请删去表格以外的内容或拆成几份再传") % p
    ),
    "file_old_xls": lambda p: _("是旧版 .xls 文件，请用 Excel 或 WPS 另存为 .xlsx 后重传"),
    "file_password": lambda p: _("文件有密码，请取消密码后重传"),
    "file_macros": lambda p: _("文件含宏，请另存为 .xlsx（不含宏）后重传"),
    "file_html": lambda p: _("是网页文件，不是工作簿，请用 Excel 或 WPS 打开后另存为 .xlsx 再传"),
    "file_not_a_workbook": lambda p: _("不是 .xlsx 或 .csv 工作簿，请另存为 .xlsx 后重传"),
    "file_suffix": lambda p: _("扩展名 %(suffix)s 与内容不符，请另存为 .xlsx 后重传") % p,
    "file_damaged": lambda p: _("文件不完整或已损坏，请重新保存为 .xlsx 后重传"),
    "file_quotes": lambda p: (
        _("第 %(row)s 行的引号不成对或内容过长，后面的行无法分清；请另存为 .xlsx 后重传") % p
    ),
    "file_suspicious": lambda p: _("文件结构异常，请用 Excel 或 WPS 打开后另存为新的 .xlsx 再传"),
    "file_infected": lambda p: _("文件带病毒（%(virus)s），已删除。清除病毒后重传") % p,
    "file_encoding": lambda p: _("认不出文字编码，请另存为 UTF-8 编码的 .csv 或 .xlsx 后重传"),
    "year_refused": lambda p: _("年度 %(year)s 不在可选范围内") % p,
    "region_unknown": lambda p: _("没有代码为 %(region)s 的地区") % p,
    "officer_unknown": lambda p: _("没有名为 %(username)s 的在岗人员") % p,
    "not_allowed": lambda p: _("没有在该地区导入的权限"),
    "file_missing": lambda p: _("打不开文件 %(name)s") % p,
}

KINDS: dict[str, Any] = {
    "uscc_scientific": gettext_lazy("信用代码被改成科学计数"),
    "uscc_personal_id": gettext_lazy("信用代码列填了身份证号"),
    "uscc_missing": gettext_lazy("没有信用代码"),
    "uscc_length": gettext_lazy("信用代码位数不对"),
    "uscc_characters": gettext_lazy("信用代码字符不对"),
    "uscc_legacy": gettext_lazy("15 位旧代码"),
    "uscc_check_digit": gettext_lazy("校验位不符"),
    "uscc_twice": gettext_lazy("同一文件内重复"),
    "registered_elsewhere": gettext_lazy("已在其他县（市）登记"),
    "not_a_number": gettext_lazy("数值无法识别"),
    "date_unreadable": gettext_lazy("日期无法识别"),
    "date_future": gettext_lazy("成立日期晚于今天"),
    "unknown_column": gettext_lazy("不导入的列"),
    "unit_assumed": gettext_lazy("没有写明单位"),
    "formulas": gettext_lazy("公式单元格"),
    "money_rounded": gettext_lazy("四舍五入到分"),
    "negative_unusual": gettext_lazy("少见的负数"),
    "industry_zero_restored": gettext_lazy("行业代码补 0"),
    "name_registered": gettext_lazy("与登记的企业同名"),
    "same_organisation": gettext_lazy("代码主体部分相同"),
    "name_alike": gettext_lazy("名称相近，可能是同一家"),
    "name_twice": gettext_lazy("同名不同代码"),
    "enterprise_closed": gettext_lazy("企业已注销、迁出或被合并"),
    "value_proposed": gettext_lazy("与县里的数据不同，作为建议"),
    "elsewhere_total": gettext_lazy("已在其他县（市）登记（只报总数）"),
    "header_changes": gettext_lazy("一张表里有两种表头"),
    "name_unreadable": gettext_lazy("企业名称无法识别"),
    "row_slid": gettext_lazy("整行错位"),
    "money_currency": gettext_lazy("外币"),
    "money_unit_unclear": gettext_lazy("单位不清"),
    "number_in_words": gettext_lazy("中文数字"),
    "uscc_older": gettext_lazy("13 位旧注册号"),
    "name_missing": gettext_lazy("没有企业名称"),
    "region_outside": gettext_lazy("不在导入地区内"),
    "region_ambiguous": gettext_lazy("县（市、区）重名"),
    "region_differs": gettext_lazy("所在地与登记的不同"),
    "former_name": gettext_lazy("曾用名"),
    "number_scaled": gettext_lazy("格式把数缩小显示"),
    "number_grouping": gettext_lazy("千位分隔符位置不对"),
    "not_whole": gettext_lazy("不是整数"),
    "number_range": gettext_lazy("数值超出范围"),
    "negative": gettext_lazy("负数"),
    "money_range": gettext_lazy("金额过大"),
    "date_incomplete": gettext_lazy("日期不完整"),
    "date_order": gettext_lazy("日、月分不清"),
    "date_impossible": gettext_lazy("没有这一天"),
    "date_ambiguous": gettext_lazy("1 月、10 月分不清"),
    "date_range": gettext_lazy("年份超出范围"),
    "yes_no_unreadable": gettext_lazy("是、否无法识别"),
    "choice_unknown": gettext_lazy("不在可选范围内"),
    "industry_unreadable": gettext_lazy("行业代码无法识别"),
    "text_too_long": gettext_lazy("文字过长"),
    "formula_without_value": gettext_lazy("公式没有结果"),
    "cell_error": gettext_lazy("公式错误值"),
    "clear_refused": gettext_lazy("不能清除的列"),
    "rd_staff_above_employees": gettext_lazy("研发人员多于从业人员"),
    "ip_part_above_whole": gettext_lazy("多于Ⅰ类知识产权总数"),
    "column_without_header": gettext_lazy("没有列名的列"),
    "column_twice": gettext_lazy("重复的列"),
    "hidden_column": gettext_lazy("隐藏的列"),
    "hidden_rows": gettext_lazy("隐藏的行"),
    "hidden_sheet": gettext_lazy("隐藏的工作表"),
    "sheet_twice": gettext_lazy("内容相同的工作表"),
    "table_empty": gettext_lazy("没有企业的表"),
    "sheet_without_table": gettext_lazy("没有数据表的工作表"),
    "sheet_incomplete": gettext_lazy("缺少必需的列"),
    "title_year": gettext_lazy("标题的年度不同"),
    "header_year": gettext_lazy("列名的年度不同"),
    "main_above_revenue": gettext_lazy("主营业务收入大于营业收入"),
    "rd_above_revenue": gettext_lazy("研发费用大于营业收入"),
}


def _names(codes: Any) -> str:
    return _("、").join(_(field_name(code)) for code in codes)


def kind(code: str) -> str:
    """The heading under which problems of one code are grouped; a whole file's reason is its own."""
    known = KINDS.get(code)
    return str(known) if known is not None else re.split(r"，|[,;] ", remedy(Problem("warning", code)))[0]


def refusal(code: str, params: Params) -> str:
    """Why an act was refused (`enterprises.actions.entry.Refused`) and what to do."""
    return remedy(Problem("error", code, params=dict(params)))


def remedy(problem: Problem) -> str:
    """What is wrong and what to do, without the place: for a table that has columns for the place."""
    params = _Lenient(problem.params, value=problem.value)
    code = problem.code
    make = _CELLS.get(code) or _SHEETS.get(code) or _FILES.get(code) or _ACTS.get(code)
    return make(params) if make else code


class _Lenient(dict[str, Any]):
    """Params that answer "…" for what is not there, so that a heading can be made without them."""

    def __missing__(self, key: str) -> Any:
        return () if key == "missing" else None if key in ("low", "high") else "…"


def message(problem: Problem) -> str:
    """The whole sentence: sheet, row, column, value, what is wrong and what to do."""
    shows = problem.code not in _FILES and (problem.code not in _SHEETS or problem.code == "unknown_column")
    return placed(problem, remedy(problem), shows_value=shows)


def placed(problem: Problem, text: str, *, shows_value: bool = True) -> str:
    """What is wrong and what to do, behind its sheet, row, column and value."""
    place = ""
    if problem.sheet:
        place = _("%(sheet)s 表") % {"sheet": problem.sheet}
        if problem.row is not None:
            place += _("第 %(row)s 行") % {"row": problem.row}
        if problem.column:
            place += pgettext("spreadsheet column", " %(column)s 列") % {"column": problem.column}
    value = _("“%(value)s”") % {"value": problem.value} if problem.value and shows_value else ""
    if not place:
        return text
    if value:
        return place + value + (" " if value.endswith('"') else "") + text
    return place + _("：") + text
