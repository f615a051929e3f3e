"""The registry twice: its facts as they come back in, and the list as its page shows it."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from enterprises.models import Enterprise, State
from enterprises.resources import (
    FIGURE_CODES,
    IDENTITY_CODES,
    Column,
    EnterpriseResource,
    ListResource,
)
from enterprises.rules.fields import BY_CODE
from enterprises.wording import GROUP_NAMES
from portal.exports.base import Choice, Listed
from portal.pages import registry
from portal.pages.registry import Asked
from tenancy.access import Actor

_WAN = Decimal(10_000)


class _OfEnterprises(Listed):
    page = "registry"
    parameters: tuple[str, ...] = (
        "q",
        "view",
        "tier",
        "size_class",
        "section",
        "state",
        "under",
        "sort",
        "standard",
        "year",
    )
    picks = True

    @property
    def noun(self) -> str:
        return _("家")

    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[Enterprise]:
        if picked:
            chosen = Enterprise.objects.under(actor.region_path).filter(public_id__in=picked)
            return chosen.order_by("pinyin", "id")
        today = timezone.localdate()
        wanted = Asked.read(asked, actor)
        return registry.ordered(registry.filtered(wanted, actor, today), wanted, today)

    def year(self, asked: QueryDict) -> int:
        year = asked.get("year", "")
        return (
            int(year)
            if year.isascii() and year.isdigit() and 2000 <= int(year) <= 2100
            else super().year(asked)
        )

    def conditions(self, actor: Actor, asked: QueryDict) -> list[str]:
        wanted = Asked.read(asked, actor)
        return [*registry.conditions(wanted), _order(wanted.sort)]


def _order(sort: str) -> str:
    return {
        "name": _("按名称拼音排列"),
        "updated": _("最近更新的在前"),
        "revenue": _("营业收入由高到低"),
        "score": _("得分由高到低"),
        "missing": _("缺项由少到多"),
    }[sort]


class Registry(_OfEnterprises):
    """Every fact of the chosen years, under the headers that the import knows."""

    code = "registry"
    by_year = True
    comes_back = True

    def groups(self, actor: Actor) -> list[tuple[str, list[Choice]]]:
        order = ("identity", "honour", "yearly", "year_end", "person", "integrity")
        grouped: dict[str, list[Choice]] = {group: [] for group in order}
        for code in (*IDENTITY_CODES, *FIGURE_CODES):
            grouped[BY_CODE[code].group].append(Choice(code, BY_CODE[code].header))
        return [(str(GROUP_NAMES[group]), choices) for group, choices in grouped.items()]

    def resource(self, actor: Actor, asked: QueryDict, columns: list[str], years: list[int]) -> ListResource:
        return EnterpriseResource(years=years, codes=columns)


class Overview(_OfEnterprises):
    """What the page of the list shows: tier, size, judgement and a few figures, as values."""

    code = "overview"
    parameters = (*_OfEnterprises.parameters, "col")

    def groups(self, actor: Actor) -> list[tuple[str, list[Choice]]]:
        head = [Choice("name", _("企业名称")), Choice("code", _("统一社会信用代码"))]
        titles = [Choice(c, _TITLES[c]()) for c in registry.columns_of(actor)]
        return [("", [*head, *titles, Choice("state", _("状态"))])]

    def usual(self, actor: Actor, asked: QueryDict) -> list[str]:
        return ["name", "code", *registry.chosen_columns(asked, actor)]

    def resource(self, actor: Actor, asked: QueryDict, columns: list[str], years: list[int]) -> ListResource:
        choices = [choice for _title, group in self.groups(actor) for choice in group]
        return OverviewResource(
            [Column(code, title, _VALUES[code]) for code, title in choices if code in columns],
            year=self.year(asked),
            today=timezone.localdate(),
            tier=Asked.read(asked, actor).standard,
        )


class OverviewResource(ListResource):
    """The list of the page; three queries for each page of rows."""

    def __init__(self, columns: list[Column], *, year: int, today: dt.date, tier: str) -> None:
        super().__init__(columns)
        self.year, self.today, self.tier = year, today, tier

    def fetch(self, rows: QuerySet[Any], keys: list[Any]) -> list[Any]:
        found = {
            row["id"]: row for row in Enterprise.objects.filter(pk__in=keys).values(*registry.ROW_FIELDS)
        }
        figures, judged = registry.known_of(keys, self.year, self.today, self.tier)
        for key, row in found.items():
            row["tier"] = registry.held_tier(row, self.today)
            row["now"] = figures.get((key, self.year), {})
            row["before"] = figures.get((key, self.year - 1), {})
            row["answer"] = judged.get(key, {})
        return [found[key] for key in keys if key in found]


_TITLES = {
    "region": lambda: _("县（市、区）"),
    "tier": lambda: _("梯度"),
    "industry": lambda: _("国民经济行业代码"),
    "size": lambda: _("划型"),
    "revenue": lambda: _("营业收入（万元）"),
    "growth": lambda: _("主营同比（%）"),
    "rd_ratio": lambda: _("研发占比（%）"),
    "outcome": lambda: _("评价结果"),
    "score": lambda: _("得分"),
    "missing": lambda: _("缺项"),
    "updated": lambda: _("更新日期"),
}


def _outcome(row: dict[str, Any]) -> str:
    words = {"pass": _("达标"), "fail": _("未达标"), "unknown": _("待补数据")}
    return words.get(row["answer"].get("outcome", ""), _("未评价"))


def _rounded(value: Decimal | None, places: str) -> Decimal | None:
    return None if value is None else value.quantize(Decimal(places), ROUND_HALF_UP)


def _span(low: int | None, high: int | None) -> int | str | None:
    return low if low == high else registry.span(low, high)


_VALUES = {
    "name": lambda row: row["name"],
    "code": lambda row: row["uscc"],
    "region": lambda row: row["region__name"],
    "tier": lambda row: registry.tier_title(row["tier"]) or _("未入梯度"),
    "industry": lambda row: row["industry_code"],
    "size": lambda row: registry.size_title(row["answer"].get("size_class", "")),
    "revenue": lambda row: (
        None if row["now"].get("revenue") is None else (row["now"]["revenue"] / _WAN).normalize()
    ),
    "growth": lambda row: _rounded(
        registry.growth(row["now"].get("main_revenue"), row["before"].get("main_revenue")), "0.1"
    ),
    "rd_ratio": lambda row: _rounded(
        registry.ratio(row["now"].get("rd_expense"), row["now"].get("revenue")), "0.01"
    ),
    "outcome": _outcome,
    "score": lambda row: _span(row["answer"].get("score"), row["answer"].get("score_max")),
    "missing": lambda row: _span(row["answer"].get("missing_count"), row["answer"].get("missing_max")),
    "updated": lambda row: timezone.localtime(row["updated_at"]).date().isoformat(),
    "state": lambda row: str(State(row["state"]).label),
}
