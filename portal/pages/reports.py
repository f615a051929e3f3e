"""Closed quarters on the web page, and the reports printed from them."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal import quarters
from portal.models import QuarterlySnapshot, Report
from portal.reports.actions import ask_for_report
from portal.reports.closed import Quarter
from portal.reports.content import content
from tenancy.access import require
from tenancy.http import ActedRequest
from tenancy.models import Region, StoredFile


def _place(request: ActedRequest) -> Region:
    """The region asked for inside the actor's own, otherwise the actor's own. 404 outside."""
    actor = request.actor
    code = request.GET.get("region") or request.POST.get("region") or ""
    if not code:
        return Region.objects.get(path=actor.region_path)
    found = Region.objects.under(actor.region_path).filter(code=code).first()
    if found is None:
        raise Http404
    return found


@require_GET
def reports(request: ActedRequest) -> HttpResponse:
    """The closed quarters of a region, newest first, with their reports; the next one to close."""
    actor = request.actor
    require(actor, "reports.view", actor.region_path)
    region = _place(request)
    ended = quarters.last_ended(timezone.now())
    snapshots = list(
        QuarterlySnapshot.objects.filter(region_id=region.path)
        .order_by("-quarter")
        .defer("annex", "compared")[:24]
    )
    printed: dict[int, Report] = {}
    for report in Report.objects.filter(snapshot__in=snapshots).order_by("id").select_related("file"):
        printed[report.snapshot_id] = report
    rows = [
        {
            "quarter": s.quarter,
            "title": Quarter.parse(s.quarter).full_name,
            "counted_at": s.counted_at,
            "late": s.late,
            "figures": s.figures,
            "active": s.figures.get("states", {}).get("active", 0),
            "passed": s.figures.get("judging", {}).get("pass", 0),
            "report": printed.get(s.pk),
        }
        for s in snapshots
    ]
    below = list(
        Region.objects.filter(parent__path=actor.region_path, valid_until__isnull=True).order_by("path")
    )
    return render(
        request,
        "portal/reports.html",
        {
            "region": region,
            "own": region.path == actor.region_path,
            "below": below,
            "rows": rows,
            "ended": {"quarter": str(ended), "title": ended.full_name},
            "closed": any(r["quarter"] == str(ended) and r["report"] for r in rows),
            "can_close": actor.can("reports.close"),
        },
    )


@require_GET
def report(request: ActedRequest, quarter: str) -> HttpResponse:
    """One closed quarter as the report prints it: the same sentences, tables and charts."""
    actor = request.actor
    require(actor, "reports.view", actor.region_path)
    region = _place(request)
    snapshot = get_object_or_404(QuarterlySnapshot, region_id=region.path, quarter=quarter)
    found = content(quarters.closed(snapshot))
    # Drawn here from numbers and our own words; the same pictures as in the PDF.
    charts = [
        (title, mark_safe(found[name]))  # noqa: S308
        for name, title in (
            ("figure_tiers", _("近八个季度各梯度企业数（家）")),
            ("figure_lacked", _("缺项企业最缺的要素（家）")),
        )
        if found.get(name)
    ]
    return render(
        request,
        "portal/report.html",
        {
            "region": region,
            "snapshot": snapshot,
            "title": Quarter.parse(quarter).full_name,
            "content": found,
            "tables": [
                t
                for t in (
                    found["main"],
                    found["by_county"],
                    found["sizes"],
                    found["industries"],
                    found["imports"],
                )
                if t
            ],
            "charts": charts,
            "reports": Report.objects.filter(snapshot=snapshot).order_by("-id").select_related("file"),
            "can_close": actor.can("reports.close"),
        },
    )


@require_POST
def make(request: ActedRequest) -> HttpResponse:
    """Asks for the report of a quarter; the worker closes the quarter where that is still to be done."""
    actor = request.actor
    require(actor, "reports.close", actor.region_path)
    region = _place(request)
    try:
        quarter = Quarter.parse(request.POST.get("quarter", ""))
        job = ask_for_report(by=actor, region=region.path, quarter=quarter)
    except ValueError as error:
        raise Http404 from error
    except quarters.QuarterNotEnded as error:
        messages.error(
            request,
            _("%(q)s还没有结束，%(day)s 以后才能结账")
            % {"q": error.quarter.full_name, "day": error.quarter.ends_on},
            extra_tags="bad",
        )
        return redirect("reports")
    return redirect(job)


@require_GET
def download(request: ActedRequest, file_id: str) -> HttpResponseBase:
    """A kept report; the permission is asked again at the download."""
    actor = request.actor
    require(actor, "reports.view", actor.region_path)
    stored = get_object_or_404(StoredFile, id=file_id, kind="report", deleted_at__isnull=True)
    if not stored.is_there:
        raise Http404
    return FileResponse(
        stored.open(), as_attachment=True, filename=stored.name, content_type=stored.media_type
    )
