"""Yearly information updates of the titles of a place, and the enterprise's own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from cultivation import actions
from cultivation.rules.workflow import FILE, Refused
from cultivation.updating import owed
from cultivation.wording.refusals import refusal_text
from tenancy.access import require
from tenancy.http import ActedRequest, whole_number
from tenancy.paging import page_of

_MOST = 500


def view_titles() -> dict[str, str]:
    return {"open": _("今年待更新"), "cancel": _("漏报两次"), "missed": _("有漏报"), "done": _("已更新")}


@require_http_methods(["GET", "POST"])
def updates(request: ActedRequest) -> HttpResponse:
    """Titles by what became of their updates; who files for them says that this year's facts are in. Two queries."""
    actor = request.actor
    own = actor.role == "enterprise"
    if not own:
        require(actor, "applications.view", actor.region_path)
    if request.method == "POST":
        return _reported(request)
    today = timezone.localdate()
    found = owed(actor, today)
    words = view_titles()
    counts = {code: sum(each.view == code for each in found) for code in words}
    view = request.GET.get("view", "")
    if view not in words:
        view = next((code for code in words if counts[code]), "open")
    page = page_of(request, [each for each in found if each.view == view], 50)
    return render(
        request,
        "portal/titles/updates.html",
        {
            "own": own,
            "files": own or actor.can(FILE),
            "page": page,
            "views": [(code, title, counts[code]) for code, title in words.items()],
            "view": view,
            "year": today.year,
            "today": today,
        },
    )


def _reported(request: ActedRequest) -> HttpResponse:
    ids = [n for each in request.POST.getlist("enterprise")[:_MOST] if (n := whole_number(each)) is not None]
    try:
        result = actions.report_updates(by=request.actor, enterprise_ids=ids)
    except Refused as refused:
        messages.warning(request, refusal_text(refused.code) if ids else _("请先勾选企业"), extra_tags="warn")
        return redirect("updates")
    n = len(result.done)
    if n:
        messages.success(
            request,
            ngettext("已登记 %(n)d 家企业的年度更新", "已登记 %(n)d 家企业的年度更新", n) % {"n": n},
            extra_tags="ok",
        )
    n = len(result.without_figures)
    if n:
        messages.warning(
            request,
            ngettext(
                "%(n)d 家还没有上年度数据，先报数据再登记", "%(n)d 家还没有上年度数据，先报数据再登记", n
            )
            % {"n": n},
            extra_tags="warn",
        )
    return redirect("updates")
