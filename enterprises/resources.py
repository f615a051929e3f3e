"""Lists as tables, with chosen columns: django-import-export's resources, read in bounded memory.

The registry's own table comes back in unchanged: headers are the canonical ones with the year in front,
codes stay text, money is 万元. Control characters are shown as �. How a table becomes a file is the
business of `enterprises.sheets`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet
from import_export import fields, resources

from enterprises.models import AnnualFigures, Enterprise
from enterprises.rules.fields import BY_CODE, ENTERPRISE_FIELDS, FIGURE_FIELDS, Field
from enterprises.rules.text import visible
from tenancy.models import Region
from tenancy.paging import key_pages

_WAN = Decimal(10_000)


class Column(NamedTuple):
    """One column of a list: `value` takes it out of a row as text, a whole number, a Decimal or None."""

    code: str
    title: str
    value: Callable[[Any], Any]


class ListResource(resources.Resource):
    """A list with chosen columns. Rows are fetched page by page, in the order of the query."""

    page = 2_000

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.fields = {c.code: fields.Field(column_name=c.title, attribute=c.code) for c in self.columns}

    def get_export_order(self, selected_fields: Any = None) -> list[str]:
        return list(self.fields)

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        return [column.title for column in self.columns]

    def fetch(self, rows: QuerySet[Any], keys: list[Any]) -> list[Any]:
        """What one page needs, in the order of the keys. One query here; a list that needs more adds its own."""
        found = {row.pk: row for row in rows.order_by().filter(pk__in=keys)}
        return [found[key] for key in keys if key in found]

    def iter_queryset(self, queryset: QuerySet[Any]) -> Iterator[Any]:
        for keys in key_pages(queryset, self.page):
            yield from self.fetch(queryset, keys)

    def export_resource(self, instance: Any, selected_fields: Any = None, **kwargs: Any) -> list[Any]:
        """One row. A text that no cell could show is made visible here, for every list."""
        row = []
        for column in self.columns:
            value = column.value(instance)
            row.append(visible(value) if type(value) is str else value)
        return row

    def rows(self, queryset: QuerySet[Any]) -> Iterator[list[Any]]:
        """The rows of a list in its order. One query for the keys, and those of `fetch` for each page."""
        return map(self.export_resource, self.iter_queryset(queryset))


# --- the registry, as it comes back in -------------------------------------------------------------


def shown(field: Field, row: Any) -> Any:
    """A fact as the workbook has it: text, or a number where a number may stand; None where unknown."""
    value = getattr(row, field.code, None)
    if value is None:
        return None
    if field.kind == "money":
        return _plain(value / _WAN)
    if field.kind in ("percent", "score"):
        return _plain(value)
    if field.kind == "yes_no":
        return "是" if value else "否"
    if field.kind == "choice":
        return _WORDS[field.code][str(value)]
    if field.kind == "date":
        month_only = field.code == "established_on" and row.established_month_only
        return value.strftime("%Y-%m") if month_only else value.isoformat()
    return value


_WORDS = {
    f.code: {stored: word for stored, word, _ in f.choices} for f in (*ENTERPRISE_FIELDS, *FIGURE_FIELDS)
}


def _plain(value: Decimal) -> Decimal:
    return value.normalize() if value else Decimal(0)


def header_of(field: Field, year: int | None) -> str:
    """The canonical header, a yearly fact with its year in front."""
    return f"{year}年{field.header}" if year is not None else field.header


#: the registry's facts in the order of the export: what lies on the enterprise, then what belongs to a year
IDENTITY_CODES = ("uscc", "name", "region", *(f.code for f in ENTERPRISE_FIELDS if f.code != "name"))
FIGURE_CODES = tuple(f.code for f in FIGURE_FIELDS)


class EnterpriseResource(ListResource):
    """The registry with chosen facts; `years` are the years whose figures stand in it.

    Three queries for each page of 2,000 enterprises, one of them for the places, once.
    """

    def __init__(self, *, years: Sequence[int] = (), codes: Sequence[str] | None = None) -> None:
        self.years = tuple(years)
        self._regions: dict[str, str] = {}
        chosen = {*IDENTITY_CODES, *FIGURE_CODES} if codes is None else set(codes)
        columns = [self._own(BY_CODE[code]) for code in IDENTITY_CODES if code in chosen]
        for year in self.years:
            columns += [self._figure(field, year) for field in FIGURE_FIELDS if field.code in chosen]
        super().__init__(columns)

    def _own(self, field: Field) -> Column:
        if field.code == "region":
            return Column("region", field.header, lambda e: self._regions.get(e.region_id, ""))
        return Column(field.code, field.header, lambda e: shown(field, e))

    def _figure(self, field: Field, year: int) -> Column:
        def value(enterprise: Any) -> Any:
            figures = enterprise.shown_figures.get(year)
            return None if figures is None else shown(field, figures)

        return Column(f"{field.code}:{year}", header_of(field, year), value)

    def fetch(self, rows: QuerySet[Any], keys: list[Any]) -> list[Any]:
        if not self._regions:
            self._regions = dict(Region.objects.values_list("path", "code"))
        found = Enterprise.objects.in_bulk(keys)
        figures: dict[int, dict[int, AnnualFigures]] = {}
        if self.years:
            for each in AnnualFigures.objects.filter(enterprise_id__in=keys, year__in=self.years):
                figures.setdefault(each.enterprise_id, {})[each.year] = each
        for enterprise in found.values():
            enterprise.shown_figures = figures.get(enterprise.pk, {})  # type: ignore[attr-defined]
        return [found[key] for key in keys if key in found]
