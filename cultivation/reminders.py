"""Reminders of what comes due or is late, as notes for the inbox: each stage of each last day once.

The people of a place are reminded of what its calendar holds, once for each day and kind of thing, however many
enterprises it is about; an enterprise of its own titles, updates and unsent applications.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from cultivation import terms
from cultivation.agenda import Due, agenda
from cultivation.models import Application
from cultivation.rules.reminding import stage, widest
from cultivation.rules.updates import MISSED, OPEN
from cultivation.rules.workdays import is_workday
from cultivation.updating import owed
from enterprises.actions.titles import FIELDS
from enterprises.models import Enterprise, State
from tenancy.access import system_actor
from tenancy.context import ancestors
from tenancy.inbox import Note
from tenancy.models import Region

#: kind of the place → whose calendar is gone through there
ROLE_AT = {
    "county": "county",
    "zone": "county",
    "xpcc_city": "county",
    "prefecture": "prefecture",
    "region": "region",
    "xpcc": "region",
}


def is_day_for(today: dt.date) -> bool:
    """Nobody is reminded on a day off; what falls on one is made up for on the next working day."""
    return is_workday(today, terms.notices())


def places() -> list[tuple[str, str]]:
    """(path, role) of every place that has enterprises in it. Two queries, in a job's context."""
    active = Enterprise.objects.filter(state=State.ACTIVE).order_by()
    own = {str(path) for path in active.values_list("region_id", flat=True).distinct()}
    every = own | {above for path in own for above in ancestors(path)}
    kinds = Region.objects.filter(path__in=every).order_by("path").values_list("path", "kind")
    return [(path, ROLE_AT[kind]) for path, kind in kinds if kind in ROLE_AT]


def of_place(path: str, role: str, today: dt.date) -> list[Note]:
    """What the people of a place are reminded of today. About ten queries, in the place's context."""
    back, ahead = widest(terms.reminders().values())
    actor = replace(system_actor(path), role=role)
    notes = []
    for due in agenda(actor, today, today + ahead, since=today - back):
        at = _stage(due.kind, due.on, today)
        if at:
            key = f"{due.kind}:{due.key}:{due.on.isoformat()}:{at}"
            notes.append(Note(f"due.{due.kind}", key, path, role=role, params=_said(due, at), due_on=due.on))
    return notes


def of_enterprises(path: str, today: dt.date) -> list[Note]:
    """What the enterprises of a county are reminded of today. Five queries, in the place's context."""
    back, ahead = widest(terms.reminders().values())
    first, last = today - back, today + ahead
    found: list[tuple[int, Due]] = []
    firms = Enterprise.objects.under(path).filter(state=State.ACTIVE)
    for tier, field in FIELDS.items():
        held = firms.filter(**{f"{field}__gte": first, f"{field}__lte": last}).order_by("pk")
        found += [(pk, Due(on, "title", "", 0, tier)) for pk, on in held.values_list("pk", field)]
    for each in owed(system_actor(path), today):
        if each.now is not None and each.now.state in (OPEN, MISSED):
            found.append((each.title.enterprise_id, Due(each.now.due, "update", "", 0, each.title.tier)))
    drafts = Application.objects.filter(
        region_id__gte=path, region_id__lt=path + "~", state=Application.State.DRAFT, step=0,
        batch__closes_on__gte=first, batch__closes_on__lte=last,
    )  # fmt: skip
    found += [
        (a.enterprise_id, Due(a.batch.closes_on, "round", a.batch.title, 0, a.public_id))
        for a in drafts.select_related("batch").order_by("pk")
    ]
    return list(_to_enterprises(path, found, today))


def _to_enterprises(path: str, found: Iterable[tuple[int, Due]], today: dt.date) -> Iterable[Note]:
    for enterprise, due in found:
        at = _stage(due.kind, due.on, today)
        if at:
            key = f"{due.kind}:{due.key}:{due.on.isoformat()}:{at}"
            kind = "due.draft" if due.kind == "round" else f"due.{due.kind}"
            yield Note(kind, key, path, enterprise=enterprise, params=_said(due, at), due_on=due.on)


def _stage(kind: str, on: dt.date, today: dt.date) -> str:
    return stage(on, today, terms.reminders()[kind], terms.notices())


def _said(due: Due, at: str) -> dict[str, object]:
    return {"what": due.what, "n": due.n, "key": due.key, "late": at.startswith("late")}
