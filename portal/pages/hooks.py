"""Webhooks of a place: where outside systems are told of recognitions and withdrawals, and what became of it."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from tenancy import hooks as ground
from tenancy.access import require
from tenancy.http import ActedRequest
from tenancy.models import Delivery
from tenancy.paging import page_of


class HookForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("系统名称"), max_length=60)
    url = forms.CharField(
        label=gettext_lazy("接收地址"), max_length=300, help_text=gettext_lazy("以 https:// 开头")
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"


def _told(code: str) -> str:
    return {
        "address": _("地址认不出来：要以 https:// 开头，不带用户名和密码"),
        "host": _("这台服务器没有允许向这个域名发送，请让部署人员加到 TIDU_HOOK_HOSTS"),
    }[code]


@require_http_methods(["GET", "POST"])
def hooks(request: ActedRequest) -> HttpResponse:
    actor = request.actor
    require(actor, ground.MANAGE, actor.region_path)
    form = HookForm(request.POST or None)
    secret = None
    if request.method == "POST" and form.is_valid():
        try:
            secret = ground.make(
                by=actor, name=form.cleaned_data["name"], url=form.cleaned_data["url"]
            ).secret
            form = HookForm()
        except ground.HookRefused as refused:
            form.add_error("url", _told(refused.code))
    sent = Delivery.objects.filter(region_id=actor.region_path).select_related("hook")
    page = page_of(request, sent.order_by("-id"), 50)
    return render(
        request,
        "portal/hooks.html",
        {
            "form": form,
            "hooks": list(ground.of(actor)[:50]),
            "page": page,
            "secret": secret,
            "hosts": settings.HOOK_HOSTS,
        },
    )


@require_POST
def end(request: ActedRequest, hook_id: int) -> HttpResponse:
    require(request.actor, ground.MANAGE, request.actor.region_path)
    ground.end(by=request.actor, hook=get_object_or_404(ground.of(request.actor), pk=hook_id))
    messages.success(request, _("已停用，不再向它发送"), extra_tags="ok")
    return redirect("hooks")


@require_POST
def again(request: ActedRequest, public_id: str) -> HttpResponse:
    actor = request.actor
    require(actor, ground.MANAGE, actor.region_path)
    delivery = get_object_or_404(Delivery, public_id=public_id[:26], region_id=actor.region_path)
    ground.again(by=actor, delivery=delivery)
    messages.success(request, _("已重新排队，马上再发"), extra_tags="ok")
    return redirect("hooks")
