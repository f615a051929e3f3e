"""The way of a workbook: upload → columns → dry run → written, with every problem at its cell."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Case, Count, When
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enterprises import wording
from enterprises.actions import imports as actions
from enterprises.models import ImportBatch, ImportProblem
from enterprises.queries import year_is_open
from enterprises.rules.answers import CHOICE, HELD_BACK, OK, YEAR, YEAR_QUESTIONS
from enterprises.sheets import write_xlsx
from tenancy import jobs
from tenancy.access import require
from tenancy.http import ActedRequest, whole_number
from tenancy.paging import page_of

READ, WRITE = "import.read", "import.write"
_PAGE = 200


def find_batch(request: ActedRequest, public_id: str, permission: str = "enterprises.import") -> ImportBatch:
    actor = request.actor
    require(actor, permission, actor.region_path)
    return get_object_or_404(ImportBatch.objects.select_related("region", "file"), public_id=public_id)


@require_http_methods(["GET", "POST"])
def imports(request: ActedRequest) -> HttpResponse:
    """Upload, and the history of imports."""
    actor = request.actor
    require(actor, "enterprises.import", actor.region_path)
    this_year = timezone.localdate().year
    problem = ""
    year = this_year - 1
    if request.method == "POST":
        upload = request.FILES.get("file")
        year = whole_number(request.POST.get("year", "")) or year
        if upload is None:
            problem = _("还没有选文件。选企业报来的 .xlsx 或 .csv。")
        elif (upload.size or 0) > settings.UPLOAD_MAX_BYTES:
            problem = _("文件超过 %(n)d MB，请拆成几份再传") % {
                "n": settings.UPLOAD_MAX_BYTES // 1024 // 1024
            }
        elif not this_year - 10 <= year <= this_year:
            problem = _("年度不在可选范围内")
        else:
            batch = actions.receive_upload(
                by=actor, region=actor.region_path, year=year, name=upload.name or "", chunks=upload.chunks()
            )
            job = jobs.start(by=actor, kind=READ, region=batch.region_id, params={"batch": batch.pk})
            return redirect(job)
    batches = ImportBatch.objects.order_by("-created_at", "-id").values(
        "public_id", "name", "year", "state", "counts", "created_at", "by__display_name", "region__name"
    )
    page = page_of(request, batches, 20)
    words = dict(ImportBatch.State.choices)
    rows = [
        {
            **b,
            "state_title": words[b["state"]],
            # A workbook that was mended and written again counts all that it wrote.
            "created": b["counts"].get("total_created") or b["counts"].get("created"),
            "updated": b["counts"].get("total_updated") or b["counts"].get("updated"),
        }
        for b in page
    ]
    return render(
        request,
        "enterprises/imports.html",
        {
            "rows": rows,
            "page": page,
            "problem": problem,
            "year": year,
            "years": range(this_year, this_year - 6, -1),
            "template_years": [this_year, this_year - 1],
            "megabytes": settings.UPLOAD_MAX_BYTES // 1024 // 1024,
        },
        status=422 if problem else 200,
    )


def _group_titles(batch: ImportBatch) -> list[dict[str, Any]]:
    """The kinds of problems with their counts, errors first. One query."""
    counted = (
        ImportProblem.objects.filter(batch=batch)
        .values("severity", "code")
        .annotate(n=Count("id"))
        .order_by("severity", "-n", "code")
    )
    return [{**row, "title": wording.kind(row["code"])} for row in counted]


def questions_of(batch: ImportBatch) -> frozenset[str]:
    """The kinds of questions that are open for a batch: none when its rows were written without an answer."""
    written = batch.state == ImportBatch.State.DONE and not (batch.counts or {}).get("waiting")
    return frozenset() if written else HELD_BACK


def line_of(found: ImportProblem) -> dict[str, Any]:
    problem = found.as_problem()
    return {
        "sheet": found.sheet,
        "row": found.row,
        "column": found.column,
        "header": found.header or (_(wording.field_name(found.field)) if found.field else ""),
        "value": found.value,
        "subject": found.subject,
        "remedy": wording.remedy(problem),
        "code": found.code,
        "severity": found.severity,
    }


@require_GET
def batch(request: ActedRequest, public_id: str) -> HttpResponse:
    """What was understood, what is wrong at which cell, and the choice before the writing."""
    found = find_batch(request, public_id)
    groups = _group_titles(found)
    kind = request.GET.get("kind", "")
    order = Case(
        *(When(severity=g["severity"], code=g["code"], then=n) for n, g in enumerate(groups)),
        default=len(groups),
    )
    shown = ImportProblem.objects.filter(batch=found).order_by(order, "id")
    if kind in {g["code"] for g in groups}:
        shown = shown.filter(code=kind)
    page = page_of(request, shown, _PAGE)
    lines = [line_of(p) for p in page]
    tables: list[dict[str, Any]] = []
    for line in lines:
        if not tables or tables[-1]["code"] != line["code"] or tables[-1]["severity"] != line["severity"]:
            n = next(
                (g["n"] for g in groups if g["code"] == line["code"] and g["severity"] == line["severity"]), 0
            )
            tables.append(
                {
                    "code": line["code"],
                    "severity": line["severity"],
                    "title": wording.kind(line["code"]),
                    "n": n,
                    "lines": [],
                }
            )
        tables[-1]["lines"].append(line)
    counts = found.counts or {}
    codes = {g["code"] for g in groups}
    new, updated = counts.get("created", 0), counts.get("updated", 0)
    return render(
        request,
        "enterprises/batch.html",
        {
            "batch": found,
            "counts": counts,
            "shares": _shares(counts),
            "writable": new + updated,
            "total": counts.get("total_created", 0) + counts.get("total_updated", 0),
            "year_question": _year_question(found, groups),
            # What was written without asking (by a command) is asked no more.
            "questions": sum(
                g["n"] for g in groups if g["code"] in questions_of(found) or g["code"] == CHOICE
            ),
            "mendable": bool(counts.get("failed") or codes & (questions_of(found) | {CHOICE}))
            and found.state in ("checked", "kept_out", "done")
            and (found.file is not None and found.file.is_there),
            "has_file": (found.file is not None and found.file.is_there),
            # The roof asks the floors above whether something builds on the import.
            "take_back_url": f"{request.path}take-back/",
            "taken_back_by": ImportBatch.objects.values_list("taken_back_by__display_name", flat=True).get(
                pk=found.pk
            )
            if found.taken_back_at
            else "",
            "changed": found.changes.exists(),
            "check": found.kind == ImportBatch.Kind.CHECK,
            "checked_fields": [
                _(wording.field_name(code)) for code in (found.mapping or {}).get("fields", [])
            ],
            "remembered": any(sheet.get("remembered") for sheet in found.layout or []),
            "good": counts.get("rows", 0) - sum(counts.get(k, 0) for k in ("failed", "waiting", "left_out")),
            "errors": [g for g in groups if g["severity"] == "error"],
            "warnings": [g for g in groups if g["severity"] == "warning"],
            "kind": kind,
            "tables": tables,
            "page": page,
            "sheets": [strip_of(sheet) for sheet in found.layout or []],
            "step": _step(found),
            "open": found.state in ("checked", "kept_out"),
        },
    )


def _step(batch: ImportBatch) -> int:
    """Where the workbook stands; a refused one got as far as it could be read."""
    if batch.state == ImportBatch.State.REFUSED:
        return 2 if batch.layout else 1
    return {"uploaded": 1, "checked": 3, "kept_out": 3, "abandoned": 3}.get(batch.state, 4)


def _year_question(batch: ImportBatch, groups: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The workbook names another year than the chosen one: which is right? Asked until it is answered."""
    if batch.state not in ("checked", "kept_out") or not YEAR_QUESTIONS & {g["code"] for g in groups}:
        return None
    if not year_is_open(batch):
        return None
    found = ImportProblem.objects.filter(batch=batch, code__in=YEAR_QUESTIONS).order_by("id").first()
    assert found is not None
    named = {int(year) for year in re.findall(r"20\d\d", found.value or found.header)}
    this_year = timezone.localdate().year
    return {
        "named": "、".join(str(year) for year in sorted(named)),
        "others": [
            y for y in sorted(named, reverse=True) if this_year - 10 <= y <= this_year and y != batch.year
        ],
    }


@require_POST
def year(request: ActedRequest, public_id: str) -> HttpResponse:
    """Answers which year the workbook is of: the chosen one after all, or the one that it names."""
    found = find_batch(request, public_id)
    if found.state not in ("checked", "kept_out"):
        return redirect("enterprises:batch", found.public_id)
    asked = whole_number(request.POST.get("year", "")) or found.year
    this_year = timezone.localdate().year
    mapping = dict(found.mapping or {})
    mapping["answers"] = {**(mapping.get("answers") or {}), YEAR: OK}
    if asked == found.year or not this_year - 10 <= asked <= this_year:
        actions.answer(by=request.actor, batch=found, mapping=mapping)
        return redirect("enterprises:batch", found.public_id)
    job = jobs.start(
        by=request.actor,
        kind=READ,
        region=found.region_id,
        params={"batch": found.pk, "mapping": mapping, "year": asked},
    )
    return redirect(job)


def _shares(counts: dict[str, int]) -> list[tuple[float, float, str]]:
    """The parts of the bar under the counts: start, width, colour."""
    total = counts.get("rows", 0) or 1
    parts, at = [], 0.0
    for name, colour in (
        ("created", "#0052d9"),
        ("updated", "#6b9ae8"),
        ("unchanged", "#c1cad8"),
        ("waiting", "#8a5300"),
        ("failed", "#b3261e"),
    ):
        width = 100 * counts.get(name, 0) / total
        parts.append((round(at, 2), round(width, 2), colour))
        at += width
    return parts


def strip_of(sheet: dict[str, Any]) -> dict[str, Any]:
    """One sheet as the mapping strip shows it."""
    columns = [
        {
            **column,
            "title": _fact_title(column),
            "asks": column.get("unit_from") == "assumed",
        }
        for column in sheet["columns"]
        if column["header"] or column["field"]
    ]
    return {
        **sheet,
        "columns": columns,
        "taken": sum(bool(c["field"]) for c in columns),
        "asking": sum(c["asks"] for c in columns),
        "left": sum(not c["field"] for c in columns),
    }


def _fact_title(column: dict[str, Any]) -> str:
    if not column["field"]:
        return _("不导入")
    title = _(wording.field_name(column["field"]))
    if column.get("year"):
        title = f"{column['year']} {title}"
    return f"{title}（{column['unit']}）" if column.get("unit") else title


@require_POST
def write(request: ActedRequest, public_id: str) -> HttpResponse:
    """Hands the writing to a worker; pressing twice writes once."""
    found = find_batch(request, public_id)
    actor = request.actor
    if found.state not in ("checked", "kept_out") or year_is_open(found):
        if found.state in ("checked", "kept_out"):
            messages.warning(request, _("先回答数据年度的问题，再写入"))
        else:
            messages.info(request, _("这份文件已经处理过，没有再写一次"), extra_tags="ok")
        return redirect("enterprises:batch", found.public_id)
    job = jobs.start(
        by=actor,
        kind=WRITE,
        region=found.region_id,
        params={"batch": found.pk, "all_or_nothing": request.POST.get("how") == "all"},
    )
    return redirect(job)


@require_POST
def abandon(request: ActedRequest, public_id: str) -> HttpResponse:
    found = find_batch(request, public_id)
    actions.abandon(by=request.actor, batch=found)
    messages.success(request, _("已放弃“%(name)s”，没有写入任何数据") % {"name": found.name}, extra_tags="ok")
    return redirect("enterprises:imports")


@require_GET
def problem_list(request: ActedRequest, public_id: str) -> HttpResponseBase:
    """Every finding as a workbook: sheet, row, column, header, value, what to do."""
    found = find_batch(request, public_id)
    heads = (
        _("类别"),
        _("工作表"),
        pgettext("row number", "行"),
        _("列"),
        _("列名"),
        _("企业名称"),
        _("表中的值"),
        _("怎么办"),
    )
    buffer = io.BytesIO()
    write_xlsx(buffer, heads, _problem_rows(found), sheet=_("问题清单"), widths=(8, 16, 8, 8, 16, 16, 16, 60))
    buffer.seek(0)
    return FileResponse(
        buffer,
        as_attachment=True,
        filename=_("%(name)s 问题清单.xlsx") % {"name": found.name.rsplit(".", 1)[0]},
    )


def _problem_rows(batch: ImportBatch) -> Iterator[list[Any]]:
    keys = ("column", "header", "subject", "value", "remedy")
    for problem in ImportProblem.objects.filter(batch=batch).order_by("id").iterator(2000):
        line = line_of(problem)
        severity = _("错误") if line["severity"] == "error" else _("警告")
        yield [severity, line["sheet"], line["row"] or None, *(str(line[key]) for key in keys)]
