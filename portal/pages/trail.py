"""The audit trail, for the auditor; jobs, for those who started them and for the system administrator."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from portal.wording import action_title, job_title, role_title, stage_title
from tenancy import audit as trail
from tenancy.access import require
from tenancy.jobs import told as tell_progress
from tenancy.models import AuditEntry, Job


def _page(request: HttpRequest, rows: object, size: int = 50) -> object:
    page = Paginator(rows, size).get_page(request.GET.get("page"))  # type: ignore[arg-type]
    page.pages = list(page.paginator.get_elided_page_range(page.number))  # type: ignore[attr-defined]
    return page


@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    require(actor, "audit.view", actor.region_path)
    entries = AuditEntry.objects.order_by("-at", "-id").values(
        "id",
        "at",
        "username",
        "role",
        "origin",
        "action",
        "subject",
        "before",
        "after",
        "detail",
        "region__name",
    )
    if request.GET.get("action"):
        entries = entries.filter(action=request.GET["action"])
    if request.GET.get("username"):
        entries = entries.filter(username=request.GET["username"])
    page = _page(request, entries)
    rows = [
        {**e, "action_title": action_title(e["action"]), "role_title": role_title(e["role"])}
        for e in page  # type: ignore[attr-defined]
    ]
    actions = sorted(
        {
            (a, action_title(a))
            for a in AuditEntry.objects.values_list("action", flat=True).distinct().order_by()
        }
    )
    return render(
        request,
        "portal/audit.html",
        {"rows": rows, "page": page, "actions": actions, "head": trail.head(actor.region_path)},
    )


def _shown(job: Job) -> Job:
    stage, done, total = tell_progress(job.id) if job.state == Job.State.RUNNING else ("", 0, 0)
    job.title = job_title(job.kind)  # type: ignore[attr-defined]
    job.stage_title = stage_title(stage) or job_title(job.kind)  # type: ignore[attr-defined]
    job.done, job.total = done, total  # type: ignore[attr-defined]
    job.percent = 100 * done // total if total else 0  # type: ignore[attr-defined]
    job.next_url = job.result.get("url", "")  # type: ignore[attr-defined]
    job.next_title = _("打开结果")  # type: ignore[attr-defined]
    return job


@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    # An enterprise's user starts no jobs and has no right to look for any.
    own = Job.objects.none() if actor.role == "enterprise" else Job.objects.filter(by_id=actor.officer_id)
    mine = own.order_by("-created_at")
    page = _page(request, mine, 20)
    return render(request, "portal/jobs.html", {"rows": [_shown(j) for j in page], "page": page})  # type: ignore[attr-defined]


@require_GET
def all_jobs(request: HttpRequest) -> HttpResponse:
    actor = request.actor  # type: ignore[attr-defined]
    require(actor, "jobs.view", actor.region_path)
    page = _page(request, Job.objects.order_by("-created_at"), 20)
    return render(request, "portal/jobs.html", {"rows": [_shown(j) for j in page], "page": page, "all": True})  # type: ignore[attr-defined]


@require_GET
def job(request: HttpRequest, job_id: str) -> HttpResponse:
    """One job with its progress; asked again by the page each second until it has ended."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.role == "enterprise":
        raise Http404
    found = get_object_or_404(Job, id=job_id, by_id=actor.officer_id)
    template = "parts/progress.html" if request.headers.get("HX-Request") else "portal/job.html"
    response = render(request, template, {"job": _shown(found)})
    if request.headers.get("HX-Request") and found.state == Job.State.DONE and found.result.get("url"):
        response["HX-Redirect"] = found.result["url"]
    return response


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/help.html", {"home": reverse("home")})
