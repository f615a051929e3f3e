"""Any list as a file: with one click, or with chosen columns and years; and what was exported before."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from enterprises.resources import FIGURE_CODES
from portal.exports import actions, printed, queries
from portal.exports.base import Listed
from portal.exports.catalogue import open_to
from portal.exports.lists import LISTS, find
from portal.exports.wanted import FORMATS, Wanted, picked_of
from portal.models import ExportRecord, SavedColumns
from portal.wording import export_title
from tenancy.access import require
from tenancy.http import ActedRequest, one_snapshot, whole_number
from tenancy.models import Job
from tenancy.paging import page_of

_LONGEST_NAME = 30


def _list(request: ActedRequest, code: str) -> Listed:
    try:
        return find(request.actor, code)
    except KeyError as unknown:
        raise Http404 from unknown


def _wanted(request: ActedRequest, listed: Listed) -> Wanted:
    """What the form says. Without `chosen` the list's own columns and years; `saved` names a choice."""
    got = request.POST
    format = got.get("format", "xlsx")
    if format not in FORMATS:
        raise Http404
    query = listed.narrowed(QueryDict(got.get("query", "")))
    wanted = Wanted(
        listed.code,
        format,
        query=query.urlencode(),
        picked=picked_of(got.getlist("id")) if listed.picks else (),
    )
    if got.get("saved"):
        return _with(wanted, _choice(request, got["saved"]), listed)
    if "chosen" in got:
        years = [year for text in got.getlist("year") if (year := whole_number(text)) is not None]
        columns = tuple(code for code in listed.codes(request.actor) if code in got.getlist("column"))
        return Wanted(listed.code, format, columns, tuple(years), wanted.query, wanted.picked)
    return wanted


def _with(wanted: Wanted, choice: SavedColumns, listed: Listed) -> Wanted:
    if choice.listed != listed.code:
        raise Http404
    year = listed.year(wanted.asked)
    return Wanted(
        wanted.listed,
        choice.format,
        tuple(choice.columns),
        tuple(year - n for n in choice.years),
        wanted.query,
        wanted.picked,
    )


def _choice(request: ActedRequest, public_id: str) -> SavedColumns:
    """One of the officer's own choices; a colleague's is as good as none."""
    own = SavedColumns.objects.filter(region_id=request.actor.region_path, by_id=request.actor.officer_id)
    return get_object_or_404(own, public_id=public_id)


def _back(listed: Listed, query: str, saved: str = "") -> HttpResponseRedirect:
    """To the page where columns are chosen, for the same list."""
    asked = QueryDict(query).copy()
    asked["list"] = listed.code
    if saved:
        asked["saved"] = saved
    return HttpResponseRedirect(f"{reverse('new_export')}?{asked.urlencode()}")


@require_GET
def new(request: ActedRequest) -> HttpResponse:
    """Choose columns, years and format for a list, as it is filtered; use, save, rename a choice."""
    actor = request.actor
    require(actor, "lists.export", actor.region_path)
    listed = _list(request, request.GET.get("list") or open_to(actor)[0])
    asked = listed.narrowed(request.GET)
    year = listed.year(asked)
    years = printed.years_of(listed, year)
    columns = listed.usual(actor, asked)
    chosen_years, format = years[: printed.USUAL_YEARS], "xlsx"
    saved = list(queries.saved(actor, listed.code))
    used = next((choice for choice in saved if choice.public_id == request.GET.get("saved")), None)
    if used is not None:
        columns, format = used.columns, used.format
        chosen_years = [year - n for n in used.years]
    total = listed.rows(actor, asked, ()).count()
    groups = listed.groups(actor)
    by_year = set(FIGURE_CODES) if listed.by_year else set()
    width = sum(len(chosen_years) if code in by_year else 1 for code in columns)
    return render(
        request,
        "portal/export_new.html",
        {
            "listed": listed,
            "lists": [(code, export_title(code)) for code in open_to(actor)],
            "query": asked.urlencode(),
            "back": listed.address(asked),
            "conditions": _("、").join(listed.conditions(actor, asked)),
            "groups": [
                {
                    "title": title or pgettext("choose columns", "列"),
                    "choices": [(c.code, c.title, c.code in columns) for c in choices],
                    "all": all(c.code in columns for c in choices),
                    "yearly": bool(by_year) and all(c.code in by_year for c in choices),
                }
                for title, choices in groups
            ],
            "years": [(y, y in chosen_years) for y in years],
            "format": format,
            "saved": saved,
            "used": used,
            "total": total,
            "at_once": total <= settings.EXPORT_ROWS_AT_ONCE,
            "whole": printed.comes_back_whole(total, width) or not listed.comes_back,
            "longest": _LONGEST_NAME,
        },
    )


@one_snapshot
@require_POST
def make(request: ActedRequest) -> HttpResponseBase:
    """Makes the file and sends it; a long list goes to a worker."""
    listed = _list(request, request.POST.get("list", ""))
    wanted = _wanted(request, listed)
    if "chosen" in request.POST and not wanted.columns:
        messages.error(request, _("一列也没有选。至少选一列再导出。"), extra_tags="bad")
        return _back(listed, wanted.query)
    return _made(request, wanted)


@one_snapshot
@require_POST
def again(request: ActedRequest, public_id: str) -> HttpResponseBase:
    """The same export with the data of now."""
    return _made(request, Wanted.again(_record(request, public_id)))


def _made(request: ActedRequest, wanted: Wanted) -> HttpResponseBase:
    try:
        found = actions.ask(by=request.actor, wanted=wanted)
    except actions.TooMany as many:
        # Written to the trail by the middleware, since this answer rolls everything back.
        request.refusal = {"limit": "exports", "list": wanted.listed}  # type: ignore[attr-defined]
        response = render(request, "errors/429.html", {"at": many.at}, status=429)
        response["Retry-After"] = str(max(1, int((many.at - timezone.now()).total_seconds())))
        return response
    return redirect(found) if isinstance(found, Job) else _sent(found)


def _sent(record: ExportRecord) -> FileResponse:
    """The kept file. It is sent after the transaction, so a slow or broken download holds nothing."""
    stored = record.file
    return FileResponse(
        stored.open(), as_attachment=True, filename=stored.name, content_type=stored.media_type
    )


def _record(request: ActedRequest, public_id: str) -> ExportRecord:
    require(request.actor, "lists.export", request.actor.region_path)
    return get_object_or_404(
        queries.visible(request.actor).select_related("file", "region"), public_id=public_id
    )


@require_GET
def history(request: ActedRequest) -> HttpResponse:
    """What was exported: parameters, counts, hashes; files of the last month."""
    actor = request.actor
    require(actor, "lists.export", actor.region_path)
    of = request.GET.get("of", "")
    rows = queries.visible(actor)
    if of in LISTS:
        rows = rows.filter(listed=of)
    page = page_of(request, rows.values(*_SHOWN), 20)
    return render(
        request,
        "portal/exports.html",
        {
            "rows": [_line(row) for row in page],
            "page": page,
            "lists": [(code, export_title(code)) for code in open_to(actor)],
            "of": of,
            "place": actor.can("enterprises.export"),
        },
    )


_SHOWN = (
    "public_id", "listed", "format", "columns", "years", "conditions", "rows", "bytes", "sha256", "moment",
    "created_at", "by__display_name", "region__name", "file__deleted_at",
)  # fmt: skip


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "title": export_title(row["listed"]), "n_columns": len(row["columns"])}


@require_GET
def record(request: ActedRequest, public_id: str) -> HttpResponse:
    """One export with everything that was asked, its hash, and the file while it is kept."""
    found = _record(request, public_id)
    listed = LISTS[found.listed]
    titles = {c.code: c.title for _title, group in listed.groups(request.actor) for c in group}
    return render(
        request,
        "portal/export.html",
        {
            "record": found,
            "title": listed.title,
            "columns": [titles.get(code, code) for code in found.columns],
            "there": found.kept_until is not None and found.file.is_there,
            "query": found.query,
            "by": ExportRecord.objects.values_list("by__display_name", flat=True).get(pk=found.pk),
        },
    )


@require_GET
def download(request: ActedRequest, public_id: str) -> HttpResponseBase:
    """A kept file again; the permission is asked again, and the trail tells who fetched it."""
    found = _record(request, public_id)
    if found.kept_until is None or not found.file.is_there:
        raise Http404
    actions.note_download(by=request.actor, record=found)
    return _sent(found)


# --- choices of columns ----------------------------------------------------------------------------


@require_POST
def save_columns(request: ActedRequest) -> HttpResponse:
    listed = _list(request, request.POST.get("list", ""))
    wanted = _wanted(request, listed)
    name = _name(request)
    if not name or not wanted.columns:
        messages.error(request, _("没有存：给这些列起个名字，并至少选一列。"), extra_tags="bad")
        return _back(listed, wanted.query)
    choice = actions.save_columns(by=request.actor, wanted=wanted, name=name)
    messages.success(
        request,
        _("已存为“%(name)s”，%(n)d 列") % {"name": name, "n": len(choice.columns)},
        extra_tags="ok",
    )
    return _back(listed, wanted.query, choice.public_id)


def _name(request: ActedRequest) -> str:
    return " ".join(request.POST.get("name", "").split())[:_LONGEST_NAME]


@require_POST
def rename_columns(request: ActedRequest, public_id: str) -> HttpResponse:
    choice = _choice(request, public_id)
    name = _name(request)
    try:
        if name:
            actions.rename_columns(by=request.actor, choice=choice, name=name)
    except actions.NameTaken:
        messages.error(
            request, _("已经有一个叫“%(name)s”的了，换个名字。") % {"name": name}, extra_tags="bad"
        )
    return _back(LISTS[choice.listed], request.POST.get("query", ""))


@require_POST
def delete_columns(request: ActedRequest, public_id: str) -> HttpResponse:
    choice = _choice(request, public_id)
    listed, name = LISTS[choice.listed], choice.name
    actions.delete_columns(by=request.actor, choice=choice)
    messages.success(request, _("已删除“%(name)s”") % {"name": name}, extra_tags="ok")
    return _back(listed, request.POST.get("query", ""))
