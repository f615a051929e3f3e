"""Award data brought in as workbooks: a template for each kind, the dry run with every problem at its cell, the writing."""

from __future__ import annotations

import io
import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from enterprises.rules.problems import Problem
from enterprises.workbook import WorkbookRefused
from portal.templatetags.tidu import number
from subsidies import actions, book_template
from subsidies.actions.books import KINDS, WAITING, WRITTEN
from subsidies.books import shape_of
from subsidies.wording import book_help, book_name, remedy
from tenancy import jobs
from tenancy.access import Actor, require
from tenancy.http import ActedRequest
from tenancy.models import Job, StoredFile
from tenancy.paging import page_of

#: the job that looks at, or writes, a book that is too long for a request
BOOK = "awards.book"
_SHOWN = 500
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BookForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("数据"), widget=forms.Select(attrs={"class": "input"}))
    file = forms.FileField(
        label=gettext_lazy("文件"),
        help_text=gettext_lazy("xlsx 或 csv，最多 20,000 行，表头、单位、列序不限"),
        widget=forms.FileInput(attrs={"class": "input file", "accept": ".xlsx,.csv"}),
    )

    def __init__(self, kinds: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, book_name(kind)) for kind in kinds]  # type: ignore[attr-defined]


def _kinds(actor: Actor) -> list[str]:
    return [kind for kind, book in KINDS.items() if actor.can(book.permission)]


@require_http_methods(["GET", "POST"])
def award_books(request: ActedRequest) -> HttpResponse:
    """What there is to bring in and what was; an upload is looked at first, then written. Three queries for the list."""
    actor = request.actor
    require(actor, actions.RECORD, actor.region_path)
    if request.method == "POST" and "act" in request.POST:
        return _decided(request)
    if request.method == "GET" and "job" in request.GET:
        return _of_job(request)
    kinds = _kinds(actor)
    first = {"kind": request.GET.get("kind", "")}
    form = BookForm(kinds, request.POST or None, request.FILES or None, initial=first)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        if upload.size > settings.UPLOAD_MAX_BYTES:
            refused = WorkbookRefused("file_too_large", limit=settings.UPLOAD_MAX_BYTES // 1024 // 1024)
            form.add_error("file", _refusal(refused))
        else:
            try:
                stored = actions.keep_book(
                    by=actor,
                    region=actor.region_path,
                    kind=form.cleaned_data["kind"],
                    name=upload.name or "",
                    data=upload.read(),
                )
            except WorkbookRefused as wrong:
                form.add_error("file", _refusal(wrong))
            else:
                return _taken(request, stored, write=False)
    written = StoredFile.objects.filter(kind__startswith=WRITTEN, region_id=actor.region_path)
    listed = written.order_by("-created_at", "-id").values(
        "name", "kind", "created_at", "created_by__display_name"
    )
    page = page_of(request, listed, 20)
    return render(
        request,
        "portal/awards/books.html",
        {
            "form": form,
            "kinds": [{"code": kind, "name": book_name(kind), "help": book_help(kind)} for kind in kinds],
            "page": page,
            "rows": [{**file, "kind": book_name(_kind_of(file["kind"]))} for file in page],
        },
        status=422 if form.errors else 200,
    )


def _refusal(wrong: WorkbookRefused) -> str:
    return remedy(Problem("error", wrong.code, params=wrong.params))


def _kind_of(stored: str) -> str:
    """The kind of book that a stored file's kind names."""
    return stored.rpartition(".")[2]


def _found(actor: Actor, identifier: str) -> StoredFile:
    """One's own upload at one's place. Raises Http404."""
    try:
        asked = uuid.UUID(identifier)
    except ValueError:
        raise Http404 from None
    mine = StoredFile.objects.filter(
        region_id=actor.region_path, created_by_id=actor.officer_id, deleted_at=None
    )
    stored = get_object_or_404(mine, pk=asked)
    if not stored.kind.startswith((WAITING, WRITTEN)):
        raise Http404
    return stored


def _decided(request: ActedRequest) -> HttpResponse:
    """Writes what was looked at, or lets go of it."""
    stored = _found(request.actor, request.POST.get("file", ""))
    if request.POST["act"] == "write":
        return _taken(request, stored, write=True)
    actions.drop_book(by=request.actor, stored=stored)
    messages.success(
        request, _("已放弃“%(name)s”，没有写入任何数据") % {"name": stored.name}, extra_tags="ok"
    )
    return redirect("award_books")


def _taken(request: ActedRequest, stored: StoredFile, *, write: bool) -> HttpResponse:
    actor = request.actor
    if stored.size > KINDS[_kind_of(stored.kind)].at_once:
        params = {"file": str(stored.pk), "write": write}
        return redirect(jobs.start(by=actor, kind=BOOK, region=actor.region_path, params=params))
    report = take(by=actor, stored=stored, write=write)
    if not report["written"]:
        return render(request, "portal/awards/book.html", report)
    messages.success(request, _said(report), extra_tags="ok")
    return redirect("award_books")


def _said(report: dict[str, Any]) -> str:
    done = report["new"] + report["changed"]
    if not done:
        return _("“%(name)s”已导入过，没有新的变化") % report
    return _("“%(name)s”已写入 %(n)s 行") % {**report, "n": number(done, 0)}


def _of_job(request: ActedRequest) -> HttpResponse:
    """What a job has found, or has written."""
    try:
        asked = uuid.UUID(request.GET["job"])
    except ValueError:
        raise Http404 from None
    job = get_object_or_404(Job, pk=asked, by_id=request.actor.officer_id, kind=BOOK)
    report = job.result.get("report")
    if report is None:
        return redirect(job)
    return render(request, "portal/awards/book.html", report)


def take(*, by: Actor, stored: StoredFile, write: bool) -> dict[str, Any]:
    """Looks at a kept upload, or writes it; what cannot be written is let go of. The report that the page shows."""
    with stored.open() as file:
        data = file.read()
    result = actions.take_book(
        by=by,
        region=stored.region_id,
        kind=_kind_of(stored.kind),
        name=stored.name,
        data=data,
        dry_run=not write,
        stored=stored,
    )
    if result.errors:
        actions.drop_book(by=by, stored=stored)
    return {
        **result.as_json(_SHOWN),
        "title": book_name(result.kind),
        "name": stored.name,
        "file": str(stored.pk),
        "written": write and not result.errors,
        "writable": result.new + result.changed,
    }


def report_of(job: Job, actor: Actor) -> dict[str, Any]:
    """The result of the job: where its page is, and what that shows."""
    stored = _found(actor, job.params["file"])
    report = take(by=actor, stored=stored, write=job.params["write"])
    return {"url": f"{reverse('award_books')}?job={job.pk}", "report": report}


@require_GET
def award_template(request: ActedRequest, kind: str) -> HttpResponseBase:
    """The workbook to fill in for a kind. At most one query."""
    actor = request.actor
    require(actor, actions.RECORD, actor.region_path)
    if kind not in KINDS:
        raise Http404
    require(actor, KINDS[kind].permission, actor.region_path)
    shape = shape_of(kind, actor.region_path)
    return FileResponse(
        io.BytesIO(book_template.write(shape)),
        as_attachment=True,
        filename=book_template.file_name(shape),
        content_type=_XLSX,
    )
