"""What an exportable list tells of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from enterprises.resources import Column, ListResource
from portal.wording import export_title
from tenancy.access import Actor

#: texts of a list's own query are no longer than this on its page either
_LONGEST = 200


class Choice(NamedTuple):
    """A column that may be chosen."""

    code: str
    title: str


class Listed(ABC):
    """One list. `parameters` are the words of its address that narrow or order it."""

    code: str
    #: the name of its page
    page: str
    parameters: tuple[str, ...] = ()
    #: rows can be picked on the page
    picks = False
    #: columns are repeated for chosen years
    by_year = False
    #: the file can be read by the import
    comes_back = False

    @property
    def title(self) -> str:
        return export_title(self.code)

    @property
    @abstractmethod
    def noun(self) -> str:
        """What a row is, behind a number: 家, 条."""

    @abstractmethod
    def groups(self, actor: Actor) -> list[tuple[str, list[Choice]]]:
        """The columns that the actor may choose from, in the order of the file, in groups."""

    def usual(self, actor: Actor, asked: QueryDict) -> list[str]:
        """The columns of an export for which nothing was chosen."""
        return self.codes(actor)

    @abstractmethod
    def rows(self, actor: Actor, asked: QueryDict, picked: tuple[str, ...]) -> QuerySet[Any]:
        """The list in its order, inside the actor's place."""

    @abstractmethod
    def resource(
        self, actor: Actor, asked: QueryDict, columns: list[str], years: list[int]
    ) -> ListResource: ...

    def conditions(self, actor: Actor, asked: QueryDict) -> list[str]:
        """What narrows and orders the list, in words."""
        return []

    # --- the same for all ---------------------------------------------------------------------------

    def codes(self, actor: Actor) -> list[str]:
        return [choice.code for _, group in self.groups(actor) for choice in group]

    def narrowed(self, asked: QueryDict) -> QueryDict:
        """The words of an address that this list knows, without those that say nothing."""
        kept = QueryDict(mutable=True)
        for name in self.parameters:
            values = [value[:_LONGEST] for value in asked.getlist(name) if value]
            if values:
                kept.setlist(name, values)
        return kept

    def year(self, asked: QueryDict) -> int:
        """The reporting year of the list."""
        return timezone.localdate().year - 1

    def address(self, asked: QueryDict) -> str:
        """The list's page as it was asked."""
        query = asked.urlencode()
        return reverse(self.page) + (f"?{query}" if query else "")


class Plain(Listed):
    """A list whose columns are the same for everybody who sees it."""

    @abstractmethod
    def columns(self) -> list[Column]: ...

    def groups(self, actor: Actor) -> list[tuple[str, list[Choice]]]:
        return [("", [Choice(column.code, column.title) for column in self.columns()])]

    def resource(self, actor: Actor, asked: QueryDict, columns: list[str], years: list[int]) -> ListResource:
        return ListResource([column for column in self.columns() if column.code in columns])
