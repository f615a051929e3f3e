"""What an enterprise says of itself: its contact data at once, its facts as proposals that the county decides."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils import timezone

from enterprises import telling
from enterprises.actions.entry import Refused
from enterprises.models import AnnualFigures, Enterprise, Proposal
from enterprises.queries import stored_text
from enterprises.rules.fields import BY_CODE, FIELDS
from enterprises.rules.sheet import Month
from enterprises.rules.text import clean
from tenancy import audit, inbox
from tenancy.access import Actor, Denied
from tenancy.context import writing

REPORT = "own.report"
#: how the source of a value reads that was taken over from the enterprise
SOURCE = "企业自报"
#: nobody else knows these better
CONTACT = ("contact_name", "contact_phone")
#: what a document, an office or a person other than the enterprise says; a new name is reported as a change
_OTHERS_SAY = frozenset({"integrity", "person"})
_NEVER = frozenset(
    {
        "uscc",
        "name",
        "region",
        "tech_sme_valid_until",
        "innovative_valid_until",
        "specialised_valid_until",
        "little_giant_valid_until",
    }
)
PROPOSED = tuple(
    f.code for f in FIELDS if f.code not in _NEVER and f.code not in CONTACT and f.group not in _OTHERS_SAY
)


class Reported(NamedTuple):
    """How many facts became what."""

    changed: int
    proposed: int
    withdrawn: int


def report(*, by: Actor, enterprise: Enterprise, year: int, values: dict[str, Any]) -> Reported:
    """Takes what the enterprise says, by field code; an absent code is left alone, None erases.

    Contact data are changed; another value than the registry's is proposed, in place of what was proposed before;
    the registry's own value withdraws it. Raises Denied for another enterprise, Refused for a fact that the enterprise
    does not say.
    """
    if not by.can(REPORT) or by.enterprise_id != enterprise.pk:
        raise Denied(REPORT, enterprise.region_id)
    unknown = set(values) - set(PROPOSED) - set(CONTACT)
    if unknown:
        raise Refused("field_unknown", fields=sorted(unknown))
    with writing(by, enterprise.region_id):
        locked = Enterprise.objects.select_for_update().get(pk=enterprise.pk)
        changed = _contact(by, locked, {code: values[code] for code in CONTACT if code in values})
        figures = AnnualFigures.objects.filter(enterprise=locked, year=year).first()
        counts = {"proposed": 0, "withdrawn": 0}
        for code in PROPOSED:
            if code in values:
                row = figures if BY_CODE[code].by_year else locked
                done = _proposed(by, locked, row, code, year, values[code])
                if done:
                    counts[done] += 1
        if counts["proposed"] or counts["withdrawn"]:
            entry = audit.record(
                by=by,
                action="enterprises.own.report",
                region=locked.region_id,
                subject=locked,
                detail={"year": year, **counts},
            )
            if counts["proposed"]:
                inbox.tell([telling.proposed(locked, counts["proposed"], entry.pk)], by.officer_id)
    return Reported(changed, counts["proposed"], counts["withdrawn"])


def _contact(by: Actor, enterprise: Enterprise, values: dict[str, Any]) -> int:
    wanted = {code: clean(value) if value else None for code, value in values.items()}
    before = {c: getattr(enterprise, c) for c, v in wanted.items() if (getattr(enterprise, c) or None) != v}
    if not before:
        return 0
    for code in before:
        setattr(enterprise, code, wanted[code])
    enterprise.updated_at, enterprise.updated_by_id = timezone.now(), by.officer_id
    enterprise.version += 1
    enterprise.save(update_fields=[*before, "updated_at", "updated_by", "version"])
    audit.record(
        by=by,
        action="enterprises.own.contact",
        region=enterprise.region_id,
        subject=enterprise,
        before=before,
        after={code: wanted[code] for code in before},
    )
    return len(before)


def _proposed(
    by: Actor,
    enterprise: Enterprise,
    row: Enterprise | AnnualFigures | None,
    code: str,
    year: int,
    value: Any,
) -> str:
    now = stored_text(row, code)
    said = _text(code, value)
    of_year = year if BY_CODE[code].by_year else None
    same = Proposal.objects.filter(
        enterprise=enterprise, year=of_year, field=code, own=True, state=Proposal.State.OPEN
    )
    if said == now:
        gone = same.update(
            state=Proposal.State.WITHDRAWN, decided_at=timezone.now(), decided_by_id=by.officer_id
        )
        return "withdrawn" if gone else ""
    open_one = same.first()
    if open_one is not None and open_one.value == said:
        return ""
    fresh = {
        "before": now,
        "value": said,
        "source_file": SOURCE,
        "proposed_at": timezone.now(),
        "proposed_by_id": by.officer_id,
    }
    if open_one is not None:
        same.update(**fresh)
    else:
        Proposal.objects.create(
            region_id=enterprise.region_id, enterprise=enterprise, year=of_year, field=code, own=True, **fresh
        )
    return "proposed"


def _text(code: str, value: Any) -> str | None:
    """The value as it would read once it is stored."""
    if value is None or value == "":
        return None
    model: Any = AnnualFigures() if BY_CODE[code].by_year else Enterprise()
    setattr(model, code, clean(value) if isinstance(value, str) else value)
    if code == "established_on":
        model.established_month_only = isinstance(value, Month)
    return stored_text(model, code)
