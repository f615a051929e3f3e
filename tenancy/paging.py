"""Pages of a list, with the numbers that the foot of the list shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest

from tenancy.http import whole_number


class ListPage(Page):
    @property
    def pages(self) -> list[int | str]:
        """Page numbers with gaps, as the foot prints them."""
        return list(self.paginator.get_elided_page_range(self.number, on_each_side=1, on_ends=1))


class ListPaginator(Paginator):
    def _get_page(self, *args: Any, **kwargs: Any) -> ListPage:
        return ListPage(*args, **kwargs)


def page_of(request: HttpRequest, rows: Any, size: int = 50, *, sizes: tuple[int, ...] = ()) -> ListPage:
    """The page that the address asks for (`page`, and `size` where a choice is given). Two queries."""
    wanted = whole_number(request.GET.get("size", ""))
    per_page = wanted if wanted in sizes and wanted is not None else size
    page = ListPaginator(rows, per_page).get_page(request.GET.get("page"))
    assert isinstance(page, ListPage)
    return page


def key_pages(rows: QuerySet[Any], size: int) -> Iterator[list[Any]]:
    """The primary keys of a list in its own order, page by page; for lists of any length and any order.

    One query through a cursor of the server: no page is searched again (as OFFSET would), and neither
    side holds more than a page. Only inside a transaction, where it also works behind PgBouncer.
    """
    try:
        question = rows.values_list("pk").query.sql_with_params()
    except EmptyResultSet:  # `none()`, or a condition that nothing can meet
        return
    with connection.chunked_cursor() as cursor:
        cursor.execute(*question)
        while page := cursor.fetchmany(size):
            yield [row[0] for row in page]
