"""Audit packs: made for one enterprise or one notice, kept with their fingerprints for who had them made."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal.pages.award_notices import visible
from portal.pages.awards import VIEW, found_award
from portal.reports.packs import PACK, kept_until
from subsidies.awarded import inside
from tenancy import jobs
from tenancy.access import require
from tenancy.http import ActedRequest
from tenancy.models import StoredFile
from tenancy.paging import page_of

#: awards of one pack; each takes the renderer a seventh of a second and some megabytes
MOST = 200


@require_POST
def of_enterprise(request: ActedRequest, public_id: str) -> HttpResponse:
    """Makes the pack of an award's enterprise."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    award = found_award(request, public_id)
    params = {"enterprise": award.enterprise.public_id}
    return redirect(jobs.start(by=actor, kind=PACK, region=actor.region_path, params=params))


@require_POST
def of_notice(request: ActedRequest, public_id: str) -> HttpResponse:
    """Makes the pack of a notice's awards inside one's place."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    notice = get_object_or_404(visible(actor), public_id=public_id[:26])
    if (n := inside(actor).filter(notice=notice).count()) > MOST:
        said = _("这份公示在本地有 %(n)d 项，一份材料最多 %(most)d 项，请在奖补页上按企业编制")
        messages.error(request, said % {"n": n, "most": MOST}, extra_tags="bad")
        return redirect("award_notice", public_id)
    params = {"notice": notice.public_id}
    return redirect(jobs.start(by=actor, kind=PACK, region=actor.region_path, params=params))


@require_GET
def packs(request: ActedRequest) -> HttpResponse:
    """The packs that one has had made, each until when it can be fetched. Two queries."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    own = StoredFile.objects.filter(region_id=actor.region_path, kind=PACK, created_by_id=actor.officer_id)
    page = page_of(request, own.order_by("-created_at"), 30)
    return render(
        request,
        "portal/awards/packs.html",
        {
            "page": page,
            "rows": [(stored, kept_until(stored)) for stored in page],
            "days": settings.PACK_KEPT_DAYS,
        },
    )


@require_GET
def download(request: ActedRequest, file_id: object) -> HttpResponseBase:
    """A pack, for who had it made: it holds what that person could see."""
    actor = request.actor
    require(actor, VIEW, actor.region_path)
    stored = get_object_or_404(
        StoredFile, pk=file_id, kind=PACK, created_by_id=actor.officer_id, deleted_at__isnull=True
    )
    if not stored.is_there:
        raise Http404
    return FileResponse(
        stored.open(), as_attachment=True, filename=stored.name, content_type=stored.media_type
    )
