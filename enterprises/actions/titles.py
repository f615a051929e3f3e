"""The last day of a title among the facts of enterprises, as recognitions and withdrawals above set it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import F
from django.utils import timezone

from enterprises.models import Enterprise
from tenancy.access import Actor, require

FIELDS = {
    "tech_sme": "tech_sme_valid_until",
    "innovative": "innovative_valid_until",
    "specialised": "specialised_valid_until",
    "little_giant": "little_giant_valid_until",
}


def hold_title(
    *, by: Actor, region: str, enterprise_ids: Iterable[int], tier: str, valid_until: dt.date, source: str
) -> int:
    """Enters until when the enterprises hold the title; `source` is the document that says so. One statement.

    The caller records the act. Raises Denied without `enterprises.edit` in the region.
    """
    require(by, "enterprises.edit", region)
    return Enterprise.objects.filter(
        pk__in=list(enterprise_ids), region_id__gte=region, region_id__lt=region + "~"
    ).update(
        **{FIELDS[tier]: valid_until},
        updated_at=timezone.now(),
        updated_by_id=by.officer_id,
        import_batch_id=None,
        source_file=source[:200],
        source_sheet="",
        source_row=None,
        version=F("version") + 1,
    )
