"""The registry list as a file: what the address asks for, in its order, text stays text."""

from __future__ import annotations

import tempfile
from typing import BinaryIO, cast

from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from enterprises.models import Enterprise
from enterprises.resources import EnterpriseResource
from portal.pages.registry import Asked, filtered, ordered
from tenancy import audit
from tenancy.access import require
from tenancy.http import ActedRequest
from tenancy.models import Region

_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@require_GET
def export(request: ActedRequest, suffix: str) -> HttpResponseBase:
    """Exports the whole filtered list, or the enterprises that were picked on the page.

    Written to a spooled file inside the request's one snapshot of the data, then sent.
    """
    actor = request.actor
    require(actor, "enterprises.export", actor.region_path)
    if suffix not in _TYPES:
        raise Http404
    today = timezone.localdate()
    asked = Asked.of(request)
    picked = request.GET.getlist("id")
    rows: QuerySet[Enterprise]
    if picked:
        rows = (
            Enterprise.objects.under(actor.region_path)
            .filter(public_id__in=picked[:500])
            .order_by("pinyin", "id")
        )
    else:
        rows = ordered(filtered(asked, actor, today), asked, today)
    resource = EnterpriseResource(years=(asked.year, asked.year - 1, asked.year - 2))
    # Handed to the response, which closes it.
    file = tempfile.SpooledTemporaryFile(max_size=8 * 1024 * 1024)  # noqa: SIM115
    if suffix == "xlsx":
        count = resource.xlsx(rows, cast(BinaryIO, file))
    else:
        count = rows.count()
        for piece in resource.csv(rows):
            file.write(piece)
    size = file.tell()
    file.seek(0)
    audit.record(
        by=actor,
        action="enterprises.export",
        region=actor.region_path,
        subject=suffix,
        detail={"rows": count, "bytes": size, "query": request.GET.urlencode()[:500]},
    )
    place = Region.objects.values_list("name", flat=True).get(path=actor.region_path)
    name = _("%(place)s企业名录 %(day)s") % {
        "place": place,
        "day": timezone.localtime().strftime("%Y%m%d-%H%M"),
    }
    return FileResponse(file, as_attachment=True, filename=f"{name}.{suffix}", content_type=_TYPES[suffix])
