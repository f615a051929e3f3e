"""A list on its way into a file: what stands in it, and what is printed with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from enterprises import workbook
from enterprises.resources import ListResource
from enterprises.rules.text import clean
from enterprises.sheets import Notes, write_csv, write_xlsx
from portal.exports.base import Listed
from portal.exports.wanted import Wanted
from portal.wording import role_title
from tenancy.access import Actor
from tenancy.jobs import Progress
from tenancy.models import Region

#: how many years a choice may reach back
YEARS = 6
#: what is exported where nothing was chosen: the years that the rules look at
USUAL_YEARS = 3
_TOLD = 1_000


def comes_back_whole(rows: int, columns: int) -> bool:
    """Whether one file of this size can be read by the import again."""
    return rows <= workbook.MAX_ROWS and rows * columns <= workbook.MAX_CELLS


def years_of(listed: Listed, year: int) -> list[int]:
    """The years that may be chosen, newest first."""
    return [year - n for n in range(YEARS)] if listed.by_year else []


@dataclass(frozen=True)
class Printed:
    """One export before it is written."""

    listed: Listed
    place: str
    who: str
    wanted: Wanted
    year: int
    columns: tuple[str, ...]
    years: tuple[int, ...]
    rows: QuerySet[Any]
    total: int
    resource: ListResource
    conditions: str
    moment: dt.datetime

    @property
    def file_name(self) -> str:
        return f"{self.place}{self.listed.title} {self._clock('%Y%m%d-%H%M')}.{self.wanted.format}"

    def _clock(self, shape: str) -> str:
        return timezone.localtime(self.moment).strftime(shape)

    def write(self, file: BinaryIO, progress: Progress) -> None:
        """Raises RuntimeError rather than say a number of rows that is not in the file."""
        headers = self.resource.get_export_headers()
        rows = self._told(progress)
        if self.wanted.format == "xlsx":
            written = write_xlsx(file, headers, rows, sheet=self.listed.title, notes=self.notes(headers))
        else:
            written = write_csv(file, headers, rows, notes=Notes(self.line()))
        if written != self.total:
            raise RuntimeError(f"{written} rows written, {self.total} counted")

    def _told(self, progress: Progress) -> Iterator[list[Any]]:
        progress("write", 0, self.total)
        for n, row in enumerate(self.resource.rows(self.rows), 1):
            yield row
            if n % _TOLD == 0:
                progress("write", n, self.total)

    def line(self) -> str:
        """Everything in one line above the table of a csv.

        No comma, semicolon or tab, by which a reader finds out what parts the columns; and the day is
        written without dashes, so that the only year it names is that of the data.
        """
        year = _("%(year)d 年度") % {"year": self.year}
        count = _("共 %(n)d 行") % {"n": self.total}
        clock = _("导出：%(clock)s %(who)s") % {"clock": self._clock("%Y%m%d %H:%M:%S"), "who": self.who}
        parts = [
            year,
            clock,
            *([_("条件：%(words)s") % {"words": self.conditions}] if self.conditions else []),
            count,
        ]
        return clean(f"{self.place}{self.listed.title}（{'；'.join(parts)}）").translate(_PLAIN)

    def notes(self, headers: list[str]) -> Notes:
        lines = [
            (_("地区"), self.place),
            (_("导出人"), self.who),
            (
                _("数据时点"),
                _("%(clock)s（北京时间）。这一刻以前存好的都在内，以后的都不在。")
                % {"clock": self._clock("%Y-%m-%d %H:%M:%S")},
            ),
            (_("年度"), str(self.year)),
            (_("条件"), self.conditions or _("全部")),
            (_("行数"), f"{self.total:,}"),
            (_("列数"), str(len(headers))),
            (pgettext("choose columns", "列"), "、".join(headers)),
        ]
        if self.listed.comes_back and {"uscc", "name"} <= set(self.columns):
            lines.append((_("导回"), self._coming_back(len(headers))))
        return Notes(f"{self.place}{self.listed.title}", lines)

    def _coming_back(self, columns: int) -> str:
        if comes_back_whole(self.total, columns):
            return _("改好后可以原样导回；没有改动的行不会变，空着的格子不会清掉原来的值。")
        return _("行数太多，一份文件导不回来；要改数据的，分地区或分批导出。")


_PLAIN = str.maketrans({",": "、", "，": "、", ";": "；", "\t": " "})


def of(actor: Actor, listed: Listed, wanted: Wanted, moment: dt.datetime) -> Printed:
    """What is about to be written; the columns are those asked for that the actor may have. Three queries."""
    asked = listed.narrowed(wanted.asked)
    allowed = listed.codes(actor)
    columns = [code for code in allowed if code in wanted.columns] or [
        code for code in allowed if code in listed.usual(actor, asked)
    ]
    year = listed.year(asked)
    choice = years_of(listed, year)
    years = choice[:USUAL_YEARS] if wanted.years is None else [y for y in choice if y in wanted.years]
    rows = listed.rows(actor, asked, wanted.picked)
    total = rows.count()
    if wanted.picked:
        conditions = _("所选 %(n)d %(noun)s") % {"n": len(wanted.picked), "noun": listed.noun}
    else:
        conditions = "、".join(listed.conditions(actor, asked))
    return Printed(
        listed=listed,
        place=Region.objects.values_list("name", flat=True).get(path=actor.region_path),
        who=f"{actor.display_name} {role_title(actor.role)}",
        wanted=wanted,
        year=year,
        columns=tuple(columns),
        years=tuple(years),
        rows=rows,
        total=total,
        resource=listed.resource(actor, asked, columns, years),
        conditions=conditions,
        moment=moment,
    )
