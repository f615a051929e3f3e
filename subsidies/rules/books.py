"""The kinds of workbooks that bring award data in: what columns each has, and what its rows say."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from enterprises.rules.fields import BY_CODE, Field, Kind
from enterprises.rules.text import key
from subsidies.rules.words import CLAIMS, HOWS, OTHER_POLICIES, OUTCOMES, PRIZES, TITLES, Choice

MOST_ROWS = 20_000
#: what the code of an event begins with that its book gave none
_DERIVED = "b-"


@dataclass(frozen=True)
class Shape:
    """One kind of book: its columns in the order of the template, and those that no row goes without."""

    code: str
    fields: tuple[Field, ...]
    needs: frozenset[str]
    #: of events: recognition or claim
    event: str = ""
    #: what a field is where neither column nor cell says it
    usual: Mapping[str, str] | None = None
    #: a text that what a row is about may stand in, where it has no column or an empty cell
    memo: str = ""
    #: what money without a unit is counted in; without this it needs one
    unit: str = ""
    #: what the second of two rows about the same is told
    twice: str = "line_twice"

    @property
    def leads(self) -> str:
        """The field that a row is about."""
        return self.fields[0].code

    @property
    def asked(self) -> tuple[Field, ...]:
        """The fields of the template."""
        return tuple(f for f in self.fields if f.code != self.memo)

    def header(self, field: str) -> str:
        return next(f.header for f in self.fields if f.code == field)

    def memo_for(self, field: str) -> bool:
        """Whether the field may stand inside another text."""
        return bool(self.memo) and field == self.leads

    def offering(self, field: str, words: tuple[str, ...]) -> Shape:
        """The same with the words that a field may hold, where they depend on the place."""
        choices: tuple[Choice, ...] = tuple((word, word, (word.replace("-", ""),)) for word in words)
        return replace(
            self, fields=tuple(replace(f, choices=choices) if f.code == field else f for f in self.fields)
        )


def _field(code: str, header: str, kind: Kind, synonyms: str = "", **more: Any) -> Field:
    return Field(code, header, kind, "identity", "enterprise", tuple(synonyms.split()), **more)


USCC, NAME = BY_CODE["uscc"], BY_CODE["name"]
PLACE = replace(
    BY_CODE["region"],
    header="县（市、区）代码",
    synonyms=(*BY_CODE["region"].synonyms, "所属县（市、区）", "县（市、区）", "所在县（市、区）代码", "县市区代码"),
)  # fmt: skip
_OTHER = _field("other_policy", "其他政策", "choice", "其它政策 政策选择", choices=OTHER_POLICIES)
_CODE = _field("code", "编号", "text", "事项编号 证书编号 证书号 编码", max_length=64)
_PROJECT = _field("project", "项目", "text", "项目名称 平台名称", max_length=120)
_CLAIM = _field("title", "事项", "choice", "申报事项 奖补事项 事项名称 补助事项", choices=CLAIMS)

TITLE_BOOK = Shape(
    "titles",
    (
        USCC,
        NAME,
        _field("title", "称号", "choice", "荣誉称号 认定称号 称号名称", choices=TITLES),
        _field("on", "认定日期", "date", "认定时间 发证日期 公告日期 批准日期"),
        _field(
            "how", "新认定/复核", "choice", "认定方式 认定或复核 新认定或复核 首次认定或复核", choices=HOWS
        ),
        _field("revoked_on", "撤销日期", "date", "撤销时间 取消日期 取消认定日期 撤销认定日期"),
        _OTHER,
        _CODE,
        PLACE,
    ),
    frozenset({"uscc", "title", "on", "how"}),
    "recognition",
)
EVENT_BOOK = Shape(
    "events",
    (
        USCC,
        NAME,
        _CLAIM,
        _field("on", "发生日期", "date", "发生时间 事项日期 日期"),
        _field("decided", "核定金额（万元）", "money", "审定金额 核定奖补金额 核定补助金额 核定奖励金额", unit="万元", low=0),
        _PROJECT,
        _field("prize", "等次", "choice", "评价等次 奖项等次 等级", choices=PRIZES),
        _OTHER,
        _CODE,
        PLACE,
    ),
    frozenset({"uscc", "title", "on"}),
    "claim",
)  # fmt: skip
RECEIVED_BOOK = Shape(
    "subsidies_received",
    (
        USCC,
        NAME,
        _CLAIM,
        _field("on", "到账日期", "date", "到账时间 收款日期 拨付日期 日期"),
        _field("received", "到账金额（万元）", "money", "已收金额 收到金额 到账补助金额 已到账金额 拨付金额 补助金额", unit="万元", low=0),
        _PROJECT,
        _CODE,
        PLACE,
    ),
    frozenset({"uscc", "on", "received"}),
    "claim",
    {"title": "equipment"},
)  # fmt: skip
POOL_BOOK = Shape(
    "pools",
    (
        _field("scheme", "奖补项目代码", "choice", "项目代码 奖补代码 条款代码 奖补条款代码 奖补条款"),
        _field("year", "年度", "count", "预算年度 资金年度 年份", low=2000, high=2100),
        _field(
            "amount", "金额（万元）", "money", "预算金额 资金金额 下达金额 安排金额 预算", unit="万元", low=0
        ),
        _field("document", "下达文号", "text", "文号 资金文号 指标文号 文件号", max_length=80),
        _field("published", "对下公开", "yes_no", "是否对下公开 对下级公开"),
    ),
    frozenset({"scheme", "year", "amount", "document"}),
)
#: what became of payment orders; a bank's own list says the unit seldom and the order's number inside a text
PAYMENT_BOOK = Shape(
    "payments",
    (
        _field("order", "拨付单号", "text", "拨付单 拨付单编号 拨付单号码", max_length=60),
        USCC,
        replace(
            NAME,
            synonyms=(*NAME.synonyms, "收款人", "收款单位", "收款人名称", "收款单位名称", "收款人全称", "收款方", "对方户名"),
        ),
        _field("amount", "金额（元）", "money", "交易金额 支付金额 付款金额 到账金额 拨付金额 发生额", unit="元", low=0),
        _field("outcome", "结果", "choice", "支付结果 交易结果 到账结果 交易状态 支付状态 状态", choices=OUTCOMES),
        _field("on", "日期", "date", "到账或退回日期 到账日期 到账时间 退回日期 交易日期 交易时间 支付日期 入账日期 记账日期"),
        _field("receipt", "回单号", "text", "回单编号 电子回单号 凭证号 凭证号码 交易流水号 流水号", max_length=60),
        _field("reason", "退回原因", "text", "退票原因 失败原因 退回理由", max_length=300),
        _field("memo", "附言", "text", "摘要 附言/摘要 摘要/附言 交易附言 用途 交易摘要 备注", max_length=500),
    ),
    frozenset({"order", "amount", "on"}),
    usual={"outcome": "paid"},
    memo="memo",
    unit="元",
    twice="order_twice",
)  # fmt: skip
SHAPES = {shape.code: shape for shape in (TITLE_BOOK, EVENT_BOOK, RECEIVED_BOOK, POOL_BOOK, PAYMENT_BOOK)}


def identity(shape: Shape, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """What two rows of one book may not both say."""
    if shape.event:
        return values["uscc"], values.get("code") or derived_code(shape, values)
    if shape.memo:
        return (values[shape.leads],)
    return values["scheme"], values["year"], key(values["document"])


def derived_code(shape: Shape, values: Mapping[str, Any]) -> str:
    """The code of an event that has none of its own: kind, title, day and project decide it."""
    on: date = values["on"]
    parts = (shape.event, title_of(shape, values), on.isoformat(), values.get("project") or "")
    return _DERIVED + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:24]


def title_of(shape: Shape, values: Mapping[str, Any]) -> str:
    return str(values.get("title") or (shape.usual or {})["title"])


def event(shape: Shape, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says of an event: columns of AwardEvent, money in yuan. What it has no column for is left out."""
    said: dict[str, Any] = {}
    for name in ("on", "how", "revoked_on", "other_policy", "project", "prize"):
        if name in values:
            said[name] = values[name] if name in ("on", "revoked_on") else values[name] or ""
    for name in ("decided", "received"):
        if name in values:
            said[name] = None if values[name] is None else Decimal(values[name]) / 100
    return said | {"kind": shape.event, "title": title_of(shape, values)}


#: an event that nothing more is known of
EMPTY: Mapping[str, Any] = {
    "how": "",
    "revoked_on": None,
    "other_policy": "",
    "decided": None,
    "received": None,
    "project": "",
    "prize": "",
}


def funding_key(document: str) -> str:
    """The ledger's key of what a document has put into a pool, however its brackets are written."""
    return "fund:" + hashlib.sha256(key(document).encode()).hexdigest()[:40]
