"""Which enterprises of a place the lines of an official list are about. Five queries, however many lines there are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection

from cultivation.models import OfficialLine
from enterprises.models import Enterprise, NameHistory
from enterprises.rules.names_list import Named
from enterprises.rules.text import key

How = OfficialLine.How
_FORM = "(有限责任公司|股份有限公司|集团有限公司|有限公司|公司|集团)$"
_MOST_CANDIDATES = 5


@dataclass
class Match:
    how: str
    enterprise_id: int | None = None
    candidates: list[int] = field(default_factory=list)


def match(region: str, lines: Sequence[Named]) -> list[Match]:
    """One answer for each line. Sure are a code whose enterprise has or had this name (or stands without another), and
    a name or former name that one enterprise alone has; everything else that may be somebody is for a person."""
    keys = [key(line.name) for line in lines]
    here = Enterprise.objects.under(region)
    by_code = dict(here.filter(uscc__in={line.uscc for line in lines if line.uscc}).values_list("uscc", "id"))
    by_name: dict[str, list[int]] = defaultdict(list)
    for pk, name_key in here.filter(name_key__in=set(keys)).order_by("id").values_list("id", "name_key"):
        by_name[name_key].append(pk)
    former: dict[str, list[int]] = defaultdict(list)
    known = NameHistory.objects.filter(
        name_key__in=set(keys), region_id__gte=region, region_id__lt=region + "~"
    )
    for pk, name_key in known.order_by("enterprise_id").values_list("enterprise_id", "name_key").distinct():
        former[name_key].append(pk)
    open_keys = {
        k
        for k, line in zip(keys, lines, strict=True)
        if line.uscc not in by_code and not by_name[k] and not former[k]
    }
    alike = _alike(region, open_keys)
    taken: set[int] = set()
    found = []
    for line, name_key in zip(lines, keys, strict=True):
        answer = _one(line, name_key, by_code, by_name, former, alike)
        sure = answer.enterprise_id
        if sure is not None and sure in taken:
            answer = Match(How.REPEATED, candidates=[sure])
        elif sure is not None:
            taken.add(sure)
        found.append(answer)
    return found


def _one(
    line: Named,
    name_key: str,
    by_code: dict[str, int],
    by_name: dict[str, list[int]],
    former: dict[str, list[int]],
    alike: dict[str, list[int]],
) -> Match:
    own = by_code.get(line.uscc)
    named = [*by_name[name_key], *(pk for pk in former[name_key] if pk not in by_name[name_key])]
    if own is not None:
        # A code with somebody else's name beside it: one of the two is wrong.
        if own in named:
            return Match(How.CODE, own)
        return Match(How.DOUBTFUL, candidates=[own, *named][:_MOST_CANDIDATES])
    if line.uscc and named:
        # The name is known under another code than the list has.
        return Match(How.DOUBTFUL, candidates=named[:_MOST_CANDIDATES])
    if len(by_name[name_key]) == 1:
        return Match(How.NAME, by_name[name_key][0])
    if not by_name[name_key] and len(former[name_key]) == 1:
        return Match(How.FORMER, former[name_key][0])
    if named:
        return Match(How.DOUBTFUL, candidates=named[:_MOST_CANDIDATES])
    near = alike.get(name_key, [])
    return Match(How.DOUBTFUL, candidates=near) if near else Match(How.NONE)


def core(name_key: str) -> str:
    """What a name is without brackets and legal form."""
    return re.sub(_FORM, "", re.sub("[()]", "", name_key))


def _alike(region: str, keys: set[str]) -> dict[str, list[int]]:
    """Names that differ in brackets or legal form alone. One query."""
    cores = {k: core(k) for k in keys}
    wanted = [(k, c) for k, c in cores.items() if len(c) >= 4]
    found: dict[str, list[int]] = defaultdict(list)
    if not wanted:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.name_key, e.id FROM unnest(%(keys)s::text[], %(cores)s::text[]) AS w (name_key, core) "
            "JOIN enterprises_enterprise e ON regexp_replace(regexp_replace(e.name_key, '[()]', '', 'g'), "
            "%(form)s, '') = w.core WHERE e.region_id >= %(lo)s AND e.region_id < %(hi)s ORDER BY e.id",
            {
                "keys": [k for k, _ in wanted],
                "cores": [c for _, c in wanted],
                "form": _FORM,
                "lo": region,
                "hi": region + "~",
            },
        )
        for name_key, pk in cursor.fetchall():
            if len(found[name_key]) < _MOST_CANDIDATES:
                found[name_key].append(pk)
    return found
