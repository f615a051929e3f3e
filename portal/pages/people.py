"""People and postings: one administrator proposes, the other confirms; and the page that explains who may do what."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.wording import permission_title, role_title
from tenancy import actions
from tenancy.access import require, why
from tenancy.http import ActedRequest
from tenancy.models import Appointment, Posting, Region
from tenancy.paging import page_of
from tenancy.rules.roles import APPOINTABLE, PERMISSIONS, ROLES, may

#: proposals shown at once
_WAITING = 100


class PostingForm(forms.Form):
    username = forms.RegexField(r"^[a-z][a-z0-9._-]{2,59}$", label=gettext_lazy("用户名"), max_length=60)
    display_name = forms.CharField(label=gettext_lazy("姓名"), max_length=40)
    role = forms.ChoiceField(label=gettext_lazy("岗位"))
    region = forms.CharField(
        label=gettext_lazy("地区代码"), max_length=12, help_text=gettext_lazy("6 位行政区划代码，如 652701")
    )

    def __init__(self, *args: object, scope: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.scope = scope
        self.fields["role"] = forms.ChoiceField(
            label=_("岗位"), choices=[(r, role_title(r)) for r in APPOINTABLE]
        )
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        region = Region.objects.under(self.scope).filter(code=data.get("region", "")).first()
        if data.get("region") and region is None:
            self.add_error("region", _("本地区没有这个代码，核对后再填"))
        role = ROLES.get(str(data.get("role")))
        if region is not None and role is not None and region.kind not in role.levels:
            self.add_error("role", _("这个岗位不设在%(place)s这一级") % {"place": region.name})
        data["place"] = region
        return data


@require_http_methods(["GET", "POST"])
def people(request: ActedRequest) -> HttpResponse:
    """Who holds which role; the system administrator proposes people here. Four queries."""
    actor = request.actor
    require(actor, "people.view", actor.region_path)
    form = PostingForm(request.POST or None, scope=actor.region_path)
    if request.method == "POST" and form.is_valid() and _proposed(request, form):
        return redirect("people")
    return _page(request, form)


def _proposed(request: ActedRequest, form: PostingForm) -> bool:
    data = form.cleaned_data
    try:
        actions.propose(
            username=data["username"],
            display_name=data["display_name"],
            role=data["role"],
            region=data["place"],
            by=request.actor,
        )
    except actions.Unfit as unfit:
        form.add_error(None, _unfit(unfit.code))
        return False
    messages.success(
        request, _("已提名 %(name)s，等安全管理员确认") % {"name": data["username"]}, extra_tags="ok"
    )
    return True


def _unfit(code: str) -> str:
    return {
        "role": _("这个岗位不设在这一级"),
        "held": _("这个人已经在这个岗位上"),
        "waiting": _("这个人的这个岗位已在待确认名单里"),
        "decided": _("这一项已经有人办过"),
        "self": _("自己提名的，须由另一位安全管理员确认"),
        "reason": _("请写明不同意的理由"),
    }[code]


def _page(request: ActedRequest, form: PostingForm, **more: object) -> HttpResponse:
    actor = request.actor
    postings = (
        Posting.objects.select_related("region")
        .order_by("region_id", "role", "id")
        .values(
            "id",
            "role",
            "region__name",
            "region__code",
            "from_at",
            "until_at",
            "officer__username",
            "officer__display_name",
            "officer__is_active",
        )
    )
    if request.GET.get("q"):
        postings = postings.filter(officer__username__icontains=request.GET["q"])
    page = page_of(request, postings)
    waiting = (
        Appointment.objects.filter(state=Appointment.State.OPEN)
        .select_related("region")
        .annotate(who=F("proposed_by__display_name"))
        .order_by("id")
    )[:_WAITING]
    return render(
        request,
        "portal/people.html",
        {
            "form": form,
            "rows": [{**row, "role_title": role_title(row["role"])} for row in page],
            "page": page,
            "waiting": [{"of": each, "role": role_title(each.role)} for each in waiting],
            "proposes": actor.can("people.propose"),
            "manages": actor.can("people.manage"),
            **more,
        },
    )


@require_POST
def decide_appointment(request: ActedRequest, appointment_id: int) -> HttpResponse:
    """Confirms a proposed person, or declines with a reason; a first password is shown once."""
    actor = request.actor
    require(actor, "people.manage", actor.region_path)
    appointment = get_object_or_404(Appointment, pk=appointment_id)
    try:
        if request.POST.get("how") == "confirm":
            officer, password = actions.confirm(appointment=appointment, by=actor)
            if password is not None:
                form = PostingForm(scope=actor.region_path)
                return _page(request, form, first_password=password, new=officer.username)
            said = _("%(name)s 已有账号，岗位已加上") % {"name": officer.username}
        else:
            actions.decline(appointment=appointment, reason=request.POST.get("reason", ""), by=actor)
            said = _("已退回 %(name)s 的提名") % {"name": appointment.username}
    except actions.Unfit as unfit:
        messages.error(request, _unfit(unfit.code), extra_tags="bad")
    else:
        messages.success(request, said, extra_tags="ok")
    return redirect("people")


@require_POST
def end_posting(request: ActedRequest, posting_id: int) -> HttpResponse:
    actor = request.actor
    require(actor, "people.manage", actor.region_path)
    posting = get_object_or_404(Posting, pk=posting_id, until_at__isnull=True)
    actions.end_posting(posting=posting, by=actor)
    messages.success(request, _("岗位已结束，下一次点击起不再能看这里的数据"), extra_tags="ok")
    return redirect("people")


@require_POST
def reset_password(request: ActedRequest, posting_id: int) -> HttpResponse:
    actor = request.actor
    require(actor, "people.manage", actor.region_path)
    posting = get_object_or_404(Posting, pk=posting_id)
    username, password = actions.reset_password(
        officer_id=posting.officer_id, region=posting.region_id, by=actor
    )
    return render(request, "portal/first_password.html", {"username": username, "password": password})


@require_GET
def access(request: ActedRequest) -> HttpResponse:
    """The role table as the code has it, and the answer to “why may this person see this?”."""
    actor = request.actor
    require(actor, "access.view", actor.region_path)
    roles = [(code, role_title(code)) for code in ROLES]
    table = [
        {"title": permission_title(p), "code": p, "cells": [may(code, p) for code, _title in roles]}
        for p in PERMISSIONS
    ]
    answer = None
    username, permission, code = (
        request.GET.get(k, "").strip() for k in ("username", "permission", "region")
    )
    if username and permission and code:
        answer = _explain(username, permission, code, request)
    return render(
        request,
        "portal/access.html",
        {
            "roles": roles,
            "table": table,
            "permissions": [(p, permission_title(p)) for p in PERMISSIONS],
            "answer": answer,
        },
    )


def _explain(username: str, permission: str, code: str, request: ActedRequest) -> dict[str, object]:
    from tenancy.access import Actor

    region = Region.objects.filter(code=code).first()
    postings = list(
        Posting.objects.filter(officer__username=username, until_at__isnull=True).values(
            "role", "region_id", "region__name"
        )
    )
    if region is None or not postings:
        return {"found": False}
    lines = []
    for posting in postings:
        person = Actor(None, username, username, posting["role"], str(posting["region_id"]))
        lines.append(
            {
                **why(person, permission, region),
                "role": role_title(posting["role"]),
                "place": posting["region__name"],
            }
        )
    return {
        "found": True,
        "lines": lines,
        "allowed": any(line["allowed"] for line in lines),
        "region": region.name,
    }
