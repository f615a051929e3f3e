"""Yearly information updates: the enterprise, or its county on its behalf, says that the year's facts are in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from cultivation.behalf import may_file
from cultivation.models import InfoUpdate
from cultivation.rules.workflow import Refused
from enterprises.models import AnnualFigures, Enterprise
from tenancy import audit
from tenancy.access import Actor, person
from tenancy.context import writing


@dataclass
class Updated:
    """Enterprises whose update was taken, and those whose figures of the year before are missing."""

    done: list[int] = field(default_factory=list)
    without_figures: list[int] = field(default_factory=list)


def report_updates(*, by: Actor, enterprise_ids: Iterable[int]) -> Updated:
    """Takes this year's update of some enterprises; twice is once. What is asked for is that the figures of the year
    before stand in the registry. Raises Denied for an enterprise that the actor does not file for, Refused for none.
    """
    year = timezone.localdate().year
    found = list(Enterprise.objects.filter(pk__in=list(enterprise_ids)).order_by("pk"))
    if not found:
        raise Refused("not_found")
    for enterprise in found:
        may_file(by, enterprise.region_id, enterprise.pk)
    result = Updated()
    with writing(by, found[0].region_id if by.role == "enterprise" else by.region_path):
        reported = set(
            AnnualFigures.objects.filter(enterprise__in=found, year=year - 1).values_list(
                "enterprise_id", flat=True
            )
        )
        before = set(
            InfoUpdate.objects.filter(enterprise__in=found, year=year).values_list("enterprise_id", flat=True)
        )
        result.without_figures = [e.pk for e in found if e.pk not in reported and e.pk not in before]
        fresh = [e for e in found if e.pk in reported and e.pk not in before]
        result.done = [e.pk for e in fresh]
        InfoUpdate.objects.bulk_create(
            (
                InfoUpdate(region_id=e.region_id, enterprise=e, year=year, by_id=person(by), role=by.role)
                for e in fresh
            ),
            ignore_conflicts=True,
        )
        for region in sorted({e.region_id for e in fresh}):
            here = [e.pk for e in fresh if e.region_id == region]
            audit.record(
                by=by,
                action="updates.report",
                region=region,
                subject=f"{len(here)}",
                detail={"year": year, "enterprises": here},
            )
    return result
