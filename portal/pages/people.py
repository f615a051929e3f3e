"""People and postings, for the security administrator; and the page that explains who may do what."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.wording import permission_title, role_title
from tenancy import actions
from tenancy.access import require, why
from tenancy.http import ActedRequest
from tenancy.models import Posting, Region
from tenancy.paging import page_of
from tenancy.rules.roles import PERMISSIONS, ROLES, may

APPOINTABLE = (
    "county",
    "prefecture",
    "region",
    "finance",
    "commissioner",
    "purchaser",
    "auditor",
    "sysadmin",
    "secadmin",
)


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
    actor = request.actor
    require(actor, "people.manage", actor.region_path)
    form = PostingForm(request.POST or None, scope=actor.region_path)
    first_password = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        officer, first_password = actions.appoint(
            username=data["username"],
            display_name=data["display_name"],
            role=data["role"],
            region=data["place"].path,
            by=actor,
        )
        if first_password is None:
            messages.success(
                request, _("%(name)s 已有账号，岗位已加上") % {"name": officer.username}, extra_tags="ok"
            )
            return redirect("people")
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
    rows = [{**row, "role_title": role_title(row["role"])} for row in page]
    return render(
        request,
        "portal/people.html",
        {
            "form": form,
            "rows": rows,
            "page": page,
            "first_password": first_password,
            "new": form.data.get("username"),
        },
    )


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
