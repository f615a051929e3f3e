"""Sign-in: no self-registration, locked pairs of account and address, a trail of failures."""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from tenancy.models import Officer

log = logging.getLogger("tidu.signin")


class OfficerAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Only a page of ours, written from the root."""
        return bool(url) and str(url).startswith("/") and super().is_safe_url(url)

    def set_password(self, user: Any, password: str) -> None:
        user.must_change_password = False
        super().set_password(user, password)


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """The office's sign-in says who somebody is; an account and its postings are the portal's own."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """At the first time the account of that name is joined to the person there."""
        if sociallogin.is_existing:
            return
        said = sociallogin.account.extra_data
        said = said.get("userinfo") or said.get("id_token") or said
        name = str(said.get(settings.OIDC_CLAIM, ""))
        officer = Officer.objects.filter(username=name, is_active=True).first() if name else None
        if officer is None:
            raise ImmediateHttpResponse(not_signed_on(request, "unknown"))
        sociallogin.connect(request, officer)

    def on_authentication_error(self, request: HttpRequest, *_: Any, **__: Any) -> None:
        raise ImmediateHttpResponse(not_signed_on(request, "unreachable"))


def not_signed_on(request: HttpRequest, why: str) -> HttpResponse:
    """Back to the portal's own sign-in, with the reason."""
    said = {
        "unknown": gettext("统一认证里的这个人在本平台没有账号，请找安全管理员"),
        "unreachable": gettext("统一认证没有通过或暂时连不上，请稍后再试，或用用户名和密码登录"),
        "cancelled": gettext("已取消统一认证登录"),
    }
    messages.error(request, said[why], extra_tags="bad")
    return redirect(settings.LOGIN_URL_PATH)


def signed_on_elsewhere(request: HttpRequest) -> bool:
    """Whether this session began with the office's sign-in, so that no password of ours matters in it."""
    return any(r.get("method") == "socialaccount" for r in get_authentication_records(request, request.user))


def locked_out(request: HttpRequest, *_: object, **__: object) -> HttpResponse:
    return render(request, "account/locked.html", status=429)


@receiver(user_logged_in)
def remember_sign_in(sender: object, request: HttpRequest, user: Any, **_: object) -> None:
    from tenancy.actions import note_sign_in

    note_sign_in(request, user)


@receiver(user_login_failed)
def remember_failure(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **_: object
) -> None:
    from tenancy.actions import note_failed_sign_in

    note_failed_sign_in(request, str(credentials.get("username", "")))
