"""An import taken back: only the roof sees whether a floor above has built on it."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cultivation.actions import forget_looks
from enterprises import wording
from enterprises.actions.entry import Refused
from enterprises.actions.taking_back import take_back as undo
from enterprises.models import ImportBatch
from enterprises.queries import created_by
from portal.models import QuarterlySnapshot
from tenancy.access import Actor, require
from tenancy.http import ActedRequest


def take_back_import(*, by: Actor, batch: ImportBatch) -> ImportBatch:
    """Takes an import back unless a quarter has counted it or something else builds on it: Refused.

    Evaluations that the timetable made of it stay as acts; the enterprises are judged again without it.
    """
    require(by, "enterprises.import", batch.region_id)
    counted = (
        QuarterlySnapshot.objects.filter(
            region_id__gte=batch.region_id,
            region_id__lt=batch.region_id + "~",
            counted_at__gte=batch.finished_at or batch.created_at,
        )
        .order_by("counted_at")
        .values_list("quarter", flat=True)
        .first()
    )
    if counted and batch.state == ImportBatch.State.DONE:
        raise Refused("counted_since", quarter=counted)
    with transaction.atomic():
        forget_looks(by=by, region=batch.region_id, enterprise_ids=created_by(batch))
        return undo(by=by, batch=batch)


@require_POST
def take_back(request: ActedRequest, public_id: str) -> HttpResponse:
    actor = request.actor
    require(actor, "enterprises.import", actor.region_path)
    batch = get_object_or_404(ImportBatch, public_id=public_id)
    try:
        take_back_import(by=actor, batch=batch)
    except Refused as refused:
        messages.error(request, wording.refusal(refused.code, refused.params), extra_tags="bad")
    else:
        messages.success(
            request, _("已收回“%(name)s”，数据恢复到导入前") % {"name": batch.name}, extra_tags="ok"
        )
    return redirect("enterprises:batch", batch.public_id)
