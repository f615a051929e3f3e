"""Questions answered and failed rows mended on the page, without the workbook being touched."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.db.models import Min, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from enterprises import wording
from enterprises.models import Enterprise, ImportBatch, ImportProblem
from enterprises.rules.answers import CHOICE, HELD_BACK, OK, SAME, SKIP, Answers, place_of
from enterprises.rules.problems import masked
from enterprises.views.imports import READ, WRITE, find_batch, questions_of
from tenancy import jobs
from tenancy.http import ActedRequest
from tenancy.paging import page_of

_PAGE = 20
#: an error that no other value in the cell mends
_NOT_HERE = (CHOICE, "registered_elsewhere", "elsewhere_total")
_FIELD = re.compile(r"([ac])-(\d{1,2})-(\d{1,7})(?:-([A-Z]{1,3}))?")


@require_http_methods(["GET", "POST"])
def mend(request: ActedRequest, public_id: str) -> HttpResponse:
    found = find_batch(request, public_id)
    if found.state not in ("checked", "kept_out", "done") or found.file is None or not found.file.is_there:
        messages.info(request, _("这份文件不能再改了。改好工作簿后重新上传，只补没写入的行"))
        return redirect("enterprises:batch", found.public_id)
    if request.method == "POST":
        mapping = _mapping(request, found)
        if mapping == (found.mapping or {}):
            messages.info(request, _("没有改动。改好一格或回答一个问题再保存"))
            return redirect(request.get_full_path())
        again = found.state != ImportBatch.State.DONE
        params: dict[str, Any] = {"batch": found.pk, "mapping": mapping}
        job = jobs.start(
            by=request.actor,
            kind=READ if again else WRITE,
            region=found.region_id,
            params=params if again else params | {"all_or_nothing": False},
        )
        return redirect(job)
    answers = Answers((found.mapping or {}).get("answers") or {})
    sheets = _sheets(found)
    problems = ImportProblem.objects.filter(batch=found)
    asked = problems.filter(code__in=[*questions_of(found), CHOICE]).order_by("id")
    failed = problems.filter(severity="error", row__isnull=False, column__gt="").exclude(code__in=_NOT_HERE)
    places = failed.values("sheet", "row").annotate(first=Min("id")).order_by("first")
    page = page_of(request, places, _PAGE)
    questions = [_question(p, answers, sheets) for p in asked[:_PAGE]]
    return render(
        request,
        "enterprises/mend.html",
        {
            "batch": found,
            "questions": questions,
            "more_questions": max(0, asked.count() - len(questions)),
            "rows": _rows(failed, list(page), sheets),
            "page": page,
            "again": found.state != ImportBatch.State.DONE,
            "step": 3 if found.state != ImportBatch.State.DONE else 4,
        },
    )


def _sheets(batch: ImportBatch) -> list[str]:
    return [sheet["sheet"] for sheet in batch.layout or []]


def _question(found: ImportProblem, answers: Answers, sheets: list[str]) -> dict[str, Any]:
    """Both sides, and the answers that are possible."""
    params = found.params
    row = found.row or 0
    own = params.get("own") or {}
    pairs: list[tuple[str, Any, Any]]
    if "pairs" in params:
        pairs = [(header, first, later) for header, first, later in params["pairs"]]
        left = _("%(sheet)s 表第 %(row)s 行") % params
    else:
        titles = (
            ("name", _("企业名称")),
            ("uscc", _("统一社会信用代码")),
            ("place", _("所在地")),
            ("legal_representative", _("法定代表人")),
            ("established_on", _("成立日期")),
        )
        pairs = [(title, params.get(code) or "—", own.get(code) or "—") for code, title in titles]
        if params.get("state"):
            pairs.append((_("登记状态"), params["state"], "—"))
        left = _("名录里登记的")
    chosen = answers.of(found.sheet, row) or ("" if found.code in HELD_BACK else SKIP)
    return {
        "name": f"a-{_index(sheets, found.sheet)}-{row}",
        "title": wording.kind(found.code),
        "text": wording.remedy(found.as_problem()),
        "left": left,
        "right": _("%(sheet)s 表第 %(row)s 行") % {"sheet": found.sheet, "row": row},
        # What one side does not say is no difference.
        "pairs": [(title, a, b, a != b and "—" not in (a, b)) for title, a, b in pairs],
        "registered": Enterprise.objects.filter(public_id=params["id"]).first() if "id" in params else None,
        "choices": [(value, text, value == chosen) for value, text in _choices(found)],
    }


def _choices(found: ImportProblem) -> list[tuple[str, str]]:
    code = found.code
    if code == CHOICE:
        first = place_of(found.params["sheet"], found.params["row"])
        return [
            (SKIP, _("用前面那一行，这一行不写入")),
            (f"instead:{first}", _("用这一行，前面那一行不写入")),
        ]
    if code == "enterprise_closed":
        return [(SKIP, _("这一行不写入")), (OK, _("情况属实，照常写入"))]
    if code == "name_twice":
        return [(SKIP, _("是同一家，这一行不写入")), (OK, _("是两家，都写入"))]
    return [
        (f"{SAME}{found.params['uscc']}", _("是同一家，写到已登记的这家企业")),
        (OK, _("是两家，照常新增")),
        (SKIP, _("还不清楚，这一行先不写入")),
    ]


def _index(sheets: list[str], name: str) -> int:
    """Stored problems hold a hundred characters of a sheet's name."""
    return next((n for n, sheet in enumerate(sheets) if sheet[:100] == name), 0)


def _rows(failed: Any, places: list[dict[str, Any]], sheets: list[str]) -> list[dict[str, Any]]:
    """The failed rows of this page, each with the cells to be mended. One query."""
    where = Q(pk__in=[])
    for place in places:
        where |= Q(sheet=place["sheet"], row=place["row"])
    rows: dict[tuple[str, int | None], dict[str, Any]] = {}
    for problem in failed.filter(where).order_by("id"):
        row = rows.setdefault(
            (problem.sheet, problem.row),
            {"sheet": problem.sheet, "row": problem.row, "subject": problem.subject, "cells": []},
        )
        row["cells"].append(
            {
                "name": f"c-{_index(sheets, problem.sheet)}-{problem.row}-{problem.column}",
                "column": problem.column,
                "header": problem.header,
                "value": problem.value,
                "remedy": wording.remedy(problem.as_problem()),
            }
        )
    return list(rows.values())


def _mapping(request: ActedRequest, batch: ImportBatch) -> dict[str, Any]:
    """What was known of the workbook, with the new answers and texts; what was left as it is adds nothing."""
    before = batch.mapping or {}
    sheets = _sheets(batch)
    answers = dict(before.get("answers") or {})
    cells = {
        sheet: {row: dict(typed) for row, typed in rows.items()}
        for sheet, rows in (before.get("cells") or {}).items()
    }
    shown = {
        (p.sheet, p.row, p.column): p.value
        for p in ImportProblem.objects.filter(batch=batch, severity="error").only(
            "sheet", "row", "column", "value"
        )
    }
    for name in request.POST:
        found, value = _FIELD.fullmatch(name), request.POST[name]
        if found is None or int(found[2]) >= len(sheets) or not isinstance(value, str):
            continue
        sheet, row, column = sheets[int(found[2])], int(found[3]), found[4]
        if found[1] == "a" and value:
            if value.startswith("instead:"):
                answers[value.removeprefix("instead:")] = SKIP
                answers[place_of(sheet, row)] = OK
            elif Answers({"x": value}):
                answers[place_of(sheet, row)] = value
        elif found[1] == "c" and column and (sheet[:100], row, column) in shown:
            text = value.strip()
            if text != shown[sheet[:100], row, column].strip():
                cells.setdefault(sheet, {}).setdefault(str(row), {})[column] = masked(text[:1000])
    mapping = dict(before)
    if answers:
        mapping["answers"] = answers
    if cells:
        mapping["cells"] = cells
    return mapping
