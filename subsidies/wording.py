"""The words of award data: titles and claims, the kinds of books, and the problems of a book at their cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from enterprises import wording as registry
from enterprises.rules.problems import Problem
from subsidies.rules.amounts import in_wan
from subsidies.rules.schemes import Amount
from subsidies.rules.words import WORDS

Params = Mapping[str, Any]


def service_title(kind: str) -> str:
    """What a provider of an innovation voucher does."""
    return {
        "research": _("研究开发"),
        "testing": _("检验检测"),
        "design": _("工业设计"),
        "transfer": _("技术转移"),
        "property": _("知识产权"),
        "digital": _("数字化改造"),
        "consulting": _("管理咨询"),
    }.get(kind, kind)


def title_name(code: str) -> str:
    """What a title or a claim is called."""
    return _(WORDS[code]) if code in WORDS else code


def prize_name(grade: str) -> str:
    """What the grade of an assessment is called."""
    return {"1": _("一等"), "2": _("二等"), "3": _("三等")}.get(grade, grade)


def percentage(share: Fraction) -> str:
    """A share in percent, without zeros behind."""
    return f"{float(share * 100):g}"


def amount_name(amount: Amount) -> str:
    """What a scheme pays, in words."""
    if amount.fixed is not None:
        return _("定额 %(amount)s 万元") % {"amount": in_wan(amount.fixed)}
    if amount.between is not None:
        low, high = amount.between
        if low <= 1:
            return _("不超过 %(high)s 万元，逐件核定") % {"high": in_wan(high)}
        return _("在 %(low)s–%(high)s 万元之间核定") % {"low": in_wan(low), "high": in_wan(high)}
    if amount.share is not None:
        return _("实际收到的上级补助的 %(share)s%%") % {"share": percentage(amount.share)}
    if amount.of_base is not None:
        return _("上级奖补的 %(share)s%%") % {"share": percentage(amount.of_base)}
    graded = sorted((amount.prizes or {}).items())
    said = [
        _("%(grade)s %(amount)s 万元") % {"grade": prize_name(g), "amount": in_wan(fen)} for g, fen in graded
    ]
    return _("、").join(said)


def fault_text(what: str) -> str:
    """What does not hold of an entry of the ledger, or of a line of its signed heads."""
    return {
        "changed": _("内容与校验值不符"),
        "missing": _("缺失"),
        "unchained": _("与前一笔接不上"),
        "cut": _("与资金池所记的最后一笔不符"),
        "gone": _("资金池的记录不在"),
        "behind_signed": _("签名时在账，现已不在"),
        "other_than_signed": _("与签名时不是同一笔"),
        "unaccepted": _("比前一次签名少或不同，没有经两人确认"),
        "signature": _("签名不符"),
        "signature_missing": _("此处缺行"),
    }[what]


def book_name(kind: str) -> str:
    return {
        "titles": _("称号"),
        "events": _("事项"),
        "subsidies_received": _("已收上级补助"),
        "pools": _("资金预算"),
        "payments": _("到账结果"),
    }.get(kind, kind)


def book_help(kind: str) -> str:
    """What a kind of book is for, in one sentence."""
    return {
        "titles": _("以往的或其他部门的认定，一行一项称号"),
        "events": _("可申领的事项和核定金额，一行一件"),
        "subsidies_received": _("企业已收到的上级补助，本级按它配套，一行一笔"),
        "pools": _("本级的预算文件，一行一个奖补项目的一笔资金；没有资金池的随之设立"),
        "payments": _("银行或国库返回的拨付结果，一行一张拨付单，逐项核对后登记"),
    }.get(kind, "")


def _allowed(p: Params) -> str:
    if not p.get("allowed"):
        return _("本地没有可用的奖补项目，核对岗位所在地后重传")
    return _("不在可选范围内，填其中之一：%(allowed)s") % p


def _names(p: Params) -> str:
    return _("、").join(p.get("names") or ())


def _settled(p: Params) -> str:
    if p.get("outcome") == "paid":
        return _("已登记为 %(on)s 到账，回单号 %(receipt)s，与这里不同。删去这一行；登记有误的走追回") % p
    return _("已登记为 %(on)s 退回，与这里不同。删去这一行；重新拨付的有新的拨付单号") % p


#: code → the sentence behind the place; what is not here the registry says
_SAYS: dict[str, Callable[[Params], str]] = {
    "no_table": lambda p: _("没有找到表头。前 15 行里要有一行列名，至少有：%(names)s") % {"names": _names(p)},
    "columns_missing": lambda p: _("缺少列：%(names)s。补上后重传") % {"names": _names(p)},
    "table_empty": lambda p: _("只有表头，下面没有数据。填好后重传"),
    "sheet_without_table": lambda p: _("没有找到表头，这张表不导入"),
    "unknown_column": lambda p: _("这一列用不到，不导入"),
    "column_twice": lambda p: _("与 %(first)s 列重复，只用 %(first)s 列") % p,
    "book_too_long": lambda p: (
        _("有 %(rows)s 行，一次最多 %(most)s 行，请拆成几份再传")
        % {"rows": f"{p['rows']:,}", "most": f"{p['most']:,}"}
    ),
    "file_unscanned": lambda p: _("病毒扫描没有应答，文件没有读取，稍后再传"),
    "code_counts": lambda p: _("这一列只是顺序号，不作编号用"),
    "unit_missing": lambda p: _("未注明单位。在列名写上（元）或（万元），或在每格的数后写单位"),
    "line_twice": lambda p: (
        _("与 %(first)s 表第 %(first_row)s 行重复。是同一件的删去一行，不是的填不同的编号或文号") % p
    ),
    "value_missing": lambda p: _("没有填%(name)s，补填后重传") % p,
    "not_a_number": lambda p: _("不是数，改填 5,000.00 这样的数"),
    "money_zero": lambda p: _("金额为 0，填大于 0 的数，没有金额的删去这一行或留空"),
    "money_rounded": lambda p: _("精确到分以下，改填到分为止的金额"),
    "money_unit_unclear": lambda p: _("只写了币种，没有写元还是万元，补上单位"),
    "choice_unknown": _allowed,
    "revoked_before": lambda p: _("早于认定日期 %(on)s，请核对后重填") % p,
    "place_needed": lambda p: _("名录里还没有这家企业。在“县（市、区）代码”列写明它在哪个县（市、区），或先导入名录"),
    "place_twice": lambda p: _("同一家企业在 %(first)s 表第 %(first_row)s 行写的是另一个县（市、区），改成一致") % p,
    "name_differs": lambda p: _("这个代码登记的名称是“%(name)s”，请核对；本行照常写入") % p,
    "document_amount": lambda p: _("文号“%(document)s”已下达 %(before)s 元，与这里不同。改正金额，追加的写新的文号") % p,
    "document_reversed": lambda p: _("文号“%(document)s”的这笔资金已冲正，重新下达的写新的文号") % p,
    "published_twice": lambda p: _("与 %(first)s 表第 %(first_row)s 行同一个资金池，公开与否要一致") % p,
    "order_unknown": lambda p: _("本级没有这张拨付单，核对单号；不是本级拨付的删去这一行"),
    "order_twice": lambda p: _("与 %(first)s 表第 %(first_row)s 行是同一张拨付单，只留一行") % p,
    "order_not_in_text": lambda p: _("附言里没有 12 位拨付单号。加一列“%(name)s”填上，不是奖补的删去这一行") % p,
    "orders_several": lambda p: _("附言里不止一个拨付单号。加一列“%(name)s”写明是哪一个") % p,
    "outcome_unclear": lambda p: _("写了退回原因，没有写结果。在“结果”列填到账或退回"),
    "same_person": lambda p: _("你在这项奖补的另一环节经手过，到账须由他人登记；删去这一行"),
    "payment_code": lambda p: _("这张拨付单的企业是“%(name)s”（%(uscc)s），代码不同。核对是否付错，填错的改正") % p,
    "payment_name": lambda p: _("这张拨付单的企业是“%(name)s”，请核对；本行照常写入") % p,
    "payment_amount": lambda p: _("这里是 %(said)s 元，拨付单是 %(ordered)s 元。核对回单，金额一致才能登记") % p,
    "payment_before": lambda p: _("早于拨付日期 %(ordered)s，核对后重填") % p,
    "payment_receipt": lambda p: _("到账的要有回单号，补填后重传"),
    "payment_reason": lambda p: _("退回的要写退回原因，补填后重传"),
    "payment_settled": _settled,
    "receipt_days": lambda p: (
        _("这个回单号在 %(first)s 表第 %(first_row)s 行是 %(on)s 的。同一张回单只有一个日期，核对单号或日期") % p
    ),
    "receipt_shared": lambda p: _("有 %(n)s 张拨付单写了这个回单号。合并支付的照常写入，不是的改正") % p,
    "receipt_known": lambda p: _("拨付单 %(order)s 已登记过这个回单号。合并支付的照常写入，不是的改正") % p,
    "ledger_refused": lambda p: _("资金账刚被别人改动，没有写入，再传一次"),
}  # fmt: skip


def remedy(problem: Problem) -> str:
    """What is wrong and what to do, without the place."""
    make = _SAYS.get(problem.code)
    return make(problem.params) if make else registry.remedy(problem)


def message(problem: Problem) -> str:
    """The whole sentence: sheet, row, column, value, what is wrong and what to do."""
    shows = problem.column != "" and problem.code not in ("columns_missing", "unit_missing", "code_counts")
    return registry.placed(problem, remedy(problem), shows_value=shows)
