"""The registry as a table: xlsx and csv that come back in unchanged.

Headers are the canonical ones with the year in front, codes stay text, money is 万元. Text that a
spreadsheet would take for a formula gets an apostrophe in csv, and the import takes it off again; in
xlsx it is written as text and needs none. Control characters are shown as �.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter
from django.db.models import QuerySet
from import_export import fields, resources

from enterprises.models import AnnualFigures, Enterprise
from enterprises.rules.fields import BY_CODE, ENTERPRISE_FIELDS, FIGURE_FIELDS, Field
from enterprises.rules.text import CONTROL, disarmed
from tenancy.models import Region

_PAGE = 2_000
_WAN = Decimal(10_000)


def visible(text: str) -> str:
    """Text without control characters: each is shown as the replacement character."""
    return CONTROL.sub("\ufffd", text)


def shown(field: Field, row: Any) -> Any:
    """A fact as the workbook has it: text, or a number where a number may stand."""
    value = getattr(row, field.code, None)
    if value is None:
        return ""
    if field.kind == "money":
        return _plain(value / _WAN)
    if field.kind in ("percent", "score"):
        return _plain(value)
    if field.kind == "yes_no":
        return "是" if value else "否"
    if field.kind == "choice":
        return next(word for stored, word, _ in field.choices if stored == str(value))
    if field.kind == "date":
        month_only = field.code == "established_on" and row.established_month_only
        return value.strftime("%Y-%m") if month_only else value.isoformat()
    if field.kind == "count":
        return value
    return visible(str(value))


def _plain(value: Decimal) -> Decimal:
    return value.normalize() if value else Decimal(0)


def header_of(field: Field, year: int | None) -> str:
    """The canonical header, a yearly fact with its year in front."""
    return f"{year}年{field.header}" if year is not None else field.header


class EnterpriseResource(resources.ModelResource):
    """The list's export with chosen columns; `years` are the years whose figures stand in it.

    Figures are fetched page by page, two queries for each 2,000 enterprises.
    """

    class Meta:
        model = Enterprise
        fields = ()
        use_bulk = False

    def __init__(self, *, years: Sequence[int] = (), codes: Sequence[str] | None = None) -> None:
        super().__init__()
        self.years = tuple(years)
        chosen = set(codes) if codes is not None else None
        self._regions: dict[str, str] = {}
        self.fields: dict[str, fields.Field] = {}
        for code in ("uscc", "name", "region"):
            if chosen is None or code in chosen:
                self._add(BY_CODE[code], None)
        for field in ENTERPRISE_FIELDS:
            if field.code != "name" and (chosen is None or field.code in chosen):
                self._add(field, None)
        for year in self.years:
            for field in FIGURE_FIELDS:
                if chosen is None or field.code in chosen:
                    self._add(field, year)

    def _add(self, field: Field, year: int | None) -> None:
        self.fields[f"{field.code}:{year or ''}"] = fields.Field(
            column_name=header_of(field, year), attribute=field.code
        )

    def get_export_order(self, selected_fields: Any = None) -> list[str]:
        return list(self.fields)

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        return [field.column_name for field in self.fields.values()]

    def export_resource(self, instance: Any, selected_fields: Any = None, **kwargs: Any) -> list[Any]:
        """One row. The figures of `years` are looked for in `instance.shown_figures`, else queried."""
        by_year = getattr(instance, "shown_figures", None)
        if by_year is None:
            by_year = {f.year: f for f in instance.figures.filter(year__in=self.years)}
        row = []
        for key in self.fields:
            code, _, year = key.partition(":")
            if code == "region":
                row.append(self._region(instance.region_id))
            elif year:
                row.append(shown(BY_CODE[code], by_year.get(int(year))))
            else:
                row.append(shown(BY_CODE[code], instance))
        return row

    def _region(self, path: str) -> str:
        if not self._regions:
            self._regions = dict(Region.objects.values_list("path", "code"))
        return self._regions.get(path, "")

    def rows(self, queryset: QuerySet[Enterprise]) -> Iterator[list[Any]]:
        """The rows of a list in its order, in bounded memory."""
        start = 0
        while page := list(queryset[start : start + _PAGE]):
            figures: dict[int, dict[int, AnnualFigures]] = {}
            if self.years:
                for found in AnnualFigures.objects.filter(
                    enterprise_id__in=[e.pk for e in page], year__in=self.years
                ):
                    figures.setdefault(found.enterprise_id, {})[found.year] = found
            for enterprise in page:
                enterprise.shown_figures = figures.get(enterprise.pk, {})  # type: ignore[attr-defined]
                yield self.export_resource(enterprise)
            start += _PAGE

    def csv(self, queryset: QuerySet[Enterprise]) -> Iterator[bytes]:
        """csv in UTF-8 with a BOM, as Excel and WPS expect it, in pieces to be streamed."""
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        yield "\ufeff".encode()
        writer.writerow(self.get_export_headers())
        for n, row in enumerate(self.rows(queryset), 1):
            writer.writerow([disarmed(value) if isinstance(value, str) else _text(value) for value in row])
            if n % 500 == 0:
                yield buffer.getvalue().encode()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue().encode()

    def xlsx(self, queryset: QuerySet[Enterprise], file: BinaryIO, *, sheet: str = "企业") -> int:
        """Writes the list as a workbook in constant memory; returns the number of rows. Text stays text."""
        book = xlsxwriter.Workbook(
            file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        page = book.add_worksheet(sheet)
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"bold": True, "num_format": "@"})
        for column, title in enumerate(self.get_export_headers()):
            page.write_string(0, column, title, head)
        count = 0
        for count, row in enumerate(self.rows(queryset), 1):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    if value:
                        page.write_string(count, column, value, text)
                elif isinstance(value, Decimal) and len(value.as_tuple().digits) > 15:
                    page.write_string(count, column, _text(value), text)
                else:
                    page.write_number(count, column, value)
        page.freeze_panes(1, 2)
        book.close()
        return count


def _text(value: Any) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)
