"""Books of titles, claims and received subsidies: whom each row is about, and the events that it says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.conf import settings

from enterprises.actions.elsewhere import told_of
from enterprises.models import Enterprise, NameHistory
from enterprises.queries import registered_elsewhere
from enterprises.rules.problems import Problem
from enterprises.rules.text import key
from subsidies.actions.history import RECORD, record_history
from subsidies.models import AwardEvent
from subsidies.results import BookResult
from subsidies.rules.book_rows import Row
from subsidies.rules.book_tables import Reading
from subsidies.rules.books import EMPTY, Shape, derived_code, event, title_of
from subsidies.rules.history import Line
from tenancy.access import Actor, require
from tenancy.models import Region

_KEPT = tuple(EMPTY)


def events(
    *, by: Actor, region: str, shape: Shape, reading: Reading, result: BookResult
) -> Callable[[], None]:
    """Tells what the registry says against the rows; returns what writes them. About ten queries.

    An unknown enterprise is registered where its row says, or at the place itself where that is a county.
    """
    require(by, RECORD, region)
    rows = reading.rows
    codes = list(dict.fromkeys(row.values["uscc"] for row in rows))
    found = Enterprise.objects.under(region).filter(uscc__in=codes)
    known = {e.uscc: e for e in found.only("id", "uscc", "region_id", "name", "name_key")}
    elsewhere = registered_elsewhere([code for code in codes if code not in known])
    told = told_of(by=by, region=region, codes=[code for code in codes if code in elsewhere])
    result.problems += [
        row.problem("registered_elsewhere", "uscc") for row in rows if row.values["uscc"] in told
    ]
    if withheld := elsewhere - told:
        params = {"count": len(withheld), "limit": settings.ELSEWHERE_ANSWERS_A_DAY}
        result.problems.append(Problem("error", "elsewhere_total", params=params))
    new = [row for row in rows if row.values["uscc"] not in known and row.values["uscc"] not in elsewhere]
    places = _places(region, new, result)
    _differences([row for row in rows if row.values["uscc"] in known], known, result)
    return partial(_record, by, region, shape, rows, known, places, result)


def _places(region: str, rows: Sequence[Row], result: BookResult) -> dict[str, str]:
    """Code → where it is to be registered."""
    home = region if Region.objects.get(path=region).is_county_level else ""
    first: dict[str, tuple[str, Row]] = {}
    for row in rows:
        wanted = row.values.get("region") or home
        if not wanted:
            result.problems.append(
                row.problem("place_needed", "region" if "region" in row.values else "uscc")
            )
            continue
        place, before = first.setdefault(row.values["uscc"], (wanted, row))
        if place != wanted:
            where = {"first": before.table.sheet.name, "first_row": before.number}
            result.problems.append(row.problem("place_twice", "region", **where))
    return {code: place for code, (place, _row) in first.items()}


def _differences(rows: Sequence[Row], known: Mapping[str, Enterprise], result: BookResult) -> None:
    """Warns where a row names another enterprise, or another place, than is registered under its code."""
    named = [
        row
        for row in rows
        if (name := row.values.get("name"))
        and key(name) != known[row.values["uscc"]].name_key
        and known[row.values["uscc"]].name != row.values["uscc"]
    ]
    if named:
        ids = {known[row.values["uscc"]].pk for row in named}
        former = set(
            NameHistory.objects.filter(enterprise_id__in=ids).values_list("enterprise_id", "name_key")
        )
        for row in named:
            enterprise = known[row.values["uscc"]]
            code = "former_name" if (enterprise.pk, key(row.values["name"])) in former else "name_differs"
            result.problems.append(row.problem(code, "name", "warning", name=enterprise.name))
    moved = [
        row for row in rows if row.values.get("region") not in (None, known[row.values["uscc"]].region_id)
    ]
    if moved:
        paths = {known[row.values["uscc"]].region_id for row in moved}
        names = dict(Region.objects.filter(path__in=paths).values_list("path", "name"))
        for row in moved:
            registered = names[known[row.values["uscc"]].region_id]
            result.problems.append(row.problem("region_differs", "region", "warning", registered=registered))


def _record(
    by: Actor,
    region: str,
    shape: Shape,
    rows: Sequence[Row],
    known: Mapping[str, Enterprise],
    places: Mapping[str, str],
    result: BookResult,
) -> None:
    stored = AwardEvent.objects.filter(enterprise__in=[e.pk for e in known.values()])
    before = _Stored({(e.enterprise_id, e.code): e for e in stored}, shape, rows)
    said: dict[str, list[dict[str, Any]]] = defaultdict(list)
    names: dict[str, str] = {}
    for row in rows:
        uscc = row.values["uscc"]
        said[uscc].append(before.completed(known.get(uscc), row))
        if row.values.get("name"):
            names.setdefault(uscc, row.values["name"])
    lines: dict[str, list[Line]] = defaultdict(list)
    for uscc, found in said.items():
        place = places.get(uscc, region)
        lines[place].append(Line(uscc, place, tuple(found), names.get(uscc, "")))
    for place in sorted(lines):
        done = record_history(by=by, region=place, lines=lines[place])
        for name in ("new", "changed", "unchanged", "created"):
            setattr(result, name, getattr(result, name) + getattr(done, name))
        if done.elsewhere:  # registered there since the rows were compared
            params = {"count": len(done.elsewhere), "limit": settings.ELSEWHERE_ANSWERS_A_DAY}
            result.problems.append(Problem("error", "elsewhere_total", params=params))


class _Stored:
    """The events that are there, so that a book which lacks a column leaves alone what that column would say."""

    def __init__(
        self, events: Mapping[tuple[int, str], AwardEvent], shape: Shape, rows: Sequence[Row]
    ) -> None:
        self._events, self._shape = events, shape
        self._claimed = {(row.values["uscc"], self._own_code(row)) for row in rows}
        self._same: dict[tuple[Any, ...], list[str]] = defaultdict(list)
        for (pk, code), e in events.items():
            self._same[pk, e.kind, e.title, e.on, e.project].append(code)

    def _own_code(self, row: Row) -> str:
        return row.values.get("code") or derived_code(self._shape, row.values)

    def completed(self, enterprise: Enterprise | None, row: Row) -> dict[str, Any]:
        """The row's event with every column."""
        said, code = event(self._shape, row.values), self._own_code(row)
        if enterprise is None:
            return {**EMPTY, **said, "code": code}
        if not row.values.get("code") and (enterprise.pk, code) not in self._events:
            code = self._known_as(enterprise, row) or code
        now = self._events.get((enterprise.pk, code))
        same = now is not None and (now.kind, now.title) == (said["kind"], said["title"])
        kept = {name: getattr(now, name) for name in _KEPT} if same else {}
        return {**EMPTY, **kept, **said, "code": code}

    def _known_as(self, enterprise: Enterprise, row: Row) -> str:
        """The code of the one event that says the same, so that nothing is brought in, and paid, under two names."""
        title, project = title_of(self._shape, row.values), row.values.get("project") or ""
        found = self._same.get((enterprise.pk, self._shape.event, title, row.values["on"], project), [])
        free = [code for code in found if (enterprise.uscc, code) not in self._claimed]
        return free[0] if len(found) == 1 and free else ""
