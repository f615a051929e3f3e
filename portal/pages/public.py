"""What anybody may read without signing in: notices, the answer to an objection, and certificates."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cultivation import actions, recognised
from cultivation.models import Announcement, NoticeEntry, PublicNotice, Tier
from cultivation.rules.workflow import Refused
from cultivation.wording.refusals import refusal_text
from tenancy.access import system_actor
from tenancy.context import anybody
from tenancy.http import whole_number
from tenancy.middleware import address
from tenancy.paging import page_of
from tenancy.rates import within

#: objections from one address in a day
_MOST_OBJECTIONS = 20
_DAY = 24 * 3600
_NOTICE = (
    "id",
    "public_id",
    "title",
    "opens_on",
    "closes_on",
    "sure",
    "contact",
    "region_id",
    "published_at",
)


def masked(uscc: str) -> str:
    """A code as a public list shows it: enough to tell two of one name apart."""
    return f"{uscc[:6]}******{uscc[-4:]}" if len(uscc) > 12 else "*" * len(uscc)


def _typed(text: str) -> str:
    """A code as it stands on paper, however it was typed."""
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum())[:40]


@login_not_required
@require_GET
def public(request: HttpRequest) -> HttpResponse:
    """Running notices, the last announcements, and where to verify a code. Two queries."""
    if code := _typed(request.GET.get("code", "")):
        return redirect("certificate", code)
    if receipt := _typed(request.GET.get("receipt", "")):
        return redirect("objection", receipt)
    today = timezone.localdate()
    with anybody():
        notices = (
            PublicNotice.objects.filter(opens_on__lte=today, closes_on__gte=today)
            .annotate(place=F("region__full_name"))
            .order_by("closes_on", "id")
            .values(*_NOTICE, "place")
        )
        announced = (
            Announcement.objects.annotate(place=F("region__full_name"), batch_title=F("batch__title"))
            .order_by("-announced_on", "-id")
            .values("public_id", "number", "announced_on", "place", "batch_title")
        )
        shown = {"notices": list(notices[:50]), "announced": list(announced[:30])}
    return render(request, "public/index.html", shown | {"today": today})


@login_not_required
@require_http_methods(["GET", "POST"])
def notice(request: HttpRequest, public_id: str) -> HttpResponse:
    """One notice with its list and, while it runs, the form of an objection. Three queries."""
    today = timezone.localdate()
    with anybody():
        found = (
            PublicNotice.objects.filter(public_id=public_id[:26])
            .annotate(place=F("region__full_name"))
            .only(*_NOTICE)
            .first()
        )
        if found is None:
            raise Http404
        lines = NoticeEntry.objects.filter(notice_id=found.pk).order_by("region_id", "id")
        page = page_of(request, lines.values("id", "name", "uscc", "place", "note"), 200)
        rows = [line | {"uscc": masked(line["uscc"])} for line in page]
        every = [(pk, f"{name} {note}".strip()) for pk, name, note in lines.values_list("id", "name", "note")]
    problem = ""
    if request.method == "POST":
        problem, receipt = _objected(request, found)
        if receipt:
            return redirect("objection", receipt)
    return render(
        request,
        "public/notice.html",
        {
            "notice": found,
            "rows": rows,
            "noted": any(row["note"] for row in rows),
            "page": page,
            "lines": every,
            "open": found.opens_on <= today <= found.closes_on,
            "given": request.POST,
            "problem": problem,
        },
        status=422 if problem else 200,
    )


def _objected(request: HttpRequest, found: PublicNotice) -> tuple[str, str]:
    """(what is wrong, the receipt): one of them is empty."""
    given = request.POST
    if not within(f"objections:{address(request)}", _MOST_OBJECTIONS, _DAY):
        return _("今天从这里提交的异议太多，请按公示上的联系方式提出"), ""
    try:
        made = actions.object_to(
            by=system_actor(found.region_id, origin=address(request)),
            notice=found,
            entry_id=whole_number(given.get("entry", "")) or 0,
            name=given.get("name", ""),
            contact=given.get("contact", ""),
            text=given.get("text", ""),
        )
    except Refused as refused:
        if refused.code == "not_found":
            return _("请选择对哪家企业有异议"), ""
        return refusal_text(refused.code), ""
    messages.success(request, _("异议已收到，请记下回执编号"), extra_tags="ok")
    return "", made.receipt


@login_not_required
@require_GET
def objection(request: HttpRequest, receipt: str) -> HttpResponse:
    """What became of an objection, for whoever has its receipt. One query."""
    with anybody():
        told = recognised.told_of_objection(receipt[:12])
    return render(
        request,
        "public/objection.html",
        {"told": told, "receipt": receipt},
        status=200 if told else 404,
    )


@login_not_required
@require_GET
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """Whether a certificate is real and what it is worth today. One query."""
    today = timezone.localdate()
    with anybody():
        found = recognised.verified(code[:12], today) if len(code) == 12 else None
    shown: dict[str, Any] = {"code": code, "found": found, "today": today}
    if found:
        shown["tier"] = dict(Tier.choices)[found["tier"]]
    return render(request, "public/certificate.html", shown, status=200 if found else 404)
