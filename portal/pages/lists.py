"""Recommendation lists: made for a round, looked at, taken along as PDF or workbook, and the sealed scan brought back."""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO, cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cultivation import actions
from cultivation.listed import lists
from cultivation.models import RecommendationList
from cultivation.queue import level_of, rounds_of
from cultivation.rules.workflow import Refused
from cultivation.wording.refusals import refusal_text
from enterprises.sheets import Notes, write_xlsx
from portal.reports.listing import HEAD, cells, file_name
from tenancy import jobs
from tenancy.access import Denied, require
from tenancy.http import ActedRequest
from tenancy.paging import page_of

#: the job that makes and prints a list
LIST = "applications.list"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "POST"])
def round_lists(request: ActedRequest, public_id: str) -> HttpResponse:
    """The lists of a round in one's place and below; a level makes its own. Three queries."""
    actor = request.actor
    require(actor, "applications.view", actor.region_path)
    batch = get_object_or_404(rounds_of(actor), public_id=public_id[:26])
    if request.method == "POST":
        if not level_of(actor):
            raise Denied("applications.recommend", actor.region_path)
        job = jobs.start(by=actor, kind=LIST, region=actor.region_path, params={"batch": batch.public_id})
        return redirect(job)
    page = page_of(request, lists(actor, batch).defer("rows"), 50)
    return render(
        request,
        "portal/applications/lists.html",
        {"batch": batch, "page": page, "makes": bool(level_of(actor))},
    )


def _found(request: ActedRequest, public_id: str) -> RecommendationList:
    actor = request.actor
    require(actor, "applications.view", actor.region_path)
    return get_object_or_404(
        RecommendationList.objects.select_related("region", "batch", "printed", "scan"),
        public_id=public_id[:26],
    )


@require_GET
def recommendation(request: ActedRequest, public_id: str) -> HttpResponse:
    """One list as it was made. Two queries."""
    made = _found(request, public_id)
    return render(
        request,
        "portal/applications/recommendation.html",
        {
            "made": made,
            "head": HEAD,
            "rows": [cells(row, n) for n, row in enumerate(made.rows, 1)],
            "takes_scan": made.scan_id is None
            and made.region_id == request.actor.region_path
            and bool(level_of(request.actor)),
        },
    )


@require_GET
def download(request: ActedRequest, public_id: str, form: str) -> HttpResponseBase:
    """The list as `pdf` or `xlsx`, or its sealed `scan`."""
    made = _found(request, public_id)
    if form == "xlsx":
        target = BytesIO()
        notes = Notes(
            _("推荐汇总表"),
            [(_("批次"), made.batch.title), (_("地区"), made.region.name), (_("校验"), made.sha256)],
        )
        rows = (cells(row, n) for n, row in enumerate(made.rows, 1))
        created = {"created": made.made_at.replace(tzinfo=None)}
        write_xlsx(target, HEAD, rows, sheet="推荐汇总表", notes=notes, properties=created)
        target.seek(0)
        name = file_name(made, made.batch, made.region, "xlsx")
        return FileResponse(target, as_attachment=True, filename=name, content_type=_XLSX)
    stored = {"pdf": made.printed, "scan": made.scan}.get(form)
    if stored is None or not stored.is_there:
        raise Http404
    return FileResponse(
        stored.open(), as_attachment=True, filename=stored.name, content_type=stored.media_type
    )


@require_POST
def take_scan(request: ActedRequest, public_id: str) -> HttpResponse:
    """Takes the sealed scan back."""
    made = _found(request, public_id)
    upload = request.FILES.get("file")
    if upload is None:
        messages.warning(request, _("请先选文件"), extra_tags="warn")
        return redirect("recommendation", public_id)
    try:
        actions.take_scan(by=request.actor, made=made, name=upload.name or "", file=cast("BinaryIO", upload))
    except Refused as refused:
        messages.error(request, refusal_text(refused.code), extra_tags="bad")
    else:
        messages.success(request, _("盖章扫描件已收到"), extra_tags="ok")
    return redirect("recommendation", public_id)
