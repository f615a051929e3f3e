"""Keys for programs: an official makes them for the posting of the moment, sees their use, and revokes them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from portal.wording import role_title
from tenancy import tokens
from tenancy.access import require
from tenancy.http import ActedRequest
from tenancy.paging import page_of


class KeyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("用途"), max_length=60, help_text=gettext_lazy("如 省平台每日同步，方便以后辨认")
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("有效期"),
        coerce=int,
        choices=[(30, gettext_lazy("30 天")), (90, gettext_lazy("90 天")), (365, gettext_lazy("1 年"))],
        initial=90,
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"


@require_http_methods(["GET", "POST"])
def keys(request: ActedRequest) -> HttpResponse:
    actor = request.actor
    require(actor, "tokens.own", actor.region_path)
    form = KeyForm(request.POST or None)
    secret = None
    if request.method == "POST" and form.is_valid():
        _token, secret = tokens.make(by=actor, name=form.cleaned_data["name"], days=form.cleaned_data["days"])
        form = KeyForm()
    page = page_of(request, tokens.of(actor))
    return render(
        request,
        "portal/keys.html",
        {"form": form, "page": page, "secret": secret, "now": timezone.now(), "role": role_title(actor.role)},
    )


@require_POST
def revoke(request: ActedRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(tokens.of(request.actor), pk=token_id)
    tokens.revoke(by=request.actor, token=token)
    messages.success(request, _("密钥已停用，用它的程序从现在起被拒绝"), extra_tags="ok")
    return redirect("keys")
