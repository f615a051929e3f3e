"""Files that go back to the officer: the annotated workbook, the failed rows, the template of a year."""

from __future__ import annotations

import io
import uuid

from django.contrib import messages
from django.db.models import Count
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from enterprises import template as templates
from enterprises.actions import returning
from enterprises.models import ImportBatch
from enterprises.workbook import WorkbookRefused
from tenancy import jobs
from tenancy.access import require
from tenancy.http import ActedRequest
from tenancy.models import Job, Region, StoredFile

RETURN = "import.return"
#: a longer workbook is made by a worker
MOST_AT_ONCE = 5_000


@require_GET
def returned(request: ActedRequest, public_id: str) -> HttpResponseBase:
    """The officer's own workbook with its problems at their cells."""
    return _give(request, public_id, only_failed=False)


@require_GET
def failed(request: ActedRequest, public_id: str) -> HttpResponseBase:
    """Only the rows with errors, to be mended and uploaded alone."""
    return _give(request, public_id, only_failed=True)


def _give(request: ActedRequest, public_id: str, *, only_failed: bool) -> HttpResponseBase:
    actor = request.actor
    require(actor, "enterprises.import", actor.region_path)
    batch = get_object_or_404(ImportBatch.objects.select_related("file"), public_id=public_id)
    if batch.file is None or not batch.file.is_there:
        return _gone(request, batch)
    if batch.state == ImportBatch.State.UPLOADED:
        # Not scanned yet, perhaps: nothing opens it, and nobody gets it.
        messages.error(request, _("这份文件还没有读取，读取后再下载"), extra_tags="bad")
        return redirect("enterprises:batch", batch.public_id)
    name = (_("%(name)s 未写入的行.xlsx") if only_failed else _("%(name)s 错误工作簿.xlsx")) % {
        "name": batch.name.rsplit(".", 1)[0]
    }
    if (batch.counts or {}).get("rows", 0) > MOST_AT_ONCE:
        return redirect(_job(request, batch, only_failed, name))
    try:
        made = returning.give_back(by=actor, batch=batch, only_failed=only_failed)
    except returning.UploadGone:
        return _gone(request, batch)
    except WorkbookRefused:
        messages.error(request, _("这份文件读不出表格，做不出错误工作簿"), extra_tags="bad")
        return redirect("enterprises:batch", batch.public_id)
    return FileResponse(io.BytesIO(made), as_attachment=True, filename=name, content_type=returning.XLSX)


def _gone(request: ActedRequest, batch: ImportBatch) -> HttpResponse:
    messages.error(request, _("上传的文件已删除，不能再下载；需要的话重新上传"), extra_tags="bad")
    return redirect("enterprises:batch", batch.public_id)


def _job(request: ActedRequest, batch: ImportBatch, only_failed: bool, name: str) -> Job:
    """A job that makes the file; a second click leads to the same one while it runs."""
    params = {"batch": batch.pk, "only_failed": only_failed, "name": name}
    running = Job.objects.filter(
        kind=RETURN,
        by_id=request.actor.officer_id,
        params=params,
        state__in=[Job.State.QUEUED, Job.State.RUNNING],
    ).first()
    return running or jobs.start(by=request.actor, kind=RETURN, region=batch.region_id, params=params)


@require_GET
def returned_file(request: ActedRequest, file_id: uuid.UUID) -> HttpResponseBase:
    """What a worker has made."""
    actor = request.actor
    require(actor, "enterprises.import", actor.region_path)
    stored = get_object_or_404(StoredFile, pk=file_id, kind=returning.RETURNED)
    if not stored.is_there:
        raise Http404
    return FileResponse(
        stored.open(), as_attachment=True, filename=stored.name, content_type=stored.media_type
    )


@require_GET
def template(request: ActedRequest, year: int) -> HttpResponseBase:
    """The template of a year, with the places of the officer's own region in its drop-down."""
    actor = request.actor
    require(actor, "enterprises.import", actor.region_path)
    this_year = timezone.localdate().year
    if not this_year - 10 <= year <= this_year + 1:
        raise Http404
    counties = Region.objects.counties_under(actor.region_path).filter(valid_until=None)
    shared = set(
        counties.order_by()
        .values("name")
        .annotate(n=Count("id"))
        .filter(n__gt=1)
        .values_list("name", flat=True)
    )
    places = [code if name in shared else name for name, code in counties.values_list("name", "code")]
    return FileResponse(
        io.BytesIO(templates.write(year, places)),
        as_attachment=True,
        filename=_("%(year)s 年度企业数据模板.xlsx") % {"year": year},
        content_type=returning.XLSX,
    )
