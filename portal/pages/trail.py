"""The audit trail, for the auditor; jobs, for those who started them and for the system administrator."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from portal.wording import action_title, job_title, role_title, stage_title
from tenancy import audit as trail
from tenancy.access import require
from tenancy.http import ActedRequest
from tenancy.jobs import told as tell_progress
from tenancy.models import AuditEntry, Job
from tenancy.paging import page_of


@require_GET
def audit(request: ActedRequest) -> HttpResponse:
    actor = request.actor
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
    page = page_of(request, entries)
    rows = [
        {**e, "action_title": action_title(e["action"]), "role_title": role_title(e["role"])} for e in page
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


def _shown(job: Job) -> dict[str, Any]:
    """A job as the list and the progress bar show it."""
    stage, done, total = tell_progress(job.id) if job.state == Job.State.RUNNING else ("", 0, 0)
    return {
        "id": job.id,
        "state": job.state,
        "state_title": job.get_state_display(),
        "error": job.error,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "title": job_title(job.kind),
        "stage_title": stage_title(stage) or job_title(job.kind),
        "done": done,
        "total": total,
        "percent": 100 * done // total if total else 0,
        "next_url": job.result.get("url", ""),
        "next_title": _("打开结果"),
    }


@require_GET
def jobs(request: ActedRequest) -> HttpResponse:
    actor = request.actor
    # An enterprise's user starts no jobs and has no right to look for any.
    own = Job.objects.none() if actor.role == "enterprise" else Job.objects.filter(by_id=actor.officer_id)
    mine = own.order_by("-created_at")
    page = page_of(request, mine, 20)
    return render(request, "portal/jobs.html", {"rows": [_shown(j) for j in page], "page": page})


@require_GET
def all_jobs(request: ActedRequest) -> HttpResponse:
    actor = request.actor
    require(actor, "jobs.view", actor.region_path)
    page = page_of(request, Job.objects.order_by("-created_at"), 20)
    return render(request, "portal/jobs.html", {"rows": [_shown(j) for j in page], "page": page, "all": True})


@require_GET
def job(request: ActedRequest, job_id: str) -> HttpResponse:
    """One job with its progress; asked again by the page each second until it has ended, then its result."""
    actor = request.actor
    if actor.role == "enterprise":
        raise Http404
    found = get_object_or_404(Job, id=job_id, by_id=actor.officer_id)
    result = found.result.get("url") if found.state == Job.State.DONE else None
    if not request.headers.get("HX-Request"):
        # A fast worker may have ended before the page that would wait for it is asked for.
        return redirect(result) if result else render(request, "portal/job.html", {"job": _shown(found)})
    response = render(request, "parts/progress.html", {"job": _shown(found)})
    if result:
        response["HX-Redirect"] = result
    return response


@require_GET
def help_page(request: ActedRequest) -> HttpResponse:
    return render(request, "portal/help.html", {"home": reverse("home")})
