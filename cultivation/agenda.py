"""What comes due in the pipeline of a place, day by day, for the calendar."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Min

from cultivation.models import PublicNotice
from cultivation.queue import rounds_of, states_of, visible
from cultivation.rules.updates import MISSED, OPEN
from cultivation.updating import owed
from enterprises.actions.titles import FIELDS
from enterprises.models import Enterprise, State
from tenancy.access import Actor


@dataclass(frozen=True, order=True)
class Due:
    """Something on a day: its kind (`round`, `application`, `notice`, `title`, `update`), what, and how many."""

    on: dt.date
    kind: str
    what: str
    n: int
    #: code of the object, or of the tier
    key: str = ""


def agenda(actor: Actor, today: dt.date, until: dt.date, since: dt.date | None = None) -> list[Due]:
    """Everything from today to a day, in order. At most nine queries.

    With `since` also what has been due from that day on and is not done: a title that ended, an update that was missed,
    a notice that is not announced, an application that lies there still.
    """
    past, since = since is not None, since or today
    found = [
        Due(b.closes_on, "round", b.title, 0, b.public_id)
        for b in rounds_of(actor).filter(closes_on__gte=today, closes_on__lte=until)
    ]
    mine = states_of(actor)
    if mine:
        waiting = visible(actor).filter(state__in=mine, due_on__gte=since, due_on__lte=until).order_by()
        rows = waiting.values_list("due_on").annotate(n=Count("id"), first=Min("enterprise__name"))
        found += [Due(on, "application", first, n) for on, n, first in rows]
    if actor.role != "enterprise":
        notices = PublicNotice.objects.filter(
            region_id=actor.region_path, batch__isnull=False, closes_on__gte=since, closes_on__lte=until
        )
        if past:
            notices = notices.filter(announcement=None)
        found += [Due(n.closes_on, "notice", n.title, 0, n.public_id) for n in notices]
    # The facts of the registry, since titles also come in with workbooks.
    firms = Enterprise.objects.filter(state=State.ACTIVE)
    firms = (
        firms.filter(pk=actor.enterprise_id or 0)
        if actor.role == "enterprise"
        else firms.under(actor.region_path)
    )
    for tier, field in FIELDS.items():
        held = firms.filter(**{f"{field}__gte": since, f"{field}__lte": until}).order_by()
        days = held.values_list(field).annotate(n=Count("id"), first=Min("name"))
        found += [Due(on, "title", first, n, tier) for on, n, first in days]
    updates: dict[tuple[dt.date, str], list[str]] = {}
    for each in owed(actor, today):
        wanted = each.view == "open" or past and each.now is not None and each.now.state in (OPEN, MISSED)
        if wanted and each.now is not None and since <= each.now.due <= until:
            updates.setdefault((each.now.due, each.title.tier), []).append(each.title.name)
    found += [Due(on, "update", names[0], len(names), tier) for (on, tier), names in updates.items()]
    return sorted(found)
