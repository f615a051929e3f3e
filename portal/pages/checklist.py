"""The elements of the standard beside an application: what the enterprise has, how it is judged, what proves it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from cultivation import wording
from cultivation.models import Application, Evaluation, Evidence
from cultivation.queue import elements_of
from portal.pages.judgement import stored


@dataclass
class Line:
    """One element; `outcome` is empty where nothing was judged yet."""

    code: str
    label: str
    clause: str = ""
    have: str = ""
    standard: str = ""
    outcome: str = ""
    tag: str = ""
    files: list[Evidence] = field(default_factory=list)


def lines(application: Application, evaluation: Evaluation | None) -> list[Line]:
    """Every element in the order of the standard, and in the end the files about the application as a whole. One query."""
    files: dict[str, list[Evidence]] = defaultdict(list)
    for each in Evidence.objects.filter(application=application, removed_at__isnull=True).order_by("id"):
        files[each.element].append(each)
    known = elements_of(application)
    found = [Line(code, label) for code, label in known.items()]
    if evaluation is not None:
        edition, facts, judgement = stored(evaluation)
        judged = {row.code: row for row in wording.rows(edition, facts, judgement, evaluation.year)}
        found = [
            Line(code, row.label, row.clause, row.have, row.standard, row.outcome, row.tag)
            if (row := judged.get(code))
            else Line(code, label)
            for code, label in known.items()
        ]
    for line in found:
        line.files = files.pop(line.code, [])
    # What was attached to an element of an earlier standard is not lost with it.
    rest = [each for some in files.values() for each in some]
    return [*found, Line("", "", files=rest)]
