"""The activation of an enterprise's account, with the code of its letter; nobody is signed in yet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from enterprises import wording
from enterprises.actions.accounts import activate
from enterprises.actions.entry import Refused
from enterprises.letters import Newcomer, letter_of
from tenancy import rates
from tenancy.access import system_actor
from tenancy.middleware import address
from tenancy.models import Officer

#: tries from one address in an hour
_TRIES = 30


class LetterForm(forms.Form):
    code = forms.CharField(label=gettext_lazy("激活码"), max_length=60)
    uscc = forms.CharField(label=gettext_lazy("统一社会信用代码"), max_length=18)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.update({"class": "input", "autocomplete": _AUTOCOMPLETE.get(name, "off")})


_AUTOCOMPLETE = {
    "username": "username",
    "password": "new-password",
    "again": "new-password",
    "display_name": "name",
}


class NewcomerForm(LetterForm):
    username = forms.RegexField(
        r"^[a-z][a-z0-9._-]{4,59}$",
        label=gettext_lazy("用户名"),
        help_text=gettext_lazy("小写字母开头，至少 5 位，可用字母、数字和 . _ -"),
    )
    display_name = forms.CharField(label=gettext_lazy("姓名"), max_length=40)
    password = forms.CharField(
        label=gettext_lazy("密码"),
        widget=forms.PasswordInput,
        help_text=gettext_lazy("至少 12 位，不要用常见密码"),
    )
    again = forms.CharField(label=gettext_lazy("再输一遍密码"), widget=forms.PasswordInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        password = data.get("password")
        if password and data.get("again") and password != data["again"]:
            self.add_error("again", _("两遍密码不一样"))
        if password:
            try:
                validate_password(password, Officer(username=data.get("username", "")))
            except ValidationError as weak:
                self.add_error("password", weak)
        return data


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def activation(request: HttpRequest) -> HttpResponse:
    """Who is signed in adds an enterprise to the account; everybody else chooses a name and a password."""
    known = request.user if isinstance(request.user, Officer) else None
    form = (LetterForm if known else NewcomerForm)(request.POST or None)
    if request.method == "POST" and not rates.within(f"activation:{address(request)}", _TRIES, 3600):
        form.add_error(None, _("从这里试得太多，一小时后再来"))
    elif request.method == "POST" and form.is_valid():
        done = _activated(request, form, known)
        if done is not None:
            return done
    return render(request, "account/activate.html", {"form": form, "known": known})


def _activated(request: HttpRequest, form: LetterForm, known: Officer | None) -> HttpResponse | None:
    given = form.cleaned_data
    try:
        letter = letter_of(given["code"])
        if letter is None:
            raise Refused("letter_unknown")
        who = known or Newcomer(given["username"], given["display_name"], given["password"])
        by = system_actor(letter.region_id, origin=address(request))
        claim = activate(by=by, letter=letter, uscc=given["uscc"], who=who)
    except Refused as refused:
        form.add_error(
            "username" if refused.code == "username_taken" else None,
            wording.refusal(refused.code, refused.params),
        )
        return None
    if claim is None:
        messages.success(request, _("账号已开通，请登录"), extra_tags="ok")
    else:
        messages.info(
            request,
            _("该企业已有人开通账号，你的申请已转县（市、区）主管部门核实；核实后即可登录"),
            extra_tags="warn",
        )
    return redirect("home" if known else "account_login")
