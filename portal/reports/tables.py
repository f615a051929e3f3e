"""The tables of a closed quarter, as cells ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.reports.closed import Closed
from portal.reports.words import (
    GROUP_NAMES,
    SECTIONS,
    SIZE_NAMES,
    TIER_NAMES,
    TIER_SHORT,
    change,
    dig,
    number,
    ranked,
    share,
)

# label, path in the figures, whether it counts enterprises (otherwise rows)
INDICATORS = (
    (gettext_lazy("在册企业"), "enterprises", True),
    (TIER_NAMES["innovative"], "tiers.innovative", True),
    (TIER_NAMES["tech_sme"], "tiers.tech_sme", True),
    (TIER_NAMES["specialised"], "tiers.specialised", True),
    (TIER_NAMES["little_giant"], "tiers.little_giant", True),
    (gettext_lazy("已评价企业"), "judging.judged", True),
    (gettext_lazy("达到创新型标准的企业"), "judging.pass", True),
    (gettext_lazy("缺项不超过 3 项的企业"), "judging.near", True),
    (gettext_lazy("待补数据的企业"), "judging.unknown", True),
    (gettext_lazy("本季导入行数"), "imports.rows", False),
)
MAY_BE_LEFT_OUT = ("tiers.tech_sme",)


@dataclass(frozen=True)
class Table:
    """`numbers` are the columns set right; `total` says that the last row is the sum."""

    number: int
    caption: str
    head: list[str]
    rows: list[list[str]]
    numbers: list[bool]
    unit: str = ""
    total: bool = False
    #: the column whose figures stand out
    strong: int | None = None

    @property
    def heads(self) -> list[tuple[str, str]]:
        return [(cell, "n" if right else "") for cell, right in zip(self.head, self.numbers, strict=True)]

    @property
    def cells(self) -> list[list[tuple[str, str]]]:
        return [[(cell, self._look(place)) for place, cell in enumerate(row)] for row in self.rows]

    def _look(self, place: int) -> str:
        return ("n" if self.numbers[place] else "") + (" strong" if place == self.strong else "")


def below_word(closed: Closed) -> str:
    """县（市、区） under a prefecture, 地（州、市） under a region."""
    return _("地（州、市）") if closed.kind == "region" else _("县（市、区）")


def main(
    place: int, closed: Closed, previous: dict[str, Any] | None, year_ago: dict[str, Any] | None
) -> Table:
    quarter, rows = closed.quarter, []
    for label, path, enterprises in INDICATORS:
        now, before, ago = dig(closed.figures, path), dig(previous, path), dig(year_ago, path)
        if path in MAY_BE_LEFT_OUT and not (now or before or ago):
            continue
        unit = _("家") if enterprises else _("行")
        rows.append([str(label), unit, number(now), number(before), change(now, before), change(now, ago)])
    head = [
        _("指标"),
        _("单位"),
        _("%(quarter)s末") % {"quarter": quarter.name},
        _("%(quarter)s末") % {"quarter": quarter.shift(-1).name},
        _("比上季增减"),
        _("比上年同期增减"),
    ]
    return Table(place, _("主要指标"), head, rows, [False, False, True, True, True, True], strong=2)


def by_county(place: int, closed: Closed) -> Table:
    paths = ["enterprises", "tiers.innovative", "tiers.specialised", "tiers.little_giant", "judging.judged"]
    paths += ["judging.pass", "judging.near", "judging.unknown"]
    rows = [[each.name, *(number(dig(each.figures, path)) for path in paths)] for each in closed.below]
    rows.append([_("合计"), *(number(dig(closed.figures, path)) for path in paths)])
    tiers = [str(TIER_SHORT[tier]) for tier in ("innovative", "specialised", "little_giant")]
    groups = [str(GROUP_NAMES[group]) for group in ("pass", "near", "unknown")]
    head = [_("地区"), _("在册"), *tiers, _("已评价"), *groups]
    caption = _("各%(below)s情况") % {"below": below_word(closed)}
    return Table(place, caption, head, rows, [False] + [True] * 8, unit=_("单位：家"), total=True)


def sizes(place: int, counts: dict[str, int]) -> Table:
    names = [(str(name), counts.get(key, 0)) for key, name in SIZE_NAMES.items() if counts.get(key)]
    return _shares(place, _("按规模分的企业"), _("规模"), names)


def industries(place: int, counts: dict[str, int]) -> Table:
    names = [(str(SECTIONS.get(key, _("行业未填"))), count) for key, count in ranked(counts, 21)]
    return _shares(place, _("按行业门类分的企业"), _("行业门类"), names)


def _shares(place: int, caption: str, what: str, counts: list[tuple[str, int]]) -> Table:
    total = sum(count for _name, count in counts)
    rows = [[name, number(count), share(count, total)] for name, count in counts]
    rows.append([_("合计"), number(total), share(total, total)])
    return Table(place, caption, [what, _("企业数（家）"), _("占比")], rows, [False, True, True], total=True)


def imports(place: int, closed: Closed) -> Table:
    keys = ("batches", "rows", "created", "updated", "unchanged", "failed")

    def row(name: str, figures: dict[str, Any]) -> list[str]:
        found = figures.get("imports", {})
        rows = found.get("rows", 0)
        good = rows - found.get("failed", 0)
        return [name, *(number(found.get(key, 0)) for key in keys), share(good, rows)]

    rows = [row(each.name, each.figures) for each in closed.below]
    rows.append(row(_("合计") if closed.below else closed.name, closed.figures))
    head = [_("地区"), _("次数"), _("行数"), _("新增"), _("更新"), _("未变"), _("有错"), _("合格率")]
    return Table(place, _("数据导入及质量"), head, rows, [False] + [True] * 7, total=bool(closed.below))
